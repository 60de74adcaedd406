"""`make plan` and `make deploy`, with programs in the place of Terraform and cdktf that note how they were called."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal, write

CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\n"
TOKEN = {"OKTA_API_TOKEN": "not-a-real-one"}

FAKE = """#!{python}
import json, os, sys
with open("calls.txt", "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:], os.environ.get("TF_CLI_ARGS_apply", "")]) + "\\n")
assert "deploy" not in sys.argv or os.environ.get("DISABLE_VERSION_CHECK"), "cdktf would ask npm first"
folder = next((word[7:] for word in sys.argv if word.startswith("-chdir=")), "")
if "show" in sys.argv:
    print(os.environ["FAKE_PLAN"])
elif "-detailed-exitcode" in sys.argv:
    sys.exit(int(os.environ.get("FAKE_BEHIND", "0")))
elif "deploy" in sys.argv:
    sys.exit(int(os.environ.get("FAKE_DEPLOY_EXIT", "0")))
elif "plan" in sys.argv:
    open(os.path.join(folder, "plan"), "w").close()
    sys.exit(int(os.environ.get("FAKE_PLAN_EXIT", "0")))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with fake programs in it."""
    (tmp_path / "environments").mkdir()
    for name in ("main.py", "cdktf.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("terraform", "node_modules/.bin/cdktf"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(FAKE.format(python=sys.executable), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def plan_json(actions: list[str]) -> str:
    """A plan of the instance alone."""
    change: dict[str, Any] = {
        "actions": actions,
        "before": None,
        "after": {},
        "after_unknown": {},
        "before_sensitive": False,
        "after_sensitive": {},
    }
    resource = {
        "address": "aws_connect_instance.instance",
        "mode": "managed",
        "type": "aws_connect_instance",
        "name": "instance",
        "change": change,
    }
    return json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [resource]})


def operate(
    project: Path, *arguments: str, module: str = "connect_sso.terraform.operations", **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OKTA_")}
    environment |= {"TERRAFORM_BINARY_NAME": str(project / "terraform"), "FAKE_PLAN": plan_json(["no-op"])} | variables
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def calls(project: Path) -> list[list[Any]]:
    text = (project / "calls.txt").read_text(encoding="utf-8") if (project / "calls.txt").exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def deployments(project: Path) -> list[list[Any]]:
    return [call for call in calls(project) if call[0] == "cdktf"]


def with_crowd(project: Path, **changes: Any) -> None:
    (project / "environments" / "agents.csv").write_text(CSV, encoding="utf-8")
    write(project / "environments", "dev", minimal(users_file="agents.csv", **changes))


def test_without_okta_credentials_nothing_starts(project: Path) -> None:
    """The message names the variables that the provider reads, before Terraform says something less clear."""
    write(project / "environments", "dev", minimal())
    done = operate(project, "plan", "dev")
    assert done.returncode == 1
    assert "OKTA_API_TOKEN" in done.stderr
    assert "OKTA_API_CLIENT_ID with OKTA_API_PRIVATE_KEY" in done.stderr
    assert calls(project) == []


def test_a_remote_run_has_its_own_credentials(project: Path) -> None:
    """They are variables of its workspace, not of this shell."""
    write(project / "environments", "dev", minimal(state={"cloud": {"organization": "acme", "workspace": "w"}}))
    assert operate(project, "plan", "dev").returncode == 0


def test_the_crowd_waits_for_the_instance(project: Path) -> None:
    """A plan that makes the instance cannot find it by its alias yet; that is said."""
    with_crowd(project)
    done = operate(project, "plan", "dev", FAKE_PLAN=plan_json(["create"]), **TOKEN)
    assert done.returncode == 0
    assert "dev-users is not planned yet" in done.stderr
    assert not any("dev-users" in str(call) for call in calls(project))


@pytest.mark.parametrize(("refresh", "expected"), [("", True), ("true", False)])
def test_the_crowd_is_planned_without_refresh(project: Path, refresh: str, *, expected: bool) -> None:
    """No call per person, unless someone asks for it; the environment's own stack is refreshed as ever."""
    with_crowd(project)
    operate(project, "plan", "dev", REFRESH=refresh, **TOKEN)
    own, crowd = (
        next(call for call in calls(project) if call[2] == "plan" and call[1].endswith(name))
        for name in ("/dev", "/dev-users")
    )
    assert "-refresh=false" not in own
    assert ("-refresh=false" in crowd) is expected


def test_a_refused_plan_is_reviewed_and_still_fails(project: Path) -> None:
    """Terraform's exit code is the target's; the review says why and what it would have cost."""
    write(project / "environments", "dev", minimal())
    refused = json.loads(plan_json(["delete", "create"])) | {"errored": True}
    done = operate(project, "plan", "dev", FAKE_PLAN=json.dumps(refused), FAKE_PLAN_EXIT="1", **TOKEN)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "dev: 1 thing a person must decide; Terraform refused this plan."
    assert "instance-replaced" in done.stdout


def test_deploy_takes_the_stacks_in_order(project: Path) -> None:
    """Two calls of cdktf, since it cannot give each stack its own arguments."""
    with_crowd(project)
    done = operate(project, "deploy", "dev", DEPLOY_ARGS="--auto-approve", TF_CLI_ARGS_apply="-parallelism=2", **TOKEN)
    assert done.returncode == 0
    assert deployments(project) == [
        ["cdktf", "deploy", "dev", "--auto-approve", "-parallelism=2"],
        [
            *["cdktf", "deploy", "dev-users", "--ignore-missing-stack-dependencies", "--auto-approve"],
            "-parallelism=2 -refresh=false",
        ],
    ]


def test_the_crowd_waits_for_a_deployment_that_failed(project: Path) -> None:
    with_crowd(project)
    done = operate(project, "deploy", "dev", DEPLOY_ARGS="--auto-approve", FAKE_DEPLOY_EXIT="3", **TOKEN)
    assert done.returncode == 3
    assert "dev-users is not deployed, since dev could not be" in done.stderr
    assert [call[2] for call in deployments(project)] == ["dev"]


def test_the_crowd_waits_for_a_deployment_that_was_dismissed(project: Path) -> None:
    """cdktf's exit code does not tell; Terraform still has something to do."""
    with_crowd(project)
    done = operate(project, "deploy", "dev", FAKE_BEHIND="2", **TOKEN)
    assert done.returncode == 1
    assert "dev-users is not deployed, since dev has not been" in done.stderr
    assert [call[:3] for call in deployments(project)] == [["cdktf", "deploy", "dev"]]


def test_the_crowd_follows_an_approved_deployment(project: Path) -> None:
    with_crowd(project)
    assert operate(project, "deploy", "dev", **TOKEN).returncode == 0
    assert [call[2] for call in deployments(project)] == ["dev", "dev-users"]


@pytest.mark.parametrize(
    ("arguments", "accept", "code"),
    [
        ("", "", 0),  # a person is asked, with the review above the question
        ("--auto-approve", "", 3),
        ("--auto-approve", "mass-removal", 3),
        ("--auto-approve", "instance-destroyed:aws_connect_instance.other", 3),
        ("--auto-approve", "instance-destroyed:aws_connect_instance.instance", 0),
        ("--auto-approve", "mass-removal; instance-destroyed", 0),
    ],
)
def test_what_must_be_decided_is_shown_before_the_deployment(
    project: Path, arguments: str, accept: str, code: int
) -> None:
    """Nothing dangerous is deployed that nobody has been shown, or has named."""
    write(project / "environments", "dev", minimal())
    done = operate(
        project, "deploy", "dev", FAKE_PLAN=plan_json(["delete"]), DEPLOY_ARGS=arguments, ACCEPT=accept, **TOKEN
    )
    assert done.returncode == code, done.stderr
    assert "instance-destroyed" in done.stdout
    assert bool(deployments(project)) is (code == 0)


def test_a_plan_that_fails_is_not_deployed(project: Path) -> None:
    write(project / "environments", "dev", minimal())
    assert operate(project, "deploy", "dev", FAKE_PLAN_EXIT="1", **TOKEN).returncode == 1
    assert deployments(project) == []


@pytest.mark.parametrize(
    ("actions", "code"), [(["no-op"], "0"), (["create"], "0"), (["delete", "create"], "0"), (["no-op"], "1")]
)
def test_the_workflows_plan_what_a_person_plans(project: Path, actions: list[str], code: str) -> None:
    """The same stacks in the same order, and the crowd waits for the same reasons."""
    with_crowd(project)
    (project / "ci").symlink_to(ROOT / "ci")
    given = {"FAKE_PLAN": plan_json(actions), "FAKE_PLAN_EXIT": code, "HEAD": "a" * 40}
    operate(project, "plan", "dev", **TOKEN, **given)
    by_hand = calls(project)
    (project / "calls.txt").unlink()
    done = operate(project, "dev", "review", module="ci.plan", **given)
    assert done.returncode == 0, done.stderr
    assert [[word for word in call if word != "-lock=false"] for call in calls(project)] == by_hand
