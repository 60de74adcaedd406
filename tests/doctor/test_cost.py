"""What an examination costs: pages, not people, decide how many calls there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connect_sso.doctor.diagnosing import diagnose_live
from connect_sso.doctor.examination import Examination
from connect_sso.doctor.rendering import as_text
from connect_sso.live.environment import read_environment
from tests.doctor.crowd import crowd_file
from tests.live.conftest import start
from tests.live.crowd import crowded
from tests.sandbox.http.serving import Accounts

__all__ = ["start"]

THEIRS = {"person-deactivated", "person-suspended", "member-not-in-connect"}
"""What is wrong in the company anyway: one who left, one who is away, one who joined."""


@pytest.mark.parametrize(
    ("people", "most"), [(500, 30), (2_000, 40), pytest.param(10_000, 150, marks=pytest.mark.long)]
)
def test_calls(
    start: Callable[..., Accounts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: int, most: int
) -> None:
    """At two a second, thirty calls are fifteen seconds."""
    monkeypatch.setattr("connect_sso.live.aws.CONNECT_RATE", 1e9)
    running, made = crowded(start, people)
    loaded = crowd_file(tmp_path, made, people, running.account_id)
    reading = read_environment(loaded)
    health = diagnose_live(Examination(loaded, reading.account, reading.org, datetime.now(UTC), reading.looked_up))
    told = {each.code for each in health.findings} - {"users-near-quota"}
    assert told == THEIRS, [each.evidence for each in health.findings][:5]
    assert health.people == people + len(made.users)
    connect = sum(call.service == "connect" for call in running.aws.calls)
    assert connect <= most
    assert len(running.aws.calls) - connect <= 25
    assert len(running.org.calls) <= 25 + people / 250
    assert len(as_text(health).splitlines()) < 60


def test_many_with_the_same_fault_are_told_together(
    start: Callable[..., Accounts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten names and a number; they are looked up a few dozen at a time."""
    monkeypatch.setattr("connect_sso.live.aws.CONNECT_RATE", 1e9)
    people = 300
    running, made = crowded(start, people)
    loaded = crowd_file(tmp_path, made, people, running.account_id)
    for key, user in [(key, body) for kind, key, body in running.cloud.objects() if kind == "aws_connect_user"]:
        if user["name"].startswith("agent."):
            running.cloud.remove("aws_connect_user", key)
    reading = read_environment(loaded)
    case = Examination(loaded, reading.account, reading.org, datetime.now(UTC), reading.looked_up)
    health = diagnose_live(case)
    assert sum(each.code == "user-not-made" for each in health.findings) == people
    text = as_text(health)
    assert "In the file, and not in Connect (300)" in text
    assert "and 290 more; --format json has all" in text
