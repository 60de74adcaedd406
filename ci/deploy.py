"""Deploy one environment as it was reviewed: `.venv/bin/python -I ci/run.py deploy ENV REVIEWS.json OUTCOME.json`.

`REVIEWS.json` is what `ci.merged` wrote. The environment is planned anew. What it may do is what was reviewed: a
finding that nobody has approved, exactly as it says now, stops the deployment before anything is changed. Any other
difference (the base moved on, someone changed something by hand) is said, here and in the pull request, and deployed.

A run by hand can accept findings: `ACCEPT` holds them (`CODE`, `CODE:ADDRESS` or `CODE:ADDRESS:HASH`, separated by
`;`), `ACTOR` is who started it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ci.reviewed import Review
from ci.runner import Stop, annotate, required, run, summarize
from ci.stacks import WAIT_FOR_STATE, Outcome, digest, fingerprint, plan_crowd, plan_environment, stopping
from connect_sso.terraform.interrupts import CANCELLED_JOB
from connect_sso.terraform.stacks import NEW_ENVIRONMENT, accepted, includes_crowd

if TYPE_CHECKING:
    from connect_sso.terraform.stacks import Waiting


@dataclass
class Deployment:
    """What may be deployed, and what became of it."""

    environment: str
    reviews: list[Review]
    pull_requests: list[int]
    approved: set[str]
    """What pull requests were approved for."""
    crowds: set[str]
    """The crowds of new environments that they were approved with, by their hash."""
    by_hand: set[str]
    """What the person who started the run accepts."""
    accepted_by: str
    applied: list[str] = field(default_factory=list)
    differs: str | None = None
    """How the plan differs from the reviewed one; None where it does not."""
    stopped: str | None = None

    def carry_out(self) -> None:
        """Plan, compare, and apply both stacks.

        Raises:
            Stop: a stack cannot be planned or applied, or holds something that nobody has approved of.
        """
        planned = plan_environment(self.environment, WAIT_FOR_STATE)
        outcomes = [outcome for outcome in planned if isinstance(outcome, Outcome)]
        self.compare(outcomes)
        for outcome in outcomes:
            self.permit(outcome)
        for each in planned:
            outcome = each if isinstance(each, Outcome) else self.crowd_of_new_instance(each)
            with stopping():
                outcome.plan.stack.apply(WAIT_FOR_STATE, patience=CANCELLED_JOB)
            self.applied.append(outcome.plan.stack.name)

    def crowd_of_new_instance(self, waiting: Waiting) -> Outcome:
        """The crowd's plan, once its instance is there.

        Whoever approves of a new environment approves of its crowd: of the people who were in the file then.
        """
        if includes_crowd(self.by_hand) or fingerprint(waiting.stack) in self.crowds:
            self.approved.add(NEW_ENVIRONMENT)
        outcome = plan_crowd(waiting.stack, WAIT_FOR_STATE)
        self.permit(outcome)
        return outcome

    def compare(self, outcomes: list[Outcome]) -> None:
        """Say whether this is the plan that was reviewed."""
        if not self.reviews:
            self.differs = "no pull request has a review of it"
        elif len(self.reviews) > 1:
            numbers = ", ".join(f"#{number}" for number in self.pull_requests)
            self.differs = f"it holds the changes of several pull requests ({numbers}), which were reviewed one by one"
        elif self.reviews[0].digest != digest(outcomes):
            self.differs = f"it is not the plan that was reviewed in #{self.pull_requests[0]}"
        if self.differs:
            annotate("warning", f"{self.environment}: {self.differs}")

    def permit(self, outcome: Outcome) -> None:
        """Show a stack's review as it is now, and stop where it holds something that nobody has approved of."""
        name = outcome.plan.stack.name
        names = (self.approved | self.by_hand) & _forms(outcome.findings)
        if outcome.to_decide and names:
            with stopping():
                outcome = Outcome.of(outcome.plan, names, self.accepted_by)
        summarize(f"## Deploying {name}\n\n{outcome.markdown}")
        if outcome.refused:
            raise Stop(f"{name}: Terraform refuses this plan; its review says why")
        if outcome.to_decide:
            findings = "\n".join(outcome.findings)
            raise Stop(f"{name}: not deployed, since nobody has approved of\n{findings}")

    def as_json(self) -> dict[str, Any]:
        """What `ci.tell` needs."""
        return {
            "environment": self.environment,
            "pull_requests": self.pull_requests,
            "applied": self.applied,
            "differs": self.differs,
            "stopped": self.stopped,
        }


def _forms(findings: list[str]) -> set[str]:
    """The ways in which `--accept` can name these findings: by code, with the address, and with the hash as well."""
    return {form for finding in findings for form in (finding, finding.rpartition(":")[0], finding.partition(":")[0])}


def read(environment: str, reviews: Path) -> Deployment:
    """The deployment as the run's files and variables describe it."""
    entries: list[dict[str, Any]] = json.loads(reviews.read_text(encoding="utf-8"))
    pairs = [(entry, review) for entry in entries if (review := Review.from_json(entry["review"])) is not None]
    approved = [review for entry, review in pairs if entry["approved_by"]]
    people = {entry["approved_by"] for entry, _ in pairs if entry["approved_by"]}
    by_hand = accepted(os.environ.get("ACCEPT", ""))
    if by_hand:
        people.add(required("ACTOR"))
    return Deployment(
        environment=environment,
        reviews=[review for _, review in pairs],
        pull_requests=[entry["pull_request"] for entry, _ in pairs],
        approved={finding for review in approved for finding in review.decide},
        crowds={review.crowd for review in approved if review.crowd and includes_crowd(review.decide)},
        by_hand=by_hand,
        accepted_by=", ".join(sorted(people)),
    )


def main() -> None:
    """Deploy the environment and write down what became of it, also when it is stopped."""
    environment, reviews, outcome = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    deployment = read(environment, reviews)
    try:
        deployment.carry_out()
    except Stop as stop:
        deployment.stopped = str(stop)
        raise
    finally:
        outcome.parent.mkdir(parents=True, exist_ok=True)
        outcome.write_text(json.dumps(deployment.as_json(), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
