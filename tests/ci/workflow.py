"""Workflow files as data, and their `run` steps as programs: run here as a runner would, expressions filled in by the test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def load(name: str) -> dict[str, Any]:
    """A workflow by its file's stem."""
    workflow: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    return workflow


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job of every workflow, as `workflow/job` and its definition."""
    for path in sorted(WORKFLOWS.glob("*.yml")):
        for name, job in load(path.stem)["jobs"].items():
            yield f"{path.stem}/{name}", job


@dataclass
class Ran:
    """A step that ran: how it ended, what it printed and set."""

    code: int
    log: str
    outputs: dict[str, Any] = field(default_factory=dict)
    summary: str = ""


def step(workflow: str, job: str, name: str) -> dict[str, Any]:
    """One step of a job, by its name."""
    steps: list[dict[str, Any]] = load(workflow)["jobs"][job]["steps"]
    return next(step for step in steps if step.get("name") == name)


def run(
    definition: dict[str, Any],
    directory: Path,
    expressions: Mapping[str, str],
    runner: Mapping[str, str],
    *,
    root: Path = ROOT,
) -> Ran:
    """Run a step's shell command with its `env`, as GitHub's runner does with `shell: bash`.

    Args:
        definition: the step.
        directory: where the runner's files are written.
        expressions: the value of each expression in the step; one that is missing fails the test.
        runner: environment variables that the runner sets.
        root: the checkout to run in.
    """
    assert not EXPRESSION.search(definition["run"]), "an expression inside a script lets its value become code"
    given = {
        name: EXPRESSION.sub(lambda match: expressions[match[1]], str(value))
        for name, value in definition.get("env", {}).items()
    }
    files = {name: directory / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.write_text("", encoding="utf-8")
    # `python3` on a runner is one without the virtualenv: the programs that use it must need no package.
    isolated = {"PATH": f"{directory}:{os.environ['PATH']}", "HOME": os.environ["HOME"], "LANG": "C.UTF-8"}
    python = directory / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", definition["run"]],
        cwd=root,
        env=isolated | dict(runner) | {name: str(path) for name, path in files.items()} | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    outputs = {}
    for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        outputs[key] = json.loads(value)
    return Ran(done.returncode, done.stdout, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"))
