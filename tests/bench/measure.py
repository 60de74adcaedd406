"""Time and memory of a program."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
ROUNDS = 5
SAMPLE_EVERY = 0.01
"""Seconds between two looks at a program's memory."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    target: str
    met: bool


@dataclass(frozen=True)
class Program:
    """Something to start: its arguments, and environment variables besides our own."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]

    @classmethod
    def python(cls, *arguments: str, **variables: str) -> Program:
        """A run of this virtualenv's Python."""
        return cls((sys.executable, *arguments), variables)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in the project's folder, silent."""
        return subprocess.Popen(
            self.arguments, cwd=ROOT, env=os.environ | self.variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def seconds(self) -> float:
        """How long one run takes, from start to exit.

        Raises:
            RuntimeError: it fails; a failing run is fast and measures nothing.
        """
        began = time.perf_counter()
        self._run()
        return time.perf_counter() - began

    def cpu_seconds(self) -> float:
        """How much processor time one run takes, its children's included: steadier than the clock on a busy machine.

        Raises:
            RuntimeError: it fails.
        """
        before = _children_s_cpu_seconds()
        self._run()
        return _children_s_cpu_seconds() - before

    def _run(self) -> None:
        process = self.start()
        _, errors = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(self.arguments)} exits with {process.returncode}: {errors.decode()}")

    def peak_megabytes(self) -> float:
        """The most memory that it and its children hold together during one run.

        It is the sum of their proportional set sizes: a page that two of them share counts once. Linux only.
        """
        process = self.start()
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(_proportional_set_size(pid) for pid in tree(process.pid)))
            time.sleep(SAMPLE_EVERY)
        process.communicate()
        return peak / MEGABYTE


def medians(
    programs: Sequence[Program], rounds: int = ROUNDS, measure: Callable[[Program], float] = Program.seconds
) -> list[float]:
    """The median of each program, run in turns so that a slow spell of the machine hits all of them alike."""
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(rounds):
        for program, found in zip(programs, times, strict=True):
            found.append(measure(program))
    return [statistics.median(found) for found in times]


def tree(root: int) -> list[int]:
    """The ids of a process and of all that it has started, directly or not."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold anything; the parent is the second field after it.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _children_s_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _proportional_set_size(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # It has ended meanwhile.
    return 0
