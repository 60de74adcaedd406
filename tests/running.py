"""Runs a subcommand of `connect-sso` in this process, as a person runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from click.testing import CliRunner

from connect_sso.errors import EXIT_FAILED, EXIT_USAGE, Failure, UsageFailure

if TYPE_CHECKING:
    import click


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its exit code, what it printed, and what it complained of."""

    code: int
    out: str
    error: str

    @classmethod
    def of(cls, command: click.Command, *arguments: str) -> Self:
        """Run the command; what `connect-sso` itself turns into a message and an exit code counts as such."""
        result = CliRunner().invoke(command, arguments)
        failure = result.exception
        if isinstance(failure, Failure):
            return cls(EXIT_USAGE if isinstance(failure, UsageFailure) else EXIT_FAILED, result.stdout, str(failure))
        if failure is not None and not isinstance(failure, SystemExit):
            raise failure
        return cls(result.exit_code, result.stdout, result.stderr)

    @property
    def json(self) -> dict[str, Any]:
        """What it printed, as JSON."""
        result: dict[str, Any] = json.loads(self.out)
        return result
