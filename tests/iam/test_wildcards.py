"""Patterns: held against their definition, text by text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.iam.budget import Budget, InDoubtError
from connect_sso.iam.wildcards import Pattern, any_case, arn_tokens, contains, filled_in, matches, may_match, tokens

TEXTS = ["".join(text) for length in range(5) for text in itertools.product("abz", repeat=length)]
"""All short texts, of letters that patterns have and of one that they have not."""

pieces = st.text("ab*?", max_size=4)
short_pieces = st.text("ab*?", max_size=2)
with_variables = st.lists(st.sampled_from(["a", "b", "*", "?", "${u}", "${v}"]), max_size=4).map("".join)


def value(name: str, u: str, v: str) -> str:
    """What a variable stands for."""
    return {"u": u, "v": v}[name]


@settings(max_examples=500)
@given(pieces, pieces)
def test_a_pattern_contains_another_where_all_of_its_texts_match(outer: str, inner: str) -> None:
    """No text may be left out; a letter that neither has stands for all others."""
    said = contains(tokens(outer), tokens(inner))
    assert said == all(matches(tokens(outer), text) for text in TEXTS if matches(tokens(inner), text)) or not said


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(short_pieces, min_size=1, max_size=2), min_size=1, max_size=2), st.lists(short_pieces, max_size=2)
)
def test_there_is_a_text_or_there_is_none(matching: list[list[str]], others: list[str]) -> None:
    """Exact where there are no variables: short texts show every way that short patterns have."""
    there_is = any(
        all(any(matches(tokens(each), text) for each in patterns) for patterns in matching)
        and not any(matches(tokens(each), text) for each in others)
        for text in TEXTS
    )
    found = may_match([frozenset(map(tokens, each)) for each in matching], map(tokens, others), Budget(100_000))
    assert found == there_is


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(with_variables, min_size=1, max_size=2), min_size=1, max_size=3),
    st.lists(with_variables, max_size=3),
)
def test_whatever_a_variable_stands_for_no_text_is_missed(matching: list[list[str]], others: list[str]) -> None:
    """Where it says that there is none, there is none for any values of the variables."""
    if may_match([frozenset(map(tokens, each)) for each in matching], map(tokens, others), Budget(100_000)):
        return
    for u, v in itertools.product(["", "a", "b", "ab", "z"], repeat=2):

        def read(text: str, u: str = u, v: str = v) -> Pattern:
            return filled_in(tokens(text), lambda name: value(name, u, v))

        for text in TEXTS:
            assert not (
                all(any(matches(read(each), text) for each in patterns) for patterns in matching)
                and not any(matches(read(each), text) for each in others)
            )


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/ab", True),
        ("arn:aws:iam:*:role/a", "arn:aws:iam::111122223333:role/a", None),
        ("arn:aws:*:*:*:a", "arn:aws:s3:::a:b", False),
        ("arn:aws:*:*:*:a*", "arn:aws:s3:::a:b", True),
        ("arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/${aws:username}", None),
    ],
)
def test_the_parts_of_an_arn_are_compared_one_by_one(pattern: str, arn: str, expected: bool | None) -> None:
    """A star does not reach over a colon but in the last part; fewer parts are no ARN."""
    read = arn_tokens(pattern)
    assert (matches(read, arn) if read is not None and "$" not in pattern else None) is expected


def test_letters_without_their_case() -> None:
    """For actions and `StringEqualsIgnoreCase`; the text itself keeps its own."""
    assert matches(any_case(tokens("aB?")), "Ab*")
    assert not contains(tokens("ab"), any_case(tokens("ab")))
    assert contains(any_case(tokens("aB")), tokens("Ab"))


def test_what_takes_too_long_is_in_doubt() -> None:
    """A budget that is used up is no answer."""
    question = [frozenset({tokens("*a*b*")})], [tokens("*b*a*"), tokens("*bb*")]
    assert may_match(*question, Budget(1000))
    with pytest.raises(InDoubtError):
        may_match(*question, Budget(5))
