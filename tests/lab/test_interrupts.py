"""Ctrl-C while answers take half a second: whatever the accounts have made by then, the state has to know."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal, write
from tests.lab.terraform import Lab

pytestmark = [pytest.mark.terraform, pytest.mark.long]

DELAY = 0.5
TIMEOUT = 300

LOST = (
    "Terraform tells the providers of an interrupt, and they give up waiting for answers to what is under way: the service makes it all"
    " the same, and the state does not know. docs/recovery.md says how to import what was lost."
)


class Lost(AssertionError):
    """The accounts hold what the state does not know."""


class Project:
    """A clone with one environment, `dev`, for `cdktf deploy` against the accounts."""

    def __init__(self, root: Path, lab: Lab) -> None:
        self.root = root
        self.lab = lab
        (root / "environments").mkdir(parents=True)
        for name in ("main.py", "cdktf.json", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        (root / ".venv").symlink_to(sys.prefix)
        data = minimal(connect__storage=[])
        if lab.releases:
            data["providers"] = dict(lab.releases)
        write(root / "environments", "dev", data)

    def deploy(self) -> subprocess.Popen[str]:
        """What `cdktf deploy dev` runs, in a process group of its own, as a shell starts it."""
        variables = self.lab.environment() | {
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
            "ACCEPT": "new-environment",
            "HOME": os.environ["HOME"],
            "PATH": os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]]),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "connect_sso.terraform.cdktf_command", "deploy", "dev", "--auto-approve"],
            cwd=self.root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def unknown(self) -> set[str]:
        """What the accounts hold and the state does not: the ids."""
        state = self.root / "terraform.dev.tfstate"
        known = state.read_text("utf-8") if state.exists() else "{}"
        json.loads(known)
        iam = self.lab.accounts.client("iam")
        held = {body["id"] for _, _, body in self.lab.cloud.objects() if not body["id"].startswith("00u")}
        held |= {policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]}
        held |= {role["RoleName"] for role in iam.list_roles()["Roles"]}
        held |= {provider["Arn"] for provider in iam.list_saml_providers()["SAMLProviderList"]}
        return {identifier for identifier in held if f'"{identifier}"' not in known}


@pytest.mark.xfail(strict=True, raises=Lost, reason=LOST)
def test_an_interrupted_deployment_loses_nothing(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """One Ctrl-C the moment that the app is being made."""
    running = lab(delay=DELAY)
    project = Project(tmp_path / "project", running)
    with project.deploy() as process:
        end = time.monotonic() + TIMEOUT
        while not any(call.operation == "POST /api/v1/apps" for call in running.accounts.calls):
            assert process.poll() is None, "it ended before anything was made"
            assert time.monotonic() < end
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode != 0, said
    if unknown := project.unknown():
        raise Lost(f"{sorted(unknown)}: {said}")


def test_a_deployment_that_nobody_interrupts_loses_nothing(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """Slow answers alone are no reason to lose anything, and `cdktf deploy` has nothing left to do afterwards."""
    running = lab(delay=DELAY)
    project = Project(tmp_path / "project", running)
    with project.deploy() as process:
        said, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, said
    assert project.unknown() == set()
