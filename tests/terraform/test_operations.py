"""`cdktf diff`, `deploy` and `destroy`, with a program in the place of Terraform that notes how it was called."""

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
from tests.sandbox.terraform import Result
from tests.terminal import type_command

CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\n"
AWS = {"AWS_ACCESS_KEY_ID": "not-a-real-one", "AWS_SECRET_ACCESS_KEY": "not-a-real-one"}
TOKEN = {"OKTA_API_TOKEN": "not-a-real-one", **AWS}

FAKE = """#!{python}
import json, os, sys
with open("calls.txt", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
folder = next((word[7:] for word in sys.argv if word.startswith("-chdir=")), "")
plan = json.loads(os.environ["FAKE_PLAN"])
if "show" in sys.argv:
    print(os.environ["FAKE_PLAN"] if "-json" in sys.argv else "the whole plan")
elif "apply" in sys.argv:
    sys.exit(int(os.environ.get("FAKE_APPLY_EXIT", "0")))
elif "plan" in sys.argv:
    open(os.path.join(folder, "plan"), "w").close()
    print("aws_iam_role.Okta_Role: Refreshing state...")
    print("The plan.")
    changes = any(each["change"]["actions"] != ["no-op"] for each in plan["resource_changes"])
    sys.exit(int(os.environ.get("FAKE_PLAN_EXIT", "2" if changes else "0")))
elif "-lockfile=readonly" in sys.argv and os.environ.get("FAKE_INIT"):
    print(os.environ["FAKE_INIT"])
    sys.exit(1)
"""
"""In the place of Terraform."""


SYNTHESIS = """
import json, os, pathlib
from connect_sso.environment.loading import load_one
stacks = {}
for name in os.environ["ENVIRONMENT"].split(","):
    environment = load_one(name).environment
    state = {"backend": {}} if environment.state == "local" else {"cloud": {}}
    for stack in [name, *([f"{name}-users"] if environment.users_file else [])]:
        folder = pathlib.Path("cdktf.out/stacks", stack)
        folder.mkdir(parents=True, exist_ok=True)
        resources = {"aws_connect_instance": {"instance": {}}} if stack == name else {}
        content = {"terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}, **state}, "resource": resources}
        (folder / "cdk.tf.json").write_text(json.dumps(content))
        stacks[stack] = {"dependencies": [] if stack == name else [name]}
pathlib.Path("cdktf.out/manifest.json").write_text(json.dumps({"stacks": stacks}))
"""
"""In the place of main.py, which takes a second longer: what matters here of a stack."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with fake programs in it."""
    (tmp_path / "environments").mkdir()
    shutil.copy(ROOT / "cdktf.json", tmp_path)
    (tmp_path / "main.py").write_text(SYNTHESIS, encoding="utf-8")
    program = tmp_path / "terraform"
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


def variables(project: Path, **more: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OKTA_", "CDKTF_"))}
    given = {"TERRAFORM_BINARY_NAME": str(project / "terraform"), "FAKE_PLAN": plan_json(["create"])}
    return environment | given | more


def operate(
    project: Path, *arguments: str, module: str = "connect_sso.terraform.cdktf_command", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with nobody to ask."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project,
        env=variables(project, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def ask(project: Path, *arguments: str, answers: list[tuple[str, str]], **more: str) -> Result:
    """Type a command in a terminal, and answer."""
    command = [sys.executable, "-m", "connect_sso.terraform.cdktf_command", *arguments]
    return type_command(command, variables(project, **more), project, answers=answers)


def calls(project: Path) -> list[list[str]]:
    """How Terraform was called."""
    text = (project / "calls.txt").read_text(encoding="utf-8") if (project / "calls.txt").exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def applied(project: Path) -> list[str]:
    """The stacks whose saved plans were applied, in that order."""
    applies = [call for call in calls(project) if "apply" in call]
    assert all(call[-1] == "plan" for call in applies), "what is applied is the plan that was reviewed"
    return [call[0].rpartition("/")[2] for call in applies]


def with_crowd(project: Path, **changes: Any) -> None:
    (project / "environments" / "agents.csv").write_text(CSV, encoding="utf-8")
    write(project / "environments", "dev", minimal(users_file="agents.csv", **changes))


def test_without_okta_credentials_nothing_starts(project: Path) -> None:
    """The message names the variables that the provider reads, before Terraform says something less clear."""
    write(project / "environments", "dev", minimal())
    done = operate(project, "diff", "dev", **AWS)
    assert done.returncode == 1
    assert "OKTA_API_TOKEN" in done.stderr
    assert "OKTA_API_CLIENT_ID, OKTA_API_PRIVATE_KEY" in done.stderr
    assert calls(project) == []


def test_a_remote_run_has_its_own_credentials(project: Path) -> None:
    """They are variables of its workspace, not of this shell."""
    write(project / "environments", "dev", minimal(state={"cloud": {"organization": "acme", "workspace": "w"}}))
    assert operate(project, "diff", "dev").returncode == 0


def test_the_crowd_waits_for_the_instance(project: Path) -> None:
    """A plan that makes the instance cannot find it by its alias yet; that is said."""
    with_crowd(project)
    done = operate(project, "diff", "dev", **TOKEN)
    assert done.returncode == 0
    assert "dev-users is not planned yet" in done.stderr
    assert not any("dev-users" in str(call) for call in calls(project))


@pytest.mark.parametrize(("refresh", "expected"), [("", True), ("true", False)])
def test_the_crowd_is_planned_without_refresh(project: Path, refresh: str, *, expected: bool) -> None:
    """No call per person, unless someone asks for it; the environment's own stack is refreshed as ever."""
    with_crowd(project)
    operate(project, "diff", "dev", REFRESH=refresh, FAKE_PLAN=plan_json(["no-op"]), **TOKEN)
    own, crowd = (
        next(call for call in calls(project) if call[1] == "plan" and call[0].endswith(name))
        for name in ("/dev", "/dev-users")
    )
    assert "-refresh=false" not in own
    assert ("-refresh=false" in crowd) is expected


def test_a_refused_plan_is_reviewed_and_still_fails(project: Path) -> None:
    """Terraform's exit code is the command's; the review says why and what it would have cost."""
    write(project / "environments", "dev", minimal())
    refused = json.loads(plan_json(["delete", "create"])) | {"errored": True}
    done = operate(project, "diff", "dev", FAKE_PLAN=json.dumps(refused), FAKE_PLAN_EXIT="1", **TOKEN)
    assert done.returncode == 1
    assert "dev: 1 thing a person must decide; Terraform refused this plan." in done.stdout.splitlines()
    assert "instance-replaced" in done.stdout


def test_diff_shows_the_plan_without_the_lookups(project: Path) -> None:
    write(project / "environments", "dev", minimal())
    done = operate(project, "plan", "dev", **TOKEN)
    assert done.returncode == 0
    assert done.stdout.startswith("The plan.\ndev: ")
    assert "Refreshing" not in done.stdout


@pytest.mark.parametrize(
    ("command", "answer", "expected", "code"),
    [
        ("deploy", "yes", ["dev", "dev-users"], 0),
        ("apply", "yes", ["dev", "dev-users"], 0),
        ("deploy", "", [], 1),
        ("deploy", "y", [], 1),
        ("destroy", "yes", ["dev-users", "dev"], 0),
        ("destroy", "no", [], 1),
    ],
)
def test_only_a_typed_yes_goes_on(project: Path, command: str, answer: str, expected: list[str], code: int) -> None:
    """A stray Enter changes nothing; the crowd follows its environment, and goes before it."""
    with_crowd(project)
    done = ask(
        project,
        command,
        "dev",
        answers=[("anything else stops:", f"{answer}\n")],
        FAKE_PLAN=plan_json(["update"]),
        **TOKEN,
    )
    assert done.code == code, done.text
    assert applied(project) == expected
    assert done.text.index("review of dev-users") < done.text.index("exactly as planned?")


@pytest.mark.parametrize(("key", "code", "says"), [("\x03", 130, "stopped"), ("\x04", 1, "nothing is done")])
def test_a_question_that_is_left(project: Path, key: str, code: int, says: str) -> None:
    """Ctrl-C and Ctrl-D: nothing is deployed, and no traceback."""
    write(project / "environments", "dev", minimal())
    done = ask(project, "deploy", "dev", answers=[("anything else stops:", key)], **TOKEN)
    assert (done.code, applied(project)) == (code, [])
    assert done.text.rstrip().splitlines()[-1].startswith(f"==> {says}")
    assert "Traceback" not in done.text


def test_what_was_typed_before_the_question_is_no_answer(project: Path) -> None:
    """Nobody approves of a review that was not on the screen yet."""
    write(project / "environments", "dev", minimal())
    answers = [("synthesizing", "yes\n"), ("anything else stops:", "\n")]
    done = ask(project, "deploy", "dev", answers=answers, **TOKEN)
    assert (done.code, applied(project)) == (1, [])


def test_the_whole_plan_on_request(project: Path) -> None:
    write(project / "environments", "dev", minimal())
    answers = [("anything else stops:", "plan\n"), ("anything else stops:", "yes\n")]
    done = ask(project, "deploy", "dev", answers=answers, **TOKEN)
    assert (done.code, applied(project)) == (0, ["dev"])
    assert "the whole plan" in done.text


def test_the_crowd_of_a_new_instance_is_asked_about_once_it_is_planned(project: Path) -> None:
    with_crowd(project)
    answers = [("Deploy dev, exactly", "yes\n"), ("Deploy dev-users, exactly", "no\n")]
    done = ask(project, "deploy", "dev", answers=answers, **TOKEN)
    assert (done.code, applied(project)) == (1, ["dev"])


def test_nobody_is_asked_where_nothing_changes(project: Path) -> None:
    with_crowd(project)
    done = ask(project, "deploy", "dev", answers=[], FAKE_PLAN=plan_json(["no-op"]), **TOKEN)
    assert (done.code, applied(project)) == (0, [])
    assert "dev and dev-users: nothing to do" in done.text


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_nobody_to_ask(project: Path, command: str) -> None:
    """It ends at once, and says what would go on."""
    write(project / "environments", "dev", minimal())
    done = operate(project, command, "dev", **TOKEN)
    assert done.returncode == 2
    assert "there is no terminal" in done.stderr
    assert "--auto-approve" in done.stderr
    assert calls(project) == []


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["dev"], ["dev", "dev-users"]),
        (["dev", "--only"], ["dev"]),
        (["dev-users"], ["dev-users"]),
        (["dev-users", "dev"], ["dev", "dev-users"]),
        (["de*"], ["dev", "dev-users"]),
        (["*", "--only"], ["dev", "dev-users", "prod"]),
        (["prod", "dev"], ["dev", "dev-users", "prod"]),
    ],
)
def test_the_stacks_that_are_named(project: Path, named: list[str], expected: list[str]) -> None:
    with_crowd(project)
    write(
        project / "environments",
        "prod",
        minimal(connect__alias="acme-prod", apps__admin__label="Prod", aws__account_id="444455556666"),
    )
    done = operate(
        project, "deploy", *named, "--auto-approve", FAKE_PLAN=plan_json(["update"]), ACCEPT="new-environment", **TOKEN
    )
    assert (done.returncode, applied(project)) == (0, expected), done.stderr


def test_a_neighbour_that_is_wrong(project: Path) -> None:
    """Only what is named has to be right; `'*'` names everything."""
    shutil.copy(ROOT / "main.py", project)
    write(project / "environments", "dev", minimal())
    (project / "environments" / "prod.yaml").write_text("aws: [", encoding="utf-8")
    assert operate(project, "diff", "dev", **TOKEN).returncode == 0
    wrong = operate(project, "diff", "*", **TOKEN)
    assert wrong.returncode == 1
    assert "prod.yaml:2:1: not valid YAML" in wrong.stderr


@pytest.mark.parametrize(
    ("named", "says"), [(["dve"], "no stack is called 'dve'; did you mean dev?"), ([], "name a stack")]
)
def test_a_stack_that_is_not_there(project: Path, named: list[str], says: str) -> None:
    with_crowd(project)
    write(project / "environments", "prod", minimal())
    done = operate(project, "diff", *named, **TOKEN)
    assert done.returncode == 2
    assert says in done.stderr
    assert "are: dev, dev-users, prod" in done.stderr


def test_the_crowd_waits_for_a_deployment_that_failed(project: Path) -> None:
    with_crowd(project)
    done = operate(
        project, "deploy", "dev", "--auto-approve", FAKE_PLAN=plan_json(["update"]), FAKE_APPLY_EXIT="1", **TOKEN
    )
    assert done.returncode == 1
    assert applied(project) == ["dev"]


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("", 3),
        ("mass-removal", 3),
        ("instance-destroyed:aws_connect_instance.other", 3),
        ("instance-destroyed:aws_connect_instance.instance", 0),
        ("mass-removal; instance-destroyed", 0),
    ],
)
def test_unasked_only_what_a_person_has_decided(project: Path, accept: str, code: int) -> None:
    """Nothing dangerous is deployed that nobody has been shown, or has named."""
    write(project / "environments", "dev", minimal())
    done = operate(project, "deploy", "dev", "--auto-approve", FAKE_PLAN=plan_json(["delete"]), ACCEPT=accept, **TOKEN)
    assert done.returncode == code, done.stderr
    assert "instance-destroyed" in done.stdout
    if code == 3:
        assert "ACCEPT=instance-destroyed:aws_connect_instance.instance\n" in done.stderr
    assert applied(project) == (["dev"] if code == 0 else [])


def test_a_review_that_cannot_be_made_stops(project: Path) -> None:
    write(project / "environments", "dev", minimal())
    done = operate(
        project, "deploy", "dev", "--auto-approve", FAKE_PLAN='{"resource_changes": [], "format_version": "9"}', **TOKEN
    )
    assert done.returncode == 1
    assert "could not be reviewed" in done.stderr
    assert applied(project) == []


def test_a_plan_that_fails_is_not_deployed(project: Path) -> None:
    write(project / "environments", "dev", minimal())
    done = operate(project, "deploy", "dev", "--auto-approve", FAKE_PLAN_EXIT="1", **TOKEN)
    assert done.returncode == 1
    assert "The plan." in done.stdout
    assert applied(project) == []


def test_options_reach_terraform(project: Path) -> None:
    """Those of `cdktf deploy`, in the spellings that it takes."""
    write(project / "environments", "dev", minimal())
    (project / "more.tfvars").touch()
    options = [
        "--autoApprove=true",
        "--terraform-parallelism=3",
        "--var",
        "a=b",
        "--var-file=more.tfvars",
        "--no-color",
    ]
    done = operate(project, "deploy", "dev", *options, ACCEPT="new-environment", **TOKEN)
    assert done.returncode == 0, done.stderr
    plan, apply = (next(call for call in calls(project) if word in call) for word in ("plan", "apply"))
    assert {"-parallelism=3", "-var=a=b", f"-var-file={project / 'more.tfvars'}", "-no-color"} <= set(plan)
    assert {"-parallelism=3", "-no-color"} <= set(apply)


@pytest.mark.parametrize(
    ("actions", "code"), [(["no-op"], "0"), (["create"], "2"), (["delete", "create"], "2"), (["no-op"], "1")]
)
def test_the_workflows_plan_what_a_person_plans(project: Path, actions: list[str], code: str) -> None:
    """The same stacks in the same order, and the crowd waits for the same reasons."""
    with_crowd(project)
    (project / "ci").symlink_to(ROOT / "ci")
    given = {"FAKE_PLAN": plan_json(actions), "FAKE_PLAN_EXIT": code, "HEAD": "a" * 40}
    operate(project, "diff", "dev", **TOKEN, **given)
    by_hand = calls(project)
    (project / "calls.txt").unlink()
    done = operate(project, "dev", "review", module="ci.plan", **given)
    assert done.returncode == 0, done.stderr
    assert [[word for word in call if word != "-lock=false"] for call in calls(project)] == by_hand
