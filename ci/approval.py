"""Who has approved of a pull request: GitHub's own approving reviews, of exactly its latest commit.

The branch protection in docs/pull-requests.md asks for the same. Whether somebody approved is looked up here all the
same: a workflow cannot see every protection, and an administrator can pass over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci.github import Repository, quoted

MAY_APPROVE = {"admin", "write"}
"""The API's `permission` of a collaborator; someone who may maintain has `write`, someone who may triage `read`.

https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
"""

OPINIONS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
"""The states of a review that take the place of the same person's earlier ones; a comment does not.

https://docs.github.com/rest/pulls/reviews#list-reviews-for-a-pull-request
"""

MOST_PUSHES = 100
"""Entries in the first page of a branch's activity, the most that GitHub gives at once."""

CHECK = "access change"
"""The name of the job in plan.yml that holds a pull request back."""


@dataclass(frozen=True)
class Approval:
    """Who approved, or why nobody did."""

    by: str | None
    reason: str


def find(repository: Repository, pull_request: dict[str, Any]) -> Approval:
    """The approval of a pull request's latest commit, by someone with write access who did not push to its branch."""
    number, head = pull_request["number"], pull_request["head"]["sha"]
    last: dict[str, dict[str, Any]] = {}
    for review in repository.pages(f"/pulls/{number}/reviews"):
        person = review.get("user")
        if review["state"] in OPINIONS and person and person.get("type") == "User":
            last[person["login"]] = review
    approving = {login: review for login, review in last.items() if review["state"] == "APPROVED"}
    if not approving:
        return Approval(None, "someone with write access has to read the review and approve of the pull request")
    pushers = pushed_by(repository, pull_request)
    if pushers is None:
        return Approval(None, f"GitHub does not list who pushed {head[:7]}, so nobody can be known not to have")
    reasons = []
    for login, review in approving.items():
        if review["commit_id"] != head:
            reasons.append(f"{login} approved of {str(review['commit_id'])[:7]}, and not of {head[:7]}")
        elif login in pushers | {pull_request["user"]["login"]}:
            reasons.append(f"{login} approved and has pushed to this branch: someone else has to decide")
        elif not may_write(repository, login):
            reasons.append(f"{login} approved and has no write access to this repository")
        else:
            return Approval(login, f"approved by {login}")
    return Approval(None, "; ".join(reasons))


def may_write(repository: Repository, login: str) -> bool:
    """Whether a person has write access."""
    answer = repository.call("GET", f"/collaborators/{quoted(login)}/permission", absent_is_fine=True)
    return answer is not None and answer["permission"] in MAY_APPROVE


def pushed_by(repository: Repository, pull_request: dict[str, Any]) -> set[str] | None:
    """Everyone who pushed to a pull request's branch, by GitHub's own log, whatever the commits say of their authors.

    https://docs.github.com/rest/repos/repos#list-repository-activities

    Returns:
        Their logins; None where the log does not hold the push of the latest commit, or is too long to see all of it.
    """
    branch = quoted(f"refs/heads/{pull_request['head']['ref']}")
    pushes = repository.call("GET", f"/activity?ref={branch}&per_page={MOST_PUSHES}", absent_is_fine=True) or []
    if len(pushes) >= MOST_PUSHES or all(push["after"] != pull_request["head"]["sha"] for push in pushes):
        return None
    return {(push.get("actor") or {}).get("login", "") for push in pushes}


def protection_gaps(repository: Repository, branch: str) -> list[str] | None:
    """What the rules of a branch do not ask for, as far as the API shows them.

    https://docs.github.com/rest/repos/rules#get-rules-for-a-branch. Classic branch protection shows itself to
    administrators only, and a workflow's token is none.

    Returns:
        A sentence for each gap; None where no rules are shown.
    """
    rules = repository.call("GET", f"/rules/branches/{quoted(branch)}", absent_is_fine=True)
    if not rules:
        return None
    reviews = [rule.get("parameters") or {} for rule in rules if rule["type"] == "pull_request"]
    checks = {
        check["context"]
        for rule in rules
        if rule["type"] == "required_status_checks"
        for check in (rule.get("parameters") or {}).get("required_status_checks", [])
    }
    asked = {
        "an approving review": any(each.get("required_approving_review_count", 0) >= 1 for each in reviews),
        "a review by code owners": any(each.get("require_code_owner_review") for each in reviews),
        "approval of the most recent push": any(each.get("require_last_push_approval") for each in reviews),
        "stale approvals to be dismissed": any(each.get("dismiss_stale_reviews_on_push") for each in reviews),
        f"the check {CHECK!r}": CHECK in checks,
    }
    return [f"the rules of {branch} do not require {what}" for what, there in asked.items() if not there]
