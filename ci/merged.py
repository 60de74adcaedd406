"""Which reviews the commits about to be deployed have: `python3 -I ci/run.py merged DIRECTORY`.

`SINCE` is the output of `ci.affected`: the commit that each environment has. Writes `ENV.json` for each: the reviews
from the pull requests that were merged since, whichever way (merge commit, squash or rebase), each as the run that
planned it recorded it and with who approved.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ci import approval, reviewed
from ci.github import Repository
from ci.runner import annotate, event, required, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ci.reviewed import Review


class Merged:
    """The merged pull requests, each looked up once however many environments and commits it has."""

    def __init__(self, repository: Repository, branch: str) -> None:
        self.repository = repository
        self.branch = branch
        self._of_commit: dict[str, list[dict[str, Any]]] = {}
        self._reviews: dict[int, dict[str, Review]] = {}
        self._approvals: dict[int, str | None] = {}

    def pull_requests(self, commits: Iterable[str]) -> list[dict[str, Any]]:
        """The pull requests that commits of the branch come from, in order of their numbers."""
        found: dict[int, dict[str, Any]] = {}
        for commit in commits:
            if commit not in self._of_commit:
                self._of_commit[commit] = list(self.repository.pages(f"/commits/{commit}/pulls"))
            for entry in self._of_commit[commit]:
                if entry["merged_at"] and entry["base"]["ref"] == self.branch:
                    found[entry["number"]] = entry
        return [found[number] for number in sorted(found)]

    def review(self, pull_request: dict[str, Any], environment: str) -> dict[str, Any] | None:
        """The review of an environment that was merged with a pull request: `pull_request`, `review`, `approved_by`."""
        number = pull_request["number"]
        if number not in self._reviews:
            self._reviews[number] = reviewed.recorded(self.repository, pull_request["head"]["sha"])
        review = self._reviews[number].get(environment)
        if review is None:
            return None
        if review.decide and number not in self._approvals:
            decision = approval.find(self.repository, pull_request)
            if decision.by is None:
                annotate("warning", f"#{number}: {decision.reason}")
            self._approvals[number] = decision.by
        approved_by = self._approvals.get(number) if review.decide else None
        return {"pull_request": number, "review": review.as_json(), "approved_by": approved_by}


def commits_since(repository: Repository, before: str | None, after: str) -> list[str]:
    """The commits after one up to another, that one included; the last alone where the first is not known."""
    found = {after: None}
    page = 1
    while before is not None:
        comparison = repository.call(
            "GET", f"/compare/{before}...{after}?per_page=100&page={page}", absent_is_fine=True
        )
        commits = [] if comparison is None else comparison["commits"]
        found |= dict.fromkeys(commit["sha"] for commit in commits)
        if len(commits) < 100:
            break
        page += 1
    return list(found)


def main() -> None:
    """Look up the reviews of what each environment does not have yet, and write them."""
    payload = event()
    repository = Repository.of_this_run()
    merged = Merged(repository, payload["repository"]["default_branch"])
    since: dict[str, str | None] = json.loads(required("SINCE"))
    pushed = [commit["id"] for commit in payload.get("commits") or []]
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for environment, before in since.items():
        commits = [*pushed, *commits_since(repository, before, required("GITHUB_SHA"))]
        found = [merged.review(entry, environment) for entry in merged.pull_requests(dict.fromkeys(commits))]
        reviews = [entry for entry in found if entry is not None]
        (directory / f"{environment}.json").write_text(json.dumps(reviews, sort_keys=True) + "\n", encoding="utf-8")
        numbers = ", ".join(f"#{entry['pull_request']}" for entry in reviews)
        print(f"{environment}: {numbers or 'no reviews'}")


if __name__ == "__main__":
    run(main)
