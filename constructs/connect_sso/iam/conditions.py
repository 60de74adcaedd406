"""Conditions: which values of a key they hold for, and whether several can hold at once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import lru_cache

from connect_sso.iam.budget import Budget
from connect_sso.iam.documents import Condition
from connect_sso.iam.wildcards import Pattern, any_case, arn_tokens, filled_in, matches, may_match, tokens


class Kind(Enum):
    """What the values of a key are taken for."""

    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    BOOLEAN = auto()
    ADDRESS = auto()
    PRESENCE = auto()
    """`Null` asks only whether there is a value."""
    OPAQUE = auto()
    """Of an operator or of values that this does not know, nothing is known but that it does not hold and fail at once."""


SINGLE_VALUED = frozenset(
    f"aws:{key}"
    for key in (
        "calledviafirst", "calledvialast", "currenttime", "ec2instancesourceprivateipv4", "ec2instancesourcevpc",
        "epochtime", "federatedprovider", "multifactorauthage", "multifactorauthpresent", "principalaccount",
        "principalarn", "principalisawsservice", "principalorgid", "principalservicename", "principaltype", "referer",
        "requestedregion", "resourceaccount", "resourceorgid", "securetransport", "sourceaccount", "sourcearn",
        "sourceidentity", "sourceip", "sourceorgid", "sourcevpc", "sourcevpce", "tokenissuetime", "useragent", "userid",
        "username", "viaawsservice", "vpcsourceip",
    )
)  # fmt: skip
"""Global keys that never have more than one value, in lower case; so have those below, which end in a tag's key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

SINGLE_VALUED_TAGS = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")


def is_single_valued(key: str) -> bool:
    """Whether a request can have one value of the key at most, as AWS documents it."""
    folded = key.lower()
    return folded in SINGLE_VALUED or folded.startswith(SINGLE_VALUED_TAGS)


@dataclass(frozen=True)
class Values:
    """The values that an operator takes for its own: `StringLike` and `["a*", "b"]`, without negation."""

    operator: str
    """In lower case, without quantifier, `Not` and `IfExists`."""
    wanted: frozenset[str]
    literal: bool
    """Whether `${…}` is text in them."""

    @property
    def kind(self) -> Kind:
        """What the values are."""
        return _KINDS.get(self.operator, Kind.OPAQUE)

    def include(self, value: str, value_of: Callable[[str], str | None] = lambda key: None) -> bool:
        """Whether a value of a request is one of them; see `wildcards.filled_in` for `value_of`."""
        if self.kind is Kind.TEXT:
            patterns = [pattern for text in self.wanted if (pattern := self.pattern(text)) is not None]
            return any(matches(filled_in(pattern, value_of), value) for pattern in patterns)
        read, test = _READERS[self.kind], _TESTS[self.operator]
        found = read(value)
        return found is not None and any(test(found, wanted) for wanted in map(read, self.wanted))

    def pattern(self, text: str) -> Pattern | None:
        """One of the values as a pattern; None for an ARN that is none."""
        if self.operator.startswith("arn"):
            return arn_tokens(text, variables=not self.literal)
        if self.operator == "stringlike":
            return tokens(text, variables=not self.literal)
        exact = tokens(text, variables=not self.literal, wildcards=False)
        return any_case(exact) if "case" in self.operator else exact


@dataclass(frozen=True)
class Demand:
    """What a condition, or its opposite, asks of one key."""

    key: str
    """In lower case."""
    values: Values
    inside: bool
    """Whether what it asks for is among `values`, or is not."""
    some: bool
    """Whether one value of the request must be so; all of them where not."""
    absent: bool
    """Whether it holds for a request without the key."""
    quantified: bool = False
    """Whether it says itself what it makes of several values (`ForAnyValue:`, `ForAllValues:`)."""

    def opposite(self) -> Demand:
        """What is asked where this does not hold."""
        return replace(self, inside=not self.inside, some=not self.some, absent=not self.absent)

    def holds(self, have: Collection[str], value_of: Callable[[str], str | None]) -> bool | None:
        """Whether a request with these values of the key meets it; None where that is beyond this module."""
        kind = self.values.kind
        if kind is Kind.OPAQUE:
            return None
        if not have:
            return self.absent
        if kind is Kind.PRESENCE:
            return not self.absent
        results = (self.values.include(value, value_of) == self.inside for value in have)
        return any(results) if self.some else all(results)


def demand(condition: Condition, *, literal: bool) -> Demand:
    """What a condition asks for; `literal` is its statement's."""
    quantifier, _, name = condition.operator.lower().rpartition(":")
    optional = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    key = condition.key.lower()
    if name == "null" and condition.values in ({"true"}, {"false"}):
        absent = condition.values == {"true"}
        return Demand(key, Values("null", frozenset(), literal), inside=True, some=True, absent=absent)
    negated = name in _NEGATED
    operator = _NEGATED.get(name, name)
    values = Values(operator, condition.values, literal)
    kind = values.kind
    readable = kind is Kind.TEXT or (
        kind in _READERS and all(_READERS[kind](text) is not None for text in condition.values)
    )
    if not readable or quantifier not in {"", "foranyvalue", "forallvalues"}:
        opaque = Values(condition.operator, condition.values, literal)
        opaque = opaque if opaque.kind is Kind.OPAQUE else replace(opaque, operator=f"unreadable {operator}")
        return Demand(key, opaque, inside=True, some=True, absent=optional)
    every = quantifier == "forallvalues" or (negated and not quantifier)
    return Demand(
        key, values, inside=not negated, some=not every, absent=optional or every, quantified=bool(quantifier)
    )


def may_hold(demands: Iterable[Demand], budget: Budget) -> bool:
    """Whether some request meets all these demands on one key; true in doubt.

    Raises:
        InDoubtError: it takes longer than the budget allows.
    """
    demands = frozenset(demands)
    if any(each.values.kind is Kind.OPAQUE and each.opposite() in demands for each in demands):
        return False
    clear = [each for each in demands if each.values.kind is not Kind.OPAQUE]
    if all(each.absent for each in clear):
        return True
    if any(each.values.kind is Kind.PRESENCE and each.absent for each in clear):
        return False
    clear = [each for each in clear if each.values.kind is not Kind.PRESENCE]
    return all(_one_value_may_be(group[0].values.kind, group, budget) for group in _comparable(clear))


def _comparable(demands: Collection[Demand]) -> Iterator[list[Demand]]:
    """The demands of which one value must meet all.

    What is taken for text in one and for a number in the other is not compared; nor is one with a quantifier and one
    without, where there may be several values: what AWS makes of several without a quantifier is not documented.
    """
    groups: dict[object, list[Demand]] = {}
    for each in demands:
        single = is_single_valued(each.key)
        groups.setdefault((each.values.kind, single or each.quantified), []).append(each)
    for group in groups.values():
        if is_single_valued(group[0].key):
            yield group
        else:
            all_values = [each for each in group if not each.some]
            if all_values:
                yield all_values
            yield from ([*all_values, each] for each in group if each.some)


def _one_value_may_be(kind: Kind, demands: Collection[Demand], budget: Budget) -> bool:
    """Whether there is a value, of those that the demands speak of, that all of them admit."""
    budget.spend(1)
    if kind is Kind.TEXT:
        return _one_text_may_be(demands, budget)
    read = _READERS[kind]
    named = {read(text) for each in demands for text in each.values.wanted}
    candidates = _BETWEEN[kind]([each for each in named if each is not None])
    budget.spend(len(candidates) * (len(named) + 1))
    return any(
        all(
            any(_TESTS[each.values.operator](value, read(text)) for text in each.values.wanted) == each.inside
            for each in demands
        )
        for value in candidates
    )


def _one_text_may_be(demands: Collection[Demand], budget: Budget) -> bool:
    excluded = [each.values for each in demands if not each.inside]
    matching = [
        frozenset(
            # What is no whole ARN may match more than a whole one would.
            tokens(text, variables=not each.values.literal)
            if (pattern := each.values.pattern(text)) is None
            else pattern
            for text in each.values.wanted
            if not any(
                text in other.wanted and replace(other, wanted=each.values.wanted) == each.values for other in excluded
            )
        )
        for each in demands
        if each.inside
    ]
    others = [pattern for values in excluded for text in values.wanted if (pattern := values.pattern(text)) is not None]
    return may_match(matching, others, budget)


# --- values that are no text -------------------------------------------------------------------------------------

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)


_UNIT = 2 * 10**30
"""Numbers are whole ones of a size that has room for each decimal, and even ones, so that two have a middle."""


def _number(text: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(30, "0")) * 2


def _date(text: str) -> int | None:
    """Seconds since 1970, in the same unit: https://www.w3.org/TR/NOTE-datetime, or the number itself."""
    if re.fullmatch(r"\d{9,12}", text, re.ASCII):
        return int(text) * _UNIT
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1) * _UNIT // 10**6


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=4096)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _numbers_between(named: list[int]) -> list[int]:
    """Numbers of which each that is not named is like one, for any comparison with those that are."""
    ordered = sorted(named)
    middles = [(one + other) // 2 for one, other in itertools.pairwise(ordered)]
    return [*ordered, *middles, *([ordered[0] - 1, ordered[-1] + 1] if ordered else [0])]


def _addresses_between(named: list[Network]) -> list[Network]:
    """The first address of each stretch of addresses that lie in the same networks."""
    found = {"0.0.0.0/32", "::/128"}
    for network in named:
        found.add(f"{network.network_address}/{network.max_prefixlen}")
        after = int(network.broadcast_address) + 1
        if after < 1 << network.max_prefixlen:
            found.add(f"{type(network.network_address)(after)}/{network.max_prefixlen}")
    return [ipaddress.ip_network(text) for text in sorted(found)]


_READERS: dict[Kind, Callable[[str], object | None]] = {
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.BOOLEAN: _boolean,
    Kind.ADDRESS: _network,
}
_BETWEEN: dict[Kind, Callable[[list], list]] = {  # type: ignore[type-arg]  # of what its reader gives
    Kind.NUMBER: _numbers_between,
    Kind.DATE: _numbers_between,
    Kind.BOOLEAN: lambda named: [True, False],
    Kind.ADDRESS: _addresses_between,
}
_COMPARED: dict[str, Callable] = {  # type: ignore[type-arg]  # of two values that its reader gives
    "equals": lambda value, wanted: value == wanted,
    "lessthan": lambda value, wanted: value < wanted,
    "lessthanequals": lambda value, wanted: value <= wanted,
    "greaterthan": lambda value, wanted: value > wanted,
    "greaterthanequals": lambda value, wanted: value >= wanted,
}
_TESTS: dict[str, Callable] = {  # type: ignore[type-arg]
    "bool": _COMPARED["equals"],
    "ipaddress": _within,
    **{f"{prefix}{name}": test for prefix in ("numeric", "date") for name, test in _COMPARED.items()},
}
_KINDS = {
    **dict.fromkeys(
        ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "binaryequals"), Kind.TEXT
    ),
    **{f"numeric{name}": Kind.NUMBER for name in _COMPARED},
    **{f"date{name}": Kind.DATE for name in _COMPARED},
    "bool": Kind.BOOLEAN,
    "ipaddress": Kind.ADDRESS,
    "null": Kind.PRESENCE,
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}
