"""Runs `connect-sso decode` in this process, as a person runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connect_sso.decode import command
from tests.decode.deployed import resources, shown
from tests.running import Outcome

if TYPE_CHECKING:
    from pathlib import Path


class Decoded(Outcome):
    """What a run came to, with `--format json`."""

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.json["findings"]]

    def says(self, code: str) -> str:
        return next(str(finding["says"]) for finding in self.json["findings"] if finding["code"] == code)


class Decode:
    """`decode(data, "--state", ...)` with the data in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, data: bytes | str | None, *options: str, form: str = "json") -> Decoded:
        arguments = list(options)
        if data is not None:
            file = self.folder / "capture"
            file.write_bytes(data if isinstance(data, bytes) else data.encode())
            arguments.insert(0, str(file))
        return Decoded.of(command, *arguments, "--format", form)

    def state(self, values: dict[str, dict[str, Any]] | None = None, name: str = "state.json") -> str:
        """A file with a state; by default the one in which everything is right."""
        file = self.folder / name
        file.write_text(json.dumps(shown(resources() if values is None else values)), encoding="utf-8")
        return str(file)


@pytest.fixture
def decode(tmp_path: Path) -> Decode:
    return Decode(tmp_path)
