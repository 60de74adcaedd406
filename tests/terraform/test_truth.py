"""What only Okta and AWS know is checked by Terraform: the plan stops, and says what is wrong in both spellings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connect_sso.review.command import command as review_command
from tests.environment_files import minimal
from tests.sandbox.cloud import COMPANY
from tests.terraform.conftest import MODES, World

pytestmark = pytest.mark.terraform

ADA = "Ada.Admin@example.com"


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
    """One who was never there, or is there under another name: no assignment, and named in every plan."""
    stack = world.stack(minimal(users__0__username="nobody@example.com", connect__storage=[]))
    plan = stack.plan()
    assert "nobody@example.com (not found)" in words(plan.text)
    assert not [address for address in plan.changes if address.startswith("okta_app_user")]
    stack.apply()
    assert stack.plan().is_empty


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


MARKER = "Do-Not-Keep-Me"
PROFILE = (
    "city",
    "cost_center",
    "department",
    "division",
    "employee_number",
    "manager",
    "mobile_phone",
    "postal_address",
    "second_email",
    "title",
)


@pytest.mark.parametrize("mode", MODES)
def test_no_profile_of_a_group_s_member_is_kept(tmp_path: Path, mode: str) -> None:
    """Neither in the state nor in a plan nor in a review: whoever reads those must not read the company's directory."""
    member = {
        "login": "bo.agent@example.com",
        "first_name": "Bo",
        "last_name": MARKER,
        "groups": ["Contact Centre Agents"],
    }
    known = company()
    world = World(
        tmp_path, company=known | {"okta_users": [*known["okta_users"], member | dict.fromkeys(PROFILE, MARKER)]}
    )
    stack = world.stack(minimal(okta__role_assignment=mode, apps__admin__groups=["Contact Centre Agents"]))
    plan = stack.plan()
    stack.apply()
    later = stack.plan()
    told = "".join(review(each.json) for each in (plan, later))
    kept = (stack.folder / "terraform.tfstate").read_text("utf-8")
    shown = json.dumps([plan.json, later.json, stack.show()])
    assert all(MARKER not in text for text in (kept, shown, plan.text, later.text, told))
    assert later.is_empty


@pytest.mark.parametrize("mode", MODES)
def test_what_is_printed_of_a_person_who_is_assigned_one_by_one(tmp_path: Path, mode: str) -> None:
    """As README.md says it: with API integration Terraform prints the assignment's profile once, a review never."""
    known = company()
    private = {"mobile_phone": MARKER, "second_email": MARKER, "manager": MARKER}
    world = World(tmp_path, company=known | {"okta_users": [user | private for user in known["okta_users"]]})
    stack = world.stack(minimal(okta__role_assignment=mode))
    plan = stack.plan()
    stack.apply()
    later = stack.plan()
    assert plan.text.count(MARKER) == (2 if mode == "api_integration" else 0)
    assert MARKER in json.dumps(plan.json)
    assert all(MARKER not in text for text in (later.text, review(plan.json), review(later.json)))


def review(plan: dict[str, Any]) -> str:
    """The review of a plan, in all its forms."""
    return "".join(review_as(plan, form) for form in ("text", "json", "markdown"))


def review_as(plan: dict[str, Any], form: str) -> str:
    """The review of a plan, in one form."""
    return CliRunner().invoke(review_command, ["-", "--format", form], input=json.dumps(plan)).stdout


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", ["DEPROVISIONED", "SUSPENDED"])
def test_someone_who_left_stops_nothing(tmp_path: Path, mode: str, status: str) -> None:
    """The plan goes on without that person's assignment, and names them, until the file is corrected."""
    world = World(tmp_path)
    data = minimal(okta__role_assignment=mode, connect__storage=[])
    stack = world.stack(data)
    stack.apply()
    known = company()
    for person in known["okta_users"]:
        if person["login"] == ADA:
            person["status"] = status
    left = World(tmp_path, company=known).stack(data)
    plan = left.plan()
    assert plan.code == 0
    assert f"{ADA} ({status.lower()})" in words(plan.text)
    person_s = (
        {"okta_group_memberships.admin": "update"}
        if mode == "group_mapping"
        else {f'okta_app_user.admin["{ADA}"]': "delete"}
    )
    assert plan.changes == person_s
    left.apply()
    assert left.plan().is_empty


@pytest.mark.parametrize("mode", MODES)
def test_someone_who_is_gone_from_okta_stops_nothing(tmp_path: Path, mode: str) -> None:
    """Deleted there and still in the file: the plan goes on without that person's assignment, and names them."""
    data = minimal(okta__role_assignment=mode, connect__storage=[])
    World(tmp_path).stack(data).apply()
    known = company()
    known["okta_users"] = [person for person in known["okta_users"] if person["login"] != ADA]
    gone = World(tmp_path, company=known).stack(data)
    plan = gone.plan()
    assert f"{ADA} (not found)" in words(plan.text)
    address, action = (
        ("okta_group_memberships.admin", "update")
        if mode == "group_mapping"
        else (f'okta_app_user.admin["{ADA}"]', "delete")
    )
    assert plan.changes == {address: action}
    assert ("person-not-found", address) in {
        (each["code"], each["address"]) for each in json.loads(review_as(plan.json, "json"))["findings"]
    }
    gone.apply()
    assert gone.plan().is_empty


def test_nobody_is_found(world: World) -> None:
    """Of several people: then it is the credentials, and nobody's assignment is taken away."""
    data = minimal()
    data["users"] = [user | {"username": f"{name}@example.com"} for name in ("x", "y") for user in minimal()["users"]]
    said = refusal(world, data)
    assert "the credentials may not see them" in said
    data["users"] = [data["users"][0], *minimal()["users"]]
    assert "x@example.com (not found)" in words(world.stack(data).plan().text)


@pytest.mark.parametrize("status", ["ACTIVE", "DEPROVISIONED"])
def test_two_people_with_one_address(tmp_path: Path, status: str) -> None:
    """Who of them is meant is not known, unless the other one has left."""
    known = company()
    (ada,) = (person for person in known["okta_users"] if person["login"] == ADA)
    other = {**ada, "login": "ada.former@example.com", "email": ADA, "status": status}
    world = World(tmp_path, company=known | {"okta_users": [other, *known["okta_users"]]})
    data = minimal(okta__username="email")
    if status == "ACTIVE":
        assert f'More than one person in Okta has the e-mail address "{ADA}"' in refusal(world, data)
        return
    stack = world.stack(data)
    stack.apply()
    (assigned,) = world.sandbox.cloud.all("okta_app_user")
    assert assigned["user_id"] != stack.resources()[f'data.okta_users.people["{ADA}"]']["users"][0]["id"]
    assert stack.plan().is_empty


def test_someone_who_is_deactivated_is_still_held_to_the_spelling(tmp_path: Path) -> None:
    """A wrong name is wrong whether or not the person may sign in today."""
    known = company()
    for person in known["okta_users"]:
        if person["login"] == ADA:
            person["status"] = "SUSPENDED"
    said = refusal(World(tmp_path, company=known), minimal(users__0__username=ADA.lower()))
    assert f'"{ADA}"' in said


def test_an_unknown_security_profile(world: World) -> None:
    """Its name is right in the file and wrong in Connect: the apply stops before the user is made."""
    failed = world.stack(minimal(users__0__security_profiles=["No Such Profile"])).apply(check=False)
    assert failed.code == 1
    assert "No Such Profile" in failed.text
    assert not list(world.sandbox.cloud.all("aws_connect_user"))
