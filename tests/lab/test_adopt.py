"""Adopting what the stacks made gives the file that made it, and a crowd is taken over; with the real providers."""

from __future__ import annotations

import csv as csv_reader
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from connect_sso.environment.loading import LoadedEnvironment, load
from connect_sso.environment.model import Environment
from tests.environment_files import loaded
from tests.lab.companies import adopt, changes, update
from tests.lab.terraform import Lab
from tests.lab.test_environments import hand_over, options
from tests.live.crowd import CONNECT_USER, crowded
from tests.sandbox.companies import EMPTY, walkthrough
from tests.sandbox.http.serving import Accounts
from tests.terraform.conftest import ENVIRONMENTS, environment

pytestmark = [pytest.mark.terraform, pytest.mark.long]


def said(environment: Environment, people: Iterable[Any]) -> dict[str, Any]:
    """What a file says of sign-in: all but the instance's own settings, the state, and who is in which of the two files.

    An access key that Terraform made is known to its state alone.
    """
    kept = environment.model_dump(include={"adopted", "aws", "okta", "federation", "api_integration", "apps"})
    kept["api_integration"].pop("access_key")
    return kept | {"people": {person.username: person.for_terraform() for person in people}}


def one_by_one(environment: Environment) -> dict[str, set[str]]:
    """Who has which apps one by one."""
    return {user.username: set(user.apps) for user in environment.users if user.apps}


def of(file: LoadedEnvironment) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """What a file says, and who has which apps one by one."""
    assert file.environment is not None, file.errors
    return said(file.environment, (*file.people, *file.crowd)), one_by_one(file.environment)


def everybody_has_an_app(running: Lab, data: dict[str, Any], csv: str | None) -> None:
    """Who has none stays outside of what is adopted, so put everybody of the CSV into a group that has one."""
    names = [row["username"] for row in csv_reader.DictReader(io.StringIO(csv or ""))]
    group = list(data["apps"].values())[-1]["groups"][0]
    (found,) = running.accounts.okta("GET", "/api/v1/groups", search=f'profile.name eq "{group}"').json()
    for name in names:
        (person,) = running.accounts.okta("GET", "/api/v1/users", search=f'profile.login eq "{name}"').json()
        assert running.accounts.okta("PUT", f"/api/v1/groups/{found['id']}/users/{person['id']}").ok


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_the_stacks_made_gives_the_file_that_made_it(lab: Callable[..., Lab], name: str, tmp_path: Path) -> None:
    data, csv = environment(name)
    data["connect"]["storage"] = []
    running = lab(**options(data))
    everybody_has_an_app(running, data, csv)
    for stack in running.stacks(data, name=name, csv=csv).values():
        stack.apply()
    hand_over(running, data)

    folder = tmp_path / "environments"
    folder.mkdir()
    labels = [app["label"] for app in data["apps"].values()]
    told = adopt(running, folder, name, data["aws"]["region"], data["connect"]["alias"], labels)
    written = load(folder / f"{name}.yaml")
    (tmp_path / "original").mkdir()
    original, by_hand = of(loaded(tmp_path / "original", data, name=name, csv=csv))
    found, found_by_hand = of(written)
    assert found == original
    # Whoever is in a role group by hand and by its rule cannot be told from those who are there by the rule alone.
    assert found_by_hand == ({} if data["okta"]["role_assignment"] == "group_mapping" else by_hand)

    plan = running.written(folder, name)[name].plan()
    assert changes(plan) == {(each["address"], each["attribute"]) for each in told["changes"]}, plan.text
    # All but what the provider does not read of a group rule.
    assert {attribute for _, attribute in changes(plan)} <= {"remove_assigned_users"}


def test_part_by_part(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """Each part is planned alone with the arguments that are printed, and makes nothing of the others; at the end all is there."""
    running = lab(company=EMPTY)
    company = walkthrough(running.accounts)
    folder = tmp_path / "environments"
    folder.mkdir()
    labels = [app.label for app in company.apps]
    told = adopt(running, folder, "prod", company.region, company.alias, labels, "--only", "okta")
    imported: set[str] = set()
    for part in ("iam", "users"):
        imported |= _apply_alone(running, folder, told)
        told = update(running, folder, "prod", "--only", part)
    assert not told["notes"]
    stack = running.written(folder, "prod")["prod"]
    plan = stack.plan()
    assert changes(plan) == set()
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    assert len(imported) + len(told["imports"]) == len(load(folder / "prod.yaml").imports)


def _apply_alone(running: Lab, folder: Path, told: dict[str, Any]) -> set[str]:
    """Plan and apply what is imported so far, as the notes say; returns what that plan imports."""
    targets = re.findall(r"-target=\S+", " ".join(told["notes"]))
    stack = running.written(folder, "prod")["prod"]
    plan = stack.plan(*targets)
    assert "create" not in plan.changes.values(), plan.text
    stack.apply(plan.file.name)
    return {each["address"] for each in plan.json["resource_changes"] if each["change"].get("importing")}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("people", [120, 1000])
def test_a_crowd_is_taken_over(lab: Callable[..., Lab], people: int, tmp_path: Path) -> None:
    """Into the second stack; what supervisors have set stays."""
    labs: list[Lab] = []

    def start(**options: Any) -> Accounts:
        labs.append(lab(**options))
        return labs[0].accounts

    accounts, company = crowded(start, people)
    (running,) = labs
    for user in list(accounts.cloud.all(CONNECT_USER)):
        (phone,) = user["phone_config"]
        phone |= {"after_contact_work_time_limit": 30, "auto_accept": phone["phone_type"] == "SOFT_PHONE"}
        changed = user | {"phone_config": [phone], "tags": {"team": "sales"}, "tags_all": {"team": "sales"}}
        accounts.cloud.put(CONNECT_USER, f"{company.instance_id}/{user['name']}", changed)
    connect = accounts.client("connect", company.region)
    folder = tmp_path / "environments"
    folder.mkdir()
    labels = [app.label for app in company.apps]
    told = adopt(running, folder, "prod", company.region, company.alias, labels)
    stacks = running.written(folder, "prod")
    plans = {name: stack.plan() for name, stack in stacks.items()}
    assert changes(plans["prod"]) == {(each["address"], each["attribute"]) for each in told["changes"]}
    assert changes(plans["prod-users"]) == set()
    imported = {
        each["address"]
        for plan in plans.values()
        for each in plan.json["resource_changes"]
        if each["change"].get("importing")
    }
    assert imported == told["imports"].keys()
    assert len(imported) > people
    before = everyone(connect, company.instance_id)
    for name, stack in stacks.items():
        stack.apply(plans[name].file.name)
        assert stack.plan().is_empty
    assert everyone(connect, company.instance_id) == before


def everyone(connect: Any, instance_id: str) -> dict[str, Any]:
    """The Connect users as they are, but for when they were written."""
    pages = connect.get_paginator("search_users").paginate(InstanceId=instance_id)
    return {user["Username"]: user for page in pages for user in page["Users"]}
