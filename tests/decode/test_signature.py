"""Three verdicts on a signature, and by whose key: what cannot be checked is never called wrong."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from tests.conftest import ROOT
from tests.decode.responses import DS, Response, Signer, metadata, sign, signer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.decode.conftest import Decode, Decoded

SCHEMA = json.loads((ROOT / "constructs/connect_sso/decode/decode.schema.json").read_text(encoding="utf-8"))
GOOD = Response()
NO_KEY = GOOD.but(with_certificate=False)
CHANGED = NO_KEY.xml().replace(b"43200", b"43199")
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"


def _verdict(result: Decoded) -> tuple[str, str | None]:
    jsonschema.validate(result.json, SCHEMA)
    signature = result.json["signature"]
    return signature["verdict"], signature["by"]


def _certificate(folder: Path, by: Signer | None = None, form: str = "PEM") -> str:
    certificate = (by or signer()).certificate
    data = {
        "PEM": certificate.public_bytes(Encoding.PEM),
        "DER": certificate.public_bytes(Encoding.DER),
        "base64": (by or signer()).base64.encode(),
        "two": signer("stranger").certificate.public_bytes(Encoding.PEM) + certificate.public_bytes(Encoding.PEM),
    }[form]
    file = folder / f"certificate.{form}"
    file.write_bytes(data)
    return str(file)


def test_without_any_key_it_is_not_checkable_and_nothing_is_wrong(decode: Decode) -> None:
    """Nothing was tried, so nothing may be said against it: only what to give."""
    result = decode(NO_KEY.form())
    assert (result.code, result.codes) == (0, [])
    assert _verdict(result) == ("not_checkable", None)
    assert result.json["signature"]["give"] == ["--certificate FILE", "--metadata FILE", "--state STATE.json"]
    text = decode(NO_KEY.form(), form="text").out
    assert "not checked" in text
    assert "--metadata FILE" in " ".join(text.split())
    assert "proxy" not in text


def test_the_key_in_the_response_proves_nothing_about_who(decode: Decode) -> None:
    """Verified, but only by what anybody can send."""
    result = decode(GOOD.form())
    assert (result.code, _verdict(result)) == (0, ("verified", "response"))
    assert any("proves nothing about who" in note for note in result.json["notes"])


@pytest.mark.parametrize("form", ["PEM", "DER", "base64", "two"])
@pytest.mark.parametrize("response", [GOOD, NO_KEY], ids=["with a certificate", "without"])
def test_a_given_certificate_tells_who(decode: Decode, form: str, response: Response) -> None:
    """However the file has it."""
    file = _certificate(decode.folder, form=form)
    result = decode(response.form(), "--certificate", file)
    assert (result.code, _verdict(result)) == (0, ("verified", "expected"))
    assert result.json["signature"]["known_from"] == file
    assert not any("proves nothing" in note for note in result.json["notes"])


def test_given_metadata_tells_who(decode: Decode) -> None:
    """Okta's metadata is what people have at hand."""
    file = decode.folder / "metadata.xml"
    file.write_text(metadata(signer()))
    assert _verdict(decode(NO_KEY.form(), "--metadata", str(file))) == ("verified", "expected")


def test_the_state_tells_who(decode: Decode) -> None:
    """And which resource has the certificate."""
    result = decode(NO_KEY.form(), "--state", decode.state())
    assert _verdict(result) == ("verified", "expected")
    assert "aws_iam_saml_provider.admin" in result.json["signature"]["known_from"]


@pytest.mark.parametrize("response", [GOOD, NO_KEY], ids=["with a certificate", "without"])
def test_another_key_than_the_given_one_is_a_rotated_certificate(decode: Decode, response: Response) -> None:
    """The content is untouched: it is the key that differs, and no proxy is to blame."""
    result = decode(response.form(), "--certificate", _certificate(decode.folder, signer("stranger")))
    assert result.codes == ["certificate-rotated"]
    assert _verdict(result) == (("verified", "response") if response is GOOD else ("refuted", None))
    old = decode(response.but(signer=signer("new")).form(), "--state", decode.state())
    assert old.codes == ["certificate-rotated"]


@pytest.mark.parametrize("options", [(), ("--state",)], ids=["without a key", "with the key"])
def test_changed_content_is_refuted_with_or_without_a_key(decode: Decode, options: tuple[str, ...]) -> None:
    """The digest is in the signature: to see that it does not fit needs no key."""
    result = decode(CHANGED, *options, *((decode.state(),) if options else ()))
    assert result.codes == ["signature-broken"]
    assert _verdict(result) == ("refuted", None)
    assert "changed" in result.json["signature"]["problem"]


def test_a_stray_certificate_says_nothing(decode: Decode) -> None:
    """AWS ignores what comes with a signature: only the expected key refutes, or verifies it all the same."""
    root = GOOD.but(sign_assertion=False).element()
    for element in root.iter(f"{{{DS}}}X509Certificate"):
        element.text = signer("stranger").base64
    data = etree.tostring(root)
    alone = decode(data)
    assert (alone.code, _verdict(alone)) == (0, ("not_checkable", None))
    expected = decode(data, "--certificate", _certificate(decode.folder))
    assert (expected.code, _verdict(expected)) == (0, ("verified", "expected"))
    neither = decode(data, "--certificate", _certificate(decode.folder, signer("new")))
    assert (neither.codes, _verdict(neither)) == (["signature-broken"], ("refuted", None))


def _with_key_info(inner: str) -> bytes:
    """The good response, with this inside its KeyInfo."""
    root = GOOD.but(sign_assertion=False).element()
    for element in root.iter(f"{{{DS}}}KeyInfo"):
        for child in list(element):
            element.remove(child)
        element.append(etree.fromstring(inner))
    return etree.tostring(root)


def _number(value: int) -> str:
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()


def _key_value(by: Signer | None = None) -> str:
    numbers = (by or signer()).key.public_key().public_numbers()
    return (
        f'<ds:KeyValue xmlns:ds="{DS}"><ds:RSAKeyValue><ds:Modulus>{_number(numbers.n)}</ds:Modulus>'
        f"<ds:Exponent>{_number(numbers.e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    )


def test_a_bare_key_is_a_key(decode: Decode) -> None:
    """Some identity providers send a KeyValue and no certificate."""
    result = decode(_with_key_info(_key_value()))
    assert (result.code, _verdict(result)) == (0, ("verified", "response"))
    assert result.json["signatures"][0]["certificate"] is None
    known = decode(_with_key_info(_key_value()), "--state", decode.state())
    assert (known.code, _verdict(known)) == (0, ("verified", "expected"))
    other = decode(_with_key_info(_key_value(signer("stranger"))))
    assert (other.code, _verdict(other)) == (0, ("not_checkable", None))


def test_a_certificate_as_base64_of_pem_is_read(decode: Decode) -> None:
    """Encoded twice, as some identity providers have it."""
    pem = base64.b64encode(signer().certificate.public_bytes(Encoding.PEM)).decode()
    inner = f'<ds:X509Data xmlns:ds="{DS}"><ds:X509Certificate>{pem}</ds:X509Certificate></ds:X509Data>'
    assert _verdict(decode(_with_key_info(inner))) == ("verified", "response")


def test_an_unknown_algorithm_is_not_checkable(decode: Decode) -> None:
    """What is not known here may be known to AWS."""
    unknown = GOOD.but(sign_response=False).xml().replace(b"xmldsig-more#rsa-sha256", b"xmldsig-more#rsa-of-2031")
    result = decode(unknown)
    assert (result.code, _verdict(result)) == (0, ("not_checkable", None))
    assert "rsa-of-2031" in result.json["signature"]["problem"]


def test_a_signature_of_the_whole_document_covers_it(decode: Decode) -> None:
    """An empty URI stands for the document; SAML wants an ID, and what is covered is covered."""
    root = GOOD.but(sign_response=False, sign_assertion=False).element()
    result = decode(etree.tostring(sign(root, signer(), reference="")))
    assert (result.code, _verdict(result)) == (0, ("verified", "response"))
    assert any("not documented" in note for note in result.json["notes"])


@pytest.mark.parametrize("option", ["--certificate", "--metadata"])
def test_a_file_without_a_key_is_one_line(decode: Decode, option: str) -> None:
    """A private key, a web page, a typing mistake."""
    file = decode.folder / "other"
    for data in (b"", b"hello", b"\xff\xfe\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        file.write_bytes(data)
        result = decode(GOOD.form(), option, str(file))
        assert result.code == 1
        assert result.error.startswith(f"{file}: ")
        assert "\n" not in result.error
    assert decode(GOOD.form(), option, "nowhere").error.startswith("nowhere: ")
