"""Runs `connect-sso trace` in this process, over environments written for the test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connect_sso.trace import command
from tests.decode.deployed import shown
from tests.environment_files import minimal, write
from tests.running import Outcome

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = minimal(
    aws__region="eu-central-1", apps__admin__label="Amazon Connect Administrator", apps__admin__groups=None
)
CCP = {
    "label": "Amazon Connect CCP",
    "destination": "ccp",
    "saml_provider": "Okta_Connect_CCP",
    "role": "Okta_Role",
    "groups": ["Contact Centre Agents"],
}


class Traced(Outcome):
    """What a run came to, with `--format json`."""

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
    ) -> Traced:
        write(self.folder, "test", json.loads(json.dumps(environment)))  # without YAML's aliases for shared lists
        if crowd is not None:
            (self.folder / "crowd.csv").write_text(crowd, encoding="utf-8")
        return Traced.of(command, "test", *options, "--format", form)

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
