"""Each known failure, produced with a really signed response, is recognised; and a good response is left alone."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from connect_sso.decode.failures import CATALOGUE, Needs
from tests.conftest import ROOT
from tests.decode.deployed import CCP_PROVIDER, INSTANCE_ARN, PERMISSION, TRUST, resources
from tests.decode.responses import (
    ACCOUNT,
    INSTANCE_ID,
    ISSUED,
    PROVIDER,
    RECIPIENT,
    RELAY_STATE,
    ROLE,
    Response,
    metadata,
    signer,
)
from tests.decode.tampering import encrypted, wrapped
from tests.decode.test_events import BY_ITSELF

if TYPE_CHECKING:
    from tests.decode.conftest import Decode

SCHEMA = json.loads((ROOT / "constructs/connect_sso/decode/decode.schema.json").read_text(encoding="utf-8"))
GOOD = Response()

# --- wrong in itself: no state is needed to see it ---------------------------------------------------------------

IN_ITSELF: dict[str, list[bytes]] = {
    "role-attribute-missing": [
        GOOD.but(roles=()).form(),
        GOOD.but(role_attribute="role").form(),  # names are case-sensitive
    ],
    "role-attribute-malformed": [
        GOOD.but(roles=("appuser.idpRolePairs",)).form(),
        GOOD.but(roles=(ROLE,)).form(),
        GOOD.but(roles=(f"{ROLE},arn:aws:iam::444455556666:saml-provider/Okta_Connect_Admin",)).form(),
    ],
    "session-name-missing": [GOOD.but(session_name=None).form(), GOOD.but(session_name="").form()],
    "session-name-invalid": [
        GOOD.but(session_name=name).form() for name in ("Ada Admin", "Åda", "a", "a" * 65, "ada@example.com ", "ada#1")
    ],
    "session-name-not-for-connect": [
        GOOD.but(session_name=name).form() for name in ("ada+test@example.com", "a=b", "a,b", "ada@example", "@ada")
    ],
    "source-identity-invalid": [
        GOOD.but(source_identity="Ada Admin").form(),
        GOOD.but(source_identity="aws:ada").form(),
    ],
    "duration-invalid": [
        GOOD.but(duration=value).form() for value in ("899", "43201", "twelve hours", "-1", "9" * 500)
    ],
    "audience-wrong": [
        GOOD.but(audience=None).form(),
        GOOD.but(audience="https://signin.aws.amazon.com/saml").form(),
        GOOD.but(audience="urn:amazon:webservices:govcloud").form(),
    ],
    "name-id-missing": [GOOD.but(name_id=None).form()],
    "recipient-wrong": [
        GOOD.but(recipient=None).form(),
        GOOD.but(recipient="https://signin.aws.amazon.com.example.com/saml").form(),
        GOOD.but(recipient="https://acme.okta.com/saml").form(),
    ],
    "window-empty": [GOOD.but(not_before=ISSUED, not_on_or_after=ISSUED - datetime.timedelta(minutes=1)).form()],
    "response-expired": [
        GOOD.har(at=ISSUED + datetime.timedelta(minutes=5)),
        GOOD.har(at=ISSUED + datetime.timedelta(days=2)),
    ],
    "response-not-yet-valid": [GOOD.har(at=ISSUED - datetime.timedelta(minutes=6))],
    "signature-missing": [GOOD.but(sign_response=False, sign_assertion=False).form()],
    "signature-broken": [
        GOOD.xml().replace(b"Ada.Admin@example.com", b"Eve.Admin@example.com"),
        GOOD.but(sign_assertion=False).xml().replace(b"43200", b"43199"),
    ],
    "signature-wrapping": [wrapped(GOOD)],
    "assertion-encrypted": [encrypted(GOOD)],
    "status-not-success": [
        GOOD.but(status="urn:oasis:names:tc:SAML:2.0:status:Responder", with_assertion=False).form(),
    ],
    "assertion-missing": [GOOD.but(with_assertion=False).form()],
    "response-too-large": [GOOD.but(tags={f"Team{number}": "x" * 250 for number in range(200)}).form()],
    "relay-state-missing": [GOOD.form(""), GOOD.har(relay_state="")],
    "relay-state-not-connect": [
        GOOD.form("https://console.aws.amazon.com/ec2/home"),
        GOOD.form("https://acme-contact-dev.my.connect.aws/ccp-v2"),
        GOOD.form(RELAY_STATE.replace("https", "http")),
        GOOD.form("ccp"),
        GOOD.form(RELAY_STATE[:-1]),
        GOOD.form(RELAY_STATE.replace("console.aws.amazon.com", "console.aws.amazon.com.example.com")),
        GOOD.form("https://[::1/connect"),
    ],
    "relay-state-arn": [
        GOOD.form(RELAY_STATE.replace(INSTANCE_ID, INSTANCE_ARN)),
        GOOD.har(relay_state=f"{RELAY_STATE}?x={INSTANCE_ARN}"),
    ],
}


@pytest.mark.parametrize(
    ("code", "data"),
    [(code, data) for code, cases in IN_ITSELF.items() for data in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failure_that_shows_in_itself_is_named(decode: Decode, code: str, data: bytes) -> None:
    """Exactly this cause, and not two others beside it: who has to act must not have to choose."""
    result = decode(data)
    assert result.code == 3
    assert result.codes == [code]


# --- wrong for what is deployed ----------------------------------------------------------------------------------

Values = dict[str, dict[str, Any]]
Change = Callable[[Values], None]


def _set(address: str, **changes: Any) -> Change:
    return lambda values: values[address].update(changes)


def _trust(**changes: Any) -> Change:
    return _set(
        "aws_iam_role.Okta_Role",
        assume_role_policy=json.dumps({**TRUST, "Statement": [{**TRUST["Statement"][0], **changes}]}),
    )


def _permission(**changes: Any) -> Change:
    return _set(
        "aws_iam_policy.federation",
        policy=json.dumps({**PERMISSION, "Statement": [{**PERMISSION["Statement"][0], **changes}]}),
    )


def _without(address: str) -> Change:
    def change(values: Values) -> None:
        del values[address]

    return change


def _detached(values: Values) -> None:
    del values["aws_iam_role_policy_attachment.Okta_Role"]
    values["aws_iam_role.Okta_Role"]["managed_policy_arns"] = []


def _nothing(values: Values) -> None:
    pass


def _with_a_deny(values: Values) -> None:
    deny = {"Sid": "No", "Effect": "Deny", "Action": "connect:*", "Resource": "*"}
    values["aws_iam_role_policy.extra"] = {"role": "Okta_Role", "policy": json.dumps({"Statement": deny})}


ADA = 'aws_connect_user.users["Ada.Admin@example.com"]'
OTHER_INSTANCE = INSTANCE_ARN.replace("2fb42df9", "11111111")

COMPARED: list[tuple[str, Response, Change, str]] = [
    ("user-not-onboarded", GOOD, _without(ADA), RELAY_STATE),
    ("user-not-onboarded", GOOD.but(session_name="Bo.Agent@example.com"), _nothing, RELAY_STATE),
    ("user-name-case", GOOD.but(session_name="ada.admin@example.com"), _nothing, RELAY_STATE),
    ("federation-token-denied", GOOD, _detached, RELAY_STATE),
    ("federation-token-denied", GOOD, _permission(Resource=f"{OTHER_INSTANCE}/user/${{aws:userid}}"), RELAY_STATE),
    ("federation-token-denied", GOOD, _permission(Resource=f"{INSTANCE_ARN}/user/$${{aws:userid}}"), RELAY_STATE),
    ("federation-token-denied", GOOD, _permission(Resource=f"{INSTANCE_ARN}/user/{{aws:userid}}"), RELAY_STATE),
    ("federation-token-denied", GOOD, _permission(Action="connect:GetFederationTokens"), RELAY_STATE),
    ("federation-token-denied", GOOD, _with_a_deny, RELAY_STATE),
    (
        "role-not-found",
        GOOD.but(roles=(f"{ROLE.replace('Okta_Role', 'okta_role')},{PROVIDER}",)),
        _nothing,
        RELAY_STATE,
    ),
    ("provider-not-found", GOOD.but(roles=(f"{ROLE},{PROVIDER}s",)), _nothing, RELAY_STATE),
    ("provider-not-trusted", GOOD, _trust(Principal={"Federated": CCP_PROVIDER}), RELAY_STATE),
    ("provider-not-trusted", GOOD, _trust(Action="sts:AssumeRole"), RELAY_STATE),
    (
        "recipient-not-trusted",
        GOOD,
        _trust(Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
        RELAY_STATE,
    ),
    (
        "recipient-not-trusted",
        GOOD.but(recipient="https://us-west-2.signin.aws.amazon.com/saml"),
        _nothing,
        RELAY_STATE,
    ),
    (
        "trust-condition-not-met",
        GOOD,
        _trust(Condition={"StringEquals": {"SAML:aud": RECIPIENT, "SAML:iss": "http://www.okta.com/exkother"}}),
        RELAY_STATE,
    ),
    ("tag-session-not-allowed", GOOD.but(tags={"Team": "sales"}), _nothing, RELAY_STATE),
    ("source-identity-not-allowed", GOOD.but(source_identity="ada"), _nothing, RELAY_STATE),
    ("duration-too-long", GOOD, _set("aws_iam_role.Okta_Role", max_session_duration=3600), RELAY_STATE),
    (
        "metadata-of-other-app",
        GOOD,
        _set(
            "aws_iam_saml_provider.admin",
            saml_metadata_document=metadata(signer("ccp"), issuer="http://www.okta.com/exkccp00000000000"),
        ),
        RELAY_STATE,
    ),
    ("metadata-unreadable", GOOD, _set("aws_iam_saml_provider.admin", saml_metadata_document="<html/>"), RELAY_STATE),
    ("certificate-rotated", GOOD.but(signer=signer("new")), _nothing, RELAY_STATE),
    ("relay-state-region", GOOD, _nothing, RELAY_STATE.replace("eu-central-1", "us-east-1")),
    ("relay-state-instance", GOOD, _nothing, RELAY_STATE.replace("2fb42df9", "11111111")),
]


@pytest.mark.parametrize(("code", "response", "change", "relay_state"), COMPARED, ids=[case[0] for case in COMPARED])
def test_a_failure_that_shows_beside_the_state_is_named(
    decode: Decode, code: str, response: Response, change: Change, relay_state: str
) -> None:
    """One thing is wrong in AWS or Okta, and exactly that is named; without the state nothing is wrong with the response."""
    values = resources()
    change(values)
    result = decode(response.form(relay_state), "--state", decode.state(values))
    assert (result.code, result.codes) == (3, [code])
    alone = decode(response.form(relay_state))
    assert (alone.code, alone.codes) == (0, [])
    jsonschema.validate(result.json, SCHEMA)


def test_the_catalogue_is_covered() -> None:
    """An entry that says it can be seen must have been seen here."""
    produced = {*IN_ITSELF, *(code for code, *_ in COMPARED), *(code for code, _ in BY_ITSELF)}
    assert produced == {entry.code for entry in CATALOGUE if set(entry.needs) != {Needs.MESSAGE}}


@pytest.mark.parametrize(
    "response",
    [
        GOOD,
        GOOD.but(sign_response=False),
        GOOD.but(sign_assertion=False),
        GOOD.but(sha1=True),
        GOOD.but(with_certificate=False),
    ],
    ids=["both signed", "assertion signed", "response signed", "SHA-1", "without a certificate in it"],
)
def test_a_good_response_signs_in(decode: Decode, response: Response) -> None:
    """Whichever part is signed: nothing is held against a response that AWS takes."""
    result = decode(response.har(), "--state", decode.state())
    assert (result.code, result.json["findings"]) == (0, [])
    assert result.json["assertion"]["verified"]
    jsonschema.validate(result.json, SCHEMA)


def test_the_time_counts_only_where_the_file_tells_it(decode: Decode) -> None:
    """A capture is old by nature: without the moment of sending nothing may be concluded from its window."""
    old = GOOD.but(
        not_before=ISSUED - datetime.timedelta(days=900), not_on_or_after=ISSUED - datetime.timedelta(days=899)
    )
    assert decode(old.form()).code == 0
    assert decode(old.xml()).code == 0
    assert decode(old.har()).codes == ["response-expired"]


def test_the_provider_may_hold_several_certificates(decode: Decode) -> None:
    """While a certificate is rotated, the old and the new one are both right."""
    values = resources()
    values["aws_iam_saml_provider.admin"]["saml_metadata_document"] = metadata(signer(), signer("new"))
    state = decode.state(values)
    assert decode(GOOD.form(), "--state", state).code == 0
    assert decode(GOOD.but(signer=signer("new")).form(), "--state", state).code == 0


def test_of_several_roles_the_best_counts(decode: Decode) -> None:
    """AWS lets the person choose: one role that works is enough."""
    other = f"arn:aws:iam::{ACCOUNT}:role/Gone,{PROVIDER}"
    result = decode(GOOD.but(roles=(other, f"{ROLE},{PROVIDER}")).form(), "--state", decode.state())
    assert result.code == 0
    assert any("choose" in note for note in result.json["notes"])


def test_provider_first_is_as_good(decode: Decode) -> None:
    """Okta's own role value pattern has the provider first."""
    assert decode(GOOD.but(roles=(f"{PROVIDER},{ROLE}",)).form(), "--state", decode.state()).code == 0


def test_govcloud_has_its_own_audience_and_endpoints(decode: Decode) -> None:
    """What is wrong in one partition is right in the other."""
    roles = tuple(pair.replace("arn:aws:", "arn:aws-us-gov:") for pair in GOOD.roles)
    gov = GOOD.but(
        roles=roles,
        recipient="https://us-gov-west-1.signin.amazonaws-us-gov.com/saml",
        audience="urn:amazon:webservices:govcloud",
    )
    state = f"https://console.amazonaws-us-gov.com/connect/federate/{INSTANCE_ID}"
    assert decode(gov.form(state)).codes == []
    assert decode(gov.but(audience="urn:amazon:webservices").form(state)).codes == ["audience-wrong"]


def test_the_message_brings_its_own_cause_to_the_front(decode: Decode) -> None:
    """Of two faults the one that people saw is what they ask about."""
    values = resources()
    del values[ADA]
    result = decode(
        GOOD.form(""),
        "--state",
        decode.state(values),
        "--message",
        "Access Denied. Your account has been authenticated",
    )
    assert result.codes == ["user-not-onboarded", "relay-state-missing"]


def test_the_message_adds_what_the_input_cannot_rule_out(decode: Decode) -> None:
    """All is right, but the person saw a message: what remains is listed, what was looked into is not."""
    said = "Access Denied. Your account has been authenticated, but has not been onboarded to this application."
    result = decode(GOOD.form(), "--state", decode.state(), "--message", said)
    assert result.code == 3
    assert result.codes == ["two-roles-for-one-user"]
    assert {"user-not-onboarded", "user-name-case"} <= set(result.json["ruled_out"])


def test_the_page_that_came_back_is_the_message(decode: Decode) -> None:
    """A HAR with content has the error page in it: nobody has to type it."""
    page = "<html><h1>Error</h1><p>Response signature invalid (service: AWSSecurityTokenService)</p></html>"
    assert decode(GOOD.har(answer=page)).codes == ["certificate-rotated"]


def test_the_environment_file_is_enough_for_names(
    decode: Decode, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before there is a state, or without access to it, the file tells who is meant to exist."""
    monkeypatch.setenv("CONNECT_SSO_ENVIRONMENTS", str(ROOT / "environments"))
    roles = (f"arn:aws:iam::{ACCOUNT}:role/Okta_Role,{PROVIDER}",)
    east = GOOD.but(roles=roles, recipient="https://signin.aws.amazon.com/saml")
    relay = RELAY_STATE.replace("eu-central-1", "us-east-1")
    assert decode(east.form(relay), "--env", "dev").codes == []
    assert decode(east.but(session_name="ada.admin@example.com").form(relay), "--env", "dev").codes == [
        "user-name-case"
    ]
    assert decode(east.but(session_name="zed@example.com").form(relay), "--env", "dev").codes == ["user-not-onboarded"]
    assert decode(east.form(RELAY_STATE), "--env", "dev").codes == ["relay-state-region"]


def test_the_crowd_is_looked_for_in_a_state_of_its_own(decode: Decode) -> None:
    """People of a users_file are not in the environment's state."""
    crowd = decode.state(
        {'aws_connect_user.users["bo@example.com"]': {"name": "bo@example.com", "security_profile_ids": []}},
        "crowd.json",
    )
    response = GOOD.but(session_name="bo@example.com").form()
    assert decode(response, "--state", decode.state()).codes == ["user-not-onboarded"]
    assert decode(response, "--state", decode.state(), "--state", crowd).codes == []


@pytest.mark.parametrize("form", ["json", "text"])
def test_redacted_output_names_nobody(decode: Decode, form: str) -> None:
    """The output goes into a ticket: neither the name sent nor the one it should have been may be in it."""
    response = GOOD.but(
        session_name="ada.admin@example.com",
        tags={"Mail": "ada.admin@example.com"},
        source_identity="ada.admin@example.com",
    )
    result = decode(response.form(), "--state", decode.state(), "--redact", form=form)
    assert result.code == 3
    assert "ada.admin" not in result.out.lower()
    assert "user-name-case" in result.out


def test_the_assertion_itself_is_never_printed(decode: Decode) -> None:
    """Until it ends, it is a credential."""
    result = decode(GOOD.form(), form="text")
    assert GOOD.base64()[200:260] not in result.out
    assert "<saml2" not in result.out
