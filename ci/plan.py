"""Plan one environment for a pull request and write its review: `.venv/bin/python -m ci.plan ENV DIRECTORY`.

`DIRECTORY/ENV.md` is what a person reads, `DIRECTORY/ENV.json` what the gate and the deployment need. `HEAD` names
the pull request's latest commit. The plan itself is not written there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from ci.reviewed import VERSION, Review
from ci.runner import required, run, summarize
from ci.stacks import Outcome, digest, synthesize


def review_environment(environment: str, head: str) -> tuple[Review, str]:
    """Plan both stacks of an environment; what came out, and the report as Markdown."""
    own, crowd = synthesize(environment)
    own.init()
    outcomes: list[Outcome] = [own.plan(refresh=True, lock=False)]
    report = [f"## Sign-in change: {environment}", outcomes[0].markdown]
    waiting = crowd is not None and outcomes[0].makes_instance
    if crowd is not None:
        report.append(f"## People of the CSV file: {crowd.name}")
        if waiting:
            report.append(
                "Not planned: there is no instance yet that its people could be in. "
                "It is planned and made right after the instance."
            )
        else:
            crowd.init()
            # No refresh: it would ask Connect about every single person, and Connect answers two requests a second.
            outcomes.append(crowd.plan(refresh=False, lock=False))
            report.append(outcomes[1].markdown)
    review = Review(
        environment=environment,
        head=head,
        digest=digest(outcomes),
        decide=tuple(finding for outcome in outcomes for finding in outcome.findings),
        refused=any(outcome.refused for outcome in outcomes),
        waiting=waiting,
    )
    return review, "\n\n".join(part.strip("\n") for part in report) + "\n"


def main() -> None:
    """Write the review of the environment and show it on the run's page."""
    environment, directory = sys.argv[1], Path(sys.argv[2])
    review, report = review_environment(environment, required("HEAD"))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{environment}.md").write_text(report, encoding="utf-8")
    (directory / f"{environment}.json").write_text(
        json.dumps({"version": VERSION} | asdict(review), sort_keys=True) + "\n", encoding="utf-8"
    )
    summarize(report)


if __name__ == "__main__":
    run(main)
