"""Events of a sign-in, as AWS CloudTrail and Okta's System Log keep them: no response is in them, but what became of it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
https://developer.okta.com/docs/reference/api/event-types/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from connect_sso.decode.assertion import Assertion, RolePair
from connect_sso.decode.recordings import utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class Log(StrEnum):
    """Who kept the event."""

    CLOUDTRAIL = "CloudTrail"
    OKTA = "Okta's System Log"


class Became(StrEnum):
    """What became of the attempt."""

    SUCCESS = "success"
    REFUSED = "refused"
    OPEN = "open"
    """Such as a policy that asked for another factor."""


@dataclass(frozen=True)
class Event:
    """One event of a sign-in, or of what leads to one."""

    log: Log
    name: str
    at: datetime | None
    became: Became
    reason: str
    """The log's own words; empty where it has none."""
    claims: Assertion
    """What is known of the assertion; what the event leaves out is empty."""
    role_name: str | None = None
    """The role's, where its path and so its ARN is not told."""
    account: str | None = None
    landing: str | None = None
    """The page that the console was to open."""
    app: str | None = None
    """The Okta app's label."""
    rule: str = ""
    """The policy and rule that decided."""
    done_by: str | None = None
    """Who changed an assignment."""
    count: int = 1
    """Events of sign-ins in the file; this is the last."""

    @property
    def person(self) -> str | None:
        """Who is to sign in: the session name, or the Okta login."""
        return self.claims.session_name[0] if self.claims.session_name else None


_NOTHING = Assertion(
    issuer="",
    name_id="",
    name_id_format="",
    recipients=(),
    audiences=(),
    issue_instant=None,
    not_before=None,
    not_on_or_after=(),
    session_not_on_or_after=None,
    roles=(),
    session_name=(),
    session_duration=None,
    session_tags=(),
    transitive_tags=(),
    source_identity=None,
    other_attributes=(),
)
_ASSUMED_ROLE = re.compile(r"arn:[a-z-]+:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_MEMBERSHIP = "application.user_membership."
_WITHDRAWN = {"remove", "revoke", "deprovision"}
_SSO = "user.authentication.sso"
_POLICY = "policy.evaluate_sign_on"


def last_event(document: Any) -> Event | None:
    """The last event of a sign-in in a JSON document: one event, a list of them, or what a console or CLI exports."""
    events = [event for record in _records(document) if (event := _event(record)) is not None]
    if not events:
        return None
    # Logs are exported in either order; without a moment the file's order counts.
    last = max(enumerate(events), key=lambda each: (each[1].at.timestamp() if each[1].at else 0.0, each[0]))[1]
    return replace(last, count=len(events))


def _records(document: Any) -> Iterator[dict[str, Any]]:
    """The event objects: of a bare event, a list, a CloudTrail file, `aws cloudtrail lookup-events`, an event hook."""
    if isinstance(document, list):
        for each in document:
            yield from _records(each)
        return
    if not isinstance(document, dict):
        return
    for key in ("Records", "Events", "events"):
        if isinstance(document.get(key), list):
            yield from (each for record in document[key] for each in _unpacked(record))
            return
    data = document.get("data")
    if isinstance(data, dict) and isinstance(data.get("events"), list):
        yield from (each for record in data["events"] for each in _unpacked(record))
        return
    yield from _unpacked(document)


def _unpacked(record: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(record, dict):
        return
    text = record.get("CloudTrailEvent")
    if isinstance(text, str):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return
    # EventBridge wraps what CloudTrail wrote.
    if isinstance(record, dict):
        yield record["detail"] if isinstance(record.get("detail"), dict) else record


def _event(record: dict[str, Any]) -> Event | None:
    name = record.get("eventName")
    if name == "AssumeRoleWithSAML":
        return _assume_role(record)
    if name == "ConsoleLogin":
        return _console_login(record)
    kind = record.get("eventType")
    if not isinstance(kind, str):
        return None
    if kind in {_SSO, _POLICY} or kind.startswith(_MEMBERSHIP):
        return _okta(record, kind)
    return None


def _assume_role(record: dict[str, Any]) -> Event:
    asked, answered = _dict(record.get("requestParameters")), _dict(record.get("responseElements"))
    role, provider = _text(asked.get("roleArn")), _text(asked.get("principalArn"))
    name = _text(asked.get("roleSessionName"))
    tags, duration = _dict(asked.get("principalTags")), asked.get("durationSeconds")
    audience = _text(answered.get("audience"))
    claims = replace(
        _NOTHING,
        issuer=_text(answered.get("issuer")),
        name_id=_text(answered.get("subject")),
        # What STS calls the audience is the recipient: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
        recipients=(audience,) if audience else (),
        roles=(RolePair(f"{role},{provider}", role, provider),) if role and provider else (),
        session_name=(name,) if name else (),
        session_duration=str(duration) if isinstance(duration, int) else None,
        session_tags=tuple((str(key), str(value)) for key, value in tags.items()),
        source_identity=_text(asked.get("sourceIdentity")) or None,
    )
    return Event(Log.CLOUDTRAIL, "AssumeRoleWithSAML", _at(record), _became(record), _reason(record), claims)


def _console_login(record: dict[str, Any]) -> Event:
    identity, more = _dict(record.get("userIdentity")), _dict(record.get("additionalEventData"))
    assumed = _ASSUMED_ROLE.fullmatch(_text(identity.get("arn")))
    provider = _text(more.get("SamlProviderArn"))
    result = _dict(record.get("responseElements")).get("ConsoleLogin")
    became = Became.REFUSED if result == "Failure" else _became(record)
    return Event(
        Log.CLOUDTRAIL,
        "ConsoleLogin",
        _at(record),
        became,
        _reason(record),
        replace(
            _NOTHING,
            session_name=(assumed["session"],) if assumed else (),
            roles=(RolePair(provider, None, provider),) if provider else (),
        ),
        role_name=assumed["role"] if assumed else None,
        account=assumed["account"] if assumed else None,
        landing=_text(more.get("LoginTo")) or None,
    )


def _okta(record: dict[str, Any], kind: str) -> Event:
    outcome, actor = _dict(record.get("outcome")), _dict(record.get("actor"))
    targets = record.get("target")
    targets = [_dict(each) for each in targets] if isinstance(targets, list) else []
    result = _text(outcome.get("result")).upper()
    app: dict[str, Any] = next((each for each in targets if each.get("type") == "AppInstance"), {})
    people = [each for each in targets if each.get("type") in {"User", "AppUser"}]
    login = _text(actor.get("alternateId"))
    done_by = None
    if kind.startswith(_MEMBERSHIP):
        # Who did it is not who it is about.
        done_by, login = login or None, _text(people[0].get("alternateId")) if people else ""
        became = Became.REFUSED if kind.removeprefix(_MEMBERSHIP) in _WITHDRAWN else Became.SUCCESS
        became = became if result in {"SUCCESS", ""} else Became.OPEN
    else:
        became = {"SUCCESS": Became.SUCCESS, "ALLOW": Became.SUCCESS, "CHALLENGE": Became.OPEN}.get(
            result, Became.REFUSED if result in {"FAILURE", "DENY"} else Became.OPEN
        )
    decided_by = [each for each in targets if each.get("type") in {"PolicyEntity", "Rule", "PolicyRule"}]
    return Event(
        Log.OKTA,
        kind,
        utc(record.get("published")),
        became,
        _text(outcome.get("reason")),
        replace(_NOTHING, session_name=(login,) if login else ()),
        app=_text(app.get("displayName")) or _text(app.get("alternateId")) or None,
        rule=", ".join(name for each in decided_by if (name := _text(each.get("displayName")))),
        done_by=done_by,
    )


def _became(record: dict[str, Any]) -> Became:
    return Became.REFUSED if record.get("errorCode") or record.get("errorMessage") else Became.SUCCESS


def _reason(record: dict[str, Any]) -> str:
    parts = [_text(record.get("errorCode")), _text(record.get("errorMessage"))]
    return ": ".join(part for part in parts if part)


def _at(record: dict[str, Any]) -> datetime | None:
    return utc(record.get("eventTime"))


def _text(value: Any) -> str:
    return value[:2000] if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
