"""From the words that a person saw, or remembers, to the entries of the catalogue that they may mean."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from connect_sso.decode.failures import CATALOGUE, KnownFailure
from connect_sso.decode.findings import Diagnosis, FoundFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

# What people say around a message, and nothing of the messages themselves.
_FILLER = frozenset(
    [
        "a",
        "an",
        "the",
        "it",
        "is",
        "was",
        "he",
        "she",
        "they",
        "i",
        "we",
        "user",
        "users",
        "gets",
        "get",
        "got",
        "sees",
        "see",
        "saw",
        "says",
        "said",
        "error",
        "message",
        "when",
        "then",
        "just",
        "only",
        "after",
        "with",
        "and",
        "but",
        "cannot",
        "can",
        "not",
        "agent",
        "agents",
        "please",
    ]
)
_CLOSE = 0.15
"""Entries this near to the best one are offered as well: several messages begin alike."""


def meant_by(message: str) -> list[KnownFailure]:
    """The entries whose message this is, the likeliest first; none where nothing is near."""
    words = _words(message)
    if not words:
        return []
    scored = [(max(_likeness(words, _words(each)) for each in entry.messages), entry) for entry in CATALOGUE]
    best = max(score for score, _ in scored)
    if best < 0.6:
        return []
    near = [(score, entry) for score, entry in scored if score >= max(0.6, best - _CLOSE)]
    return [entry for _, entry in sorted(near, key=lambda each: -each[0])]


def found_in(pages: Iterable[str]) -> str | None:
    """A message of the catalogue that stands, word for word, in one of the pages that came back."""
    for page in pages:
        text = " ".join(_split(page))
        for entry in CATALOGUE:
            for message in entry.messages:
                core = " ".join(_split(message.split(" (service")[0]))
                if len(core) > 12 and f" {core} " in f" {text} ":
                    return message
    return None


def with_message(diagnosis: Diagnosis, message: str | None) -> Diagnosis:
    """The diagnosis seen with the message in mind.

    What the input shows and the message means comes first. Where the input shows nothing that the message means, its
    causes are added, but for those that the input rules out.
    """
    if message is None:
        return diagnosis
    meant = {entry.code: entry for entry in meant_by(message)}
    findings = tuple(sorted(diagnosis.findings, key=lambda finding: finding.code not in meant))
    if any(finding.code in meant for finding in findings):
        return replace(diagnosis, findings=findings)
    possible = [
        FoundFailure(code, entry.cause, "message") for code, entry in meant.items() if code not in diagnosis.ruled_out
    ]
    excluded = sorted(meant.keys() & diagnosis.ruled_out)
    note = (f"Of the message's causes, this input rules out: {', '.join(excluded)}.",) if excluded else ()
    return replace(diagnosis, findings=(*findings, *possible), notes=diagnosis.notes + note)


def _likeness(said: tuple[str, ...], message: tuple[str, ...]) -> float:
    """From 0 to 1: how much of what was said is in the message, in its order, or the other way round."""
    blocks = SequenceMatcher(None, message, said, autojunk=False).get_matching_blocks()
    common = sum(block.size for block in blocks)
    longest = max(block.size for block in blocks)
    if longest < 2 and common < len(said):
        # One word in common says nothing, unless it is all that was said.
        return 0.0
    # A whole message within a longer report counts as much as a part of it alone; a little more where both are whole.
    return max(common / len(message), common / len(said)) * 0.9 + 0.1 * min(common / len(message), common / len(said))


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[str, ...]:
    words = [word for word in _split(text) if word not in _FILLER]
    vocabulary = _vocabulary()
    return tuple(
        word if word in vocabulary else (get_close_matches(word, vocabulary, n=1, cutoff=0.85) or [word])[0]
        for word in words
    )[:200]


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    return frozenset(word for entry in CATALOGUE for message in entry.messages for word in _split(message))


def _split(text: str) -> list[str]:
    """Lower-case words; `AccessDenied` is two, so that the code and the sentence meet."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text[:20_000])
    return re.findall(r"[a-z0-9]+", re.sub("['\u2019]", "", apart).lower())
