"""What a SAML response says: every value that AWS sign-in or Amazon Connect reads, from one given element.

Which element is given is the signature's business: see `signature.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connect_sso.saml import attributes as saml_attributes
from connect_sso.saml.xml import SAML, SAMLP, text_of

if TYPE_CHECKING:
    from lxml import etree

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::\d{12}:saml-provider/[\w.-]+", re.ASCII)

_MAX_PAIR = 2048
"""Two ARNs with their longest names and a path stay below."""


@dataclass(frozen=True)
class RolePair:
    """One value of the Role attribute."""

    sent: str
    """As it stands in the assertion."""
    role_arn: str | None
    """None, like the provider's, where the value is not such a pair."""
    provider_arn: str | None


@dataclass(frozen=True)
class Envelope:
    """The response around the assertion; outside of it where only the assertion is signed."""

    destination: str | None
    issue_instant: str | None
    status: str | None
    """The status code's URI; None for a bare assertion."""
    status_message: str


@dataclass(frozen=True)
class Assertion:
    """One assertion's content, times as they were sent."""

    issuer: str
    name_id: str
    name_id_format: str
    recipients: tuple[str, ...]
    audiences: tuple[str, ...]
    issue_instant: str | None
    not_before: str | None
    not_on_or_after: tuple[str, ...]
    """Of the conditions and of the subject confirmation; the earliest counts."""
    session_not_on_or_after: str | None
    roles: tuple[RolePair, ...]
    session_name: tuple[str, ...]
    """Every value sent; more than one is an error."""
    session_duration: str | None
    """Seconds, as sent."""
    session_tags: tuple[tuple[str, str], ...]
    transitive_tags: tuple[str, ...]
    source_identity: str | None
    other_attributes: tuple[str, ...]
    """Names of the attributes that AWS does not read."""


def read_envelope(response: etree._Element) -> Envelope:
    """The envelope of a Response element, or an empty one where `response` is a bare Assertion."""
    if response.tag != f"{SAMLP}Response":
        return Envelope(destination=None, issue_instant=None, status=None, status_message="")
    code = response.find(f"{SAMLP}Status/{SAMLP}StatusCode")
    message = response.find(f"{SAMLP}Status/{SAMLP}StatusMessage")
    inner = code.find(f"{SAMLP}StatusCode") if code is not None else None
    details = [
        *([str(inner.get("Value", "")).rsplit(":", 1)[-1]] if inner is not None else []),
        *([text_of(message).strip()] if message is not None else []),
    ]
    return Envelope(
        destination=response.get("Destination"),
        issue_instant=response.get("IssueInstant"),
        status=code.get("Value", "") if code is not None else "",
        status_message=", ".join(details),
    )


def read_assertion(assertion: etree._Element) -> Assertion:
    """The content of an Assertion element."""
    subject = assertion.find(f"{SAML}Subject")
    name_id = subject.find(f"{SAML}NameID") if subject is not None else None
    confirmations = [
        data
        for confirmation in assertion.findall(f"{SAML}Subject/{SAML}SubjectConfirmation")
        if confirmation.get("Method", BEARER) == BEARER
        for data in confirmation.findall(f"{SAML}SubjectConfirmationData")
    ]
    conditions = assertion.find(f"{SAML}Conditions")
    statement = assertion.find(f"{SAML}AuthnStatement")
    attributes = _attributes(assertion)
    ends = [data.get("NotOnOrAfter") for data in confirmations]
    return Assertion(
        issuer=_text_at(assertion, f"{SAML}Issuer"),
        name_id=text_of(name_id).strip() if name_id is not None else "",
        name_id_format=name_id.get("Format", "") if name_id is not None else "",
        recipients=tuple(data.get("Recipient", "") for data in confirmations),
        audiences=tuple(
            text_of(audience).strip()
            for audience in assertion.findall(f"{SAML}Conditions/{SAML}AudienceRestriction/{SAML}Audience")
        ),
        issue_instant=assertion.get("IssueInstant"),
        not_before=conditions.get("NotBefore") if conditions is not None else None,
        not_on_or_after=tuple(
            end for end in ((conditions.get("NotOnOrAfter") if conditions is not None else None), *ends) if end
        ),
        session_not_on_or_after=statement.get("SessionNotOnOrAfter") if statement is not None else None,
        roles=tuple(_role_pair(value) for value in attributes.get(saml_attributes.ROLE, ())),
        session_name=attributes.get(saml_attributes.ROLE_SESSION_NAME, ()),
        session_duration=_first(attributes.get(saml_attributes.SESSION_DURATION, ())),
        session_tags=tuple(
            (name.removeprefix(saml_attributes.PRINCIPAL_TAG), value)
            for name, values in attributes.items()
            if name.startswith(saml_attributes.PRINCIPAL_TAG)
            for value in values
        ),
        transitive_tags=attributes.get(saml_attributes.TRANSITIVE_TAG_KEYS, ()),
        source_identity=_first(attributes.get(saml_attributes.SOURCE_IDENTITY, ())),
        other_attributes=tuple(name for name in attributes if not name.startswith(saml_attributes.PREFIX)),
    )


def moment(text: str | None) -> datetime | None:
    """A SAML time (always in UTC) as a datetime, or None where it is none."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.findall(f"{SAML}AttributeStatement/{SAML}Attribute"):
        name = attribute.get("Name", "")
        # Not stripped: a space at the end of a session name is one of the things that AWS refuses.
        found = tuple(text_of(value) for value in attribute.findall(f"{SAML}AttributeValue"))
        values[name] = values.get(name, ()) + tuple(value for value in found if value.strip())
    return values


def _role_pair(value: str) -> RolePair:
    """Both orders are accepted: AWS documents the role first, Okta's own pattern has the provider first."""
    if len(value) > _MAX_PAIR:
        return RolePair(sent=value[:_MAX_PAIR], role_arn=None, provider_arn=None)
    # A role name may hold commas itself, so every comma is tried.
    for comma in (match.start() for match in re.finditer(",", value)):
        first, second = value[:comma].strip(), value[comma + 1 :].strip()
        for role, provider in ((first, second), (second, first)):
            if _ROLE.fullmatch(role) and _PROVIDER.fullmatch(provider):
                return RolePair(sent=value, role_arn=role, provider_arn=provider)
    return RolePair(sent=value, role_arn=None, provider_arn=None)


def _text_at(element: etree._Element, path: str) -> str:
    found = element.find(path)
    return text_of(found).strip() if found is not None else ""


def _first(values: tuple[str, ...]) -> str | None:
    return values[0] if values else None
