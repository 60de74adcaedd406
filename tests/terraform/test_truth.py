"""What only Okta and AWS know is checked by Terraform: the plan stops, and says what is wrong in both spellings."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.sandbox.cloud import COMPANY
from tests.terraform.conftest import World

pytestmark = pytest.mark.terraform


def company(**changes: Any) -> dict[str, Any]:
    """The made-up company with parts of it replaced."""
    result: dict[str, Any] = json.loads(COMPANY.read_text("utf-8"))
    return result | changes


def words(text: str) -> str:
    """Terraform's message without its frame and line breaks."""
    return re.sub(r"[│╷╵\s]+", " ", text)


def refusal(world: World, data: dict[str, Any]) -> str:
    """What Terraform says when it refuses to plan the environment."""
    refused = world.stack(data).plan(check=False)
    assert refused.code == 1
    return words(refused.text)


def test_a_login_that_differs_in_case(world: World) -> None:
    """Okta finds her, and Connect would refuse her: the plan names both spellings."""
    said = refusal(world, minimal(users__0__username="ada.admin@example.com"))
    assert '"Ada.Admin@example.com"' in said
    assert '"ada.admin@example.com"' in said


def test_a_user_whom_okta_does_not_know(world: World) -> None:
    assert "nobody@example.com" in refusal(world, minimal(users__0__username="nobody@example.com"))


def test_the_wrong_account(world: World) -> None:
    """Credentials of another account never get as far as a plan."""
    stack = world.stack(minimal())
    stack.options = {"account": "444455556666"}
    refused = stack.plan(check=False)
    assert refused.code == 1
    assert "444455556666" in refused.text
    assert not any(address.startswith("aws_") for address in refused.changes), "something of AWS was planned"


def test_a_group_that_only_begins_with_the_name(tmp_path: Any) -> None:
    """The provider takes "… (EMEA)" where that is the only hit: the wrong people would get the administration."""
    world = World(
        tmp_path,
        company=company(
            okta_groups=["Everyone", "Contact Centre Admins (EMEA)"],
            okta_users=[
                {"login": "Ada.Admin@example.com", "first_name": "Ada", "last_name": "Admin", "groups": ["Everyone"]},
            ],
        ),
    )
    said = refusal(world, minimal())
    assert '"Contact Centre Admins"' in said
    assert '"Contact Centre Admins (EMEA)"' in said


def test_a_missing_group(world: World) -> None:
    assert "Nobody's Group" in refusal(world, minimal(apps__admin__groups=["Nobody's Group"]))


def test_a_member_who_is_no_connect_user_is_a_warning(world: World) -> None:
    """Groups have other members; the plan names them and goes on."""
    stack = world.stack(minimal(apps__admin__groups=["Contact Centre Agents"]))
    plan = stack.plan()
    assert plan.code == 0
    said = words(plan.text)
    assert "Check block assertion failed" in said
    assert "bo.agent@example.com" in said


def test_an_unknown_security_profile(world: World) -> None:
    """Its name is right in the file and wrong in Connect: the apply stops before the user is made."""
    failed = world.stack(minimal(users__0__security_profiles=["No Such Profile"])).apply(check=False)
    assert failed.code == 1
    assert "No Such Profile" in failed.text
    assert not list(world.sandbox.cloud.all("aws_connect_user"))
