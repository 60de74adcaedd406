"""Import blocks under the real Terraform and OpenTofu: what is there is taken over by an ordinary plan, and the blocks may go afterwards."""

from __future__ import annotations

import copy
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connect_sso.facts.import_ids import IMPORT_IDS
from connect_sso.infrastructure.takeover import IMPORTS_FILE
from connect_sso.terraform.stacks import PLANNED_CHANGES
from tests.conftest import ROOT
from tests.environment_files import minimal
from tests.sandbox.cloud import COMPANY
from tests.sandbox.imports import import_ids
from tests.sandbox.terraform import Stack
from tests.terraform.conftest import MODES, OTHER_TERRAFORMS, World, environment

pytestmark = pytest.mark.terraform

TOFU = shutil.which("tofu")
PROGRAMS = [
    pytest.param(None, id="terraform"),
    *(pytest.param(program, id="terraform-of-the-path") for program in OTHER_TERRAFORMS),
    pytest.param(TOFU, id="tofu", marks=pytest.mark.skipif(TOFU is None, reason="there is no OpenTofu on the PATH")),
]


def written_again(world: World, ids: dict[str, str], data: dict[str, Any], csv: str | None = None) -> dict[str, Stack]:
    """The stacks, synthesized with an imports file beside their environment file."""
    world.imports = ids
    return world.stacks(data, name="test", csv=csv)


def forget(stack: Stack) -> None:
    """Forget all of a stack, by the line of docs/existing-company.md."""
    page = (ROOT / "docs" / "existing-company.md").read_text("utf-8")
    (line,) = re.findall(r"^ *(terraform .+ state rm)$", page, re.MULTILINE)
    command = line.replace("cdktf.out/stacks/prod", shlex.quote(str(stack.folder)))
    assert command.count("terraform ") == 2
    command = command.replace("terraform ", f"{shlex.quote(stack.sandbox.terraform)} ")
    done = subprocess.run(
        ["sh", "-c", command], env=stack.sandbox.environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert not [line for line in stack.run("state", "list").stdout.splitlines() if not line.startswith("data.")]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mode", MODES)
def test_what_a_stack_made_is_taken_over_again(tmp_path: Path, mode: str, program: str | None) -> None:
    """Without `adopted`: what the file makes is what the file says."""
    world = World(tmp_path, **({"terraform": program} if program else {}))
    data, csv = environment("staging", mode)
    data["users"][0]["auto_accept"] = True  # so that this person has a block of their own
    stacks = world.stacks(data, name="test", csv=csv)
    found: dict[str, str] = {}
    for stack in stacks.values():
        stack.apply()
        found |= import_ids(stack)
        forget(stack)
    for address, identifier in found.items():
        assert IMPORT_IDS[address.split(".")[0]].problem(identifier) is None, address
    objects = list(world.sandbox.cloud.objects())

    imported: set[str] = set()
    for stack in written_again(world, found, data, csv).values():
        plan = stack.plan()
        assert set(plan.changes.values()) <= {"update"}, plan.text
        imported |= {each["address"] for each in plan.json["resource_changes"] if each["change"].get("importing")}
        # Otherwise nothing would be applied where all of it stays as it is.
        assert stack.run("plan", "-detailed-exitcode", check=False).code == PLANNED_CHANGES
        stack.apply(plan.file.name)
        assert stack.run("plan", "-detailed-exitcode", check=False).code == 0, "the blocks may stay"
        (stack.folder / IMPORTS_FILE).unlink()
        assert stack.plan().is_empty, "the blocks may go"
    assert imported == found.keys()
    assert [(kind, key) for kind, key, _ in objects] == [(kind, key) for kind, key, _ in world.sandbox.cloud.objects()]


@pytest.mark.parametrize("program", PROGRAMS)
def test_who_is_taken_out_of_the_files_or_has_left_stops_no_import(tmp_path: Path, program: str | None) -> None:
    """A block whose address the configuration lacks is an error to Terraform."""
    world = World(tmp_path, **({"terraform": program} if program else {}))
    data = minimal()
    data["users"].append({**copy.deepcopy(data["users"][0]), "username": "bo.agent@example.com"})
    stack = world.stack(data)
    stack.apply()
    found = import_ids(stack)
    forget(stack)
    company = json.loads(COMPANY.read_text("utf-8"))
    (ada,) = (user for user in company["okta_users"] if user["login"] == "Ada.Admin@example.com")
    ada["status"] = "DEPROVISIONED"
    world = World(tmp_path, company=company, **({"terraform": program} if program else {}))
    del data["users"][1]
    stack = written_again(world, found, data)["test"]
    plan = stack.plan()
    imported = {each["address"] for each in plan.json["resource_changes"] if each["change"].get("importing")}
    assert found.keys() - imported == {
        'aws_connect_user.users["bo.agent@example.com"]',
        'okta_app_user.admin["bo.agent@example.com"]',
        'okta_app_user.admin["Ada.Admin@example.com"]',
    }
    stack.apply(plan.file.name)
    assert stack.plan().is_empty


def test_more_may_be_said_of_a_person_while_the_imports_are_still_there(world: World) -> None:
    """That moves the person to another address, and what is in the state is not imported again."""
    data = minimal()
    stack = world.stack(data)
    stack.apply()
    found = import_ids(stack)
    forget(stack)
    written_again(world, found, data)["test"].apply()
    data["users"][0]["auto_accept"] = True
    plan = written_again(world, found, data)["test"].plan()
    assert not [each for each in plan.json["resource_changes"] if each["change"].get("importing")]
    assert plan.changes == {'aws_connect_user.user-Ada_Admin--example_com["Ada.Admin@example.com"]': "update"}


@pytest.mark.parametrize("mode", MODES)
def test_what_stays_as_it_was_found_is_told_where_the_file_says_otherwise_by_now(world: World, mode: str) -> None:
    """Terraform changes nothing of it, so without a word nobody would know; taken over, it is an ordinary change."""
    data = minimal(okta__role_assignment=mode, adopted=True)
    world.stack(data).apply()
    assert "as_found" not in world.stack(data).plan().text
    later = copy.deepcopy(data) | {"federation": {"session_duration": 7200}}
    later["apps"]["ccp"] = {
        **later["apps"]["admin"],
        "label": "CCP",
        "saml_provider": "Okta_CCP",
        "groups": ["Contact Centre Agents"],
    }
    plan = world.stack(later).plan()
    assert not {address for address, change in plan.changes.items() if change != "create"}
    told = {
        name
        for name in re.findall(r"check\.(as_found_\w+)|check \"(as_found_\w+)\"", plan.text)
        for name in name
        if name
    }
    assert told == {"as_found_role_Okta_Role", "as_found_app_admin"}
    text = " ".join(plan.text.replace("│", " ").split())
    assert "does not name arn:aws:iam::111122223333:saml-provider/Okta_CCP, through which the app ccp signs in" in text
    assert "does not ask for the 7200 seconds that the file says" in text
    taken = world.stack(later | {"adopted": ["permissions", "tags"]}).plan()
    assert "as_found" not in taken.text
    assert taken.changes["aws_iam_role.Okta_Role"] == taken.changes["okta_app_saml.admin"] == "update"
    assert set(taken.changes.values()) <= {"create", "update"}
