"""The comments in a pull request, and what holds it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.approval import LABEL
from tests.ci import workflow
from tests.ci.reviews import ADMIN_GAINED, review, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

HEAD = "a" * 40
OLD = "b" * 40


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A checkout with a folder for the reviews of this run."""
    (tmp_path / "review").mkdir()
    (tmp_path / "ci").symlink_to(workflow.ROOT / "ci")
    return tmp_path / "review"


def decide(github: FakeGitHub, run_step: RunStep, reports: Path, *environments: str) -> workflow.Ran:
    """Run the workflow's last step for a pull request that affects these environments."""
    return run_step(
        "plan",
        "decide",
        "Write the reviews and decide",
        {"action": "synchronize", "pull_request": github.pull_request()},
        root=reports.parent,
        needs__find__outputs__environments=json.dumps(list(environments)),
    )


def test_nothing_to_decide(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A harmless change gets its comment and passes without anyone's label."""
    written(reports, review("prod", HEAD), "Nothing to decide.\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 0, ran.log
    assert [comment["body"].splitlines()[1] for comment in github.comments] == ["Nothing to decide."]


def test_nothing_affected(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A change of documents needs no review, and gets no comment."""
    ran = decide(github, run_step, reports)
    assert (ran.code, github.writes) == (0, [])


def test_one_comment_for_each_environment(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Pushing again rewrites the comment in place, and leaves other people's alone."""
    github.comment("Looks good to me", author="grace")
    for head, text in ((OLD, "first"), (HEAD, "second")):
        for environment in ("dev", "prod"):
            written(reports, review(environment, head), f"{text} {environment}")
        github.head = head
        assert decide(github, run_step, reports, "dev", "prod").code == 0
    assert [comment["body"].splitlines()[-1] for comment in github.comments] == [
        "Looks good to me",
        "second dev",
        "second prod",
    ]


def test_an_unchanged_review_is_not_touched(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Rewriting the same text would take the worth from an approval that was given for it."""
    written(reports, review("prod", HEAD), "text\n")
    decide(github, run_step, reports, "prod")
    github.writes.clear()
    assert decide(github, run_step, reports, "prod").code == 0
    assert github.writes == []


def test_a_comment_goes_when_its_environment_is_not_affected_any_more(
    github: FakeGitHub, run_step: RunStep, reports: Path
) -> None:
    """What the branch no longer changes must not stand there as if it did."""
    github.comment(review("dev", OLD).line() + "old")
    written(reports, review("prod", HEAD), "text\n")
    assert decide(github, run_step, reports, "prod").code == 0
    assert len(github.comments) == 1


@pytest.mark.parametrize("head", [OLD, None])
def test_no_review_of_this_commit(github: FakeGitHub, run_step: RunStep, reports: Path, head: str | None) -> None:
    """A plan that failed, or one of an older commit, is no review: the change is held back."""
    if head:
        github.comment(review("prod", head).line() + "old")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "::error::prod: there is no review of aaaaaaa" in ran.log


def test_a_refused_plan_cannot_be_approved(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """What Terraform refuses cannot be deployed, whoever approves of it; the comment still says why."""
    written(reports, review("prod", HEAD, "instance-replaced:aws_connect_instance.instance", refused=True), "why\n")
    decide(github, run_step, reports, "prod")
    github.label(LABEL, "grace")
    github.permissions["grace"] = "admin"
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "Terraform refuses this plan" in ran.log
    assert "why" in github.comments[0]["body"]


def test_a_fork_is_told_what_to_do(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A fork's token cannot write and gets no credentials: the job says so instead of failing somewhere else."""
    github.head_repository = "mallory/contact-centre"
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "from a fork is not planned" in ran.log
    assert github.writes == []


def test_a_comment_too_long_is_said(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """GitHub would refuse it without a reason that a reader understands."""
    written(reports, review("prod", HEAD), "x" * 65_536)
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "a comment takes 65536" in ran.log


def held(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A change with something to decide, reviewed and held back."""
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert f"set the label {LABEL}" in ran.log


def commit(author: str, parents: int = 1) -> dict[str, Any]:
    """A commit as the API lists it."""
    return {"author": {"login": author}, "committer": {"login": "web-flow"}, "parents": [{}] * parents}


@pytest.mark.parametrize("permission", ["admin", "write"])
def test_someone_allowed_approves(github: FakeGitHub, run_step: RunStep, reports: Path, permission: str) -> None:
    """The label of a person with write access lets the change pass, and the run records who it was."""
    held(github, run_step, reports)
    github.permissions["grace"] = permission
    github.label(LABEL, "grace")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 0, ran.log
    assert "approved by grace" in ran.summary


@pytest.mark.parametrize("permission", ["read", "none", None])
def test_the_label_alone_is_not_enough(
    github: FakeGitHub, run_step: RunStep, reports: Path, permission: str | None
) -> None:
    """Someone who may triage can set labels, and must not open the door to a contact centre with that."""
    held(github, run_step, reports)
    if permission:
        github.permissions["heidi"] = permission
    github.label(LABEL, "heidi")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "heidi set the label" in ran.log
    assert "no write access" in ran.log


def test_nobody_approves_of_their_own_change(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Neither who opened the pull request nor who has a commit in it: four eyes, not two."""
    held(github, run_step, reports)
    github.permissions |= {"ada": "admin", "grace": "admin"}
    github.commits = [commit("grace")]
    for person in ("ada", "grace"):
        github.label(LABEL, person)
        ran = decide(github, run_step, reports, "prod")
        assert ran.code == 1
        assert f"{person} set the label {LABEL} and has written this change" in ran.log
        github.unlabel(LABEL)


def test_merging_the_base_in_is_not_writing(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Whoever presses "Update branch" has a merge commit there, and may still decide."""
    held(github, run_step, reports)
    github.permissions["grace"] = "write"
    github.commits = [commit("grace", parents=2)]
    github.label(LABEL, "grace")
    assert decide(github, run_step, reports, "prod").code == 0


def test_approval_before_the_review_counts_for_nothing(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Nobody can have decided on what was not there to be read."""
    github.permissions["grace"] = "write"
    github.label(LABEL, "grace")
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "before this review was there" in ran.log


def test_approval_that_was_taken_back(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """The last word counts."""
    held(github, run_step, reports)
    github.permissions["grace"] = "write"
    github.label(LABEL, "grace")
    github.unlabel(LABEL, "grace")
    assert decide(github, run_step, reports, "prod").code == 1


def test_another_label_is_no_approval(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Only the one label decides."""
    held(github, run_step, reports)
    github.permissions["grace"] = "write"
    github.label("bug", "grace")
    assert decide(github, run_step, reports, "prod").code == 1


def test_a_push_takes_the_approval_away(github: FakeGitHub, run_step: RunStep) -> None:
    """The first job removes the label; where it is not set there is nothing to do."""
    step = ("plan", "withdraw", "Remove the label")
    github.label(LABEL, "grace")
    ran = run_step(*step, {"action": "synchronize", "pull_request": github.pull_request()})
    assert (ran.code, github.labels) == (0, []), ran.log
    ran = run_step(*step, {"action": "synchronize", "pull_request": github.pull_request()})
    assert (ran.code, github.writes) == (0, [f"DELETE /issues/7/labels/{LABEL}"])


def test_refused_by_github(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A token without the right ends the step with one line, and never shows itself."""
    written(reports, review("prod", HEAD), "text\n")
    ran = run_step(
        "plan",
        "decide",
        "Write the reviews and decide",
        {"action": "opened", "pull_request": github.pull_request()},
        root=reports.parent,
        needs__find__outputs__environments='["prod"]',
        github__token="secret-and-wrong",
    )
    assert ran.code == 1
    assert "::error::GitHub answers 401" in ran.log
    assert "secret-and-wrong" not in ran.log
    assert "Traceback" not in ran.log


def test_github_out_of_reach(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A connection that breaks ends the step with one line."""
    github.url = "http://127.0.0.1:9"
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "::error::GitHub cannot be reached for GET /issues/7/comments" in ran.log
    assert "Traceback" not in ran.log
