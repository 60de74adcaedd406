"""The record of a review, and where it may come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci import reviewed
from ci.github import Repository
from ci.reviewed import Review
from tests.ci.fake_github import NAME
from tests.ci.reviews import ADMIN_GAINED, record, review

if TYPE_CHECKING:
    from tests.ci.fake_github import FakeGitHub

HEAD = "a" * 40

FINDINGS = st.builds("role-assigned:{}:{}".format, st.text(min_size=1), st.from_regex(r"[0-9a-f]{40}", fullmatch=True))
REVIEWS = st.builds(
    Review,
    environment=st.text(),
    head=st.text(),
    digest=st.text(),
    decide=st.lists(FINDINGS).map(tuple),
    refused=st.booleans(),
    crowd=st.text(),
)


@given(REVIEWS)
def test_comes_back_as_it_was(outcome: Review) -> None:
    """Whatever people and groups are called, the record holds them."""
    assert Review.from_json(json.loads(json.dumps(outcome.as_json()))) == outcome


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"decide": None},
        {"decide": ["instance-destroyed"]},
        {"decide": ["instance-destroyed:aws_connect_instance.instance"]},
        {"decide": ["role-assigned:x:" + "1" * 39]},
    ],
)
def test_other_forms_are_no_records(change: dict[str, Any]) -> None:
    """One of another version is none, nor one with a finding that would stand for more than was read."""
    assert Review.from_json(review("dev", HEAD, ADMIN_GAINED).as_json() | change) is None


def repository(github: FakeGitHub) -> Repository:
    return Repository(api=github.url, name=NAME, token="workflow-token")


def test_the_record_is_the_run_s(github: FakeGitHub) -> None:
    """It comes from the artifact of the latest run that planned this commit; the token stays with GitHub."""
    outcome = review("prod", HEAD, ADMIN_GAINED)
    github.planned(record(outcome))
    assert reviewed.recorded(repository(github), HEAD) == {"prod": outcome}
    assert github.tokens_at_the_store == [None]


@pytest.mark.parametrize("body", ['<!-- connect-sso-review {"decide":[]} -->\n', "<!-- connect-sso-review prod -->\n"])
def test_no_comment_is_a_record(github: FakeGitHub, body: str) -> None:
    """Whoever may write can edit a comment, also one that a workflow wrote."""
    github.comment(body + json.dumps(review("prod", HEAD).as_json()))
    assert reviewed.recorded(repository(github), HEAD) == {}


@pytest.mark.parametrize(
    "run",
    [
        {"event": "push"},
        {"event": "workflow_dispatch"},
        {"head_sha": "b" * 40},
        {"head_repository": {"full_name": "mallory/contact-centre"}},
        {"head_repository": None},
    ],
)
def test_other_runs_record_nothing(github: FakeGitHub, run: dict[str, Any]) -> None:
    """A run that anyone can start by hand, of another commit, or of a fork, is not the one that planned."""
    github.planned(record(review("prod", HEAD)), **run)
    assert reviewed.recorded(repository(github), HEAD) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", json.dumps(review("prod", "b" * 40).as_json()), json.dumps(review("dev", HEAD).as_json())]
)
def test_an_artifact_of_something_else(github: FakeGitHub, text: str) -> None:
    """Broken, of another commit, or of another environment: no record."""
    github.planned(("prod", text))
    assert reviewed.recorded(repository(github), HEAD) == {}
