"""YAML as a person writes it, and as our loader reads it back: plain where it can be, in double quotes where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from connect_sso.text import visible

_COMMENT_COLUMN: Final = 36
"""Where the comments of the example environments begin."""

_ENDLESS: Final = 2**31
"""A line is never broken: a value and its line belong together."""


def scalar(value: str | int | bool) -> str:
    """A value on one line, as it may stand behind a key, behind a dash or in a list in brackets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = yaml.safe_dump([value], allow_unicode=True, width=_ENDLESS, default_flow_style=True).strip()[1:-1]
    if plain == value:
        return plain
    return yaml.safe_dump(value, allow_unicode=True, width=_ENDLESS, default_style='"').strip()


def flow(value: Any) -> str:
    """A value with whatever is in it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def pair(key: str, value: Any, comment: str = "", *, indent: int = 0) -> str:
    """A line with a key and its value, and its comment behind it; where the line is too long, on a line above it."""
    line = f"{' ' * indent}{scalar(key)}: {flow(value)}"
    if not comment:
        return line
    said = f"# {visible(comment)}"
    return f"{line.ljust(_COMMENT_COLUMN)}{said}" if len(line) < _COMMENT_COLUMN else f"{' ' * indent}{said}\n{line}"


def section(key: str, pairs: Sequence[tuple[str, Any, str]], *, indent: int = 0) -> Iterator[str]:
    """The lines of a key and what is below it, each with its comment."""
    yield f"{' ' * indent}{scalar(key)}:"
    yield from (pair(name, value, comment, indent=indent + 2) for name, value, comment in pairs)
