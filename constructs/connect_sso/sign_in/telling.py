"""A walk as it is told: the lines of text, and what JSON says of a hop."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connect_sso.sign_in.hops import Walk

WIDTH: Final = 80
MARKS: Final = {True: "✓", None: "?", False: "✗"}


def walk_in_full(walk: Walk, labels: Mapping[str, str]) -> list[str]:
    """One person's sign-ins, a line or more for each hop.

    Args:
        walk: the person's.
        labels: each app's tile, by its key.
    """
    lines = [f"{MARKS[walk.ok]} {walk.username}"]
    for app in walk.apps:
        if app:
            tile = f", the tile “{labels[app]}”" if app in labels else ""
            lines += wrapped(f"through {app}{tile}", "  ", "    ")
        for hop in walk.through(app):
            first = f"  {MARKS[hop.ok]} {hop.name:<16}"
            lines += wrapped(hop.says, first, " " * len(first))
            lines.append(f"{' ' * len(first)}{hop.where}")
    return lines


def hops_for_json(walk: Walk) -> list[dict[str, Any]]:
    """The hops in the form that `trace` and `doctor` publish."""
    return [
        {
            "name": hop.name,
            "app": hop.app or None,
            "ok": hop.ok,
            "code": hop.found.value,
            "says": hop.says,
            "where": hop.where,
        }
        for hop in walk.hops
    ]


def wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """The text in lines of `WIDTH` columns; a long word stands alone."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]
