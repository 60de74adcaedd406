"""`cdktf deploy` as people type it, with the real providers."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal, write
from tests.lab.terraform import Lab
from tests.sandbox.terraform import Result
from tests.terminal import type_command

pytestmark = [pytest.mark.terraform, pytest.mark.long, pytest.mark.timeout(900)]

AGENTS = 100
HEADER = "username,first_name,last_name,security_profiles"
YES = "yes\n"


class Project:
    """A clone with one environment, `dev`, and a crowd."""

    def __init__(self, root: Path, lab: Lab) -> None:
        self.root = root
        self.lab = lab
        (root / "environments").mkdir(parents=True)
        for name in ("main.py", "cdktf.json", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / ".venv").symlink_to(sys.prefix)
        rows = [f"agent{number}@example.com,Agent,{number},Agent" for number in range(AGENTS)]
        (root / "environments" / "agents.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        self.write("Connect Administrator")

    def write(self, label: str) -> None:
        """Change the environment's file."""
        data = minimal(connect__storage=[], users_file="agents.csv", apps__admin__label=label)
        if self.lab.releases:
            data["providers"] = dict(self.lab.releases)
        write(self.root / "environments", "dev", data)

    def type(self, command: str, *answers: tuple[str, str]) -> Result:
        """Activate the environment, type a command, and answer what it asks."""
        variables = self.lab.environment() | {"CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1", "HOME": os.environ["HOME"]}
        line = f". .venv/bin/activate && {command}"
        return type_command(["bash", "--norc", "-c", line], variables, self.root, answers=answers)

    def asked(self, before: int = 0) -> Counter[str]:
        """How often Amazon Connect was asked what, from the call with that number on."""
        return Counter(call.operation for call in self.lab.accounts.aws.calls[before:] if call.service == "connect")


def test_a_second_deployment_asks_about_nobody_of_the_crowd(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """Two questions at first, the second once the instance is there; later one, and Connect is asked about the one person of the YAML file."""
    running = lab()
    project = Project(tmp_path / "project", running)
    first = project.type("cdktf deploy dev", ("Deploy dev, exactly", YES), ("Deploy dev-users, exactly", YES))
    assert first.code == 0, first.text
    assert project.asked()["CreateUser"] == AGENTS + 1

    project.write("Contact centre administration")
    before = len(running.accounts.aws.calls)
    second = project.type("cdktf deploy dev", ("Deploy dev, exactly", YES))
    assert second.code == 0, second.text
    asked = project.asked(before)
    assert asked["DescribeUser"] == 1, asked
    assert asked["CreateUser"] == 0

    nothing = project.type("cdktf diff dev")
    assert nothing.code == 0, nothing.text
    assert nothing.text.count("No changes.") == 2
    for command in ("cdktf list", "cdktf output dev"):
        shown = project.type(command)
        assert shown.code == 0, shown.text
