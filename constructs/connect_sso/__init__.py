"""Okta sign-in for Amazon Connect, as one Terraform plan."""
