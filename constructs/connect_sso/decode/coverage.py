"""What of a response is used, what of it is signed, and whether the two are the same.

Signature wrapping is exactly that: the assertion that a service reads is not the one that the signature covers. Whatever
else is in a response, signed or not, is described and held against nobody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from connect_sso.decode.signature import (
    By,
    Flaw,
    LocatedSignature,
    Misfit,
    Signature,
    Verdict,
    check_signature,
    find_target,
    is_part,
    referred_to,
)
from connect_sso.saml.encryption import Encryption, how_encrypted
from connect_sso.saml.xml import DS, SAML, SAMLP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from connect_sso.decode.signature import KnownKey

_TEXT_ELEMENTS = {f"{SAML}{name}" for name in ("Issuer", "NameID", "Audience", "AttributeValue")}
_MAX_DESCRIBED = 20
_MAX_ASSERTIONS = 20
"""Examined in one response; with more, none of them is chosen."""

SAML_RESPONSE = "https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf"
"""3.3.3: a Response carries its assertions as children. AWS documents no other place, and nothing about several."""


@dataclass(frozen=True)
class Used:
    """The assertion that AWS would read."""

    says: str
    """Which one, and why, in one sentence."""
    documented: bool
    """Whether a page decides it; `source` is the page."""
    source: str = SAML_RESPONSE


@dataclass(frozen=True)
class Evidence:
    """What of a response may be believed."""

    response: etree._Element
    """The verified copy where the response is signed, otherwise the document's."""
    assertion: etree._Element | None
    """The one that counts; None where there is none, or no way to tell which."""
    used: Used | None
    """None where there is no assertion."""
    signatures: tuple[Signature, ...]
    covering: tuple[Signature, ...]
    """Those of them that are for the assertion, or for all of the response around it."""
    wrapping: tuple[str, ...]
    """Why what is used is not what is signed, a short sentence each."""
    misfits: tuple[str, ...]
    """What signatures are for that are for neither the response nor an assertion of it, a short sentence each."""
    described: tuple[str, ...]
    """What else is unusual, a short sentence each."""
    encryption: Encryption | None
    """How its assertion is encrypted; None where it is not."""
    unread: bool
    """Whether an encrypted assertion was not opened."""

    @property
    def assertion_verified(self) -> bool:
        """Whether what is shown as the assertion is what a signature covers, by whichever key."""
        return self.assertion is not None and any(signature.verified for signature in self.covering)

    @property
    def signature(self) -> Signature | None:
        """The signature that decides about the assertion: a refuted one before a verified one, by the better key."""
        order = {Verdict.REFUTED: 0, Verdict.VERIFIED: 1, Verdict.NOT_CHECKABLE: 2}
        ranked = sorted(self.covering, key=lambda each: (order[each.verdict], each.by is not By.EXPECTED))
        return ranked[0] if ranked else None


def examine(root: etree._Element, known: Sequence[KnownKey] = (), opened: Sequence[etree._Element] = ()) -> Evidence:
    """Examines a Response (or a bare Assertion, encrypted or not).

    Args:
        root: the document's root, from `parse_xml`.
        known: the certificates it should be signed with.
        opened: what was in its encrypted assertions, each a document of its own.
    """
    is_response = root.tag == f"{SAMLP}Response"
    sealed = root.findall(f"{SAML}EncryptedAssertion") if is_response else list(root.iter(f"{SAML}EncryptedAssertion"))
    plain = root.findall(f"{SAML}Assertion") if is_response else [] if sealed else [root]
    candidates = [*plain, *opened]
    owners = ([root] if is_response else []) + candidates[:_MAX_ASSERTIONS]
    places: list[LocatedSignature] = []
    misfits: dict[etree._Element, Misfit] = {}
    for owner in owners:
        if owner.find(f"{DS}Signature") is None:
            continue
        document = owner.getroottree().getroot()
        found = find_target(document, owner, [owner, *(each for each in owners if each not in opened)])
        if isinstance(found, LocatedSignature):
            places.append(found)
        else:
            misfits[owner] = found
    checked = [(place, check_signature(place, known)) for place in places]
    covered = {place.target for place in places}
    verified = {place.target: each.signed for place, each in checked if each.signed is not None}
    response = verified.get(root, root)
    chosen = _chosen(root, candidates, verified)
    unread = len(sealed) > len(opened)
    return Evidence(
        response=response,
        assertion=_content(root, response, chosen, verified, opened),
        used=_used(root, candidates, chosen),
        signatures=tuple(each for _, each in checked),
        covering=tuple(each for place, each in checked if place.target in {root, chosen}),
        wrapping=tuple(
            dict.fromkeys((*_wrapping(root, candidates, covered, misfits), *_displaced(root, owners, checked, chosen)))
        ),
        misfits=tuple(misfit.says for misfit in misfits.values()),
        described=_some(dict.fromkeys(_described(root, owners, candidates, places, misfits))),
        encryption=how_encrypted(sealed[0]) if sealed else None,
        unread=unread,
    )


def _chosen(
    root: etree._Element, candidates: list[etree._Element], verified: dict[etree._Element, etree._Element]
) -> etree._Element | None:
    """The assertion to show: of several the one that alone is verified, never a choice between equals."""
    if len(candidates) == 1:
        return candidates[0]
    signed = [each for each in candidates if each in verified and each is not root]
    return signed[0] if len(signed) == 1 else None


def _content(
    root: etree._Element,
    response: etree._Element,
    chosen: etree._Element | None,
    verified: dict[etree._Element, etree._Element],
    opened: Sequence[etree._Element],
) -> etree._Element | None:
    """What to read of the chosen assertion: a verified copy where there is one."""
    if chosen is None or chosen in verified or chosen is root:
        return None if chosen is None else verified.get(chosen, chosen)
    if response is root or chosen in opened:
        return chosen
    # The copy of the whole response that was verified has its own.
    return response.findall(f"{SAML}Assertion")[root.findall(f"{SAML}Assertion").index(chosen)]


def _used(root: etree._Element, candidates: list[etree._Element], chosen: etree._Element | None) -> Used | None:
    if not candidates:
        return None
    if chosen is root:
        return Used("The file holds the assertion alone; AWS reads it out of a Response.", documented=True)
    if len(candidates) == 1:
        return Used(
            "AWS reads the one Assertion that is a child of the Response: SAML has it there and nowhere else.",
            documented=True,
        )
    shown = "the one that is signed is shown" if chosen is not None else "none of them is shown"
    return Used(
        f"Which of the {len(candidates)} assertions in the response AWS reads is not documented; {shown}.",
        documented=False,
    )


def _wrapping(
    root: etree._Element,
    candidates: list[etree._Element],
    covered: set[etree._Element],
    misfits: dict[etree._Element, Misfit],
) -> Iterator[str]:
    if all(next(each.iter(f"{DS}Signature"), None) is None for each in (root, *candidates)):
        return  # nothing is signed, which is another failure
    uncovered = [] if root in covered else [each for each in candidates if each not in covered]
    for each in [root, *uncovered]:
        if each in misfits and misfits[each].misleads and root not in covered:
            yield misfits[each].says
    silent = [each for each in uncovered if each not in misfits]
    if silent and len(candidates) > len(uncovered):
        yield (
            f"of {len(candidates)} assertions in the response {len(uncovered)} {'is' if len(uncovered) == 1 else 'are'} "
            "not signed, and which of them AWS reads is not documented"
        )
    elif silent and root not in misfits:
        yield from _signed_instead(root)
    for each in candidates:
        for comment in each.iter(etree.Comment):
            parent = comment.getparent()
            if parent is not None and parent.tag in _TEXT_ELEMENTS:
                name = etree.QName(parent).localname
                yield f"a comment, which no signature covers, splits the text of {name}: programs differ in what they then read"


def _displaced(
    root: etree._Element,
    owners: list[etree._Element],
    checked: list[tuple[LocatedSignature, Signature]],
    chosen: etree._Element | None,
) -> Iterator[str]:
    """Said where the signature of what is used is refuted, and a message whose signature fits stands out of its place.

    Advice is a place for further assertions (saml-core, 2.6.1); elsewhere an assertion or a response has been moved.
    """
    if not any(each.verdict is Verdict.REFUTED for place, each in checked if place.target in {root, chosen}):
        return
    for element in list(root.iter(f"{SAML}Assertion", f"{SAMLP}Response"))[:_MAX_ASSERTIONS]:
        parent = element.getparent()
        if (
            element in owners
            or parent is None
            or parent.tag == f"{SAML}Advice"
            or element.find(f"{DS}Signature") is None
        ):
            continue
        found = find_target(root, element, [element])
        if isinstance(found, LocatedSignature) and check_signature(found, ()).flaw is not Flaw.CHANGED:
            names = etree.QName(element).localname, etree.QName(parent).localname[:40]
            yield f"the signature of what AWS reads is refuted; one that fits its content is that of the {names[0]} inside {names[1]}"


def _signed_instead(root: etree._Element) -> Iterator[str]:
    """Said where a signature elsewhere is for a message of its own, which may be taken for the one that is used."""
    reference = root.find(f".//{DS}Reference")
    found = None if reference is None else referred_to(root, reference)
    if found is not None and not is_part(found):
        parent = found.getparent()
        inside = f" inside {etree.QName(parent).localname[:40]}" if parent is not None else ""
        yield f"the Assertion that AWS reads is not signed; the {etree.QName(found).localname[:40]}{inside} is"


def _described(
    root: etree._Element,
    owners: list[etree._Element],
    candidates: list[etree._Element],
    places: list[LocatedSignature],
    misfits: dict[etree._Element, Misfit],
) -> Iterator[str]:
    own = set(candidates)
    for assertion in root.iter(f"{SAML}Assertion"):
        parent = assertion.getparent()
        if assertion not in own and parent is not None:
            name = etree.QName(parent).localname[:40]
            yield f"an assertion stands inside {'an' if name[:1] in 'AEIOU' else 'a'} {name} element, where AWS does not look"
    if len(candidates) > 1:
        yield f"the response has {len(candidates)} assertions"
    for element in root.iter(f"{DS}Signature"):
        parent = element.getparent()
        if parent is None or parent not in owners:
            place = etree.QName(parent).localname[:40] if parent is not None else "the document"
            yield f"a signature stands inside {place}, and covers nothing that AWS reads"
    for owner in owners:
        count = len(owner.findall(f"{DS}Signature"))
        if count > 1:
            yield f"the {etree.QName(owner).localname} has {count} signatures; only the first is checked"
    for each in places:
        names = etree.QName(each.parent).localname, etree.QName(each.target).localname
        if each.target is not each.parent:
            yield f"the signature of the {names[1]} stands in the {names[0]}; whether AWS takes it from there is not documented"
        elif not each.reference.get("URI"):
            yield f"the signature of the {names[0]} names no ID, but the whole document; whether AWS takes that is not documented"
    yield from (misfit.says for misfit in misfits.values())
    for name, count in Counter(_ids(root)).items():
        if count > 1:
            yield f"the ID {name[:60]!r} is used {count} times"


def _some(sentences: Iterable[str]) -> tuple[str, ...]:
    """The first of them: a file that somebody made up could fill a book."""
    listed = list(sentences)
    more = [f"there are {len(listed) - _MAX_DESCRIBED} more such oddities"] if len(listed) > _MAX_DESCRIBED else []
    return (*listed[:_MAX_DESCRIBED], *more)


def _ids(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if etree.QName(name).localname.lower() == "id":
                yield str(value)
