"""The workflow files themselves: valid, and no more trusting than they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci import workflow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

PINNED = re.compile(r"^[\w.-]+/[\w.-]+@[0-9a-f]{40}$")
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
MAY_WRITE = {
    "approve/again": {"actions"},
    "plan/decide": {"pull-requests"},
    "deploy/tell": {"pull-requests"},
    "doctor/examine": {"id-token"},
    "doctor/report": {"issues"},
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
    if writes & {"pull-requests", "actions", "issues"}:
        assert "secrets." not in text
        assert "configure-aws-credentials" not in text
    for step in job["steps"]:
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_forks_get_nothing() -> None:
    """Code of a fork never runs with secrets: no `pull_request_target`, and the jobs with rights ask for the repository."""
    for path in workflow.WORKFLOWS.glob("*.yml"):
        assert "pull_request_target" not in path.read_text(encoding="utf-8")
    for name, job in (("plan", "plan"), ("approve", "again")):
        condition = workflow.load(name)["jobs"][job]["if"]
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
    assert [path.replace(" ", "") for path in _joined(paths)] == [
        "reviews/*.json",
        "outcome/${{matrix.environment}}.json",
        "diagnosis/${{matrix.environment}}.json",
        *names,
    ]


def _joined(words: list[str]) -> list[str]:
    """Paths whose expressions were split at their spaces, whole again."""
    return re.findall(r"reviews/\*\.json|\S+?\$\{\{ ?matrix\.environment ?\}\}\.\w+", " ".join(words))


def test_a_merge_deploys_one_environment_after_the_other() -> None:
    """Two environments at once would deploy production before anyone has seen staging fail."""
    deploy = workflow.load("deploy")["jobs"]["deploy"]
    assert deploy["strategy"]["max-parallel"] == 1
    assert deploy["strategy"]["fail-fast"] is True
    assert deploy["environment"] == "${{ matrix.environment }}"
    checkout = deploy["steps"][0]
    assert checkout["with"]["ref"] == "${{ github.sha }}"


def test_a_cancelled_deployment_is_told() -> None:
    """GitHub signals a step's first process alone; a shell in between would let Terraform be killed without a word."""
    (deploy,) = (
        step["run"] for step in workflow.load("deploy")["jobs"]["deploy"]["steps"] if step.get("name") == "Deploy"
    )
    assert deploy.startswith("exec ")
    assert len(deploy.splitlines()) == 1


def test_programs_with_a_token_are_isolated() -> None:
    """`python -m ci.NAME` would look for `json`, `click` and `cdktf` beside `ci/` first."""
    programs = [
        line
        for _, job in workflow.jobs()
        for step in job["steps"]
        for line in step.get("run", "").splitlines()
        if "python" in line
    ]
    assert len(programs) >= 9
    for line in programs:
        assert re.match(r"(exec )?(python3|\.venv/bin/python) -I ci/run\.py \w+", line), line


@pytest.mark.parametrize(
    "name", ["json.py", "urllib/__init__.py", "pathlib.py", "click/__init__.py", "sitecustomize.py"]
)
def test_a_file_beside_ci_does_not_run(run_step: RunStep, tmp_path: Path, github: FakeGitHub, name: str) -> None:
    """A pull request that brings one along gets no hold of the token."""
    (tmp_path / "ci").symlink_to(workflow.ROOT / "ci")
    planted = tmp_path / name
    planted.parent.mkdir(exist_ok=True)
    planted.write_text("raise SystemExit('planted')\n", encoding="utf-8")
    ran = run_step("approve", "again", "Decide again", {"pull_request": github.pull_request()}, root=tmp_path)
    assert ran.code == 0, ran.log
    assert "planted" not in ran.log


@pytest.mark.parametrize("name", ["json.py", "click/__init__.py", "cdktf/__init__.py", "yaml.py"])
def test_a_file_beside_main_does_not_run_with_credentials(tmp_path: Path, name: str) -> None:
    """The programs that plan and deploy start the app and the review, which import from the installed packages alone."""
    (tmp_path / "environments").mkdir()
    for linked in ("ci", "main.py"):
        (tmp_path / linked).symlink_to(workflow.ROOT / linked)
    planted = tmp_path / name
    planted.parent.mkdir(exist_ok=True)
    planted.write_text("raise SystemExit('planted')\n", encoding="utf-8")
    command = [sys.executable, "-I", "ci/run.py", "plan", "dev", "review"]
    variables = os.environ | {"HEAD": "a" * 40}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert "environments: no environment files" in done.stderr
    assert "planted" not in done.stderr


def test_the_programs_start_isolated_or_not_at_all() -> None:
    done = subprocess.run(
        [sys.executable, "ci/run.py", "again"], cwd=workflow.ROOT, capture_output=True, text=True, check=False
    )
    assert "start it as `python3 -I ci/run.py`" in done.stderr


OWNERS = (workflow.ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("environments/prod.yaml", "/environments/*.yaml"),
        ("environments/prod-agents.csv", "/environments/*.csv"),
        ("environments/environment.schema.json", "*"),
        ("environments/sub/prod.yaml", "*"),
        ("json.py", "*"),
        ("ci/decide.py", "*"),
        (".github/CODEOWNERS", "*"),
    ],
)
def test_every_file_has_owners(path: str, pattern: str) -> None:
    """All but what operations people edit belongs to those who keep the project; the last line that matches counts."""
    lines = [line.split() for line in OWNERS.splitlines() if line and not line.startswith("#")]
    assert all(len(line) > 1 for line in lines)
    matching = [
        line[0]
        for line in lines
        if line[0] == "*" or re.fullmatch(re.escape(line[0].lstrip("/")).replace(r"\*", "[^/]*"), path)
    ]
    assert matching[-1] == pattern
