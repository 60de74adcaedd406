"""Lines added to files that somebody keeps: at the end of what they belong to, and not one character of the rest changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import yaml

from connect_sso.environment.tree import Loader
from connect_sso.errors import Failure

_MARK: Final = "\ufeff"
"""What spreadsheets begin a CSV with, and some editors every file."""


def columns_of(text: str) -> list[str]:
    """The columns of a CSV."""
    header: list[str] = next(csv.reader(io.StringIO(text.removeprefix(_MARK), newline="")), [])
    return [column.strip() for column in header]


def with_rows(text: str, rows: str) -> str:
    """A CSV with further rows, in its own kind of line break."""
    ending = "\r\n" if "\r\n" in text else "\n"
    kept = text if not text or text.endswith("\n") else text + ending
    return kept + rows.replace("\n", ending)


def with_lines(text: str, key: str, lines: Sequence[str], *, file: str) -> str:
    """An environment file with further lines below one of its keys, at the end, or with the key where it has none.

    Args:
        text: the file's text, valid YAML.
        key: a key at the top of the file, `apps` or `users`.
        lines: what is added, as it stands below a key without any indentation of its own.
        file: its name, for the message.

    Raises:
        Failure: the value of the key is written in brackets or braces, where no line can be added.
    """
    if text.startswith(_MARK):
        return _MARK + with_lines(text.removeprefix(_MARK), key, lines, file=file)
    root: Any = yaml.compose(text, Loader=Loader)
    value = next((value for name, value in root.value if name.value == key), None)
    ending = "\r\n" if "\r\n" in text else "\n"
    existing = text.splitlines(keepends=True)
    if existing and not existing[-1].endswith(("\n", "\r")):
        existing[-1] += ending
    if value is None:
        added = ["", f"{key}:", *_indented(lines, 2)]
        return "".join(existing) + _joined(added, ending)
    if value.flow_style or not value.value:
        shown = "\n".join(lines)
        raise Failure(
            f"{file}: {key} is written in brackets on one line, where nothing can be added; add this by hand:\n{shown}"
        )
    first = value.value[0][0] if isinstance(value, yaml.MappingNode) else value.value[0]
    # The items of a list may stand right below their key; the mark of an item is behind its dash.
    column = value.start_mark.column if isinstance(value, yaml.SequenceNode) else first.start_mark.column
    after = _last_line(value) + 1
    return "".join(existing[:after]) + _joined(_indented(lines, column), ending) + "".join(existing[after:])


def with_key(text: str, line: str) -> str:
    """An environment file with one more line at its end, for a key that it lacks."""
    ending = "\r\n" if "\r\n" in text else "\n"
    kept = text if text.endswith("\n") else text + ending
    return f"{kept}{ending}{line}{ending}"


def _last_line(node: Any) -> int:
    """The line, from 0, on which what stands below a key ends; comments behind it do not belong to it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return int(end.line if end.column or end.line == node.start_mark.line else end.line - 1)


def _indented(lines: Iterable[str], columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" if line else line for line in lines]


def _joined(lines: Iterable[str], ending: str) -> str:
    return "".join(f"{line}{ending}" for line in lines)
