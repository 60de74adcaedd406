"""A state as `terraform show -json` prints one, small: everything that a sign-in passes through, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.decode.responses import (
    ACCOUNT,
    INSTANCE_ID,
    ISSUER,
    PROVIDER,
    RECIPIENT,
    REGION,
    RELAY_STATE,
    ROLE,
    metadata,
    signer,
)

INSTANCE_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE_ID}"
CCP_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta_Connect_CCP"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/okta_federation_policy"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithSAML",
            "Principal": {"Federated": [PROVIDER]},
            "Condition": {"StringEquals": {"SAML:aud": [RECIPIENT, "https://signin.aws.amazon.com/saml"]}},
        }
    ],
}
PERMISSION: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "SignIn",
            "Effect": "Allow",
            "Action": "connect:GetFederationToken",
            "Resource": f"{INSTANCE_ARN}/user/${{aws:userid}}",
        }
    ],
}


def resources() -> dict[str, dict[str, Any]]:
    """Values by address, to be changed one at a time."""
    return copy.deepcopy(
        {
            "aws_connect_instance.instance": {
                "id": INSTANCE_ID,
                "arn": INSTANCE_ARN,
                "identity_management_type": "SAML",
            },
            "aws_iam_saml_provider.admin": {
                "name": "Okta_Connect_Admin",
                "arn": PROVIDER,
                "saml_metadata_document": metadata(signer()),
            },
            "aws_iam_saml_provider.ccp": {
                "name": "Okta_Connect_CCP",
                "arn": CCP_PROVIDER,
                "saml_metadata_document": metadata(signer("ccp"), issuer="http://www.okta.com/exkccp00000000000"),
            },
            "aws_iam_role.Okta_Role": {
                "name": "Okta_Role",
                "arn": ROLE,
                "assume_role_policy": json.dumps(TRUST),
                "max_session_duration": 43200,
                "inline_policy": [],
                "managed_policy_arns": [POLICY_ARN],
            },
            "aws_iam_policy.federation": {
                "name": "okta_federation_policy",
                "arn": POLICY_ARN,
                "policy": json.dumps(PERMISSION),
            },
            "aws_iam_role_policy_attachment.Okta_Role": {"role": "Okta_Role", "policy_arn": POLICY_ARN},
            'aws_connect_user.users["Ada.Admin@example.com"]': {
                "name": "Ada.Admin@example.com",
                "security_profile_ids": ["p-admin"],
            },
            'data.aws_connect_security_profile.security_profiles["Admin"]': {
                "name": "Admin",
                "security_profile_id": "p-admin",
                "permissions": ["AccessMetrics", "BasicAgentAccess", "Users.Edit"],
            },
            "okta_app_saml.admin": {
                "id": "0oaadmin",
                "label": "Amazon Connect Administrator",
                "status": "ACTIVE",
                "entity_url": ISSUER,
                "metadata": metadata(signer()),
                "recipient": RECIPIENT,
                "audience": "urn:amazon:webservices",
                "default_relay_state": RELAY_STATE,
                "app_settings_json": "{}",
                "attribute_statements": [
                    {"name": "https://aws.amazon.com/SAML/Attributes/Role", "values": [f'"{ROLE},{PROVIDER}"']},
                    {"name": "https://aws.amazon.com/SAML/Attributes/RoleSessionName", "values": ["user.login"]},
                    {"name": "https://aws.amazon.com/SAML/Attributes/SessionDuration", "values": ['"43200"']},
                ],
                "user_name_template": "${source.login}",
            },
            'data.okta_user.users["Ada.Admin@example.com"]': {
                "id": "00uada",
                "login": "Ada.Admin@example.com",
                "email": "Ada.Admin@example.com",
                "status": "ACTIVE",
            },
            'okta_app_user.admin["Ada.Admin@example.com"]': {
                "app_id": "0oaadmin",
                "user_id": "00uada",
                "username": "Ada.Admin@example.com",
            },
        }
    )


def shown(values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The state that holds these, as `terraform show -json` prints it."""
    listed = []
    for address, held in values.items():
        plain, _, index = address.partition('["')
        *mode, kind, name = plain.split(".")
        listed.append(
            {
                "address": address,
                "mode": "data" if mode else "managed",
                "type": kind,
                "name": name,
                **({"index": index.removesuffix('"]')} if index else {}),
                "values": held,
            }
        )
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": listed}}}
