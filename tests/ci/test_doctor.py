"""One issue for each environment: opened, brought up to date, closed when all is well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.ci import workflow
from tests.environment_files import minimal, write
from tests.sandbox.companies import EMPTY
from tests.sandbox.http.serving import accounts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.conftest import RunStep
    from tests.ci.fake_github import FakeGitHub

RUN = {"github__server_url": "https://github.com", "github__repository": "acme/contact-centre", "github__run_id": "5"}


def kept(run_step: RunStep, root: Path, *found: dict[str, Any]) -> str:
    """Run the job's step over what was found."""
    if not (root / "ci").is_symlink():
        (root / "ci").symlink_to(workflow.ROOT / "ci")
    folder = root / "diagnosis"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for each in found:
        (folder / f"{each['environment']}.json").write_text(json.dumps(each), encoding="utf-8")
    ran = run_step("doctor", "report", "Keep one issue for each environment", {}, root=root, **RUN)
    assert ran.code == 0, ran.log
    return ran.log


def found(environment: str, report: str, *, healthy: bool = False) -> dict[str, Any]:
    return {"environment": environment, "healthy": healthy, "report": report}


def test_an_issue_comes_and_goes(run_step: RunStep, github: FakeGitHub, tmp_path: Path) -> None:
    log = kept(run_step, tmp_path, found("prod", "one thing"), found("staging", "fine", healthy=True))
    assert "prod: opened issue 11" in log
    assert "staging: healthy" in log
    [issue] = github.issues
    assert issue["title"] == "Sign-in to prod: something to do"
    assert issue["body"].startswith("<!-- connect-sso-doctor prod -->\none thing\n")
    assert "https://github.com/acme/contact-centre/actions/runs/5" in issue["body"]

    kept(run_step, tmp_path, found("prod", "another thing"))
    assert len(github.issues) == 1
    assert "another thing" in github.issues[0]["body"]

    kept(run_step, tmp_path)
    assert github.issues[0]["state"] == "open", "what could not be examined keeps its issue"

    kept(run_step, tmp_path, found("prod", "healthy", healthy=True))
    assert github.issues[0]["state"] == "closed"
    kept(run_step, tmp_path, found("prod", "again"))
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]


def test_only_what_this_workflow_wrote_is_its_issue(run_step: RunStep, github: FakeGitHub, tmp_path: Path) -> None:
    """Somebody else's issue with the same first line is neither rewritten nor closed."""
    github.issue("Mine", "<!-- connect-sso-doctor prod -->\nmine", author="mallory")
    kept(run_step, tmp_path, found("prod", "healthy", healthy=True))
    assert github.writes == []
    kept(run_step, tmp_path, found("prod", "a thing"))
    assert [issue["user"]["login"] for issue in github.issues] == ["mallory", "github-actions[bot]"]


def test_a_long_report_fits(run_step: RunStep, github: FakeGitHub, tmp_path: Path) -> None:
    kept(run_step, tmp_path, found("prod", "\n".join(f"- person {number}" for number in range(10_000))))
    assert len(github.issues[0]["body"]) <= 65_536
    assert "Cut here" in github.issues[0]["body"]


def examined(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "ci/run.py", "examine", "test", "diagnosis"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OKTA_"))}
    return subprocess.run(
        command, cwd=folder, env=clean | variables, capture_output=True, text=True, check=False, timeout=120
    )


def test_what_is_found_is_written_for_the_issue(tmp_path: Path) -> None:
    """An org and an account on their first day: what the file promises is missing, and each is told once."""
    (tmp_path / "ci").symlink_to(workflow.ROOT / "ci")
    (tmp_path / "environments").mkdir()
    write(tmp_path / "environments", "test", minimal())
    with accounts(tmp_path / "accounts", company=EMPTY) as running:
        done = examined(tmp_path, running.variables())
        wrong = examined(tmp_path, running.variables() | {"OKTA_API_TOKEN": "wrong"})
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "diagnosis" / "test.json").read_text(encoding="utf-8"))
    assert written["environment"] == "test"
    assert written["healthy"] is False
    for code in ("instance-missing", "app-missing", "role-missing", "saml-provider-missing", "group-missing"):
        assert f"(`{code}`)" in written["report"]
    assert wrong.returncode == 1
    assert "test could not be examined: acme.okta.com does not take" in wrong.stderr
    assert "Traceback" not in wrong.stderr
