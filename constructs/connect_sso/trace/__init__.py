"""`connect-sso trace`: every sign-in that an environment promises, walked hop by hop."""

from connect_sso.trace.command import command

__all__ = ["command"]
