"""Is there a request to which some statements apply and others do not?

A statement applies where its principals, actions, resources and conditions all fit, so it does not apply where one of
them does not: for each statement that must not apply, one part is chosen that fails, until no choice is left or every
part still leaves something to ask for. The parts are independent: what a condition says of the resource's own ARN is
not held against the resource, and then the answer is that there may be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from connect_sso.iam.budget import Budget
from connect_sso.iam.conditions import Demand, demand, may_hold
from connect_sso.iam.documents import EVERYTHING, Condition, Element, Statement
from connect_sso.iam.principals import may_be_one
from connect_sso.iam.wildcards import Pattern, may_match, tokens


class Subject(Enum):
    """What of a request a test is about, besides the keys of conditions."""

    PRINCIPAL = "principal"
    ACTION = "action"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Listing:
    """That principal, action or resource is among some values, or is not."""

    about: Subject
    values: frozenset[str]
    inside: bool
    literal: bool
    excepting: bool
    """Whether the values are exceptions (`NotPrincipal`, …)."""

    def opposite(self) -> Listing:
        """That it is not among them, or is."""
        return replace(self, inside=not self.inside)


Test: TypeAlias = "Listing | Demand"
"""One part of a statement, which fits a request or does not."""


@lru_cache(maxsize=4096)
def tests(statement: Statement) -> tuple[Test, ...]:
    """What a request is tested for by a statement: it applies where all of them fit."""
    found: list[Test] = [
        listing(about, element, statement)
        for about, element in (
            (Subject.ACTION, statement.actions),
            (Subject.PRINCIPAL, statement.whose),
            (Subject.RESOURCE, statement.resources),
        )
        if element != EVERYTHING
    ]
    conditions = sorted(statement.conditions, key=Condition.sort_key)
    return (*found, *(demand(each, literal=statement.literal) for each in conditions))


def listing(about: Subject, element: Element, statement: Statement) -> Listing:
    """The test of one element of a statement."""
    literal = statement.literal and any("${" in value for value in element.values)
    if about is Subject.ACTION:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
        values = frozenset(value.lower() for value in element.values)
        return Listing(about, values, not element.negated, literal, element.negated)
    return Listing(about, element.values, not element.negated, literal, element.negated)


class Search:
    """Answers whether there may be a request, within a budget for all questions together."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: dict[frozenset[Test], bool] = {}

    def may_apply(self, applying: Iterable[Statement], others: Iterable[Statement] = ()) -> bool:
        """Whether some request may fit all of `applying` and none of `others`; true in doubt.

        Raises:
            InDoubtError: it takes longer than the budget allows.
        """
        space: dict[object, frozenset[Test]] = {}
        for statement in applying:
            for test in tests(statement):
                space[_subject(test)] = space.get(_subject(test), frozenset()) | {test}
        return all(map(self._possible, space.values())) and self._escape(space, [tests(each) for each in others])

    def may_fail(self, statement: Statement, test: Test) -> bool:
        """Whether a request that fits `statement` may not fit `test`, of another one; true in doubt.

        Raises:
            InDoubtError: it takes longer than the budget allows.
        """
        same = {each for each in tests(statement) if _subject(each) == _subject(test)}
        return self._possible(frozenset({*same, test.opposite()}))

    def _escape(self, space: dict[object, frozenset[Test]], others: Sequence[tuple[Test, ...]]) -> bool:
        """Whether part of `space`, in which each subject's tests are possible together, lies outside all of `others`."""
        space = dict(space)
        while True:
            left: list[tuple[list[Test], tuple[Test, ...]]] = []
            for other in others:
                ways = self._ways_out(space, other)
                if ways is None:
                    continue  # nothing in the space fits it
                if not ways:
                    return False
                left.append((ways, other))
            if not left:
                return True
            left.sort(key=lambda each: len(each[0]))
            ways, _ = left[0]
            others = [other for _, other in left[1:]]
            if len(ways) > 1:
                return any(self._escape(_within(space, way), others) for way in ways)
            space = _within(space, ways[0])

    def _ways_out(self, space: dict[object, frozenset[Test]], other: tuple[Test, ...]) -> list[Test] | None:
        """The tests of which one must fail for a statement not to apply; None where it does not apply anyhow."""
        ways = []
        for test in other:
            known = space.get(_subject(test), frozenset())
            if test in known:
                continue
            if not self._possible(known | {test}):
                return None
            if self._possible(known | {test.opposite()}):
                ways.append(test.opposite())
        return ways

    def _possible(self, about_one: frozenset[Test]) -> bool:
        """Whether tests of one subject may fit one request."""
        answer = self._known.get(about_one)
        if answer is None:
            answer = self._known[about_one] = self._found_possible(about_one)
        else:
            self._budget.spend(1)
        return answer

    def _found_possible(self, about_one: frozenset[Test]) -> bool:
        if any(test.opposite() in about_one for test in about_one):
            return False
        demands = [test for test in about_one if isinstance(test, Demand)]
        listings = [test for test in about_one if isinstance(test, Listing)]
        if demands:
            return may_hold(demands, self._budget)
        if listings[0].about is Subject.PRINCIPAL:
            named = [each.values for each in listings if each.inside]
            excluded = {
                value
                for each in listings
                if not each.inside
                for value in each.values
                # An account that is excepted does not except its users and roles.
                if not (each.excepting and value.endswith(":root"))
            }
            return may_be_one(named, excluded, self._budget)
        matching = [_patterns(each, {*each.values, *map(_completed, each.values)}) for each in listings if each.inside]
        others = [_patterns(each, each.values) for each in listings if not each.inside]
        return may_match(matching, frozenset[Pattern]().union(*others), self._budget)


def _patterns(listing: Listing, values: Iterable[str]) -> frozenset[Pattern]:
    return frozenset(tokens(value, variables=not listing.literal) for value in values)


def _completed(value: str) -> str:
    """An ARN of less than six parts as AWS reads it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    missing = 5 - value.count(":")
    return value + ":*" * missing if value.startswith("arn:") and missing > 0 else value


def _subject(test: Test) -> object:
    return test.key if isinstance(test, Demand) else test.about


def _within(space: dict[object, frozenset[Test]], test: Test) -> dict[object, frozenset[Test]]:
    return {**space, _subject(test): space.get(_subject(test), frozenset()) | {test}}
