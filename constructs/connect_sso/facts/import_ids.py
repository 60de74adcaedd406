"""What the two providers take as the id of something that is there already, for each type of resource that the stacks make.

Each type's page in the provider's documentation ends with it ("Import"):
https://registry.terraform.io/providers/hashicorp/aws/latest/docs and https://registry.terraform.io/providers/okta/okta/latest/docs
"""

from __future__ import annotations

from typing import Final

from connect_sso.facts.names import BUCKET, IAM_POLICY_ARN, IAM_ROLE, IAM_USER, INSTANCE_ID, Form

_OKTA_ID: Final = r"[A-Za-z0-9]{16,24}"
_ARN: Final = r"arn:aws(-us-gov)?:iam::[0-9]{12}"
_INSTANCE: Final = INSTANCE_ID.pattern

_BUCKET: Final = Form(BUCKET.pattern, "a bucket's name")

IMPORT_IDS: Final[dict[str, Form]] = {
    "aws_connect_instance": Form(_INSTANCE, "an instance id, the bare UUID"),
    "aws_connect_instance_storage_config": Form(
        rf"{_INSTANCE}:[A-Za-z0-9-]{{1,100}}:[A-Z_]+", "INSTANCE_ID:ASSOCIATION_ID:TYPE"
    ),
    "aws_connect_user": Form(rf"{_INSTANCE}:{_INSTANCE}", "INSTANCE_ID:USER_ID, two UUIDs"),
    "aws_iam_access_key": Form(r"[A-Z0-9]{16,128}", "an access key's id"),
    "aws_iam_policy": IAM_POLICY_ARN,
    "aws_iam_role": Form(IAM_ROLE.pattern, "a role's name, without its path"),
    "aws_iam_role_policy_attachment": Form(rf"{IAM_ROLE.pattern}/{IAM_POLICY_ARN.pattern}", "ROLE/POLICY_ARN"),
    "aws_iam_saml_provider": Form(rf"{_ARN}:saml-provider/[A-Za-z0-9_.-]{{1,128}}", "the ARN of a SAML provider"),
    "aws_iam_user": Form(IAM_USER.pattern, "an IAM user's name, without its path"),
    "aws_iam_user_policy_attachment": Form(rf"{IAM_USER.pattern}/{IAM_POLICY_ARN.pattern}", "USER/POLICY_ARN"),
    "aws_kms_alias": Form(r"alias/[A-Za-z0-9/_-]{1,250}", "alias/NAME"),
    "aws_kms_key": Form(r"[A-Za-z0-9-]{1,64}", "a KMS key's id"),
    "aws_s3_bucket": _BUCKET,
    "aws_s3_bucket_lifecycle_configuration": _BUCKET,
    "aws_s3_bucket_policy": _BUCKET,
    "aws_s3_bucket_public_access_block": _BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": _BUCKET,
    "aws_s3_bucket_versioning": _BUCKET,
    "okta_app_group_assignment": Form(rf"{_OKTA_ID}/{_OKTA_ID}", "APP_ID/GROUP_ID"),
    "okta_app_saml": Form(_OKTA_ID, "an Okta app's id"),
    "okta_app_user": Form(rf"{_OKTA_ID}/{_OKTA_ID}", "APP_ID/USER_ID"),
    "okta_group": Form(_OKTA_ID, "an Okta group's id"),
    # With /true the provider reads every member, and the next plan takes out those whom the file does not name.
    "okta_group_memberships": Form(_OKTA_ID, "an Okta group's id, alone"),
    "okta_group_rule": Form(_OKTA_ID, "an Okta group rule's id"),
    "okta_profile_mapping": Form(_OKTA_ID, "a profile mapping's id"),
}
"""Resource type to the form of its ids."""
