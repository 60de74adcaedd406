"""What a policy document lets through that another one does not, as values that whoever reports them puts into words.

Two documents are compared by what they admit and not by how they are written: the order of statements, one value or a
list of one, a statement split in two or covered by several together, names (`Sid`) and spaces make no difference.
What cannot be decided is a difference: a reviewer who looks once too often loses a minute.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from connect_sso.iam.budget import Budget, InDoubtError
from connect_sso.iam.conditions import Demand, Kind, demand
from connect_sso.iam.counterexample import Search, Subject, tests
from connect_sso.iam.documents import Condition, Element, Statement

MOST_STEPS = 100_000
"""Work for one comparison, about a second of it: what people write stays far below."""

MOST_PARTS = 2_000
"""Combinations of action, resource, principal and condition value into which a statement is split to say what is new."""


class Part(Enum):
    """What of a policy differs."""

    ALLOW = "a statement that allows"
    DENY = "a statement that denies"
    PRINCIPAL = "a principal"
    ACTION = "an action"
    RESOURCE = "a resource"
    CONDITION = "a condition"
    VERSION = "the version of the language, by which `${…}` is a variable"


Piece = Statement | Element | Condition
"""A statement (ALLOW, DENY, VERSION), an element (PRINCIPAL, ACTION, RESOURCE) or a condition."""

_PARTS = {Subject.PRINCIPAL: Part.PRINCIPAL, Subject.ACTION: Part.ACTION, Subject.RESOURCE: Part.RESOURCE}


@dataclass(frozen=True)
class Difference:
    """One thing that a document lets through and another does not."""

    gained: bool
    """Whether the later document lets it through; the earlier one where not."""
    part: Part
    before: Piece | None
    """What the earlier document has there; None where it has nothing of the kind."""
    after: Piece | None
    """What the later document has there."""

    def reversed(self) -> Difference:
        """The same difference with the documents in the other order."""
        return Difference(not self.gained, self.part, self.after, self.before)


def gains(
    before: Iterable[Statement], after: Iterable[Statement], *, beside: Iterable[Statement] | None = None
) -> frozenset[Difference]:
    """What `after` lets through that `before` did not; empty where it lets no more through.

    Args:
        before: the statements of the earlier document.
        after: those of the later one.
        beside: the statements of all other documents that stand beside it and may allow what it no longer denies; None
            where they are not all known, and then anything may be allowed.
    """
    return _all_gains(tuple(before), tuple(after), None if beside is None else tuple(beside))


def losses(
    before: Iterable[Statement], after: Iterable[Statement], *, beside: Iterable[Statement] | None = None
) -> frozenset[Difference]:
    """What `after` no longer lets through; for `beside` see `gains`."""
    return frozenset(difference.reversed() for difference in gains(after, before, beside=beside))


@lru_cache(maxsize=512)
def _all_gains(
    before: tuple[Statement, ...], after: tuple[Statement, ...], beside: tuple[Statement, ...] | None
) -> frozenset[Difference]:
    return frozenset(_gains(before, after, beside))


def _gains(
    before: Sequence[Statement], after: Sequence[Statement], beside: Sequence[Statement] | None
) -> Iterator[Difference]:
    search = Search(Budget(MOST_STEPS))
    allowed = [statement for statement in before if statement.allows]
    denied = [statement for statement in after if not statement.allows]
    stays = {*before} & {*after}
    for statement in after:
        if statement.allows and statement not in stays:
            try:
                if search.may_apply([statement], [*denied, *allowed]):
                    yield from set(_beyond(statement, allowed, denied, search))
            except InDoubtError:
                yield _allowed(statement)
    reach = None if beside is None else [each for each in (*after, *beside) if each.allows]
    denied_beside = denied if beside is None else [*denied, *(each for each in beside if not each.allows)]
    for statement in before:
        if not statement.allows and statement not in stays:
            try:
                hits = [[statement]] if reach is None else [[each, statement] for each in reach]
                if any(search.may_apply(hit, denied_beside) for hit in hits):
                    yield Difference(True, Part.DENY, statement, None)
            except InDoubtError:
                yield Difference(True, Part.DENY, statement, None)


def _allowed(statement: Statement) -> Difference:
    return Difference(True, Part.ALLOW, None, statement)


def _beyond(
    statement: Statement, allowed: Sequence[Statement], denied: Sequence[Statement], search: Search
) -> list[Difference]:
    """What of a statement is new, by the part in which it differs from the nearest that was there."""
    if not allowed or _parts(statement) > MOST_PARTS:
        return [_allowed(statement)]
    found: list[Difference] = []
    for atom in _atoms(statement):
        if not search.may_apply([atom], [*denied, *allowed]):
            continue
        # With all values of a condition: one difference for this or that, and not one for each.
        whole = replace(atom, conditions=statement.conditions)
        nearest = min(allowed, key=lambda other: len(_differences(atom, other, search)))
        differences = _differences(whole, nearest, search)
        elsewhere = sum(difference.part is not Part.CONDITION for difference in differences)
        if elsewhere > 1 or not differences:
            return [_allowed(statement)]  # nothing like it was there before
        found += differences
    return found


def _atoms(statement: Statement) -> Iterator[Statement]:
    """The statement split into parts with one action, resource, principal and condition value each."""
    elements = [
        [element] if element.negated else [Element(frozenset({value})) for value in sorted(element.values)]
        for element in (statement.whose, statement.actions, statement.resources)
    ]
    conditions = [
        [condition]
        if _together(condition, statement)
        else [replace(condition, values=frozenset({value})) for value in sorted(condition.values)]
        for condition in sorted(statement.conditions, key=Condition.sort_key)
    ]
    for principals, actions, resources in itertools.product(*elements):
        for some in itertools.product(*conditions):
            yield Statement(
                statement.allows, principals, actions, resources, frozenset(some), literal=statement.literal
            )


def _together(condition: Condition, statement: Statement) -> bool:
    """Whether its values decide together, and not each for itself."""
    asked = demand(condition, literal=statement.literal)
    return not asked.some or asked.values.kind in {Kind.OPAQUE, Kind.PRESENCE} or not condition.values


def _parts(statement: Statement) -> int:
    """How many atoms a statement has."""
    elements = (
        1 if element.negated else len(element.values)
        for element in (statement.whose, statement.actions, statement.resources)
    )
    conditions = (1 if _together(condition, statement) else len(condition.values) for condition in statement.conditions)
    return math.prod((*elements, *conditions))


def _differences(narrow: Statement, wide: Statement, search: Search) -> list[Difference]:
    """Why `wide` does not cover `narrow`; empty where it does."""
    found = []
    conditions = iter(sorted(wide.conditions, key=Condition.sort_key))
    for test in tests(wide):
        condition = next(conditions) if isinstance(test, Demand) else None
        if not search.may_fail(narrow, test):
            continue
        if isinstance(test, Demand):
            assert condition is not None
            other = _instead_of(condition, narrow.conditions)
            if other == condition and narrow.literal != wide.literal:
                found.append(Difference(True, Part.VERSION, wide, narrow))
            else:
                found.append(Difference(True, Part.CONDITION, condition, other))
            continue
        before, after = _element(wide, test.about), _element(narrow, test.about)
        if before == after:
            found.append(Difference(True, Part.VERSION, wide, narrow))
        else:
            found.append(Difference(True, _PARTS[test.about], before, after))
    return found


def _element(statement: Statement, about: Subject) -> Element:
    return {
        Subject.PRINCIPAL: statement.whose,
        Subject.ACTION: statement.actions,
        Subject.RESOURCE: statement.resources,
    }[about]


def _instead_of(condition: Condition, found: Iterable[Condition]) -> Condition | None:
    """What a document has in the place of `condition`: the same operator with all its values, or one for the same key."""
    same_key = sorted((other for other in found if other.key.lower() == condition.key.lower()), key=Condition.sort_key)
    same = [other for other in same_key if other.operator == condition.operator]
    if same:
        return replace(condition, values=frozenset[str]().union(*(other.values for other in same)))
    return next(iter(same_key), None)
