"""Where Okta's catalogue app posts to: the endpoint decides whether a trust admits the assertion."""

from __future__ import annotations

import pytest

from connect_sso.facts.okta_apps import posts_to

GLOBAL = "https://signin.aws.amazon.com/saml"
REGIONAL = "https://eu-central-1.signin.aws.amazon.com/saml"


@pytest.mark.parametrize(
    ("settings", "endpoint"),
    [
        ({}, GLOBAL),
        ({"awsEnvironmentType": "aws.amazon"}, GLOBAL),
        ({"awsEnvironmentType": "aws.amazon", "overrideAcsURL": ""}, GLOBAL),
        ({"awsEnvironmentType": "aws.amazon", "overrideAcsURL": REGIONAL}, REGIONAL),
        ({"awsEnvironmentType": "another", "overrideAcsURL": REGIONAL}, REGIONAL),
        ({"awsEnvironmentType": "another"}, None),
        ({"overrideAcsURL": ["odd"]}, GLOBAL),
    ],
)
def test_the_override_counts_and_otherwise_only_what_is_documented(
    settings: dict[str, object], endpoint: str | None
) -> None:
    """An endpoint built from a name that Okta does not document would be a guess."""
    assert posts_to(settings) == endpoint
