"""Plan one environment for a pull request and write its review: `.venv/bin/python -I ci/run.py plan ENV DIRECTORY`.

`DIRECTORY/ENV.md` is what a person reads, `DIRECTORY/ENV.json` the record that the gate and the deployment go by. `HEAD` names
the pull request's latest commit. The plan itself is not written there.
"""

from __future__ import annotations

import html
import json
import sys
from collections import Counter
from pathlib import Path

from ci import comment
from ci.comment import marker
from ci.reviewed import Review
from ci.runner import required, run, summarize
from ci.stacks import READ_STATE, Outcome, digest, fingerprint, plan_environment
from connect_sso.environment.loading import load_one
from connect_sso.terraform.stacks import Waiting
from connect_sso.text import count

WAITING = """\
## {}

Not planned: {}. It has {}, made right after that. Whoever approves of the new environment approves of exactly these:

| users | security profiles |
|---:|---|
{}"""


def review_environment(environment: str, head: str) -> tuple[Review, list[str]]:
    """Plan both stacks of an environment; what came out, and the report of each as Markdown."""
    planned = plan_environment(environment, READ_STATE)
    outcomes = [outcome for outcome in planned if isinstance(outcome, Outcome)]
    review = Review(
        environment=environment,
        head=head,
        digest=digest(outcomes),
        decide=tuple(dict.fromkeys(finding for outcome in outcomes for finding in outcome.findings)),
        refused=any(outcome.refused for outcome in outcomes),
        crowd=next((fingerprint(each.stack) for each in planned if isinstance(each, Waiting)), ""),
    )
    return review, [
        each.markdown.strip("\n") if isinstance(each, Outcome) else waiting_crowd(environment, each) for each in planned
    ]


def waiting_crowd(environment: str, waiting: Waiting) -> str:
    """The users of a crowd that cannot be planned yet, counted by their security profiles, as Markdown."""
    people = load_one(environment).crowd
    counted = Counter(", ".join(sorted(person.security_profiles)) for person in people)
    rows = "\n".join(f"| {number:,} | {html.escape(profiles)} |" for profiles, number in sorted(counted.items()))
    return WAITING.format(waiting.stack.name, waiting.reason, count(len(people), "user"), rows)


def main() -> None:
    """Write the review of the environment and show it on the run's page."""
    environment, directory = sys.argv[1], Path(sys.argv[2])
    review, reports = review_environment(environment, required("HEAD"))
    directory.mkdir(parents=True, exist_ok=True)
    report = comment.fit(reports, comment.LONGEST - len(marker(environment)))
    (directory / f"{environment}.md").write_text(report, encoding="utf-8")
    (directory / f"{environment}.json").write_text(
        json.dumps(review.as_json(), sort_keys=True) + "\n", encoding="utf-8"
    )
    summarize("\n\n".join(reports))


if __name__ == "__main__":
    run(main)
