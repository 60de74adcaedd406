"""`connect-sso decode`: a captured SAML response, what it says, and the known failure it leads to."""

from connect_sso.decode.command import command

__all__ = ["command"]
