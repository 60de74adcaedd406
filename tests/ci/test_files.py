"""The workflow files themselves: valid, and no more trusting than they say."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from tests.ci import workflow

PINNED = re.compile(r"^[\w.-]+/[\w.-]+@[0-9a-f]{40}$")
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
MAY_WRITE = {
    "plan/withdraw": {"pull-requests"},
    "plan/decide": {"pull-requests"},
    "deploy/tell": {"pull-requests"},
    "plan/plan": {"id-token"},
    "deploy/deploy": {"id-token"},
}


def test_github_takes_the_workflows() -> None:
    """Each file is valid by the schema that GitHub's own editor support uses: a typo would only show after the merge."""
    files = sorted(map(str, workflow.WORKFLOWS.glob("*.yml")))
    assert files
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(workflow.WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Any) -> None:
    """A tag can be moved to other code; a commit cannot. The release it stands for is named beside it for the reader."""
    for action, rest in USES.findall(path.read_text(encoding="utf-8")):
        assert PINNED.match(action), f"{path.name}: {action} is not pinned by a commit"
        assert re.match(r"^ # v\d+\.\d+\.\d+$", rest), f"{path.name}: {action} does not name its release"


@pytest.mark.parametrize(
    ("name", "job"), list(workflow.jobs()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_job_gets_the_least(name: str, job: dict[str, Any]) -> None:
    """No job holds both a token that can write to the repository and credentials of a cloud, and none keeps its token."""
    assert workflow.load(name.split("/", maxsplit=1)[0])["permissions"] == {}
    writes = {scope for scope, access in job["permissions"].items() if access == "write"}
    assert writes == MAY_WRITE.get(name, set())
    text = str(job)
    if "pull-requests" in writes:
        assert "secrets." not in text
        assert "configure-aws-credentials" not in text
    for step in job["steps"]:
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_forks_get_nothing() -> None:
    """Code of a fork never runs with secrets: no `pull_request_target`, and the jobs with rights ask for the repository."""
    for path in workflow.WORKFLOWS.glob("*.yml"):
        assert "pull_request_target" not in path.read_text(encoding="utf-8")
    for name in ("plan", "withdraw"):
        condition = workflow.load("plan")["jobs"][name]["if"]
        assert "github.event.pull_request.head.repo.full_name == github.repository" in condition


def test_no_plan_is_uploaded() -> None:
    """A plan as JSON holds secrets in clear: artifacts hold only the review in words and its summary."""
    paths = [
        line
        for _, job in workflow.jobs()
        for step in job["steps"]
        if "upload-artifact" in step.get("uses", "")
        for line in step["with"]["path"].split()
    ]
    names = ["review/${{matrix.environment}}.md", "review/${{matrix.environment}}.json"]
    assert [path.replace(" ", "") for path in _joined(paths)] == ["outcome/${{matrix.environment}}.json", *names]


def _joined(words: list[str]) -> list[str]:
    """Paths whose expressions were split at their spaces, whole again."""
    return re.findall(r"\S+?\$\{\{ ?matrix\.environment ?\}\}\.\w+", " ".join(words))


def test_a_merge_deploys_one_environment_after_the_other() -> None:
    """Two environments at once would deploy production before anyone has seen staging fail."""
    deploy = workflow.load("deploy")["jobs"]["deploy"]
    assert deploy["strategy"]["max-parallel"] == 1
    assert deploy["strategy"]["fail-fast"] is True
    assert deploy["environment"] == "${{ matrix.environment }}"
    checkout = deploy["steps"][0]
    assert checkout["with"]["ref"] == "${{ github.sha }}"
