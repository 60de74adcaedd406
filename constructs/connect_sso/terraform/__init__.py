"""Terraform as a program: which one is started, what it prints as JSON, plan and deploy of both stacks."""
