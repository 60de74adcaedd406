"""The two ways a command ends early, and the exit codes that go with them."""

from __future__ import annotations

EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_DECIDE = 3
"""A person must decide (`review`), or a sign-in fails (`trace`, `decode`)."""


class Failure(Exception):
    """The command could not do it: one clear line for stderr, exit code 1, no traceback."""


class UsageFailure(Failure):
    """The command was asked the wrong thing: one clear line for stderr, exit code 2."""
