"""Hostile files: nothing expands, nothing is fetched, nothing unsigned is shown as signed, and nothing ends in a traceback."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import resource
import socket
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from connect_sso.decode import command
from connect_sso.decode.assertion import read_assertion
from connect_sso.decode.coverage import examine
from connect_sso.errors import Failure
from connect_sso.saml.xml import parse_xml
from tests.decode.logs import assume_role, written
from tests.decode.responses import DS, RECIPIENT, RELAY_STATE, Response, saved_page, sign, signer, tracer
from tests.decode.tampering import EVE, HOW, with_comment, wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.decode.conftest import Decode

GOOD = Response()
XML = GOOD.xml()
DECLARED = XML.split(b"?>", 1)[1]

EXPANSION = b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>%s]>" % b"".join(
    b"<!ENTITY %c '%s'>" % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(10)
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails the test."""

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("decode opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


REFUSED: dict[str, bytes] = {
    "entity expansion": EXPANSION + DECLARED.replace(b"Ada.Admin", b"&k;"),
    "external entity": b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    + DECLARED.replace(b"Ada.Admin", b"&x;"),
    "external DTD": b"<!DOCTYPE r SYSTEM 'http://127.0.0.1:9/evil.dtd'>" + DECLARED,
    "parameter entity": b"<!DOCTYPE r [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/p'> %p;]>" + DECLARED,
    "declaration in UTF-16": ("<!DOCTYPE r [<!ENTITY a 'b'>]>" + DECLARED.decode()).encode("utf-16"),
    "undeclared entity": DECLARED.replace(b"Ada.Admin", b"&x;"),
    "deep nesting": b"<a>" * 100_000,
    "many attributes": b"<a " + b"".join(b"a%d='' " % number for number in range(300_000)) + b"/>",
    "huge XML": b"<a>" + b"x" * 3_000_000 + b"</a>",
    "cut off": XML[:-40],
    "two roots": XML + DECLARED,
    "null bytes": XML.replace(b"Ada", b"A\x00a"),
    "other XML": b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
    "metadata": b"<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' entityID='x'/>",
    "request": b"<p:AuthnRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'/>",
    "logout": b"<p:LogoutResponse xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'/>",
    "SAML 1": b"<p:Response xmlns:p='urn:oasis:names:tc:SAML:1.0:protocol'/>",
    "web page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "many unclosed inputs": b"<html>" + b"<input" * 200_000,
    "a compressed bomb": base64.b64encode(zlib.compress(b"<" * 50_000_000, 9)[2:-4]),
    "empty": b"",
    "blank": b" \n\t ",
    "binary": bytes(range(256)) * 10,
    "an archive": b"PK\x03\x04" + b"\x00" * 100,
    "words": b"she gets Access denied",
    "base64 of nothing": base64.b64encode(b"hello"),
    "damaged base64": GOOD.base64().encode()[:-3] + b"=A=",
    "a cut off form": b"SAMLResponse=&RelayState=x",
    "a request's form": b"SAMLRequest=" + GOOD.base64().encode(),
    "JSON": b'{"SAML": "Response"}',
    "a list in JSON": b"{]",
    "deep JSON": b'{"log":' + b"[" * 100_000,
    "an empty HAR": b'{"log": {"entries": []}}',
    "a strange HAR": json.dumps(
        {"log": {"entries": [None, 1, [], {"request": 5}, {"request": {"postData": "x"}}]}}
    ).encode(),
    "a list of nothing": b"[" + b"[]," * 100_000 + b"[]]",
    "a deep list": b"[" * 100_000,
    "a compressed bomb as it is": zlib.compress(b"<" * 50_000_000, 9)[2:-4],
    "a gzip bomb": gzip.compress(b"<" * 50_000_000, 9),
    "a trace of nothing": b'{"requests": [null, 5, {"post": 5, "get": [5], "saml": []}]}',
    "a page of forms": b"<html>" + b"<form><input name='RelayState'>" * 50_000,
    "a HAR without bodies": json.dumps(
        {"log": {"entries": [{"request": {"url": "https://signin.aws.amazon.com/saml", "method": "POST"}}]}}
    ).encode(),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "base64"])
def test_what_holds_no_readable_response_is_one_line(decode: Decode, name: str, encoded: bool) -> None:
    """Exit code 1, one clear line, no traceback, and in a moment."""
    data = base64.b64encode(REFUSED[name]) if encoded else REFUSED[name]
    started = time.monotonic()
    result = decode(data)
    assert result.code == 1
    assert result.error
    assert "\n" not in result.error
    assert len(result.error) < 400
    assert time.monotonic() - started < 5
    assert "root:" not in result.error


def test_a_bomb_takes_no_memory(decode: Decode) -> None:
    """What would unpack to gigabytes is given up at two megabytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    decode(base64.b64encode(zlib.compress(b"\0" * 300_000_000, 9)[2:-4]))
    decode(REFUSED["entity expansion"])
    # The compressed input itself is made here; the growth allowed is far below what it holds.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000


@pytest.mark.parametrize("how", HOW)
def test_signature_wrapping_shows_no_forged_name_as_signed(decode: Decode, how: str) -> None:
    """The known ways to put a second assertion beside a signed one: named, and only what was signed counts as signed."""
    result = decode(wrapped(GOOD, how))
    assert result.code == 3
    assert "signature-wrapping" in result.codes
    assertion = result.json["assertion"]
    assert assertion is None or not (assertion["verified"] and EVE in (assertion["name_id"], assertion["session_name"]))
    if assertion is not None and assertion["verified"]:
        assert assertion["name_id"] == "Ada.Admin@example.com"


def test_a_hidden_assertion_is_none(decode: Decode) -> None:
    """Where SAML has no assertion, AWS reads none: nothing unsigned is used, so nobody is accused."""
    result = decode(wrapped(GOOD, "only hidden"))
    assert result.codes == ["assertion-missing"]
    assert any("inside an Extensions element" in note for note in result.json["notes"])


def test_wrapping_a_signed_response_is_seen(decode: Decode) -> None:
    """The whole signed Response hidden inside another, unsigned one."""
    signed = GOOD.but(sign_assertion=False).element()
    outer = GOOD.but(sign_response=False, sign_assertion=False, name_id=EVE, session_name=EVE).element()
    outer.set("ID", "id-outer")
    signature = signed.find(f"{{{DS}}}Signature")
    assert signature is not None
    outer.insert(1, signature)
    outer.append(signed)
    result = decode(etree.tostring(outer))
    assert "signature-wrapping" in result.codes
    assert result.json["assertion"] is None or not result.json["assertion"]["verified"]


def test_a_comment_does_not_cut_a_name_short(decode: Decode) -> None:
    """Canonicalization drops comments, so the signature stays good; a reader that stops there takes one person for another."""
    result = decode(with_comment(GOOD, "split"))
    assert result.codes == ["signature-wrapping"]
    assert result.json["assertion"]["name_id"] == "Ada.Admin@example.com"
    changed = decode(with_comment(GOOD, "changed"))
    assert "signature-wrapping" in changed.codes
    assert changed.json["assertion"]["name_id"] == "Ada.Admin@example.com.evil.example"
    assert not changed.json["assertion"]["verified"]


def test_a_forbidden_transform_does_not_count(decode: Decode) -> None:
    """A transform that picks what is signed would let a signature cover less than it seems to."""
    forged = XML.replace(
        b"http://www.w3.org/2000/09/xmldsig#enveloped-signature", b"http://www.w3.org/TR/1999/REC-xpath-19991116"
    )
    result = decode(forged)
    assert "signature-wrapping" in result.codes
    assert not result.json["assertion"]["verified"]


def test_a_signature_by_a_shared_secret_does_not_count(decode: Decode) -> None:
    """An HMAC whose secret is the public certificate is something that everybody can make."""
    forged = XML.replace(
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#hmac-sha1"
    )
    assert decode(forged).codes == ["signature-broken"]


def test_strangers_key_is_not_the_providers(decode: Decode) -> None:
    """Anybody can sign with a certificate of their own and put it into the response: only --state tells."""
    stranger = GOOD.but(signer=signer("stranger"), name_id=EVE, session_name=EVE)
    assert decode(stranger.form()).code == 0
    assert "certificate-rotated" in decode(stranger.form(), "--state", decode.state()).codes


def test_a_hidden_certificate_does_not_confuse(decode: Decode) -> None:
    """A certificate in the response that did not sign it is no reason to call the signature broken: the provider's did."""
    root = GOOD.but(sign_assertion=False).element()
    for element in root.iter(f"{{{DS}}}X509Certificate"):
        element.text = signer("stranger").base64
    result = decode(etree.tostring(root), "--state", decode.state())
    assert (result.code, result.codes) == (0, [])


def test_control_characters_do_not_reach_the_terminal(decode: Decode) -> None:
    """A name must not clear the screen or write over the verdict."""
    result = decode(GOOD.but(session_name="Ada&#x9b;2J&#x202e;x").form(), form="text")
    assert not {"\x1b", "\x9b", "\u202e"} & set(result.out)


def test_a_large_honest_file_is_read_quickly(decode: Decode) -> None:
    """A HAR of a long session has pictures in it."""
    picture = {
        "request": {"url": "https://acme.okta.com/x.png"},
        "response": {"content": {"mimeType": "image/png", "text": "A" * 20_000_000}},
    }
    started = time.monotonic()
    assert decode(GOOD.har(extra=(picture,))).code == 0
    assert time.monotonic() - started < 5


def test_thousands_of_requests_are_read_quickly(decode: Decode) -> None:
    """A recording that ran all day; only the response that counts is decoded."""
    har = json.loads(GOOD.har())
    har["log"]["entries"] = har["log"]["entries"] * 5_000
    trace = json.loads(tracer(GOOD))
    trace["requests"] = trace["requests"] * 2_000
    page = saved_page(*[(GOOD, RECIPIENT, RELAY_STATE)] * 200)
    events = written(*[assume_role()] * 20_000, form="log file")
    for data in (json.dumps(har), json.dumps(trace), page, events):
        started = time.monotonic()
        assert decode(data).code == 0
        assert time.monotonic() - started < 10


def test_many_signatures_are_not_tried_one_by_one(decode: Decode) -> None:
    """Many assertions, each with certificates of its own, end in an answer in time."""
    root = GOOD.but(sign_response=False).element()
    assertion = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
    assert assertion is not None
    for data in assertion.iter(f"{{{DS}}}X509Data"):
        data.extend([copy.deepcopy(data[0]) for _ in range(20)])
    for number in range(30):
        another = copy.deepcopy(assertion)
        another.set("ID", f"id-{number}")
        root.append(another)
    started = time.monotonic()
    assert "signature-wrapping" in decode(etree.tostring(root)).codes
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("what", ["siblings", "nested", "signatures", "IDs", "comments"])
def test_two_megabytes_of_oddities_end_in_time(decode: Decode, what: str) -> None:
    """As many as fit into what is read, and no book of notes."""
    opened, closed = '<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">', "</a:Assertion>"
    inner = {
        "siblings": (opened + closed) * 25_000,
        "nested": (opened + "<x>" + (opened + closed) * 20_000 + "</x>" + closed),
        "signatures": opened + f'<d:Signature xmlns:d="{DS}"/>' * 30_000 + closed,
        "IDs": opened + "".join(f'<x ID="{number}"/><x ID="{number}"/>' for number in range(40_000)) + closed,
        "comments": opened + "<a:Issuer>" + "x" + "<!---->" * 200_000 + "</a:Issuer>" + closed,
    }[what]
    xml = (
        f'<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><d:Signature xmlns:d="{DS}"/>{inner}</p:Response>'
    )
    started = time.monotonic()
    result = decode(xml)
    assert result.code == 3
    assert time.monotonic() - started < 15
    assert len(result.out) < 50_000


def test_too_large_a_file_is_refused_unread(tmp_path: Path) -> None:
    """A hundred megabytes are no sign-in."""
    file = tmp_path / "huge"
    with file.open("wb") as opened:
        opened.truncate(200_000_000)
    result = CliRunner().invoke(command, [str(file)])
    assert isinstance(result.exception, Failure)
    assert "larger than" in str(result.exception)


# --- properties ------------------------------------------------------------------------------------------------------

relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(data=st.binary(max_size=400))
@example(b"\xff\xfe<")
@example(b"SAMLResponse")
def test_any_bytes_end_in_an_answer_or_one_line(decode: Decode, data: bytes) -> None:
    """Whatever the file is."""
    assert decode(data).code in {0, 1, 3}


@relaxed
@given(st.integers(min_value=0, max_value=len(XML) - 1), st.binary(min_size=1, max_size=4))
def test_a_changed_byte_never_passes_as_signed(decode: Decode, place: int, new: bytes) -> None:
    """A response changed anywhere says what was signed, or is not verified."""
    result = decode(XML[:place] + new + XML[place + len(new) :])
    assert result.code in {0, 1, 3}
    if result.code != 1 and result.json["assertion"] and result.json["assertion"]["verified"]:
        original = decode(XML).json["assertion"]
        assert {key: value for key, value in result.json["assertion"].items() if key != "clock_skew_seconds"} == {
            key: value for key, value in original.items() if key != "clock_skew_seconds"
        }


name_text = st.text(
    st.characters(codec="utf-8", exclude_characters="<>&\r", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80
).filter(lambda text: text.strip() != "")


@settings(max_examples=25, deadline=None)
@given(name_text, name_text)
def test_what_is_signed_is_what_is_shown(name_id: str, session_name: str) -> None:
    """Any text survives signing and reading, letter by letter."""
    root = parse_xml(GOOD.but(name_id=name_id, session_name=session_name, sign_response=False).xml())
    evidence = examine(root)
    assert evidence.assertion_verified
    assert not evidence.wrapping
    assert evidence.assertion is not None
    assertion = read_assertion(evidence.assertion)
    assert assertion.session_name == (session_name,)
    assert assertion.name_id == name_id.strip()


def test_an_element_signed_apart_is_not_the_assertion() -> None:
    """A signature over the Subject alone leaves the rest open."""
    root = GOOD.but(sign_response=False, sign_assertion=False).element()
    subject = root.find(".//{urn:oasis:names:tc:SAML:2.0:assertion}Subject")
    assert subject is not None
    subject.set("ID", "id-subject")
    parent = subject.getparent()
    assert parent is not None
    parent.replace(subject, sign(subject, signer()))
    evidence = examine(root)
    assert not evidence.assertion_verified
    assert not evidence.signatures
