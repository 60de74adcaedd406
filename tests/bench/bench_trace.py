"""`connect-sso trace` of an environment with many people."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.bench_synth import MANY, environment_with_crowd
from tests.bench.measure import Program, Row, medians

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows() -> Iterator[Row]:
    """Measure the walk from the file."""
    with tempfile.TemporaryDirectory() as folder:
        directory = environment_with_crowd(Path(folder), MANY)
        trace = ("-m", "connect_sso.cli", "trace", "prod")
        [took] = medians([Program.python(*trace, CONNECT_SSO_ENVIRONMENTS=str(directory))])
    yield Row(f"connect-sso trace, {MANY:,} people", f"{took:.2f} s", "at most 2 s", took <= 2)
