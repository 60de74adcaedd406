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


def posts_to(settings: Mapping[str, object]) -> str | None:
    """The sign-in endpoint that the catalogue app posts to with these settings, an https URL; None where not documented."""
    override = settings.get(ENDPOINT_OVERRIDE)
    if isinstance(override, str) and override:
        return override
    return COMMERCIAL.global_endpoint if settings.get(ENVIRONMENT_TYPE) in {None, "", COMMERCIAL_TYPE} else None
