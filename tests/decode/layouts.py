"""Responses laid out as other projects' test data are: each built here, with keys and names of our own.

Signatures are made by hand, so that they can be as unusual as those out there: with prefixes or without, inclusively
canonicalized, with a bare key, over the whole document.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from tests.decode.responses import DS, Response, Signer, signer
from tests.decode.tampering import EVE, SAML, SAMLP, sealed

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
ENVELOPED = f"{DS}enveloped-signature"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_HASHES = {
    "sha1": (f"{DS}rsa-sha1", f"{DS}sha1", hashes.SHA1),
    "sha256": (f"{_MORE}rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", hashes.SHA256),
    "sha384": (f"{_MORE}rsa-sha384", f"{_MORE}sha384", hashes.SHA384),
    "sha512": (f"{_MORE}rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512", hashes.SHA512),
}
KeyInfo = Literal["certificate", "none", "key value", "base64 of PEM", "another's certificate"]


@dataclass(frozen=True)
class Style:
    """How a signature is made."""

    by: Signer | None = None
    prefix: str = "ds:"
    c14n: str = EXCLUSIVE
    hash: str = "sha256"
    key_info: KeyInfo = "certificate"
    uri: str | None = None
    """What it names; None for the element's ID."""
    transforms: tuple[str, ...] | None = None
    hmac: bool = False
    """With a secret that everybody knows: the certificate."""
    digest_uri: str | None = None
    """What the digest's algorithm is called, if not by its name in the standard."""


PLAIN = Style()


def put_signature(element: etree._Element, style: Style = PLAIN, *, over: etree._Element | None = None) -> None:
    """Signs `element` (or `over`, from within `element`), after its issuer."""
    by, colon = style.by or signer(), style.prefix
    target = element if over is None else over
    method, digest_method, made = _HASHES[style.hash]
    if style.hmac:
        method = f"{DS}hmac-sha1"
    digest = hashlib.new(style.hash, _canonical(target, style.c14n)).digest()
    uri = f"#{target.get('ID')}" if style.uri is None else style.uri
    declared = f'xmlns{":" if colon else ""}{colon.rstrip(":")}="{DS}"'
    transforms = "".join(
        f'<{colon}Transform Algorithm="{each}"/>' for each in style.transforms or (ENVELOPED, style.c14n)
    )
    signature = etree.fromstring(
        f'<{colon}Signature {declared}><{colon}SignedInfo><{colon}CanonicalizationMethod Algorithm="{style.c14n}"/>'
        f'<{colon}SignatureMethod Algorithm="{method}"/><{colon}Reference URI="{uri}"><{colon}Transforms>'
        f'{transforms}</{colon}Transforms><{colon}DigestMethod Algorithm="{style.digest_uri or digest_method}"/><{colon}DigestValue>'
        f"{base64.b64encode(digest).decode()}</{colon}DigestValue></{colon}Reference></{colon}SignedInfo>"
        f"<{colon}SignatureValue/>{_key_info(style, by)}</{colon}Signature>"
    )
    element.insert(1, signature)
    information, value = signature.find(f"{{{DS}}}SignedInfo"), signature.find(f"{{{DS}}}SignatureValue")
    assert information is not None
    assert value is not None
    # As a document of its own, with the namespaces around it: of a part, libxml2 canonicalizes more than there is.
    text = _canonical(etree.fromstring(etree.tostring(information, with_tail=False)), style.c14n)
    if style.hmac:
        code = hmac.HMAC(by.base64.encode(), hashes.SHA1())
        code.update(text)
        made_value = code.finalize()
    else:
        made_value = by.key.sign(text, padding.PKCS1v15(), made())
    value.text = base64.b64encode(made_value).decode()


def _canonical(element: etree._Element, algorithm: str) -> bytes:
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=algorithm == EXCLUSIVE, with_comments=False)


def _key_info(style: Style, by: Signer) -> str:
    colon = style.prefix
    if style.key_info == "none":
        return ""
    if style.key_info == "key value":
        numbers = by.key.public_key().public_numbers()
        modulus, exponent = (
            base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()
            for number in (numbers.n, numbers.e)
        )
        inner = (
            f"<{colon}KeyValue><{colon}RSAKeyValue><{colon}Modulus>{modulus}</{colon}Modulus>"
            f"<{colon}Exponent>{exponent}</{colon}Exponent></{colon}RSAKeyValue></{colon}KeyValue>"
        )
        return f"<{colon}KeyInfo>{inner}</{colon}KeyInfo>"
    text = {
        "certificate": by.base64,
        "base64 of PEM": base64.b64encode(by.certificate.public_bytes(Encoding.PEM)).decode(),
        "another's certificate": signer("stranger").base64,
    }[style.key_info]
    inner = f"<{colon}X509Data><{colon}X509Certificate>{text}</{colon}X509Certificate></{colon}X509Data>"
    return f"<{colon}KeyInfo>{inner}</{colon}KeyInfo>"


# --- parts ---------------------------------------------------------------------------------------------------------------


def unsigned() -> tuple[etree._Element, etree._Element]:
    """A response and its assertion."""
    root = Response(sign_response=False, sign_assertion=False).unsigned()
    return root, assertion_in(root)


def assertion_in(root: etree._Element) -> etree._Element:
    """The assertion among a response's children."""
    found = root.find(f"{SAML}Assertion")
    assert found is not None
    return found


def eves(element: etree._Element, identifier: str | None = "id-evil", *, signed: bool = False) -> etree._Element:
    """A copy that says Eve."""
    forged = copy.deepcopy(element)
    if not signed:
        for signature in forged.findall(f"{{{DS}}}Signature"):
            forged.remove(signature)
    if identifier is not None:
        forged.set("ID", identifier)
    for each in forged.iter(f"{SAML}NameID", f"{SAML}AttributeValue"):
        if each.text and "Ada" in each.text:
            each.text = EVE
    return forged


def signature_of(element: etree._Element) -> etree._Element:
    """The signature among an element's children."""
    found = element.find(f"{{{DS}}}Signature")
    assert found is not None
    return found


def inside(parent: etree._Element, name: str, *children: etree._Element) -> etree._Element:
    """A new last child of `parent`, with these in it."""
    made = etree.SubElement(parent, name)
    made.extend(children)
    return made


def text_of(root: etree._Element) -> bytes:
    return etree.tostring(root)


# --- whole layouts ----------------------------------------------------------------------------------------------------------


def laid_out(
    *,
    root: Style | None = None,
    assertion: Style | None = None,
    advice: int = 0,
    advice_signed: bool = False,
    changed: bytes = b"",
    encrypted: bool = False,
) -> bytes:
    """A response that is signed here and there, with assertions as advice in its own, and changed after signing."""
    response, own = unsigned()
    conditions = own.find(f"{SAML}Conditions")
    for number in range(advice):
        place = own.find(f"{SAML}Advice")
        if place is None:
            place = etree.Element(f"{SAML}Advice")
            assert conditions is not None
            conditions.addnext(place)
        another = assertion_in(Response(sign_response=False, sign_assertion=False).unsigned())
        another.set("ID", f"id-advice-{number}")
        place.append(another)
        if advice_signed:
            put_signature(another, replace(PLAIN, key_info="none"))
    if assertion is not None:
        put_signature(own, assertion)
    if encrypted:
        response.replace(assertion_in(response), sealed(own, signer("aws")))
    if root is not None:
        put_signature(response, root)
    text = text_of(response)
    return text.replace(changed, changed[::-1]) if changed else text


def resigned(changed: bytes, *, encrypted: bool) -> bytes:
    """The assertion is changed after it was signed, and then the response is signed around it."""
    response, own = _assertion_signed()
    other = etree.fromstring(etree.tostring(own, with_tail=False).replace(changed, changed[::-1]))
    response.replace(own, sealed(other, signer("aws")) if encrypted else other)
    put_signature(response)
    return text_of(response)


def attacked(how: str) -> bytes:
    """Signature wrapping, by the names that SAML Raider has for the first eight ways, and by what others do."""
    return text_of(ATTACKS[how]())


def _response_signed() -> tuple[etree._Element, etree._Element]:
    root, _ = unsigned()
    put_signature(root)
    original = copy.deepcopy(root)
    original.remove(signature_of(original))
    return root, original


def _assertion_signed() -> tuple[etree._Element, etree._Element]:
    root, assertion = unsigned()
    put_signature(assertion)
    return root, assertion


def _xsw1() -> etree._Element:
    signed, original = _response_signed()
    evil = eves(signed, "id-evil", signed=True)
    signature_of(evil).append(original)
    return evil


def _xsw2() -> etree._Element:
    signed, original = _response_signed()
    evil = eves(signed, "id-evil", signed=True)
    signature_of(evil).addprevious(original)
    return evil


def _xsw3() -> etree._Element:
    root, assertion = _assertion_signed()
    assertion.addprevious(eves(assertion))
    return root


def _xsw4() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion)
    root.append(evil)
    evil.append(assertion)
    return root


def _xsw5() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    original = copy.deepcopy(assertion)
    original.remove(signature_of(original))
    root.replace(assertion, evil)
    root.append(original)
    return root


def _xsw6() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    original = copy.deepcopy(assertion)
    original.remove(signature_of(original))
    root.replace(assertion, evil)
    signature_of(evil).append(original)
    return root


def _xsw7(identifier: str | None = None) -> etree._Element:
    root, assertion = _assertion_signed()
    extensions = etree.Element(f"{SAMLP}Extensions")
    assertion.addprevious(extensions)
    extensions.append(eves(assertion, identifier))
    return root


def _xsw8() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, None, signed=True)
    original = copy.deepcopy(assertion)
    original.remove(signature_of(original))
    root.replace(assertion, evil)
    inside(signature_of(evil), f"{{{DS}}}Object", original)
    return root


def _two_signed_infos() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    root.replace(assertion, evil)
    signature = signature_of(evil)
    genuine = signature.find(f"{{{DS}}}SignedInfo")
    assert genuine is not None
    forged = copy.deepcopy(genuine)
    reference = forged.find(f"{{{DS}}}Reference")
    assert reference is not None
    reference.set("URI", "#id-evil")
    genuine.addnext(forged)
    inside(root, f"{SAMLP}Extensions", assertion)
    return root


def _in_object() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    root.replace(assertion, evil)
    inside(signature_of(evil), f"{{{DS}}}Object", assertion)
    return root


def _in_assertion(*, first: bool = False, own_signature: bool = False) -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=own_signature)
    root.replace(assertion, evil)
    if own_signature:
        reference = signature_of(evil).find(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
        assert reference is not None
        reference.set("URI", "#id-evil")
    evil.insert(0, assertion) if first else evil.append(assertion)
    return root


def _in_response() -> etree._Element:
    root, _ = unsigned()
    put_signature(root)
    evil = eves(root, "id-evil", signed=True)
    reference = signature_of(evil).find(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    assert reference is not None
    reference.set("URI", "#id-evil")
    evil.insert(0, root)
    return evil


def _in(name: str) -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    root.replace(assertion, evil)
    inside(root, name, assertion)
    return root


def _in_wrapper_of_assertion() -> etree._Element:
    root, assertion = _assertion_signed()
    evil = eves(assertion, signed=True)
    root.replace(assertion, evil)
    inside(evil, "wrapper", assertion)
    return root


def _signed_metadata() -> etree._Element:
    root, assertion = unsigned()
    metadata = etree.fromstring(
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="id-metadata"><md:x/></md:EntityDescriptor>'
    )
    put_signature(metadata)
    root.replace(assertion, eves(assertion))
    inside(root, f"{SAMLP}Extensions", metadata)
    return root


def _signed_logout() -> etree._Element:
    root, assertion = unsigned()
    logout = etree.fromstring(
        f'<p:LogoutResponse xmlns:p="{SAMLP[1:-1]}" ID="id-logout"><p:Status/></p:LogoutResponse>'
    )
    put_signature(logout)
    signature = signature_of(logout)
    root.insert(1, signature)
    inside(root, f"{SAMLP}Extensions", logout)
    root.replace(assertion, sealed(eves(assertion), signer("aws")))
    return root


def _comment(where: str) -> etree._Element:
    root, assertion = _assertion_signed()
    for each in assertion.iter(f"{SAML}{where}"):
        if each.text and "Ada" in each.text:
            each.text, rest = each.text[:3], each.text[3:]
            comment = etree.Comment("")
            comment.tail = rest
            each.append(comment)
    return root


ATTACKS: dict[str, Callable[[], etree._Element]] = {
    "XSW1": _xsw1,
    "XSW2": _xsw2,
    "XSW3": _xsw3,
    "XSW4": _xsw4,
    "XSW5": _xsw5,
    "XSW6": _xsw6,
    "XSW7": _xsw7,
    "XSW8": _xsw8,
    "two SignedInfo": _two_signed_infos,
    "in Object": _in_object,
    "assertion in assertion": lambda: _in_assertion(first=True),
    "assertion in assertion, each signed": lambda: _in_assertion(first=True, own_signature=True),
    "response in response": _in_response,
    "in Extensions": lambda: _in(f"{SAMLP}Extensions"),
    "in a wrapper": lambda: _in("wrapper"),
    "in a wrapper of the assertion": _in_wrapper_of_assertion,
    "in Status": lambda: _in(f"{SAMLP}StatusDetail"),
    "metadata signed": _signed_metadata,
    "logout signed": _signed_logout,
    "comment in NameID": lambda: _comment("NameID"),
    "comment in AttributeValue": lambda: _comment("AttributeValue"),
}


def same_id() -> bytes:
    """The assertion twice, with one ID, the second one Eve's."""
    root, assertion = _assertion_signed()
    root.append(eves(assertion, None))
    return text_of(root)


def twice() -> bytes:
    """The signed assertion, and once more."""
    root, assertion = _assertion_signed()
    root.append(copy.deepcopy(assertion))
    return text_of(root)


def siblings() -> bytes:
    """Two assertions, each with a signature of its own: unusual, and all of it signed."""
    root, _ = _assertion_signed()
    another = assertion_in(unsigned()[0])
    another.set("ID", "id-second")
    root.append(another)
    put_signature(another)
    return text_of(root)


def signed_together() -> bytes:
    """Two assertions without signatures in a signed response."""
    root, assertion = unsigned()
    another = copy.deepcopy(assertion)
    another.set("ID", "id-second")
    root.append(another)
    put_signature(root)
    return text_of(root)


def outside(style: Style = PLAIN) -> bytes:
    """The assertion's signature stands in the response."""
    root, assertion = unsigned()
    put_signature(root, style, over=assertion)
    return text_of(root)


def issuer_only() -> bytes:
    """A signature for nothing but the issuer."""
    root, _ = unsigned()
    issuer = root.find(f"{SAML}Issuer")
    assert issuer is not None
    issuer.set("ID", "id-issuer")
    put_signature(root, over=issuer)
    return text_of(root)


def whole_document(*, in_assertion: bool = False, c14n: str = INCLUSIVE_11) -> bytes:
    """A signature that names no ID: it is for the document, wherever it stands."""
    root, assertion = unsigned()
    style = replace(PLAIN, uri="", c14n=c14n)
    if in_assertion:
        put_signature(assertion, style, over=root)
    else:
        put_signature(root, style)
    return text_of(root)


def with_carriage_returns() -> bytes:
    """Lines that end as on Windows, and were signed so."""
    root, _ = unsigned()
    for child in root:
        child.tail = "\r\n"
    put_signature(root)
    return text_of(root)


def dangling() -> bytes:
    """A signature for an ID that nothing has."""
    return laid_out(assertion=replace(PLAIN, uri="#id-nowhere"))
