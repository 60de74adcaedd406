"""Every environment in every mode: one plan, one apply, and Terraform has nothing left to say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connect_sso.terraform.binary import terraform_binary
from tests.sandbox.terraform import Stack
from tests.synthesized import synthesized
from tests.terraform.conftest import ENVIRONMENTS, MODES, OTHER_TERRAFORMS, World, environment

pytestmark = pytest.mark.terraform


def assert_circle_is_closed(stack: Stack, apps: dict[str, Any]) -> None:
    """Each side holds what it needs from the other: the metadata byte for byte, and the ARN."""
    resources = stack.resources()
    for name in apps:
        app, provider = resources[f"okta_app_saml.{name}"], resources[f"aws_iam_saml_provider.{name}"]
        assert provider["saml_metadata_document"] == app["metadata"]
        settings = json.dumps([app["app_settings_json"], app["attribute_statements"]])
        assert provider["arn"] in settings, "the app does not name its identity provider"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_one_apply_is_enough(world: World, name: str, mode: str) -> None:
    """A valid plan, one untargeted apply, the circle closed, a second plan empty; and what is unprotected can be destroyed."""
    data, csv = environment(name, mode)
    stacks = world.stacks(data, name=name, csv=csv)
    assert stacks[name].validate()["valid"]
    for stack in stacks.values():
        plan = stack.plan()
        assert set(plan.changes.values()) == {"create"}
        stack.apply(plan.file.name)
        second = stack.plan()
        assert second.is_empty, second.text
    assert_circle_is_closed(stacks[name], data["apps"])
    if data["connect"].get("protect") is False:
        stacks[name].destroy()
        assert stacks[name].resources() == {}


@pytest.mark.parametrize("terraform", OTHER_TERRAFORMS, ids=lambda path: Path(path).name)
def test_the_other_terraform(tmp_path: Path, terraform: str) -> None:
    """With a Terraform on the PATH, all other tests run that one: the life of an environment is the same under PyPI's."""
    world = World(tmp_path, terraform=terraform)
    data, _ = environment("dev")
    stack = world.stack(data, name="dev")
    stack.apply()
    assert stack.plan().is_empty
    assert_circle_is_closed(stack, data["apps"])
    stack.destroy()
    assert stack.resources() == {}


def test_group_membership_reaches_the_role_groups(world: World) -> None:
    """Role groups are filled by rules and memberships: whoever is in the group, or named, is a member after one apply."""
    data, csv = environment("staging")
    stack = world.stacks(data, name="staging", csv=csv)["staging"]
    stack.apply()
    rule = stack.value("okta_group_rule.workspace", "group_assignments")
    assert rule == [stack.value("okta_group.workspace", "id")]
    assert stack.value("okta_group_memberships.admin", "group_id") == stack.value("okta_group.admin", "id")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_real_providers_accept_the_stacks(request: pytest.FixtureRequest, tmp_path: Path, name: str, mode: str) -> None:
    """The providers that Terraform installs itself are the last word on what an argument is called."""
    if not request.config.getoption("--real-providers"):
        pytest.skip("only with --real-providers")
    data, csv = environment(name, mode)
    data["providers"] = dict(release.split("=", 1) for release in request.config.getoption("--provider"))
    for stack in synthesized(tmp_path, data, name=name, csv=csv).values():
        command = [terraform_binary(), f"-chdir={stack.folder}"]
        installed = subprocess.run(
            [*command, "init", "-backend=false", "-input=false", "-no-color"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert installed.returncode == 0, installed.stdout + installed.stderr
        done = subprocess.run([*command, "validate", "-json"], check=False, capture_output=True, text=True)
        assert json.loads(done.stdout)["valid"], done.stdout
