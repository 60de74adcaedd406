"""What is wrong with a file, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True)
class Problem:
    """One finding in an environment file or its CSV; sorts by place."""

    file: str
    """The file's path as the user would type it."""
    line: int
    """From 1."""
    column: int
    """From 1."""
    key: str
    """The key, dotted from the top (`apps.admin.role`), or a CSV column."""
    message: str
    is_warning: bool = False
    """Legal, but unwise: reported, and the exit code stays 0."""

    def __str__(self) -> str:
        """`file:line:column: key: message`, the form editors and CI annotations can jump to."""
        key = f"{self.key}: " if self.key else ""
        text = f"{self.file}:{self.line}:{self.column}: {key}{'warning: ' if self.is_warning else ''}{self.message}"
        # A key or file name may hold anything: one problem stays one line, and no terminal obeys it.
        return (
            text if text.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
        )


def nearest(word: str, candidates: Iterable[str]) -> str:
    """A hint to end a message with: the candidate nearest to `word`, or an empty string where none is near."""
    choices = list(candidates)
    lowered = {choice.lower(): choice for choice in choices}
    matches = get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f"; did you mean {lowered[matches[0]]}?" if matches else ""
