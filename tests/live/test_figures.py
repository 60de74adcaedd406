"""How many calls a reading takes, how long at two a second, and how much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from connect_sso.live.account import read_account
from connect_sso.live.reading import Pacer
from tests.live.conftest import opened
from tests.live.crowd import crowded
from tests.live.test_aws import Clock
from tests.sandbox.http.serving import Accounts


def connect_calls(running: Accounts) -> int:
    return sum(call.service == "connect" for call in running.aws.calls)


def test_five_hundred_people_take_less_than_a_minute(start: Callable[..., Accounts]) -> None:
    running, made = crowded(start, 500)
    clock, seen = Clock(), dict[str, int]()
    began = clock.now
    account = read_account(
        opened(made.region, pacer=Pacer(2, clock.time, clock.sleep)),
        instance=made.alias,
        settings=True,
        progress=seen.__setitem__,
    )
    assert account.users
    assert len(account.users) == 500 + len(made.users) == seen["Connect users"]
    assert connect_calls(running) <= 30
    assert clock.now - began < 60


READ = """
import json, sys, tracemalloc
from connect_sso.live.account import read_account
from connect_sso.live.aws import open_account
from connect_sso.live.okta_client import open_org
from connect_sso.live.org import read_org
from connect_sso.live.reading import Pacer

region, alias, *labels = sys.argv[1:]
aws = open_account(region, "111122223333", pacer=Pacer(1e9))
client = open_org("acme", "okta.com")
read_account(aws, instance="nobody")  # clients and modules are there before it counts
tracemalloc.start()
account = read_account(aws, instance=alias, roles=[], saml_providers=[])
org = read_org(client, apps=labels)
kept, peak = tracemalloc.get_traced_memory()
print(json.dumps({
    "users": len(account.users), "people": len(org.people), "assigned": [len(app.users) for app in org.apps],
    "kept": kept, "peak": peak,
}))
"""


@pytest.mark.parametrize("people", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_of_people(start: Callable[..., Accounts], people: int) -> None:
    """Pages, not people, decide how many calls there are, and what is kept of everybody is small."""
    running, made = crowded(start, people)
    labels = [app.label for app in made.apps]
    done = subprocess.run(
        [sys.executable, "-c", READ, made.region, made.alias, *labels],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env=os.environ | {"PYTHONPATH": "constructs"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["users"] == people + len(made.users)
    assert found["people"] >= people
    assert max(found["assigned"]) >= people
    # SearchUsers has 500 a page, an app's people too, a group's members 1,000.
    assert connect_calls(running) <= 20 + people / 500
    assert len(running.org.calls) <= 15 + people / 500 + people / 1000
    assert found["kept"] < 2_000 * people
    assert found["peak"] < found["kept"] + 8_000_000
