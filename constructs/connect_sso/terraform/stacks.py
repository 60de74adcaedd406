"""The stacks of one environment: synthesized, planned in their order, reviewed. `make` and the workflows share this.

A plan in JSON holds secrets in clear. It goes from Terraform's standard output straight into the review's standard
input, never into a file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connect_sso.errors import EXIT_DECIDE, EXIT_FINE, Failure
from connect_sso.terraform.binary import terraform_binary
from connect_sso.terraform.stack_file import STACK_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OUTPUT = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")
STACKS = OUTPUT / "stacks"
PLAN_FILE = "plan"
"""In the stack's folder; where `cdktf diff` leaves it too."""

LOCK_FILE = ".terraform.lock.hcl"
"""Where Terraform looks for the checksums of the providers: https://developer.hashicorp.com/terraform/language/files/dependency-lock."""

INSTANCE = "aws_connect_instance"

WITHOUT_REFRESH = "-refresh=false"
"""For the crowd: a refresh asks Connect about each person, and Connect answers two requests a second."""

NEW_ENVIRONMENT = "new-environment"
"""The finding of an environment's first plan."""


def say(message: str) -> None:
    """Tell on stderr what happens now: a wait without a word looks like a hang."""
    print(f"==> {message}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Reviewed:
    """What `connect-sso review` makes of a plan."""

    report: str
    to_decide: bool


@dataclass(frozen=True)
class PlannedStack:
    """What came of planning one stack."""

    stack: Stack
    exit_code: int
    shown: bytes | None
    """The plan as `terraform show -json` prints it: also of a plan that Terraform refuses, None where it made none or
    does not show it (HCP Terraform shows it to a workspace's administrators alone)."""

    @cached_property
    def changes(self) -> list[dict[str, Any]]:
        """What it does to each resource."""
        found: list[dict[str, Any]] = json.loads(self.shown or b"{}").get("resource_changes", [])
        return found

    @property
    def keeps_instance(self) -> bool:
        """Whether the instance is there before and after, so that the crowd can be planned."""
        if INSTANCE not in self.stack.configuration.get("resource", {}):
            return True  # someone else's, and it is there
        if self.shown is None:
            listed = self.stack.terraform("state", "list", f"{INSTANCE}.instance", capture=True)
            return bool(listed.stdout.strip())
        return any(
            change["type"] == INSTANCE and change["mode"] == "managed" and "create" not in change["change"]["actions"]
            for change in self.changes
        )

    def review(self, *options: str, accept: Iterable[str] = (), accepted_by: str = "") -> Reviewed:
        """Review the plan, with further options of `connect-sso review`.

        Raises:
            Failure: there is nothing to review, or it cannot be read; why has been printed.
        """
        done = self._review(*options, accept=accept, accepted_by=accepted_by, capture=True)
        return Reviewed(done.stdout.decode(), done.returncode == EXIT_DECIDE)

    def show_review(self, accept: Iterable[str] = ()) -> bool:
        """Print the review, as the terminal can show it; True where something is left to decide.

        Raises:
            Failure: as for `review`.
        """
        return self._review(accept=accept).returncode == EXIT_DECIDE

    def _review(
        self, *options: str, accept: Iterable[str], accepted_by: str = "", capture: bool = False
    ) -> subprocess.CompletedProcess[bytes]:
        if self.shown is None:
            raise Failure(f"{self.stack.name}: there is no plan to review, see above")
        sys.stdout.flush()
        command = [
            sys.executable,
            "-P",
            "-m",
            "connect_sso.cli",
            "review",
            "-",
            "--environment",
            self.stack.name,
            *options,
        ]
        command += ["--configuration", str(self.stack.folder / STACK_FILE)]
        command += [option for finding in sorted(accept) for option in ("--accept", finding)]
        command += ["--accepted-by", accepted_by] if accepted_by else []
        done = subprocess.run(command, input=self.shown, stdout=subprocess.PIPE if capture else None, check=False)
        if done.returncode not in {EXIT_FINE, EXIT_DECIDE}:
            raise Failure(f"{self.stack.name}: the plan could not be reviewed, see above")
        return done


@dataclass(frozen=True)
class Waiting:
    """A crowd's stack that cannot be planned yet."""

    stack: Stack
    reason: str


@dataclass(frozen=True)
class Stack:
    """A synthesized stack in its folder."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its `cdk.tf.json` lies and Terraform runs."""
        return STACKS / self.name

    @property
    def configuration(self) -> dict[str, Any]:
        """What was synthesized."""
        found: dict[str, Any] = json.loads((self.folder / "cdk.tf.json").read_text(encoding="utf-8"))
        return found

    def terraform(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run Terraform in the folder; its output goes where ours goes, or into the result."""
        sys.stdout.flush()
        command = [terraform_binary(), f"-chdir={self.folder}", *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE if capture else None, check=False)

    def init(self, locks: Path | None = None) -> None:
        """Install the providers, quietly where nothing goes wrong.

        Args:
            locks: a folder of lock files; the providers must be those of the stack's own there.

        Raises:
            Failure: Terraform cannot, or the providers are not the locked ones; what it says has been printed.
        """
        command = [terraform_binary(), f"-chdir={self.folder}", "init", "-input=false", *_plain()]
        lock = None if locks is None else lock_file(locks, self.name)
        if lock is not None and lock.exists():
            shutil.copyfile(lock, self.folder / LOCK_FILE)
            command.append("-lockfile=readonly")
        elif lock is not None:
            say(f"{lock} is missing, so the providers' checksums are taken on trust: `make lock` makes it")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            sys.stdout.buffer.write(done.stdout)
            sys.stdout.flush()
            raise Failure(f"{self.name}: terraform init fails, see above")

    def is_behind(self) -> bool:
        """Whether what is deployed differs from the configuration, or nobody can tell; what a refresh would find is left out."""
        return (
            self.terraform("plan", "-input=false", WITHOUT_REFRESH, "-detailed-exitcode", capture=True).returncode != 0
        )

    def plan(self, *options: str) -> PlannedStack:
        """Plan into the folder, with further options of `terraform plan`."""
        (self.folder / PLAN_FILE).unlink(missing_ok=True)
        planned = self.terraform("plan", "-input=false", f"-out={PLAN_FILE}", *_plain(), *options)
        if not (self.folder / PLAN_FILE).exists():
            return PlannedStack(self, planned.returncode, None)
        shown = self.terraform("show", "-json", PLAN_FILE, capture=True)
        return PlannedStack(self, planned.returncode, shown.stdout if shown.returncode == 0 else None)

    def apply(self, *options: str) -> None:
        """Carry out exactly the plan that lies in the folder.

        Raises:
            Failure: Terraform cannot; why has been printed.
        """
        if self.terraform("apply", "-input=false", *_plain(), *options, PLAN_FILE).returncode != 0:
            raise Failure(f"{self.name}: terraform apply fails, see above")


def lock_file(locks: Path, stack: str) -> Path:
    """A stack's lock file in a folder of them: the stack's own folder is written anew at every synthesis."""
    return locks / f"{stack}{LOCK_FILE}"


def synthesize(environment: str = "") -> list[Stack]:
    """Write the stacks of an environment, or of all, anew.

    Returns:
        The stacks, each after those that it depends on.

    Raises:
        Failure: an environment file has errors, which have been printed.
    """
    say(f"synthesizing {environment or 'all environments'}")
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-P", "main.py"], env=os.environ | {"ENVIRONMENT": environment}, check=False)
    if done.returncode != 0:
        raise Failure(f"{environment or 'an environment'} could not be synthesized, see above")
    manifest = json.loads((OUTPUT / "manifest.json").read_text(encoding="utf-8"))
    return [Stack(name) for name in sorted(manifest["stacks"])]


def plan_stacks(
    environment: str, options: Sequence[str] = (), *, locks: Path | None = None, refresh_crowd: bool = False
) -> Iterator[PlannedStack | Waiting]:
    """Synthesize an environment and plan its stacks one after the other, each only when it is asked for.

    Args:
        environment: its name.
        options: further ones of `terraform plan`.
        locks: see `Stack.init`.
        refresh_crowd: ask Connect about each person of the CSV file.

    Yields:
        The plan of its own stack, then that of its crowd where it has one.

    Raises:
        Failure: one cannot be synthesized or initialized.
    """
    own: PlannedStack | None = None
    for stack in synthesize(environment):
        if own is None:
            say(f"planning {stack.name}")
            stack.init(locks)
            own = stack.plan(*options)
            yield own
        elif own.exit_code != 0:
            yield Waiting(stack, f"{own.stack.name} could not be planned")
        elif not own.keeps_instance:
            yield Waiting(stack, f"its people need the instance, which {own.stack.name} makes first")
        else:
            yield plan_crowd(stack, options, locks=locks, refresh=refresh_crowd)


def plan_crowd(
    stack: Stack, options: Sequence[str] = (), *, locks: Path | None = None, refresh: bool = False
) -> PlannedStack:
    """Plan the stack of the people from the CSV file, without asking Connect about each of them unless told so.

    Raises:
        Failure: it cannot be initialized.
    """
    say(f"planning {stack.name}{'' if refresh else ', without asking Connect about each of its people'}")
    stack.init(locks)
    return stack.plan(*options, *(() if refresh else (WITHOUT_REFRESH,)))


def accepted(text: str) -> set[str]:
    """What a person accepts, as `--accept` takes it: codes, with or without an address and a hash, separated by `;`."""
    return {finding.strip() for finding in text.split(";")} - {""}


def includes_crowd(names: Iterable[str]) -> bool:
    """Whether what is accepted is a new environment, which is accepted with its crowd."""
    return any(name.partition(":")[0] == NEW_ENVIRONMENT for name in names)


def _plain() -> tuple[str, ...]:
    return () if sys.stdout.isatty() else ("-no-color",)
