"""What the cases about companies share: running `adopt` on the accounts, and reading a plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from connect_sso.cli import cli
from tests.lab.terraform import Lab
from tests.sandbox.terraform import Plan


def adopt(
    lab: Lab, folder: Path, name: str, region: str, instance: str, apps: Iterable[str], *arguments: str
) -> dict[str, Any]:
    """Have the command write the files of what is in the accounts, and return what it says."""
    labels = [argument for app in apps for argument in ("--app", app)]
    where = ["--region", region, "--instance", instance, "--org", lab.accounts.host]
    return _run(lab, folder, name, *where, *labels, *arguments)


def update(lab: Lab, folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    """Have the command add what the files lack, and return what it says."""
    return _run(lab, folder, name, "--update", *arguments)


def _run(lab: Lab, folder: Path, *arguments: str) -> dict[str, Any]:
    variables = lab.accounts.variables() | {"CONNECT_SSO_ENVIRONMENTS": str(folder)}
    result = CliRunner().invoke(cli, ["adopt", *arguments, "--format", "json"], env=variables)
    assert result.exit_code in {0, 3}, result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    decided = not said["changes"] and not said["notes"] and not any(one["decide"] for one in said["left_alone"])
    assert (result.exit_code == 0) == decided
    return said


def changes(plan: Plan) -> set[tuple[str, str | None]]:
    """Address and attribute of all that a plan changes besides importing; no attribute where it makes the whole thing."""
    found: set[tuple[str, str | None]] = set()
    for each in plan.json["resource_changes"]:
        change = each["change"]
        if change["actions"] == ["create"]:
            found.add((each["address"], None))
        elif change["actions"] == ["update"]:
            before, after = change["before"], change["after"]
            found |= {(each["address"], name) for name, value in after.items() if value != before.get(name)}
        else:
            assert change["actions"] in (["no-op"], ["read"]), each
    return found
