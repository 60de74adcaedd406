"""Text with `*`, `?` and policy variables: what it matches, and which patterns contain or may meet which.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

Token: TypeAlias = str
"""One character that means itself, or one of the longer texts below, which no character can be taken for."""

ONE: Token = "?one"
MANY: Token = "*many"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def is_variable(token: Token) -> bool:
    """Whether the token is a policy variable, which stands for the same unknown text wherever it stands."""
    return token.startswith("${") and len(token) > 2


@lru_cache(maxsize=4096)
def tokens(text: str, *, variables: bool = True, wildcards: bool = True) -> tuple[Token, ...]:
    """`text` token by token, with runs of wildcards in one order (`*?*` is `?*`).

    Args:
        text: a value of a policy document.
        variables: whether `${…}` is a variable; in the older version of the language it is text.
        wildcards: whether `*` and `?` are wildcards; in `StringEquals` they are text.
    """
    found: list[Token] = []
    position = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += _characters(text[position : match.start()], wildcards=wildcards)
        name = match[1]
        # ${*}, ${?} and ${$} are how the characters themselves are written.
        found.append(name if name in {"*", "?", "$"} else f"${{{_variable_name(name)}}}")
        position = match.end()
    found += _characters(text[position:], wildcards=wildcards)
    return tuple(_ordered(found)) if MANY in found else tuple(found)


def _characters(text: str, *, wildcards: bool) -> list[Token]:
    special = {"*": MANY, "?": ONE} if wildcards else {}
    return [special.get(character, character) for character in text]


def _variable_name(name: str) -> str:
    key, comma, default = name.partition(",")
    return key.strip().lower() + comma + default


def _ordered(found: list[Token]) -> Iterable[Token]:
    ones, many = 0, False
    for token in (*found, ""):
        if token == ONE:
            ones += 1
        elif token == MANY:
            many = True
        else:
            yield from [ONE] * ones
            if many:
                yield MANY
            ones, many = 0, False
            if token:
                yield token


def filled_in(pattern: tuple[Token, ...], value_of: Callable[[str], str | None]) -> tuple[Token, ...]:
    """The pattern with its variables replaced, in whose values a star is no wildcard; one that is unknown equals nothing.

    Args:
        pattern: tokens.
        value_of: gives the text of a condition key (in lower case), None where there is none.
    """
    found: list[Token] = []
    for token in pattern:
        if is_variable(token):
            value = value_of(token[2:-1].partition(",")[0])
            found += [token] if value is None else list(value)
        else:
            found.append(token)
    return tuple(found)


class Automaton:
    """Several patterns that read a text side by side, a bit for each place that one of them has reached.

    A place moves on by one shift for all patterns at once, so a text takes as many steps as it has characters, however
    many stars there are.
    """

    def __init__(self, patterns: Iterable[tuple[Token, ...]]) -> None:
        self.start = self.end = self._staying = self._one = 0
        self._moving: dict[Token, int] = {}
        place = 0
        for pattern in patterns:
            self.start |= 1 << place
            for token in pattern:
                bit = 1 << place
                if token == MANY:
                    self._staying |= bit
                    continue
                if token == ONE:
                    self._one |= bit
                else:
                    self._moving[token] = self._moving.get(token, 0) | bit
                place += 1
            self.end |= 1 << place
            place += 1

    def after(self, places: int, token: Token) -> int:
        """The places reached by reading one token: a character, or what stands for any (`ONE`, `MANY`, a variable)."""
        if token == MANY:
            return places & self._staying
        moving = self._moving.get(token, 0)
        if not is_variable(token):
            moving |= self._one
        return ((places & moving) << 1) | (places & self._staying)

    def reads(self, text: Iterable[Token]) -> bool:
        """Whether a pattern matches the whole of `text`, or all that it stands for where it has wildcards itself."""
        places = self.start
        for token in text:
            places = self.after(places, token)
            if not places:
                return False
        return bool(places & self.end)


@lru_cache(maxsize=4096)
def _single(pattern: tuple[Token, ...]) -> Automaton:
    return Automaton([pattern])


def matches(pattern: tuple[Token, ...], text: str) -> bool:
    """Whether the pattern matches `text`."""
    return pattern == (MANY,) or _single(pattern).reads(text)


def contains(outer: tuple[Token, ...], inner: tuple[Token, ...]) -> bool:
    """Whether everything that `inner` matches is matched by `outer`, whatever their variables stand for."""
    return outer in {inner, (MANY,)} or _single(outer).reads(inner)


def may_meet(one: tuple[Token, ...], other: tuple[Token, ...]) -> bool:
    """Whether one text can match both patterns; true in doubt."""
    (start, end), (other_start, other_end) = _fixed_ends(one), _fixed_ends(other)
    starts = all(here == there for here, there in zip(start, other_start, strict=False))
    return starts and all(here == there for here, there in zip(reversed(end), reversed(other_end), strict=False))


def _fixed_ends(pattern: tuple[Token, ...]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    open_places = [place for place, token in enumerate(pattern) if len(token) > 1]
    if not open_places:
        return pattern, pattern
    return pattern[: open_places[0]], pattern[open_places[-1] + 1 :]
