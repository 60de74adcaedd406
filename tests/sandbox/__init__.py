"""AWS and Okta on this machine: the real Terraform plans and applies the stacks with no account and no network.

company.json    a made-up company: its Okta directory and the Connect instances that it already has
schemas/        what the real providers accept, as Terraform prints it; print_schemas.py prints it anew
bound.py        what the pinned bindings take: the test of the schemas compares the two
plugin.py       Terraform's plugin protocol: serves any such schema
resources.py    what a schema does not say, generically: identity, replacement, defaults, refusals
aws/ okta.py    the same for the types that the stacks use, each fact with its source
cloud.py        what the two clouds hold, on disk, so that it outlives Terraform
states.py       Terraform states in memory, for stacks that are too large for a file
mirror.py       the provider as an installable `hashicorp/aws` and `okta/okta`
terraform.py    the entry point: `Sandbox` and `Stack` run Terraform on an unmodified `cdktf.out/stacks/ENV`
demo.py         `make demo`
companies.py    companies whose sign-in was set up by hand, made through the services' APIs
http/           the same accounts behind HTTP, for real providers and whatever reads live accounts; `make accounts`
"""
