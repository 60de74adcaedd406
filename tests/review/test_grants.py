"""Grants that are not the administration: more people than anybody listed, other roles, and what the stack says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.review.plans import World, between, created, found, plan, standing
from tests.review.test_lost_access import world

CCP = standing(
    "okta_app_saml.ccp",
    id="0oaccp",
    label="CCP",
    status="ACTIVE",
    default_relay_state="https://us-east-1.console.aws.amazon.com/connect/federate/0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55?destination=%2Fccp-v2%2Fchat",
)


def given(after: World, **data: dict[str, Any]) -> set[str]:
    """The codes where this comes to the contact centre of test_lost_access.py."""
    there = world() | data
    return {code for code, _ in found(between(there, there | after))}


def assigned(group: str, **more: Any) -> World:
    return {'okta_app_group_assignment.ccp["x"]': {"app_id": "0oaccp", "group_id": group} | more}


def filled_by(expression: str) -> World:
    """A role group that gets the phone, filled by a rule."""
    return {
        "okta_group.role": {"id": "00grole", "name": "role"},
        "okta_app_group_assignment.role": {"app_id": "0oaccp", "group_id": "00grole"},
        "okta_group_rule.role": {"status": "ACTIVE", "expression_value": expression, "group_assignments": ["00grole"]},
    }


EVERYONE = {
    "by name": {"data.okta_group.everyone": {"id": "00gall", "name": "Everyone"}},
    "by type": {"data.okta_group.everyone": {"id": "00gall", "name": "All", "type": "BUILT_IN"}},
    "by its own lookup": {"data.okta_everyone_group.everyone": {"id": "00gall"}},
    "by an id of which nobody knows the name": {},
}


@pytest.mark.parametrize("name", EVERYONE)
def test_everyone_gets_the_phone(name: str) -> None:
    """Okta's built-in group, directly and through a rule."""
    data = EVERYONE[name]
    assert "app-open-to-all" in given(assigned("00gall"), **data)
    assert "app-open-to-all" in given(filled_by('isMemberOfAnyGroup("00gall")'), **data)


@pytest.mark.parametrize(
    "expression", ["true", "1==1", "user.login != null", "!false", 'isMemberOfAnyGroup("00gmore") || true']
)
def test_a_rule_that_may_be_true_for_all(expression: str) -> None:
    """Whom an expression takes in, only Okta can say."""
    assert given(filled_by(expression)) == {"app-open-to-all"}


def test_a_rule_over_a_named_group_is_none() -> None:
    """The everyday way."""
    assert given(filled_by('isMemberOfAnyGroup("00gmore")')) == set()


def profile(role: str) -> str:
    return json.dumps({"role": role, "samlRoles": [role]})


def test_a_new_assignment_with_a_role_that_none_had() -> None:
    """The phone's app, with the administrators' role; the role that the others have is no news."""
    there = {
        'okta_app_group_assignment.ccp["Agents"]': {
            "app_id": "0oaccp",
            "group_id": "00gagents",
            "profile": profile("Agents"),
        }
    }
    before = world() | there
    for role, expected in (("Admins", {"role-assigned"}), ("Agents", set())):
        data = between(before, before | assigned("00gmore", profile=profile(role)))
        assert {code for code, _ in found(data)} == expected


def test_what_the_stack_says_about_itself_is_no_evidence() -> None:
    """Its output calls somebody an agent whose profile is known only after the apply."""
    user = created("aws_connect_user.u", name="Eve@example.com")
    user["change"]["after_unknown"] = {"security_profile_ids": True}
    output = {"people": {"actions": ["update"], "before": {}, "after": {"Eve@example.com": ["Agent"]}}}
    assert found(plan(user, output_changes=output)) == {("admin-profile-gained", "aws_connect_user.u")}


def test_an_earlier_output_is_no_evidence_either() -> None:
    """It claimed a profile that the person did not have, so that getting it looks like nothing new."""
    profile: dict[str, Any] = {
        "address": "data.aws_connect_security_profile.a",
        "mode": "data",
        "type": "aws_connect_security_profile",
    }
    profile |= {"values": {"security_profile_id": "p-admin", "name": "Admin"}}
    before = {"name": "Eve@example.com", "security_profile_ids": ["p-old"]}
    user = standing("aws_connect_user.u", **before)
    user["change"] |= {"actions": ["update"], "after": before | {"security_profile_ids": ["p-admin"]}}
    claimed = {"people": {"value": {"Eve@example.com": ["Admin", "Agent"]}}}
    data = plan(user, planned_values={"root_module": {"resources": [profile]}})
    data["prior_state"]["values"]["outputs"] = claimed
    assert ("admin-profile-gained", "aws_connect_user.u") in found(data)


def test_a_new_app_is_a_decision() -> None:
    """Whatever page it opens: what it signs people in with is new to them. One that nobody gets is none."""
    new = world()["okta_app_saml.ccp"] | {"id": "0oanew", "label": "New"}
    given_to = {"okta_app_group_assignment.new": {"app_id": "0oanew", "group_id": "00gmore"}}
    assert given({"okta_app_saml.new": new} | given_to) == {"role-assigned"}
    assert given({"okta_app_saml.new": new}) == set()
