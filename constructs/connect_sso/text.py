"""Text for people: what is safe to print, what is cut, and the small words of every message."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CANDIDATES = 2_000
"""Among so many names the nearest is looked for; among ten thousand that takes a second."""

LONGEST_VALUE = 200
"""Characters of a value that a report shows; what is longer is cut and its length said."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters (escape sequences of a terminal begin with one), line breaks, and what reorders or hides text."""


def visible(text: str) -> str:
    """`text` on one line, with each character that a reader cannot see, or that a terminal obeys, spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(_spelled_out, text)


def visible_lines(text: str) -> str:
    """`text` with its line breaks, and everything else made visible."""
    return "\n".join(map(visible, text.split("\n")))


def _spelled_out(match: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match[0], f"\\u{{{ord(match[0]):04X}}}")


def cut(text: str, longest: int = LONGEST_VALUE) -> str:
    """`text`, or its beginning with the number of characters it has."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 user`, `2,000 users`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def nearest(word: str, candidates: Iterable[str]) -> str:
    """A hint to end a message with: the candidate nearest to `word`.

    An empty string where none is near, and where there are too many to look through: a help, which would take seconds.
    """
    choices = list(candidates)
    if len(choices) > MOST_CANDIDATES:
        return ""
    lowered = {choice.lower(): choice for choice in choices}
    matches = get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f"; did you mean {lowered[matches[0]]}?" if matches else ""
