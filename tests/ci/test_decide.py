"""The comments in a pull request, and what holds it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.approval import CHECK
from ci.comment import marker
from tests.ci import workflow
from tests.ci.fake_github import BOT
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


@pytest.fixture(autouse=True)
def pushed(github: FakeGitHub) -> None:
    """The author has pushed the branch; grace may write, and everything is protected as the set-up says."""
    github.push("ada")
    github.permissions["grace"] = "write"


PLANNED = {"read": "success", "find": "success", "plan": "success"}


def decide(
    github: FakeGitHub,
    run_step: RunStep,
    reports: Path,
    *environments: str,
    unplanned: tuple[str, ...] = (),
    results: dict[str, str] | None = None,
) -> workflow.Ran:
    """Run the workflow's last step for a pull request that affects these environments."""
    needs: dict[str, Any] = {
        job: {"result": result, "outputs": {}}
        for job, result in (PLANNED | ({} if environments else {"plan": "skipped"}) | (results or {})).items()
    }
    if needs["find"]["result"] == "success":
        needs["find"]["outputs"] = {"environments": json.dumps(environments), "unplanned": json.dumps(unplanned)}
    return run_step(
        "plan",
        "decide",
        "Show the reviews and decide",
        {"action": "synchronize", "pull_request": github.pull_request()},
        root=reports.parent,
        toJSON_needs=json.dumps(needs),
    )


def test_nothing_to_decide(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A harmless change gets its comment and passes without anyone's approval."""
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
    """Nobody is notified of a review that says the same."""
    written(reports, review("prod", HEAD), "text\n")
    decide(github, run_step, reports, "prod")
    github.writes.clear()
    assert decide(github, run_step, reports, "prod").code == 0
    assert github.writes == []


def test_a_comment_goes_when_its_environment_is_not_affected_any_more(
    github: FakeGitHub, run_step: RunStep, reports: Path
) -> None:
    """What the branch no longer changes must not stand there as if it did."""
    github.comment(marker("dev") + "old")
    written(reports, review("prod", HEAD), "text\n")
    assert decide(github, run_step, reports, "prod").code == 0
    assert len(github.comments) == 1


@pytest.mark.parametrize("head", [OLD, None])
def test_no_review_of_this_commit(github: FakeGitHub, run_step: RunStep, reports: Path, head: str | None) -> None:
    """A plan that failed, or one of an older commit, is no review: the change is held back."""
    if head:
        written(reports, review("prod", head), "old\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "::error::prod: there is no review of aaaaaaa" in ran.log


def test_what_a_comment_says_decides_nothing(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Whoever may write can edit the workflow's own comment: it is rewritten, and never read."""
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    harmless = json.dumps(
        {
            "version": 1,
            "environment": "prod",
            "head": HEAD,
            "digest": "d",
            "decide": [],
            "refused": False,
            "waiting": False,
        }
    )
    github.comment(f"<!-- connect-sso-review {harmless} -->\nNothing to decide.")
    github.comment(marker("prod") + "Nothing to decide.\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert github.comments[-1]["body"] == marker("prod") + "Ada gains Admin\n"


@pytest.mark.parametrize(
    ("job", "result"),
    [
        ("read", "failure"),
        ("find", "failure"),
        ("find", "cancelled"),
        ("find", "skipped"),
        ("plan", "failure"),
        ("plan", "cancelled"),
        ("plan", "skipped"),
    ],
)
def test_a_job_that_did_not_run_is_no_review(
    github: FakeGitHub, run_step: RunStep, reports: Path, job: str, result: str
) -> None:
    """GitHub lets a skipped job pass; here nothing passes that was not looked at."""
    written(reports, review("prod", HEAD), "Nothing to decide.\n")
    ran = decide(github, run_step, reports, "prod", results={job: result})
    assert ran.code == 1
    assert f"the job '{job}' ended with '{result}'" in ran.log


def test_the_required_job_always_runs() -> None:
    """Where it is cancelled or skipped, the check that the branch requires would count as passed."""
    job = workflow.load("plan")["jobs"]["decide"]
    assert job["if"] == "${{ always() }}"
    assert set(job["needs"]) == set(PLANNED)
    assert job["name"] == CHECK


def test_what_leaves_the_review_s_sight_is_decided(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """Moving the state to somebody's machine would take an environment out of every later review."""
    ran = decide(github, run_step, reports, unplanned=("prod moves its state to a local file",))
    assert ran.code == 1
    assert "prod moves its state to a local file" in ran.log
    github.review("grace")
    assert decide(github, run_step, reports, unplanned=("prod moves its state to a local file",)).code == 0


def test_a_refused_plan_cannot_be_approved(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """What Terraform refuses cannot be deployed, whoever approves of it; the comment still says why."""
    written(
        reports,
        review("prod", HEAD, f"instance-replaced:aws_connect_instance.instance:{'2' * 40}", refused=True),
        "why\n",
    )
    decide(github, run_step, reports, "prod")
    github.review("grace")
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


def held(github: FakeGitHub, run_step: RunStep, reports: Path, *says: str) -> None:
    """A change with something to decide is held back, and why is said."""
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert "the review holds something to decide" in ran.log
    for text in says:
        assert text in ran.log


@pytest.mark.parametrize("permission", ["admin", "write"])
def test_someone_allowed_approves(github: FakeGitHub, run_step: RunStep, reports: Path, permission: str) -> None:
    """GitHub's own approval by a person with write access lets the change pass, and the run records who it was."""
    held(github, run_step, reports, "someone with write access has to read the review")
    github.permissions["grace"] = permission
    github.review("grace")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 0, ran.log
    assert "approved by grace" in ran.summary


@pytest.mark.parametrize("permission", ["read", "none", None])
def test_an_approval_without_write_access(
    github: FakeGitHub, run_step: RunStep, reports: Path, permission: str | None
) -> None:
    """Anyone can approve of a pull request in a public repository."""
    if permission:
        github.permissions["heidi"] = permission
    github.review("heidi")
    held(github, run_step, reports, "heidi approved and has no write access")


def test_an_approval_of_another_commit(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """What was pushed after the approval was not approved."""
    github.review("grace", commit=OLD)
    held(github, run_step, reports, "grace approved of bbbbbbb, and not of aaaaaaa")


def test_nobody_approves_of_their_own_push(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """GitHub's log of pushes says who did; an e-mail in a commit, or a change inside a merge commit, says nothing."""
    github.permissions |= {"ada": "admin", "mallory": "write"}
    github.push("mallory", OLD)
    github.push("ada", HEAD)
    for person in ("ada", "mallory"):
        github.reviews.clear()
        github.review(person)
        held(github, run_step, reports, f"{person} approved and has pushed to this branch")
    github.review("grace")
    assert decide(github, run_step, reports, "prod").code == 0


@pytest.mark.parametrize(
    "pushes", [[], [{"after": OLD, "actor": {"login": "ada"}}], [{"after": HEAD, "actor": {"login": "ada"}}] * 100]
)
def test_nobody_knows_who_pushed(
    github: FakeGitHub, run_step: RunStep, reports: Path, pushes: list[dict[str, Any]]
) -> None:
    """Where the log does not show it, or does not end in what can be read, nobody is taken for another."""
    github.pushes = pushes
    github.review("grace")
    held(github, run_step, reports, "GitHub does not list who pushed aaaaaaa")


@pytest.mark.parametrize("state", ["DISMISSED", "CHANGES_REQUESTED"])
def test_approval_that_was_taken_back(github: FakeGitHub, run_step: RunStep, reports: Path, state: str) -> None:
    """The last word counts; a comment is none."""
    github.review("grace")
    github.review("grace", "COMMENTED")
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    assert decide(github, run_step, reports, "prod").code == 0
    github.review("grace", state)
    held(github, run_step, reports)


def test_a_bot_approves_of_nothing(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A workflow can be allowed to approve; it has read nothing."""
    github.permissions[BOT] = "write"
    github.review(BOT, kind="Bot")
    held(github, run_step, reports)


def rules(**changes: Any) -> list[dict[str, Any]]:
    """The rules of the main branch, as the set-up asks for them."""
    asked = {
        "required_approving_review_count": 1,
        "require_code_owner_review": True,
        "require_last_push_approval": True,
        "dismiss_stale_reviews_on_push": True,
    }
    checks = {"required_status_checks": [{"context": CHECK}]}
    return [
        {"type": "pull_request", "parameters": asked | changes},
        {"type": "required_status_checks", "parameters": checks},
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, None),
        ({"required_approving_review_count": 0}, "an approving review"),
        ({"require_code_owner_review": False}, "a review by code owners"),
        ({"require_last_push_approval": False}, "approval of the most recent push"),
        ({"dismiss_stale_reviews_on_push": False}, "stale approvals to be dismissed"),
    ],
)
def test_protection_of_the_branch(
    github: FakeGitHub, run_step: RunStep, reports: Path, change: dict[str, Any], says: str | None
) -> None:
    """Where the rules show that the branch is not protected as the set-up says, no approval counts."""
    github.rules = rules(**change)
    github.review("grace")
    if says is None:
        written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
        assert decide(github, run_step, reports, "prod").code == 0
        return
    written(reports, review("prod", HEAD, ADMIN_GAINED), "Ada gains Admin\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 1
    assert f"the rules of main do not require {says}" in ran.log
    written(reports, review("prod", HEAD), "Nothing to decide\n")
    ran = decide(github, run_step, reports, "prod")
    assert ran.code == 0
    assert f"::warning::the rules of main do not require {says}" in ran.log


@pytest.mark.parametrize(
    ("status", "jobs", "code", "writes"),
    [
        ("completed", [CHECK], 0, ["POST /actions/jobs/1/rerun"]),
        ("in_progress", [CHECK], 0, []),
        ("completed", [], 1, []),
        (None, [], 0, []),
    ],
)
def test_a_review_decides_again(
    github: FakeGitHub, run_step: RunStep, status: str | None, jobs: list[str], code: int, writes: list[str]
) -> None:
    """The job that decides runs again where it ran, so that it reads the record of its own run."""
    if status:
        github.planned(status=status)
    github.jobs = [{"id": 0, "name": "plan prod"}, *({"id": 1, "name": name} for name in jobs)]
    ran = run_step("approve", "again", "Decide again", {"pull_request": github.pull_request()})
    assert (ran.code, github.writes) == (code, writes), ran.log


def test_refused_by_github(github: FakeGitHub, run_step: RunStep, reports: Path) -> None:
    """A token without the right ends the step with one line, and never shows itself."""
    written(reports, review("prod", HEAD), "text\n")
    ran = run_step(
        "plan",
        "decide",
        "Show the reviews and decide",
        {"action": "opened", "pull_request": github.pull_request()},
        root=reports.parent,
        toJSON_needs="{}",
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
