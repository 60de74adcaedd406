"""Settings of the catalogue app: one key too few, and every later plan changes the app."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.derived_names import ENVIRONMENT_NAME, role_group
from connect_sso.facts.okta_apps import catalogue_settings, group_filter
from connect_sso.facts.partitions import COMMERCIAL, GOVCLOUD, Partition
from connect_sso.infrastructure.catalogue_app import app_settings_json, role_profile

NINE = {
    "appFilter",
    "awsEnvironmentType",
    "groupFilter",
    "identityProviderArn",
    "joinAllRoles",
    "loginURL",
    "roleValuePattern",
    "sessionDuration",
    "useGroupMapping",
}
TERRAFORM_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True)
ENVIRONMENTS = st.from_regex(ENVIRONMENT_NAME, fullmatch=True)


def settings(
    *, partition: Partition = COMMERCIAL, endpoint: str | None = None, group: str | None = None
) -> dict[str, Any]:
    text = app_settings_json(
        catalogue_settings(
            partition=partition,
            saml_provider="Okta",
            saml_provider_arn="arn:aws:iam::111122223333:saml-provider/Okta",
            role_path="/",
            sign_in_endpoint=endpoint or partition.global_endpoint,
            session_duration=43200,
            role_group=group,
        )
    )
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def as_python(pattern: str) -> str:
    """Okta's `(?{{name}}...)` groups as Python's, to match with."""
    return re.sub(r"\(\?\{\{(\w+)\}\}", r"(?P<\1>", pattern)


def test_exactly_the_keys_that_okta_returns() -> None:
    """The provider compares all of them; null, text for a number, or a missing key is a difference for ever."""
    found = settings()
    assert set(found) == NINE
    assert found["sessionDuration"] == 43200
    assert found["useGroupMapping"] is False
    assert found["identityProviderArn"] == "arn:aws:iam::111122223333:saml-provider/Okta"


def test_the_endpoint_is_stated_where_it_is_not_the_default() -> None:
    """Regional endpoints, and all of GovCloud's; us-east-1's regional endpoint is the default itself."""
    regional = COMMERCIAL.regional_endpoint("eu-central-1")
    assert settings(endpoint=regional)["overrideAcsURL"] == regional
    assert "overrideAcsURL" not in settings(endpoint=COMMERCIAL.regional_endpoint("us-east-1"))
    assert settings(partition=GOVCLOUD)["overrideAcsURL"] == GOVCLOUD.global_endpoint


def test_okta_s_own_variables_are_escaped_for_terraform() -> None:
    """`${accountid}` and `${role}` are Okta's."""
    pattern = settings(partition=GOVCLOUD)["roleValuePattern"]
    assert (
        pattern
        == "arn:aws-us-gov:iam::$${accountid}:saml-provider/Okta,arn:aws-us-gov:iam::$${accountid}:role/$${role}"
    )


@given(ENVIRONMENTS, TERRAFORM_NAMES, TERRAFORM_NAMES)
def test_a_group_filter_matches_its_role_group(environment: str, app: str, role: str) -> None:
    """And yields the role and the account that Okta builds the Role attribute from."""
    group = role_group(environment, app, role, "111122223333")
    match = re.fullmatch(as_python(group_filter(group)), group)
    assert match is not None
    assert match.groupdict() == {"role": role, "accountid": "111122223333"}


@given(ENVIRONMENTS, TERRAFORM_NAMES, TERRAFORM_NAMES, ENVIRONMENTS, TERRAFORM_NAMES, TERRAFORM_NAMES)
def test_a_group_filter_matches_no_other_role_group(
    one: str, app: str, role: str, other: str, other_app: str, other_role: str
) -> None:
    """An app that offered another app's role would pair it with the wrong SAML provider."""
    group, another = (
        role_group(one, app, role, "111122223333"),
        role_group(other, other_app, other_role, "111122223333"),
    )
    if group != another:
        assert re.fullmatch(as_python(group_filter(group)), another) is None


def test_an_assignment_carries_the_role_by_its_plain_name() -> None:
    """With API integration Okta knows roles by name."""
    assert json.loads(role_profile("Okta_Role")) == {"role": "Okta_Role", "samlRoles": ["Okta_Role"]}
