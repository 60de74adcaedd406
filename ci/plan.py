"""Plan one environment for a pull request and write its review: `.venv/bin/python -m ci.plan ENV DIRECTORY`.

`DIRECTORY/ENV.md` is what a person reads, `DIRECTORY/ENV.json` what the gate and the deployment need. `HEAD` names
the pull request's latest commit. The plan itself is not written there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from ci import comment
from ci.reviewed import VERSION, Review
from ci.runner import required, run, summarize
from ci.stacks import READ_STATE, Outcome, digest, plan_environment

WAITING = """\
## {}

Not planned: {}."""


def review_environment(environment: str, head: str) -> tuple[Review, list[str]]:
    """Plan both stacks of an environment; what came out, and the report of each as Markdown."""
    planned = plan_environment(environment, READ_STATE)
    outcomes = [outcome for outcome in planned if isinstance(outcome, Outcome)]
    review = Review(
        environment=environment,
        head=head,
        digest=digest(outcomes),
        decide=comment.remembered(finding for outcome in outcomes for finding in outcome.findings),
        refused=any(outcome.refused for outcome in outcomes),
        waiting=len(outcomes) < len(planned),
    )
    reports = [
        outcome.markdown.strip("\n")
        if isinstance(outcome, Outcome)
        else WAITING.format(outcome.stack.name, outcome.reason)
        for outcome in planned
    ]
    return review, reports


def main() -> None:
    """Write the review of the environment and show it on the run's page."""
    environment, directory = sys.argv[1], Path(sys.argv[2])
    review, reports = review_environment(environment, required("HEAD"))
    directory.mkdir(parents=True, exist_ok=True)
    report = comment.fit(reports, comment.LONGEST - len(review.line()))
    (directory / f"{environment}.md").write_text(report, encoding="utf-8")
    (directory / f"{environment}.json").write_text(
        json.dumps({"version": VERSION} | asdict(review), sort_keys=True) + "\n", encoding="utf-8"
    )
    summarize("\n\n".join(reports))


if __name__ == "__main__":
    run(main)
