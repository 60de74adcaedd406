"""`connect-sso doctor`: how many calls an examination takes, and how long the rules think about ten thousand people."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest import mock

from connect_sso.doctor.diagnosing import diagnose_live
from connect_sso.doctor.examination import Examination
from connect_sso.live.environment import read_environment
from tests.bench.measure import ROUNDS, Row
from tests.doctor.crowd import crowd_file
from tests.live.crowd import crowded
from tests.sandbox.http.serving import Accounts, accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_CALLS = {500: 30, 10_000: 150}
"""Connect calls that so many people may take; at two a second, thirty are fifteen seconds."""


def rows() -> Iterator[Row]:
    """Examine the crowded company in accounts on loopback."""
    for people, most in MOST_CALLS.items():
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder = Path(name)
            stack.enter_context(mock.patch("connect_sso.live.aws.CONNECT_RATE", 1e9))

            def start(company: Any, folder: Path = folder, stack: ExitStack = stack) -> Accounts:
                running = stack.enter_context(accounts(folder / "accounts", company=company))
                stack.enter_context(mock.patch.dict(os.environ, running.variables()))
                return running

            running, made = crowded(start, people)
            loaded = crowd_file(folder, made, people, running.account_id)
            reading = read_environment(loaded)
            calls = sum(call.service == "connect" for call in running.aws.calls)
            okta = len(running.org.calls)
            took = []
            for _ in range(ROUNDS):
                case = Examination(loaded, reading.account, reading.org, datetime.now(UTC), reading.looked_up)
                began = time.perf_counter()
                diagnose_live(case)
                took.append(time.perf_counter() - began)
        what = f"connect-sso doctor, {people:,} people"
        yield Row(f"{what}: Connect calls (and Okta's: {okta})", str(calls), f"at most {most}", calls <= most)
        yield Row(f"{what}: the rules", f"{median(took):.2f} s", "at most 5 s", median(took) <= 5)
