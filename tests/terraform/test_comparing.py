"""Who is in Okta's groups beside a plan: said while Terraform plans, for so long at most, and never in the plan's way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connect_sso.terraform import people
from tests.environment_files import minimal, write
from tests.sandbox.companies import EMPTY, custom_app
from tests.sandbox.http.serving import accounts
from tests.terraform.test_operations import operate, plan_json, project

__all__ = ["project"]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A company in accounts that are running, and a file that knows its agents and not who has joined since."""
    for name in ("AWS_PROFILE", "OKTA_ACCESS_TOKEN", "OKTA_API_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(people.SWITCH)
    folder = tmp_path / "environments"
    folder.mkdir(exist_ok=True)
    with accounts(tmp_path / "accounts", company=EMPTY) as running:
        made = custom_app(running)
        staff = [each for each in made.people if each.in_connect and each.status == "ACTIVE"]
        users = [
            {
                "username": each.login,
                "first_name": each.first_name,
                "last_name": each.last_name,
                "security_profiles": [each.security_profile],
                **({"apps": ["connect"]} if each.login in made.apps[0].users else {}),
            }
            for each in staff
        ]
        app = made.apps[0]
        data = minimal(aws__region=made.region, connect={"alias": made.alias}, users=users)
        data["federation"] = {"path": made.path}
        data["apps"] = {
            app.key: {
                "label": app.label,
                "destination": app.destination,
                "saml_provider": app.saml_provider,
                "role": app.role,
                "groups": list(app.groups),
            }
        }
        write(folder, "test", data)
        monkeypatch.setenv("CONNECT_SSO_ENVIRONMENTS", str(folder))
        for name, value in running.variables().items():
            monkeypatch.setenv(name, value)
        yield tmp_path


def test_who_joined_and_who_left_is_said(company: Path) -> None:
    with people.compared("test") as found:
        told = found()
    assert "gus.new@example.com: in the group 'Contact Centre Agents'" in told
    assert "flo.left@example.com: DEPROVISIONED in Okta" in told
    assert "ed.away@example.com: SUSPENDED in Okta" in told
    assert "3 things to do" in told, "only people"


def test_what_goes_wrong_is_one_line(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_API_TOKEN", "wrong")
    with people.compared("test") as found:
        told = found()
    assert "\n" not in told
    assert told.startswith("who is in Okta's groups was not compared with Connect: acme.okta.com does not take")


def test_nobody_waits_for_it(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "LONGEST", 0.0)
    with people.compared("test") as found:
        assert "it took longer than 0 seconds" in found()


def test_it_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(people.SWITCH, "off")
    monkeypatch.setattr("subprocess.Popen", None)
    with people.compared("test") as found:
        assert found() == ""


def test_it_stands_before_the_review(project: Path, company: Path) -> None:
    """And the exit code is Terraform's."""
    assert company == project
    okta = {name: os.environ[name] for name in ("OKTA_API_TOKEN", "OKTA_HTTP_PROXY")}
    done = operate(project, "diff", "test", FAKE_PLAN=plan_json(["create"]), **okta)
    told, review = done.stdout.find("gus.new@example.com"), done.stdout.find("aws_connect_instance.instance")
    assert 0 < told < review, done.stdout + done.stderr
    assert done.returncode == 0
