"""`connect-sso check`, which editors and hooks wait for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.bench_synth import MANY, environment_with_crowd
from tests.bench.measure import Program, Row, medians

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECK = ("-m", "connect_sso.cli", "check")


def rows() -> Iterator[Row]:
    """Measure the check of the three environments, and of one with a large crowd."""
    with tempfile.TemporaryDirectory() as folder:
        crowd = environment_with_crowd(Path(folder), MANY)
        took, with_crowd = medians(
            [Program.python(*CHECK), Program.python(*CHECK, CONNECT_SSO_ENVIRONMENTS=str(crowd))]
        )
    yield Row("connect-sso check, three environments", f"{took:.2f} s", "well under 0.5 s", took < 0.4)
    yield Row(f"connect-sso check, {MANY:,} people in the CSV", f"{with_crowd:.2f} s", "", met=True)
