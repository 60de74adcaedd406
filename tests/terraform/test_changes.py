"""What a small change of an environment file changes in the plan: exactly that, and what must not happen is refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal
from tests.sandbox.terraform import Plan
from tests.terraform.conftest import World

pytestmark = pytest.mark.terraform

BO = {"username": "bo.agent@example.com", "first_name": "Bo", "last_name": "Agent", "security_profiles": ["Agent"]}
CY = {"username": "cy.agent@example.com", "first_name": "Cy", "last_name": "Agent", "security_profiles": ["Agent"]}
EXISTING = "0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55"
RECOVERY = ROOT / "docs" / "recovery.md"
MANAGED_BY_CONNECT = "7d9a6b30-52c8-4e7f-8f0e-6a1b2c3d4e5f"


def base() -> dict[str, Any]:
    """A protected instance with storage, one app and two people."""
    data = minimal()
    data["users"].append(copy.deepcopy(BO))
    return data


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`base()`, applied once; the tests only plan."""
    world = World(tmp_path_factory.mktemp("changes"))
    world.stack(base()).apply()
    yield world
    assert world.stack(base()).plan().is_empty, "a test has changed what the others plan against"


def plan(world: World, data: dict[str, Any], *, check: bool = True) -> Plan:
    """The plan of a changed environment against what is applied."""
    return world.stack(data).plan(check=check)


def test_a_new_agent_is_one_new_user(applied: World) -> None:
    data = base()
    data["users"].append(CY)
    assert plan(applied, data).changes == {'aws_connect_user.users["cy.agent@example.com"]': "create"}


def test_a_removed_agent_is_one_user_less(applied: World) -> None:
    data = base()
    data["users"].pop()
    assert plan(applied, data).changes == {'aws_connect_user.users["bo.agent@example.com"]': "delete"}


def test_order_means_nothing(applied: World) -> None:
    """People sort their files; nobody loses a sign-in by that."""
    data = base()
    data["users"].reverse()
    data["apps"]["admin"] = dict(reversed(data["apps"]["admin"].items()))
    assert plan(applied, data).is_empty


def test_a_new_label_is_one_update(applied: World) -> None:
    """The app keeps its id, its certificate and so its identity provider."""
    data = base()
    data["apps"]["admin"]["label"] = "Contact centre administration"
    assert plan(applied, data).changes == {"okta_app_saml.admin": "update"}


def test_a_setting_of_the_instance_touches_no_one(applied: World) -> None:
    """The people's profiles are looked up in the instance: its own change must not make them unknown."""
    data = base()
    data["connect"]["flow_logs"] = True
    assert plan(applied, data).changes == {"aws_connect_instance.instance": "update"}


def test_a_renamed_user_is_another_user(applied: World) -> None:
    """Connect cannot rename: the plan says so by removing one and adding one."""
    data = base()
    data["users"][1]["username"] = "cy.agent@example.com"
    assert plan(applied, data).changes == {
        'aws_connect_user.users["bo.agent@example.com"]': "delete",
        'aws_connect_user.users["cy.agent@example.com"]': "create",
    }


def test_the_alias_of_a_protected_instance_cannot_change(applied: World) -> None:
    """It would be a new, empty contact centre."""
    data = base()
    data["connect"]["alias"] = "another-alias"
    refused = plan(applied, data, check=False)
    assert refused.code == 1
    assert "prevent_destroy" in refused.text
    assert refused.json["errored"], "the refused plan is what the review explains"
    assert refused.changes["aws_connect_instance.instance"] == "replace"


def test_a_protected_environment_cannot_be_destroyed(applied: World) -> None:
    stack = applied.stack(base())
    refused = stack.destroy(check=False)
    assert refused.code == 1
    assert "aws_connect_instance.instance" in refused.text
    assert "prevent_destroy" in refused.text


def test_an_instance_that_is_no_longer_made_is_forgotten(applied: World) -> None:
    """From `alias` to `instance_id`: the instance, its recordings' bucket and their key stay in the account."""
    data = base()
    instance = applied.stack(base()).value("aws_connect_instance.instance", "id")
    data["connect"] = {"instance_id": instance}
    changes = plan(applied, data).changes
    assert changes["aws_connect_instance.instance"] == "forget"
    assert changes["aws_s3_bucket.recordings"] == "forget"
    assert changes["aws_kms_key.recordings"] == "forget"
    assert 'aws_connect_user.users["bo.agent@example.com"]' not in changes


def test_storage_that_is_dropped_is_forgotten(applied: World) -> None:
    """Recordings outlive a line in a file."""
    data = base()
    data["connect"]["storage"] = []
    changes = plan(applied, data).changes
    assert changes["aws_s3_bucket.recordings"] == "forget"
    assert changes["aws_kms_key.recordings"] == "forget"
    assert "aws_connect_instance.instance" not in changes


def test_forgetting_leaves_everything_in_the_cloud(tmp_path: Path) -> None:
    """Not only planned: after the apply the instance and the bucket are still there, and the next plan is empty."""
    world = World(tmp_path)
    first = world.stack(base())
    first.apply()
    data = base()
    data["connect"] = {"instance_id": first.value("aws_connect_instance.instance", "id")}
    second = world.stack(data)
    second.apply()
    assert second.plan().is_empty
    for kind in ("aws_connect_instance", "aws_s3_bucket", "aws_kms_key"):
        assert list(world.sandbox.cloud.all(kind)), f"{kind} is gone"


def test_an_existing_instance_is_used(world: World) -> None:
    stack = world.stack(minimal(connect={"instance_id": EXISTING}))
    stack.apply()
    assert stack.plan().is_empty
    assert not list(world.sandbox.cloud.all("aws_connect_instance"))


def test_an_existing_instance_must_be_a_saml_one(world: World) -> None:
    refused = world.stack(minimal(connect={"instance_id": MANAGED_BY_CONNECT})).plan(check=False)
    assert refused.code == 1
    assert "SAML" in refused.text


@pytest.mark.parametrize("mode", ["saml_app", "group_mapping"])
def test_a_renamed_app_is_kept_where_the_state_is_told(world: World, mode: str) -> None:
    """The key is the app's name in Terraform: with the commands of docs/recovery.md, read from there, no app goes and none comes."""
    data = minimal(okta__role_assignment=mode, connect__storage=[])
    stack = world.stack(data)
    stack.apply()
    commands = re.findall(r"^terraform (state mv .+)$", RECOVERY.read_text(encoding="utf-8"), re.MULTILINE)
    for command in commands:
        arguments = command.replace(".OLD", ".admin").replace(".NEW", ".chief").split()
        if any(address.startswith(arguments[2]) for address in stack.resources()):
            stack.run(*arguments)
    data["apps"]["chief"] = data["apps"].pop("admin")
    data["users"][0]["apps"] = ["chief"]
    # The names of the role group and its rule hold the key; the app's settings name the group.
    renamed = {"okta_app_saml.chief", "okta_group.chief", "okta_group_rule.chief"} if mode == "group_mapping" else set()
    assert plan(world, data).changes == dict.fromkeys(renamed, "update")


def test_an_origin_is_approved_and_taken_back(world: World) -> None:
    """With the app that opens it, in the same plan; a path on the same origin is no change."""
    data = minimal(connect__storage=[], apps__admin__destination="https://desk.example.com/home")
    world.stack(data).apply()
    (approved,) = world.sandbox.cloud.all("aws_cloudcontrolapi_resource")
    assert json.loads(approved["desired_state"])["Origin"] == "https://desk.example.com"
    assert world.stack(data).plan().is_empty
    data["apps"]["admin"]["destination"] = "https://desk.example.com/elsewhere"
    assert plan(world, data).changes == {"okta_app_saml.admin": "update"}
    data["apps"]["admin"]["destination"] = "admin"
    world.stack(data).apply()
    assert not list(world.sandbox.cloud.all("aws_cloudcontrolapi_resource"))
