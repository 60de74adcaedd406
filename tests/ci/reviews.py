"""Reviews for tests."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ci.reviewed import VERSION, Review

if TYPE_CHECKING:
    from pathlib import Path

ADMIN_GAINED = 'profile-gained:aws_connect_user.users["Ada.Admin@example.com"]'


def review(
    environment: str,
    head: str,
    *decide: str,
    digest: str = "d",
    refused: bool = False,
    waiting: bool = False,
) -> Review:
    """A review of an environment, with nothing to decide unless findings are given."""
    return Review(environment, head, digest, decide, refused, waiting)


def written(directory: Path, outcome: Review, text: str) -> None:
    """Write a review as `ci.plan` does."""
    directory.mkdir(exist_ok=True)
    (directory / f"{outcome.environment}.md").write_text(text, encoding="utf-8")
    (directory / f"{outcome.environment}.json").write_text(
        json.dumps({"version": VERSION} | asdict(outcome)), encoding="utf-8"
    )
