"""`cdktf` as people type it in a terminal after the documented activation, with the real Terraform and cdktf-cli in the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal, write
from tests.sandbox.terraform import Result, Sandbox
from tests.terminal import type_command

pytestmark = pytest.mark.terraform

CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\ncy@example.com,Cy,Agent,Agent\n"
QUESTION = "anything else stops:"
CHANGED: dict[str, Any] = {
    "apps__admin__destination": "ccp",
    "users__0__security_profiles": ["Admin", "CallCenterManager"],
}
"""Changes that somebody must decide."""

CLOSED = "http://127.0.0.1:9"
"""A proxy that nobody listens on: what asks the network fails at once, and what waits for it is seen."""


class Project:
    """A clone with the environment `dev` and its crowd of two, and a broken neighbour; nothing is deployed yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sandbox = Sandbox(root / "sandbox")
        self.attached: dict[str, str] = {}
        (root / "environments").mkdir()
        for name in ("main.py", "cdktf.json", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / ".venv").symlink_to(sys.prefix)
        self.write()
        (root / "environments" / "prod.yaml").write_text("aws: [", encoding="utf-8")

    def write(self, csv: str = CSV, **changes: Any) -> None:
        """Change the environment's files."""
        (self.root / "environments" / "agents.csv").write_text(csv, encoding="utf-8")
        write(self.root / "environments", "dev", minimal(users_file="agents.csv", connect__storage=[], **changes))

    def variables(self, **more: str) -> dict[str, str]:
        """A new user's: no variable of ours, no way to the network, and jsii's cache where it is."""
        given = self.sandbox.environment() | self.attached
        del given["TERRAFORM_BINARY_NAME"]
        return given | {
            "AWS_ACCESS_KEY_ID": "not-a-real-one",
            "AWS_SECRET_ACCESS_KEY": "not-a-real-one",
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
            "CDKTF_HOME": str(self.root / "home"),
            "HOME": os.environ["HOME"],
            "HTTPS_PROXY": CLOSED,
            "HTTP_PROXY": CLOSED,
            "OKTA_API_TOKEN": "not-a-real-one",
            **more,
        }

    def type(self, command: str, *, answers: Sequence[tuple[str, str]] = (), **more: str) -> Result:
        """Activate the environment, type a command, and answer what it asks."""
        line = f". .venv/bin/activate && {command}"
        return type_command(["bash", "--norc", "-c", line], self.variables(**more), self.root, answers=answers)

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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Each test goes on where the one before it stopped, as the life of an environment does."""
    made = Project(tmp_path_factory.mktemp("cdktf"))
    with made.sandbox.attached() as attached:
        made.attached = attached
        yield made


def test_a_new_environment(project: Project) -> None:
    """Enter alone changes nothing; yes deploys what was reviewed, and then asks about the crowd. The broken neighbour is no matter."""
    no = project.type("cdktf deploy dev", answers=[(QUESTION, "\n")])
    assert no.code == 1, no.text
    assert "nothing is done: dev stays as it is" in no.text
    assert not project.users()

    yes = project.type(
        "cdktf deploy dev", answers=[("Deploy dev, exactly", "yes\n"), ("Deploy dev-users, exactly", "yes\n")]
    )
    assert yes.code == 0, yes.text
    assert yes.text.index("gains app") < yes.text.index("Deploy dev, exactly") < yes.text.index("Apply complete!")
    assert project.users() == {"Ada.Admin@example.com", "bo@example.com", "cy@example.com"}
    assert {"terraform.dev.tfstate", "terraform.dev-users.tfstate"} <= {path.name for path in project.root.iterdir()}
    (app,), (provider,) = (list(project.sandbox.cloud.all(kind)) for kind in ("okta_app_saml", "aws_iam_saml_provider"))
    assert provider["saml_metadata_document"] == app["metadata"]


def test_nothing_left_to_do(project: Project) -> None:
    """Nobody is asked, and of the crowd Connect is asked about nobody."""
    project.calls("aws_connect_user")
    again = project.type("cdktf deploy dev")
    assert again.code == 0, again.text
    assert "dev and dev-users: nothing to do" in again.text
    assert project.calls("aws_connect_user") == ["read Ada.Admin@example.com"]


def test_diff(project: Project) -> None:
    """The plan, and what it means; the exit code is 0 with and without changes, as it is cdktf's."""
    project.write(CSV + "di@example.com,Di,Agent,Agent\n")
    shown = project.type("cdktf diff dev")
    assert shown.code == 0, shown.text
    assert "No changes." in shown.text
    assert 'aws_connect_user.users["di@example.com"] will be created' in shown.text
    assert "+ di@example.com gains security profile" in shown.text
    assert "Refreshing state" not in shown.text
    assert "di@example.com" not in project.users()


def test_unasked(project: Project) -> None:
    """`--auto-approve` stops where a person must decide, and goes on where ACCEPT names what was decided."""
    project.write(**CHANGED)
    stopped = project.type("cdktf deploy dev --auto-approve")
    assert stopped.code == 3, stopped.text
    assert "nothing is done: dev needs a decision" in stopped.text
    (app,) = project.sandbox.cloud.all("okta_app_saml")
    given = stopped.text[stopped.text.index("ACCEPT=") :].splitlines()[0]

    went_on = project.type(f"{given} cdktf deploy dev --auto-approve --outputs-file outputs.json")
    assert went_on.code == 0, went_on.text
    (changed,) = project.sandbox.cloud.all("okta_app_saml")
    assert changed["default_relay_state"] != app["default_relay_state"]
    outputs = json.loads((project.root / "outputs.json").read_text(encoding="utf-8"))
    assert set(outputs["dev"]["people"]["Ada.Admin@example.com"]) == {"Admin", "CallCenterManager"}


def test_destroy(project: Project) -> None:
    """Terraform refuses to destroy the protected instance, and so the crowd stays too; unprotected, the crowd goes first."""
    project.write(**CHANGED)
    refused = project.type("cdktf destroy dev")
    assert refused.code == 1, refused.text
    assert "nothing is destroyed: dev could not be planned" in refused.text
    assert "bo@example.com" in project.users()

    project.write(**CHANGED, connect__protect=False)
    assert project.type("cdktf deploy dev --auto-approve").code == 0
    destroyed = project.type("cdktf destroy dev", answers=[("Destroy dev-users and dev, exactly", "yes\n")])
    assert destroyed.code == 0, destroyed.text
    assert not project.users()


def test_what_is_cdktfs_own(project: Project) -> None:
    """list, synth and output are cdktf-cli's; with an environment named, the folders of the others stay, with what is installed there."""
    write(
        project.root / "environments",
        "prod",
        minimal(connect__alias="acme-prod", okta__org_name="other", aws__account_id="444455556666"),
    )
    for command, says in (("list", "prod"), ("synth", "dev, dev-users, prod")):
        shown = project.type(f"cdktf {command}")
        assert shown.code == 0, shown.text
        assert says in shown.text
    there = project.root / "cdktf.out" / "stacks" / "prod" / ".terraform"
    there.mkdir()
    assert project.type("cdktf deploy dev --auto-approve", ACCEPT="new-environment").code == 0
    shown = project.type("cdktf output dev --skip-provider-lock", PATH=without_terraform())
    assert shown.code == 0, shown.text
    assert "people" in shown.text
    assert there.is_dir()


def without_terraform() -> str:
    """A PATH that has no Terraform on it; the set-up has the one from the wheel."""
    folders = os.environ["PATH"].split(os.pathsep)
    kept = [folder for folder in folders if not shutil.which("terraform", path=folder)]
    return os.pathsep.join(kept)
