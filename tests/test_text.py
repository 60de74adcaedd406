"""What is safe to print: one answer for every command."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.problems import Problem
from connect_sso.text import cut, nearest, visible, visible_lines

# Arabic and Kaithi number signs are of the category Cf, and yet are drawn.
DRAWN = (
    {"\u0600", "\u0601", "\u0602", "\u0603", "\u0604", "\u0605", "\u06dd", "\u070f", "\u0890", "\u0891", "\u08e2"}
    | {
        "\U000110bd",
        "\U000110cd",
    }
    | {chr(code) for code in range(0x13430, 0x13440)}
)


def test_every_character_that_hides_reorders_or_commands_is_spelled_out() -> None:
    """By Unicode's own categories, so that a character that nobody thought of does not get through."""
    passed = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and chr(code) not in DRAWN
        and visible(chr(code)) == chr(code)
    ]
    assert passed == []


@pytest.mark.parametrize("text", ["Ada Lovelace", "Żółć", "李雷", "Ελένη", "🙂", "a\u00a0b"])
def test_what_people_are_called_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_a_visible_text_is_one_line_and_stays_as_it_is_when_shown_again(text: str) -> None:
    shown = visible(text)
    assert shown.splitlines() == ([shown] if shown else [])
    assert visible(shown) == shown


def test_lines_stay_lines() -> None:
    assert visible_lines("a\u202eb\nc\x1b[2J\n") == "a\\u{202E}b\nc\\u{001B}[2J\n"


def test_a_problem_is_one_line_whatever_its_key_holds() -> None:
    problem = Problem("dev.yaml", 1, 2, "apps.a\u202e\u200b", "wrong\nhere")
    assert str(problem) == "dev.yaml:1:2: apps.a\\u{202E}\\u{200B}: wrong\\nhere"


def test_a_cut_says_how_long_it_was() -> None:
    assert cut("abc", 2) == "ab… (3 characters)"


def test_the_nearest_word_is_a_hint_and_none_is_silence() -> None:
    assert nearest("rolle", ["role", "label"]) == "; did you mean role?"
    assert nearest("zzzz", ["role"]) == ""
    assert nearest("rolle", ["role", *map(str, range(10_000))]) == ""
