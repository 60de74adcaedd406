"""Runs `connect-sso decode` in this process, as a person runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from connect_sso.decode import command
from connect_sso.errors import Failure, UsageFailure
from tests.decode.deployed import resources, shown

if TYPE_CHECKING:
    from pathlib import Path


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

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.json["findings"]]

    def says(self, code: str) -> str:
        return next(str(finding["says"]) for finding in self.json["findings"] if finding["code"] == code)


class Decode:
    """`decode(data, "--state", ...)` with the data in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, data: bytes | str | None, *options: str, form: str = "json") -> Outcome:
        arguments = list(options)
        if data is not None:
            file = self.folder / "capture"
            file.write_bytes(data if isinstance(data, bytes) else data.encode())
            arguments.insert(0, str(file))
        result = CliRunner().invoke(command, [*arguments, "--format", form])
        if isinstance(result.exception, UsageFailure):
            return Outcome(2, result.stdout, str(result.exception))
        if isinstance(result.exception, Failure):
            return Outcome(1, result.stdout, str(result.exception))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def state(self, values: dict[str, dict[str, Any]] | None = None, name: str = "state.json") -> str:
        """A file with a state; by default the one in which everything is right."""
        file = self.folder / name
        file.write_text(json.dumps(shown(resources() if values is None else values)), encoding="utf-8")
        return str(file)


@pytest.fixture
def decode(tmp_path: Path) -> Decode:
    return Decode(tmp_path)
