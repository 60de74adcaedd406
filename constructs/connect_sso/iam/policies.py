"""IAM, KMS and S3 policy documents, as plain dictionaries.

ARNs may be Terraform references. A policy variable such as `${aws:userid}` is written here as AWS knows it, and
`policy_json` escapes it for Terraform.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connect_sso.facts.escaping import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Policy = dict[str, Any]

VERSION = "2012-10-17"

FEDERATE = "connect:GetFederationToken"
"""The one permission that sign-in needs.

https://docs.aws.amazon.com/connect/latest/adminguide/security-iam-amazon-connect-permissions.html
"""

ASSUME_WITH_SAML, TAG_SESSION = "sts:AssumeRoleWithSAML", "sts:TagSession"
"""What a role's trust must allow; the second where assertions carry session tags.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

ROLE_READER_ACTIONS = ("iam:ListAccountAliases", "iam:ListRoles")
"""What Okta's API integration calls: https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-generate-api-key.htm"""

OWN_SESSION = literal("${aws:userid}")
"""The caller's own session, escaped: Terraform hands it on as it is."""


def policy_json(policy: Policy) -> str:
    """A policy as JSON; `${` of its literal parts must be escaped already."""
    return json.dumps(policy)


def as_iam_reads(policy: Policy) -> Policy:
    """A policy as IAM gets it, after Terraform has read its own escapes."""
    read: Policy = json.loads(policy_json(policy).replace("$${", "${"))
    return read


def federation(instance_arn: str) -> Policy:
    """Sign-in to one instance, for the caller's own session only.

    The first of the three documented forms: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """
    return _document(
        {
            "Sid": "SignInToThisInstance",
            "Effect": "Allow",
            "Action": FEDERATE,
            "Resource": f"{instance_arn}/user/{OWN_SESSION}",
        }
    )


def trust(*, saml_providers: Sequence[str], endpoints: Sequence[str], tag_session: bool) -> Policy:
    """Who may assume the role: assertions of these SAML providers, received at one of these endpoints.

    `SAML:aud` is the assertion's Recipient; regional and global endpoint are both listed in advance, as AWS advises for
    an outage of one: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html

    Args:
        saml_providers: ARNs.
        endpoints: https URLs of AWS sign-in.
        tag_session: whether assertions carry session tags, which without this permission refuse the sign-in:
            https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": list(saml_providers)},
            "Action": [ASSUME_WITH_SAML, TAG_SESSION] if tag_session else ASSUME_WITH_SAML,
            "Condition": {"StringEquals": {"SAML:aud": list(endpoints)}},
        }
    )


def emergency_access(instance_arn: str) -> Policy:
    """The console's emergency access to one instance, and finding it in the console's list.

    https://docs.aws.amazon.com/connect/latest/adminguide/emergency-admin-login.html
    """
    return _document(
        {
            "Sid": "EmergencyAccessToThisInstance",
            "Effect": "Allow",
            "Action": "connect:AdminGetEmergencyAccessToken",
            "Resource": instance_arn,
        },
        {
            "Sid": "FindItInTheConsole",
            "Effect": "Allow",
            "Action": ["connect:DescribeInstance", "connect:ListInstances", "ds:DescribeDirectories"],
            "Resource": "*",
        },
    )


def emergency_trust(principals: Sequence[str]) -> Policy:
    """Who may take the role of emergency access: these roles and users, signed in with MFA.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html

    Args:
        principals: ARNs.
    """
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": list(principals)},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    )


def role_reader() -> Policy:
    """What Okta's API integration needs to offer the account's roles, and nothing else."""
    return _document(
        {
            "Sid": "OktaReadsRoles",
            "Effect": "Allow",
            "Action": list(ROLE_READER_ACTIONS),
            # Neither action knows a resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
            "Resource": "*",
        }
    )


def recordings_key(account_root_arn: str) -> Policy:
    """The recordings' key: the account's own IAM policies decide, as for a key made in the console.

    Connect uses the key by the grants that it makes when the storage is associated:
    https://docs.aws.amazon.com/connect/latest/adminguide/encryption-at-rest.html
    """
    return _document(
        {
            "Sid": "AccountDecides",
            "Effect": "Allow",
            "Principal": {"AWS": account_root_arn},
            "Action": "kms:*",
            "Resource": "*",
        }
    )


def tls_only(bucket_arn: str) -> Policy:
    """The recordings' bucket: no request without TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return _document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def _document(*statements: dict[str, Any]) -> Policy:
    return {"Version": VERSION, "Statement": list(statements)}
