"""Policy documents as they are read: trust policies, permissions, bucket and key policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_DOCUMENT = 65_536
"""Characters of a document that are read: twice what AWS takes for its longest one, the policy of a KMS key.

https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
"""

ANYTHING = frozenset({"*"})


class UnreadablePolicyError(ValueError):
    """The text is not a policy document; the message says why."""


@dataclass(frozen=True)
class Element:
    """The values of Action, Resource or Principal, or of its opposite (`NotAction`, …) where `negated`.

    A principal is written `KIND:name` (`Federated:arn:…`, `Service:…`), since a name alone does not say what it names;
    everyone is `*`.
    """

    values: frozenset[str]
    negated: bool = False


EVERYTHING = Element(ANYTHING)


@dataclass(frozen=True)
class Condition:
    """One operator and key with its values, of which one must match (or none, for a negated operator)."""

    operator: str
    key: str
    values: frozenset[str]

    def sort_key(self) -> tuple[str, str, list[str]]:
        """By operator and key."""
        return (self.operator, self.key, sorted(self.values))


@dataclass(frozen=True)
class Statement:
    """One statement, in a form in which equal meaning is mostly equal form."""

    allows: bool
    principals: Element | None
    """None where the kind of policy implies it (an identity policy)."""
    actions: Element
    resources: Element
    conditions: frozenset[Condition]
    literal: bool = False
    """Whether `${…}` stands in it and means nothing but itself, as in the older version of the language.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """
    label: str = field(default="", compare=False)
    """Its Sid, or its position."""

    @property
    def whose(self) -> Element:
        """The principals; everyone who has the policy where none are named."""
        return self.principals or EVERYTHING


@dataclass(frozen=True)
class Policy:
    """A policy document and where it stands."""

    where: str
    statements: tuple[Statement, ...]


def read_policy(document: str | Mapping[str, Any], where: str) -> Policy:
    """The policy in `document`, JSON text or parsed, with what to call it.

    Raises:
        UnreadablePolicyError: see `read`.
    """
    return Policy(where, read(document))


def read(document: str | Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy document, JSON text or parsed.

    Raises:
        UnreadablePolicyError: it is not JSON, or not of a policy's shape.
    """
    policy = _parsed(document) if isinstance(document, str) else document
    if not isinstance(policy, Mapping):
        raise UnreadablePolicyError("not an object")
    if "Statement" not in policy:
        raise UnreadablePolicyError("without Statement")
    _only({"Version", "Id", "Statement"}, policy)
    statements = policy["Statement"]
    variables = policy.get("Version") == "2012-10-17"
    return tuple(
        _statement(entry, index, variables=variables)
        for index, entry in enumerate(statements if isinstance(statements, list) else [statements])
    )


def _parsed(document: str) -> object:
    if len(document) > LONGEST_DOCUMENT:
        raise UnreadablePolicyError(f"longer than any that AWS takes: {len(document):,} characters")
    try:
        return json.loads(document, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise UnreadablePolicyError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise UnreadablePolicyError(f"not JSON: {error}") from None
    except UnreadablePolicyError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise UnreadablePolicyError(str(error)) from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadablePolicyError("a key that stands twice in one object")
    return found


def _statement(entry: object, index: int, *, variables: bool) -> Statement:
    if not isinstance(entry, Mapping) or entry.get("Effect") not in ("Allow", "Deny"):
        raise UnreadablePolicyError("a statement without Allow or Deny")
    _only(_ELEMENTS, entry)
    actions = _element(entry, "Action", _texts)
    if actions is None:
        raise UnreadablePolicyError("a statement without actions")
    return Statement(
        allows=entry["Effect"] == "Allow",
        principals=_element(entry, "Principal", _principals),
        actions=actions,
        # A trust policy has no resource but the role itself.
        resources=_element(entry, "Resource", _texts) or EVERYTHING,
        conditions=frozenset(_conditions(entry.get("Condition", {}))),
        literal=not variables and "${" in json.dumps(entry),
        label=str(entry.get("Sid") or f"statement {index + 1}"),
    )


_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


def _only(known: set[str], entry: Mapping[str, object]) -> None:
    # AWS takes no others; one in other letters must not be a way around those that are read.
    strange = sorted(str(name) for name in entry if name not in known)
    if strange:
        raise UnreadablePolicyError(f"an element that there is none of: {strange[0]}")


def _element(entry: Mapping[str, object], name: str, read_values: Callable[[object], list[str]]) -> Element | None:
    if name in entry and f"Not{name}" in entry:
        raise UnreadablePolicyError(f"{name} and Not{name} in one statement")
    if name in entry:
        return Element(frozenset(read_values(entry[name])))
    if f"Not{name}" in entry:
        return Element(frozenset(read_values(entry[f"Not{name}"])), negated=True)
    return None


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(item, str | bool | int | float) for item in values):
        raise UnreadablePolicyError("a value that is not text")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _principals(value: object) -> list[str]:
    if value == "*":
        return ["*"]
    if not isinstance(value, Mapping):
        raise UnreadablePolicyError("a principal that is neither * nor an object")
    return [_principal(str(kind), text) for kind, values in value.items() for text in _texts(values)]


def _principal(kind: str, name: str) -> str:
    # An account by number is its root, and * among AWS's is everyone:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    if kind == "AWS" and name == "*":
        return "*"
    return f"{kind}:arn:aws:iam::{name}:root" if kind == "AWS" and re.fullmatch(r"\d{12}", name) else f"{kind}:{name}"


def _conditions(value: object) -> Iterator[Condition]:
    if not isinstance(value, Mapping):
        raise UnreadablePolicyError("a condition that is not an object")
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            raise UnreadablePolicyError("a condition operator that is not an object")
        for key, values in keys.items():
            yield Condition(str(operator), str(key), frozenset(_texts(values)))
