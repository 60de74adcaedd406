"""Okta's answers as values. What is of another type than Okta documents counts as not there.

https://developer.okta.com/docs/api/openapi/okta-management/management/
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from connect_sso.live.model import LiveAppGroup, LiveAppUser, LiveGroup, LivePerson, LiveRule
from connect_sso.live.reading import one_line

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s,;"]*))?)*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s,;]|$))', re.IGNORECASE)


def inside(body: object, *names: str) -> Mapping[str, Any]:
    """The object under these names, one below the other; an empty one where there is none."""
    for name in names:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def text(body: object, *names: str) -> str:
    """The text under these names; empty where there is none."""
    found = inside(body, *names[:-1]).get(names[-1])
    return found if isinstance(found, str) else ""


def texts(body: object, *names: str) -> tuple[str, ...]:
    """The texts of the list under these names."""
    found = inside(body, *names[:-1]).get(names[-1])
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def person(body: Mapping[str, Any], name_source: str) -> LivePerson:
    """Somebody.

    Args:
        body: the answer.
        name_source: the attribute of the profile that the Connect name is taken from.
    """
    login, value = text(body, "profile", "login"), inside(body, "profile").get(name_source)
    if name_source == "login":
        value = login
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a number of the company's own
    return LivePerson(text(body, "id"), login, value if isinstance(value, str) else None, text(body, "status"))


def group(body: Mapping[str, Any], members: tuple[LivePerson, ...] | None = None) -> LiveGroup:
    """A group with its members, where they were read."""
    return LiveGroup(
        id=text(body, "id"),
        name=text(body, "profile", "name"),
        description=text(body, "profile", "description") or None,
        type=text(body, "type"),
        members=members,
    )


def rule(body: Mapping[str, Any]) -> LiveRule:
    """A group rule."""
    return LiveRule(
        id=text(body, "id"),
        name=text(body, "name"),
        status=text(body, "status"),
        expression=text(body, "conditions", "expression", "value"),
        group_ids=texts(body, "actions", "assignUserToGroups", "groupIds"),
    )


Roles = tuple[str | None, tuple[str, ...]]
"""Role and SAML roles of an assignment to the catalogue app."""


def _roles(body: Mapping[str, Any]) -> Roles:
    return text(body, "profile", "role") or None, texts(body, "profile", "samlRoles")


def app_group(body: Mapping[str, Any]) -> LiveAppGroup:
    """A group's assignment to an app."""
    return LiveAppGroup(text(body, "id"), *_roles(body))


def app_user(body: Mapping[str, Any], known: dict[Roles, Roles]) -> LiveAppUser:
    """A person's assignment to an app.

    Args:
        body: the answer.
        known: the roles so far: thousands have the same ones, and share them.
    """
    role, saml_roles = known.setdefault(_roles(body), _roles(body))
    return LiveAppUser(
        person_id=text(body, "id"),
        scope=text(body, "scope"),
        user_name=text(body, "credentials", "userName"),
        status=text(body, "status"),
        role=role,
        saml_roles=saml_roles,
    )


# Headers, errors


def next_page(header: str) -> str | None:
    """Path and query of the next page, by the header `Link`; None on the last page.

    The link's host is always the org's own, also where a proxy stands in its place.

    https://developer.okta.com/docs/reference/core-okta-api/#pagination
    """
    url = next((found[1] for found in _LINK.finditer(header) if _NEXT.search(found[2])), None)
    parts = None if url is None else _parts(url)
    return parts and parts.path + (f"?{parts.query}" if parts.query else "")


def host_of(url: str) -> str | None:
    """The host of an address; None where there is none."""
    parts = _parts(url)
    return parts and parts.hostname


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Seconds until the org takes requests again, at least one: by its own clock, as ours may be wrong."""
    after, reset = headers.get("Retry-After", ""), headers.get("X-Rate-Limit-Reset", "")
    if after.isdecimal():
        return max(1.0, float(after))
    if not reset.isdecimal():
        return 5.0
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        now = time.time()
    # The header is in whole seconds.
    return max(1.0, float(reset) - now + 1)


def error_of(body: bytes) -> tuple[str, str]:
    """Code and summary of Okta's error, empty where it is none.

    https://developer.okta.com/docs/reference/error-codes/
    """
    try:
        found = json.loads(body)
    except ValueError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return one_line(str(found.get("errorCode") or "")), one_line(str(found.get("errorSummary") or ""))
