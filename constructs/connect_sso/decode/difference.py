"""Two responses side by side: only what differs in what AWS or Connect reads, and what that means.

Each response has an ID and times of its own; that those differ means nothing, so they are left out.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.decode.assertion import moment
from connect_sso.decode.failures import BY_CODE
from connect_sso.decode.rendering import WIDTH, finding_as_json
from connect_sso.text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connect_sso.decode.findings import Diagnosis, FoundFailure, Mask
    from connect_sso.decode.rendering import Decoded


@dataclass(frozen=True)
class ResponseDifference:
    """One thing that differs."""

    what: str
    good: str
    bad: str
    """Both as text; empty where there is none."""
    means: str
    codes: tuple[str, ...]
    """The known failures that a wrong value leads to."""


_MEANINGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "status": ("With another status than Success, Okta itself refused.", ("status-not-success",)),
    "session name": (
        "Connect looks for the user with exactly this name, case included.",
        ("user-name-case", "user-not-onboarded", "session-name-invalid"),
    ),
    "NameID": ("AWS needs one; a trust may have a condition on it (SAML:sub).", ("name-id-missing",)),
    "roles": (
        "Each pair is a role to enter and the SAML provider that vouches for it; Connect ties a user to the role.",
        ("role-not-found", "provider-not-trusted", "two-roles-for-one-user", "role-attribute-missing"),
    ),
    "issuer": (
        "The SAML provider must hold the metadata of this issuer: another one is another Okta app.",
        ("metadata-of-other-app",),
    ),
    "recipient": (
        "The role's trust compares SAML:aud with it, letter by letter.",
        ("recipient-not-trusted", "recipient-wrong"),
    ),
    "audience": ("It must be AWS's own name.", ("audience-wrong",)),
    "destination": ("It is where the response was meant to go; AWS documents no check of it.", ()),
    "posted to": ("The browser sent the two to different places.", ("recipient-wrong",)),
    "session duration": ("It may not be longer than the role's maximum.", ("duration-too-long", "duration-invalid")),
    "session tags": ("The trust must allow sts:TagSession where there are any.", ("tag-session-not-allowed",)),
    "source identity": (
        "The trust must allow sts:SetSourceIdentity where there is one.",
        ("source-identity-not-allowed", "source-identity-invalid"),
    ),
    "relay state": (
        "It is the page that opens after the sign-in, and must name the instance.",
        ("relay-state-missing", "relay-state-not-connect", "relay-state-instance", "relay-state-region"),
    ),
    "window": ("The time between its beginning and its end.", ("window-empty",)),
    "sent": ("AWS takes a response only within its window.", ("response-expired", "response-not-yet-valid")),
    "signed": ("AWS accepts only what is signed.", ("signature-missing", "signature-wrapping")),
    "signature": ("A signature that does not fit is refused.", ("signature-broken",)),
    "signing certificate": (
        "The SAML provider must hold the certificate: another one was rotated, or is another app's.",
        ("certificate-rotated", "metadata-of-other-app"),
    ),
    "signature algorithm": ("SHA-1 is weak; whether AWS still takes it is not documented.", ()),
    "encryption": ("AWS opens encrypted assertions only at an endpoint with /saml/acs/.", ("assertion-encrypted",)),
    "other attributes": ("AWS does not read them; many of them make a response too large.", ("response-too-large",)),
}


def differences(good: Decoded, bad: Decoded, mask: Mask) -> list[ResponseDifference]:
    """What differs between two responses, in the order of a sign-in."""
    ours, theirs = _facts(good), _facts(bad)
    found = []
    for what, (means, codes) in _MEANINGS.items():
        one, other = ours.get(what), theirs.get(what)
        # What one of the files cannot tell is no difference.
        if one is None or other is None or one == other:
            continue
        if what == "session name" and one.lower() == other.lower():
            means, codes = "They differ in case only, and Connect compares letter by letter.", ("user-name-case",)
        if what in _NAMES:
            one, other = _hidden(one, mask), _hidden(other, mask)
        found.append(ResponseDifference(what, one, other, means, codes))
    return found


_NAMES = {"session name", "NameID", "session tags", "source identity"}


def _hidden(text: str, mask: Mask) -> str:
    return mask(text) if text else text


def _facts(decoded: Decoded) -> dict[str, str | None]:
    """By name, as text; None where the file cannot tell."""
    capture, evidence, assertion = decoded.capture, decoded.evidence, decoded.assertion
    signature = evidence.signature
    facts: dict[str, str | None] = {
        "status": (decoded.envelope.status or "").rsplit(":", 1)[-1] if decoded.envelope.status is not None else None,
        "destination": decoded.envelope.destination,
        "posted to": capture.posted_to,
        "relay state": capture.relay_state,
        "encryption": evidence.encryption.content if evidence.encryption else "none",
        "signed": " and ".join(dict.fromkeys(str(each.covers) for each in evidence.covering)) or "nothing",
        "signature": f"{signature.verdict}{f': {signature.problem}' if signature.problem else ''}"
        if signature
        else None,
        "signature algorithm": signature.algorithm if signature else None,
        "signing certificate": f"{signature.certificate.short}… ({signature.certificate.subject})"
        if signature and signature.certificate
        else None,
    }
    if assertion is None:
        return facts
    pairs = sorted(
        f"{pair.role_arn} by {pair.provider_arn}" if pair.role_arn else pair.sent for pair in assertion.roles
    )
    return facts | {
        "session name": ", ".join(assertion.session_name),
        "NameID": assertion.name_id,
        "roles": ", ".join(pairs),
        "issuer": assertion.issuer,
        "recipient": ", ".join(assertion.recipients),
        "audience": ", ".join(assertion.audiences),
        "session duration": assertion.session_duration or "",
        "session tags": ", ".join(f"{name}={value}" for name, value in sorted(assertion.session_tags)),
        "source identity": assertion.source_identity or "",
        "other attributes": ", ".join(sorted(assertion.other_attributes)),
        "window": _window(decoded),
        "sent": _sent(decoded),
    }


def _window(decoded: Decoded) -> str | None:
    assert decoded.assertion is not None
    start = moment(decoded.assertion.not_before)
    ends = [end for text in decoded.assertion.not_on_or_after if (end := moment(text)) is not None]
    return None if start is None or not ends else f"{(min(ends) - start).total_seconds() / 60:g} minutes"


def _sent(decoded: Decoded) -> str | None:
    assert decoded.assertion is not None
    at, start = decoded.capture.captured_at, moment(decoded.assertion.not_before)
    ends = [end for text in decoded.assertion.not_on_or_after if (end := moment(text)) is not None]
    if at is None:
        return None
    late, early = bool(ends) and at >= min(ends), start is not None and at < start
    return "after its end" if late else "before its beginning" if early else "within its window"


def as_json(found: Sequence[ResponseDifference], good: Diagnosis, bad: Diagnosis) -> str:
    """The published form; its schema is `difference.schema.json`."""
    document = {
        "version": 1,
        "differences": [
            {"what": each.what, "good": each.good, "bad": each.bad, "means": each.means, "codes": list(each.codes)}
            for each in found
        ],
        "only_bad": [finding_as_json(finding) for finding in _only(bad, good)],
        "only_good": [finding_as_json(finding) for finding in _only(good, bad)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_text(found: Sequence[ResponseDifference], good: Diagnosis, bad: Diagnosis) -> str:
    """What an engineer reads: each difference with its meaning, then the failures that only one of the two leads to."""
    if not found:
        lines = ["Nothing that AWS or Connect reads differs."]
    else:
        lines = [f"{len(found)} {'difference' if len(found) == 1 else 'differences'}.", ""]
    for number, each in enumerate(found, 1):
        codes = f" [{', '.join(each.codes)}]" if each.codes else ""
        lines += [
            f"{number}. The {each.what}",
            *_wrapped(each.good or "(none)", "   good: "),
            *_wrapped(each.bad or "(none)", "   bad:  "),
            *_wrapped(f"{each.means}{codes}", "   "),
            "",
        ]
    for which, findings in (("bad", _only(bad, good)), ("good", _only(good, bad))):
        for finding in findings:
            lines += _wrapped(
                f"{BY_CODE[finding.code].title} [{finding.code}]: {finding.says}.", f"Only the {which} one: "
            )
            lines += _wrapped(finding.fix, "  Fix: ")
    return visible_lines("\n".join(lines).rstrip() + "\n")


def _only(one: Diagnosis, other: Diagnosis) -> list[FoundFailure]:
    theirs = {finding.code for finding in other.findings}
    return [finding for finding in one.findings if finding.code not in theirs]


def _wrapped(text: str, first: str) -> list[str]:
    rest = " " * min(len(first), 9)
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
