"""The other door to the sandbox's accounts: HTTP, as AWS and Okta answer it, for real providers and for whatever reads live accounts.

model.py      what the plugin door's types hold and refuse, for requests that come over HTTP
shapes.py     botocore's description of an AWS service: reads requests, and holds answers and errors to it
connect.py    Amazon Connect
cloud_control.py  Cloud Control, for Connect's approved origins, and their schema from CloudFormation
aws.py        the AWS endpoint: these are ours, IAM, STS, S3 and KMS are moto's; what IAM refuses beyond moto
okta.py       the Okta org; okta_apps.py, okta_mappings.py, okta_people.py and okta_tokens.py are its parts
serving.py    `accounts()` serves both on loopback and says which variables point programs there; `make accounts`

Where the two doors differ in depth:

- Okta and Connect: the same objects in the same `Cloud`, made and refused by the same types. HTTP has more to it where the provider
  never asks: hierarchy, approved origins, users' life cycles, rules that take time to run, paging, rate limits, tokens and scopes.
- IAM, STS, S3 and KMS: the plugin door has types of its own, over HTTP it is moto, in the memory of the process. Both refuse by the same
  rules where a rule looks at the request alone; what exists is moto's to know.
- Neither door knows what nobody here uses, and says so: HTTP with status 501, which also fails the test.
"""
