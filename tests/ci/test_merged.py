"""From a commit on the main branch back to the review that it was merged with, and forth to its pull request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.approval import LABEL
from tests.ci import workflow
from tests.ci.reviews import ADMIN_GAINED, review

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

HEAD = "a" * 40
MERGED = "c" * 40

FIND = ("deploy", "find", "Find the reviews of these commits")


def pushed(*commits: str) -> dict[str, Any]:
    """The payload of a push to the main branch."""
    return {"repository": {"default_branch": "main"}, "commits": [{"id": commit} for commit in commits]}


def merge(github: FakeGitHub, commit: str = MERGED) -> None:
    """Merge the pull request: GitHub then lists it for the commit, also where that is a squashed one."""
    github.merged[commit] = [github.pull_request() | {"merged_at": "2026-01-02T00:00:00Z"}]


def test_finds_the_approved_review(github: FakeGitHub, run_step: RunStep) -> None:
    """The deployment learns what was reviewed, and who approved of what had to be decided."""
    outcome = review("prod", HEAD, ADMIN_GAINED)
    github.comment(outcome.line() + "text")
    github.permissions["grace"] = "write"
    github.label(LABEL, "grace")
    merge(github)
    ran = run_step(*FIND, pushed(MERGED))
    assert ran.outputs == {
        "reviews": {"prod": [{"pull_request": 7, "line": outcome.line(), "approved_by": "grace"}]}
    }, ran.log


def test_merged_without_approval(github: FakeGitHub, run_step: RunStep) -> None:
    """Where the check is not required someone can merge all the same; the deployment does not take that for approval."""
    github.comment(review("prod", HEAD, ADMIN_GAINED).line() + "text")
    merge(github)
    ran = run_step(*FIND, pushed(MERGED))
    assert ran.outputs["reviews"]["prod"][0]["approved_by"] is None


def test_each_pull_request_once(github: FakeGitHub, run_step: RunStep) -> None:
    """A rebased pull request is many commits of the main branch; it is one review."""
    github.comment(review("prod", HEAD).line() + "text")
    for commit in ("d" * 40, MERGED):
        merge(github, commit)
    ran = run_step(*FIND, pushed("d" * 40, MERGED))
    assert len(ran.outputs["reviews"]["prod"]) == 1


def test_merged_with_another_commit_than_reviewed(github: FakeGitHub, run_step: RunStep) -> None:
    """What was pushed after the review was not reviewed."""
    github.comment(review("prod", "b" * 40).line() + "text")
    merge(github)
    ran = run_step(*FIND, pushed(MERGED))
    assert ran.outputs == {"reviews": {}}
    assert "::warning::prod: what was merged with #7 is not the commit its review is about" in ran.log


@pytest.mark.parametrize("change", [{"merged_at": None}, {"base": {"ref": "other"}}])
def test_other_pull_requests_of_the_commit(github: FakeGitHub, run_step: RunStep, change: dict[str, Any]) -> None:
    """GitHub also lists pull requests that only hold the commit, or went elsewhere."""
    github.comment(review("prod", HEAD).line() + "text")
    github.merged[MERGED] = [github.pull_request() | {"merged_at": "2026-01-02T00:00:00Z"} | change]
    assert run_step(*FIND, pushed(MERGED)).outputs == {"reviews": {}}


def test_run_by_hand(github: FakeGitHub, run_step: RunStep) -> None:
    """A run by hand has no commits in its payload: it is about the commit that it runs on."""
    github.comment(review("prod", HEAD).line() + "text")
    merge(github)
    ran = run_step(*FIND, {"repository": {"default_branch": "main"}}, sha=MERGED)
    assert list(ran.outputs["reviews"]) == ["prod"]


@pytest.mark.parametrize(
    ("differs", "stopped", "says"),
    [
        (None, None, []),
        ("it is not the plan that was reviewed in #7", None, ["**prod**", "differs", "in #7"]),
        (None, "prod: terraform apply fails", ["**prod** was not deployed to the end; applied: nothing"]),
        ("no review", "stopped", ["differs", "was not deployed"]),
    ],
)
def test_tells_the_pull_request(
    github: FakeGitHub, run_step: RunStep, tmp_path: Path, differs: str | None, stopped: str | None, says: list[str]
) -> None:
    """Who reviewed the change learns where they reviewed it that something else was deployed, or not all of it."""
    (tmp_path / "outcome").mkdir()
    (tmp_path / "ci").symlink_to(workflow.ROOT / "ci")
    outcome = {"environment": "prod", "pull_requests": [7], "applied": [], "differs": differs, "stopped": stopped}
    (tmp_path / "outcome" / "prod.json").write_text(json.dumps(outcome), encoding="utf-8")
    ran = run_step(
        "deploy",
        "tell",
        "Tell the pull request where it differs",
        {},
        root=tmp_path,
        github__server_url="https://git.example",
        github__repository="acme/c",
        github__run_id="9",
    )
    assert ran.code == 0, ran.log
    bodies = [comment["body"] for comment in github.comments]
    assert len(bodies) == (1 if says else 0)
    for text in says:
        assert text in bodies[0]
        assert "https://git.example/acme/c/actions/runs/9" in bodies[0]
