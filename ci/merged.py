"""Which reviews the commits about to be deployed have: `python3 -m ci.merged`.

Output `reviews`: for each environment the reviews from the pull requests that brought these commits to the main
branch, whichever way they were merged (merge commit, squash or rebase), each with who approved of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci import approval, reviewed
from ci.github import Repository
from ci.runner import annotate, event, required, run, set_output

if TYPE_CHECKING:
    from collections.abc import Iterable


def pull_requests(repository: Repository, commits: Iterable[str], branch: str) -> list[dict[str, Any]]:
    """The merged pull requests that commits of a branch come from, in order of their numbers."""
    found: dict[int, dict[str, Any]] = {}
    for commit in commits:
        for entry in repository.pages(f"/commits/{commit}/pulls"):
            if entry["merged_at"] and entry["base"]["ref"] == branch:
                found[entry["number"]] = entry
    return [found[number] for number in sorted(found)]


def reviews(repository: Repository, merged: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The reviews of merged pull requests by environment, as JSON values: `pull_request`, `line`, `approved_by`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for pull_request in merged:
        number = pull_request["number"]
        for environment, comment in sorted(reviewed.comments(repository, number).items()):
            if comment.review.head != pull_request["head"]["sha"]:
                annotate(
                    "warning", f"{environment}: what was merged with #{number} is not the commit its review is about"
                )
                continue
            approved_by = (
                approval.find(repository, pull_request, comment.updated_at).by if comment.review.decide else None
            )
            entry = {"pull_request": number, "line": comment.review.line(), "approved_by": approved_by}
            found.setdefault(environment, []).append(entry)
    return found


def main() -> None:
    """Look up the commits of the push, or the commit that a run by hand deploys, and set the output."""
    payload = event()
    commits = [commit["id"] for commit in payload.get("commits") or []] or [required("GITHUB_SHA")]
    repository = Repository.of_this_run()
    merged = pull_requests(repository, commits, payload["repository"]["default_branch"])
    set_output("reviews", reviews(repository, merged))


if __name__ == "__main__":
    run(main)
