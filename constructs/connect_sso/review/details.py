"""The rest of a plan: what changes where, as differences of single values instead of one-line JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from connect_sso.review.words import one_line_json
from connect_sso.terraform.plan import SENSITIVE, UNKNOWN, Change, Mark, Value
from connect_sso.text import LONGEST_VALUE

_SECRET_KEY = re.compile(
    r"secret|passw(or)?d|private_?key|access_?key$|api_?(key|token)|(^|[_-])token$|credential", re.IGNORECASE
)
"""Names inside JSON settings whose values are not shown, such as the catalogue app's `accessKey` and `secretKeyEnc`."""

_SECRET_TEXT = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")

_UNORDERED_JSON = frozenset({"policy", "assume_role_policy"})
"""Attributes that hold a policy document, in which the order of a list means nothing."""


@dataclass(frozen=True)
class ValueChange:
    """One value that changes: its path, and what stands there before and after (None: nothing)."""

    path: str
    before: Value
    after: Value


MIRRORS = {
    "aws_iam_policy": frozenset({"attachment_count"}),
    "aws_s3_bucket": frozenset({"lifecycle_rule", "policy", "server_side_encryption_configuration", "versioning"}),
}
"""Attributes in which the provider reads back what other resources of the stack say: a change there is shown with them.

https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket#attribute-reference
"""


def differences(change: Change, *, drift: bool = False) -> tuple[ValueChange, ...]:
    """What changes in one resource or output, leaf by leaf, JSON in text included; sorted by path.

    With `drift`, what only is read back (`MIRRORS`) is no difference.
    """
    old, new = change.old(), change.new()
    if change.before is None or change.after is None:
        return ()
    found: list[ValueChange] = []
    for name in sorted({*old.names(), *new.names()}):
        if drift and name in MIRRORS.get(change.type, ()):
            continue
        known = isinstance(new.unknown, dict) and not new.unknown.get(name)
        if known and old.values.get(name) == new.values.get(name):
            continue
        before, after = old.get(name), new.get(name)
        if after is UNKNOWN and change.replaces and (name,) not in change.replace_paths:
            continue  # a new object has new ids and the like; that is no news
        if before is SENSITIVE and after is SENSITIVE:
            found.append(ValueChange(name, SENSITIVE, SENSITIVE))
        elif before != after:
            found.extend(_between(name, before, after, unordered=name in _UNORDERED_JSON))
    # Not set, empty, false and zero: which of them stands there is the provider's habit and no news.
    return tuple(difference for difference in found if difference.before or difference.after)


def _between(path: str, before: Value, after: Value, *, unordered: bool) -> Iterator[ValueChange]:
    if _is_secret(path, before) or _is_secret(path, after):
        yield ValueChange(path, before if before is None else SENSITIVE, after if after is None else SENSITIVE)
        return
    if isinstance(before, str) or isinstance(after, str):
        inner_before, inner_after = _document(before), _document(after)
        # An empty text where a document stood, or will: nothing.
        before = None if before == "" and inner_after is not None else before
        after = None if after == "" and inner_before is not None else after
        if inner_before is not None and inner_after is not None:
            if inner_before != inner_after:
                yield from _between(path, inner_before, inner_after, unordered=unordered)
            return
        before, after = before if inner_before is None else inner_before, after if inner_after is None else inner_after
    if unordered and isinstance(before, list) != isinstance(after, list) and before is not None and after is not None:
        # In a policy one value and a list of one are the same.
        before, after = before if isinstance(before, list) else [before], after if isinstance(after, list) else [after]
    if _is_tree(before, after) and (before is None or after is None):
        # A whole new block: leaf by leaf as well, not as one line of JSON.
        empty: Value = {} if isinstance(before if after is None else after, dict) else []
        before, after = (empty, after) if before is None else (before, empty)
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _between_texts(path, before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            if before.get(key) != after.get(key):
                yield from _between(f"{path}.{key}", before.get(key), after.get(key), unordered=unordered)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _between_lists(path, before, after, unordered=unordered)
    else:
        before, after = _without_secrets(before), _without_secrets(after)
        if isinstance(before, str) and isinstance(after, str):
            before, after = _from_where_they_differ(before, after)
        yield ValueChange(path, before, after)


def _from_where_they_differ(before: str, after: str) -> tuple[str, str]:
    """Two long texts, such as metadata documents, without most of the beginning that they share."""
    pairs = enumerate(zip(before, after, strict=False))
    shared = next((position for position, (one, other) in pairs if one != other), min(len(before), len(after)))
    if max(len(before), len(after)) <= LONGEST_VALUE or shared <= LONGEST_VALUE // 2:
        return before, after
    start = shared - LONGEST_VALUE // 4
    return f"…{before[start:]}", f"…{after[start:]}"


def _between_texts(path: str, before: str, after: str) -> Iterator[ValueChange]:
    """The lines that go and that come; the whole text where they are many."""
    old, new = ([line for line in text.splitlines() if line.strip()] for text in (before, after))
    gone, come = _missing(old, new), _missing(new, old)
    if not 0 < len(gone) + len(come) <= MOST_LINES:
        yield ValueChange(path, *_from_where_they_differ(before, after))
        return
    for line in gone:
        yield ValueChange(f"{path} (line)", line, None)
    for line in come:
        yield ValueChange(f"{path} (line)", None, line)


def _missing(lines: list[str], among: list[str]) -> list[str]:
    known = set(among)
    return [line for line in lines if line not in known]


MOST_LINES = 10
"""Lines of a text that are shown one by one."""


def _between_lists(path: str, before: list[Value], after: list[Value], *, unordered: bool) -> Iterator[ValueChange]:
    if all(isinstance(item, dict) for item in (*before, *after)) and len(before) == len(after) and not unordered:
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                yield from _between(f"{path}[{position}]", old, new, unordered=unordered)
        return
    old_texts, new_texts = [_text(item) for item in before], [_text(item) for item in after]
    if sorted(old_texts) == sorted(new_texts):
        if not unordered:
            yield ValueChange(f"{path} (order)", _without_secrets(before), _without_secrets(after))
        return
    gone_texts, come_texts = set(old_texts) - set(new_texts), set(new_texts) - set(old_texts)
    gone = [item for item, text in zip(before, old_texts, strict=True) if text in gone_texts]
    new = [item for item, text in zip(after, new_texts, strict=True) if text in come_texts]
    if len(gone) == len(new) == 1 and isinstance(gone[0], dict) and isinstance(new[0], dict):
        position = before.index(gone[0])
        yield from _between(f"{path}[{position}]", gone[0], new[0], unordered=unordered)
        return
    if not gone and not new:
        yield ValueChange(path, _without_secrets(before), _without_secrets(after))  # one of them stands there twice
    for item in gone:
        yield from _between(f"{path}[-]", item, None, unordered=unordered)
    for item in new:
        yield from _between(f"{path}[+]", None, item, unordered=unordered)


def _is_tree(*values: Value) -> bool:
    return any(isinstance(value, (dict, list)) and value for value in values)


def _text(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else one_line_json(value)


def _document(value: Value) -> Value:
    """The JSON object or list in a text, None where it is something else."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, (dict, list)) else None


def _is_secret(path: str, value: Value) -> bool:
    if value is None or isinstance(value, (Mark, bool)) or value == "":
        return False
    return _names_a_secret(path.rsplit(".", 1)[-1].split("[", 1)[0]) or (
        isinstance(value, str) and _SECRET_TEXT.search(value) is not None
    )


@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    return _SECRET_KEY.search(name) is not None


def _without_secrets(value: Value) -> Value:
    if isinstance(value, dict):
        return {
            key: SENSITIVE if _is_secret(str(key), inner) else _without_secrets(inner) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    if isinstance(value, str) and _SECRET_TEXT.search(value):
        return SENSITIVE
    return value
