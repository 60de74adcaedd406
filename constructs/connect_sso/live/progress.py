"""How far reading is, on a terminal; elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from connect_sso.live.reading import Progress, silent
from connect_sso.text import cut, visible


@contextmanager
def shown() -> Iterator[Progress]:
    """Progress on standard error, for as long as it is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    # How many people there are is not known before they are read: the bar only moves.
    unknown = (text for text in list[str]())
    with click.progressbar(
        unknown, label="reading", file=sys.stderr, show_eta=False, item_show_func=lambda item: item
    ) as bar:

        def progress(what: str, count: int) -> None:
            bar.update(1, cut(visible(what), 40) + (f": {count:,}" if count else ""))

        yield progress
