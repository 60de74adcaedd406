"""The hidden line that a review comment remembers its review by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci import reviewed
from ci.reviewed import Review
from tests.ci.fake_github import BOT
from tests.ci.reviews import review

REVIEWS = st.builds(
    Review,
    environment=st.text(),
    head=st.text(),
    digest=st.text(),
    decide=st.lists(st.text()).map(tuple),
    refused=st.booleans(),
    waiting=st.booleans(),
)


@given(REVIEWS, st.text())
def test_comes_back_as_it_was(outcome: Review, report: str) -> None:
    """Whatever people and groups are called, the line holds them, stays one line, and ends no HTML comment."""
    line = outcome.line()
    assert line.count("\n") == 1
    assert line.count("-->") == 1
    assert line.rstrip().endswith("-->")
    assert Review.from_comment(line + report) == outcome


@given(st.text())
def test_other_comments_are_no_reviews(body: str) -> None:
    """People write what they like; only a line that a workflow can have written is read."""
    assert Review.from_comment(body) is None


@pytest.mark.parametrize(
    "line",
    [
        "<!-- connect-sso-review {} -->\n",
        '<!-- connect-sso-review {"version":2} -->\n',
        '<!-- connect-sso-review {"version":1,"environment":"dev"} -->\n',
        "<!-- connect-sso-review {not json} -->\n",
        " " + review("dev", "a" * 40).line(),
        "> " + review("dev", "a" * 40).line(),
    ],
)
def test_broken_and_quoted_lines_are_no_reviews(line: str) -> None:
    """A line that was cut, comes from another version, or is quoted in an answer counts as none."""
    assert Review.from_comment(line) is None


def test_survives_how_github_stores_text() -> None:
    """GitHub gives line breaks back as CRLF when a comment was touched in the browser."""
    outcome = review("dev", "a" * 40)
    assert Review.from_comment((outcome.line() + "text\n").replace("\n", "\r\n")) == outcome


def entry(body: str, author: dict[str, Any] | None, number: int = 1) -> dict[str, Any]:
    """A comment as the API lists it."""
    return {"id": number, "body": body, "user": author, "updated_at": "2026-01-01T00:00:00Z"}


def test_nobody_can_write_a_review_by_hand() -> None:
    """A contributor who pastes a harmless review must not pass for the workflow; a deleted account neither."""
    forged = review("prod", "a" * 40).line()
    true = review("prod", "a" * 40, "instance-destroyed:aws_connect_instance.instance").line()
    entries = [entry(true, {"login": BOT}), entry(forged, {"login": "mallory"}, 2), entry(forged, None, 3)]
    assert reviewed.collect(entries)["prod"].review.decide == ("instance-destroyed:aws_connect_instance.instance",)
