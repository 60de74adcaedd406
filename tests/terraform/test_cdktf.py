"""What people type: the pinned cdktf command line, and `make deploy` on top of it, with the real Terraform in the sandbox."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal, write
from tests.sandbox.terraform import Result, Sandbox

pytestmark = pytest.mark.terraform

CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\ncy@example.com,Cy,Agent,Agent\n"
OFFLINE = "--skip-provider-lock"
"""Otherwise cdktf asks the registry for checksums of other platforms."""

DEPLOY = (sys.executable, "-m", "connect_sso.terraform.operations", "deploy", "dev")
"""What `make deploy ENV=dev` runs."""

UNASKED = {"DEPLOY_ARGS": f"--auto-approve {OFFLINE}", "ACCEPT": "new-environment"}
DOWN, ENTER = b"\x1b[B", b"\r"
TIMEOUT = 300


class Project:
    """A clone with one environment, `dev`, and a crowd of two; nothing is deployed yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sandbox = Sandbox(root / "sandbox")
        (root / "environments").mkdir()
        for name in ("main.py", "cdktf.json", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / ".venv").symlink_to(sys.prefix)
        self.write()

    def write(self, csv: str = CSV, **changes: Any) -> None:
        """Change the environment's files."""
        (self.root / "environments" / "agents.csv").write_text(csv, encoding="utf-8")
        write(self.root / "environments", "dev", minimal(users_file="agents.csv", connect__storage=[], **changes))

    def variables(self, **more: str) -> dict[str, str]:
        """The sandbox's, with jsii's cache where it is, and what cdktf would put into the home folder here."""
        return self.sandbox.environment() | {
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
            "CDKTF_HOME": str(self.root / "home"),
            "CI": "1",
            "DISABLE_VERSION_CHECK": "1",  # cdktf would ask npm
            "HOME": os.environ["HOME"],
            "OKTA_API_TOKEN": "not-a-real-one",
            "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
            **more,
        }

    def run(self, *command: str, **more: str) -> Result:
        """Run a command to its end, with nobody to answer questions."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.variables(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        return Result(done.returncode, plain(done.stdout), plain(done.stderr))

    def cdktf(self, *arguments: str) -> Result:
        """Run cdktf."""
        return self.run("node_modules/.bin/cdktf", *arguments)

    def deploy(self) -> Result:
        """`make deploy ENV=dev` without questions, on providers of this process."""
        with self.sandbox.attached() as attached:
            return self.run(*DEPLOY, **UNASKED, **attached)

    def answer(self, question: str, keys: list[bytes], *command: str, **more: str) -> Result:
        """Run a command in a terminal, and press the keys once it asks."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.root)
            variables = self.variables(TERM="xterm", **more)
            del variables["CI"]
            os.execvpe(command[0], command, variables)
        shown, end = b"", time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not part:
                break
            shown += part
            if keys and question.encode() in shown:
                for key in keys:
                    time.sleep(0.5)  # one key press each, not one paste of all
                    os.write(terminal, key)
                keys = []
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        return Result(os.waitstatus_to_exitcode(status), plain(shown.decode()), "")

    def calls(self, type_name: str) -> list[str]:
        """What was asked of a type since the last time, as `operation name`."""
        calls = [
            f"{call.operation} {call.key.partition('/')[2]}"
            for call in self.sandbox.cloud.calls()
            if call.type_name == type_name
        ]
        self.sandbox.cloud.forget_calls()
        return calls

    def users(self) -> set[str]:
        """The names of the Connect users that there are."""
        return {user["name"] for user in self.sandbox.cloud.all("aws_connect_user")}


def plain(text: str) -> str:
    """Text without a terminal's control codes, since cdktf's colours do not ask who reads them."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Each test goes on where the one before it stopped, as the life of an environment does."""
    yield Project(tmp_path_factory.mktemp("cdktf"))


def test_synth_diff_deploy(project: Project) -> None:
    """The commands that cdktf's users know work on this project, and after them there is nothing left to do."""
    synthesized = project.cdktf("synth")
    assert synthesized.code == 0, synthesized.text
    assert "dev, dev-users" in synthesized.text
    assert not project.users()

    planned = project.cdktf("diff", "dev", OFFLINE)
    assert planned.code == 0, planned.text
    assert "to add, 0 to change, 0 to destroy" in planned.text
    assert (project.root / "cdktf.out/stacks/dev/plan").exists()

    deployed = project.cdktf("deploy", "dev", "--auto-approve", OFFLINE)
    assert deployed.code == 0, deployed.text
    assert project.users() == {"Ada.Admin@example.com"}
    (app,), (provider,) = (list(project.sandbox.cloud.all(kind)) for kind in ("okta_app_saml", "aws_iam_saml_provider"))
    assert provider["saml_metadata_document"] == app["metadata"]

    again = project.cdktf("diff", "dev", OFFLINE)
    assert again.code == 0, again.text
    assert "No changes." in again.text


def test_make_deploy_takes_the_crowd_along(project: Project) -> None:
    """First the environment, then its crowd, each with a state of its own; later nobody of the crowd is asked about."""
    deployed = project.deploy()
    assert deployed.code == 0, deployed.text
    assert project.users() == {"Ada.Admin@example.com", "bo@example.com", "cy@example.com"}
    assert {"terraform.dev.tfstate", "terraform.dev-users.tfstate"} <= {path.name for path in project.root.iterdir()}
    project.calls("aws_connect_user")

    project.write(CSV + "di@example.com,Di,Agent,Agent\n")
    deployed = project.deploy()
    assert deployed.code == 0, deployed.text
    # Once for the review and once for the deployment, and only of the environment's own users.
    reads = ["read Ada.Admin@example.com"] * 2
    assert project.calls("aws_connect_user") == [*reads, "create di@example.com"]


def test_make_deploy_stops_where_the_environment_fails(project: Project) -> None:
    """The crowd is not touched by an environment that is not what its file says."""
    project.write("\n".join(CSV.splitlines()[:1]) + "\n")
    failed = project.run(*DEPLOY, **UNASKED, CONNECT_SSO_SANDBOX_ACCOUNT="444455556666")
    assert failed.code == 1
    assert "dev is not deployed, since dev could not be planned" in failed.stderr
    assert "444455556666" in failed.text
    assert "bo@example.com" in project.users()


def test_make_deploy_stops_where_a_person_says_no(project: Project) -> None:
    """cdktf ends well when its question is dismissed, so Terraform is asked whether anything was left undone."""
    project.write(CSV, apps__admin__label="Contact centre administration")
    with project.sandbox.attached() as attached:
        dismissed = project.answer("Dismiss", [DOWN, ENTER], *DEPLOY, DEPLOY_ARGS=OFFLINE, **attached)
    assert dismissed.code == 1, dismissed.text
    assert "dev-users is not deployed, since dev has not been" in dismissed.text
    assert "di@example.com" in project.users()
    (app,) = project.sandbox.cloud.all("okta_app_saml")
    assert app["label"] == "Connect Administrator"
