"""A GitHub to talk to, and a way to run a workflow's step against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci import workflow
from tests.ci.fake_github import NAME, FakeGitHub, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """An empty repository with one pull request, served on the loopback interface."""
    with serving(FakeGitHub()) as fake:
        yield fake


RunStep = Callable[..., workflow.Ran]


@pytest.fixture
def run_step(github: FakeGitHub, tmp_path: Path) -> RunStep:
    """Run `run_step(WORKFLOW, JOB, STEP, payload, expressions)` against the fake GitHub."""

    def call(
        name: str,
        job: str,
        step: str,
        payload: dict[str, Any],
        root: Path = workflow.ROOT,
        runner: Mapping[str, str] | None = None,
        **expressions: str,
    ) -> workflow.Ran:
        (tmp_path / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        given = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_RUN_ATTEMPT": expressions.pop("attempt", "1"),
            "GITHUB_SHA": expressions.pop("sha", "c" * 40),
        }
        given |= runner or {}
        values = {"github.token": "workflow-token"} | {
            "toJSON(needs)" if key == "toJSON_needs" else key.replace("__", "."): text
            for key, text in expressions.items()
        }
        return workflow.run(workflow.step(name, job, step), tmp_path, values, given, root=root)

    return call
