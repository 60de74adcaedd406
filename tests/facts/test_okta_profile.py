"""Attributes of a profile, by the names that Okta, its expressions and the provider give them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.facts.okta_profile import (
    attribute_of,
    expression,
    terraform_expression,
    user_name_template,
    value_of,
)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True))
def test_a_template_is_read_as_it_is_written(attribute: str) -> None:
    """By trace and decode, from what the stack wrote."""
    assert attribute_of(user_name_template(attribute)) == attribute
    assert attribute_of(expression(attribute)) == attribute


@pytest.mark.parametrize("source", ["${source.login}x", "String.toLowerCase(user.login)", "user.", "${source.a.b}", ""])
def test_what_is_more_than_an_attribute_is_none(source: str) -> None:
    """Only Okta can evaluate it."""
    assert attribute_of(source) is None


def test_the_provider_has_other_names_for_them() -> None:
    """Those that everybody has are attributes of their own, those of the company are JSON in one."""
    assert terraform_expression("self", "login") == "self.login"
    assert terraform_expression("self", "employeeNumber") == "self.employee_number"
    assert terraform_expression("self", "employee_number") == (
        'try(jsondecode(self.custom_profile_attributes)["employee_number"], "")'
    )
    person = {"employee_number": "7", "custom_profile_attributes": json.dumps({"badge": "ada", "n": 1})}
    assert (value_of(person, "employeeNumber"), value_of(person, "badge")) == ("7", "ada")
    assert value_of(person, "n") is value_of(person, "login") is value_of({}, "badge") is None
    assert value_of({"custom_profile_attributes": "["}, "badge") is None
