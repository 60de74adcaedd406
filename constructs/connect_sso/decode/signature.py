"""One XML signature in its place: verified, refuted, or not checkable, and by which key.

An XML signature covers an element, named by an ID. What it covers is read from the copy that the verification returns,
never from the document. What that means for a whole response is `coverage.py`'s business.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import cryptography.exceptions
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from connect_sso.saml.certificates import Certificate, read_certificate
from connect_sso.saml.xml import DS, SAML, SAMLP, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EXC_C14N = "{http://www.w3.org/2001/10/xml-exc-c14n#}"

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CANONICAL = {method.value for method in CanonicalizationMethod}
# SHA-1 is verified too: old apps still sign so, and "the signature is weak" is another answer than "it is broken".
_METHODS = frozenset(method for method in SignatureMethod if not method.name.startswith("HMAC"))
_DIGESTS = {digest.value: digest.name.lower() for digest in DigestAlgorithm}
"""URI to the standard library's name."""
_MAX_REFERENCES = 5
_MAX_KEYS = 50
"""Tried per signature; a file that brings more is not an identity provider's."""


WHAT_TO_GIVE = ("--certificate FILE", "--metadata FILE", "--state STATE.json")
"""Options of `decode`: each brings the key that a signature should be made with."""


class Covers(StrEnum):
    """The element that a signature is for."""

    RESPONSE = "response"
    ASSERTION = "assertion"


class Verdict(StrEnum):
    """What is known about a signature."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    NOT_CHECKABLE = "not_checkable"


class By(StrEnum):
    """Whose key verified it."""

    EXPECTED = "expected"
    """One that was given, or that the state has: it tells who signed."""
    RESPONSE = "response"
    """Only the one that came with the signature: anybody can send a key of their own."""


class Flaw(StrEnum):
    """Why a signature is refuted."""

    CHANGED = "changed"
    """The content is not what was signed."""
    OTHER_KEY = "other key"
    """The content is untouched, but none of the expected keys made the signature, and no other is known."""
    UNFIT = "unfit"
    """It is made neither with an expected key nor with the one that it names, or is none that SAML allows."""


@dataclass(frozen=True)
class KnownKey:
    """A certificate that the response should be signed with."""

    certificate: Certificate
    known_from: str
    """The file, or the file and the address in it."""


@dataclass(frozen=True)
class Signature:
    """One signature in its place, as the child of the element it is for."""

    covers: Covers
    algorithm: str
    """Such as `rsa-sha256`."""
    weak: bool
    """Made with SHA-1."""
    verdict: Verdict
    problem: str = ""
    """Why it is not verified, in a few words; empty where it is."""
    flaw: Flaw | None = None
    by: By | None = None
    known_from: str = ""
    """Where the expected key is from; empty where it is not such a one."""
    certificate: Certificate | None = None
    """The one that verifies it, or else the one that came with it; None for a bare key, too."""
    signed: etree._Element | None = None
    """What was signed: a copy, read from the canonical bytes."""

    @property
    def verified(self) -> bool:
        """Whether it fits its content, by whichever key."""
        return self.verdict is Verdict.VERIFIED


@dataclass(frozen=True)
class LocatedSignature:
    """A signature in a document, and the element that it is for."""

    element: etree._Element
    """The ds:Signature."""
    parent: etree._Element
    target: etree._Element
    reference: etree._Element
    """The one to the target; there may be others."""


@dataclass(frozen=True)
class Misfit:
    """A signature that is for none of the elements that it should be for."""

    says: str
    """What it is for instead, in one sentence."""
    misleads: bool
    """Whether somebody may take it for one that is: that is what wrapping does. Otherwise it only signs too little."""


def find_target(
    root: etree._Element, parent: etree._Element, targets: Sequence[etree._Element]
) -> LocatedSignature | Misfit:
    """The element that the first signature of `parent` is for, if it is one of `targets`.

    SAML allows one reference, by ID, to the element that the signature stands in, with transforms that leave all of it
    in (https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf, 5.4). What other places and references still
    cover is covered all the same.

    Args:
        root: the document's root.
        parent: what the signature stands in.
        targets: the elements worth signing: the response and its assertions.
    """
    name = etree.QName(parent).localname
    element = parent.find(f"{DS}Signature")
    assert element is not None
    if len(element.findall(f"{DS}SignedInfo")) > 1:
        says = f"the signature of the {name} has several SignedInfo, so programs differ in which one they check"
        return Misfit(says, misleads=True)
    references = element.findall(f"{DS}SignedInfo/{DS}Reference")
    if not 0 < len(references) <= _MAX_REFERENCES:
        return Misfit(f"the signature of the {name} covers {len(references)} elements instead of one", misleads=False)
    for reference in references:
        for target in targets:
            if not refers_to(reference, target, root):
                continue
            identifier = str(reference.get("URI", ""))[1:]
            if count_of_id(root, identifier) > 1:
                says = f"the ID {identifier[:60]!r} is used more than once, so the signature can be for either element"
                return Misfit(says, misleads=True)
            transforms = reference.iterfind(f"{DS}Transforms/{DS}Transform")
            if any(transform.get("Algorithm") not in {_ENVELOPED, *_CANONICAL} for transform in transforms):
                says = f"the signature of the {name} uses a transform that SAML does not allow: it can leave parts out"
                return Misfit(says, misleads=True)
            return LocatedSignature(element, parent, target, reference)
    return _covers_something_else(root, name, references[0])


def _covers_something_else(root: etree._Element, name: str, reference: etree._Element) -> Misfit:
    uri = str(reference.get("URI", ""))
    told = f"the element with the ID {uri[1:60]!r}" if uri.startswith("#") else "something outside the response"
    found = referred_to(root, reference)
    if found is None:
        return Misfit(f"the signature inside the {name} covers {told}, which is not in the response", misleads=False)
    if is_part(found):
        return Misfit(f"the signature inside the {name} covers only the {etree.QName(found).localname}", misleads=False)
    return Misfit(f"the signature inside the {name} covers {told}, not the {name}", misleads=True)


def referred_to(root: etree._Element, reference: etree._Element) -> etree._Element | None:
    """The element in the document that a ds:Reference is to, by whatever attribute a program may take for an ID."""
    uri = str(reference.get("URI") or "")
    if not uri:
        return root
    return next((each for each in root.iter(etree.Element) if uri.startswith("#") and _has_id(each, uri[1:])), None)


def is_part(element: etree._Element) -> bool:
    """Whether it is a part of an assertion or response, such as its Issuer, and no message of its own."""
    if str(element.tag).startswith(SAML):
        return element.tag != f"{SAML}Assertion"
    return str(element.tag) in {f"{SAMLP}{name}" for name in ("Status", "StatusCode", "StatusMessage", "StatusDetail")}


def refers_to(reference: etree._Element, target: etree._Element, root: etree._Element) -> bool:
    """Whether a ds:Reference is to `target`: by its ID, or as the whole document by an empty URI."""
    uri = reference.get("URI") or ""
    name = target.get("ID", "")
    return (target is root and not uri) or (bool(name) and uri == f"#{name}")


def count_of_id(root: etree._Element, name: str) -> int:
    """How many elements have this ID, by whatever attribute a program may take for one."""
    if not name:
        return 0
    return sum(_has_id(element, name) for element in root.iter(etree.Element))


def _has_id(element: etree._Element, name: str) -> bool:
    return any(value == name and etree.QName(key).localname.lower() == "id" for key, value in element.attrib.items())


def check_signature(place: LocatedSignature, known: Sequence[KnownKey]) -> Signature:
    """The verdict on one signature.

    Args:
        place: from `find_target`.
        known: the certificates that are expected; they are tried before the one that came with the signature.
    """
    element = place.element
    method = _algorithm(element.find(f"{DS}SignedInfo/{DS}SignatureMethod"))
    digest = _algorithm(place.reference.find(f"{DS}DigestMethod"))
    embedded = [
        certificate
        for found in element.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
        if (certificate := read_certificate(text_of(found))) is not None
    ][:_MAX_KEYS]
    unchecked = Signature(
        covers=Covers.RESPONSE if place.target.tag == f"{SAMLP}Response" else Covers.ASSERTION,
        algorithm=method,
        weak="sha1" in method + digest,
        verdict=Verdict.NOT_CHECKABLE,
        certificate=embedded[0] if embedded else None,
    )
    if method.startswith("hmac"):
        return _refuted(unchecked, Flaw.UNFIT, f"{method} is made with a shared secret, which SAML does not use")
    if _content_is_signed(place) is False:
        return _refuted(unchecked, Flaw.CHANGED, "its content was changed after it was signed")
    return _tried(unchecked, place, known, embedded)


def _tried(
    unchecked: Signature, place: LocatedSignature, known: Sequence[KnownKey], embedded: Sequence[Certificate]
) -> Signature:
    """The verdict after every key was tried: the expected ones, then what came with the signature."""
    outcomes: list[_Outcome] = []
    for key in _unique(known):
        outcomes.append(_by_certificate(place, key.certificate))
        if (signed := outcomes[-1].signed) is not None:
            return replace(
                unchecked,
                verdict=Verdict.VERIFIED,
                by=By.EXPECTED,
                known_from=key.known_from,
                certificate=key.certificate,
                signed=signed,
            )
    for certificate in embedded:
        outcomes.append(_by_certificate(place, certificate))
        if (signed := outcomes[-1].signed) is not None:
            return replace(unchecked, verdict=Verdict.VERIFIED, by=By.RESPONSE, certificate=certificate, signed=signed)
    bare_key = not embedded and place.element.find(f"{DS}KeyInfo/{DS}KeyValue") is not None
    if bare_key:
        outcomes.append(_by_key_value(place))
        if (signed := outcomes[-1].signed) is not None:
            return replace(unchecked, verdict=Verdict.VERIFIED, by=By.RESPONSE, signed=signed)
    if not outcomes:
        return replace(unchecked, problem="no certificate came with it, and none is known to try")
    if not any(outcome.checked for outcome in outcomes):
        return replace(unchecked, problem=outcomes[-1].problem)
    if not (embedded or bare_key):
        return _refuted(unchecked, Flaw.OTHER_KEY, "it was not made with an expected key, and names no other")
    named = "the key" if bare_key else "the certificate's key"
    if not known:
        # AWS ignores what comes with a signature, so a stray certificate there says nothing yet.
        return replace(unchecked, problem=f"it was not made with {named} that came with it, and none is known to try")
    problem = f"it was made neither with an expected key nor with {named} that came with it"
    return _refuted(unchecked, Flaw.UNFIT, problem)


def _refuted(signature: Signature, flaw: Flaw, problem: str) -> Signature:
    return replace(signature, verdict=Verdict.REFUTED, flaw=flaw, problem=problem)


@dataclass(frozen=True)
class _Outcome:
    """What came of one key."""

    signed: etree._Element | None
    checked: bool
    """Whether the key was put to the signature at all."""
    problem: str = ""


def _by_certificate(place: LocatedSignature, certificate: Certificate) -> _Outcome:
    # Whether the certificate has ended is reported beside; here only the key counts.
    configuration = replace(_CONFIGURATION, verification_time=certificate.not_before)
    document, location = _apart(place)
    return _outcome(place, document, replace(configuration, location=location), certificate)


def _by_key_value(place: LocatedSignature) -> _Outcome:
    """By the bare key in the signature. Its KeyInfo is no part of what is signed."""
    document, location = _apart(place)
    signature = document.find(f"{location}{DS}Signature")
    assert signature is not None
    for information in signature.iterfind(f"{DS}KeyInfo"):
        for data in information.findall(f"{DS}X509Data"):
            information.remove(data)
    return _outcome(place, document, replace(_CONFIGURATION, location=location, require_x509=False), None)


_CONFIGURATION = SignatureConfiguration(
    signature_methods=_METHODS,
    digest_algorithms=frozenset(DigestAlgorithm),
    default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    expect_references=True,
    # A KeyValue beside the certificate decides nothing: the certificate is given.
    ignore_ambiguous_key_info=True,
)


def _apart(place: LocatedSignature) -> tuple[etree._Element, str]:
    """A copy of what the signature needs, and the path of its parent in there."""
    if place.target is place.parent:
        return etree.fromstring(etree.tostring(place.parent, encoding="UTF-8", with_tail=False)), "./"
    root = place.parent.getroottree().getroot()
    copied = etree.fromstring(etree.tostring(root, encoding="UTF-8", with_tail=False))
    if place.parent is root:
        return copied, "./"
    siblings = root.findall(str(place.parent.tag))
    return copied, f"./{place.parent.tag}[{siblings.index(place.parent) + 1}]/"


def _outcome(
    place: LocatedSignature,
    document: etree._Element,
    configuration: SignatureConfiguration,
    certificate: Certificate | None,
) -> _Outcome:
    text = etree.tostring(document, encoding="UTF-8")
    verifier = XMLVerifier()
    # libxml2 sometimes declares an empty namespace where a part of a document is canonicalized inclusively. Where the
    # document has no such declaration, each one is libxml2's: https://github.com/XML-Security/signxml/issues/193
    verifier.excise_empty_xmlns_declarations = b'xmlns=""' not in text and b"xmlns=''" not in text
    try:
        results = verifier.verify(
            text,
            x509_cert=None if certificate is None else certificate.x509,
            id_attribute="ID",
            expect_config=configuration,
        )
    except (InvalidDigest, InvalidSignature, cryptography.exceptions.InvalidSignature):
        return _Outcome(None, checked=True)
    except Exception as error:
        # An unknown algorithm, a key of another kind, a signature that is not laid out as one: nothing was compared.
        return _Outcome(None, checked=False, problem=f"it cannot be checked ({_words(error)})")
    target = place.target
    for result in [results] if isinstance(results, VerifyResult) else results:
        signed = result.signed_xml
        if signed is not None and signed.tag == target.tag and signed.get("ID") == target.get("ID"):
            return _Outcome(signed, checked=True)
    return _Outcome(None, checked=False, problem="it covers another element")


def _content_is_signed(place: LocatedSignature) -> bool | None:
    """Whether the content still has the digest that the signature names: no key is needed for that.

    None where that cannot be told.
    """
    method, value = place.reference.find(f"{DS}DigestMethod"), place.reference.find(f"{DS}DigestValue")
    if method is None or value is None:
        return None
    document, location = _apart(place)
    content = document
    if place.target is not place.parent and place.reference.get("URI"):
        content = next(each for each in document.iter(etree.Element) if each.get("ID") == place.target.get("ID"))
    exclusive, prefixes = False, None
    for transform in place.reference.iterfind(f"{DS}Transforms/{DS}Transform"):
        algorithm = str(transform.get("Algorithm"))
        if algorithm == _ENVELOPED:
            _without(document.find(f"{location}{DS}Signature"))
        elif algorithm in _CANONICAL:
            exclusive = "exc-c14n" in algorithm
            listed = transform.find(f"{_EXC_C14N}InclusiveNamespaces")
            prefixes = str(listed.get("PrefixList", "")).split() if listed is not None else None
    try:
        canonical = etree.tostring(
            content,
            method="c14n",
            exclusive=exclusive,
            with_comments=False,
            inclusive_ns_prefixes=prefixes,
            with_tail=False,
        )
        expected = base64.b64decode(text_of(value))
        digest = hashlib.new(_DIGESTS[str(method.get("Algorithm"))], canonical).digest()
    except (ValueError, KeyError, etree.LxmlError):
        return None
    return digest == expected


def _without(signature: etree._Element | None) -> None:
    parent = signature.getparent() if signature is not None else None
    if signature is None or parent is None:
        return
    # What follows an element belongs to it in this library, and to its parent in XML.
    before, tail = signature.getprevious(), signature.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(signature)


def _algorithm(found: etree._Element | None) -> str:
    uri = found.get("Algorithm", "") if found is not None else ""
    return str(uri).rsplit("#", 1)[-1].lower()


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _unique(known: Iterable[KnownKey]) -> list[KnownKey]:
    return list({key.certificate.sha256: key for key in known}.values())[:_MAX_KEYS]
