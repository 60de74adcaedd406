"""The model of a sign-in, as a file promises it and as Terraform deployed it."""
