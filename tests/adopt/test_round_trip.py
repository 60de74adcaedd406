"""What the stacks made gives the file that made it: the three example environments, and generated ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.adopt.model import MOST_IN_YAML
from connect_sso.cli import cli
from connect_sso.environment.loading import LoadedEnvironment, load
from tests.adopt.made import Made
from tests.conftest import ROOT
from tests.environment_files import loaded, minimal

ORIGINALS = ("dev", "staging", "prod")


def said(environment: LoadedEnvironment) -> dict[str, Any]:
    """What a file says, but for what no account holds: the state, whether Terraform made the key, how the instance was made.

    The order of people and groups says nothing, nor does it in which of the two files somebody stands.
    """
    assert environment.environment is not None, environment.errors
    kept = environment.environment.model_dump(
        include={"adopted", "aws", "okta", "federation", "api_integration", "apps"}
    )
    kept["api_integration"].pop("access_key")
    kept["federation"].pop("session_duration")  # what the apps have that say none
    for key, app in kept["apps"].items():
        app["session_duration"] = environment.environment.session_duration(environment.environment.apps[key])
        app["groups"] = sorted(app["groups"])
    people = {person.username: person.for_terraform() for person in (*environment.people, *environment.crowd)}
    apps = {user.username: sorted(user.apps) for user in environment.environment.users if user.apps}
    return kept | {"people": people, "one by one": apps}


def adopted(original: LoadedEnvironment) -> LoadedEnvironment:
    """The file that is written for what the stacks of another made."""
    assert original.environment is not None, original.errors
    made = Made(original)
    folder = Path(tempfile.mkdtemp(dir=original.path.parent))
    where = {"CONNECT_SSO_ENVIRONMENTS": str(folder)}
    with (
        patch.dict(os.environ, where),
        patch("connect_sso.adopt.reading.read_accounts", lambda *_: made.accounts()),
    ):
        arguments = ["--region", "x", "--instance", "x", "--org", "acme.okta.com", "--app", "x"]
        result = CliRunner().invoke(cli, ["adopt", original.name, *arguments])
    assert result.exit_code in {0, 3}, result.exception
    # All but what the provider does not read of a role group: its rule, and its members.
    changed = [line for line in result.stdout.splitlines() if ": remove_assigned_users" in line or ": users" in line]
    assert result.exit_code == (3 if changed else 0), result.stdout
    return load(folder / f"{original.name}.yaml")


@pytest.mark.parametrize("name", ORIGINALS)
def test_an_example(name: str) -> None:
    original = load(ROOT / "environments" / f"{name}.yaml")
    with tempfile.TemporaryDirectory() as folder:
        copied = loaded(
            Path(folder),
            original.path.read_text("utf-8").replace(f"{name}-agents.csv", "agents.csv"),
            name=name,
            csv=original.crowd_path.read_text("utf-8") if original.crowd_path else None,
        )
        assert said(adopted(copied)) == said(copied)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,12}", fullmatch=True)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="$%"), min_size=1, max_size=12
)
GROUPS = st.lists(WORDS.map(lambda word: f"G {word}"), max_size=3, unique=True)
DURATIONS = st.sampled_from([3600, 7200, 43200])
PAGES = [("admin", "admin"), ("ccp", "ccp"), ("workspace", "agent_workspace"), ("desk", "/desk?x=1&y=ü")]


@st.composite
def environments(draw: st.DrawFn) -> dict[str, Any]:
    """Environments whose apps are called as people call them, by the page that they open."""
    mode = draw(st.sampled_from(["api_integration", "group_mapping", "saml_app"]))
    pages = draw(st.lists(st.sampled_from(PAGES), min_size=1, max_size=3, unique=True))
    duration = draw(DURATIONS)
    roles = draw(st.lists(NAMES, min_size=len(pages), max_size=len(pages), unique_by=str.lower))
    shared = draw(st.booleans())
    apps: dict[str, Any] = {}
    for number, (key, destination) in enumerate(pages):
        apps[key] = {
            "label": key if key == "desk" else f"{draw(WORDS)} {number}",
            "destination": destination,
            "saml_provider": f"Okta_{number}",
            "role": roles[0] if shared else roles[number],
            "groups": draw(GROUPS),
        }
        if mode == "saml_app" and draw(st.booleans()):
            apps[key]["session_tags"] = {"Team": "user.department"}
        if draw(st.booleans()) and number:
            apps[key]["session_duration"] = draw(DURATIONS)
    reachable = [key for key, app in apps.items() if app["groups"]]
    users = []
    for number in range(draw(st.integers(1, 30))):
        user: dict[str, Any] = {
            "username": f"person{number:02}@example.com",
            "first_name": draw(WORDS),
            "last_name": draw(WORDS),
            "security_profiles": draw(st.lists(WORDS, min_size=1, max_size=3, unique=True).map(sorted)),
        }
        if draw(st.booleans()):
            user["phone"] = {"desk_phone": "+12065550100"}
        if draw(st.booleans()) or not reachable:
            user["apps"] = sorted(draw(st.lists(st.sampled_from(list(apps)), min_size=1, unique=True)))
        users.append(user)
    path = draw(st.sampled_from(["/", "/sso/"]))
    data: dict[str, Any] = {
        "aws": {"account_id": "111122223333", "region": draw(st.sampled_from(["us-east-1", "eu-west-2"]))},
        "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": mode},
        "connect": {"alias": "acme-test"},
        "federation": {"path": path, "session_duration": duration},
        "apps": apps,
        "users": users,
    }
    if draw(st.booleans()):
        data["aws"]["tags"] = {"team": "cc"}
    if draw(st.booleans()):
        data["federation"]["permissions_boundary"] = "arn:aws:iam::111122223333:policy/boundary"
    return data


@settings(max_examples=50, deadline=None)
@given(environments())
def test_a_generated_environment(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        original = loaded(Path(folder), data, name="test")
        assert said(adopted(original)) == said(original)


def test_a_role_group_of_many_that_a_stack_has_made() -> None:
    """More people than are taken from a role group that was filled by hand: here the stack has looked them up already."""
    users = [
        {
            "username": f"person{number:02}@example.com",
            "first_name": "Pat",
            "last_name": "Agent",
            "security_profiles": ["Agent"],
            "apps": ["ccp"],
        }
        for number in range(MOST_IN_YAML + 1)
    ]
    data = minimal(okta__role_assignment="group_mapping")
    data["apps"] = {"ccp": {"label": "CCP", "destination": "ccp", "saml_provider": "Okta", "role": "Agents"}}
    data["users"] = users
    with tempfile.TemporaryDirectory() as folder:
        original = loaded(Path(folder), data, name="test")
        assert said(adopted(original)) == said(original)
