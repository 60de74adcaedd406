"""Forged and encrypted responses, made from good ones."""

from __future__ import annotations

import copy
from base64 import b64encode
from urllib.parse import urlencode

from lxml import etree

from tests.decode.responses import DS, RELAY_STATE, Response

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
EVE = "eve@evil.example"


def _forged(assertion: etree._Element, *, new_id: str | None) -> etree._Element:
    """A copy that says Eve, without a signature."""
    forged = copy.deepcopy(assertion)
    for signature in forged.findall(f"{{{DS}}}Signature"):
        forged.remove(signature)
    if new_id is not None:
        forged.set("ID", new_id)
    for element in forged.iter(f"{SAML}NameID", f"{SAML}AttributeValue"):
        if element.text and "Ada" in element.text:
            element.text = EVE
    return forged


def _parts(response: Response) -> tuple[etree._Element, etree._Element]:
    root = response.but(sign_response=False).element()
    assertion = root.find(f"{SAML}Assertion")
    assert assertion is not None
    return root, assertion


def wrapped(response: Response, how: str = "first") -> bytes:
    """A response in which a signed assertion and Eve's are both present."""
    root, assertion = _parts(response)
    same_id = how == "same ID"
    forged = _forged(assertion, new_id=None if same_id else "id-evil")
    place = list(root).index(assertion)
    if how in {"first", "same ID"}:
        root.insert(place, forged)
    elif how == "last":
        root.append(forged)
    elif how == "hidden":
        # The signed one moves out of sight; the signature goes along inside Eve's, and still refers to it.
        signature = assertion.find(f"{{{DS}}}Signature")
        assert signature is not None
        extensions = etree.SubElement(root, f"{SAMLP}Extensions")
        root.replace(assertion, forged)
        forged.insert(1, copy.deepcopy(signature))
        extensions.append(assertion)
    elif how == "inside the signature":
        signature = assertion.find(f"{{{DS}}}Signature")
        assert signature is not None
        root.replace(assertion, forged)
        assertion.remove(signature)
        etree.SubElement(signature, f"{{{DS}}}Object").append(assertion)
        forged.insert(1, signature)
    elif how == "only hidden":
        extensions = etree.SubElement(root, f"{SAMLP}Extensions")
        root.remove(assertion)
        extensions.append(assertion)
    else:
        raise AssertionError(how)
    return etree.tostring(root)


HOW = ("first", "last", "same ID", "hidden", "inside the signature")
"""Ways of wrapping; besides them `wrapped` knows `only hidden`, which is none."""


def with_comment(response: Response, element: str) -> bytes:
    """A comment within a name, added after signing: the signature does not cover it."""
    return (
        response.xml().replace(b"Ada.Admin@example.com", b"Ada.Admin@example.com<!-- -->.evil.example")
        if element == "changed"
        else response.xml().replace(b"Ada.Admin@example.com", b"Ada.<!-- -->Admin@example.com")
    )


def encrypted(response: Response) -> bytes:
    """A response with an encrypted assertion in the place of the plain one."""
    root, assertion = _parts(response)
    sealed = etree.Element(f"{SAML}EncryptedAssertion")
    data = etree.SubElement(sealed, "{http://www.w3.org/2001/04/xmlenc#}EncryptedData")
    cipher = etree.SubElement(data, "{http://www.w3.org/2001/04/xmlenc#}CipherData")
    etree.SubElement(cipher, "{http://www.w3.org/2001/04/xmlenc#}CipherValue").text = "bm90aGluZw=="
    root.replace(assertion, sealed)
    return urlencode({"SAMLResponse": b64encode(etree.tostring(root)).decode(), "RelayState": RELAY_STATE}).encode()
