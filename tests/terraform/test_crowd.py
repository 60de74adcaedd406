"""The crowd of a CSV file: a stack and a state of its own, so that two thousand people are in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.sandbox import states
from tests.terraform.conftest import World

pytestmark = pytest.mark.terraform

NAMES = [f"agent.{number:04}@example.com" for number in range(2000)]
WITHOUT_REFRESH = "-refresh=false"
"""As `make plan` and `make deploy` have it for the crowd."""


def csv(names: list[str]) -> str:
    """The file, with these people."""
    header = "username,first_name,last_name,security_profiles\n"
    return header + "".join(f"{name},Agent,{name.partition('@')[0]},Agent\n" for name in names)


def data(**changes: Any) -> dict[str, Any]:
    """One app, Ada in the YAML file, no storage, and a crowd."""
    return minimal(users_file="agents.csv", connect__storage=[], **changes)


def addresses(names: list[str], action: str) -> dict[str, str]:
    """These users with what happens to each, in the form of `Plan.changes`."""
    return {f'aws_connect_user.users["{name}"]': action for name in names}


def users(world: World) -> set[str]:
    """The names of the Connect users that there are, Ada aside."""
    return {user["name"] for user in world.sandbox.cloud.all("aws_connect_user")} - {"Ada.Admin@example.com"}


def asked_about(world: World) -> set[tuple[str, str]]:
    """What was asked of which of the crowd's users since the last time."""
    cloud = world.sandbox.cloud
    calls = {
        (call.operation, call.key.partition("/")[2]) for call in cloud.calls() if call.type_name == "aws_connect_user"
    }
    cloud.forget_calls()
    return {(operation, name) for operation, name in calls if name != "Ada.Admin@example.com"}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An environment with its two thousand, planned and applied."""
    with states.serving() as address:
        world = World(tmp_path_factory.mktemp("crowd"), states=address)
        stacks = world.stacks(data(), name="test", csv=csv(NAMES))
        assert set(stacks) == {"test", "test-users"}
        stacks["test"].apply()
        assert users(world) == set()
        plan = stacks["test-users"].plan(WITHOUT_REFRESH)
        assert plan.changes == addresses(NAMES, "create")
        stacks["test-users"].apply(plan.file.name)
        assert users(world) == set(NAMES)
        asked_about(world)
        yield world


def test_a_change_of_sign_in_touches_nobody(crowded: World) -> None:
    """Another label and a shorter session: the environment's own plan, and not one question about two thousand people."""
    changed = data(apps__admin__label="Contact centre administration", federation={"session_duration": 3600})
    own = crowded.stacks(changed, name="test", csv=csv(NAMES))["test"]
    plan = own.plan()
    assert plan.changes == {"okta_app_saml.admin": "update", "aws_iam_role.Okta_Role": "update"}
    own.apply(plan.file.name)
    assert asked_about(crowded) == set()
    assert users(crowded) == set(NAMES)


def test_one_goes_and_one_comes(crowded: World) -> None:
    """Exactly these two of two thousand, in the plan and in Connect, and nobody else is asked about."""
    gone, new = NAMES[1000], "zoe.new@example.com"
    now = [name for name in NAMES if name != gone] + [new]
    crowd = crowded.stacks(data(), name="test", csv=csv(now))["test-users"]
    plan = crowd.plan(WITHOUT_REFRESH)
    assert plan.changes == addresses([gone], "delete") | addresses([new], "create")
    crowd.apply(plan.file.name)
    assert asked_about(crowded) == {("delete", gone), ("create", new)}
    assert users(crowded) == set(now)


def test_a_file_without_people_removes_the_last(world: World) -> None:
    """Only the header is left: that is how a crowd is dissolved, and nothing of the environment goes with it."""
    two = NAMES[:2]
    for stack in world.stacks(data(), name="test", csv=csv(two)).values():
        stack.apply()
    stacks = world.stacks(data(), name="test", csv=csv([]))
    plan = stacks["test-users"].plan(WITHOUT_REFRESH)
    assert plan.changes == addresses(two, "delete")
    stacks["test-users"].apply(plan.file.name)
    assert users(world) == set()
    assert all(stack.plan().is_empty for stack in stacks.values())
