"""The hook for pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.workflow import ROOT


@pytest.fixture
def hook() -> dict[str, Any]:
    """The hook's definition."""
    [only] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(only, dict)
    return only


def run(hook: dict[str, Any], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the hook's entry as pre-commit does: in the repository, with the package's programs on the PATH."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        hook["entry"].split(), cwd=directory, env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_stops_a_commit_with_a_mistake(hook: dict[str, Any], tmp_path: Path) -> None:
    """A mistake in an environment file is told before it is in the history; a good file passes."""
    (tmp_path / "environments").mkdir()
    good = (ROOT / "environments" / "dev.yaml").read_text(encoding="utf-8")
    file = tmp_path / "environments" / "dev.yaml"
    file.write_text(good, encoding="utf-8")
    assert run(hook, tmp_path).returncode == 0
    file.write_text(good.replace("account_id:", "acount_id:"), encoding="utf-8")
    done = run(hook, tmp_path)
    assert done.returncode == 1
    assert "environments/dev.yaml:" in done.stdout


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("environments/dev.yaml", True),
        ("environments/agents.csv", True),
        ("environments/prod.imports.json", True),
        ("main.py", False),
        ("old/environments/dev.yaml", False),
    ],
)
def test_runs_for_environment_files(hook: dict[str, Any], path: str, runs: bool) -> None:
    """A commit that touches none of them does not wait for the hook."""
    assert bool(re.search(hook["files"], path)) is runs
    assert hook["pass_filenames"] is False
