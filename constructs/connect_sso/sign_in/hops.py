"""The steps of a sign-in: what was found at each, as values, and the sentence that says so."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connect_sso.facts import sessions
from connect_sso.iam.policies import FEDERATE, TAG_SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ASSIGNMENT, ASSERTION, TRUST = "Okta assignment", "assertion", "IAM trust"
PERMISSION, USER, LANDING = "permission", "Connect user", "landing page"
HOPS = (ASSIGNMENT, ASSERTION, TRUST, PERMISSION, USER, LANDING)


class Found(enum.Enum):
    """What was found at a hop; the value is its code in the published JSON."""

    APP_MISSING = "app-missing"
    ASSIGNED = "assigned"
    SUSPENDED = "suspended"
    ASSIGNMENT_MISSING = "assignment-missing"
    ASSIGNMENT_NOT_KNOWN = "assignment-not-known"
    GROUP_MEMBER = "group-member"
    MEMBER_BARRED = "member-barred"
    GROUP_NOT_KNOWN = "group-not-known"
    GROUP_ASSIGNMENT_MISSING = "group-assignment-missing"
    BARRED = "barred"
    IN_NO_GROUP = "in-no-group"
    NOTHING_ASSIGNED = "nothing-assigned"

    APP_INACTIVE = "app-inactive"
    NO_ROLE_SENT = "no-role-sent"
    RECIPIENT_WRONG = "recipient-wrong"
    AUDIENCE_WRONG = "audience-wrong"
    DURATION_INVALID = "duration-invalid"
    API_INTEGRATION_AWAITED = "api-integration-awaited"
    ASSERTION_NOT_READABLE = "assertion-not-readable"
    SESSION_NAME_INVALID = "session-name-invalid"
    SESSION_NAME_NOT_KNOWN = "session-name-not-known"
    SENT = "sent"

    TRUST_NOT_ASKED = "trust-not-asked"
    TRUST_NOT_KNOWN = "trust-not-known"
    TRUST_NOT_YET_KNOWN = "trust-not-yet-known"
    TRUST_DEPENDS = "trust-depends"
    PROVIDER_MISSING = "provider-missing"
    ROLE_MISSING = "role-missing"
    METADATA_UNUSABLE = "metadata-unusable"
    METADATA_OF_OTHER_APP = "metadata-of-other-app"
    CERTIFICATE_NOT_HELD = "certificate-not-held"
    NOT_TRUSTED = "not-trusted"
    TAGS_NOT_TRUSTED = "tags-not-trusted"
    DURATION_TOO_LONG = "duration-too-long"
    TRUSTED = "trusted"

    PERMISSION_NOT_KNOWN = "permission-not-known"
    PERMISSION_DEPENDS = "permission-depends"
    NOT_PERMITTED = "not-permitted"
    PERMITTED = "permitted"

    INSTANCE_MISSING = "instance-missing"
    INSTANCE_NOT_SAML = "instance-not-saml"
    USERS_NOT_KNOWN = "users-not-known"
    USER_CASE_DIFFERS = "user-case-differs"
    USER_CASE_DIFFERS_FROM_FILE = "user-case-differs-from-file"
    USER_IN_OTHER_STATE = "user-in-other-state"
    USER_NOT_MADE = "user-not-made"
    USER_MISSING = "user-missing"
    USER_FOUND = "user-found"

    RELAY_STATE_NOT_YET_KNOWN = "relay-state-not-yet-known"
    RELAY_STATE_MISSING = "relay-state-missing"
    RELAY_STATE_INVALID = "relay-state-invalid"
    OTHER_REGION = "other-region"
    OTHER_INSTANCE = "other-instance"
    OTHER_PAGE = "other-page"
    PAGE_NOT_KNOWN = "page-not-known"
    PAGE_CUSTOM = "page-custom"
    ORIGIN_NOT_APPROVED = "origin-not-approved"
    ORIGIN_APPROVED = "origin-approved"
    PAGE_FOR_WHOEVER_MAY = "page-for-whoever-may"
    PAGE_DEPENDS = "page-depends"
    PAGE_SHUT = "page-shut"
    PAGE_OPEN = "page-open"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a sign-in through one app."""

    name: str
    ok: bool | None
    """None: not known from here."""
    found: Found
    where: str
    """File and line, or Terraform address."""
    app: str
    """The app's key; empty where no app is reached."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What was seen and what was expected; the names are those that the sentence of `found` asks for."""
    only_if_given: bool = False
    """Whether nobody says that the person is to have this app."""

    @property
    def says(self) -> str:
        """The hop as a sentence, without its full stop."""
        told = SENTENCES[self.found](**self.values)
        return f"{told}, if a group gives the app at all" if self.only_if_given else told


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's sign-ins."""

    username: str
    profiles: tuple[str, ...]
    hops: tuple[Hop, ...]
    """Six for each app."""
    ok: bool | None
    """False where a hop fails, None where none does but one is not known, True otherwise."""

    @property
    def apps(self) -> tuple[str, ...]:
        """The apps that were walked."""
        return tuple(dict.fromkeys(hop.app for hop in self.hops))

    def through(self, app: str) -> tuple[Hop, ...]:
        """The hops through one app."""
        return tuple(hop for hop in self.hops if hop.app == app)


# --- words -----------------------------------------------------------------------------------------------------------


def _sent(
    *,
    recipient: str,
    role: str,
    provider: str,
    duration: int | None,
    tags: tuple[str, ...],
    session_name: str = "",
    attribute: str = "",
) -> str:
    name = f"RoleSessionName {session_name} (Okta's {attribute}) " if session_name else ""
    return f"{name}to {recipient}: role {role}, SAML provider {provider}{f', {duration} s' if duration else ''}{', tags ' + ', '.join(tags) if tags else ''}"


def _page_shut(*, page: str, profiles: tuple[str, ...]) -> str:
    if not profiles:
        return f"{page}: no security profile"
    return f"{page}: {_and(profiles)} {'does' if len(profiles) == 1 else 'do'} not allow it"


def _and(names: tuple[str, ...]) -> str:
    return " and ".join(names)


SENTENCES: Mapping[Found, Callable[..., str]] = {
    Found.APP_MISSING: lambda *, label, source: (
        f"the file assigns the app {label!r}, but {source} has no app with this label"
    ),
    Found.ASSIGNED: lambda: "assigned by name",
    Found.SUSPENDED: lambda: "assigned by name, but suspended or deactivated in Okta",
    Found.ASSIGNMENT_MISSING: lambda *, label, source: (
        f"the file assigns {label!r} by name, but {source} has no such assignment"
    ),
    Found.ASSIGNMENT_NOT_KNOWN: lambda *, label, because: f"who is assigned to {label!r} by name {because}",
    Found.GROUP_MEMBER: lambda *, group: f"through the group {group}",
    Found.MEMBER_BARRED: lambda *, group, status: f"in the group {group}, but {status} in Okta",
    Found.GROUP_NOT_KNOWN: lambda *, groups, person: f"through the group {' or '.join(groups)}, if {person} is in it",
    Found.GROUP_ASSIGNMENT_MISSING: lambda *, label, groups, source: (
        f"the file gives {label!r} to the group {_and(groups)}, but {source} has no such assignment"
    ),
    Found.BARRED: lambda *, status: f"{status} in Okta, and therefore in no app",
    Found.IN_NO_GROUP: lambda *, groups: (
        f"not in a group that gives an app ({', '.join(groups)}), and not assigned to one by name"
    ),
    Found.NOTHING_ASSIGNED: lambda: "no app is assigned to this person or to any group",
    Found.APP_INACTIVE: lambda: "the Okta app is inactive, so it signs nobody in",
    Found.NO_ROLE_SENT: lambda *, problem: problem,
    Found.RECIPIENT_WRONG: lambda *, recipient: (
        f"the recipient is {recipient or 'empty'}, which is not a SAML endpoint of AWS sign-in"
    ),
    Found.AUDIENCE_WRONG: lambda *, actual, expected: f"the audience is {actual or 'empty'}; it must be {expected}",
    Found.DURATION_INVALID: lambda *, seconds: (
        f"SessionDuration is {seconds}; it must be {sessions.SHORTEST} to {sessions.LONGEST} seconds"
    ),
    Found.API_INTEGRATION_AWAITED: lambda: (
        "the API integration is not enabled in Okta yet, and without it Okta may send no role"
    ),
    Found.ASSERTION_NOT_READABLE: lambda *, parts, source: f"{_and(parts)} cannot be read from {source}",
    Found.SESSION_NAME_INVALID: lambda *, session_name, problem: f"RoleSessionName is {session_name}: {problem}",
    Found.SESSION_NAME_NOT_KNOWN: lambda *, template: (
        f"RoleSessionName comes from {template}, which only Okta can evaluate"
    ),
    Found.SENT: _sent,
    Found.TRUST_NOT_ASKED: lambda: "not asked: the assertion does not go to AWS sign-in",
    Found.TRUST_NOT_KNOWN: lambda: "the app's role or SAML provider is not known from here",
    Found.TRUST_NOT_YET_KNOWN: lambda *, parts, because: f"{_and(parts)} {because}",
    Found.TRUST_DEPENDS: lambda *, decided_by: (
        f"whether the trust allows it depends on what is not known from here ({decided_by})"
    ),
    Found.PROVIDER_MISSING: lambda *, arn, hint: f"there is no SAML provider {arn}{hint}",
    Found.ROLE_MISSING: lambda *, arn, hint: f"there is no role {arn}{hint}",
    Found.METADATA_UNUSABLE: lambda *, problem: f"the SAML provider's metadata cannot be used: {problem}",
    Found.METADATA_OF_OTHER_APP: lambda *, actual, expected: (
        f"the SAML provider has the metadata of {actual}, but the app signs as {expected}"
    ),
    Found.CERTIFICATE_NOT_HELD: lambda *, certificate, until: (
        f"the app signs with the certificate {certificate} (until {until:%Y-%m-%d}), which the SAML provider does not "
        "have yet: the next apply brings it"
    ),
    Found.NOT_TRUSTED: lambda *, reason: reason,
    Found.TAGS_NOT_TRUSTED: lambda *, role: (
        f"the app sends session tags, but the trust of {role} does not allow {TAG_SESSION}"
    ),
    Found.DURATION_TOO_LONG: lambda *, actual, longest: f"the app asks for {actual} s, but the role allows {longest} s",
    Found.TRUSTED: lambda *, role, provider, longest: (
        f"{role} trusts {provider} at this recipient, for up to {longest} s"
    ),
    Found.PERMISSION_NOT_KNOWN: lambda *, part: f"{part} is not known from here",
    Found.PERMISSION_DEPENDS: lambda *, decided_by, because: (
        f"{FEDERATE}: it is not known what {decided_by} says" if decided_by else f"{FEDERATE}: the instance {because}"
    ),
    Found.NOT_PERMITTED: lambda *, role, instance, reason: f"{role} may not call {FEDERATE} on {instance}: {reason}",
    Found.PERMITTED: lambda *, decided_by: f"{decided_by} allows {FEDERATE} on this instance",
    Found.INSTANCE_MISSING: lambda *, source: f"{source} has no such instance",
    Found.USERS_NOT_KNOWN: lambda *, because: f"who the Connect users are {because}",
    Found.INSTANCE_NOT_SAML: lambda: "the instance does not take users from SAML, and that cannot be changed",
    Found.USER_CASE_DIFFERS: lambda *, sent, actual: (
        f"Okta sends {sent}, the Connect user is {actual}: they must be the same, case included"
    ),
    Found.USER_CASE_DIFFERS_FROM_FILE: lambda *, sent, actual: (
        f"Okta sends {sent}, the file says {actual}: they must be the same, case included"
    ),
    Found.USER_IN_OTHER_STATE: lambda: "in the crowd, whose state was not given (another --state)",
    Found.USER_NOT_MADE: lambda *, source: f"the file has this user, but {source} does not",
    Found.USER_MISSING: lambda *, sent, hint: f"there is no Connect user {sent}{hint}",
    Found.USER_FOUND: lambda *, user, profiles, because: (
        f"{user} with profiles that {because}"
        if profiles is None
        else f"{user} with {', '.join(profiles) or 'no security profile'}"
    ),
    Found.RELAY_STATE_NOT_YET_KNOWN: lambda *, because: f"the relay state {because}",
    Found.RELAY_STATE_MISSING: lambda: "there is no relay state, so AWS opens its console's home page",
    Found.RELAY_STATE_INVALID: lambda *, relay_state, problem: f"the relay state is {relay_state}: {problem}",
    Found.OTHER_REGION: lambda *, actual, expected: (
        f"the relay state is for {actual}, but the instance is in {expected}"
    ),
    Found.OTHER_INSTANCE: lambda *, actual, expected: (
        f"the relay state is for the instance {actual}, but this one is {expected}"
    ),
    Found.OTHER_PAGE: lambda *, page, expected: f"the relay state opens {page}, but the file says {expected}",
    Found.PAGE_NOT_KNOWN: lambda *, page: f"{page}: who may open it is not known from here",
    Found.PAGE_CUSTOM: lambda *, page: (
        f"{page}: its origin must be approved, and only the instance's console shows whether it is"
    ),
    Found.ORIGIN_NOT_APPROVED: lambda *, page, origin: f"{page}: the instance does not approve its origin {origin}",
    Found.ORIGIN_APPROVED: lambda *, page, origin: f"{page}: the instance approves its origin {origin}",
    Found.PAGE_FOR_WHOEVER_MAY: lambda *, page: f"{page}: for whoever has a security profile that allows it",
    Found.PAGE_DEPENDS: lambda *, page, profiles: f"{page}: what {', '.join(profiles)} allows is not known from here",
    Found.PAGE_SHUT: _page_shut,
    Found.PAGE_OPEN: lambda *, page, profile: f"{page}: {profile} allows it",
}
"""How each is said; every one takes exactly the values of its hops."""
