"""A command typed in a terminal: what is on its screen, and keys pressed once it shows something."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.sandbox.terraform import Result

TIMEOUT = 240
"""Seconds after which a command is given up."""


def plain(text: str) -> str:
    """Text without a terminal's control codes, and with the line ends that programs write."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


def type_command(
    command: Sequence[str],
    variables: Mapping[str, str],
    folder: Path,
    *,
    answers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
) -> Result:
    """Run a command in a terminal of its own.

    Args:
        command: the program and its arguments.
        variables: its environment.
        folder: where it is typed.
        answers: what is typed, each once the text before it is on the screen, one after the other.

    Returns:
        Its exit code, and everything that was on the screen as `stdout`.

    Raises:
        AssertionError: it did not end.
    """
    left = list(answers.items() if isinstance(answers, Mapping) else answers)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), {"TERM": "xterm", **variables})
    shown, looked_at, end = b"", 0, time.monotonic() + TIMEOUT
    while True:
        assert time.monotonic() < end, plain(shown.decode(errors="replace"))
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side has closed
            break
        if not part:
            break
        shown += part
        while left and (found := shown.find(left[0][0].encode(), looked_at)) >= 0:
            looked_at = found + len(left[0][0].encode())
            os.write(terminal, left.pop(0)[1].encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert not left, f"never asked: {left[0][0]!r} in {plain(shown.decode(errors='replace'))}"
    return Result(os.waitstatus_to_exitcode(status), plain(shown.decode(errors="replace")), "")
