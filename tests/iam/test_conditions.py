"""Conditions: whether a request meets one, and whether several can be met at once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.iam.budget import Budget
from connect_sso.iam.conditions import demand, may_hold
from connect_sso.iam.documents import Condition

if TYPE_CHECKING:
    from connect_sso.iam.conditions import Demand

SINGLE, SEVERAL = "aws:SourceIp", "aws:TagKeys"


def asks(operator: str, *values: str, key: str = SEVERAL) -> Demand:
    """What a condition asks for."""
    return demand(Condition(operator, key, frozenset(values)), literal=False)


def holds(operator: str, wanted: str, *have: str) -> bool | None:
    """Whether a request with these values meets a condition with one."""
    return asks(operator, wanted).holds(have, lambda key: None)


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "expected"),
    [
        ("NumericLessThan", "10", "9.99", True),
        ("NumericLessThan", "10", "10.0", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericGreaterThanEquals", "-1.5", "-1.50", True),
        ("NumericNotEquals", "10", "nine", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:30:00+01:00", True),
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("Bool", "true", "TRUE", True),
        ("IpAddress", "192.0.2.0/24", "192.0.2.9", True),
        ("IpAddress", "192.0.2.0/24", "192.0.3.9", False),
        ("IpAddress", "2001:db8::/32", "192.0.2.9", False),
        ("NotIpAddress", "192.0.2.0/24", "192.0.3.9", True),
        ("ArnLike", "arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/ab", True),
        ("StringNotEqualsIgnoreCase", "Ada", "aDA", False),
        ("StringEquals", "a*", "ab", False),
        ("Null", "false", "x", True),
        ("Null", "true", "x", False),
        ("GeoEquals", "here", "here", None),
        ("NumericEquals", "ten", "10", None),
    ],
)
def test_a_value_is_compared_as_what_it_is(operator: str, wanted: str, have: str, expected: bool | None) -> None:
    """Numbers, dates, addresses and texts; what is beyond this is not known."""
    assert holds(operator, wanted, have) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAllValues:StringEquals", True),
        ("NumericLessThan", False),
        ("NotIpAddress", True),
        ("Null", True),
    ],
)
def test_a_key_that_is_not_there(operator: str, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    values = {"NumericLessThan": "1", "NotIpAddress": "192.0.2.0/24", "Null": "true"}
    assert holds(operator, values.get(operator, "a")) is expected


VALUES = {
    "Numeric": ("1", "2", "3"),
    "Date": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"),
    "": ("192.0.2.0/30", "192.0.2.2/31", "192.0.2.1/32"),
}
OPERATORS = {
    "Numeric": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
    "Date": ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
    "": ("IpAddress", "NotIpAddress"),
}
POSSIBLE = {
    "Numeric": ("0", "1", "1.5", "2", "2.5", "3", "4"),
    "Date": (
        "2025-12-31T00:00:00Z",
        *(f"2026-01-0{day}T{hour:02}:00:00Z" for day in (1, 2, 3) for hour in (0, 12)),
    ),
    "": tuple(f"192.0.2.{number}" for number in range(6)),
}


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, list[Demand]]:
    """Some demands on one key, or their opposites, and what its values are."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    key = draw(st.sampled_from([SINGLE, SEVERAL]))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        operator = draw(st.sampled_from(OPERATORS[kind]))
        quantifier = draw(st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]))
        end = draw(st.sampled_from(["", "", "IfExists"]))
        values = draw(st.lists(st.sampled_from(VALUES[kind]), min_size=1, max_size=2))
        each = asks(f"{quantifier}{kind}{operator}{end}", *values, key=key)
        found.append(each.opposite() if draw(st.booleans()) else each)
    return kind, found


@settings(max_examples=300, deadline=None)
@given(questions())
def test_what_can_be_met_at_once_is_never_denied(question: tuple[str, list[Demand]]) -> None:
    """Held against requests with no value, one value, and two where there may be several."""
    kind, demands = question
    requests: list[tuple[str, ...]] = [(), *((value,) for value in POSSIBLE[kind])]
    if demands[0].key == SEVERAL.lower():
        requests += itertools.combinations(POSSIBLE[kind], 2)
    met = [have for have in requests if all(each.holds(have, lambda key: None) for each in demands)]
    if not may_hold(demands, Budget(100_000)):
        assert met == []
    elif demands[0].key == SINGLE.lower():
        assert met  # exact where there is one value


def test_a_demand_and_its_opposite() -> None:
    """Of whatever kind."""
    for each in (asks("GeoEquals", "x"), asks("Null", "true"), asks("StringLike", "a*"), asks("ArnLike", "a*")):
        assert not may_hold([each, each.opposite()], Budget(1000))
