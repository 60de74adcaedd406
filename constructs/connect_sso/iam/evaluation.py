"""Would IAM allow it? As much of IAM's policy evaluation as sign-in to Connect needs, with unknowns kept unknown.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: an explicit Deny wins, then
an Allow is needed. Whatever depends on a value that is not known from here (an IP address, a time) is neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case to their values; an empty tuple is a key that is known to be absent."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its elements as tuples."""

    label: str
    """Its Sid, or its position."""
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    federated: tuple[str, ...] | None
    """Principal.Federated; None where the policy has no such element (an identity policy)."""
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Operator, key, values."""


@dataclass(frozen=True)
class Policy:
    """A policy document and where it stands."""

    where: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    action: str
    resource: str = "*"
    federated: str | None = None
    """The SAML provider's ARN, for a trust policy."""
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Miss:
    """A statement that would allow the action, but for one thing."""

    statement: str
    part: str
    """`principal`, `resource` or the condition key that does not fit, in lower case."""
    wanted: tuple[str, ...]
    """What the statement has there."""


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed; None where that depends on something not known from here."""

    allowed: bool | None
    decided_by: str
    """The statement that decided, with its document; empty where none allows it."""
    denied: bool = False
    """By an explicit Deny."""
    misses: tuple[Miss, ...] = ()


def read_policy(document: str | Mapping[str, Any], where: str) -> Policy:
    """The policy in `document`, JSON text or parsed.

    Raises:
        ValueError: it is no policy document.
    """
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    statements = parsed.get("Statement") if isinstance(parsed, Mapping) else None
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(each, Mapping) for each in statements):
        raise ValueError("it has no Statement")
    return Policy(where, tuple(_statement(each, index) for index, each in enumerate(statements)))


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """IAM's answer to `request` from these policies alone."""
    decided: dict[str, str] = {}
    misses: list[Miss] = []
    for policy in policies:
        for statement in policy.statements:
            label = f"{statement.label} of {policy.where}"
            fits, miss = _fits(statement, request)
            if fits is not False:
                decided.setdefault(f"{'allow' if statement.allows else 'deny'}{'' if fits else '?'}", label)
            elif statement.allows and miss is not None:
                misses.append(Miss(label, *miss))
    if "deny" in decided:
        return Decision(False, decided["deny"], denied=True)
    if "allow" in decided:
        return Decision(None, decided["deny?"], denied=True) if "deny?" in decided else Decision(True, decided["allow"])
    if "allow?" in decided:
        return Decision(None, decided["allow?"])
    return Decision(False, "", misses=tuple(misses))


def _fits(statement: Statement, request: Request) -> tuple[bool | None, tuple[str, tuple[str, ...]] | None]:
    """Whether the statement applies; where one part alone keeps it from that, that part and what it wants."""
    if not _listed(statement.actions, statement.not_actions, request.action, ignore_case=True, context=request.context):
        return False, None
    if request.federated is not None:
        if statement.federated is None:
            return False, None
        if request.federated not in statement.federated and "*" not in statement.federated:
            return False, ("principal", statement.federated)
    elif not _listed(statement.resources, statement.not_resources, request.resource, context=request.context):
        return False, ("resource", statement.resources)
    fits: bool | None = True
    for operator, key, values in statement.conditions:
        met = _met(operator, key, values, request.context)
        if met is False:
            return False, (key.lower(), values)
        if met is None:
            fits = None
    return fits, None


def _listed(
    patterns: tuple[str, ...], exclusions: tuple[str, ...], value: str, *, context: Context, ignore_case: bool = False
) -> bool:
    if exclusions:
        return not any(_like(each, value, context, ignore_case=ignore_case) for each in exclusions)
    return any(_like(each, value, context, ignore_case=ignore_case) for each in patterns)


def _met(operator: str, key: str, wanted: tuple[str, ...], context: Context) -> bool | None:
    """Whether a condition is met; None where its key or operator is beyond this module."""
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists").lower()
    have = context.get(key.lower())
    if have is None:
        return None
    if name == "null":
        return (not have) == (wanted[:1] == ("true",))
    if not have:
        # A negated operator, and one with IfExists or ForAllValues, is met where the key is absent.
        return optional or "not" in name or quantifier.lower() == "forallvalues"
    negated = name.startswith(("stringnot", "arnnot"))
    base = name.replace("not", "", 1) if negated else name
    if base not in {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}:
        return None

    def matches(value: str) -> bool:
        if base == "stringequals":
            return any(_substituted(each, context) == value for each in wanted)
        if base == "stringequalsignorecase":
            return any(_substituted(each, context).lower() == value.lower() for each in wanted)
        return any(_like(each, value, context, ignore_case=False) for each in wanted)

    results = [matches(value) != negated for value in have]
    return all(results) if quantifier.lower() == "forallvalues" or negated else any(results)


def _substituted(text: str, context: Context) -> str:
    """Policy variables filled in; one that is not known becomes something that equals nothing."""
    return re.sub(r"\$\{([^}]*)\}", lambda match: _variable(match[1], context), text)


def _variable(name: str, context: Context) -> str:
    if name in {"*", "?", "$"}:
        return name
    values = context.get(name.split(",", maxsplit=1)[0].strip().lower())
    return values[0] if values else "\0"


def _like(pattern: str, value: str, context: Context, *, ignore_case: bool) -> bool:
    if pattern == "*":
        return True
    # Variables first become marks, since a * within a variable's value is no wildcard.
    names: list[str] = []

    def mark(match: re.Match[str]) -> str:
        names.append(_variable(match[1], context))
        return "\1"

    marked = re.sub(r"\$\{([^}]*)\}", mark, pattern)
    return _compiled(marked, tuple(names), ignore_case=ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _compiled(marked: str, names: tuple[str, ...], *, ignore_case: bool) -> re.Pattern[str]:
    remaining = iter(names)

    def literal(text: str) -> str:
        return "".join("." if char == "?" else re.escape(next(remaining) if char == "\1" else char) for char in text)

    first, *others = map(literal, re.split(r"\*+", marked))
    # Atomic groups: the first place where a piece fits is as good as any, so a pattern of many stars takes no longer.
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    expression = f"{first}{middle}.*{others[-1]}" if others else first
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _statement(statement: Mapping[str, Any], index: int) -> Statement:
    principal = statement.get("Principal")
    federated: tuple[str, ...] | None = None
    if principal == "*":
        federated = ("*",)
    elif isinstance(principal, Mapping):
        federated = _texts(principal.get("Federated"))
    conditions = statement.get("Condition")
    return Statement(
        label=str(statement.get("Sid") or f"statement {index + 1}"),
        allows=statement.get("Effect") == "Allow",
        actions=_texts(statement.get("Action")),
        not_actions=_texts(statement.get("NotAction")),
        resources=_texts(statement.get("Resource")),
        not_resources=_texts(statement.get("NotResource")),
        federated=federated,
        conditions=tuple(
            (str(operator), str(key), _texts(values))
            for operator, keys in (conditions.items() if isinstance(conditions, Mapping) else ())
            for key, values in (keys.items() if isinstance(keys, Mapping) else ())
        ),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
