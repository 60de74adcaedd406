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
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from connect_sso.review.words import Words, listing, words

LONGEST_DOCUMENT = 65_536
"""Characters of a document that are read: twice what AWS takes for its longest one, the policy of a KMS key.

https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
"""

MOST_COMPARISONS = 1_000_000
"""Combinations of action, resource, principal and condition value, times the values that each is compared with: what
people write stays far below, and a pull request must not be able to hold its own review up."""

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

    @property
    def together(self) -> bool:
        """Whether its values decide together, and not each for itself."""
        return self.negative or self.operator.startswith("ForA") or not self.values


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document, in a form in which equal meaning is mostly equal form."""

    allows: bool
    principals: Element
    actions: Element
    resources: Element
    conditions: frozenset[Condition]
    literal: bool = False
    """Whether `${…}` stands in it and means nothing but itself, as in the older version of the language.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """


def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        UnreadablePolicyError: not JSON, or not of a policy's shape.
    """
    if len(document) > LONGEST_DOCUMENT:
        raise UnreadablePolicyError(f"longer than any that AWS takes: {len(document):,} characters")
    try:
        policy = json.loads(document, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise UnreadablePolicyError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise UnreadablePolicyError(f"not JSON: {error}") from None
    except ValueError as error:  # an integer of thousands of digits
        raise UnreadablePolicyError(str(error)) from None
    if not isinstance(policy, dict):
        raise UnreadablePolicyError("not an object")
    statements = policy.get("Statement", [])
    variables = policy.get("Version") == "2012-10-17"
    return tuple(
        _statement(entry, variables=variables)
        for entry in (statements if isinstance(statements, list) else [statements])
    )


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadablePolicyError("a key that stands twice in one object")
    return found


def _statement(entry: object, *, variables: bool) -> Statement:
    if not isinstance(entry, dict) or entry.get("Effect") not in ("Allow", "Deny"):
        raise UnreadablePolicyError("a statement without Allow or Deny")
    if "Action" not in entry and "NotAction" not in entry:
        raise UnreadablePolicyError("a statement without actions")
    return Statement(
        allows=entry["Effect"] == "Allow",
        principals=_element(entry, "Principal", _principals),
        actions=_element(entry, "Action", _texts),
        resources=_element(entry, "Resource", _texts),
        conditions=frozenset(_conditions(entry.get("Condition", {}))),
        literal=not variables and "${" in json.dumps(entry),
    )


def _element(entry: dict[str, object], name: str, read: Callable[[object], list[str]]) -> Element:
    if name in entry and f"Not{name}" in entry:
        raise UnreadablePolicyError(f"{name} and Not{name} in one statement")
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
    for kind, values in value.items():
        for text in _texts(values):
            # An account by number is its root, and * among AWS's is everyone:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
            if re.fullmatch(r"\d{12}", text):
                found.append(f"arn:aws:iam::{text}:root")
            else:
                found.append(text if kind == "AWS" or text != "*" else f"{kind}:*")
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
    if max(_comparisons(after, before), _comparisons(before, after)) > MOST_COMPARISONS:
        # More than anybody writes: what does not stand there in the same way counts as more.
        new, gone = set(after) - set(before), set(before) - set(after)
        return sorted(
            {words("allows {}", _described(statement)) for statement in new if statement.allows}
            | {words("no longer forbids {}", _described(statement)) for statement in gone if not statement.allows}
        )
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
    "takes": "no longer takes",
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
        # Described with all values of a condition: `requires this or that`, and not a line for each.
        differences = _differences(replace(atom, conditions=statement.conditions), nearest)
        if len(differences) - len(_weaker_conditions(atom, nearest)) > 1:
            yield words("allows {}", _described(statement))  # nothing like it was there before
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
        if condition.together
        else [replace(condition, values=frozenset({value})) for value in sorted(condition.values)]
        for condition in sorted(statement.conditions, key=lambda c: (c.operator, c.key, sorted(c.values)))
    ]
    for principals, actions, resources in itertools.product(*elements):
        for some in itertools.product(*conditions):
            yield Statement(
                statement.allows, principals, actions, resources, frozenset(some), literal=statement.literal
            )


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
    conditions = (1 if condition.together else len(condition.values) for condition in statement.conditions)
    return math.prod((*elements, *conditions))


def _elements(statement: Statement) -> tuple[Element, Element, Element]:
    return (statement.principals, statement.actions, statement.resources)


def _covered(narrow: Statement, wide: list[Statement]) -> bool:
    return any(not _differences(narrow, other) for other in wide)


def _differences(narrow: Statement, wide: Statement) -> tuple[Words, ...]:
    """Why `wide` does not cover `narrow`; empty where it does."""
    found = []
    if narrow.literal != wide.literal:
        found.append(words("takes {} for something else than before (another Version)", "${…}"))
    if not _principals_covered(narrow.principals, wide.principals):
        found.append(words("admits {}", _element_words(narrow.principals, "everyone")))
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


def _principals_covered(narrow: Element, wide: Element) -> bool:
    """Principals are names, of which none stands for several but `*`; an account's root is all of the account."""
    if narrow.negated or wide.negated:
        return "*" in wide.values if not wide.negated else narrow.negated and wide.values <= narrow.values
    return "*" in wide.values or narrow.values <= wide.values


def _element_covered(narrow: Element, wide: Element) -> bool:
    if narrow == wide or wide == Element(ANYTHING):
        return True
    if not narrow.negated and not wide.negated:
        return all(
            inner in wide.values or any(_contains(outer, inner) for outer in wide.values) for inner in narrow.values
        )
    if not narrow.negated:
        return not any(_may_overlap(inner, excluded) for inner in narrow.values for excluded in wide.values)
    if not wide.negated:
        return "*" in wide.values
    return all(any(_contains(inner, excluded) for inner in narrow.values) for excluded in wide.values)


_VARIABLE = re.compile(r"\$\{[^}]*\}")
"""A policy variable, which may stand for any text: `${aws:userid}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""


def _contains(outer: str, inner: str) -> bool:
    """Whether everything that the pattern `inner` matches is matched by `outer`."""
    if outer == inner or outer == "*":
        return True
    if "*" not in outer and "?" not in outer:
        return False
    if _PRIVATE.search(outer + inner):
        return False
    # A variable becomes one character of its own, which only the same variable or a * matches.
    variables = sorted({*_VARIABLE.findall(outer), *_VARIABLE.findall(inner)})
    marks = {variable: chr(0xE000 + number) for number, variable in enumerate(variables[:6000])}
    outer, inner = (_VARIABLE.sub(lambda match: marks.get(match[0], "\ue000"), text) for text in (outer, inner))
    return _pattern(outer).fullmatch(inner) is not None


_PRIVATE = re.compile("[\ue000-\uf8ff]")


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    # A `?` of the outer pattern is one character, so it must not swallow a `*` or a variable of the inner one.
    first, *others = (
        "".join("[^*\ue000-\uf8ff]" if char == "?" else re.escape(char) for char in piece)
        for piece in re.split(r"\*+", text)
    )
    # Atomic groups: the first place where a piece fits is as good as any, so there is no going back over all of them.
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(f"{first}{middle}.*{others[-1]}" if others else first, re.DOTALL)


def _may_overlap(one: str, other: str) -> bool:
    """Whether one text can match both patterns; true in doubt."""
    (start, end), (other_start, other_end) = _fixed_ends(one), _fixed_ends(other)
    if not (start.startswith(other_start) or other_start.startswith(start)):
        return False
    return end.endswith(other_end) or other_end.endswith(end)


def _fixed_ends(pattern: str) -> tuple[str, str]:
    parts = re.split(r"\$\{[^}]*\}|[*?]", pattern)
    return parts[0], parts[-1]


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
    if stronger.values <= condition.values:
        return True
    if "Like" in operator or operator.startswith("Arn"):
        contains = _arn_contains if "Arn" in operator else _contains
        return all(any(contains(outer, inner) for outer in condition.values) for inner in stronger.values)
    if operator == "StringEqualsIgnoreCase":
        return {value.lower() for value in stronger.values} <= {value.lower() for value in condition.values}
    return False


def _arn_contains(outer: str, inner: str) -> bool:
    outers, inners = outer.split(":", 5), inner.split(":", 5)
    return len(outers) == len(inners) and all(map(_contains, outers, inners))


def _without_if_exists(operator: str) -> tuple[str, bool]:
    return operator.removesuffix("IfExists"), operator.endswith("IfExists")


def _weakened(condition: Condition, instead: Iterable[Condition]) -> Words:
    same_key = sorted(
        (other for other in instead if other.folded_key == condition.folded_key),
        key=lambda c: (c.operator, sorted(c.values)),
    )
    same_operator = [other for other in same_key if other.operator == condition.operator]
    new = sorted(set().union(*(other.values for other in same_operator)) - condition.values)
    if new and re.fullmatch(r"(For\w+:)?(String(Equals|Like)|Arn(Equals|Like))\w*", condition.operator):
        # SAML:aud is the Recipient of the assertion, that is, the sign-in endpoint Okta posts to.
        name = "the sign-in endpoint" if condition.folded_key == "saml:aud" else "the value"
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
        described = words("{} by {}", described, _element_words(statement.principals, "everyone"))
    described = (
        words("{} on {}", described, _element_words(statement.resources))
        if statement.resources != Element(ANYTHING)
        else described
    )
    for condition in sorted(statement.conditions, key=lambda c: (c.operator, c.key, sorted(c.values))):
        described = words("{} where {}", described, _condition_words(condition))
    return described


def _element_words(element: Element, everything: str = "everything") -> Words:
    if element == Element(ANYTHING):
        return words(f"{everything} ({{}})", "*")
    listed = listing(sorted(element.values))
    return words(f"{everything} except {{}}", listed) if element.negated else listed
