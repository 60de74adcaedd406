"""What a policy document lets through that another one does not, as values that whoever reports them puts into words.

Two documents are compared by what they admit and not by how they are written: the order of statements, one value or a
list of one, a statement split in two, names (`Sid`) and spaces make no difference. What cannot be decided is a
difference: a reviewer who looks once too often loses a minute.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from connect_sso.iam.documents import Condition, Element, Statement
from connect_sso.iam.wildcards import Token, contains, may_meet, tokens

MOST_COMPARISONS = 1_000_000
"""Combinations of action, resource, principal and condition value, times the values that each is compared with: what
people write stays far below, and a pull request must not be able to hold its own review up."""


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
"""A statement (ALLOW, DENY), an element (PRINCIPAL, ACTION, RESOURCE) or a condition."""


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


def gains(before: Iterable[Statement], after: Iterable[Statement]) -> frozenset[Difference]:
    """What `after` lets through that `before` did not; empty where it lets no more through."""
    return frozenset(_gains(tuple(before), tuple(after)))


def losses(before: Iterable[Statement], after: Iterable[Statement]) -> frozenset[Difference]:
    """What `after` no longer lets through."""
    return frozenset(difference.reversed() for difference in gains(after, before))


def _gains(before: tuple[Statement, ...], after: tuple[Statement, ...]) -> Iterator[Difference]:
    if max(_comparisons(after, before), _comparisons(before, after)) > MOST_COMPARISONS:
        # More than anybody writes: what does not stand there in the same way counts as more.
        new, gone = set(after) - set(before), set(before) - set(after)
        yield from (_allowed(statement) for statement in new if statement.allows)
        yield from (_unforbidden(statement) for statement in gone if not statement.allows)
        return
    allowed = [statement for statement in before if statement.allows]
    for statement in after:
        if statement.allows:
            yield from _beyond(statement, allowed)
    forbidden = [statement for statement in after if not statement.allows]
    for statement in before:
        if not statement.allows and any(not _covered(atom, forbidden) for atom in _atoms(statement)):
            yield _unforbidden(statement)


def _allowed(statement: Statement) -> Difference:
    return Difference(True, Part.ALLOW, None, statement)


def _unforbidden(statement: Statement) -> Difference:
    return Difference(True, Part.DENY, statement, None)


def _beyond(statement: Statement, allowed: list[Statement]) -> Iterator[Difference]:
    if not allowed:
        yield _allowed(statement)
        return
    for atom in _atoms(statement):
        if _covered(atom, allowed):
            continue
        nearest = min(allowed, key=lambda other: len(_differences(atom, other)))
        # With all values of a condition: one difference for this or that, and not one for each.
        differences = _differences(replace(atom, conditions=statement.conditions), nearest)
        if sum(difference.part is not Part.CONDITION for difference in differences) > 1:
            yield _allowed(statement)  # nothing like it was there before
        else:
            yield from differences


def _atoms(statement: Statement) -> Iterator[Statement]:
    """The statement split into parts with one action, resource, principal and condition value each."""
    elements = [
        [element] if element.negated else [Element(frozenset({value})) for value in sorted(element.values)]
        for element in _elements(statement)
    ]
    conditions = [
        [condition]
        if _together(condition)
        else [replace(condition, values=frozenset({value})) for value in sorted(condition.values)]
        for condition in sorted(statement.conditions, key=Condition.sort_key)
    ]
    for principals, actions, resources in itertools.product(*elements):
        for some in itertools.product(*conditions):
            yield Statement(
                statement.allows, principals, actions, resources, frozenset(some), literal=statement.literal
            )


def _together(condition: Condition) -> bool:
    """Whether its values decide together, and not each for itself."""
    return _negative(condition) or condition.operator.startswith("ForA") or not condition.values


def _negative(condition: Condition) -> bool:
    """Whether more values mean less access (`StringNotEquals`)."""
    return "Not" in condition.operator


def _comparisons(one: tuple[Statement, ...], other: tuple[Statement, ...]) -> int:
    """How many comparisons of values it takes to hold all atoms of one document against the other."""
    values = sum(
        sum(len(element.values) for element in _elements(statement))
        + sum(len(condition.values) for condition in statement.conditions)
        for statement in other
    )
    return sum(map(_combinations, one)) * values


def _combinations(statement: Statement) -> int:
    """How many atoms a statement has."""
    elements = (1 if element.negated else len(element.values) for element in _elements(statement))
    conditions = (1 if _together(condition) else len(condition.values) for condition in statement.conditions)
    return math.prod((*elements, *conditions))


def _elements(statement: Statement) -> tuple[Element, Element, Element]:
    return (statement.whose, statement.actions, statement.resources)


def _covered(narrow: Statement, wide: list[Statement]) -> bool:
    return any(not _differences(narrow, other) for other in wide)


def _differences(narrow: Statement, wide: Statement) -> list[Difference]:
    """Why `wide` does not cover `narrow`; empty where it does."""
    found = []
    if narrow.literal != wide.literal:
        found.append(Difference(True, Part.VERSION, wide, narrow))
    if not _principals_covered(narrow.whose, wide.whose):
        found.append(Difference(True, Part.PRINCIPAL, wide.whose, narrow.whose))
    if not _element_covered(_folded(narrow.actions), _folded(wide.actions)):
        found.append(Difference(True, Part.ACTION, wide.actions, narrow.actions))
    if not _element_covered(narrow.resources, wide.resources):
        found.append(Difference(True, Part.RESOURCE, wide.resources, narrow.resources))
    found.extend(
        Difference(True, Part.CONDITION, condition, _instead_of(condition, narrow.conditions))
        for condition in sorted(wide.conditions, key=Condition.sort_key)
        if not any(_implies(stronger, condition) for stronger in narrow.conditions)
    )
    return found


def _folded(element: Element) -> Element:
    """The same without regard to case, which is how actions are matched.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    return replace(element, values=frozenset(value.lower() for value in element.values))


def _principals_covered(narrow: Element, wide: Element) -> bool:
    """Principals are names, of which none stands for several but `*`; an account's root is all of the account."""
    if narrow.negated or wide.negated:
        return "*" in wide.values if not wide.negated else narrow.negated and wide.values <= narrow.values
    return "*" in wide.values or narrow.values <= wide.values


def _element_covered(narrow: Element, wide: Element) -> bool:
    inners, outers = _patterns(narrow.values), _patterns(wide.values)
    if narrow == wide or wide == Element(frozenset({"*"})):
        return True
    if not narrow.negated and not wide.negated:
        return all(
            text in wide.values or any(contains(outer, inner) for outer in outers.values())
            for text, inner in inners.items()
        )
    if not narrow.negated:
        return not any(may_meet(inner, excluded) for inner in inners.values() for excluded in outers.values())
    if not wide.negated:
        return "*" in wide.values
    return all(any(contains(inner, excluded) for inner in inners.values()) for excluded in outers.values())


def _patterns(values: frozenset[str]) -> dict[str, tuple[Token, ...]]:
    return {value: tokens(value) for value in values}


_STRONGER = {
    "StringLike": ("StringEquals",),
    "StringEqualsIgnoreCase": ("StringEquals",),
    "ArnLike": ("ArnEquals", "StringEquals"),
    "ArnEquals": ("ArnLike", "StringEquals"),
}
"""Operators that hold only where the first one holds as well, for the same values.

ArnEquals and ArnLike behave alike, and compare the six parts between colons one by one: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""


def _implies(stronger: Condition, condition: Condition) -> bool:
    """Whether `condition` holds wherever `stronger` does."""
    if stronger.key.lower() != condition.key.lower():
        return False
    operator, optional = _without_if_exists(condition.operator)
    other, other_optional = _without_if_exists(stronger.operator)
    if other_optional and not optional:
        return False
    if other != operator and other not in _STRONGER.get(operator, ()):
        return False
    if _negative(condition):
        return condition.values <= stronger.values
    if stronger.values <= condition.values:
        return True
    if "Like" in operator or operator.startswith("Arn"):
        covers = _arn_contains if "Arn" in operator else _text_contains
        return all(any(covers(outer, inner) for outer in condition.values) for inner in stronger.values)
    if operator == "StringEqualsIgnoreCase":
        return {value.lower() for value in stronger.values} <= {value.lower() for value in condition.values}
    return False


def _text_contains(outer: str, inner: str) -> bool:
    return contains(tokens(outer), tokens(inner))


def _arn_contains(outer: str, inner: str) -> bool:
    outers, inners = outer.split(":", 5), inner.split(":", 5)
    return len(outers) == len(inners) and all(map(_text_contains, outers, inners))


def _without_if_exists(operator: str) -> tuple[str, bool]:
    return operator.removesuffix("IfExists"), operator.endswith("IfExists")


def _instead_of(condition: Condition, found: Iterable[Condition]) -> Condition | None:
    """What a document has in the place of `condition`: the same operator with all its values, or one for the same key."""
    same_key = sorted((other for other in found if other.key.lower() == condition.key.lower()), key=Condition.sort_key)
    same = [other for other in same_key if other.operator == condition.operator]
    if same:
        return replace(condition, values=frozenset[str]().union(*(other.values for other in same)))
    return next(iter(same_key), None)
