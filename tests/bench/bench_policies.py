"""How often the comparison of policies is wrong: widenings that it misses, and changes that it reports for nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connect_sso.iam.comparison import gains
from connect_sso.iam.documents import read
from tests.bench.measure import Row
from tests.bench.policy_pairs import ACCESS_ANALYZER, QUACKY, Pair, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_FALSE_ALARMS = {QUACKY: 0.05, ACCESS_ANALYZER: 7 / 92}
"""Of the pairs that allow no more, how many may be reported."""


def rows() -> Iterator[Row]:
    """Both figures for each set of the small pairs."""
    yield from judged(pairs())


def judged(found: Iterable[Pair]) -> Iterator[Row]:
    """A row for missed widenings and one for false alarms, for each set."""
    counts = Counter((pair.of, pair.more, reported(pair)) for pair in found)
    for of in sorted({of for of, _, _ in counts}):
        missed, seen = counts[of, True, False], counts[of, True, True]
        alarms, quiet = counts[of, False, True], counts[of, False, False]
        share, most = alarms / (alarms + quiet), MOST_FALSE_ALARMS[of]
        yield Row(f"{of}: widenings missed", f"{missed} of {missed + seen}", "none", missed == 0)
        yield Row(
            f"{of}: false alarms",
            f"{alarms} of {alarms + quiet} ({share:.1%})",
            f"at most {most:.1%}",
            share <= most,
        )


def reported(pair: Pair) -> bool:
    """Whether the comparison says that the later document allows more, where nothing stands beside it."""
    return bool(gains(read(pair.before), read(pair.after), beside=()))
