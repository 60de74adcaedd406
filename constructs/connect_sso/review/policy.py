"""What an IAM policy document allows that another one does not: trust policies, permissions, bucket and key policies.

Two documents are compared by what they admit and not by how they are written: the order of statements, one value or a
list of one, a statement split in two, names (`Sid`) and spaces make no difference.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

Where containment cannot be decided (a statement covered only by several others together), the answer is "more":
a reviewer who looks once too often loses a minute.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from connect_sso.review.words import Words, listing, words

MOST_ATOMS = 20_000
"""Combinations of action, resource, principal and condition value that are compared one by one; a policy of IAM's
largest size stays far below."""

ANYTHING = frozenset({"*"})


class UnreadablePolicyError(ValueError):
    """The text is not a policy document; the message says why."""


@dataclass(frozen=True)
class Element:
    """The values of Action, Resource or Principal, or of its opposite (`NotAction`, …) where `negated`."""

    values: frozenset[str]
    negated: bool = False

    def folded(self) -> Element:
        """The same without regard to case, which is how actions are matched.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
        """
        return replace(self, values=frozenset(value.lower() for value in self.values))


@dataclass(frozen=True, order=True)
class Condition:
    """One operator and key with its values, of which one must match (or none, for a negated operator)."""

    operator: str
    key: str
    values: frozenset[str]

    @property
    def folded_key(self) -> str:
        """The key without regard to case, which is how keys are matched."""
        return self.key.lower()

    @property
    def negative(self) -> bool:
        """Whether more values mean less access (`StringNotEquals`)."""
        return "Not" in self.operator


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document, in a form in which equal meaning is mostly equal form."""

    allows: bool
    principals: Element
    actions: Element
    resources: Element
    conditions: frozenset[Condition]


def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        UnreadablePolicyError: not JSON, or not of a policy's shape.
    """
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise UnreadablePolicyError(f"not JSON: {error}") from None
    if not isinstance(policy, dict):
        raise UnreadablePolicyError("not an object")
    statements = policy.get("Statement", [])
    return tuple(_statement(entry) for entry in (statements if isinstance(statements, list) else [statements]))


def _statement(entry: object) -> Statement:
    if not isinstance(entry, dict) or entry.get("Effect") not in ("Allow", "Deny"):
        raise UnreadablePolicyError("a statement without Allow or Deny")
    return Statement(
        allows=entry["Effect"] == "Allow",
        principals=_element(entry, "Principal", _principals),
        actions=_element(entry, "Action", _texts),
        resources=_element(entry, "Resource", _texts),
        conditions=frozenset(_conditions(entry.get("Condition", {}))),
    )


def _element(entry: dict[str, object], name: str, read: Callable[[object], list[str]]) -> Element:
    if name in entry:
        return Element(frozenset(read(entry[name])))
    if f"Not{name}" in entry:
        return Element(frozenset(read(entry[f"Not{name}"])), negated=True)
    return Element(ANYTHING)  # what the kind of policy implies: a trust policy's resource, a permission's principal


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, bool, int, float)) for item in values):
        raise UnreadablePolicyError("a value that is not text")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _principals(value: object) -> list[str]:
    if value == "*":
        return ["*"]
    if not isinstance(value, dict):
        raise UnreadablePolicyError("a principal that is neither * nor an object")
    found = []
    for values in value.values():
        for text in _texts(values):
            # An account by number is its root: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
            found.append(f"arn:aws:iam::{text}:root" if re.fullmatch(r"\d{12}", text) else text)
    return found


def _conditions(value: object) -> Iterator[Condition]:
    if not isinstance(value, dict):
        raise UnreadablePolicyError("a condition that is not an object")
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise UnreadablePolicyError("a condition operator that is not an object")
        for key, values in keys.items():
            yield Condition(operator, key, frozenset(_texts(values)))


def widenings(before: Iterable[Statement], after: Iterable[Statement]) -> list[Words]:
    """What `after` admits that `before` did not, one line each; empty where it admits no more."""
    before, after = tuple(before), tuple(after)
    lines: set[Words] = set()
    allowed = [statement for statement in before if statement.allows]
    for statement in after:
        if statement.allows:
            lines.update(_beyond(statement, allowed))
    forbidden = [statement for statement in after if not statement.allows]
    for statement in before:
        if not statement.allows and any(not _covered(atom, forbidden) for atom in _atoms(statement)):
            lines.add(words("no longer forbids {}", _described(statement)))
    return sorted(lines)


_REVERSED = {
    "admits": "no longer admits",
    "allows": "no longer allows",
    "reaches": "no longer reaches",
    "requires": "no longer only requires",
    "no longer requires": "now requires",
    "no longer forbids": "now forbids",
}


def narrowings(before: Iterable[Statement], after: Iterable[Statement]) -> list[Words]:
    """What `after` no longer admits, one line each."""
    return sorted(_reversed(line) for line in widenings(after, before))


def _reversed(line: Words) -> Words:
    start = next(text for text in _REVERSED if line.prose[0].startswith(text))
    return replace(line, prose=(_REVERSED[start] + line.prose[0].removeprefix(start), *line.prose[1:]))


def _beyond(statement: Statement, allowed: list[Statement]) -> Iterator[Words]:
    if not allowed:
        yield words("allows {}", _described(statement))
        return
    for atom in _atoms(statement):
        if _covered(atom, allowed):
            continue
        nearest = min(allowed, key=lambda other: len(_differences(atom, other)))
        differences = _differences(atom, nearest)
        if len(differences) - len(_weaker_conditions(atom, nearest)) > 1:
            yield words("allows {}", _described(statement))  # nothing like it was there before
        else:
            yield from differences


def _atoms(statement: Statement) -> Iterator[Statement]:
    """The statement split into parts with one action, resource, principal and condition value each."""
    choices = [
        [Element(frozenset({value})) for value in sorted(element.values)] if not element.negated else [element]
        for element in (statement.principals, statement.actions, statement.resources)
    ]
    conditions = [
        [condition]
        if condition.negative or condition.operator.startswith("ForA")
        else [replace(condition, values=frozenset({value})) for value in sorted(condition.values)] or [condition]
        for condition in sorted(statement.conditions, key=lambda c: (c.operator, c.key, sorted(c.values)))
    ]
    combinations = 1
    for number in (*map(len, choices), *map(len, conditions)):
        combinations *= number
    if combinations > MOST_ATOMS:
        yield statement
        return
    for principals, actions, resources, *some in itertools.product(*choices, *conditions):
        yield Statement(statement.allows, principals, actions, resources, frozenset(some))  # type: ignore[arg-type]


def _covered(narrow: Statement, wide: list[Statement]) -> bool:
    return any(not _differences(narrow, other) for other in wide)


def _differences(narrow: Statement, wide: Statement) -> tuple[Words, ...]:
    """Why `wide` does not cover `narrow`; empty where it does."""
    found = []
    if not _element_covered(narrow.principals, wide.principals):
        found.append(words("admits {}", _element_words(narrow.principals)))
    if not _element_covered(narrow.actions.folded(), wide.actions.folded()):
        found.append(words("allows {}", _element_words(narrow.actions)))
    if not _element_covered(narrow.resources, wide.resources):
        found.append(words("reaches {}", _element_words(narrow.resources)))
    found.extend(_weaker_conditions(narrow, wide))
    return tuple(sorted(found))


def _weaker_conditions(narrow: Statement, wide: Statement) -> list[Words]:
    """The conditions of `wide` that `narrow` does not meet."""
    return [
        _weakened(condition, narrow.conditions)
        for condition in wide.conditions
        if not any(_implies(stronger, condition) for stronger in narrow.conditions)
    ]


def _element_covered(narrow: Element, wide: Element) -> bool:
    if not narrow.negated and not wide.negated:
        return all(any(_contains(outer, inner) for outer in wide.values) for inner in narrow.values)
    if not narrow.negated:
        return not any(_may_overlap(inner, excluded) for inner in narrow.values for excluded in wide.values)
    if not wide.negated:
        return "*" in wide.values
    return all(any(_contains(inner, excluded) for inner in narrow.values) for excluded in wide.values)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    # A `?` of the outer pattern is one character, so it must not swallow a `*` of the inner one.
    return re.compile(
        "".join({"*": ".*", "?": "[^*]"}.get(char, re.escape(char)) for char in re.sub(r"\*+", "*", text)), re.DOTALL
    )


def _contains(outer: str, inner: str) -> bool:
    """Whether everything that the pattern `inner` matches is matched by `outer`."""
    return outer == inner or (("*" in outer or "?" in outer) and _pattern(outer).fullmatch(inner) is not None)


def _may_overlap(one: str, other: str) -> bool:
    """Whether one text can match both patterns; true in doubt."""
    (start, end), (other_start, other_end) = _fixed_ends(one), _fixed_ends(other)
    if not (start.startswith(other_start) or other_start.startswith(start)):
        return False
    return end.endswith(other_end) or other_end.endswith(end)


def _fixed_ends(pattern: str) -> tuple[str, str]:
    parts = re.split(r"[*?]", pattern)
    return parts[0], parts[-1]


_STRONGER = {
    "StringLike": ("StringEquals",),
    "StringEqualsIgnoreCase": ("StringEquals",),
    "ArnLike": ("ArnEquals", "StringEquals", "StringLike"),
    "ArnEquals": ("ArnLike", "StringEquals", "StringLike"),
}
"""Operators that hold only where the first one holds as well, for the same values.

ArnEquals and ArnLike behave alike: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""


def _implies(stronger: Condition, condition: Condition) -> bool:
    """Whether `condition` holds wherever `stronger` does."""
    if stronger.folded_key != condition.folded_key:
        return False
    operator, optional = _without_if_exists(condition.operator)
    other, other_optional = _without_if_exists(stronger.operator)
    if other_optional and not optional:
        return False
    if other != operator and other not in _STRONGER.get(operator, ()):
        return False
    if condition.negative:
        return condition.values <= stronger.values
    if "Like" in operator or operator.startswith("Arn"):
        return all(any(_contains(outer, inner) for outer in condition.values) for inner in stronger.values)
    if operator == "StringEqualsIgnoreCase":
        return {value.lower() for value in stronger.values} <= {value.lower() for value in condition.values}
    return stronger.values <= condition.values


def _without_if_exists(operator: str) -> tuple[str, bool]:
    return operator.removesuffix("IfExists"), operator.endswith("IfExists")


def _weakened(condition: Condition, instead: Iterable[Condition]) -> Words:
    same_key = sorted(
        (other for other in instead if other.folded_key == condition.folded_key),
        key=lambda c: (c.operator, sorted(c.values)),
    )
    same_operator = [other for other in same_key if other.operator == condition.operator]
    if same_operator and not condition.negative:
        # SAML:aud is the Recipient of the assertion, that is, the sign-in endpoint Okta posts to.
        name = "the sign-in endpoint" if condition.folded_key == "saml:aud" else "the value"
        new = sorted(set().union(*(other.values for other in same_operator)) - condition.values)
        return words(f"admits {name} {{}} ({{}})", listing(new), _term(condition.key))
    if same_key:
        other = same_key[0]
        return words("requires {} instead of {}", _condition_words(other), _condition_words(condition))
    return words("no longer requires {}", _condition_words(condition))


def _condition_words(condition: Condition) -> Words:
    return words("{} {} {}", _term(condition.key), _term(condition.operator), listing(sorted(condition.values)))


def _term(text: str) -> Words:
    """A key or operator, which needs no quotes where it is only letters."""
    return Words((text,)) if re.fullmatch(r"[A-Za-z]+(:[A-Za-z]+)?", text) else words("{}", text)


def _described(statement: Statement) -> Words:
    described = _element_words(statement.actions)
    if statement.principals != Element(ANYTHING):
        described = words("{} by {}", described, _element_words(statement.principals))
    described = (
        words("{} on {}", described, _element_words(statement.resources))
        if statement.resources != Element(ANYTHING)
        else described
    )
    for condition in sorted(statement.conditions, key=lambda c: (c.operator, c.key, sorted(c.values))):
        described = words("{} where {}", described, _condition_words(condition))
    return described


def _element_words(element: Element) -> Words:
    if element == Element(ANYTHING):
        return words("everything ({})", "*")
    listed = listing(sorted(element.values))
    return words("everything except {}", listed) if element.negated else listed
