"""`connect-sso review`: a Terraform plan of a sign-in change as what a reviewer needs, who gains and who loses access."""

from connect_sso.review.command import command

__all__ = ["command"]
