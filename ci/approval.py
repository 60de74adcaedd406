"""The label that says a person has decided: `python3 -m ci.approval` takes it away again when the branch is pushed to.

Only that counts as an approval which someone with write access gave, who has no commit in the pull request and did
not open it, and which was given after the review that it approves of was there to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci.github import Repository, quoted
from ci.runner import event, run

LABEL = "access-change-approved"

MAY_APPROVE = {"admin", "write"}
"""The API's `permission` of a collaborator; someone who may maintain has `write`, someone who may triage `read`.

https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
"""


@dataclass(frozen=True)
class Approval:
    """Who approved, or why nobody did."""

    by: str | None
    reason: str


def find(repository: Repository, pull_request: dict[str, Any], reviewed_at: str) -> Approval:
    """The approval of a pull request whose latest review to decide on was written at `reviewed_at` (ISO 8601, UTC)."""
    number = pull_request["number"]
    last: dict[str, Any] | None = None
    for entry in repository.pages(f"/issues/{number}/events"):
        if entry["event"] in {"labeled", "unlabeled"} and entry["label"]["name"] == LABEL:
            last = entry
    if last is None or last["event"] == "unlabeled":
        return Approval(None, f"someone with write access has to read the review and set the label {LABEL}")
    actor = (last.get("actor") or {}).get("login")
    if not actor:
        return Approval(None, f"the account that set the label {LABEL} is gone")
    if last["created_at"] < reviewed_at:
        return Approval(None, f"{actor} set the label {LABEL} before this review was there: remove it and set it again")
    if actor in contributors(repository, pull_request):
        return Approval(None, f"{actor} set the label {LABEL} and has written this change: someone else has to decide")
    answer = repository.call("GET", f"/collaborators/{quoted(actor)}/permission", absent_is_fine=True)
    if answer is None or answer["permission"] not in MAY_APPROVE:
        return Approval(None, f"{actor} set the label {LABEL} and has no write access to this repository")
    return Approval(actor, f"approved by {actor}")


def contributors(repository: Repository, pull_request: dict[str, Any]) -> set[str]:
    """Who opened the pull request, and who wrote or committed its commits (merges only bring in what the base has)."""
    people = {pull_request["user"]["login"]}
    for commit in repository.pages(f"/pulls/{pull_request['number']}/commits"):
        if len(commit["parents"]) < 2:
            people |= {(commit.get(role) or {}).get("login", "") for role in ("author", "committer")}
    return people - {""}


def main() -> None:
    """Take the label from the pull request of this run: what is pushed now has not been decided on."""
    pull_request = event()["pull_request"]
    if LABEL not in {label["name"] for label in pull_request["labels"]}:
        print(f"the label {LABEL} is not set")
        return
    path = f"/issues/{pull_request['number']}/labels/{quoted(LABEL)}"
    Repository.of_this_run().call("DELETE", path, absent_is_fine=True)
    print(f"removed the label {LABEL}: the branch was pushed to")


if __name__ == "__main__":
    run(main)
