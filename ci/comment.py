"""Two reviews within the size of one comment.

Each review alone fits into a comment, its decisions first. Only where two long ones come together is the end cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 65_536
"""Characters that GitHub takes in a comment."""

CUT = "*Cut here, since a comment can be no longer; the page of the run has all of it.*"

RESERVE = 200
"""Characters for that sentence, and for closing what the cut left open."""


def marker(environment: str) -> str:
    """The first line of an environment's comment, by which it is found again to be rewritten; nothing else is read from it."""
    return f"<!-- connect-sso-review {environment} -->\n"


def fit(reports: Sequence[str], room: int) -> str:
    """Reports one after the other in at most so many characters; the shorter ones leave their room to the longer."""
    whole = [report.strip("\n") for report in reports]
    room -= len("\n\n") * len(whole)
    by_length = sorted(range(len(whole)), key=lambda index: len(whole[index]))
    for done, index in enumerate(by_length):
        share = room // (len(whole) - done)
        if len(whole[index]) > share:
            whole[index] = cut(whole[index], share)
        room -= len(whole[index])
    return "\n\n".join(whole) + "\n"


def cut(report: str, room: int) -> str:
    """A report's first lines, as many as leave room for what closes them and says that they were cut."""
    lines: list[str] = []
    size = RESERVE
    for line in report.split("\n"):
        size += len(line) + 1
        if size > room:
            break
        lines.append(line)
    kept = "\n".join(lines)
    fence = "\n```" if kept.count("```") % 2 else ""
    folds = kept.count("<details>") - kept.count("</details>")
    return kept + fence + "\n\n</details>" * folds + f"\n\n{CUT}"
