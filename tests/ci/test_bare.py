"""A machine with nothing but what the README asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from ci.bare import COREUTILS, PROGRAMS
from tests.ci.workflow import ROOT


def bare(*command: str) -> subprocess.CompletedProcess[str]:
    missing = [name for name in (*PROGRAMS, *COREUTILS) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")
    variables = os.environ | {"OKTA_API_TOKEN": "not-a-real-one"}
    program = [sys.executable, "-I", "ci/run.py", "bare", *command]
    return subprocess.run(program, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "there"), [("python3", True), ("make", True), ("curl", False), ("terraform", False)])
def test_only_what_the_readme_asks_for_is_there(name: str, there: bool) -> None:
    assert (bare("sh", "-c", f"command -v {name}").returncode == 0) is there


def test_nothing_of_the_environment_gets_through() -> None:
    """A test that needs a variable of somebody's machine would pass there alone."""
    names = {line.partition("=")[0] for line in bare("env").stdout.splitlines()}
    assert names == {"HOME", "PATH"}


def test_the_command_s_exit_code_is_the_program_s() -> None:
    assert bare("sh", "-c", "exit 7").returncode == 7
    assert bare("make", "--version").returncode == 0
