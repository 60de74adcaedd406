"""Who is in Okta's groups and who is in Connect, beside a plan: the doctor's findings about people, while Terraform plans.

No plan knows either. The doctor is a command of its own, started as one: it lies above this room.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from connect_sso.errors import EXIT_DECIDE, EXIT_FINE

SWITCH: Final = "CONNECT_SSO_COMPARE"
"""The variable that, when it is `off`, leaves this out."""

LONGEST: Final = 60.0
"""Seconds from its beginning after which nobody waits for it any more."""


@contextmanager
def compared(environment: str) -> Iterator[Callable[[], str]]:
    """Begin to look; the function says what was found, waiting no longer than `LONGEST`, and nothing where all is well.

    Whatever goes wrong, nothing fails.

    Args:
        environment: the environment's name.
    """
    if os.environ.get(SWITCH, "").lower() == "off":
        yield lambda: ""
        return
    command = [sys.executable, "-P", "-m", "connect_sso.cli", "doctor", environment, "--area", "people"]
    ends = time.monotonic() + LONGEST
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    except OSError as error:
        why = _not_done(environment, str(error.strerror))
        yield lambda: why
        return
    try:
        yield lambda: _told(process, environment, ends)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _told(process: subprocess.Popen[str], environment: str, ends: float) -> str:
    try:
        text, problem = process.communicate(timeout=max(0.0, ends - time.monotonic()))
    except subprocess.TimeoutExpired:
        return _not_done(environment, f"it took longer than {LONGEST:.0f} seconds")
    if process.returncode == EXIT_DECIDE:
        return text.rstrip("\n")
    if process.returncode == EXIT_FINE:
        return ""
    return _not_done(environment, (problem.strip().splitlines() or ["it ended without a word"])[-1])


def _not_done(environment: str, why: str) -> str:
    return f"who is in Okta's groups was not compared with Connect: {why.removeprefix('connect-sso: ')} (connect-sso doctor {environment})"
