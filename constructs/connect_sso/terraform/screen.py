"""What a person sees while Terraform works, and what they are asked."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

from connect_sso.text import count

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""A terminal's colours."""

FRAMES = str.maketrans("│╷╵", "   ")

LOOKED_UP = re.compile(r"^\S.*: (Refreshing state\.\.\.|Reading\.\.\.|Still reading\.\.\.|Read complete after)")
"""Terraform's lines about what it looks up: many, and the same at every plan."""

WARNING = "Warning: "
OF_A_CHECK = "Warning: Check block assertion"
"""How the warnings begin that the review has in its own words."""

EVERY = 30
"""Seconds between two signs of life where nobody watches a terminal."""


def say(message: str) -> None:
    """Tell on stderr what happens now: a wait without a word looks like a hang."""
    print(f"==> {message}", file=sys.stderr, flush=True)


def run_quietly(command: Sequence[str]) -> tuple[int, str]:
    """Run a program that only reads, and show on stderr how far it is rather than what it prints.

    Returns:
        Its exit code, and what it printed on both streams.
    """
    began, ended, watched = time.monotonic(), Event(), sys.stderr.isatty()
    lines: list[str] = []

    def show() -> None:
        shown = False
        while not ended.wait(1 if watched else EVERY):
            number = sum(LOOKED_UP.match(CODES.sub("", line)) is not None for line in list(lines))
            so_far = f", {count(number, 'lookup')}" if number else ""
            text = f"    {time.monotonic() - began:.0f} s{so_far}"
            print(f"\r{text}" if watched else text, end="" if watched else "\n", file=sys.stderr, flush=True)
            shown = watched
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    shower = Thread(target=show, daemon=True)
    shower.start()
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            assert process.stdout is not None
            lines.extend(process.stdout)  # one by one, so that the other thread sees how far it is
    finally:
        ended.set()
        shower.join()
    return process.returncode, "".join(lines)


def as_one_line(text: str) -> str:
    """What Terraform printed without colours, frames and line breaks: a sentence of it can be looked for."""
    return " ".join(CODES.sub("", text).translate(FRAMES).split())


def without_noise(text: str) -> str:
    """What Terraform printed, without its lines about what it looks up and the warnings of checks, which the review has."""
    lines = text.splitlines()
    bare = _bare(lines)
    kept, skipping = [], False
    for line, plain, following in zip(lines, bare, [*bare, ""][1:], strict=True):
        if plain == "╷" or plain.startswith(WARNING):  # with a frame in colours, without one else
            skipping = (following.removeprefix("│ ") if plain == "╷" else plain).startswith(OF_A_CHECK)
        if not skipping and not LOOKED_UP.match(plain):
            kept.append(line)
        skipping = skipping and plain != "╵"
    return "\n".join(kept).strip("\n")


def warnings_of(text: str) -> str:
    """The warnings at the end of what Terraform printed, without those of checks."""
    lines = without_noise(text).splitlines()
    bare = _bare(lines)
    begins = (
        number
        for number, (plain, following) in enumerate(zip(bare, [*bare, ""][1:], strict=True))
        if plain.startswith(WARNING) or (plain == "╷" and following.startswith(f"│ {WARNING}"))
    )
    return "\n".join(lines[next(begins, len(lines)) :]).strip("\n")


def _bare(lines: Sequence[str]) -> list[str]:
    return [CODES.sub("", line) for line in lines]


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def answers(question: str) -> Iterator[str]:
    """What somebody enters, each time that it is asked for; nothing more once they end the input.

    What was typed before the question could be read is no answer to it.
    """
    while True:
        if termios is not None:
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
        print(question, end=" ", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            print(file=sys.stderr)
            return
        yield line.strip()
