"""Whatever is written is read back: by YAML's own rules, and by our loader."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.adopt.additions import with_lines
from connect_sso.adopt.yaml_text import flow, pair, scalar
from connect_sso.environment.tree import parse, plain

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)
VALUES = TEXT | st.integers() | st.booleans() | st.lists(TEXT, max_size=4) | st.dictionaries(TEXT, TEXT, max_size=3)


@given(VALUES, TEXT)
def test_a_value_survives(value: Any, comment: str) -> None:
    text = f"top:\n{pair('key', value, comment, indent=2)}\n"
    tree, problems = parse(text.encode(), "x")
    assert not problems
    assert tree is not None
    assert plain(tree) == {"top": {"key": value}}
    assert yaml.safe_load(f"- {flow(value)}") == [value]


def test_a_person_would_write_it_so() -> None:
    assert [scalar(value) for value in ("Contact Centre", "111122223333", "+12065550100", "yes", True, 3600)] == [
        "Contact Centre",
        '"111122223333"',
        '"+12065550100"',
        '"yes"',
        "true",
        "3600",
    ]


LINES = ["label: more", "list: [a]"]
FILES = st.sampled_from(
    [
        "apps:\n  a:\n    x: 1\n",
        "# top\napps:   # here\n  a:\n    x: [1, 2]   # and here\n\n  # what follows\n  b: {y: 2}\n\nlast: 1\n",
        "apps:\n    a:\n        x:\n        - 1\n        - 2\n# end",
        "apps:\n  a:\n    x: >\n      folded\n      text\nlast: 1\n",
        "last: 1\napps:\n  a:\n    x: 'quoted\n      on'",
        "apps:\r\n  a:\r\n    x: 1\r\nlast: 1\r\n",
    ]
)


@given(FILES)
def test_lines_are_added_below_a_key(text: str) -> None:
    before, after = yaml.safe_load(text), with_lines(text, "apps", ["new:", *(f"  {line}" for line in LINES)], file="x")
    assert yaml.safe_load(after) == before | {"apps": before["apps"] | {"new": {"label": "more", "list": ["a"]}}}
    kept = iter(after.splitlines())
    assert all(any(line == other for other in kept) for line in text.splitlines())


@given(
    st.sampled_from(
        ["users:\n  - a: 1\n    b: 2\nlast: 1\n", "users:\n- a: 1\n  b: 2\n# end\n", "last: 1", "last: 1\n"]
    )
)
def test_items_are_added_to_a_list(text: str) -> None:
    before, after = yaml.safe_load(text), with_lines(text, "users", ["- a: 3", "  b: 4"], file="x")
    assert yaml.safe_load(after) == before | {"users": [*before.get("users", []), {"a": 3, "b": 4}]}
