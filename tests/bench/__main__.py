"""Run every benchmark of this package, or those named: `.venv/bin/python -m tests.bench [synth check …]`."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

import tests.bench
from tests.bench.measure import ROUNDS, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "bench_"


def rows(names: list[str]) -> Iterator[Row]:
    """The rows of the benchmarks with these names, or of all."""
    for module in sorted(info.name for info in pkgutil.iter_modules(tests.bench.__path__)):
        if module.startswith(PREFIX) and (not names or module.removeprefix(PREFIX) in names):
            print(f"measuring {module.removeprefix(PREFIX)} …", file=sys.stderr, flush=True)
            yield from importlib.import_module(f"tests.bench.{module}").rows()


def main() -> None:
    """Measure, then print the table. A missed target is shown and is no failure: the machine may be busy."""
    table = Table(title=f"Medians of {ROUNDS} runs each, taken in turns on this machine")
    before = os.getloadavg()[0]
    for column in ("", "measured", "target"):
        table.add_column(column, overflow="fold")
    table.add_column("", width=6)
    for row in rows(sys.argv[1:]):
        verdict = "" if not row.target else "[green]met[/]" if row.met else "[bold red]missed[/]"
        table.add_row(row.what, row.measured, row.target, verdict)
    if before > 1:
        table.caption = f"The machine was busy with other work (load {before:.1f}): measure again when it is not."
    Console().print(table)


if __name__ == "__main__":
    main()
