"""Live accounts that are read at once, and a directory for environment files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connect_sso.cli import cli
from connect_sso.errors import Failure, UsageFailure
from connect_sso.live.model import LiveAccount, LiveOrg

Adopt = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the environment files, still empty."""
    made = tmp_path / "environments"
    made.mkdir()
    monkeypatch.setenv("CONNECT_SSO_ENVIRONMENTS", str(made))
    return made


@pytest.fixture
def adopt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Adopt:
    """Run the command on accounts that are values; its result has the exit code that the program would have."""

    def run(accounts: tuple[LiveAccount, LiveOrg], *arguments: str, name: str = "prod", update: bool = False) -> Result:
        monkeypatch.setattr("connect_sso.adopt.reading.read_accounts", lambda *_, **__: accounts)
        what = [] if update else ["--region", "us-west-2", "--instance", "acme", "--org", "acme.okta.com", "--app", "x"]
        result = CliRunner().invoke(cli, ["adopt", name, *what, *(["--update"] if update else []), *arguments])
        error: Any = result.exception
        if isinstance(error, UsageFailure):
            result.exit_code = 2
        elif error is not None and not isinstance(error, SystemExit | Failure):
            raise error
        return result

    return run


def reason(result: Result) -> str:
    """Why it ended early."""
    assert isinstance(result.exception, Failure), result.output
    return str(result.exception)
