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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ci.runner import Stop
from connect_sso.environment.derived_names import crowd_stack
from connect_sso.errors import EXIT_DECIDE, EXIT_FINE, Failure
from connect_sso.terraform import operations
from connect_sso.terraform.operations import PLAN_FILE, STACKS, WITHOUT_REFRESH

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCKS = Path("locks")
LOCK_FILE = ".terraform.lock.hcl"
INSTANCE = "aws_connect_instance.instance"

ABOUT_CHANGES = ("findings", "access", "resources", "moves", "imports", "drift", "outputs")
"""The parts of a review that say what changes; the others say where it comes from, or what people think of it."""


@dataclass(frozen=True)
class Outcome:
    """A planned stack: its review as JSON and as Markdown."""

    review: dict[str, Any]
    markdown: str
    to_decide: bool
    makes_instance: bool
    """Whether the plan makes the Connect instance, so that nobody can be put into it before this is applied."""

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
    """A synthesized stack, with the plan that lies in its folder."""

    name: str

    @property
    def lock(self) -> Path:
        """Its provider lock file in the repository."""
        return LOCKS / f"{self.name}{LOCK_FILE}"

    def terraform(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run Terraform in the stack's folder; its messages go to the log, its standard output too unless captured."""
        sys.stdout.flush()
        try:
            return operations.Stack(self.name).terraform(*arguments, capture=capture)
        except Failure as failure:
            raise Stop(str(failure)) from None

    def init(self) -> None:
        """Install the providers: exactly those of the stack's lock file, where the repository keeps one.

        Raises:
            Stop: Terraform cannot, or the providers are not the locked ones.
        """
        arguments = ["init", "-input=false", "-no-color"]
        if self.lock.exists():
            shutil.copyfile(self.lock, STACKS / self.name / LOCK_FILE)
            arguments.append("-lockfile=readonly")
        else:
            print(f"{self.lock} is missing, so the providers' checksums are taken on trust: `make lock` makes it")
        if self.terraform(*arguments).returncode != 0:
            raise Stop(f"{self.name}: terraform init fails; its message is in the log")

    def plan(self, *options: str) -> Outcome:
        """Plan, and review the plan; also one that Terraform refuses but writes down.

        Raises:
            Stop: there is no plan to review.
        """
        plan = STACKS / self.name / PLAN_FILE
        plan.unlink(missing_ok=True)
        planned = self.terraform("plan", "-input=false", "-no-color", f"-out={PLAN_FILE}", *options)
        if not plan.exists():
            raise Stop(f"{self.name}: terraform plan fails (exit code {planned.returncode}); its message is in the log")
        return self.reviewed()

    def reviewed(self, accept: Iterable[str] = (), accepted_by: str = "") -> Outcome:
        """Review the plan that lies in the folder.

        Raises:
            Stop: it cannot be read. HCP Terraform shows the JSON of a plan to administrators of the workspace alone.
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
                change["address"] == INSTANCE and "create" in change["change"]["actions"] for change in changes
            ),
        )

    def apply(self) -> None:
        """Carry out exactly the plan that lies in the folder.

        Raises:
            Stop: Terraform cannot.
        """
        if self.terraform("apply", "-input=false", "-no-color", WAIT_FOR_STATE, PLAN_FILE).returncode != 0:
            raise Stop(f"{self.name}: terraform apply fails; its message is in the log")


READ_STATE = "-lock=false"
"""For a plan that is only read: it needs no right to write beside the state, where locks are."""

WAIT_FOR_STATE = "-lock-timeout=10m"
"""For a plan that is applied: someone at work with the same state is waited for."""


def plan_environment(environment: str, state: str) -> list[tuple[Stack, Outcome | None]]:
    """Synthesize an environment and plan its stacks, in the order in which they are applied.

    Args:
        environment: its name.
        state: `READ_STATE` or `WAIT_FOR_STATE`.

    Returns:
        Its own stack, and that of its crowd where it has one: without an outcome where that must wait for the instance.

    Raises:
        Stop: one cannot be synthesized or planned.
    """
    synthesize(environment)
    own, crowd = Stack(environment), Stack(crowd_stack(environment))
    own.init()
    outcome = own.plan(state)
    planned: list[tuple[Stack, Outcome | None]] = [(own, outcome)]
    if (STACKS / crowd.name).exists():
        planned.append((crowd, None if outcome.makes_instance else plan_crowd(crowd, state)))
    return planned


def plan_crowd(crowd: Stack, state: str) -> Outcome:
    """Plan the stack of the people from the CSV file without asking Connect about each of them."""
    crowd.init()
    return crowd.plan(state, WITHOUT_REFRESH)


def synthesize(environment: str | None = None) -> None:
    """Write the stacks of an environment, or of all, anew; those of others are removed.

    Raises:
        Stop: they cannot be synthesized.
    """
    shutil.rmtree(STACKS, ignore_errors=True)
    sys.stdout.flush()
    variables = os.environ | {"ENVIRONMENT": environment or ""}
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
