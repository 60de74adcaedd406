"""A state that the release before this one wrote: whoever upgrades loses nothing, under either program."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.environment_files import minimal
from tests.terraform.conftest import MODES, PROGRAMS, World

pytestmark = pytest.mark.terraform

LEFT_BEHIND = Path(__file__).with_name("release_0_1")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mode", MODES)
def test_an_upgrade_destroys_and_replaces_nothing(tmp_path: Path, mode: str, program: str | None) -> None:
    """What may change is in place; what is no longer declared is forgotten."""
    left = LEFT_BEHIND / mode
    world = World(tmp_path, **({"terraform": program} if program else {}))
    for type_name, key, body in json.loads((left / "accounts.json").read_text("utf-8")):
        world.sandbox.cloud.put(type_name, key, body)
    stack = world.stack(json.loads((left / "environment.json").read_text("utf-8")))
    shutil.copy(left / "terraform.tfstate", stack.folder)
    plan = stack.plan()
    assert plan.changes == {"terraform_data.app_kind": "forget"}
    stack.apply()
    assert stack.plan().is_empty


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_app_that_is_there_already_is_kept(tmp_path: Path, program: str | None) -> None:
    """Also where the state has nothing but the app, as after an import."""
    world = World(tmp_path, **({"terraform": program} if program else {}))
    stack = world.stack(minimal())
    stack.apply()
    app = "okta_app_saml.admin"
    stack.run("state", "rm", *(address for address in stack.run("state", "list").stdout.splitlines() if address != app))
    plan = stack.plan()
    assert plan.changes.get(app) in {None, "update"}
    assert "replace" not in plan.changes.values()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_catalogue_app_becomes_no_custom_one_in_place(tmp_path: Path, program: str | None) -> None:
    """It would be neither. The plan stops and says how to replace it; the other way the provider replaces it."""
    world = World(tmp_path, **({"terraform": program} if program else {}))
    catalogue, custom = (minimal(okta__role_assignment=mode) for mode in ("group_mapping", "saml_app"))
    world.stack(catalogue).apply()
    stack = world.stack(custom)
    refused = stack.plan(check=False)
    assert refused.code == 1
    assert "-replace=okta_app_saml.admin" in refused.text
    assert stack.plan("-replace=okta_app_saml.admin").changes["okta_app_saml.admin"] == "replace"
    stack.apply("-replace=okta_app_saml.admin")
    assert stack.plan().is_empty
    assert world.stack(catalogue).plan().changes["okta_app_saml.admin"] == "replace"
