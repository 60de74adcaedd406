"""The stacks of one environment: synthesized, planned in their order, reviewed. `make` and the workflows share this.

A plan in JSON holds secrets in clear. It goes from Terraform's standard output straight into the review's standard
input, never into a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connect_sso.environment.loading import load_one
from connect_sso.errors import EXIT_DECIDE, EXIT_FINE, Failure
from connect_sso.terraform import credentials, interrupts, screen
from connect_sso.terraform.binary import terraform_binary
from connect_sso.terraform.locks import LOCK_FILE, LOCKS, kept_lock, unlocked
from connect_sso.terraform.screen import say
from connect_sso.terraform.stack_file import STACK_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PLAN_FILE = "plan"
"""In the stack's folder; where `cdktf diff` leaves it too."""

INSTANCE = "aws_connect_instance"

WITHOUT_REFRESH = "-refresh=false"
"""For the crowd: a refresh asks Connect about each person, and Connect answers two requests a second."""

NEW_ENVIRONMENT = "new-environment"
"""The finding of an environment's first plan."""


PLANNED_CHANGES = 2
"""The exit code of `terraform plan -detailed-exitcode` where there is something to do."""

REMOTE_PLATFORM = "linux_amd64"
"""Where HCP Terraform runs Terraform: https://developer.hashicorp.com/terraform/cloud-docs/run/run-environment."""

WRONG_PACKAGE = "checksums previously recorded in the dependency lock file"
"""What Terraform says of a provider whose package is another than the locked one."""


def output_folder() -> Path:
    """Where synthesis writes: `cdktf.out`, or what cdktf's own variable names."""
    return Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")


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
    """Terraform's, 0 whether or not there is something to do."""
    has_changes: bool
    shown: bytes | None
    """The plan as `terraform show -json` prints it: also of a plan that Terraform refuses, None where it made none or
    does not show it (HCP Terraform shows it to a workspace's administrators alone)."""
    text: str
    """What Terraform printed, where it has not been on the screen already."""

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

    def to_decide(self, accept: Iterable[str]) -> list[str]:
        """What is left to decide, as `--accept` takes it.

        Raises:
            Failure: as for `review`.
        """
        findings = json.loads(self.review("--format", "json", accept=accept).report)["findings"]
        return [f"{each['code']}:{each['address']}" for each in findings if not each["accepted"]]

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
    environment: str

    @property
    def is_crowd(self) -> bool:
        """Whether it holds the people of the environment's CSV file."""
        return self.name != self.environment

    @property
    def folder(self) -> Path:
        """Where its `cdk.tf.json` lies and Terraform runs."""
        return output_folder() / "stacks" / self.name

    @property
    def configuration(self) -> dict[str, Any]:
        """What was synthesized."""
        found: dict[str, Any] = json.loads((self.folder / STACK_FILE).read_text(encoding="utf-8"))
        return found

    @property
    def runs_remotely(self) -> bool:
        """Whether HCP Terraform plans and applies it."""
        return "cloud" in self.configuration["terraform"]

    def command(self, *arguments: str) -> list[str]:
        """The command line of Terraform in the folder."""
        return [terraform_binary(), f"-chdir={self.folder}", *arguments]

    def terraform(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run Terraform in the folder; its output goes where ours goes, or into the result."""
        command = self.command(*arguments)
        if capture:
            return subprocess.run(command, stdout=subprocess.PIPE, check=False)
        # Killed by an interrupt, it would leave its lock on the state.
        return subprocess.CompletedProcess(command, interrupts.run(command))

    def init(self, how: Planning) -> None:
        """Install the providers, quietly where nothing goes wrong.

        Raises:
            Failure: Terraform cannot, or the providers are not the locked ones; what it says has been printed.
        """
        on_trust = unlocked(self.name, self.configuration)
        options = list(how.init_options)
        if on_trust:
            say(
                f"{self.name}: {LOCKS}/ has no checksums of {' and '.join(on_trust)}, so none are compared; `make lock` adds them"
            )
        elif how.readonly:
            options.append("-lockfile=readonly")
        code, text = screen.run_quietly(self.command("init", "-input=false", *_plain(), *options))
        if code != 0:
            self._stop_at_refusal(text)
            print(text, flush=True)
            if WRONG_PACKAGE in screen.as_one_line(text):
                kept = kept_lock(self.name)
                way = (
                    "TF_CLI_ARGS_providers_lock='-fs-mirror=FOLDER' make lock PLATFORMS=linux_amd64 (or -net-mirror=URL)"
                    if kept.exists()
                    else f"delete {self.folder / LOCK_FILE}"
                )
                raise Failure(
                    f"{self.name}: a provider's package here is not the one whose checksum is in {kept if kept.exists() else 'its lock file'},"
                    f" or there is none for this platform. If it comes from a mirror that you trust: {way}"
                )
            raise Failure(f"{self.name}: terraform init fails, see above")
        if on_trust and how.remote_locks and self.runs_remotely:
            code, text = screen.run_quietly(
                self.command("providers", "lock", f"-platform={REMOTE_PLATFORM}", *_plain())
            )
            if code != 0:
                say(
                    f"{self.name}: the registry did not tell the providers' checksums for {REMOTE_PLATFORM}, which HCP Terraform needs"
                )

    def plan(self, *options: str, quietly: bool = False) -> PlannedStack:
        """Plan into the folder, with further options of `terraform plan`.

        Args:
            options: those options.
            quietly: keep what Terraform prints for later. What HCP Terraform does is on the screen all the same.

        Raises:
            Failure: AWS or Okta refuses the credentials; where that is known, nothing else is printed.
        """
        (self.folder / PLAN_FILE).unlink(missing_ok=True)
        arguments = ["plan", "-input=false", "-detailed-exitcode", f"-out={PLAN_FILE}", *_plain(), *options]
        if quietly and not self.runs_remotely:
            code, text = screen.run_quietly(self.command(*arguments))
        else:
            code, text = self.terraform(*arguments).returncode, ""
        has_changes = code == PLANNED_CHANGES
        if code not in {EXIT_FINE, PLANNED_CHANGES}:
            self._stop_at_refusal(text)
        shown = None
        if (self.folder / PLAN_FILE).exists():
            showing = self.terraform("show", "-json", PLAN_FILE, capture=True)
            shown = showing.stdout if showing.returncode == 0 else None
        return PlannedStack(self, EXIT_FINE if has_changes else code, has_changes, shown, text)

    def _stop_at_refusal(self, said: str) -> None:
        environment = load_one(self.environment).environment
        if environment is not None and (refusal := credentials.explain(said, environment)):
            raise Failure(f"{self.name}: {refusal}")

    def apply(self, *options: str, patience: float = interrupts.PATIENCE) -> None:
        """Carry out exactly the plan that lies in the folder; an interrupt ends it in good order.

        Args:
            options: further ones of `terraform apply`.
            patience: see `interrupts.run`.

        Raises:
            Failure: Terraform cannot, or was interrupted; why has been printed.
        """
        command = self.command("apply", "-input=false", *_plain(), *options, PLAN_FILE)
        code = interrupts.run(command, patience=patience)
        if code == interrupts.EXIT_INTERRUPTED:
            raise Failure(
                f"{self.name} has been carried out to its end; nothing more is done, since this was interrupted"
            )
        if code != EXIT_FINE:
            raise Failure(f"{self.name}: terraform apply fails, see above")


def synthesize(environments: Iterable[str] = (), app: Sequence[str] = ()) -> list[Stack]:
    """Write the stacks of some environments, or of all, anew.

    Args:
        environments: their names; all of them where it names none.
        app: the program that does it, where it is not to be this project's own.

    Returns:
        The stacks, each after those that it depends on.

    Raises:
        Failure: an environment file has errors, which have been printed.
    """
    names = list(environments)
    say(f"synthesizing {', '.join(names) or 'all environments'}")
    sys.stdout.flush()
    variables = os.environ | {"ENVIRONMENT": ",".join(names), "CDKTF_OUTDIR": str(output_folder())}
    done = subprocess.run(app or [sys.executable, "-P", "main.py"], env=variables, check=False)
    if done.returncode != 0:
        raise Failure(f"{', '.join(names) or 'an environment'} could not be synthesized, see above")
    return synthesized(names)


def synthesized(environments: Iterable[str] = ()) -> list[Stack]:
    """The stacks of some environments, or of all, as they were written last, each after those that it depends on.

    Raises:
        Failure: nothing has been synthesized yet.
    """
    names = list(environments)
    manifest = output_folder() / "manifest.json"
    try:
        written = json.loads(manifest.read_text(encoding="utf-8"))["stacks"]
    except (OSError, ValueError, KeyError):
        raise Failure(f"{manifest}: not there, or no manifest; synthesize first") from None
    # A crowd's stack depends on its environment's own, and on nothing else.
    stacks = [Stack(name, (*written[name]["dependencies"], name)[0]) for name in sorted(written)]
    return [stack for stack in stacks if not names or stack.environment in names]


@dataclass(frozen=True)
class Planning:
    """How stacks are planned."""

    options: tuple[str, ...] = ()
    """Further ones of `terraform plan`."""
    init_options: tuple[str, ...] = ()
    """Further ones of `terraform init`."""
    readonly: bool = False
    """Take no provider but those of `locks/`, where that has them all."""
    refresh_crowd: bool = False
    """Ask Connect about each person of the CSV file."""
    quietly: bool = False
    """Keep what Terraform prints for later."""
    remote_locks: bool = False
    """Where HCP Terraform runs the stack, ask the registry for the checksums that `locks/` does not have."""


def plan_stacks(stacks: Iterable[Stack], how: Planning) -> Iterator[PlannedStack | Waiting]:
    """Plan stacks of one environment one after the other, each only when it is asked for.

    Args:
        stacks: its own, that of its crowd, or both in this order.
        how: how.

    Yields:
        The plan of each.

    Raises:
        Failure: one cannot be initialized.
    """
    own: PlannedStack | None = None
    for stack in stacks:
        if stack.is_crowd and own is not None and own.exit_code != EXIT_FINE:
            yield Waiting(stack, f"{own.stack.name} could not be planned")
        elif stack.is_crowd and own is not None and not own.keeps_instance:
            yield Waiting(stack, f"its people need the instance, which {own.stack.name} makes first")
        else:
            planned = plan_stack(stack, how)
            own = own or planned
            yield planned


def plan_stack(stack: Stack, how: Planning) -> PlannedStack:
    """Plan one stack; that of a crowd without asking Connect about each of its people, unless told so.

    Raises:
        Failure: it cannot be initialized.
    """
    unasked = stack.is_crowd and not how.refresh_crowd
    stack.init(how)
    say(f"planning {stack.name}{', without asking Connect about each of its people' if unasked else ''}")
    return stack.plan(*how.options, *((WITHOUT_REFRESH,) if unasked else ()), quietly=how.quietly)


def accepted(text: str) -> set[str]:
    """What a person accepts, as `--accept` takes it: codes, with or without an address and a hash, separated by `;`."""
    return {finding.strip() for finding in text.split(";")} - {""}


def includes_crowd(names: Iterable[str]) -> bool:
    """Whether what is accepted is a new environment, which is accepted with its crowd."""
    return any(name.partition(":")[0] == NEW_ENVIRONMENT for name in names)


def _plain() -> tuple[str, ...]:
    return () if sys.stdout.isatty() else ("-no-color",)
