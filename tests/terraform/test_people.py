"""What supervisors and agents set in Connect stays, and what the file says is kept."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.sandbox.cloud import COMPANY, uuid
from tests.terraform.conftest import PROGRAMS, World

pytestmark = pytest.mark.terraform

BO: dict[str, Any] = {
    "username": "Bo.Agent@example.com",
    "first_name": "Bo",
    "last_name": "Agent",
    "security_profiles": ["Agent"],
}

ADA = 'aws_connect_user.user-Ada_Admin--example_com["Ada.Admin@example.com"]'
"""Where Ada stands as long as the file says a setting of her."""
ADA_AMONG_ALL = 'aws_connect_user.users["Ada.Admin@example.com"]'

SET_BY_HAND: dict[str, dict[str, Any]] = {
    "phone_config": {"after_contact_work_time_limit": 30, "auto_accept": True},
    "identity_info": {"secondary_email": "bo@example.org"},
}


def set_by_hand(world: World) -> None:
    """A supervisor changes everybody in Connect, as its console lets one."""
    cloud = world.sandbox.cloud
    for user in list(cloud.all("aws_connect_user")):
        for block, values in SET_BY_HAND.items():
            user[block][0].update(values)
        user |= {"hierarchy_group_id": "a-group", "tags": {"Shift": "late"}, "tags_all": {"Shift": "late"}}
        cloud.put("aws_connect_user", f"{user['instance_id']}/{user['name']}", user)


def users(world: World) -> dict[str, dict[str, Any]]:
    """As they are in Connect, by name."""
    return {user["name"]: user for user in world.sandbox.cloud.all("aws_connect_user")}


@pytest.mark.parametrize("user_settings", ["enforced", "initial"])
def test_what_the_file_does_not_say_stays_as_it_is(world: World, user_settings: str) -> None:
    """Also in an apply that changes the person for another reason, and although the file says it of somebody else."""
    data = minimal(connect__user_settings=user_settings, aws__tags={"team": "voice"})
    data["users"] = [data["users"][0] | {"auto_accept": False, "tags": {"Team": "Leads"}}, BO]
    world.stack(data).apply()
    set_by_hand(world)
    assert world.stack(data).plan().changes == {ADA: "update"}
    data["users"][1] = BO | {"security_profiles": ["Agent", "QualityAnalyst"]}
    data["aws"]["tags"] = {"team": "telephony"}
    stack = world.stack(data)
    stack.apply()
    assert stack.plan().is_empty
    bo = users(world)["Bo.Agent@example.com"]
    assert len(bo["security_profile_ids"]) == 2
    for block, values in SET_BY_HAND.items():
        assert bo[block][0].items() >= values.items()
    assert (bo["hierarchy_group_id"], bo["tags"]) == ("a-group", {"Shift": "late"})


@pytest.mark.parametrize("user_settings", ["enforced", "initial"])
def test_what_the_file_says_of_everybody_is_kept(tmp_path: Path, user_settings: str) -> None:
    """And the rest of the same block is not touched."""
    company = json.loads(COMPANY.read_text("utf-8")) | {"hierarchy_groups": [["Europe"], ["Europe", "Sales"]]}
    world = World(tmp_path, company=company)
    data = minimal(connect__user_settings=user_settings)
    said = {"after_contact_work_seconds": 60, "hierarchy_group": ["Europe", "Sales"], "tags": {"Team": "Sales"}}
    data["users"] = [user | copy.deepcopy(said) for user in (data["users"][0], BO)]
    stack = world.stack(data)
    stack.apply()
    group = users(world)["Bo.Agent@example.com"]["hierarchy_group_id"]
    set_by_hand(world)
    stack.apply()
    assert stack.plan().is_empty
    for user in users(world).values():
        assert user["phone_config"][0].items() >= {"after_contact_work_time_limit": 60, "auto_accept": True}.items()
        assert user["identity_info"][0]["secondary_email"] == "bo@example.org"
        assert (user["hierarchy_group_id"], user["tags"]) == (group, {"Team": "Sales"})


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("user_settings", ["enforced", "initial"])
def test_what_the_file_says_of_one_person_is_kept_for_them_alone(
    tmp_path: Path, user_settings: str, program: str | None
) -> None:
    """And nobody is made anew, whatever the file begins and ceases to say."""
    world = World(tmp_path, **({"terraform": program} if program else {}))
    data = minimal(connect__user_settings=user_settings)
    plain = copy.deepcopy(data["users"][0])
    data["users"] = [plain, BO]
    world.stack(data).apply()
    ids = {name: user["user_id"] for name, user in users(world).items()}
    set_by_hand(world)

    data["users"] = [plain | {"auto_accept": False}, BO]
    stack = world.stack(data)
    plan = stack.plan()
    assert plan.changes == {ADA: "update"}
    stack.apply(plan.file.name)
    phones = {name: user["phone_config"][0] for name, user in users(world).items()}
    assert (
        phones["Ada.Admin@example.com"].items() >= {"after_contact_work_time_limit": 30, "auto_accept": False}.items()
    )
    assert phones["Bo.Agent@example.com"]["auto_accept"] is True
    assert stack.plan().is_empty

    set_by_hand(world)
    assert stack.plan().changes == {ADA: "update"}
    data["users"] = [plain | {"after_contact_work_seconds": 5, "tags": {"Team": "Leads"}}, BO]
    stack = world.stack(data)
    stack.apply()
    ada = users(world)["Ada.Admin@example.com"]
    assert ada["phone_config"][0].items() >= {"after_contact_work_time_limit": 5, "auto_accept": True}.items()
    assert (ada["hierarchy_group_id"], ada["tags"]) == ("a-group", {"Team": "Leads"})

    before = users(world)
    data["users"] = [plain, BO]
    stack = world.stack(data)
    assert stack.plan().changes == {}
    stack.apply()
    assert stack.plan().is_empty
    assert ADA_AMONG_ALL in stack.run("state", "list").stdout
    assert users(world) == before
    assert {name: user["user_id"] for name, user in before.items()} == ids


def test_what_a_csv_says_of_everybody_is_kept_and_of_some_is_not(world: World) -> None:
    """Its people share a block, in which Terraform keeps a setting of all or of none."""
    data = minimal(users_file="agents.csv")
    header = "username,first_name,last_name,security_profiles,auto_accept,after_contact_work_seconds\n"
    csv = header + "cy@example.com,Cy,C,Agent,false,5\ndi@example.com,Di,D,Agent,false,\n"
    for stack in world.stacks(data, name="test", csv=csv).values():
        stack.apply()
    assert users(world)["cy@example.com"]["phone_config"][0]["after_contact_work_time_limit"] == 5
    set_by_hand(world)
    crowd = world.stacks(data, name="test", csv=csv)["test-users"]
    crowd.apply()
    assert crowd.plan().is_empty
    for name in ("cy@example.com", "di@example.com"):
        phone = users(world)[name]["phone_config"][0]
        assert phone.items() >= {"after_contact_work_time_limit": 30, "auto_accept": False}.items()


def test_of_two_groups_of_one_name_each_is_named_by_its_id(tmp_path: Path) -> None:
    """The provider looks for the name alone, and stops. The id is looked up too, so that a wrong one stops the plan."""
    paths = [["Asia", "Sales"], ["Europe", "Sales"]]
    world = World(tmp_path, company=json.loads(COMPANY.read_text("utf-8")) | {"hierarchy_groups": paths})
    data = minimal()
    stack = world.stack(data)
    stack.apply()
    instance_id = stack.value("aws_connect_instance.instance", "id")
    identifier = uuid("hierarchy group", instance_id, "Europe", "Sales")
    data["users"][0]["hierarchy_group"] = ["Europe", "Sales"]
    assert "too many results" in world.stack(data).plan(check=False).text
    data["users"][0]["hierarchy_group"] = [identifier]
    stack = world.stack(data)
    assert stack.plan().changes == {ADA: "update"}
    stack.apply()
    assert stack.plan().is_empty
    assert users(world)["Ada.Admin@example.com"]["hierarchy_group_id"] == identifier
    data["users"][0]["hierarchy_group"] = [uuid("no", "such", "group")]
    refused = world.stack(data).plan(check=False)
    assert (refused.code, "empty result" in refused.text) == (1, True)


def test_a_hierarchy_group_is_held_to_its_path(tmp_path: Path) -> None:
    """The provider finds one by its name alone: another of that name is not taken for it."""
    company = json.loads(COMPANY.read_text("utf-8")) | {"hierarchy_groups": [["Asia", "Sales"]]}
    plan = World(tmp_path, company=company).stack(minimal(users__0__hierarchy_group=["Europe", "Sales"]))
    done = plan.apply(check=False)
    assert 'There is no agent hierarchy group "Europe|Sales"' in done.text
    assert '"Asia|Sales"' in done.text
