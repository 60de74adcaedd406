"""Show the reviews in the pull request and say whether it may be merged: `python3 -I ci/run.py decide DIRECTORY`.

The directory holds what `ci.plan` recorded in this run, `ENV.md` and `ENV.json` for each environment. `NEEDS` (JSON)
holds the results and outputs of the jobs before this one. A job that is skipped passes for GitHub, so this one runs
whatever became of the others, and looks at it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ci import approval, reviewed
from ci.comment import LONGEST, marker
from ci.github import BOT, Repository
from ci.runner import Stop, annotate, event, required, run, summarize


def publish(repository: Repository, pull_request: int, directory: Path, affected: list[str]) -> None:
    """Bring the comments in line with the reviews of this run: one for each environment, rewritten in place.

    Raises:
        Stop: a review is too long for a comment.
    """
    entries = [
        entry
        for entry in repository.pages(f"/issues/{pull_request}/comments")
        if (entry.get("user") or {}).get("login") == BOT and entry["body"].startswith(marker("").split(" -->")[0])
    ]
    standing = {entry["body"].split()[2]: entry for entry in entries}
    for environment in affected:
        path = directory / f"{environment}.md"
        if not path.exists():
            continue
        body = marker(environment) + path.read_text(encoding="utf-8")
        if len(body) > LONGEST:
            raise Stop(f"the review of {environment} has {len(body)} characters; a comment takes {LONGEST}")
        before = standing.get(environment)
        if before is None:
            repository.call("POST", f"/issues/{pull_request}/comments", {"body": body})
        elif before["body"].replace("\r\n", "\n").strip() != body.strip():
            repository.call("PATCH", f"/issues/comments/{before['id']}", {"body": body})
    for environment in sorted(standing.keys() - set(affected)):
        repository.call("DELETE", f"/issues/comments/{standing[environment]['id']}", absent_is_fine=True)


def failed_before(needs: dict[str, Any], affected: list[str]) -> list[str]:
    """The jobs that did not do what this one relies on; with nothing to plan the job that plans is skipped."""
    expected = {name: {"success"} for name in ("read", "find", "plan")}
    if not affected:
        expected["plan"] = {"success", "skipped"}
    return [
        f"the job {name!r} ended with {needs.get(name, {}).get('result', 'nothing')!r}: run it again"
        for name, results in expected.items()
        if needs.get(name, {}).get("result") not in results
    ]


def main() -> None:
    """Publish, then pass or stop with what is missing."""
    repository = Repository.of_this_run()
    pull_request = event()["pull_request"]
    needs: dict[str, Any] = json.loads(required("NEEDS"))
    outputs = needs.get("find", {}).get("outputs", {})
    affected: list[str] = json.loads(outputs.get("environments") or "[]")
    undecided: list[str] = json.loads(outputs.get("unplanned") or "[]")
    if affected and (pull_request["head"]["repo"] or {}).get("full_name") != repository.name:
        raise Stop(
            "a pull request from a fork is not planned, since it gets no credentials: "
            "someone with write access has to read it and push its branch to this repository"
        )
    problems = failed_before(needs, affected)
    reviews = reviewed.in_folder(Path(sys.argv[1]))
    publish(repository, pull_request["number"], Path(sys.argv[1]), affected)
    head = pull_request["head"]["sha"]
    for environment in affected:
        review = reviews.get(environment)
        if review is None or review.head != head:
            problems.append(
                f"{environment}: there is no review of {head[:7]}; see the job that plans it, or run it again"
            )
        elif review.refused:
            problems.append(f"{environment}: Terraform refuses this plan; its review says why")
        elif review.decide:
            undecided.append(f"{environment}: the review holds something to decide")
    gaps = approval.protection_gaps(repository, pull_request["base"]["ref"])
    for gap in gaps or []:
        annotate("warning", gap)
    if undecided:
        decision = approval.find(repository, pull_request)
        if decision.by is None:
            problems += [f"{what}; {decision.reason}" for what in undecided]
        elif gaps:
            problems.append("an approval counts only where the branch is protected: " + "; ".join(gaps))
        else:
            text = "; ".join(undecided) + f": {decision.reason}"
            summarize(text)
            annotate("notice", text)
    if problems:
        raise Stop("\n".join(problems))
    print(f"reviewed: {', '.join(affected) or 'this change affects no environment'}")


if __name__ == "__main__":
    run(main)
