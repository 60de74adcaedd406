"""Reviews for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ci.reviewed import Review

if TYPE_CHECKING:
    from pathlib import Path

ADMIN_GAINED = f'admin-profile-gained:aws_connect_user.users["Ada.Admin@example.com"]:{"1" * 40}'


def review(
    environment: str,
    head: str,
    *decide: str,
    digest: str = "d",
    refused: bool = False,
    crowd: str = "",
) -> Review:
    """A review of an environment, with nothing to decide unless findings are given."""
    return Review(environment, head, digest, decide, refused, crowd)


def record(outcome: Review) -> tuple[str, str]:
    """A review as a run records it: the environment, and the JSON."""
    return outcome.environment, json.dumps(outcome.as_json())


def written(directory: Path, outcome: Review, text: str) -> None:
    """Write a review as `ci.plan` does."""
    directory.mkdir(exist_ok=True)
    (directory / f"{outcome.environment}.md").write_text(text, encoding="utf-8")
    (directory / f"{outcome.environment}.json").write_text(record(outcome)[1], encoding="utf-8")
