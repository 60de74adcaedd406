"""Encrypted assertions: opened with the key where it is at hand, and described from outside where it is not."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.conftest import ROOT
from tests.decode.responses import RECIPIENT, Response, signer
from tests.decode.tampering import EVE, SAML, encrypted, sealed

if TYPE_CHECKING:
    from tests.decode.conftest import Decode

SCHEMA = json.loads((ROOT / "constructs/connect_sso/decode/decode.schema.json").read_text(encoding="utf-8"))
ENDPOINT = f"{RECIPIENT}/acs/SAMLSPEXAMPLE"
GOOD = Response(recipient=ENDPOINT, destination=ENDPOINT)
AWS = signer("aws")


def _key(decode: Decode, data: bytes | None = None) -> str:
    file = decode.folder / "key.pem"
    file.write_bytes(data or AWS.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(file)


HOW: list[dict[str, Any]] = [
    {},
    {"content": "aes128-gcm"},
    {"content": "aes128-cbc"},
    {"content": "aes192-cbc"},
    {"content": "aes256-cbc"},
    {"key": "rsa-1_5"},
    {"key": "rsa-oaep", "digest": "sha256"},
    {"beside": True},
]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_with_the_key_it_is_read_like_any_other(decode: Decode, how: dict[str, Any]) -> None:
    """Whichever of SAML's algorithms; the inner signature is verified, and the outer one as it was made."""
    result = decode(encrypted(GOOD, **how), "--decrypt-key", _key(decode))
    jsonschema.validate(result.json, SCHEMA)
    assert (result.code, result.codes) == (0, [])
    assert result.json["assertion"]["session_name"] == "Ada.Admin@example.com"
    assert result.json["signature"]["verdict"] == "verified"
    assert [each["verdict"] for each in result.json["signatures"]] == ["verified", "verified"]
    assert result.json["capture"]["encryption"]["opened"]
    beside = decode(encrypted(GOOD, **how), "--decrypt-key", _key(decode), "--state", decode.state())
    assert beside.codes == ["recipient-not-trusted"]


def test_a_signed_response_signs_what_is_encrypted_in_it(decode: Decode) -> None:
    """The inner assertion needs no signature of its own."""
    root = GOOD.but(sign_assertion=False)
    result = decode(encrypted(root), "--decrypt-key", _key(decode))
    assert (result.code, result.codes) == (0, [])
    assert result.json["assertion"]["verified"]
    unsigned = decode(encrypted(root.but(sign_response=False)), "--decrypt-key", _key(decode))
    assert unsigned.codes == ["signature-missing"]


def test_without_the_key_the_outside_is_told(decode: Decode) -> None:
    """How it is encrypted and for whom, what the envelope says, whether that is signed, and what to give."""
    result = decode(encrypted(GOOD))
    jsonschema.validate(result.json, SCHEMA)
    assert (result.code, result.codes) == (0, [])
    assert result.json["assertion"] is None
    assert result.json["signature"]["verdict"] == "verified"
    assert result.json["capture"]["encryption"]["content"] == "aes256-gcm"
    assert len(result.json["capture"]["encryption"]["certificates"]) == 1
    assert any("--decrypt-key" in note for note in result.json["notes"])
    assert "aes256-gcm" in decode(encrypted(GOOD), form="text").out


def test_at_another_endpoint_aws_cannot_open_it(decode: Decode) -> None:
    """Encryption is only for the endpoint with /saml/acs/."""
    plain = GOOD.but(destination=RECIPIENT, recipient=RECIPIENT)
    assert decode(encrypted(plain)).codes == ["assertion-encrypted"]
    assert decode(encrypted(plain), "--decrypt-key", _key(decode)).codes == ["assertion-encrypted"]


def test_a_key_that_does_not_fit_is_said(decode: Decode) -> None:
    """And the rest is still told."""
    other = signer("stranger").key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    result = decode(encrypted(GOOD), "--decrypt-key", _key(decode, other))
    assert (result.code, result.codes) == (0, [])
    assert any("another key" in note for note in result.json["notes"])
    unknown = encrypted(GOOD.but(sign_response=False)).replace(b"SAMLResponse=", b"")
    xml = b64decode(parse_qs("x=" + unknown.decode())["x"][0]).replace(b"aes256-gcm", b"aes999-xyz")
    assert any("aes999-xyz" in note for note in decode(xml, "--decrypt-key", _key(decode)).json["notes"])


@pytest.mark.parametrize("opened", [False, True])
def test_bare_ones_are_read(decode: Decode, opened: bool) -> None:
    """An EncryptedAssertion without a response around it, and an Assertion without one."""
    assertion = GOOD.but(sign_response=False).element().find(f"{SAML}Assertion")
    assert assertion is not None
    options = ("--decrypt-key", _key(decode)) if opened else ()
    result = decode(etree.tostring(sealed(assertion, AWS)), *options)
    assert result.codes == ["assertion-encrypted"]
    assert (result.json["assertion"] is not None) == opened
    plain = decode(etree.tostring(assertion))
    assert (plain.code, plain.json["signature"]["verdict"]) == (0, "verified")


def test_a_second_assertion_inside_is_wrapping_too(decode: Decode) -> None:
    """A signed assertion in the open, Eve's encrypted beside it: anybody can encrypt for AWS."""
    root = GOOD.but(sign_response=False).element()
    eve = GOOD.but(sign_response=False, sign_assertion=False, name_id=EVE, session_name=EVE).element()
    assertion = eve.find(f"{SAML}Assertion")
    assert assertion is not None
    assertion.set("ID", "id-evil")
    root.append(sealed(assertion, AWS))
    result = decode(etree.tostring(root), "--decrypt-key", _key(decode))
    assert "signature-wrapping" in result.codes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        AWS.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
    ],
    ids=["empty", "words", "broken", "elliptic", "with a password"],
)
def test_another_file_than_a_key_is_one_line(decode: Decode, data: bytes) -> None:
    """What it is, and what would be right."""
    file = decode.folder / "key"
    file.write_bytes(data)
    result = decode(encrypted(GOOD), "--decrypt-key", str(file))
    assert result.code == 1
    assert result.error.startswith(f"{file}: ")
    assert "\n" not in result.error


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=3))
def test_any_damage_ends_in_an_answer(decode: Decode, place: int, new: bytes) -> None:
    """Never in a traceback, and never in another person."""
    xml = b64decode(parse_qs(encrypted(GOOD.but(sign_response=False)).decode())["SAMLResponse"][0])
    place %= len(xml)
    result = decode(xml[:place] + new + xml[place + len(new) :], "--decrypt-key", _key(decode))
    assert result.code in {0, 1, 3}
    if result.code == 0 and result.json["assertion"] and result.json["assertion"]["verified"]:
        assert result.json["assertion"]["session_name"] == "Ada.Admin@example.com"
