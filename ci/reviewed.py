"""The record of a review: which commit was planned, what came out, what a person must decide.

It is an artifact of the run that planned, and is read from there: text that people can edit, such as a comment, is for
people. The plan itself, which holds secrets in clear, is kept nowhere.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ci.github import Repository

VERSION = 2

WORKFLOW = "plan.yml"

EXACT = re.compile(r"[a-z-]+:.+:[0-9a-f]{40}", re.DOTALL)
"""`CODE:ADDRESS:HASH`, the one form that an approval can have: it is for what was read."""


@dataclass(frozen=True)
class Review:
    """The outcome of planning one environment, both stacks together."""

    environment: str
    head: str
    """The commit of the pull request's branch that was planned (merged with its base)."""
    digest: str
    """Hash of everything the review says: equal digests, equal changes."""
    decide: tuple[str, ...]
    """`CODE:ADDRESS:HASH` of each finding that a person must decide, as `connect-sso review --accept` takes it."""
    refused: bool
    """Whether Terraform refuses to carry this plan out; no approval helps."""
    crowd: str
    """Hash of the crowd's stack where that cannot be planned yet, since there is no instance; else empty."""

    def as_json(self) -> dict[str, Any]:
        """The review as a JSON value."""
        return {"version": VERSION} | asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Review | None:
        """A review from its JSON; None for anything else, or one of another version."""
        if not isinstance(value, dict) or value.get("version") != VERSION:
            return None
        try:
            decide = tuple(str(finding) for finding in value["decide"])
            review = cls(
                environment=str(value["environment"]),
                head=str(value["head"]),
                digest=str(value["digest"]),
                decide=decide,
                refused=value["refused"] is not False,
                crowd=str(value["crowd"]),
            )
        except (KeyError, TypeError):
            return None
        return review if all(map(EXACT.fullmatch, decide)) else None


def in_folder(directory: Path) -> dict[str, Review]:
    """The reviews in a folder of them, by environment; a file that is none counts for nothing."""
    found = (_parsed(path.read_bytes()) for path in sorted(directory.glob("*.json")))
    return {review.environment: review for review in found if review is not None}


def run_of(repository: Repository, head: str) -> dict[str, Any] | None:
    """The latest run that planned a commit of a branch of this repository, for a pull request."""
    path = f"/actions/workflows/{WORKFLOW}/runs?head_sha={head}&event=pull_request&per_page=100"
    answer = repository.call("GET", path, absent_is_fine=True) or {"workflow_runs": []}
    runs = [
        run
        for run in answer["workflow_runs"]
        if run["head_sha"] == head
        and run["event"] == "pull_request"
        and (run.get("head_repository") or {}).get("full_name") == repository.name
    ]
    return max(runs, key=lambda run: int(run["run_number"]), default=None)


def recorded(repository: Repository, head: str) -> dict[str, Review]:
    """The reviews that the run for a commit recorded, by environment."""
    run = run_of(repository, head)
    if run is None:
        return {}
    listed = repository.call("GET", f"/actions/runs/{run['id']}/artifacts?per_page=100")["artifacts"]
    latest = {entry["name"]: entry for entry in sorted(listed, key=lambda entry: int(entry["id"]))}
    found = {}
    for name, entry in latest.items():
        if not name.startswith("review-") or entry.get("expired"):
            continue
        environment = name.removeprefix("review-")
        review = _parsed(_file(repository.download(f"/actions/artifacts/{entry['id']}/zip"), f"{environment}.json"))
        if review is not None and (review.environment, review.head) == (environment, head):
            found[environment] = review
    return found


def _file(archive: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return opened.read(name)
    except (KeyError, zipfile.BadZipFile):
        return b""


def _parsed(text: bytes) -> Review | None:
    try:
        return Review.from_json(json.loads(text))
    except ValueError:
        return None
