"""`connect-sso doctor`: what is wrong with sign-in today, in the live accounts."""

from connect_sso.doctor.command import command

__all__ = ["command"]
