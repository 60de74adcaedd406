"""An apply that is cut short and run again: the same contact centre as without the cut, nothing lost and nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.terraform import TIMEOUT, Stack
from tests.terraform.conftest import World, environment

pytestmark = pytest.mark.terraform

SEED = "CONNECT_SSO_TEST_SEED"
"""Environment variable: takes the place of a new random seed, to see a failure again."""

INTERRUPTIONS = 2
"""How often each apply is interrupted before it is left alone."""


@dataclass(frozen=True)
class Outcome:
    """What there is after an apply: in the cloud, in the state, and how often each thing has been made."""

    objects: dict[str, Any]
    state: dict[str, Any]
    creations: Counter[tuple[str, str]]


def outcome(stack: Stack) -> Outcome:
    """What there is now. Certificates are named for their app: they differ from run to run, as the ids of `terraform_data` do."""
    cloud = stack.sandbox.cloud
    certificates = [
        (app["label"], app["certificate"], app["keys"][0]["x5t_s256"]) for app in cloud.all("okta_app_saml")
    ]

    def alike(value: Any) -> Any:
        text = json.dumps(value)
        for label, *parts in certificates:
            for part in parts:
                text = text.replace(part, f"of {label}")
        return json.loads(text)

    state = stack.resources()
    for address, values in state.items():
        if address.startswith("terraform_data."):
            del values["id"]
    return Outcome(
        {f"{kind} {key}": alike(body) for kind, key, body in cloud.objects()},
        alike(state),
        Counter((call.type_name, call.key) for call in cloud.calls() if call.operation == "create"),
    )


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something to become true while a command runs."""
    deadline = time.monotonic() + TIMEOUT
    while not reached():
        assert process.poll() is None, f"the command has ended before: {process.communicate()}"
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def made(stack: Stack) -> int:
    """How many objects have been made so far."""
    return sum(call.operation == "create" for call in stack.sandbox.cloud.calls())


def dev(world: World) -> Stack:
    """The walkthrough's environment, which has the most kinds of things."""
    return world.stack(environment("dev")[0], name="dev")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one apply that nobody interrupts comes to."""
    stack = dev(World(tmp_path_factory.mktemp("uninterrupted")))
    stack.apply()
    return outcome(stack)


def interrupt(stack: Stack, sent: signal.Signals, after: int) -> None:
    """Start an apply, and interrupt it as soon as `after` objects have been made; what is under way is finished.

    Ctrl-C in a terminal reaches Terraform and its plugins, SIGTERM (a cancelled job) Terraform alone.
    """
    process = stack.start("apply", "-no-color", "-auto-approve")
    with process:
        wait_until(lambda: made(stack) >= after, process)
        (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1, stdout + stderr
    assert "Interrupt received" in stdout


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_an_interrupted_apply_goes_on_where_it_stopped(
    uninterrupted: Outcome, tmp_path: Path, sent: signal.Signals
) -> None:
    """Someone presses Ctrl-C, or a job is cancelled: the same command again is all that it takes."""
    seed = int(os.environ.get(SEED) or random.randrange(2**32))
    print(f"the same again: {SEED}={seed}")
    stack = dev(World(tmp_path))
    whole = uninterrupted.creations.total()
    stack.options = {"delay": 0.2}
    for after in sorted(random.Random(seed).sample(range(1, whole * 3 // 4), INTERRUPTIONS)):
        interrupt(stack, sent, max(after, made(stack) + 1))
        assert made(stack) < whole, "too late: nothing was left to do"
    stack.options = {}
    stack.apply()
    assert outcome(stack) == uninterrupted
    assert stack.plan().is_empty
