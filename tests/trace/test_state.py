"""The walk through what is really there: one thing is broken at a time, and the right hop says so."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from tests.decode.deployed import CCP_PROVIDER, INSTANCE_ARN, resources
from tests.decode.responses import RECIPIENT, RELAY_STATE, metadata, signer
from tests.decode.test_catalogue import Change, _detached, _permission, _set, _trust, _with_a_deny, _without
from tests.trace.conftest import CCP, ENVIRONMENT, Trace
from tests.trace.test_file import CROWD, SCHEMA

APP = "okta_app_saml.admin"
ADA = 'aws_connect_user.users["Ada.Admin@example.com"]'
ADA_IN_OKTA = 'data.okta_user.users["Ada.Admin@example.com"]'
ADAS_APP = 'okta_app_user.admin["Ada.Admin@example.com"]'


def test_all_is_well(trace: Trace) -> None:
    """Every hop is known from the state, and fine; each says which resource it looked at."""
    result = trace(ENVIRONMENT, "--state", trace.state(resources()))
    assert result.code == 0
    assert result.person()["ok"] is True
    assert result.hop("IAM trust")["where"] == "aws_iam_role.Okta_Role"
    assert result.hop("Connect user")["where"] == ADA
    jsonschema.validate(result.json, SCHEMA)


def _statement(name: str, value: str) -> Change:
    def change(values: dict[str, dict[str, Any]]) -> None:
        for statement in values[APP]["attribute_statements"]:
            if statement["name"].endswith(f"/{name}"):
                statement["values"] = [value]

    return change


def _with_tags(values: dict[str, dict[str, Any]]) -> None:
    values[APP]["attribute_statements"].append(
        {"name": "https://aws.amazon.com/SAML/Attributes/PrincipalTag:Team", "values": ["user.department"]}
    )


def _renamed_in_okta(values: dict[str, dict[str, Any]]) -> None:
    values[ADA_IN_OKTA]["login"] = "ada.admin@example.com"
    values[ADAS_APP]["username"] = "ada.admin@example.com"


BROKEN: list[tuple[str, Change]] = [
    ("Okta assignment", _without(ADAS_APP)),
    ("Okta assignment", _without(APP)),
    ("Okta assignment", _set(ADA_IN_OKTA, status="SUSPENDED")),
    ("assertion", _set(APP, status="INACTIVE")),
    ("assertion", _set(APP, audience="https://signin.aws.amazon.com/saml")),
    ("assertion", _set(APP, audience=None)),
    ("assertion", _set(APP, recipient="https://acme.example/saml")),
    ("assertion", _statement("SessionDuration", '"90000"')),
    ("IAM trust", _set(APP, recipient="https://us-west-2.signin.aws.amazon.com/saml")),
    ("IAM trust", _trust(Principal={"Federated": CCP_PROVIDER})),
    ("IAM trust", _trust(Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}})),
    ("IAM trust", _trust(Action="sts:AssumeRole")),
    ("IAM trust", _trust(Effect="Deny")),
    ("IAM trust", _with_tags),
    ("IAM trust", _without("aws_iam_saml_provider.admin")),
    (
        "IAM trust",
        _set(
            "aws_iam_saml_provider.admin",
            saml_metadata_document=metadata(signer("ccp"), issuer="http://www.okta.com/exkother"),
        ),
    ),
    ("IAM trust", _set("aws_iam_saml_provider.admin", saml_metadata_document=metadata(signer("new")))),
    ("IAM trust", _set("aws_iam_saml_provider.admin", saml_metadata_document="nothing")),
    ("IAM trust", _set("aws_iam_role.Okta_Role", max_session_duration=3600)),
    (
        "IAM trust",
        _statement(
            "Role",
            f"{resources()['aws_iam_role.Okta_Role']['arn']}s,{resources()['aws_iam_saml_provider.admin']['arn']}",
        ),
    ),
    ("permission", _detached),
    ("permission", _permission(Resource=f"{INSTANCE_ARN[:-1]}0/user/${{aws:userid}}")),
    ("permission", _permission(Resource=f"{INSTANCE_ARN}/user/${{aws:username}}")),
    ("permission", _permission(Action="connect:Describe*")),
    ("permission", _permission(Effect="Deny")),
    ("permission", _with_a_deny),
    ("Connect user", _without(ADA)),
    ("Connect user", _set(ADA, name="ada.admin@example.com")),
    ("Connect user", _renamed_in_okta),
    ("Connect user", _set("aws_connect_instance.instance", identity_management_type="CONNECT_MANAGED")),
    ("landing page", _set(APP, default_relay_state=None)),
    ("landing page", _set(APP, default_relay_state="https://console.aws.amazon.com/ec2/home")),
    ("landing page", _set(APP, default_relay_state=RELAY_STATE.replace("eu-central-1", "us-east-1"))),
    ("landing page", _set(APP, default_relay_state=RELAY_STATE.replace("2fb42df9", "11111111"))),
    ("landing page", _set(APP, default_relay_state=f"{RELAY_STATE}?destination=%2Fccp-v2")),
    (
        "landing page",
        _set('data.aws_connect_security_profile.security_profiles["Admin"]', permissions=["BasicAgentAccess"]),
    ),
]


@pytest.mark.parametrize(("hop", "change"), BROKEN, ids=[f"{number}-{hop}" for number, (hop, _) in enumerate(BROKEN)])
def test_the_broken_hop_is_named(trace: Trace, hop: str, change: Change) -> None:
    """Exactly one hop fails, and the exit code says so."""
    values = resources()
    change(values)
    result = trace(ENVIRONMENT, "--state", trace.state(values))
    assert result.code == 3
    assert result.failing() == [hop]
    assert result.person()["ok"] is False
    jsonschema.validate(result.json, SCHEMA)


ALLOWED: list[Change] = [
    _permission(
        Resource="*", Condition={"StringEquals": {"connect:InstanceId": [INSTANCE_ARN.rpartition("/")[2], "other"]}}
    ),
    _permission(Resource=f"{INSTANCE_ARN}/user/*"),
    _permission(Action=["Connect:*"], Resource=[f"{INSTANCE_ARN}/*"]),
    _trust(Condition={"StringLike": {"SAML:aud": "https://*.signin.aws.amazon.com/saml"}}),
    _trust(Condition={"ForAnyValue:StringEquals": {"saml:aud": RECIPIENT}}),
    _trust(Condition={}),
    _trust(Action=["sts:AssumeRoleWithSAML", "sts:TagSession"]),
]


@pytest.mark.parametrize("change", ALLOWED)
def test_other_policies_that_allow_it_are_as_good(trace: Trace, change: Change) -> None:
    """AWS documents several forms; the walk evaluates policies rather than comparing them with ours."""
    values = resources()
    change(values)
    assert trace(ENVIRONMENT, "--state", trace.state(values)).person()["ok"] is True


def test_what_depends_on_the_moment_is_unknown(trace: Trace) -> None:
    """An IP address or a time decides at the sign-in, so neither yes nor no can be said now."""
    values = resources()
    _permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})(values)
    result = trace(ENVIRONMENT, "--state", trace.state(values))
    assert result.code == 0
    assert result.hop("permission")["ok"] is None


def test_a_policy_whose_text_is_elsewhere_is_unknown(trace: Trace) -> None:
    """A managed policy of AWS may allow it; the state holds its ARN alone."""
    values = resources()
    del values["aws_iam_policy.federation"]
    assert trace(ENVIRONMENT, "--state", trace.state(values)).hop("permission")["ok"] is None


def test_other_addresses_are_read_as_well(trace: Trace) -> None:
    """What was imported under another name, or into a module, is recognised by what it is."""
    values = {
        address.replace(".admin", ".tile").replace("Okta_Role", "this"): held for address, held in resources().items()
    }
    result = trace(ENVIRONMENT, "--state", trace.state(values))
    assert (result.code, result.person()["ok"]) == (0, True)


# --- groups and the crowd ---------------------------------------------------------------------------------------------


def with_group(*logins: str) -> dict[str, dict[str, Any]]:
    """The state with the CCP's app, its group, and who is in it."""
    values = resources()
    role, provider = values["aws_iam_role.Okta_Role"]["arn"], CCP_PROVIDER
    _trust(Principal={"Federated": [values["aws_iam_saml_provider.admin"]["arn"], provider]})(values)
    app = copy.deepcopy(values[APP])
    app |= {
        "id": "0oaccp",
        "label": CCP["label"],
        "entity_url": "http://www.okta.com/exkccp00000000000",
        "metadata": metadata(signer("ccp"), issuer="http://www.okta.com/exkccp00000000000"),
        "default_relay_state": f"{RELAY_STATE}?destination=%2Fccp-v2%2Fchat&new_domain=true",
    }
    app["attribute_statements"][0]["values"] = [f'"{role},{provider}"']
    values["okta_app_saml.ccp"] = app
    values['data.okta_group.groups["Contact Centre Agents"]'] = {"id": "00gagents", "name": "Contact Centre Agents"}
    values['okta_app_group_assignment.ccp["Contact Centre Agents"]'] = {
        "app_id": "0oaccp",
        "group_id": "00gagents",
        "profile": "{}",
    }
    values['data.okta_users.members["Contact Centre Agents"]'] = {
        "group_id": "00gagents",
        "users": [{"id": f"00u{login}", "login": login, "email": login} for login in logins],
    }
    return values


def environment_with_crowd() -> dict[str, Any]:
    return copy.deepcopy(ENVIRONMENT) | {"apps": {**ENVIRONMENT["apps"], "ccp": CCP}, "users_file": "crowd.csv"}


def crowd_state(*names: str) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {
        f'aws_connect_user.users["{name}"]': {"name": name, "security_profile_ids": ["p-agent"]} for name in names
    }
    values['data.aws_connect_security_profile.security_profiles["Agent"]'] = {
        "name": "Agent",
        "security_profile_id": "p-agent",
        "permissions": ["BasicAgentAccess", "OutboundCallAccess"],
    }
    return values


def test_the_state_tells_who_is_in_a_group(trace: Trace) -> None:
    """Unknown from the file, known from the state: in it, and not in it."""
    state = trace.state(with_group("bo@example.com"))
    crowd = trace.state(crowd_state("bo@example.com", "cy@example.com"), "crowd.json")
    result = trace(environment_with_crowd(), "--state", state, "--state", crowd, crowd=CROWD)
    assert result.code == 3
    assert result.person()["ok"] is True
    assert result.person("bo@example.com")["ok"] is True
    assert result.failing("cy@example.com") == ["Okta assignment"]
    jsonschema.validate(result.json, SCHEMA)


def test_a_member_whose_login_differs_in_case_is_refused_by_connect(trace: Trace) -> None:
    """Okta has the assignment right, Connect does not know the spelling: the hop that fails is Connect's."""
    state = trace.state(with_group("Bo@example.com"))
    crowd = trace.state(crowd_state("bo@example.com"), "crowd.json")
    result = trace(
        environment_with_crowd(), "--state", state, "--state", crowd, "--user", "bo@example.com", crowd=CROWD
    )
    assert result.code == 3
    assert result.failing("bo@example.com") == ["Connect user"]
    assert "Okta sends Bo@example.com" in result.hop("Connect user", "bo@example.com")["says"]


def test_without_the_crowds_state_its_users_are_unknown(trace: Trace) -> None:
    """They are in a state of their own: not giving it is no failure."""
    result = trace(
        environment_with_crowd(), "--state", trace.state(with_group("bo@example.com", "cy@example.com")), crowd=CROWD
    )
    assert result.code == 0
    assert result.hop("Connect user", "bo@example.com")["ok"] is None


def test_members_who_are_no_connect_users_are_listed(trace: Trace) -> None:
    """They would be refused; nobody promised them anything, so they are told beside, and by name when asked for."""
    state = trace.state(with_group("zed@example.com"))
    environment = environment_with_crowd() | {"users_file": None}
    del environment["users_file"]
    result = trace(environment, "--state", state)
    assert result.json["not_in_connect"] == [{"username": "zed@example.com", "group": "Contact Centre Agents"}]
    assert result.code == 0
    asked = trace(environment, "--state", state, "--user", "zed@example.com")
    assert (asked.code, asked.failing("zed@example.com")) == (3, ["Connect user"])


def test_a_group_that_lost_the_app_is_named(trace: Trace) -> None:
    """The file promises the app to the group, and somebody took the assignment away in Okta."""
    values = with_group("bo@example.com")
    del values['okta_app_group_assignment.ccp["Contact Centre Agents"]']
    crowd = trace.state(crowd_state("bo@example.com", "cy@example.com"), "crowd.json")
    result = trace(environment_with_crowd(), "--state", trace.state(values), "--state", crowd, crowd=CROWD)
    assert result.code == 3
    assert result.failing("bo@example.com") == ["Okta assignment"]
    assert "Contact Centre Agents" in result.hop("Okta assignment", "bo@example.com")["says"]


def test_state_and_plan_together_are_wrong_usage(trace: Trace) -> None:
    """A plan holds what the state will be."""
    state = trace.state(resources())
    assert trace(ENVIRONMENT, "--state", state, "--plan", state).code == 2
    assert trace(ENVIRONMENT, "--plan", state).code == 1


def test_broken_documents_are_no_traceback(trace: Trace) -> None:
    """A state may hold what somebody's hand wrote."""
    for change in (
        _set("aws_iam_role.Okta_Role", assume_role_policy="{"),
        _set("aws_iam_policy.federation", policy=json.dumps([])),
        _set(APP, app_settings_json="[", attribute_statements=None, metadata="<"),
        _set("aws_connect_instance.instance", arn="nonsense", id=5),
    ):
        values = resources()
        change(values)
        assert trace(ENVIRONMENT, "--state", trace.state(values)).code in {0, 3}


def test_a_diagram_has_no_page_where_a_relay_state_leads_nowhere(trace: Trace) -> None:
    """What is wrong with it is no page's name."""
    values = resources()
    _set(APP, default_relay_state="https://console.aws.amazon.com/ec2/home")(values)
    out = trace(ENVIRONMENT, "--state", trace.state(values), form="mermaid").out
    assert '  l0("no page known")' in out.splitlines()


def test_a_hop_says_what_it_found_as_a_code_too(trace: Trace) -> None:
    """So that a program need not read sentences."""
    values = resources()
    _set(APP, default_relay_state=f"{RELAY_STATE}?destination=%2Fccp-v2")(values)
    hop = trace(ENVIRONMENT, "--state", trace.state(values)).hop("landing page")
    assert hop["code"] == "other-page"
    assert hop["says"] == "the relay state opens the Contact Control Panel, but the file says the administration"
