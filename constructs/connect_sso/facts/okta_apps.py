"""Okta's apps: the catalogue app "AWS Account Federation" in its own words, and what a custom SAML app is set to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from connect_sso.facts.partitions import COMMERCIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connect_sso.facts.partitions import Partition

CATALOGUE_NAME: Final = "amazon_aws"
"""The catalogue app's name: https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm"""

API_INTEGRATION_FEATURE: Final = "PUSH_NEW_USERS"
"""What the catalogue app's `features` hold once somebody has enabled its API integration."""

ENVIRONMENT_TYPE, ENDPOINT_OVERRIDE = "awsEnvironmentType", "overrideAcsURL"
"""The catalogue app's settings that decide where it posts to."""

COMMERCIAL_TYPE: Final = "aws.amazon"
"""Okta's name for the commercial partition, and the default. What it calls the others is not documented."""

PROFILE_MAPPINGS: Final[Mapping[str, str]] = {
    "email": "user.email",
    "firstName": "user.firstName",
    "lastName": "user.lastName",
    "mobilePhone": "user.mobilePhone",
    "secondEmail": "user.secondEmail",
}
"""Which attributes of a catalogue app's profile say who a person is, and what of Okta's profile they are."""

DECIDES_SIGN_IN: Final = frozenset({"idpRolePairs", "login", "role", "samlRoles", "userName"})
"""The attributes of a catalogue app's profile that say as whom a person signs in, and with which role.

https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-about-integration.htm
"""


def posts_to(settings: Mapping[str, object]) -> str | None:
    """The sign-in endpoint that the catalogue app posts to with these settings, an https URL; None where not documented."""
    override = settings.get(ENDPOINT_OVERRIDE)
    if isinstance(override, str) and override:
        return override
    return COMMERCIAL.global_endpoint if settings.get(ENVIRONMENT_TYPE) in {None, "", COMMERCIAL_TYPE} else None


# The filter of a new catalogue app. It is sent although no group is mapped: a default that is left out is a difference
# in every later plan, since the provider compares all that Okta returns.
DEFAULT_GROUP_FILTER: Final = r"aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)"


def catalogue_settings(
    *,
    partition: Partition,
    saml_provider: str,
    saml_provider_arn: str,
    role_path: str,
    sign_in_endpoint: str,
    session_duration: int,
    role_group: str | None,
) -> dict[str, object]:
    """The catalogue app's `settings.app`: exactly the keys that Okta returns, so that a second plan is empty.

    Args:
        partition: where the account is.
        saml_provider: the IAM SAML provider's name, as Okta builds role values from it.
        saml_provider_arn: its ARN, in clear for the plan's reader.
        role_path: the IAM path of the roles, which Okta does not know and their ARNs hold.
        sign_in_endpoint: the ACS Okta posts to, an https URL.
        session_duration: seconds.
        role_group: the one group whose members get the role (`group_mapping`), or None.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """
    account, role = "${accountid}", "${role}"  # Okta's own variables
    settings: dict[str, object] = {
        "appFilter": "okta",
        ENVIRONMENT_TYPE: COMMERCIAL_TYPE,  # also where the endpoint is another partition's, which is then stated
        "groupFilter": group_filter(role_group) if role_group else DEFAULT_GROUP_FILTER,
        "identityProviderArn": saml_provider_arn,
        "joinAllRoles": False,
        "loginURL": "https://console.aws.amazon.com/ec2/home",
        # Okta's order: provider, then role. https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-enable-role-based.htm
        "roleValuePattern": f"{partition.arn('iam', f'saml-provider/{saml_provider}', account=account)},"
        f"{partition.arn('iam', f'role{role_path}{role}', account=account)}",
        "sessionDuration": session_duration,
        "useGroupMapping": role_group is not None,
    }
    if sign_in_endpoint != COMMERCIAL.global_endpoint:
        settings[ENDPOINT_OVERRIDE] = sign_in_endpoint
    return settings


def group_filter(role_group: str) -> str:
    """A filter that matches one role group and no other, so that an app never offers another app's role.

    Args:
        role_group: `aws#ENV-APP#role#account`.
    """
    prefix, name, role, account = role_group.split("#")
    return rf"^{prefix}\#{_exactly(name)}\#(?{{{{role}}}}{_exactly(role)})\#(?{{{{accountid}}}}{account})$"


def _exactly(text: str) -> str:
    # re.escape would also escape "#", which stands between the parts, and nothing else that occurs in these names.
    return re.sub(r"([^A-Za-z0-9_])", r"\\\1", text)


CUSTOM_SIGN_ON: Final[Mapping[str, str | bool]] = {
    "subjectNameIdTemplate": "${user.userName}",
    "subjectNameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "responseSigned": True,
    "assertionSigned": True,
    "signatureAlgorithm": "RSA_SHA256",
    "digestAlgorithm": "SHA256",
    "honorForceAuthn": False,
    "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
}
"""What `settings.signOn` of a custom SAML app is set to, wherever it posts to and whatever it says."""

STATEMENT_TYPE, STATEMENT_NAMESPACE = "EXPRESSION", "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
"""Of a custom app's attribute statements: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/"""
