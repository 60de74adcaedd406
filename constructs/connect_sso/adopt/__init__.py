"""`connect-sso adopt`: what somebody set up by hand, as an environment file and the imports that take it over."""

from connect_sso.adopt.command import command

__all__ = ["command"]
