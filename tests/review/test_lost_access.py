"""Lost access: a contact centre that works, and what is taken away from it, one at a time; beside each a harmless neighbour."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.decode.deployed import CCP_PROVIDER, INSTANCE_ARN, POLICY_ARN, TRUST, resources
from tests.decode.responses import ACCOUNT, PROVIDER, RECIPIENT, RELAY_STATE, ROLE, metadata, signer
from tests.review.plans import World, between, found, reviewed

Edit = Callable[[World], object]

AGENTS = [f"agent.{number}@example.com" for number in range(20)]
ADA = 'aws_connect_user.users["Ada.Admin@example.com"]'
TRUSTED = json.loads(
    json.dumps(TRUST).replace(json.dumps(PROVIDER), f"{json.dumps(PROVIDER)}, {json.dumps(CCP_PROVIDER)}")
)
CCP_ISSUER = "http://www.okta.com/exkccp00000000000"


def user(name: str) -> str:
    """The address of a Connect user."""
    return f"aws_connect_user.users[{json.dumps(name)}]"


def world() -> World:
    """An administrator by name, twenty agents by a group, and a role for both apps."""
    found = resources()
    found["aws_iam_role.Okta_Role"] |= {
        "assume_role_policy": json.dumps(TRUSTED),
        "managed_policy_arns": [POLICY_ARN],
        "permissions_boundary": "",
    }
    admin = found["okta_app_saml.admin"]
    ccp = copy.deepcopy(admin) | {
        "id": "0oaccp",
        "label": "Amazon Connect CCP",
        "entity_url": CCP_ISSUER,
        "metadata": metadata(signer("ccp"), issuer=CCP_ISSUER),
        "default_relay_state": f"{RELAY_STATE.partition('?')[0]}?destination=%2Fccp-v2%2Fchat",
    }
    ccp["attribute_statements"][0]["values"] = [f'"{ROLE},{CCP_PROVIDER}"']
    found["okta_app_saml.ccp"] = ccp
    found['okta_app_group_assignment.ccp["Agents"]'] = {"app_id": "0oaccp", "group_id": "00gagents"}
    for group in ("agents", "more", "everybody"):
        found[f"data.okta_group.{group}"] = {"id": f"00g{group}", "name": group.capitalize()}
    members = [{"id": f"00u{name}", "login": name, "email": name} for name in AGENTS]
    found['data.okta_users.members["Agents"]'] = {"group_id": "00gagents", "users": members}
    found['data.aws_connect_security_profile.security_profiles["Agent"]'] = {
        "name": "Agent",
        "security_profile_id": "p-agent",
        "permissions": ["BasicAgentAccess"],
    }
    for name in AGENTS:
        found[user(name)] = {"name": name, "security_profile_ids": ["p-agent"]}
    return found


def after(edit: Edit) -> tuple[World, World]:
    """The world before and after."""
    changed = world()
    edit(changed)
    return world(), changed


def codes(edit: Edit, unknown: World | None = None) -> set[tuple[str, str]]:
    """What must be decided about the change."""
    return found(between(*after(edit), unknown))


def setting(address: str, **values: Any) -> Edit:
    return lambda there: there[address].update(values)


def without(*addresses: str) -> Edit:
    return lambda there: [there.pop(address) for address in addresses]


def trust(change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(there: World) -> None:
        document = json.loads(there["aws_iam_role.Okta_Role"]["assume_role_policy"])
        change(document["Statement"][0])
        there["aws_iam_role.Okta_Role"]["assume_role_policy"] = json.dumps(document)

    return edit


def permission(change: Callable[[dict[str, Any]], object]) -> Edit:
    def edit(there: World) -> None:
        document = json.loads(there["aws_iam_policy.federation"]["policy"])
        change(document)
        there["aws_iam_policy.federation"]["policy"] = json.dumps(document)

    return edit


def bounded(*statements: dict[str, Any]) -> Edit:
    """A permissions boundary that the plan holds."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"

    def edit(there: World) -> None:
        there["aws_iam_policy.boundary"] = {
            "name": "boundary",
            "arn": arn,
            "policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        }
        there["aws_iam_role.Okta_Role"]["permissions_boundary"] = arn

    return edit


def denying(**more: Any) -> Edit:
    """An inline policy with a Deny."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "connect:*", "Resource": "*"} | more]}
    return lambda there: there.update(
        {"aws_iam_role_policy.deny": {"role": "Okta_Role", "name": "deny", "policy": json.dumps(policy)}}
    )


def other_policy(there: World) -> None:
    """Another policy of the plan in place of the one for federation."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/other"
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    there["aws_iam_policy.other"] = {"name": "other", "arn": arn, "policy": json.dumps(document)}
    there["aws_iam_role_policy_attachment.Okta_Role"]["policy_arn"] = arn


def sent(position: int, value: str) -> Edit:
    def edit(there: World) -> None:
        there["okta_app_saml.ccp"]["attribute_statements"][position]["values"] = [value]

    return edit


LOST: dict[str, Edit] = {
    "the trust loses a provider": trust(lambda entry: entry["Principal"]["Federated"].remove(CCP_PROVIDER)),
    "the trust loses the endpoint": trust(lambda entry: entry["Condition"]["StringEquals"]["SAML:aud"].remove(RECIPIENT)),
    "the trust allows another action": trust(lambda entry: entry.update(Action="sts:AssumeRole")),
    "the trust denies": trust(lambda entry: entry.update(Effect="Deny")),
    "the policy is detached": without("aws_iam_role_policy_attachment.Okta_Role"),
    "another policy is attached": other_policy,
    "the role's own list takes the policy off": setting("aws_iam_role.Okta_Role", managed_policy_arns=[]),
    "the policy is narrowed": permission(lambda document: document["Statement"][0].update(Resource=f"{INSTANCE_ARN}0/*")),
    "the policy is emptied": permission(lambda document: document["Statement"].clear()),
    "a Deny comes": denying(),
    "a boundary without it comes": bounded({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    "the session is longer than the role's": setting("aws_iam_role.Okta_Role", max_session_duration=3600),
    "the app asks for too long": sent(2, '"86400"'),
    "the assertion names another role": sent(0, f'"{ROLE}2,{CCP_PROVIDER}"'),
    "the assertion names another provider": sent(0, f'"{ROLE},{PROVIDER}"'),
    "the group's assignment goes": without('okta_app_group_assignment.ccp["Agents"]'),
    "the provider gets another app's metadata": setting("aws_iam_saml_provider.ccp", saml_metadata_document=metadata(signer())),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_a_way_that_ends_is_a_finding(name: str) -> None:
    """Whatever ends it: an app or a group as a whole loses its way."""
    assert any(code == "access-lost" for code, _ in codes(LOST[name])), codes(LOST[name])


KEPT: dict[str, Edit] = {
    "nothing": lambda there: None,
    "the trust is reformatted": trust(lambda entry: entry.update(Action=["sts:AssumeRoleWithSAML"], Sid="Trust")),
    "the policy is reformatted": permission(lambda document: document["Statement"][0].update(Action=["connect:GetFederationToken"])),
    "a description": setting("aws_iam_role.Okta_Role", description="Sign-in"),
    "a Deny for something else": denying(Action="s3:*"),
    "one agent leaves": without(user(AGENTS[0])),
    "two agents leave": without(*(user(name) for name in AGENTS[:2])),
    "an agent comes": lambda there: there.update({user("new@example.com"): {"name": "new@example.com", "security_profile_ids": ["p-agent"]}}),
    "a label": setting("okta_app_saml.ccp", label="Phone"),
    "one more group on the phone": lambda there: there.update(
        {'okta_app_group_assignment.ccp["More"]': {"app_id": "0oaccp", "group_id": "00gmore"}}
    ),
    "a boundary that leaves it": bounded({"Effect": "Allow", "Action": "connect:*", "Resource": "*"}),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_takes_nothing_away_is_none(name: str) -> None:
    """An everyday change asks nothing of anybody."""
    assert codes(KEPT[name]) == set()


def test_a_group_whose_members_keep_another_way_loses_nothing() -> None:
    """The whole team moves to another group."""

    def edit(there: World) -> None:
        there.pop('okta_app_group_assignment.ccp["Agents"]')
        there['okta_app_group_assignment.ccp["Everybody"]'] = {"app_id": "0oaccp", "group_id": "00geverybody"}
        there['data.okta_users.members["Everybody"]'] = {
            "group_id": "00geverybody",
            "users": there['data.okta_users.members["Agents"]']["users"],
        }

    assert codes(edit) == set()


@pytest.mark.parametrize("address", [ADA, 'okta_app_user.admin["Ada.Admin@example.com"]'])
def test_the_last_administrator(address: str) -> None:
    """By losing the app or the user."""
    assert any(code == "last-administrator" for code, _ in codes(without(address)))


def test_the_last_administrator_by_losing_the_rights() -> None:
    """By a security profile that opens nothing but the phone."""
    assert any(code == "last-administrator" for code, _ in codes(setting(ADA, security_profile_ids=["p-agent"])))


def by_rule(there: World) -> World:
    """The agents come by a rule into a role group."""
    there.pop('okta_app_group_assignment.ccp["Agents"]')
    there["okta_app_group_assignment.ccp"] = {"app_id": "0oaccp", "group_id": "00grole"}
    there["okta_group.ccp"] = {"id": "00grole", "name": "role group"}
    there["okta_group_rule.ccp"] = {
        "status": "ACTIVE",
        "expression_value": 'isMemberOfAnyGroup("00gagents")',
        "group_assignments": ["00grole"],
        "users_excluded": [],
    }
    return there


def by_members(there: World) -> World:
    """The agents are in a role group by name."""
    by_rule(there).pop("okta_group_rule.ccp")
    there["okta_group_memberships.ccp"] = {"group_id": "00grole", "users": [f"00u{name}" for name in AGENTS]}
    for name in AGENTS:
        there[f"data.okta_user.users[{json.dumps(name)}]"] = {
            "id": f"00u{name}",
            "login": name,
            "email": name,
            "status": "ACTIVE",
        }
    return there


RULES: dict[str, tuple[Callable[[World], World], Edit, str]] = {
    "the rule goes": (by_rule, without("okta_group_rule.ccp"), "access-lost"),
    "the rule is made inactive": (by_rule, setting("okta_group_rule.ccp", status="INACTIVE"), "access-lost"),
    "the role group goes": (by_rule, without("okta_group.ccp"), "access-lost"),
    "the rule leaves many out": (by_rule, setting("okta_group_rule.ccp", users_excluded=[f"00u{name}" for name in AGENTS[:6]]), "access-lost-by-many"),
    "the rule leaves one out": (by_rule, setting("okta_group_rule.ccp", users_excluded=[f"00u{AGENTS[0]}"]), ""),
    "all memberships go": (by_members, without("okta_group_memberships.ccp"), "access-lost"),
    "six memberships go": (by_members, setting("okta_group_memberships.ccp", users=[f"00u{name}" for name in AGENTS[6:]]), "access-lost-by-many"),
    "one membership goes": (by_members, setting("okta_group_memberships.ccp", users=[f"00u{name}" for name in AGENTS[1:]]), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_groups_that_are_filled_by_terraform(name: str) -> None:
    """A rule or a list of members is cut short, or goes; one person who leaves is only listed."""
    start, edit, code = RULES[name]
    before, changed = start(world()), start(world())
    edit(changed)
    result = {each for each, _ in found(between(before, changed))}
    assert result == ({code} if code else set())


@pytest.mark.parametrize(
    ("gone", "anew", "expected"),
    [(2, 0, False), (3, 3, True), (0, 6, True), (0, 2, False), (4, 0, False), (5, 0, True)],
)
def test_many_by_whatever_means(gone: int, anew: int, expected: bool) -> None:
    """Deleted and made anew count together: to Amazon Connect a user who is made anew is another one."""
    before, changed = world(), world()
    for name in AGENTS[:gone]:
        changed.pop(user(name))
    data = between(before, changed)
    for entry in data["resource_changes"]:
        if entry["address"] in [user(name) for name in AGENTS[gone : gone + anew]]:
            entry["change"]["actions"] = ["delete", "create"]
    assert bool({code for code, _ in found(data)} & {"mass-removal", "access-lost-by-many"}) is expected


def test_what_cannot_be_said_is_a_finding() -> None:
    """A condition of the moment, which may never hold."""
    edit = trust(lambda entry: entry["Condition"].update({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    assert any(code == "access-in-doubt" for code, _ in codes(edit))


def test_an_app_that_moves_is_the_same_app() -> None:
    """At another address, with everything that refers to it."""
    before, changed = world(), world()
    changed["okta_app_saml.phone"] = changed.pop("okta_app_saml.ccp")
    data = between(before, changed)
    data["resource_changes"] = [entry for entry in data["resource_changes"] if entry["address"] != "okta_app_saml.ccp"]
    for entry in data["resource_changes"]:
        if entry["address"] == "okta_app_saml.phone":
            entry["previous_address"] = "okta_app_saml.ccp"
            entry["change"] |= {"actions": ["no-op"], "before": entry["change"]["after"]}
    assert found(data) == set()
    assert not reviewed(data).access


def profiles_of(count: int) -> Edit:
    """So many agents get a profile that opens no phone."""
    quality = {"name": "Quality", "security_profile_id": "p-quality", "permissions": ["AccessMetrics"]}

    def edit(there: World) -> None:
        there["data.aws_connect_security_profile.quality"] = quality
        for name in AGENTS[:count]:
            there[user(name)]["security_profile_ids"] = ["p-quality"]

    return edit


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("number", "expected"), [(6, {"access-lost-by-many"}), (2, set())])
def test_security_profiles_that_open_the_phone_no_longer(number: int, expected: set[str], *, alone: bool) -> None:
    """With the apps in the plan, and in the crowd's, which has none."""
    before, changed = world(), world()
    profiles_of(number)(changed)
    if alone:
        kept = ("aws_connect_user", "data.aws_connect")
        before, changed = ({k: v for k, v in there.items() if k.startswith(kept)} for there in (before, changed))
    assert {code for code, _ in found(between(before, changed))} == expected


def test_a_security_profile_that_is_narrowed() -> None:
    """Everyone who has it loses the phone; one permission less beside it is none."""
    profile = {
        "name": "Phone",
        "security_profile_id": "p-phone",
        "permissions": ["BasicAgentAccess", "OutboundCallAccess"],
    }
    before = world() | {"aws_connect_security_profile.phone": profile}
    for permissions, expected in ((["OutboundCallAccess"], {"access-lost"}), (["BasicAgentAccess"], set())):
        changed = before | {"aws_connect_security_profile.phone": profile | {"permissions": permissions}}
        assert {code for code, _ in found(between(before, changed))} == expected


def test_one_group_of_two_that_gets_no_role() -> None:
    """The catalogue app sends the role of the assignment; the other group keeps its own."""
    role = json.dumps({"samlRoles": ["Agents"]})
    before = world()
    for group in ("agents", "more"):
        before[f"okta_app_group_assignment.{group}"] = {"app_id": "0oaccp", "group_id": f"00g{group}", "profile": role}
    before.pop('okta_app_group_assignment.ccp["Agents"]')
    changed = copy.deepcopy(before)
    changed["okta_app_group_assignment.agents"]["profile"] = json.dumps({"samlRoles": []})
    assert ("access-lost", "okta_app_group_assignment.agents") in found(between(before, changed))


def test_an_inline_policy_that_goes_is_not_kept_by_what_the_role_reads_back() -> None:
    """The role still lists it, as it was read; the resource of its own is what counts."""
    policy = json.dumps(json.loads(world()["aws_iam_policy.federation"]["policy"]))
    before = world()
    before["aws_iam_role.Okta_Role"] |= {
        "managed_policy_arns": [],
        "inline_policy": [{"name": "own", "policy": policy}],
    }
    before.pop("aws_iam_role_policy_attachment.Okta_Role")
    before["aws_iam_role_policy.own"] = {"role": "Okta_Role", "name": "own", "policy": policy}
    changed = copy.deepcopy(before)
    assert found(between(before, changed)) == set()
    changed.pop("aws_iam_role_policy.own")
    assert "access-lost" in {code for code, _ in found(between(before, changed))}
