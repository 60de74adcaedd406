"""An environment's plans as the workflows need them: held to the lock files, reviewed, and compared with what was reviewed."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ci.runner import Stop
from connect_sso.errors import Failure
from connect_sso.terraform import stacks
from connect_sso.terraform.stacks import PlannedStack, Planning, Stack, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READ_STATE = "-lock=false"
"""For a plan that is only read: it needs no right to write beside the state, where locks are."""

WAIT_FOR_STATE = "-lock-timeout=10m"
"""For a plan that is applied: someone at work with the same state is waited for."""

ABOUT_CHANGES = ("findings", "access", "resources", "moves", "imports", "drift", "outputs")
"""The parts of a review that say what changes; the others say where it comes from, or what people think of it."""


@dataclass(frozen=True)
class Outcome:
    """A planned stack with its review, as JSON and as Markdown."""

    plan: PlannedStack
    review: dict[str, Any]
    markdown: str
    to_decide: bool

    @classmethod
    def of(cls, plan: PlannedStack, accept: Iterable[str] = (), accepted_by: str = "") -> Outcome:
        """Review a plan.

        Raises:
            Failure: it cannot be read. HCP Terraform shows the JSON of a plan to administrators of the workspace alone.
        """
        names = frozenset(accept)
        commit = ("--commit", os.environ.get("HEAD") or os.environ.get("GITHUB_SHA", ""))
        as_json, as_markdown = (
            plan.review("--format", form, *commit, accept=names, accepted_by=accepted_by)
            for form in ("json", "markdown")
        )
        return cls(plan, json.loads(as_json.report), as_markdown.report, as_json.to_decide)

    @property
    def refused(self) -> bool:
        """Whether Terraform refuses to carry the plan out."""
        return bool(self.review["refused"])

    @property
    def findings(self) -> list[str]:
        """What a person must decide, as `--accept` takes it."""
        return [
            f"{finding['code']}:{finding['address']}:{finding['hash']}"
            for finding in self.review["findings"]
            if not finding["accepted"]
        ]


@contextmanager
def stopping() -> Iterator[None]:
    """Whatever cannot be done stops the step, with its one line."""
    try:
        yield
    except Failure as failure:
        raise Stop(str(failure)) from None


def plan_environment(environment: str, state: str) -> list[Outcome | Waiting]:
    """Plan an environment's stacks, in the order in which they are applied, and review each.

    Args:
        environment: its name.
        state: `READ_STATE` or `WAIT_FOR_STATE`.

    Raises:
        Stop: one cannot be synthesized, planned or reviewed.
    """
    with stopping():
        return [
            planned if isinstance(planned, Waiting) else Outcome.of(planned)
            for planned in stacks.plan_stacks(stacks.synthesize([environment]), Planning((state,), readonly=True))
        ]


def plan_crowd(crowd: Stack, state: str) -> Outcome:
    """Plan and review the stack of the people from the CSV file, once the instance is there.

    Raises:
        Stop: as for `plan_environment`.
    """
    with stopping():
        return Outcome.of(stacks.plan_stack(crowd, Planning((state,), readonly=True)))


def digest(outcomes: Iterable[Outcome]) -> str:
    """Hash of what the reviews say about the changes, whoever accepted them and wherever the plan comes from."""
    said = [{part: outcome.review[part] for part in ABOUT_CHANGES} for outcome in outcomes]
    for review in said:
        review["findings"] = [{key: finding[key] for key in ("code", "hash", "says")} for finding in review["findings"]]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(stack: Stack) -> str:
    """Hash of a stack as it was synthesized, with the files beside it: equal hashes, equal stacks."""
    files = {path.name: path.read_text(encoding="utf-8") for path in stack.folder.glob("*.json")}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
