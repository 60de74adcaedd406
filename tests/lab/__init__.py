"""The lab: the real providers, as Terraform's own CLI configuration installs them, against accounts on loopback. `make lab`; docs/lab.md.

terraform.py   Terraform on a synthesized stack, with the real providers and environment variables alone
sign_in.py     what Okta would send, from what the org holds, judged by what IAM and Connect hold
conftest.py    the providers, installed once; the table at the end
"""
