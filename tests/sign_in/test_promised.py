"""What a file promises is what its stack makes: both ask the environment, and this holds them to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connect_sso.facts.partitions import COMMERCIAL
from connect_sso.iam.documents import Policy, read_policy
from connect_sso.iam.evaluation import Decision
from connect_sso.sign_in.model import permission_decision
from connect_sso.sign_in.promised import UNKNOWN_INSTANCE_ID, promised_sign_in
from tests.environment_files import loaded, minimal
from tests.synthesized import synthesized

MODES = ("api_integration", "group_mapping", "saml_app")

PLACES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "us-east-1, one endpoint for all regions": {"aws__region": "us-east-1", "aws__sign_in": "global"},
    "GovCloud": {"aws__region": "us-gov-west-1"},
    "an instance that is there": {"connect": {"instance_id": "2fb42df9-78a2-4e74-8572-c8af67ed289b"}},
}


def environment(mode: str, **changes: Any) -> dict[str, Any]:
    """Three apps: two that share a role, for sessions of different lengths, and one with session tags where it may have them."""
    data = minimal(
        okta__role_assignment=mode,
        **({"federation__session_duration": 7200, "federation__path": "/sso/connect/"} | changes),
    )
    for name, role, destination in (("agents", "Okta_Role", "ccp"), ("custom", "Other_Role", "https://a.example/x y")):
        data["apps"][name] = {
            "label": name,
            "destination": destination.replace(" ", "%20"),
            "saml_provider": f"Okta_{name}",
            "role": role,
            "groups": ["Agents"],
        }
    data["apps"]["agents"]["session_duration"] = 28800
    data["apps"]["custom"]["role"] = "Other+Role@x.y"
    if mode == "saml_app":
        data["apps"]["custom"]["session_tags"] = {"Team": "user.department"}
    return data


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", PLACES)
def test_the_file_promises_what_the_stack_makes(tmp_path: Path, mode: str, place: str) -> None:
    """Roles with their trust and the length of a session; apps with provider, role, recipient and relay state."""
    data = environment(mode, **PLACES[place])
    promised = promised_sign_in(loaded(tmp_path, data))
    stack = synthesized(tmp_path, data)["test"]
    assert {role.name: (_statements(role.trust), role.max_session_duration) for role in promised.roles.values()} == {
        body["name"]: (
            _statements(read_policy(body["assume_role_policy"], "the stack's")),
            body["max_session_duration"],
        )
        for body in stack.json["resource"]["aws_iam_role"].values()
    }
    for key, app in promised.apps.items():
        assert app.role_arn is not None and app.role_arn in promised.roles
        assert app.provider_arn is not None and app.provider_arn in promised.providers
        assert app.provider_arn in json.dumps(stack.resource(f"aws_iam_saml_provider.{key}")["lifecycle"])
        body = stack.resource(f"okta_app_saml.{key}")
        instance_id = data["connect"].get("instance_id", UNKNOWN_INSTANCE_ID)
        opens = re.sub(r"/federate/\$\{[^}]+\}", f"/federate/{instance_id}", body["default_relay_state"])
        assert app.relay_state == opens
        made = _custom(body) if mode == "saml_app" else _catalogue(body, promised.roles[app.role_arn].name)
        assert made == (f"{app.role_arn},{app.provider_arn}", app.recipient, app.session_duration)


def test_the_permission_is_the_one_that_the_stack_gives(tmp_path: Path) -> None:
    """With the instance's ARN in it, which only an existing one has before the apply."""
    data = environment("saml_app", connect={"instance_id": "2fb42df9-78a2-4e74-8572-c8af67ed289b"})
    promised = promised_sign_in(loaded(tmp_path, data))
    policy = synthesized(tmp_path, data)["test"].resource("aws_iam_policy.federation")["policy"]
    assert promised.instance is not None
    made = re.sub(r"\$\{data\.[a-z_.]+\.arn\}", promised.instance.arn or "", policy).replace("$${", "${")
    for role in promised.roles.values():
        (permission,) = role.permissions
        assert permission.statements == read_policy(made, "the stack's").statements


def test_a_path_is_part_of_every_role_arn_and_of_the_policies(tmp_path: Path) -> None:
    """A role under a path lost everyone who signed in through it: the app's Role value named one that did not exist."""
    data = environment("api_integration", federation__permissions_boundary="arn:aws:iam::111122223333:policy/bound")
    stack = synthesized(tmp_path, data)["test"]
    resources = stack.json["resource"]
    for kind in ("aws_iam_role", "aws_iam_policy", "aws_iam_user"):
        for body in resources[kind].values():
            assert body["path"] == "/sso/connect/"
    for kind in ("aws_iam_role", "aws_iam_user"):
        for body in resources[kind].values():
            assert body["permissions_boundary"] == "arn:aws:iam::111122223333:policy/bound"
    assert ":role/sso/connect/$${role}" in stack.resource("okta_app_saml.admin")["app_settings_json"]
    role = promised_sign_in(loaded(tmp_path, data)).roles["arn:aws:iam::111122223333:role/sso/connect/Okta_Role"]
    assert role.max_session_duration == 28800
    instance = promised_sign_in(loaded(tmp_path, data)).instance
    assert instance is not None
    assert permission_decision(role, instance) == Decision(
        None, "the permissions boundary arn:aws:iam::111122223333:policy/bound"
    )


def _statements(policy: Policy | None) -> tuple[Any, ...]:
    assert policy is not None
    return policy.statements


def _custom(body: dict[str, Any]) -> tuple[str, str, int]:
    """What a custom SAML app's assertions carry: role and provider, recipient, seconds."""
    said = {each["name"].rpartition("/")[2]: each["values"][0].strip('"') for each in body["attribute_statements"]}
    return said["Role"], body["recipient"], int(said["SessionDuration"])


def _catalogue(body: dict[str, Any], role: str) -> tuple[str, str, int]:
    """The same of the catalogue app, whose pattern has the provider first and is filled in by Okta."""
    settings = json.loads(body["app_settings_json"])
    provider = settings["identityProviderArn"]
    account = provider.split(":")[4]
    pattern = settings["roleValuePattern"].replace("$${accountid}", account).replace("$${role}", role)
    of_pattern, role_arn = pattern.split(",")
    assert of_pattern == provider
    return (
        f"{role_arn},{provider}",
        settings.get("overrideAcsURL", COMMERCIAL.global_endpoint),
        settings["sessionDuration"],
    )
