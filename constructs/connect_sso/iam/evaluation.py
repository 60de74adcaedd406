"""Would IAM allow it? As much of IAM's policy evaluation as sign-in to Connect needs, with unknowns kept unknown.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: an explicit Deny wins, then
an Allow is needed. Whatever depends on a value that is not known from here (an IP address, a time) is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connect_sso.iam.conditions import demand
from connect_sso.iam.documents import Condition, Element, Policy, Statement
from connect_sso.iam.principals import is_named
from connect_sso.iam.wildcards import any_case, filled_in, matches, tokens

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case to their values; an empty tuple is a key that is known to be absent."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    action: str
    resource: str = "*"
    principal: str | None = None
    """As a policy names it, `Federated:arn:…` for a SAML provider; None for an identity policy, which implies it."""
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Miss:
    """A statement that would allow the action, but for one thing."""

    statement: str
    part: str
    """`principal`, `resource` or the condition key that does not fit, in lower case."""
    wanted: tuple[str, ...]
    """What the statement has there, sorted; principals without their kind."""


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed; None where that depends on something not known from here."""

    allowed: bool | None
    decided_by: str
    """The statement that decided, with its document; empty where none allows it."""
    denied: bool = False
    """By an explicit Deny."""
    misses: tuple[Miss, ...] = ()


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

    def listed(element: Element, value: str, *, ignore_case: bool = False) -> bool:
        found = any(_like(each, value, statement, request.context, ignore_case=ignore_case) for each in element.values)
        return found != element.negated

    if not listed(statement.actions, request.action, ignore_case=True):
        return False, None
    if request.principal is not None:
        if statement.principals is None:
            return False, None
        if is_named(request.principal, statement.principals.values) == statement.principals.negated:
            names = (value.partition(":")[2] or value for value in statement.principals.values)
            return False, ("principal", tuple(sorted(names)))
    if not listed(statement.resources, request.resource):
        return False, ("resource", tuple(sorted(statement.resources.values)))
    fits: bool | None = True
    for condition in sorted(statement.conditions, key=Condition.sort_key):
        met = _met(condition, statement, request.context)
        if met is False:
            return False, (condition.key.lower(), tuple(sorted(condition.values)))
        if met is None:
            fits = None
    return fits, None


def _met(condition: Condition, statement: Statement, context: Context) -> bool | None:
    """Whether a condition is met; None where its key is not known, or its operator is beyond `conditions`."""
    have = context.get(condition.key.lower())
    if have is None:
        return None
    return demand(condition, literal=statement.literal).holds(have, _values_of(context))


def _like(pattern: str, value: str, statement: Statement, context: Context, *, ignore_case: bool) -> bool:
    read = filled_in(tokens(pattern, variables=not statement.literal), _values_of(context))
    return matches(any_case(read) if ignore_case else read, value)


def _values_of(context: Context) -> Callable[[str], str | None]:
    def value_of(key: str) -> str | None:
        values = context.get(key)
        return values[0] if values else None

    return value_of
