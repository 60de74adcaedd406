"""The benchmark's small pairs: no widening missed, and few alarms for nothing."""

from __future__ import annotations

import pytest

from tests.bench.bench_policies import judged, reported
from tests.bench.policy_pairs import Pair, pairs

PAIRS = list(pairs())


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.more], ids=lambda pair: pair.like)
def test_no_widening_is_missed(pair: Pair) -> None:
    """Each of them."""
    assert reported(pair), pair


def test_the_targets_are_met() -> None:
    """As the benchmark prints them."""
    assert [row for row in judged(PAIRS) if not row.met] == []
