"""Okta's apps: the words of the catalogue app "AWS Account Federation"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connect_sso.facts.partitions import COMMERCIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

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
