"""Text with `*`, `?` and policy variables: what it matches, and whether any text matches some patterns and not others.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from connect_sso.iam.budget import Budget

Token: TypeAlias = str
"""One character that means itself, or one of the longer texts below, which no character can be taken for."""

ONE: Token = "?one"
MANY: Token = "*many"
ONE_IN_PART: Token = "?part"
"""As `ONE`, but no colon: within one part of an ARN."""
MANY_IN_PART: Token = "*part"

Pattern: TypeAlias = "tuple[Token, ...]"

EVERY_TEXT: Pattern = (MANY,)

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WILDCARDS = {"*": MANY, "?": ONE}
_WILDCARDS_IN_PART = {"*": MANY_IN_PART, "?": ONE_IN_PART}
_STARS = frozenset({MANY, MANY_IN_PART})
_PRIVATE_AREA = range(0xF0000, 0xFFFFE)


def is_variable(token: Token) -> bool:
    """Whether the token is a policy variable, which stands for the same unknown text wherever it stands."""
    return token.startswith("${") and len(token) > 2


def is_fixed(pattern: Pattern) -> bool:
    """Whether the pattern is one text, without wildcards and variables."""
    return all(len(token) == 1 for token in pattern)


@lru_cache(maxsize=1024)
def tokens(text: str, *, variables: bool = True, wildcards: bool = True) -> Pattern:
    """`text` token by token, with runs of wildcards in one order (`*?*` is `?*`).

    Args:
        text: a value of a policy document.
        variables: whether `${…}` is a variable; in the older version of the language it is text.
        wildcards: whether `*` and `?` are wildcards; in `StringEquals` they are text.
    """
    return _ordered(_tokens(text, _WILDCARDS if wildcards else {}, variables=variables))


@lru_cache(maxsize=1024)
def arn_tokens(text: str, *, variables: bool = True) -> Pattern | None:
    """`text` as an ARN, whose six parts between colons are compared one by one; None where it has fewer.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    parts = re.split(r":(?![^{}]*\})", text, maxsplit=5)  # not at the colon of ${aws:username}
    if len(parts) < 6:
        return None
    found: list[Token] = []
    for part in parts[:5]:
        found += (*_ordered(_tokens(part, _WILDCARDS_IN_PART, variables=variables)), ":")
    return (*found, *tokens(parts[5], variables=variables))


def any_case(pattern: Pattern) -> Pattern:
    """The pattern without regard to the case of its letters."""
    return tuple(
        f"^{token.lower()}" if len(token) == len(token.lower()) == 1 and token.lower() != token.upper() else token
        for token in pattern
    )


def _tokens(text: str, special: dict[str, Token], *, variables: bool) -> list[Token]:
    found: list[Token] = []
    position = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += (special.get(character, character) for character in text[position : match.start()])
        name = match[1]
        # ${*}, ${?} and ${$} are how the characters themselves are written.
        found.append(name if name in {"*", "?", "$"} else f"${{{_variable_name(name)}}}")
        position = match.end()
    found += (special.get(character, character) for character in text[position:])
    return found


def _variable_name(name: str) -> str:
    key, comma, default = name.partition(",")
    return key.strip().lower() + comma + default


def _ordered(found: Iterable[Token]) -> Pattern:
    ordered: list[Token] = []
    star = ""
    for token in found:
        if token in _STARS:
            star = token
            continue
        if star and token not in {ONE, ONE_IN_PART}:
            ordered.append(star)
            star = ""
        ordered.append(token)
    return (*ordered, star) if star else tuple(ordered)


def filled_in(pattern: Pattern, value_of: Callable[[str], str | None]) -> Pattern:
    """The pattern with its variables replaced, in whose values a star is no wildcard; one that is unknown equals nothing.

    Args:
        pattern: tokens.
        value_of: gives the text of a condition key (in lower case), None where there is none.
    """
    if not any(map(is_variable, pattern)):
        return pattern
    found: list[Token] = []
    for token in pattern:
        value = value_of(token[2:-1].partition(",")[0]) if is_variable(token) else None
        found += [token] if value is None else list(value)
    return tuple(found)


class Automaton:
    """Several patterns that read a text side by side, a bit for each place that one of them has reached.

    A place moves on by one shift for all patterns at once, so a text takes as many steps as it has characters, however
    many stars there are.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.start = self.end = 0
        self._staying = self._staying_in_part = self._one = self._one_in_part = 0
        self._moving: dict[Token, int] = {}
        place = 0
        for pattern in patterns:
            self.start |= 1 << place
            for token in pattern:
                bit = 1 << place
                if token == MANY:
                    self._staying |= bit
                elif token == MANY_IN_PART:
                    self._staying_in_part |= bit
                else:
                    self._add(token, bit)
                    place += 1
            self.end |= 1 << place
            place += 1
        self.everything = self.end & self._staying
        """Places from which all texts are read."""

    def _add(self, token: Token, bit: int) -> None:
        if token == ONE:
            self._one |= bit
        elif token == ONE_IN_PART:
            self._one_in_part |= bit
        else:
            cases = {token[1].lower(), token[1].upper()} if token[0] == "^" and len(token) == 2 else {token}
            for each in cases:
                self._moving[each] = self._moving.get(each, 0) | bit

    @property
    def alphabet(self) -> Iterable[Token]:
        """The characters and variables that the patterns name."""
        return self._moving

    def after(self, places: int, token: Token) -> int:
        """The places reached by reading one token: a character, or what stands for any (a wildcard, a variable)."""
        if token == MANY:
            return places & self._staying
        inside = token not in {":", ONE} and not is_variable(token)
        staying = self._staying | (self._staying_in_part if inside else 0)
        if token == MANY_IN_PART:
            return places & staying
        if token[0] == "^" and len(token) == 2:
            moving = self._moving.get(token[1].lower(), 0) & self._moving.get(token[1].upper(), 0)
        else:
            moving = self._moving.get(token, 0)
        if not is_variable(token):
            moving |= self._one | (self._one_in_part if inside else 0)
        return ((places & moving) << 1) | (places & staying)

    def anywhere_after(self, places: int) -> int:
        """The places that can be reached by reading some unknown text: a variable of another pattern."""
        while (more := places | ((places & ~self.end) << 1)) != places:
            places = more
        return places

    def reads(self, text: Iterable[Token]) -> bool:
        """Whether a pattern matches the whole of `text`, or all that it stands for where it has wildcards itself."""
        places = self.start
        for token in text:
            places = self.after(places, token)
            if not places:
                return False
        return bool(places & self.end)


@lru_cache(maxsize=1024)
def _single(pattern: Pattern) -> Automaton:
    return Automaton([pattern])


def matches(pattern: Pattern, text: str) -> bool:
    """Whether the pattern matches `text`."""
    return pattern == EVERY_TEXT or _single(pattern).reads(text)


def contains(outer: Pattern, inner: Pattern) -> bool:
    """Whether everything that `inner` matches is matched by `outer`, whatever their variables stand for."""
    return outer in {inner, EVERY_TEXT} or _single(outer).reads(inner)


def may_match(matching: Sequence[frozenset[Pattern]], others: Iterable[Pattern], budget: Budget) -> bool:
    """Whether some text matches a pattern of each of `matching`, and none of `others`.

    A variable may stand for any text, the same one for the same text: where the answer depends on what, it is true.

    Raises:
        InDoubtError: it takes longer than the budget allows.
    """
    others = frozenset(others)
    if EVERY_TEXT in others:
        return False
    demanding = [patterns for patterns in matching if EVERY_TEXT not in patterns]
    if not demanding:
        return True
    # The text is made from one of the patterns, variables and all, which the rest reads; any of them may show that
    # there is none. Where no variable is met, all show the same.
    demanding.sort(key=len)
    makers = [demanding[0]]
    if any(is_variable(token) for patterns in demanding for pattern in patterns for token in pattern):
        makers = demanding
    return all(
        any(_may_make(pattern, [each for each in demanding if each is not maker], others, budget) for pattern in maker)
        for maker in makers
    )


def _may_make(
    maker: Pattern, matching: Sequence[frozenset[Pattern]], others: frozenset[Pattern], budget: Budget
) -> bool:
    # What reading the maker takes, once for each of the others.
    budget.spend((1 + len(others) + sum(map(len, matching))) * (1 + len(maker) // 32))
    if maker in others:
        return False
    others = frozenset(pattern for pattern in others if may_meet(maker, pattern))
    if any(contains(pattern, maker) for pattern in others):
        return False
    readers = [[_opened(pattern) for pattern in patterns if may_meet(maker, pattern)] for patterns in matching]
    if not all(readers):
        return False
    if is_fixed(maker):
        return all(any(_single(pattern).reads(maker) for pattern in patterns) for patterns in readers)
    readers = [patterns for patterns in readers if not any(contains(pattern, maker) for pattern in patterns)]
    if not readers and not others:
        return True
    return _search(_single(maker), [Automaton(patterns) for patterns in readers], Automaton(sorted(others)), budget)


def _opened(pattern: Pattern) -> Pattern:
    """The pattern with each variable as any text."""
    return _ordered(MANY if is_variable(token) else token for token in pattern)


def _search(maker: Automaton, readers: Sequence[Automaton], others: Automaton, budget: Budget) -> bool:
    """Whether the maker, and all readers with it, reach an end on a way on which the others do not."""
    characters = {token for each in (maker, *readers, others) for token in each.alphabet if not is_variable(token)}
    variables = sorted(token for token in maker.alphabet if is_variable(token))
    # One that no pattern names stands for all of those; it comes last, so that it is tried first.
    fresh = next(letter for letter in map(chr, _PRIVATE_AREA) if letter not in characters)
    letters = [*variables, *sorted(characters), fresh]
    start = (maker.start, *(reader.start for reader in readers), others.start)
    seen, open_ways = {start}, [start]
    while open_ways:
        made, *reading, avoided = open_ways.pop()
        ended = made & maker.end and not avoided & others.end
        if ended and all(places & reader.end for reader, places in zip(readers, reading, strict=True)):
            return True
        budget.spend(len(letters))
        for letter in letters:
            next_made = maker.after(made, letter)
            if not next_made:
                continue
            avoid = others.after(avoided, letter)
            if avoid & others.everything:
                continue
            if is_variable(letter):
                read = [reader.anywhere_after(places) for reader, places in zip(readers, reading, strict=True)]
            else:
                read = [reader.after(places, letter) for reader, places in zip(readers, reading, strict=True)]
            way = (next_made, *read, avoid)
            if all(read) and way not in seen:
                seen.add(way)
                open_ways.append(way)
    return False


def may_meet(one: Pattern, other: Pattern) -> bool:
    """Whether one text can match both patterns, by how they begin and end; true in doubt."""
    (start, end), (other_start, other_end) = _fixed_ends(one), _fixed_ends(other)
    starts = all(map(_same, start, other_start))
    return starts and all(map(_same, reversed(end), reversed(other_end)))


def _same(one: Token, other: Token) -> bool:
    return one == other or one.removeprefix("^").lower() == other.removeprefix("^").lower()


@lru_cache(maxsize=1024)
def _fixed_ends(pattern: Pattern) -> tuple[Pattern, Pattern]:
    open_places = [place for place, token in enumerate(pattern) if len(token) > 2]
    if not open_places:
        return pattern, pattern
    return pattern[: open_places[0]], pattern[open_places[-1] + 1 :]
