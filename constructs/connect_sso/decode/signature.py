"""What of a response is signed, by which certificate, and whether it is the thing that counts.

An XML signature covers an element, named by an ID, and that need not be the element a reader looks at (signature
wrapping). So everything shown is read from the copy that the verification returns, not from the document; and whatever
an identity provider never sends but a forger needs is named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from connect_sso.decode.assertion import SAML, SAMLP
from connect_sso.saml.certificates import Certificate, read_certificate
from connect_sso.saml.xml import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DS = "{http://www.w3.org/2000/09/xmldsig#}"

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_TRANSFORMS = {_ENVELOPED, *(method.value for method in CanonicalizationMethod)}
# SHA-1 is verified too: old apps still sign so, and "the signature is weak" is another answer than "it is broken".
_METHODS = frozenset(method for method in SignatureMethod if not method.name.startswith(("HMAC", "DSA")))
_TEXT_ELEMENTS = {f"{SAML}{name}" for name in ("Issuer", "NameID", "Audience", "AttributeValue")}


class Covers(StrEnum):
    """The element that a signature is for."""

    RESPONSE = "response"
    ASSERTION = "assertion"


@dataclass(frozen=True)
class Signature:
    """One signature in its place, as the child of the element it is for."""

    covers: Covers
    algorithm: str
    """Such as `rsa-sha256`."""
    weak: bool
    """Made with SHA-1."""
    certificate: Certificate | None
    """The one that verifies it, or else the one that came with it."""
    verified: bool
    problem: str
    """Why it is not verified, in a few words; empty where it is."""
    signed: etree._Element | None
    """What was signed: a copy, read from the canonical bytes."""


@dataclass(frozen=True)
class Evidence:
    """What of a response may be believed, and what is suspicious about it."""

    response: etree._Element
    """The verified copy where the response is signed, otherwise the document's."""
    assertion: etree._Element | None
    """The one that counts; None where there is none, or no way to tell which."""
    assertion_verified: bool
    signatures: tuple[Signature, ...]
    tampering: tuple[str, ...]
    """Signs of forgery, a short sentence each."""
    encrypted: bool


def examine(root: etree._Element, known: Sequence[Certificate] = ()) -> Evidence:
    """Examines a Response (or a bare Assertion).

    Args:
        root: the document's root, from `safe_xml.parse_xml`.
        known: certificates to try besides the one that the response carries.
    """
    owners = [root, *root.findall(f"{SAML}Assertion")]
    tampering = list(_tampering(root, owners))
    signatures: list[Signature] = []
    verified_at: dict[etree._Element, etree._Element] = {}
    for owner in owners:
        for element in owner.findall(f"{DS}Signature")[:1]:
            forbidden = _reference_problem(owner, element)
            if forbidden:
                tampering.append(forbidden)
            signature = _verify(owner, element, known, forbidden)
            signatures.append(signature)
            if signature.signed is not None:
                verified_at[owner] = signature.signed
    response = verified_at.get(root, root)
    assertion = _the_assertion(root, response, verified_at)
    return Evidence(
        response=response,
        assertion=assertion,
        assertion_verified=assertion is not None and (root in verified_at or assertion in verified_at.values()),
        signatures=tuple(signatures),
        tampering=tuple(dict.fromkeys(tampering)),
        encrypted=root.find(f"{SAML}EncryptedAssertion") is not None,
    )


def _the_assertion(
    root: etree._Element, response: etree._Element, verified_at: dict[etree._Element, etree._Element]
) -> etree._Element | None:
    """The assertion to show: a verified one where there is one, never a choice between several."""
    if root.tag == f"{SAML}Assertion":
        return response
    candidates = response.findall(f"{SAML}Assertion")
    verified = [copy for owner, copy in verified_at.items() if owner is not root]
    if len(verified) == 1:
        return verified[0]
    return candidates[0] if len(candidates) == 1 else None


def _verify(owner: etree._Element, element: etree._Element, known: Sequence[Certificate], forbidden: str) -> Signature:
    covers = Covers.RESPONSE if owner.tag == f"{SAMLP}Response" else Covers.ASSERTION
    method = _algorithm(element, f"{DS}SignedInfo/{DS}SignatureMethod")
    digest = _algorithm(element, f"{DS}SignedInfo/{DS}Reference/{DS}DigestMethod")
    embedded = [
        certificate
        for found in element.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
        if (certificate := read_certificate(text_of(found))) is not None
    ]
    problem = forbidden or "no certificate came with it, and none is known to try"
    for certificate in () if forbidden else _unique((*embedded, *known)):
        signed, problem_here = _verified_copy(owner, certificate)
        if signed is not None:
            return Signature(covers, method, "sha1" in (method + digest), certificate, True, "", signed)
        # The reason given is that of the certificate that came with the response; the others are only tried.
        problem = problem_here if certificate in embedded[:1] or not embedded else problem
    return Signature(
        covers, method, "sha1" in (method + digest), embedded[0] if embedded else None, False, problem, None
    )


def _verified_copy(owner: etree._Element, certificate: Certificate) -> tuple[etree._Element | None, str]:
    """The signed copy of `owner` by `certificate`, or None and the reason."""
    configuration = SignatureConfiguration(
        location="./",
        signature_methods=_METHODS,
        digest_algorithms=frozenset(DigestAlgorithm),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        # Whether the certificate has ended is reported beside; here only the key counts.
        verification_time=certificate.not_before,
        # A KeyValue beside the certificate decides nothing: the certificate is given.
        ignore_ambiguous_key_info=True,
    )
    try:
        result = XMLVerifier().verify(
            etree.tostring(owner, with_tail=False),
            x509_cert=certificate.x509,
            id_attribute="ID",
            expect_config=configuration,
        )
    except InvalidDigest:
        return None, "its content was changed after it was signed"
    except InvalidSignature:
        return None, "it was not made with the certificate's key"
    except Exception as error:
        return None, f"it cannot be verified ({type(error).__name__})"
    if not isinstance(result, VerifyResult) or result.signed_xml is None:
        return None, "it does not cover one element"
    if result.signed_xml.tag != owner.tag or result.signed_xml.get("ID") != owner.get("ID"):
        return None, "it covers another element"
    return result.signed_xml, ""


def _reference_problem(owner: etree._Element, element: etree._Element) -> str:
    """Why the signature cannot be for its parent, in one sentence, or nothing."""
    name = etree.QName(owner).localname
    references = element.findall(f"{DS}SignedInfo/{DS}Reference")
    if len(references) != 1:
        return f"the signature of the {name} covers {len(references)} elements instead of one"
    uri = references[0].get("URI", "")
    if uri != f"#{owner.get('ID', '')}" or not owner.get("ID"):
        target = f"the element with the ID {uri[1:60]!r}" if uri.startswith("#") else "something else"
        return f"the signature inside the {name} covers {target}, not the {name}"
    for transform in references[0].iterfind(f"{DS}Transforms/{DS}Transform"):
        if transform.get("Algorithm") not in _TRANSFORMS:
            return f"the signature of the {name} uses a transform that SAML does not allow"
    return ""


def _tampering(root: etree._Element, owners: list[etree._Element]) -> Iterator[str]:
    assertions = list(root.iter(f"{SAML}Assertion"))
    hidden = [assertion for assertion in assertions if assertion not in owners]
    if len(assertions) > 1:
        yield f"there are {len(assertions)} assertions; an identity provider sends one"
    if hidden:
        parent = hidden[0].getparent()
        inside = etree.QName(parent).localname if parent is not None else "document"
        yield f"an assertion is hidden inside the element {inside[:40]}"
    for element in root.iter(f"{DS}Signature"):
        parent = element.getparent()
        if parent is None or parent not in owners:
            yield "there is a signature where none belongs"
    for owner in owners:
        if len(owner.findall(f"{DS}Signature")) > 1:
            yield f"the {etree.QName(owner).localname} has more than one signature"
    for name, count in Counter(_ids(root)).items():
        if count > 1:
            yield f"the ID {name[:60]!r} is used {count} times"
    for node in root.iter(etree.Comment, etree.ProcessingInstruction):
        parent = node.getparent()
        if parent is not None and parent.tag in _TEXT_ELEMENTS:
            yield f"a comment splits the text of {etree.QName(parent).localname}: programs differ in what they then read"


def _ids(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if etree.QName(name).localname.lower() == "id":
                yield str(value)


def _algorithm(element: etree._Element, path: str) -> str:
    found = element.find(path)
    uri = found.get("Algorithm", "") if found is not None else ""
    return str(uri).rsplit("#", 1)[-1].lower()


def _unique(certificates: Iterable[Certificate]) -> list[Certificate]:
    return list({certificate.sha256: certificate for certificate in certificates}.values())
