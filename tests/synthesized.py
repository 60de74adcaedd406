"""Synthesized stacks for tests, in this process: the bindings are loaded once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_sso.infrastructure.synthesis import synthesize
from tests.environment_files import loaded


@dataclass(frozen=True)
class Synthesized:
    """One stack's JSON."""

    json: dict[str, Any]
    folder: Path

    def resource(self, address: str) -> dict[str, Any]:
        """A resource's or data source's body by its address."""
        *data, kind, name = address.split(".")
        section = self.json["data"] if data else self.json["resource"]
        body: dict[str, Any] = section[kind][name]
        return body

    def addresses(self) -> set[str]:
        """Every managed resource's address, without for_each keys."""
        return {f"{kind}.{name}" for kind, bodies in self.json["resource"].items() for name in bodies}


def synthesized(
    folder: Path, data: dict[str, Any], *, name: str = "test", csv: str | None = None
) -> dict[str, Synthesized]:
    """The stacks of one environment, by name.

    Args:
        folder: where the environment file and the output go.
        data: the environment.
        name: the environment's.
        csv: the text of `agents.csv`, where the environment has a `users_file`.
    """
    environment = loaded(folder, data, name=name, csv=csv)
    assert not environment.errors, environment.errors
    output = folder / "cdktf.out"
    synthesize([environment], output)
    stacks = output / "stacks"
    return {
        path.name: Synthesized(json.loads((path / "cdk.tf.json").read_text(encoding="utf-8")), path)
        for path in sorted(stacks.iterdir())
    }
