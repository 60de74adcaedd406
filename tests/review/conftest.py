"""Deployed environments in the sandbox, for plans made by the real Terraform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connect_sso.infrastructure.takeover import IMPORTS_FILE
from tests.conftest import ROOT
from tests.review.scenarios import CROWD, Scenario, crowd
from tests.sandbox.imports import import_ids
from tests.sandbox.terraform import Sandbox, Stack


class Deployed:
    """Environments that stand in the sandbox, each deployed when a scenario first asks for it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sandbox = Sandbox(root / "sandbox")
        self.stacks: dict[str, Stack] = {}
        self.first_plans: dict[str, bytes] = {}
        environment = os.environ | {"CDKTF_OUTDIR": str(root / "out"), "ENVIRONMENT": ""}
        subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=True, capture_output=True)

    def stack(self, name: str) -> Stack:
        """The stack of an environment, deployed."""
        if name not in self.stacks:
            if name.endswith("-users"):
                self.stack(name.removesuffix("-users"))  # it looks for the instance there
            stack = self.sandbox.stack(self.root / "out" / "stacks" / name)
            if name.endswith("-users"):
                stack.edit(crowd(CROWD))
            stack.init()
            plan = stack.plan()
            self.first_plans[name] = _bytes(plan.json)
            stack.apply(plan.file.name)
            self.stacks[name] = stack
        return self.stacks[name]

    def plan(self, scenario: Scenario) -> bytes:
        """What `terraform show -json` says about the scenario's change; the deployment stays as it is."""
        stack = self.stack(scenario.environment)
        file = stack.folder / "cdk.tf.json"
        original = file.read_text("utf-8")
        try:
            stack.edit(scenario.edit)
            # Nothing changed since the apply, so nothing need be read again.
            plan = stack.plan("-refresh=false", *scenario.options, check=False)
        finally:
            file.write_text(original, "utf-8")
        assert plan.json, plan.text
        return _bytes(plan.json)

    def takeover(self, name: str, edit: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
        """The plan of somebody whose state is empty and who imports all that stands, with a change of the configuration or without."""
        ids = import_ids(self.stack(name))
        stack = self.sandbox.stack(self.root / "out" / "stacks" / name, f"takeover-{name}")
        stack.edit(edit)
        blocks = [{"to": address, "id": identifier} for address, identifier in ids.items()]
        (stack.folder / IMPORTS_FILE).write_text(json.dumps({"import": blocks}), "utf-8")
        stack.init()
        return _bytes(stack.plan().json)


def _bytes(document: dict[str, Any]) -> bytes:
    # The report names the Terraform that made the plan; the goldens are the same for each.
    return json.dumps(document | {"terraform_version": "1.11.4"}).encode()


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The environments of this repository, deployed in a sandbox of this session."""
    return Deployed(tmp_path_factory.mktemp("review"))


@pytest.fixture(scope="session")
def planned(deployed: Deployed) -> Callable[[Scenario], bytes]:
    """Each scenario's plan, made once."""
    plans: dict[str, bytes] = {}

    def plan(scenario: Scenario) -> bytes:
        if scenario.name not in plans:
            plans[scenario.name] = deployed.plan(scenario)
        return plans[scenario.name]

    return plan
