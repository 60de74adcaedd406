"""What a pull request's review comment remembers: which commit was planned, what came out, what a person must decide.

It stands as one hidden line at the top of the comment, so that the gate needs no second plan, and the deployment can
tell whether it is about to do what was reviewed. The plan itself, which holds secrets in clear, is kept nowhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ci.github import BOT, Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1

MARKER = re.compile(r"\A<!-- connect-sso-review (\{.*\}) -->\n")


@dataclass(frozen=True)
class Review:
    """The outcome of planning one environment, both stacks together."""

    environment: str
    head: str
    """The commit of the pull request's branch that was planned (merged with its base)."""
    digest: str
    """Hash of everything the review says: equal digests, equal changes."""
    decide: tuple[str, ...]
    """`CODE:ADDRESS` of each finding that a person must decide, as `connect-sso review --accept` takes it."""
    refused: bool
    """Whether Terraform refuses to carry this plan out; no approval helps."""
    waiting: bool
    """Whether the crowd's stack could not be planned, since there is no instance yet."""

    def line(self) -> str:
        """The review as a hidden first line of a comment."""
        text = json.dumps({"version": VERSION} | asdict(self), sort_keys=True, separators=(",", ":"))
        # An address holds names of people and groups; none may end the HTML comment it stands in.
        for character in "-<>":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return f"<!-- connect-sso-review {text} -->\n"

    @classmethod
    def from_json(cls, value: Any) -> Review | None:
        """A review from its JSON; None for anything else, or one of another version."""
        if not isinstance(value, dict) or value.get("version") != VERSION:
            return None
        try:
            return cls(
                environment=str(value["environment"]),
                head=str(value["head"]),
                digest=str(value["digest"]),
                decide=tuple(str(finding) for finding in value["decide"]),
                refused=value["refused"] is True,
                waiting=value["waiting"] is True,
            )
        except (KeyError, TypeError):
            return None

    @classmethod
    def from_comment(cls, body: str) -> Review | None:
        """The review that a comment's hidden line holds, if it has one."""
        marker = MARKER.match(body.replace("\r\n", "\n"))
        if marker is None:
            return None
        try:
            return cls.from_json(json.loads(marker[1]))
        except json.JSONDecodeError:
            return None


@dataclass(frozen=True)
class Comment:
    """A review comment as it stands in the pull request."""

    number: int
    body: str
    updated_at: str
    """ISO 8601, UTC, whole seconds: times compare as text."""
    review: Review


def comments(repository: Repository, pull_request: int) -> dict[str, Comment]:
    """The review comments of a pull request, by environment; only those that a workflow wrote count."""
    return collect(repository.pages(f"/issues/{pull_request}/comments"))


def collect(entries: Iterable[dict[str, Any]]) -> dict[str, Comment]:
    """Pick the review comments out of a pull request's comments; of two for one environment the later wins."""
    found: dict[str, Comment] = {}
    for entry in entries:
        if (entry.get("user") or {}).get("login") != BOT:
            continue
        body = entry["body"].replace("\r\n", "\n")
        review = Review.from_comment(body)
        if review is not None:
            found[review.environment] = Comment(entry["id"], body, entry["updated_at"], review)
    return found
