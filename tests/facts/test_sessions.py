"""What AWS takes as the name of a session."""

from __future__ import annotations

import pytest

from connect_sso.facts.sessions import is_name


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("ada@example.com", True),
        ("a+b=c,d.e-f_1", True),
        ("ab", True),
        ("a" * 64, True),
        ("a", False),
        ("a" * 65, False),
        ("ada lovelace", False),
        ("adä", False),
        ("ada\n", False),
        ("a/b", False),
        ("", False),
    ],
)
def test_session_names(name: str, taken: bool) -> None:
    """2 to 64 characters of AWS's set, and nothing that only looks like them."""
    assert is_name(name) is taken
