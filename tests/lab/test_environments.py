"""Each environment in each mode with the real providers: one apply, an empty second plan, and everyone signs in."""

from __future__ import annotations

import csv as csv_reader
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect_sso.environment.model import ApiIntegration
from tests.environment_files import minimal, write
from tests.lab.sign_in import sign_in
from tests.lab.terraform import Lab
from tests.sandbox.http.okta_apps import enable_api_integration
from tests.terraform.conftest import ENVIRONMENTS, MODES, environment

pytestmark = pytest.mark.terraform


def options(data: dict[str, Any]) -> dict[str, str]:
    """The accounts that an environment is for."""
    return {"account_id": data["aws"]["account_id"], "org": f"{data['okta']['org_name']}.{data['okta']['base_url']}"}


def who_should(data: dict[str, Any], csv: str | None, lab: Lab) -> Iterator[tuple[str, str]]:
    """Each app's label with each login that the file promises it: by name, or as a member of one of its groups."""
    users = {user["username"] for user in data["users"]}
    users |= {row["username"] for row in csv_reader.DictReader(io.StringIO(csv or ""))}
    for key, app in data["apps"].items():
        named = {user["username"] for user in data["users"] if key in user.get("apps", [])}
        for group in app["groups"]:
            found = lab.accounts.okta("GET", "/api/v1/groups", search=f'profile.name eq "{group}"').json()
            members = lab.accounts.okta("GET", f"/api/v1/groups/{found[0]['id']}/users").json()
            named |= {member["profile"]["login"] for member in members}
        yield from ((app["label"], login) for login in sorted(named & users))


def hand_over(lab: Lab, data: dict[str, Any]) -> None:
    """What is left to do by hand after the first apply."""
    if data["okta"]["role_assignment"] == "api_integration":
        for app in lab.accounts.okta("GET", "/api/v1/apps").json():
            enable_api_integration(lab.cloud, app["id"])
        iam = lab.accounts.client("iam", data["aws"]["region"])
        user = data.get("api_integration", {}).get("user", ApiIntegration().user)
        if not iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.create_access_key(UserName=user)


def examined(lab: Lab, data: dict[str, Any], *, name: str, csv: str | None) -> dict[str, Any]:
    """What the doctor says of the accounts."""
    folder = lab.root / "examined"
    folder.mkdir(exist_ok=True)
    write(folder, name, data)
    if csv is not None:
        (folder / data["users_file"]).write_text(csv, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "connect_sso.cli", "doctor", name, "--format", "json"],
        env=os.environ | lab.accounts.variables() | {"CONNECT_SSO_ENVIRONMENTS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in {0, 3}, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def converge(lab: Lab, data: dict[str, Any], *, name: str, csv: str | None = None) -> None:
    """One apply of each stack makes all of it, and the next plan has nothing to do."""
    stacks = lab.stacks(data, name=name, csv=csv)
    for stack in stacks.values():
        plan = stack.plan()
        assert set(plan.changes.values()) == {"create"}
        stack.apply(plan.file.name)
    hand_over(lab, data)
    for stack in stacks.values():
        second = stack.plan()
        assert second.is_empty, second.text
    for label, login in (promised := list(who_should(data, csv, lab))):
        verdict = sign_in(lab.accounts, label, login)
        assert verdict.landed, f"{login}, {label}: {verdict.because}"
        assert verdict.duration == data.get("federation", {}).get("session_duration", 43200)
    health = examined(lab, data, name=name, csv=csv)
    assert health["unread"] == []
    # Who is a Connect user and in none of the groups is told so; all else is healthy.
    everybody = {user["username"] for user in data["users"]}
    everybody |= {row["username"] for row in csv_reader.DictReader(io.StringIO(csv or ""))}
    without = everybody - {login for _, login in promised}
    assert {(each["code"], each["name"]) for each in health["findings"]} == {
        ("person-in-no-group", name) for name in without
    }
    assert promised, "nobody was promised anything"


CASES = [
    pytest.param(name, mode, marks=pytest.mark.long, id=f"{name}-{mode}") for name in ENVIRONMENTS for mode in MODES
]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_an_environment(lab: Callable[..., Lab], name: str, mode: str) -> None:
    """With its storage in its own mode; what an environment stores is the same in the others, and its making takes a minute."""
    data, csv = environment(name, mode)
    if mode != environment(name)[0]["okta"]["role_assignment"]:
        data["connect"]["storage"] = []
    running = lab(**options(data))
    converge(running, data, name=name, csv=csv)
    if data["connect"].get("protect") is False:
        stack = running.stacks(data, name=name, csv=csv)[name]
        stack.destroy()
        assert stack.resources() == {}
        assert running.accounts.okta("GET", "/api/v1/apps").json() == []


@pytest.mark.parametrize("mode", [*(pytest.param(mode, marks=pytest.mark.long) for mode in MODES[:-1]), MODES[-1]])
def test_a_small_environment(lab: Callable[..., Lab], mode: str) -> None:
    """One app and one person in each mode."""
    more = {"api_integration": {"user": "okta_cli_user", "policy": "okta_cli_policy"}} if mode == MODES[0] else {}
    converge(lab(), minimal(okta__role_assignment=mode, connect__storage=[], **more), name="test")
