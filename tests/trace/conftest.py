"""Runs `connect-sso trace` in this process, over environments written for the test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from connect_sso.errors import Failure, UsageFailure
from connect_sso.trace import command
from tests.decode.deployed import shown

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT: dict[str, Any] = {
    "aws": {"account_id": "111122223333", "region": "eu-central-1"},
    "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": "saml_app"},
    "connect": {"alias": "acme-test"},
    "apps": {
        "admin": {
            "label": "Amazon Connect Administrator",
            "destination": "admin",
            "saml_provider": "Okta_Connect_Admin",
            "role": "Okta_Role",
        }
    },
    "users": [
        {
            "username": "Ada.Admin@example.com",
            "first_name": "Ada",
            "last_name": "Admin",
            "security_profiles": ["Admin"],
            "apps": ["admin"],
        }
    ],
}
CCP = {
    "label": "Amazon Connect CCP",
    "destination": "ccp",
    "saml_provider": "Okta_Connect_CCP",
    "role": "Okta_Role",
    "groups": ["Contact Centre Agents"],
}


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    code: int
    out: str
    error: str = ""

    @property
    def json(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.out)
        return result

    def person(self, username: str = "Ada.Admin@example.com") -> dict[str, Any]:
        return next(person for person in self.json["people"] if person["username"] == username)

    def hop(self, name: str, username: str = "Ada.Admin@example.com") -> dict[str, Any]:
        return next(hop for hop in self.person(username)["hops"] if hop["name"] == name)

    def failing(self, username: str = "Ada.Admin@example.com") -> list[str]:
        return [hop["name"] for hop in self.person(username)["hops"] if hop["ok"] is False]


class Trace:
    """`trace(environment, "--user", ...)`, with the environment called `test`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, environment: dict[str, Any], *options: str, crowd: str | None = None, form: str = "json"
    ) -> Outcome:
        plain = json.loads(json.dumps(environment))  # without the aliases that PyYAML would write for shared lists
        (self.folder / "test.yaml").write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
        if crowd is not None:
            (self.folder / "crowd.csv").write_text(crowd, encoding="utf-8")
        result = CliRunner().invoke(command, ["test", *options, "--format", form])
        if isinstance(result.exception, Failure):
            return Outcome(2 if isinstance(result.exception, UsageFailure) else 1, result.stdout, str(result.exception))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def state(self, values: dict[str, dict[str, Any]], name: str = "state.json") -> str:
        file = self.folder.parent / name
        file.write_text(json.dumps(shown(values)), encoding="utf-8")
        return str(file)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    folder = tmp_path / "environments"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECT_SSO_ENVIRONMENTS", raising=False)
    return Trace(folder)
