"""Sentences about a plan: our prose, with values from the plan in it that each renderer escapes in its own way.

A plan's values are written by whoever wrote the change under review, so none may reach a report as text of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connect_sso.terraform.plan import Mark, Value
from connect_sso.text import cut, visible

LONGEST_MESSAGE = 1_000
"""Characters of a message of Terraform's that a report shows."""


@dataclass(frozen=True, order=True)
class Words:
    """A sentence or part of one: prose and values in turn, one more of the former.

    Made with `words`; shown with `show` (escaping for one medium) or `plain`.
    """

    prose: tuple[str, ...]
    values: tuple[str, ...] = ()

    def show(self, escape: Callable[[str], str]) -> str:
        """The sentence with each value through `escape`."""
        shown = [self.prose[0]]
        for value, prose in zip(self.values, self.prose[1:], strict=True):
            shown += (escape(value), prose)
        return "".join(shown)

    def plain(self) -> str:
        """The sentence as one line of text, with values in quotes where they could be taken for prose."""
        return self.show(quoted)


def words(template: str, *values: Value | Words | tuple[str, ...]) -> Words:
    """`template` with each `{}` replaced: by a value of the plan, by a mark, or by other words."""
    pieces = template.split("{}")
    if len(pieces) != len(values) + 1:
        raise ValueError(f"{len(values)} values for {template!r}")
    prose = [pieces[0]]
    found: list[str] = []
    for value, piece in zip(values, pieces[1:], strict=True):
        inner = value if isinstance(value, Words) else _value_words(value)
        prose[-1] += inner.prose[0]
        prose += inner.prose[1:]
        found += inner.values
        prose[-1] += piece
    return Words(tuple(prose), tuple(found))


def _value_words(value: Value | tuple[str, ...]) -> Words:
    if isinstance(value, Mark):
        return Words((value.value,))
    if value is None:
        return Words(("(not set)",))
    if value == "":
        return Words(("(empty)",))
    if isinstance(value, bool):
        return Words(("true" if value else "false",))
    if isinstance(value, (int, float)):
        return Words((str(value),))
    return Words(("", ""), (value if isinstance(value, str) else one_line_json(value),))


def listing(values: Iterable[str | Mark | Words], limit: int = 20) -> Words:
    """The values with commas between, cut after `limit` with a count of the rest; `nothing` for none."""
    items = [value if isinstance(value, Words) else _value_words(value) for value in values]
    if not items:
        return Words(("nothing",))
    shown = items if len(items) <= limit else items[:limit]
    joined = words(", ".join(["{}"] * len(shown)), *shown)
    return joined if len(items) <= limit else words(f"{{}} and {len(items) - limit:,} more", joined)


def one_line_json(value: object) -> str:
    """A JSON value on one line, keys sorted; marks as the text they stand for."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=lambda mark: mark.value)


_BARE = re.compile(
    r"[\w-]+(\.[\w-]+)+(\[[^\]]*\])?|[\w+=,.@:/*?&%-]*[:/@*][\w+=,.@:/*?&%-]*|[a-z][a-z0-9]*(_[a-z0-9]+)+"
)
"""What nobody takes for prose: addresses of resources, people and pages, ARNs, actions, names of attributes."""


def quoted(text: str) -> str:
    """A value for plain text: visible, cut, and in double quotes unless it is a word that needs none."""
    shown = cut(visible(text))
    return shown if _BARE.fullmatch(shown) else f'"{shown}"'
