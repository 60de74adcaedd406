"""The attributes of a person's profile in Okta, and what an app's user name or a statement takes them by."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILT_IN_SOURCES: Final = ("login", "email")
"""The attributes that an app's user name is built from without a template of one's own.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/
"""

_BASE: Final = frozenset(
    [
        "login",
        "email",
        "secondEmail",
        "firstName",
        "lastName",
        "middleName",
        "honorificPrefix",
        "honorificSuffix",
        "title",
        "displayName",
        "nickName",
        "profileUrl",
        "primaryPhone",
        "mobilePhone",
        "streetAddress",
        "city",
        "state",
        "zipCode",
        "countryCode",
        "postalAddress",
        "preferredLanguage",
        "locale",
        "timezone",
        "userType",
        "employeeNumber",
        "costCenter",
        "organization",
        "division",
        "department",
        "managerId",
        "manager",
    ]
)
"""The attributes that every person has: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/"""


def user_name_template(attribute: str) -> str:
    """What fills an app's user name with an attribute."""
    return f"${{source.{attribute}}}"


def expression(attribute: str) -> str:
    """An attribute in Okta's expression language, for attribute statements."""
    return f"user.{attribute}"


def attribute_of(source: str) -> str | None:
    """The attribute behind a `user_name_template` or an `expression`; None behind anything else."""
    match = re.fullmatch(r"\$\{source\.([A-Za-z]\w*)\}|user\.([A-Za-z]\w*)", source, re.ASCII)
    return (match[1] or match[2]) if match else None


def terraform_expression(person: str, attribute: str) -> str:
    """The Terraform expression of an attribute, empty where the person has none.

    Args:
        person: the expression of the person, as the provider's `okta_user` has them.
        attribute: its name in Okta.
    """
    if attribute in _BASE:
        return f"{person}.{provider_name(attribute)}"
    return f'try(jsondecode({person}.custom_profile_attributes)["{attribute}"], "")'


def value_of(person: Mapping[str, Any], attribute: str) -> str | None:
    """The attribute of a person as Terraform's state has them; None where it is empty or something else than text."""
    if attribute in _BASE:
        value = person.get(provider_name(attribute))
    else:
        try:
            custom = json.loads(person.get("custom_profile_attributes") or "{}")
        except (TypeError, ValueError):
            return None
        value = custom.get(attribute) if isinstance(custom, dict) else None
    return value if isinstance(value, str) and value else None


def provider_name(attribute: str) -> str:
    """What Terraform's provider calls an attribute of Okta's: `first_name` for `firstName`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", attribute).lower()
