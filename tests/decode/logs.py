"""Events of a sign-in as CloudTrail and Okta's System Log write them, with the keys of their documentation."""

from __future__ import annotations

import json
from typing import Any

from tests.decode.responses import ACCOUNT, ISSUER, PROVIDER, RECIPIENT, REGION, RELAY_STATE, ROLE

ADA = "Ada.Admin@example.com"
AT = "2026-11-24T10:00:05Z"
NOT_AUTHORIZED = {"errorCode": "AccessDenied", "errorMessage": "Not authorized to perform sts:AssumeRoleWithSAML"}


def assume_role(*, name: str = ADA, role: str = ROLE, at: str = AT, **changes: Any) -> dict[str, Any]:
    """A success; with `errorCode` among the changes, what CloudTrail writes of a refusal."""
    answered = {
        "subjectType": "persistent",
        "issuer": ISSUER,
        "nameQualifier": "bdGOnTesti4+ExamplexL/jEvs=",
        "assumedRoleUser": {
            "assumedRoleId": f"AROAD35QRSTUVWEXAMPLE:{name}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Okta_Role/{name}",
        },
        "subject": name,
        "audience": RECIPIENT,
    }
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "SAMLUser", "userName": name, "identityProvider": "bdGOnTesti4+ExamplexL/jEvs="},
        "eventTime": at,
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithSAML",
        "awsRegion": REGION,
        "requestParameters": {
            "sAMLAssertionID": "id-assertion",
            "roleSessionName": name,
            "durationSeconds": 43200,
            "roleArn": role,
            "principalArn": PROVIDER,
            **changes.pop("requestParameters", {}),
        },
        "responseElements": None if "errorCode" in changes else answered,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        **changes,
    }


def console_login(*, name: str = ADA, opens: str = RELAY_STATE, at: str = AT, **changes: Any) -> dict[str, Any]:
    """A sign-in to the console through the SAML provider."""
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAD35QRSTUVWEXAMPLE:{name}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Okta_Role/{name}",
            "accountId": ACCOUNT,
        },
        "eventTime": at,
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": REGION,
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": opens,
            "MobileVersion": "No",
            "MFAUsed": "No",
            "SamlProviderArn": PROVIDER,
        },
        "eventType": "AwsConsoleSignIn",
        "recipientAccountId": ACCOUNT,
        **changes,
    }


def okta(
    kind: str, result: str, reason: str | None = None, *, name: str = ADA, by: str | None = None
) -> dict[str, Any]:
    """An event of Okta's System Log; `by` is the administrator who changed an assignment."""
    app = {
        "id": "0oaadmin",
        "type": "AppInstance",
        "alternateId": "Amazon Connect Administrator",
        "displayName": "Amazon Connect Administrator",
    }
    people = [
        {"id": "0uaada", "type": "AppUser", "alternateId": name, "displayName": "Ada Admin"},
        {"id": "00uada", "type": "User", "alternateId": name, "displayName": "Ada Admin"},
    ]
    rules = [
        {"id": "rst1", "type": "PolicyEntity", "displayName": "Any two factors"},
        {"id": "0pr1", "type": "PolicyRule", "displayName": "Only from the office"},
    ]
    return {
        "uuid": "1dc0a9ba-e4b1-11f0-b3f7-4b5a6f6b7c8d",
        "published": "2026-11-24T10:00:02.123Z",
        "eventType": kind,
        "version": "0",
        "severity": "INFO",
        "actor": {"id": "00u1", "type": "User", "alternateId": by or name, "displayName": "A Person"},
        "outcome": {"result": result, "reason": reason},
        "target": [app, *(rules if kind == "policy.evaluate_sign_on" else people)],
    }


def written(*events: dict[str, Any], form: str = "event") -> bytes:
    """The file that a console, a CLI or a log bucket has."""
    if form == "event":
        (event,) = events
        return json.dumps(event, indent=2).encode()
    if form == "list":
        return json.dumps(events).encode()
    if form == "lines":
        return "\n".join(json.dumps(event) for event in events).encode()
    if form == "log file":
        return json.dumps({"Records": events}).encode()
    if form == "lookup-events":
        return json.dumps(
            {"Events": [{"EventName": each.get("eventName"), "CloudTrailEvent": json.dumps(each)} for each in events]}
        ).encode()
    if form == "EventBridge":
        return json.dumps([{"detail-type": "AWS API Call via CloudTrail", "detail": each} for each in events]).encode()
    if form == "event hook":
        return json.dumps({"data": {"events": events}}).encode()
    raise AssertionError(form)
