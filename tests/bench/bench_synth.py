"""The whole of `main.py`: with lazily and with plainly loaded bindings, and with few and with many people."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from connect_sso.infrastructure.bindings import LEAVABLE, LEFT_OUT_VARIABLE
from tests.bench.measure import ROOT, ROUNDS, Program, Row, medians

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FEW, MANY = 10, 10_000
HALVES = ("python", "node")


def rows() -> Iterator[Row]:
    """Measure `main.py`."""
    with tempfile.TemporaryDirectory() as folder:
        out = {"CDKTF_OUTDIR": f"{folder}/out"}
        lazy = Program.python("main.py", **out)
        plain = Program.python("main.py", **out, **{LEFT_OUT_VARIABLE: "all"})
        floor = Program.python("-c", "import cdktf")
        lazy.seconds()  # The first run unpacks what jsii keeps in its cache.
        took, plainly, imported = medians([lazy, plain, floor], measure=Program.cpu_seconds)
        faster = plainly / took
        yield Row(
            "main.py, three environments: plain bindings / lazy bindings, processor time",
            f"{faster:.1f} ({plainly:.2f} s / {took:.2f} s)",
            "at least 12",
            faster >= 12,
        )
        slower = took / imported
        yield Row(
            'main.py, three environments / python -c "import cdktf", processor time',
            f"{slower:.2f} ({took:.2f} s / {imported:.2f} s)",
            "at most 2",
            slower <= 2,
        )
        peak = lazy.peak_megabytes()
        yield Row(
            "main.py: peak memory, Node included (proportional set size)",
            f"{peak:.0f} MB (plain bindings: {plain.peak_megabytes():.0f} MB)",
            "below 250 MB",
            peak < 250,
        )
        yield from _saved(lazy)
        few, many = (_with_crowd(Path(folder), count) for count in (FEW, MANY))
        took_few, took_many = medians([few, many])
        growth = took_many / took_few
        yield Row(
            f"main.py: {MANY:,} people in the CSV / {FEW} people",
            f"{growth:.2f} ({took_many:.2f} s / {took_few:.2f} s)",
            "at most 1.5",
            growth <= 1.5,
        )


def _saved(lazy: Program) -> Iterator[Row]:
    """What each shortcut saves, measured by leaving it alone out."""
    yield from _saved_by(lazy, HALVES, rounds=1)  # it is nearly everything, and takes its time without
    yield from _saved_by(lazy, [what for what in LEAVABLE if what not in HALVES], rounds=2 * ROUNDS)


def _saved_by(lazy: Program, shortcuts: Sequence[str], rounds: int) -> Iterator[Row]:
    without = [Program(lazy.arguments, {**lazy.variables, LEFT_OUT_VARIABLE: what}) for what in shortcuts]
    took, *longer = medians([lazy, *without], rounds=rounds, measure=Program.cpu_seconds)
    for what, slow in zip(shortcuts, longer, strict=True):
        saved = (slow - took) / slow
        yield Row(f"main.py: processor time that {what} saves", f"{saved:.0%}", "at least 4 %", saved >= 0.04)


def crowd(count: int) -> str:
    """A CSV file of people."""
    people = (f"agent.{number}@example.com,Agent,Number {number},Agent" for number in range(count))
    return "\n".join(["username,first_name,last_name,security_profiles", *people, ""])


def environment_with_crowd(folder: Path, count: int) -> Path:
    """A directory with `prod.yaml` and a CSV file of so many people beside it."""
    directory = folder / f"crowd-{count}"
    directory.mkdir()
    text = (ROOT / "environments" / "prod.yaml").read_text(encoding="utf-8")
    (directory / "prod.yaml").write_text(text, encoding="utf-8")
    (directory / "prod-agents.csv").write_text(crowd(count), encoding="utf-8")
    return directory


def _with_crowd(folder: Path, count: int) -> Program:
    directory = environment_with_crowd(folder, count)
    return Program.python("main.py", CONNECT_SSO_ENVIRONMENTS=str(directory), CDKTF_OUTDIR=f"{folder}/out-{count}")
