"""What an Okta app's settings make it send to AWS: the catalogue's AWS Account Federation, and a custom SAML app.

Terraform's state and Okta's API hold the same settings, so both are read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from connect_sso.facts.partitions import COMMERCIAL, GOVCLOUD, partition_of_arn
from connect_sso.saml import attributes as saml_attributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NO_GROUP_FITS: Final = "no group assigned to the app fits its group filter, so Okta sends no role"
NO_ASSIGNMENT_NAMES_A_ROLE: Final = "no assignment of the app names a role (samlRoles), so Okta sends none"

_TAG: Final = saml_attributes.PRINCIPAL_TAG.removeprefix(saml_attributes.PREFIX)


def maps_groups(settings: Mapping[str, Any]) -> bool:
    """Whether the catalogue app reads roles from the names of groups."""
    return settings.get("useGroupMapping") is True


def statements_of(given: Any) -> dict[str, str]:
    """The attribute statements that AWS reads: short name to expression.

    Args:
        given: a list of objects with `name` and `values`; anything else has none.
    """
    found = {}
    for statement in given or []:
        if (
            isinstance(statement, dict)
            and isinstance(statement.get("name"), str)
            and statement["name"].startswith(saml_attributes.PREFIX)
        ):
            values = [value for value in statement.get("values") or [] if isinstance(value, str)]
            if values:
                found[statement["name"].removeprefix(saml_attributes.PREFIX)] = values[0]
    return found


def pair_of(
    settings: Mapping[str, Any], statements: Mapping[str, str], groups: Iterable[str]
) -> tuple[str | None, str | None]:
    """The ARNs of the SAML provider and the role that an app sends, as far as its own settings tell.

    Args:
        settings: the catalogue app's; empty for a custom app.
        statements: a custom app's, by short name.
        groups: names of the groups that are assigned to the app.
    """
    if not settings:
        return _pair(constant(statements.get("Role", "")))
    named = _text(settings.get("identityProviderArn")) or None
    if not maps_groups(settings):
        return named, None
    found = role_group_parts(settings, groups)
    pattern = _text(settings.get("roleValuePattern"))
    if found is None or not pattern:
        return named, None
    for variable, value in found.items():
        pattern = pattern.replace(f"${{{variable}}}", value)
    provider, role = _pair(pattern)
    return provider or named, role


def _pair(value: str) -> tuple[str | None, str | None]:
    parts = [part.strip() for part in value.split(",")]
    provider = next((part for part in parts if ":saml-provider/" in part), None)
    return provider, next((part for part in parts if ":role/" in part), None)


def role_group_parts(settings: Mapping[str, Any], groups: Iterable[str]) -> dict[str, str] | None:
    """Account and role, as the app's group filter reads them from the first name that it fits; None where it fits none."""
    expression = _okta_regex(_text(settings.get("groupFilter")))
    if expression is None:
        return None
    for name in groups:
        if match := expression.search(name):
            return {key: value for key, value in match.groupdict().items() if value}
    return None


def _okta_regex(expression: str) -> re.Pattern[str] | None:
    """Okta's group filter, whose named groups are written `(?{{role}}...)`, as a Python one."""
    try:
        return re.compile(re.sub(r"\(\?\{\{(\w+)\}\}", r"(?P<\1>", expression)) if expression else None
    except re.error:
        return None


def plain_role(name: str) -> str:
    """A role's plain name, as an assignment may have it with the account's before it."""
    return name.rpartition(" -- ")[2]


def session_name_of(settings: Mapping[str, Any], statements: Mapping[str, str], template: str) -> str:
    """What RoleSessionName comes from: the catalogue app's user name template, or a custom app's statement."""
    return template if settings else statements.get("RoleSessionName", template)


def duration_of(settings: Mapping[str, Any], statements: Mapping[str, str]) -> int | None:
    """Seconds that an app asks for; None where it names none."""
    value = settings.get("sessionDuration") if settings else statements.get("SessionDuration")
    if isinstance(value, str) and constant(value).isdecimal():
        return int(constant(value))
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def session_tags(statements: Mapping[str, str]) -> tuple[str, ...]:
    """The session tags that an app sends."""
    return tuple(name.removeprefix(_TAG) for name in statements if name.startswith(_TAG))


def catalogue_audience(provider_arn: str | None) -> str | None:
    """What the catalogue app sends in the commercial partition; elsewhere it is not documented."""
    if provider_arn is None or partition_of_arn(provider_arn) is GOVCLOUD:
        return None
    return COMMERCIAL.audience


def constant(expression: str) -> str:
    """A constant in Okta's expression language: text with or without quotes."""
    return expression.strip().strip('"')


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
