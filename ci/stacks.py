"""The stacks of one environment, from synthesis to plan, review and apply, as the workflows need them.

A plan in JSON holds secrets in clear. It goes from Terraform's standard output straight into the review's standard
input, never into a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.runner import Stop
from connect_sso.errors import EXIT_DECIDE, EXIT_FINE, Failure
from connect_sso.terraform_cli import terraform_binary

STACKS = Path("cdktf.out/stacks")
LOCKS = Path("locks")
PLAN_FILE = "plan"
INSTANCE = "aws_connect_instance.instance"

ABOUT_CHANGES = (
    "findings",
    "access",
    "resources",
    "moves",
    "imports",
    "drift",
    "outputs",
)
"""The parts of a review that say what changes; the others say where it comes from, or what people think of it."""


@dataclass(frozen=True)
class Outcome:
    """A planned stack: its review as JSON and as Markdown."""

    review: dict[str, Any]
    markdown: str
    to_decide: bool
    makes_instance: bool
    """Whether the plan makes the Connect instance, which so is not there yet."""

    @property
    def refused(self) -> bool:
        """Whether Terraform refuses to carry the plan out."""
        return bool(self.review["refused"])

    @property
    def findings(self) -> list[str]:
        """What a person must decide, as `--accept` takes it."""
        return [
            f"{finding['code']}:{finding['address']}" for finding in self.review["findings"] if not finding["accepted"]
        ]


@dataclass(frozen=True)
class Stack:
    """A synthesized stack in its folder."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its `cdk.tf.json` lies and Terraform runs."""
        return STACKS / self.name

    def terraform(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run Terraform in the stack's folder; its messages go to the log, its standard output too unless captured."""
        sys.stdout.flush()
        try:
            terraform = terraform_binary()
        except Failure as failure:
            raise Stop(str(failure)) from None
        return subprocess.run(
            [terraform, f"-chdir={self.folder}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            check=False,
        )

    def init(self) -> None:
        """Install the providers: exactly those of the stack's lock file, where the repository keeps one.

        Raises:
            Stop: Terraform cannot, or the providers are not the locked ones.
        """
        lock = LOCKS / f"{self.name}.terraform.lock.hcl"
        arguments = ["init", "-input=false", "-no-color"]
        if lock.exists():
            shutil.copyfile(lock, self.folder / ".terraform.lock.hcl")
            arguments.append("-lockfile=readonly")
        else:
            print(f"{lock} is missing, so the providers' checksums are not checked against it: `make lock` makes it")
        if self.terraform(*arguments).returncode != 0:
            raise Stop(f"{self.name}: terraform init fails; its message is in the log")

    def plan(self, *, refresh: bool, lock: bool) -> Outcome:
        """Plan, and review the plan; also one that Terraform refuses but writes.

        Without `lock` the state is read as it is: a plan for a pull request needs no right to write there.

        Raises:
            Stop: there is no plan to review.
        """
        (self.folder / PLAN_FILE).unlink(missing_ok=True)
        state_lock = "-lock-timeout=10m" if lock else "-lock=false"
        planned = self.terraform(
            "plan", "-input=false", "-no-color", state_lock, f"-refresh={str(refresh).lower()}", f"-out={PLAN_FILE}"
        )
        if not (self.folder / PLAN_FILE).exists():
            raise Stop(
                f"{self.name}: terraform plan fails with exit code {planned.returncode}; its message is in the log"
            )
        return self.reviewed()

    def reviewed(self, accept: Iterable[str] = (), accepted_by: str = "") -> Outcome:
        """Review the plan that lies in the folder.

        Raises:
            Stop: it cannot be read.
        """
        shown = self.terraform("show", "-json", PLAN_FILE, capture=True)
        if shown.returncode != 0:
            raise Stop(f"{self.name}: terraform show fails; its message is in the log")
        options = ["--environment", self.name, "--commit", os.environ.get("HEAD") or os.environ.get("GITHUB_SHA", "")]
        options += [option for finding in sorted(accept) for option in ("--accept", finding)]
        if accepted_by:
            options += ["--accepted-by", accepted_by]
        text, to_decide = _review(shown.stdout, "json", options)
        markdown, _ = _review(shown.stdout, "markdown", options)
        changes = json.loads(shown.stdout).get("resource_changes", [])
        return Outcome(
            review=json.loads(text),
            markdown=markdown,
            to_decide=to_decide,
            makes_instance=any(
                change["address"] == INSTANCE and change["change"]["actions"] == ["create"] for change in changes
            ),
        )

    def apply(self) -> None:
        """Carry out exactly the plan that lies in the folder.

        Raises:
            Stop: Terraform cannot.
        """
        if self.terraform("apply", "-input=false", "-no-color", "-lock-timeout=10m", PLAN_FILE).returncode != 0:
            raise Stop(f"{self.name}: terraform apply fails; its message is in the log")


def synthesize(environment: str) -> tuple[Stack, Stack | None]:
    """Write an environment's stacks anew: its own, and that of its crowd where it has a `users_file`.

    Raises:
        Stop: the environment cannot be synthesized.
    """
    _synthesize(os.environ | {"ENVIRONMENT": environment})
    crowd = Stack(f"{environment}-users")
    return Stack(environment), crowd if (crowd.folder / "cdk.tf.json").exists() else None


def synthesize_all() -> None:
    """Write the stacks of all environments anew.

    Raises:
        Stop: they cannot be synthesized.
    """
    _synthesize({name: value for name, value in os.environ.items() if name != "ENVIRONMENT"})


def _synthesize(variables: dict[str, str]) -> None:
    shutil.rmtree(STACKS, ignore_errors=True)
    sys.stdout.flush()
    if subprocess.run([sys.executable, "main.py"], env=variables, check=False).returncode != 0:
        raise Stop("main.py fails; its message is in the log")


def digest(outcomes: Iterable[Outcome]) -> str:
    """Hash of what the reviews say about the changes, whoever accepted them and wherever the plan comes from."""
    said = [{part: outcome.review[part] for part in ABOUT_CHANGES} for outcome in outcomes]
    for review in said:
        review["findings"] = [{"code": finding["code"], "says": finding["says"]} for finding in review["findings"]]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _review(plan: bytes, form: str, options: list[str]) -> tuple[str, bool]:
    """Run `connect-sso review` on a plan; its report and whether it holds something to decide."""
    command = [sys.executable, "-m", "connect_sso.cli", "review", "-", "--format", form, *options]
    done = subprocess.run(command, input=plan, stdout=subprocess.PIPE, check=False)
    if done.returncode not in {EXIT_FINE, EXIT_DECIDE}:
        raise Stop("connect-sso review cannot read the plan; its message is in the log")
    return done.stdout.decode(), done.returncode == EXIT_DECIDE
