"""`connect-sso review`: a Terraform plan as what its reviewer needs: who gains and who loses access."""

from connect_sso.review.command import command

__all__ = ["command"]
