"""Write the reviews into the pull request and say whether it may be merged: `python3 -m ci.decide DIRECTORY`.

The directory holds what `ci.plan` wrote, `ENV.md` and `ENV.json` for each environment planned in this run. Each
environment has one comment, rewritten in place. `ENVIRONMENTS` (JSON) names all that the pull request can affect:
every one of them needs a review of the pull request's latest commit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ci import approval, reviewed
from ci.comment import LONGEST
from ci.github import Repository
from ci.reviewed import Comment, Review
from ci.runner import Stop, annotate, event, required, run, summarize


def publish(repository: Repository, pull_request: int, directory: Path, affected: list[str]) -> dict[str, Comment]:
    """Bring the comments in line with the reviews of this run and return all that stand now.

    A comment whose text stays the same is not touched: an approval is worth nothing once the review has been
    rewritten. The comment of an environment that the change does not affect any more is deleted.
    """
    standing = reviewed.comments(repository, pull_request)
    for path in sorted(directory.glob("*.json")):
        review = Review.from_json(json.loads(path.read_text(encoding="utf-8")))
        if review is None:
            raise Stop(f"{path.name} is not a review")
        body = review.line() + path.with_suffix(".md").read_text(encoding="utf-8")
        if len(body) > LONGEST:
            raise Stop(f"the review of {review.environment} has {len(body)} characters; a comment takes {LONGEST}")
        before = standing.get(review.environment)
        if before is None:
            answer = repository.call("POST", f"/issues/{pull_request}/comments", {"body": body})
        elif before.body.strip() != body.strip():
            answer = repository.call("PATCH", f"/issues/comments/{before.number}", {"body": body})
        else:
            continue
        standing[review.environment] = Comment(answer["id"], body, answer["updated_at"], review)
    for environment in sorted(standing.keys() - set(affected)):
        repository.call("DELETE", f"/issues/comments/{standing.pop(environment).number}", absent_is_fine=True)
    return standing


def main() -> None:
    """Publish, then pass or stop with what is missing."""
    repository = Repository.of_this_run()
    pull_request = event()["pull_request"]
    affected: list[str] = json.loads(required("ENVIRONMENTS"))
    if not affected:
        print("this change affects no environment")
        return
    if (pull_request["head"]["repo"] or {}).get("full_name") != repository.name:
        raise Stop(
            "a pull request from a fork is not planned, since it gets no credentials: "
            "someone with write access has to read it and push its branch to this repository"
        )
    standing = publish(repository, pull_request["number"], Path(sys.argv[1]), affected)
    head = pull_request["head"]["sha"]
    problems: list[str] = []
    undecided: list[str] = []
    for environment in affected:
        comment = standing.get(environment)
        if comment is None or comment.review.head != head:
            problems.append(
                f"{environment}: there is no review of {head[:7]}; see the job that plans it, or run it again"
            )
        elif comment.review.refused:
            problems.append(f"{environment}: Terraform refuses this plan; its review says why")
        elif comment.review.decide:
            undecided.append(environment)
    if undecided:
        latest = max(standing[environment].updated_at for environment in undecided)
        decision = approval.find(repository, pull_request, latest)
        names = ", ".join(undecided)
        if decision.by is None:
            problems.append(f"{names}: the review holds something to decide; {decision.reason}")
        else:
            summarize(f"Access change in {names}: {decision.reason}.")
            annotate("notice", f"{names}: {decision.reason}")
    if problems:
        raise Stop("\n".join(problems))
    print(f"reviewed: {', '.join(affected)}")


if __name__ == "__main__":
    run(main)
