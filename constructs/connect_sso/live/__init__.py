"""What is in the live accounts: AWS through boto3, Okta over HTTP; reads only."""
