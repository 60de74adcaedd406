"""Interrupts while the services answer slowly: whatever the accounts have made by then the state knows, and the same command again makes the rest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connect_sso.review.findings import CODES
from connect_sso.terraform.interrupts import SAME
from tests.conftest import ROOT
from tests.environment_files import minimal, write
from tests.lab.terraform import Lab
from tests.sandbox.cloud import COMPANY
from tests.sandbox.http.aws import READS
from tests.sandbox.http.serving import Accounts

pytestmark = [pytest.mark.terraform, pytest.mark.long]

DELAY = 0.5
"""Seconds until a change is answered; it is made before."""

TIMEOUT = 300
FIRST_SEED = int(os.environ.get("CONNECT_SSO_TEST_SEED", "1"))
"""Another one makes other moments."""

MOMENTS = 10
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SETTING_UP = 2
"""Seconds that the instance is being created, meanwhile the provider asks again and again."""

CHANGES = 30
"""Fewer than a whole deployment makes."""

AGENTS = [f"agent{number}@example.com" for number in range(8)]


def company() -> dict[str, Any]:
    """The made-up company with more people."""
    made: dict[str, Any] = json.loads(COMPANY.read_text("utf-8"))
    for login in AGENTS:
        person = {"login": login, "first_name": "A", "last_name": "Gent", "department": "Sales", "groups": ["Everyone"]}
        made["okta_users"].append(person)
    return made


def data(lab: Lab) -> dict[str, Any]:
    """Two apps and nine people."""
    made = minimal(connect__storage=[])
    made["apps"]["ccp"] = {
        "label": "Connect Agents",
        "destination": "ccp",
        "saml_provider": "Okta_Connect_CCP",
        "role": "Okta_CCP_Role",
        "groups": ["Contact Centre Agents"],
    }
    made["users"] += [
        {"username": login, "first_name": "A", "last_name": "Gent", "security_profiles": ["Agent"], "apps": ["ccp"]}
        for login in AGENTS
    ]
    if lab.releases:
        made["providers"] = dict(lab.releases)
    return made


def changes(accounts: Accounts) -> int:
    """How many requests for a change the accounts have carried out, the answers of the last ones perhaps still to come."""
    return sum(call.status < 400 and not READS.match(call.operation) for call in accounts.calls)


def held(accounts: Accounts) -> list[str]:
    """What the accounts hold of what Terraform makes: the ids, but for people of Okta's."""
    iam = accounts.client("iam")
    found = [body["id"] for _, _, body in accounts.cloud.objects() if not body["id"].startswith("00u")]
    found += [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    found += [role["RoleName"] for role in iam.list_roles()["Roles"]]
    found += [provider["Arn"] for provider in iam.list_saml_providers()["SAMLProviderList"]]
    return found


def kinds(accounts: Accounts) -> Counter[str]:
    """How many of each kind of thing there are."""
    return Counter(kind for kind, _, _ in accounts.cloud.objects())


class Project:
    """A clone with one environment, `dev`, for `cdktf deploy` against the accounts."""

    def __init__(self, root: Path, lab: Lab) -> None:
        self.root = root
        self.lab = lab
        self.state = root / "terraform.dev.tfstate"
        (root / "environments").mkdir(parents=True)
        for name in ("main.py", "cdktf.json", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / ".venv").symlink_to(sys.prefix)
        write(root / "environments", "dev", data(lab))

    @contextmanager
    def deploying(self) -> Iterator[subprocess.Popen[str]]:
        """What `cdktf deploy dev` runs, in a process group of its own, as a shell starts it; it does not outlive a test that fails."""
        variables = self.lab.environment() | {
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
            # What is left of a new environment after an interrupt is no new environment any more.
            "ACCEPT": ";".join(CODES),
            "HOME": os.environ["HOME"],
            "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "connect_sso.terraform.cdktf_command", "deploy", "dev", "--auto-approve"],
            cwd=self.root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def deploy(self) -> tuple[int, str]:
        """The same to its end: exit code and everything that it said."""
        with self.deploying() as process:
            said, _ = process.communicate(timeout=TIMEOUT)
        return process.returncode, said

    def unknown(self) -> set[str]:
        """What the accounts hold and the state does not: the ids."""
        known = self.state.read_text("utf-8") if self.state.exists() else "{}"
        json.loads(known)
        return {identifier for identifier in held(self.lab.accounts) if f'"{identifier}"' not in known}

    def wait_until(self, changed: int, process: subprocess.Popen[str]) -> None:
        """Wait until the accounts have carried out so many changes."""
        end = time.monotonic() + TIMEOUT
        while changes(self.lab.accounts) < changed:
            assert process.poll() is None, f"it ended before: {process.communicate()[0]}"
            assert time.monotonic() < end
            time.sleep(0.01)

    def converges(self) -> None:
        """The same command again makes the rest, and nothing is there twice; once more, and there is nothing left to do."""
        self.lab.accounts.aws.delay = self.lab.accounts.org.delay = 0
        code, said = self.deploy()
        assert code == 0, said
        assert self.unknown() == set()
        assert kinds(self.lab.accounts)["aws_connect_instance"] == 1
        assert kinds(self.lab.accounts)["aws_connect_user"] == len(AGENTS) + 1
        assert kinds(self.lab.accounts)["okta_app_saml"] == 2
        code, said = self.deploy()
        assert code == 0, said
        assert "dev: nothing to do" in said


@pytest.fixture
def project(lab: Callable[..., Lab], tmp_path: Path) -> Project:
    """Against services that answer slowly."""
    return Project(tmp_path / "project", lab(delay=DELAY, company=company(), setting_up=SETTING_UP))


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + MOMENTS))
def test_an_interrupted_deployment_loses_nothing(project: Project, seed: int) -> None:
    """At a moment that the seed chooses, by how much has been made; the same command again makes the rest."""
    moment = random.Random(seed)
    sent, after, then = moment.choice(SIGNALS), moment.randrange(1, CHANGES), moment.uniform(0, DELAY)
    with project.deploying() as process:
        project.wait_until(after, process)
        time.sleep(then)
        begun = time.monotonic()
        os.killpg(process.pid, sent)
        said, _ = process.communicate(timeout=TIMEOUT)
    print(f"{said}\n{sent.name} after {after} changes and {then:.2f} s; {time.monotonic() - begun:.1f} s to the end")
    assert process.returncode != 0
    assert project.unknown() == set()
    project.converges()


def test_an_instance_that_is_being_set_up_is_waited_for(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """It is neither lost nor tainted: protected, it could not be replaced."""
    project = Project(tmp_path / "project", lab(delay=DELAY, company=company(), setting_up=20))
    with project.deploying() as process:
        project.wait_until(1, process)
        time.sleep(3)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=TIMEOUT)
    assert "waiting for aws_connect_instance.instance" in said
    assert "aws_connect_instance.instance: Creation complete" in said
    project.converges()


def test_what_a_second_interrupt_loses_is_said(project: Project) -> None:
    """It ends at once, and gives the lock back; what it costs is said."""
    with project.deploying() as process:
        project.wait_until(10, process)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(3 * SAME)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode != 0
    assert "docs/recovery.md" in said
    assert not list(project.root.rglob("*.lock.info"))
    assert {"state", "version"} - set(json.loads(project.state.read_text("utf-8"))) == {"state"}


def test_a_deployment_that_nobody_interrupts_loses_nothing(project: Project) -> None:
    """Slow answers alone are no reason to lose anything, and `cdktf deploy` has nothing left to do afterwards."""
    code, said = project.deploy()
    assert code == 0, said
    project.converges()
