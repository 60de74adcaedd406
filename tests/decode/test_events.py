"""Events of CloudTrail and of Okta's System Log lead into the same known failures as a response."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.decode.deployed import CCP_PROVIDER, TRUST, resources
from tests.decode.logs import ADA, AT, NOT_AUTHORIZED, assume_role, console_login, okta, written
from tests.decode.responses import PROVIDER, RECIPIENT, RELAY_STATE, ROLE

if TYPE_CHECKING:
    from tests.decode.conftest import Decode

SCHEMA = json.loads((ROOT / "constructs/connect_sso/decode/decode.schema.json").read_text(encoding="utf-8"))
REFUSED = assume_role(**NOT_AUTHORIZED)
USER = f'aws_connect_user.users["{ADA}"]'


def _trusting(**changes: Any) -> dict[str, dict[str, Any]]:
    values = resources()
    policy = {**TRUST, "Statement": [{**TRUST["Statement"][0], **changes}]}
    values["aws_iam_role.Okta_Role"]["assume_role_policy"] = json.dumps(policy)
    return values


def _without(address: str) -> dict[str, dict[str, Any]]:
    values = resources()
    del values[address]
    return values


SEEN: list[tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = [
    ("role-not-found", assume_role(role=ROLE.replace("Okta_Role", "okta_role"), **NOT_AUTHORIZED), resources()),
    ("provider-not-trusted", REFUSED, _trusting(Principal={"Federated": CCP_PROVIDER})),
    (
        "tag-session-not-allowed",
        assume_role(requestParameters={"principalTags": {"Team": "sales"}}, **NOT_AUTHORIZED),
        resources(),
    ),
    (
        "source-identity-not-allowed",
        assume_role(requestParameters={"sourceIdentity": "ada"}, **NOT_AUTHORIZED),
        resources(),
    ),
    (
        "provider-not-found",
        assume_role(requestParameters={"principalArn": f"{PROVIDER}s"}, **NOT_AUTHORIZED),
        resources(),
    ),
    (
        "duration-too-long",
        assume_role(errorCode="ValidationError", errorMessage="Requested DurationSeconds exceeds MaxSessionDuration"),
        {
            **resources(),
            "aws_iam_role.Okta_Role": {**resources()["aws_iam_role.Okta_Role"], "max_session_duration": 3600},
        },
    ),
    ("user-not-onboarded", assume_role(), _without(USER)),
    ("user-not-onboarded", console_login(), _without(USER)),
    ("user-name-case", assume_role(name="ada.admin@example.com"), resources()),
    ("user-name-case", okta("user.authentication.sso", "SUCCESS", name="ada.admin@example.com"), resources()),
    (
        "federation-token-denied",
        console_login(),
        _without("aws_iam_role_policy_attachment.Okta_Role")
        | {"aws_iam_role.Okta_Role": {**resources()["aws_iam_role.Okta_Role"], "managed_policy_arns": []}},
    ),
    ("relay-state-region", console_login(opens=RELAY_STATE.replace("eu-central-1", "us-east-1")), resources()),
    ("relay-state-instance", console_login(opens=RELAY_STATE.replace("2fb42df9", "11111111")), resources()),
]


@pytest.mark.parametrize(("code", "event", "values"), SEEN, ids=[code for code, *_ in SEEN])
def test_an_event_beside_the_state_leads_to_the_failure(
    decode: Decode, code: str, event: dict[str, Any], values: dict[str, dict[str, Any]]
) -> None:
    """Exactly that one."""
    result = decode(written(event), "--state", decode.state(values))
    jsonschema.validate(result.json, SCHEMA)
    assert (result.code, result.codes) == (3, [code])


BY_ITSELF: list[tuple[str, dict[str, Any]]] = [
    ("relay-state-not-connect", console_login(opens="https://console.aws.amazon.com/console/home")),
    ("relay-state-arn", console_login(opens=f"{RELAY_STATE}?x=arn:aws:connect:x")),
    ("okta-policy-denied", okta("policy.evaluate_sign_on", "DENY", "Sign-on policy evaluation resulted in DENY")),
    ("okta-app-not-assigned", okta("application.user_membership.remove", "SUCCESS", by="root@example.com")),
    ("okta-app-not-assigned", okta("user.authentication.sso", "FAILURE", "User is not assigned to this application")),
    ("status-not-success", okta("user.authentication.sso", "FAILURE", "Invalid SAML request")),
]


@pytest.mark.parametrize(("code", "event"), BY_ITSELF, ids=[code for code, _ in BY_ITSELF])
def test_an_event_alone_leads_to_the_failure(decode: Decode, code: str, event: dict[str, Any]) -> None:
    """Nothing to compare with is needed."""
    result = decode(written(event))
    jsonschema.validate(result.json, SCHEMA)
    assert (result.code, result.codes) == (3, [code])
    assert result.json["capture"] is None


GOOD = [
    assume_role(),
    console_login(),
    okta("user.authentication.sso", "SUCCESS"),
    okta("policy.evaluate_sign_on", "ALLOW"),
    okta("policy.evaluate_sign_on", "CHALLENGE"),
    okta("application.user_membership.add", "SUCCESS", by="root@example.com"),
]


@pytest.mark.parametrize("event", GOOD, ids=lambda event: event.get("eventName") or event["eventType"])
@pytest.mark.parametrize("state", [False, True], ids=["alone", "with a state"])
def test_what_went_well_is_left_alone(decode: Decode, event: dict[str, Any], state: bool) -> None:
    """A second factor that was asked for is no refusal either."""
    result = decode(written(event), *(("--state", decode.state()) if state else ()))
    jsonschema.validate(result.json, SCHEMA)
    assert (result.code, result.codes) == (0, [])
    assert result.json["can_sign_in"]
    assert result.json["event"]["person"] == ADA or event.get("eventType") == "policy.evaluate_sign_on"


def test_what_aws_accepted_is_ruled_out(decode: Decode) -> None:
    """After a success nobody needs to look at signatures, audiences or trusts: not even where the state differs now."""
    changed = _trusting(Principal={"Federated": CCP_PROVIDER})
    result = decode(written(assume_role()), "--state", decode.state(changed))
    assert (result.code, result.codes) == (0, [])
    assert {"signature-broken", "audience-wrong", "provider-not-trusted"} <= set(result.json["ruled_out"])
    assert "user-name-case" in result.json["ruled_out"]


def test_the_words_of_a_refusal_lead_to_its_causes(decode: Decode) -> None:
    """Without a state the causes that the words can have; with one, those that it does not rule out."""
    alone = decode(written(REFUSED))
    assert alone.code == 3
    assert {"role-not-found", "provider-not-trusted", "recipient-not-trusted"} <= set(alone.codes)
    assert {finding["seen_in"] for finding in alone.json["findings"]} == {"message"}
    beside = decode(written(REFUSED), "--state", decode.state())
    assert "role-not-found" not in beside.codes
    # The refused event does not tell the recipient, so that stays possible.
    assert "recipient-not-trusted" in beside.codes


def test_what_comes_later_is_not_the_cause_of_a_refusal(decode: Decode) -> None:
    """The person is no Connect user either, but AWS refused before that could matter; Okta even before AWS."""
    state = decode.state(_without(USER))
    unknown = assume_role(errorCode="ServiceUnavailable", errorMessage="Something new")
    assert decode(written(unknown), "--state", state).codes == []
    assert decode(written(REFUSED), "--state", state).codes == decode(written(REFUSED), "--state", decode.state()).codes
    denied = okta("policy.evaluate_sign_on", "DENY")
    assert decode(written(denied), "--state", state).codes == ["okta-policy-denied"]


def test_a_refusal_in_unknown_words_is_still_one(decode: Decode) -> None:
    """No cause is made up, and the exit code says that it did not work."""
    event = assume_role(errorCode="ServiceUnavailable", errorMessage="Something new")
    result = decode(written(event))
    assert (result.code, result.codes, result.json["can_sign_in"]) == (3, [], False)
    assert "Something new" in decode(written(event), form="text").out


@pytest.mark.parametrize("form", ["list", "lines", "log file", "lookup-events", "EventBridge"])
def test_cloudtrail_in_each_form_of_file(decode: Decode, form: str) -> None:
    """Of several events the last one counts, in whichever order they stand; others are none of a sign-in."""
    other = {"eventName": "GetCallerIdentity", "eventTime": "2026-11-24T11:00:00Z"}
    events = (assume_role(at=AT), assume_role(name="bo@example.com", at="2026-11-24T09:00:00Z"), other)
    result = decode(written(*events, form=form))
    assert result.json["event"]["person"] == ADA
    assert result.json["event"]["count"] == 2
    assert result.json["event"]["recipient"] == RECIPIENT


@pytest.mark.parametrize("form", ["event", "list", "lines", "event hook"])
def test_okta_in_each_form_of_file(decode: Decode, form: str) -> None:
    """From the admin console, the API, a log stream or a hook."""
    event = okta("policy.evaluate_sign_on", "DENY")
    result = decode(written(event, form=form))
    assert result.codes == ["okta-policy-denied"]
    assert "Only from the office" in result.says("okta-policy-denied")


def test_another_providers_sign_in_is_nobodys_failure(decode: Decode) -> None:
    """People sign in to the console for other reasons than Connect."""
    event = console_login(opens="https://console.aws.amazon.com/s3/home")
    event["additionalEventData"]["SamlProviderArn"] = PROVIDER.replace("Okta_Connect_Admin", "Other")
    result = decode(written(event), "--state", decode.state())
    assert "relay-state-not-connect" not in result.codes
    assert any("something else than Connect" in note for note in result.json["notes"])


def test_an_iam_users_sign_in_is_no_saml(decode: Decode) -> None:
    """Said, so that nobody looks for a response."""
    event = console_login(
        userIdentity={"type": "IAMUser", "userName": "root"},
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/s3/"},
        responseElements={"ConsoleLogin": "Failure"},
        errorMessage="Failed authentication",
    )
    result = decode(written(event))
    assert (result.code, result.codes) == (3, [])
    assert any("no sign-in through a SAML provider" in note for note in result.json["notes"])


@pytest.mark.parametrize("form", ["json", "text"])
def test_redacted_events_name_nobody(decode: Decode, form: str) -> None:
    """The output goes into a ticket."""
    for event in (
        assume_role(name="ada.admin@example.com"),
        console_login(name="ada.admin@example.com"),
        okta("application.user_membership.remove", "SUCCESS", name="ada.admin@example.com", by="root.boss@example.com"),
    ):
        result = decode(written(event), "--state", decode.state(), "--redact", form=form)
        assert "ada.admin" not in result.out.lower()
        assert "root.boss" not in result.out


def test_the_text_says_who_decided_what(decode: Decode) -> None:
    """And when, in whose words."""
    text = decode(written(REFUSED), form="text").out
    assert "AWS refused (AssumeRoleWithSAML)" in text
    assert "2026-11-24 10:00:05 UTC" in text
    assert "AccessDenied" in text


STRANGE: list[Any] = [
    [],
    {},
    [[[[]]]],
    {"Records": None},
    {"Records": [None, 1, "x", []]},
    {"Events": [{"CloudTrailEvent": "{"}]},
    {"eventName": "DeleteBucket"},
    {"eventType": "user.session.start"},
    {"eventType": 5, "eventName": []},
]


@pytest.mark.parametrize("document", STRANGE, ids=json.dumps)
def test_other_json_is_one_line(decode: Decode, document: Any) -> None:
    """What could have been given instead is said."""
    result = decode(json.dumps(document))
    assert result.code == 1
    assert "\n" not in result.error


@pytest.mark.parametrize(
    "event",
    [
        {"eventName": "AssumeRoleWithSAML"},
        {"eventName": "ConsoleLogin", "userIdentity": 5, "additionalEventData": [], "responseElements": "x"},
        {
            "eventName": "AssumeRoleWithSAML",
            "requestParameters": {"roleArn": 5, "principalTags": [1], "durationSeconds": {}},
        },
        {"eventType": "user.authentication.sso", "target": 5, "actor": [], "outcome": None},
        {"eventType": "policy.evaluate_sign_on", "target": [None, 5], "outcome": {"result": 5}},
        {"eventType": "application.user_membership.remove", "published": "yesterday"},
    ],
    ids=json.dumps,
)
def test_an_event_with_holes_is_read_as_far_as_it_goes(decode: Decode, event: dict[str, Any]) -> None:
    """Logs are trimmed before they are passed on."""
    result = decode(json.dumps(event), "--state", decode.state())
    assert result.code in {0, 3}
    jsonschema.validate(result.json, SCHEMA)
