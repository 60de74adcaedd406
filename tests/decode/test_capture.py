"""Every form of file that an engineer may have in hand leads to the same response."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import re
import textwrap
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from click.testing import CliRunner

from connect_sso.decode import command
from connect_sso.decode.capture import Capture, read_capture
from tests.decode.responses import ISSUED, RECIPIENT, RELAY_STATE, Response, har_entry, saved_page, tracer

if TYPE_CHECKING:
    from tests.decode.conftest import Decode

GOOD = Response()
TEXT = GOOD.base64()
CCP = f"{RELAY_STATE}?destination=%2Fccp-v2%2Fchat&new_domain=true"

WITHOUT_RELAY_STATE: dict[str, str | bytes] = {
    "base64": TEXT,
    "base64 in lines": "\n".join(textwrap.wrap(TEXT, 76)),
    "base64 in lines, Windows": "\r\n".join(textwrap.wrap(TEXT, 76)) + "\r\n",
    "base64, URL-encoded": quote(TEXT, safe=""),
    "base64, URL-encoded twice": quote(quote(TEXT, safe=""), safe=""),
    "base64 in quotes": f'"{TEXT}"',
    "base64 without padding": TEXT.rstrip("="),
    "base64, URL-safe": TEXT.replace("+", "-").replace("/", "_"),
    "base64 whose plus became a space": TEXT.replace("+", " "),
    "base64, compressed": base64.b64encode(zlib.compress(GOOD.xml())[2:-4]).decode(),
    "base64 with a byte order mark": "\ufeff" + TEXT,
    "XML": GOOD.xml(),
    "XML after blank lines": b"\n\n" + GOOD.xml().split(b"?>", 1)[1],
    "base64 from PowerShell": TEXT.encode("utf-16"),
    "base64, compressed as zlib does": base64.b64encode(zlib.compress(GOOD.xml())).decode(),
    "base64, compressed as gzip does": base64.b64encode(gzip.compress(GOOD.xml())).decode(),
    "base64 of XML with a byte order mark": base64.b64encode(b"\xef\xbb\xbf" + GOOD.xml()).decode(),
    "compressed": zlib.compress(GOOD.xml())[2:-4],
    "XML with a byte order mark": b"\xef\xbb\xbf" + GOOD.xml(),
    "XML from PowerShell": GOOD.xml().decode().encode("utf-16"),
    "SAML-tracer, the form masked": tracer(GOOD),
    "SAML-tracer, the form removed": tracer(GOOD, mask="*****"),
}

WITH_RELAY_STATE: dict[str, str | bytes] = {
    "form body": GOOD.form(CCP),
    "form body, the other way round": urlencode({"RelayState": CCP, "SAMLResponse": TEXT}),
    "form body, the base64 as it is": f"SAMLResponse={TEXT}&RelayState={quote(CCP, safe='')}",
    "developer tools": f"SAMLResponse: {TEXT}\nRelayState: {CCP.replace('&', '%26')}",
    "developer tools, table": f"SAMLResponse\t{TEXT}\nRelayState\t{quote(CCP)}",
    "curl": f"curl '{RECIPIENT}' -H 'content-type: x' --data-raw 'SAMLResponse={quote(TEXT, safe='')}&RelayState={quote(CCP, safe='')}'",
    "saved page": f'<html><form><input type="hidden" name="SAMLResponse" value="{TEXT.replace("+", "&#x2b;")}"/>'
    f"<INPUT name='RelayState' value=\"{CCP.replace('&', '&amp;')}\"></form></html>",
    "HAR": GOOD.har(relay_state=CCP),
    "SAML-tracer, nothing masked": tracer(GOOD, mask="", relay_state=CCP),
    "JSON": json.dumps({"SAMLResponse": TEXT, "RelayState": CCP}),
    "an address": f"https://sp.example.com/acs?SAMLResponse={quote(TEXT, safe='')}&RelayState={quote(CCP, safe='')}",
    "Okta's page": saved_page((GOOD, RECIPIENT, CCP)),
    "AWS's page, to choose a role": saved_page((GOOD, "/saml", CCP)),
    "a page with two responses": saved_page(
        (GOOD.but(session_name="okta"), "https://acme.okta.com/sso/saml2/x", ""),
        (GOOD, RECIPIENT, CCP),
        (GOOD.but(session_name="later"), "https://acme.okta.com/sso/saml2/x", ""),
    ),
}


def _read(data: bytes) -> Capture:
    capture = read_capture(data)
    assert isinstance(capture, Capture)
    return capture


@pytest.mark.parametrize("name", WITHOUT_RELAY_STATE)
def test_the_response_alone(decode: Decode, name: str) -> None:
    """The verdict must not depend on how the response was copied; what the form cannot tell is not guessed."""
    result = decode(WITHOUT_RELAY_STATE[name])
    assert (result.code, result.codes) == (0, [])
    assert result.json["assertion"]["verified"]
    assert result.json["assertion"]["session_name"] == "Ada.Admin@example.com"
    assert result.json["capture"]["relay_state"] is None


@pytest.mark.parametrize("name", WITH_RELAY_STATE)
def test_the_response_with_its_relay_state(decode: Decode, name: str) -> None:
    """Form bodies and HARs hold both, and half of the failures are in the relay state."""
    result = decode(WITH_RELAY_STATE[name])
    assert (result.code, result.codes) == (0, [])
    assert result.json["assertion"]["verified"]
    relay_state = result.json["capture"]["relay_state"]
    assert relay_state.split("?")[0] == RELAY_STATE
    assert "ccp-v2" in relay_state


def test_a_har_tells_when_and_whereto(decode: Decode) -> None:
    """Its moment is what the validity window is judged by."""
    at = ISSUED + datetime.timedelta(seconds=3)
    result = decode(GOOD.har(at=at))
    assert result.json["capture"]["captured_at"] == "2026-11-24T10:00:03Z"
    assert result.json["capture"]["posted_to"] == RECIPIENT
    assert result.json["assertion"]["clock_skew_seconds"] == 3


def test_a_moment_in_another_time_zone_is_the_same_moment() -> None:
    """Browsers write their own offset."""
    har = json.loads(GOOD.har())
    har["log"]["entries"][0]["startedDateTime"] = "2026-11-24T11:00:00.000+01:00"
    assert _read(json.dumps(har).encode()).captured_at == ISSUED


def test_of_several_attempts_the_last_one_to_aws_counts() -> None:
    """A person tries again; and the sign-in to Okta may itself be SAML, before or after."""
    to_okta = har_entry(GOOD.but(session_name="okta"), url="https://acme.okta.com/sso/saml2/x")
    first = har_entry(GOOD.but(session_name="first"))
    har = {"log": {"entries": [to_okta, first, har_entry(GOOD), to_okta]}}
    capture = _read(json.dumps(har).encode())
    assert capture.posted_to == RECIPIENT
    assert re.search(rb"Ada\.Admin@example\.com", capture.xml)
    assert b"first" not in capture.xml


@pytest.mark.parametrize("drop", ["text", "params"])
def test_a_har_may_have_the_body_as_text_or_as_fields(drop: str) -> None:
    """Browsers differ."""
    har = json.loads(GOOD.har(relay_state=CCP))
    del har["log"]["entries"][0]["request"]["postData"][drop]
    capture = _read(json.dumps(har).encode())
    assert capture.xml == GOOD.xml()
    assert capture.relay_state == CCP


def test_saml_tracer_tells_whereto_and_when_it_was_answered(decode: Decode) -> None:
    """It has no moment of its own, but the answer's date, by AWS's clock."""
    result = decode(tracer(GOOD))
    assert result.json["capture"]["posted_to"] == RECIPIENT
    assert result.json["capture"]["captured_at"] == "2026-11-24T10:00:04Z"
    late = json.loads(tracer(GOOD))
    late["requests"][-1]["responseHeaders"] = [["Date", "Tue, 24 Nov 2026 12:00:00 GMT"]]
    assert decode(json.dumps(late)).codes == ["response-expired"]


def test_of_several_traced_requests_the_last_to_aws_counts(decode: Decode) -> None:
    """The request to Okta is in it as well, and is none."""
    trace = json.loads(tracer(GOOD))
    other = json.loads(tracer(GOOD.but(session_name="okta")))["requests"][-1] | {"url": "https://acme.okta.com/sso"}
    trace["requests"] = [other, *trace["requests"], other]
    result = decode(json.dumps(trace))
    assert result.json["assertion"]["session_name"] == "Ada.Admin@example.com"
    assert result.json["capture"]["form"] == "an export of SAML-tracer (the last of 3 responses in it)"


def test_a_page_says_how_many_responses_it_has(decode: Decode) -> None:
    """Two are described, and held against nobody."""
    result = decode(WITH_RELAY_STATE["a page with two responses"])
    assert result.json["capture"]["form"] == "a saved page (the last of 3 responses in it)"
    assert result.json["capture"]["posted_to"] == RECIPIENT


def test_a_response_in_an_address_of_a_har(decode: Decode) -> None:
    """The redirect binding."""
    har = json.loads(GOOD.har(relay_state=CCP))
    request = har["log"]["entries"][0]["request"]
    request["queryString"] = [{"name": "SAMLResponse", "value": TEXT}, {"name": "RelayState", "value": CCP}]
    del request["postData"]
    assert decode(json.dumps(har)).code == 0


def test_standard_input_is_a_file_too() -> None:
    """So that a capture need not be written to a disk."""
    result = CliRunner().invoke(command, ["-"], input=GOOD.form())
    assert result.exit_code == 0


def test_without_a_file_or_a_message_it_is_wrong_usage(decode: Decode) -> None:
    """Nothing to work on."""
    assert decode(None).code == 2


def test_a_message_is_enough(decode: Decode) -> None:
    """At the beginning there is only what somebody says on the phone."""
    result = decode(None, "--message", "she gets Access denied")
    assert result.code == 3
    assert {"user-not-onboarded", "federation-token-denied"} <= set(result.codes)
    assert {finding["seen_in"] for finding in result.json["findings"]} == {"message"}


def test_an_unknown_message_is_said_to_be_unknown(decode: Decode) -> None:
    """No guess is better than a wrong one; with a file at hand, the file still counts."""
    assert decode(None, "--message", "the printer is on fire").code == 1
    beside = decode(GOOD.form(), "--message", "the printer is on fire")
    assert beside.code == 0
    assert "no known failure" in beside.error


def test_a_missing_file_is_one_line(decode: Decode) -> None:
    """A typing mistake is no traceback."""
    assert str(CliRunner().invoke(command, ["nowhere.har"]).exception).startswith("nowhere.har: ")
    assert decode(GOOD.form(), "--state", "nowhere.json").error.startswith("nowhere.json: ")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"lineage": "x", "version": 4}', '{"format_version": "1.2", "planned_values": {}}']
)
def test_another_file_than_a_shown_state_is_one_line(decode: Decode, text: str) -> None:
    """The raw state, a plan, or nothing: each is told what it is."""
    file = decode.folder / "other.json"
    file.write_text(text)
    result = decode(GOOD.form(), "--state", str(file))
    assert result.code == 1
    assert "terraform show -json" in result.error or "--plan" in result.error
