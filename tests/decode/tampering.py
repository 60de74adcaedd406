"""Forged and encrypted responses, made from good ones."""

from __future__ import annotations

import copy
import os
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from tests.decode.responses import DS, RELAY_STATE, Response, Signer, sign, signer

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


XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
DIGESTS = {
    "sha1": (hashes.SHA1, "http://www.w3.org/2000/09/xmldsig#sha1"),
    "sha256": (hashes.SHA256, f"{XENC}sha256"),
}


def sealed(
    assertion: etree._Element,
    whom: Signer,
    *,
    content: str = "aes256-gcm",
    key: str = "rsa-oaep-mgf1p",
    digest: str = "sha1",
    beside: bool = False,
) -> etree._Element:
    """The assertion as an EncryptedAssertion for the holder of the certificate; `beside`: the key beside the data."""
    secret = os.urandom(int(content[3:6]) // 8)
    plain = etree.tostring(assertion, with_tail=False)
    if content.endswith("gcm"):
        nonce = os.urandom(12)
        cipher = nonce + AESGCM(secret).encrypt(nonce, plain, None)
    else:
        start, missing = os.urandom(16), 16 - len(plain) % 16
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(start)).encryptor()
        cipher = start + encryptor.update(plain + os.urandom(missing - 1) + bytes([missing])) + encryptor.finalize()
    made, uri = DIGESTS[digest]
    how: Any = padding.PKCS1v15() if key == "rsa-1_5" else padding.OAEP(padding.MGF1(made()), made(), None)
    wrapped_key = whom.key.public_key().encrypt(secret, how)
    space = XENC11 if content.endswith("gcm") else XENC
    inner = "" if key == "rsa-1_5" else f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{uri}"/>'
    if key == "rsa-oaep":
        inner += f'<x:MGF xmlns:x="{XENC11}" Algorithm="{XENC11}mgf1{digest}"/>'
    key_space = XENC11 if key == "rsa-oaep" else XENC
    encrypted_key = (
        f'<e:EncryptedKey xmlns:e="{XENC}" Id="key"><e:EncryptionMethod Algorithm="{key_space}{key}">{inner}</e:EncryptionMethod>'
        f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{whom.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
        f"<e:CipherData><e:CipherValue>{b64encode(wrapped_key).decode()}</e:CipherValue></e:CipherData></e:EncryptedKey>"
    )
    pointer = f'<ds:RetrievalMethod URI="#key" Type="{XENC}EncryptedKey"/>' if beside else encrypted_key
    return etree.fromstring(
        '<saml2:EncryptedAssertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">'
        f'<e:EncryptedData xmlns:e="{XENC}" Type="{XENC}Element"><e:EncryptionMethod Algorithm="{space}{content}"/>'
        f'<ds:KeyInfo xmlns:ds="{DS}">{pointer}</ds:KeyInfo>'
        f"<e:CipherData><e:CipherValue>{b64encode(cipher).decode()}</e:CipherValue></e:CipherData></e:EncryptedData>"
        f"{encrypted_key if beside else ''}</saml2:EncryptedAssertion>"
    )


def encrypted(response: Response, whom: Signer | None = None, **how: Any) -> bytes:
    """A response with an encrypted assertion in the place of the plain one, and signed after that if it is to be."""
    root, assertion = _parts(response)
    root.replace(assertion, sealed(assertion, whom or signer("aws"), **how))
    if response.sign_response:
        root = sign(root, response.signer)
    return urlencode({"SAMLResponse": b64encode(etree.tostring(root)).decode(), "RelayState": RELAY_STATE}).encode()
