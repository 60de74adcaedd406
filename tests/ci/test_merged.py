"""From a commit on the main branch back to the review that it was merged with, and forth to its pull request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci import workflow
from tests.ci.reviews import ADMIN_GAINED, record, review

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

HEAD = "a" * 40
MERGED = "c" * 40

DEPLOYED = "b" * 40


@pytest.fixture(autouse=True)
def pushed(github: FakeGitHub) -> None:
    """The author has pushed the branch; grace may write."""
    github.push("ada")
    github.permissions["grace"] = "write"


Found = dict[str, list[dict[str, Any]]]


def found(run_step: RunStep, tmp_path: Path, *commits: str, since: str | None = None) -> Found:
    """Run the step for these commits and read what it writes for prod."""
    (tmp_path / "ci").symlink_to(workflow.ROOT / "ci")
    payload = {"repository": {"default_branch": "main"}, "commits": [{"id": commit} for commit in commits]}
    step = ("deploy", "find", "Find the reviews of these commits")
    given = {"steps__affected__outputs__since": json.dumps({"prod": since})}
    ran = run_step(*step, payload, root=tmp_path, sha=MERGED, **given)
    assert ran.code == 0, ran.log
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "reviews").iterdir()}


def merge(github: FakeGitHub, commit: str = MERGED) -> None:
    """Merge the pull request: GitHub then lists it for the commit, also where that is a squashed one."""
    github.merged[commit] = [github.pull_request() | {"merged_at": "2026-01-02T00:00:00Z"}]


@pytest.mark.parametrize("approved_by", ["grace", None])
def test_finds_the_review(github: FakeGitHub, run_step: RunStep, tmp_path: Path, approved_by: str | None) -> None:
    """The deployment learns what was reviewed, and who approved; where nobody did, the merge alone is no approval."""
    outcome = review("prod", HEAD, ADMIN_GAINED)
    github.planned(record(outcome))
    if approved_by:
        github.review(approved_by)
    merge(github)
    entry = {"pull_request": 7, "review": json.loads(record(outcome)[1]), "approved_by": approved_by}
    assert found(run_step, tmp_path, MERGED) == {"prod": [entry]}


def test_an_edited_comment_approves_of_nothing(github: FakeGitHub, run_step: RunStep, tmp_path: Path) -> None:
    """A longer list in a comment would approve of what nobody has seen."""
    github.planned(record(review("prod", HEAD, ADMIN_GAINED)))
    longer = json.dumps(
        {
            "version": 1,
            "environment": "prod",
            "head": HEAD,
            "digest": "d",
            "decide": ["instance-destroyed"],
            "refused": False,
            "waiting": False,
        }
    )
    github.comment(f"<!-- connect-sso-review {longer} -->\n")
    github.review("grace")
    merge(github)
    [entry] = found(run_step, tmp_path, MERGED)["prod"]
    assert entry["review"]["decide"] == [ADMIN_GAINED]


def test_each_pull_request_once(github: FakeGitHub, run_step: RunStep, tmp_path: Path) -> None:
    """A rebased pull request is many commits of the main branch; it is one review."""
    github.planned(record(review("prod", HEAD)))
    for commit in ("d" * 40, MERGED):
        merge(github, commit)
    assert len(found(run_step, tmp_path, "d" * 40, MERGED)["prod"]) == 1


def test_the_reviews_of_a_dropped_run(github: FakeGitHub, run_step: RunStep, tmp_path: Path) -> None:
    """What is caught up was reviewed and approved in its own pull request, further back than this push."""
    github.planned(record(review("prod", HEAD, ADMIN_GAINED)))
    github.review("grace")
    merge(github, "e" * 40)
    commits = [{"sha": f"{number:040}"} for number in range(100)]
    github.compared[f"{DEPLOYED}...{MERGED}"] = {
        "status": "ahead",
        "commits": [*commits[:50], {"sha": "e" * 40}],
        "files": [],
    }
    [entry] = found(run_step, tmp_path, MERGED, since=DEPLOYED)["prod"]
    assert entry["approved_by"] == "grace"


def test_merged_with_another_commit_than_reviewed(github: FakeGitHub, run_step: RunStep, tmp_path: Path) -> None:
    """What was pushed after the review was not reviewed."""
    github.planned(record(review("prod", HEAD)))
    github.push("ada", "9" * 40)
    merge(github)
    assert found(run_step, tmp_path, MERGED) == {"prod": []}


@pytest.mark.parametrize("change", [{"merged_at": None}, {"base": {"ref": "other"}}])
def test_other_pull_requests_of_the_commit(
    github: FakeGitHub, run_step: RunStep, tmp_path: Path, change: dict[str, Any]
) -> None:
    """GitHub also lists pull requests that only hold the commit, or went elsewhere."""
    github.planned(record(review("prod", HEAD)))
    github.merged[MERGED] = [github.pull_request() | {"merged_at": "2026-01-02T00:00:00Z"} | change]
    assert found(run_step, tmp_path, MERGED) == {"prod": []}


def test_run_by_hand(github: FakeGitHub, run_step: RunStep, tmp_path: Path) -> None:
    """A run by hand has no commits in its payload: it is about the commit that it runs on."""
    github.planned(record(review("prod", HEAD)))
    merge(github)
    assert len(found(run_step, tmp_path)["prod"]) == 1


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
