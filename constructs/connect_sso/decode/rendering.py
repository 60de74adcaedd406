"""The result of `decode` as text for a terminal, and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connect_sso.decode.assertion import Assertion, Envelope, moment
from connect_sso.decode.events import Became, Event, Log
from connect_sso.decode.failures import BY_CODE
from connect_sso.decode.signature import WHAT_TO_GIVE, By, Covers, Signature, Verdict
from connect_sso.text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connect_sso.decode.capture import Capture
    from connect_sso.decode.coverage import Evidence
    from connect_sso.decode.findings import Diagnosis, FoundFailure, Mask

WIDTH = 80
_LABEL = 14


@dataclass(frozen=True)
class Decoded:
    """All that is known about one response."""

    capture: Capture
    evidence: Evidence
    envelope: Envelope
    assertion: Assertion | None


def as_json(decoded: Decoded | Event | None, diagnosis: Diagnosis, mask: Mask) -> str:
    """The published form; its schema is `decode.schema.json`."""
    document: dict[str, Any] = {
        "version": 1,
        "can_sign_in": not diagnosis.findings and not (isinstance(decoded, Event) and decoded.became is Became.REFUSED),
        "findings": [finding_as_json(finding) for finding in diagnosis.findings],
        "ruled_out": sorted(diagnosis.ruled_out),
        "notes": list(diagnosis.notes),
        "event": None,
        "capture": None,
        "signature": None,
        "signatures": [],
        "assertion": None,
    }
    if isinstance(decoded, Event):
        document["event"] = _event(decoded, mask)
    elif decoded is not None:
        document["capture"] = _capture(decoded)
        document["signature"] = _deciding(decoded.evidence)
        document["signatures"] = [_signature(each) for each in decoded.evidence.signatures]
        document["assertion"] = _assertion(decoded, mask)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def finding_as_json(finding: FoundFailure) -> dict[str, Any]:
    """A finding in the published form."""
    entry = BY_CODE[finding.code]
    return {
        "code": finding.code,
        "says": finding.says,
        "fix": finding.fix,
        "seen_in": finding.seen_in,
        "message": entry.messages[0],
        "confirm": entry.confirm,
        "source": entry.source,
    }


def _event(event: Event, mask: Mask) -> dict[str, Any]:
    pair = event.claims.roles[0] if event.claims.roles else None
    return {
        "log": str(event.log),
        "name": event.name,
        "at": _iso(event.at),
        "became": str(event.became),
        "reason": event.reason,
        "person": mask(event.person) if event.person else None,
        "role": (pair.role_arn if pair else None) or event.role_name,
        "saml_provider": pair.provider_arn if pair else None,
        "recipient": event.claims.recipients[0] if event.claims.recipients else None,
        "app": event.app,
        "rule": event.rule or None,
        "landing": event.landing,
        "count": event.count,
    }


def _capture(decoded: Decoded) -> dict[str, Any]:
    capture = decoded.capture
    return {
        "form": capture.form,
        "captured_at": _iso(capture.captured_at),
        "posted_to": capture.posted_to,
        "relay_state": capture.relay_state,
        "destination": decoded.envelope.destination,
        "status": decoded.envelope.status,
        "encrypted": decoded.evidence.encryption is not None,
        "encryption": None
        if (encryption := decoded.evidence.encryption) is None
        else {
            "content": encryption.content,
            "key": encryption.key,
            "certificates": [certificate.sha256 for certificate in encryption.certificates],
            "opened": not decoded.evidence.unread,
        },
    }


def _deciding(evidence: Evidence) -> dict[str, Any] | None:
    """The verdict on what the assertion is signed with."""
    signature = evidence.signature
    if signature is None:
        return None
    return {
        "verdict": str(signature.verdict),
        "by": signature.by and str(signature.by),
        "known_from": signature.known_from or None,
        "covers": str(signature.covers),
        "problem": signature.problem,
        "give": [] if signature.by is By.EXPECTED or signature.verdict is Verdict.REFUTED else list(WHAT_TO_GIVE),
    }


def _signature(signature: Signature) -> dict[str, Any]:
    certificate = signature.certificate
    return {
        "covers": str(signature.covers),
        "verdict": str(signature.verdict),
        "by": signature.by and str(signature.by),
        "known_from": signature.known_from or None,
        "verified": signature.verified,
        "algorithm": signature.algorithm,
        "problem": signature.problem,
        "certificate": None
        if certificate is None
        else {
            "sha256": certificate.sha256,
            "subject": certificate.subject,
            "not_before": _iso(certificate.not_before),
            "not_after": _iso(certificate.not_after),
        },
    }


def _assertion(decoded: Decoded, mask: Mask) -> dict[str, Any] | None:
    assertion = decoded.assertion
    if assertion is None:
        return None
    return {
        "verified": decoded.evidence.assertion_verified,
        "used": decoded.evidence.used
        and {
            "says": decoded.evidence.used.says,
            "documented": decoded.evidence.used.documented,
            "source": decoded.evidence.used.source,
        },
        "issuer": assertion.issuer,
        "recipient": assertion.recipients[0] if assertion.recipients else None,
        "audience": list(assertion.audiences),
        "issue_instant": assertion.issue_instant,
        "not_before": assertion.not_before,
        "not_on_or_after": min(assertion.not_on_or_after, default=None),
        "clock_skew_seconds": _skew(decoded.capture, assertion),
        "name_id": mask(assertion.name_id) if assertion.name_id else None,
        "name_id_format": assertion.name_id_format or None,
        "roles": [
            {"sent": pair.sent, "role": pair.role_arn, "saml_provider": pair.provider_arn} for pair in assertion.roles
        ],
        "session_name": mask(assertion.session_name[0]) if assertion.session_name else None,
        "session_duration": assertion.session_duration,
        "session_not_on_or_after": assertion.session_not_on_or_after,
        "session_tags": {name: mask(value) for name, value in assertion.session_tags},
        "transitive_tags": list(assertion.transitive_tags),
        "source_identity": mask(assertion.source_identity) if assertion.source_identity else None,
        "other_attributes": list(assertion.other_attributes),
    }


def as_text(decoded: Decoded | Event | None, diagnosis: Diagnosis, compared_with: Sequence[str], mask: Mask) -> str:
    """What an engineer reads: the verdict, each finding with its fix, then what the response says."""
    lines = [*_verdict(decoded, diagnosis, compared_with), ""]
    shown = [finding for finding in diagnosis.findings if finding.seen_in != "message"]
    possible = [finding for finding in diagnosis.findings if finding.seen_in == "message"]
    for number, finding in enumerate(shown, 1):
        lines += [*_shown_lines(number, finding), ""]
    lines += _possible_lines(possible, first_number=len(shown) + 1)
    if isinstance(decoded, Event):
        lines += [*_event_rows(decoded, mask), ""]
    elif decoded is not None:
        lines += [*_content(decoded, mask), ""]
    for note in diagnosis.notes:
        lines += _wrapped(note, first="Note: ", rest="      ")
    return visible_lines("\n".join(lines).rstrip() + "\n")


def _verdict(decoded: Decoded | Event | None, diagnosis: Diagnosis, compared_with: Sequence[str]) -> list[str]:
    shown = sum(finding.seen_in != "message" for finding in diagnosis.findings)
    possible = len(diagnosis.findings) - shown
    with_what = f", compared with {' and '.join(compared_with)}" if compared_with else ""
    if decoded is None:
        messages = len({BY_CODE[finding.code].messages[0] for finding in diagnosis.findings})
        which = f" These words are in {messages} messages: compare with the page." if messages > 1 else ""
        return _wrapped(f"{_count(possible, 'known cause')}.{which}")
    if isinstance(decoded, Event):
        return _event_verdict(decoded, diagnosis, with_what)
    if not diagnosis.findings and decoded.evidence.unread:
        return _wrapped("Nothing is wrong with what shows of this response; its assertion is encrypted.")
    if not diagnosis.findings and decoded.assertion is None:
        return _wrapped(
            "Nothing is wrong with what shows of this response; which of its assertions counts is not known."
        )
    if not diagnosis.findings:
        if compared_with:
            return _wrapped(f"This response can sign in{with_what}.")
        return _wrapped(
            "This response can sign in, as far as the response alone shows: --state compares it with what is there."
            if not _unchecked(decoded)
            else "Nothing is wrong with what this response says; its signature is not checked."
        )
    beside = f", and the message has {_count(possible, 'possible cause')}" if possible else ""
    if shown:
        return _wrapped(f"This response cannot sign in{with_what}: {_count(shown, 'reason')}{beside}.")
    return _wrapped(f"The response shows no fault{with_what}{beside}.")


def _event_verdict(event: Event, diagnosis: Diagnosis, with_what: str) -> list[str]:
    who = "Okta" if event.log is Log.OKTA else "AWS"
    told = {
        Became.SUCCESS: f"{who} let this through",
        Became.REFUSED: f"{who} refused",
        Became.OPEN: f"{who} had not decided yet",
    }[event.became]
    if event.name.startswith("application.user_membership."):
        told = "The app was taken away" if event.became is Became.REFUSED else "The assignment was changed"
    shown = sum(finding.seen_in != "message" for finding in diagnosis.findings)
    possible = len(diagnosis.findings) - shown
    counts = [
        *([_count(shown, "reason")] if shown else []),
        *([_count(possible, "possible cause")] if possible else []),
    ]
    return _wrapped(f"{told} ({event.name}){with_what}: {' and '.join(counts) or 'no fault is seen'}.")


def _event_rows(event: Event, mask: Mask) -> list[str]:
    last = f", the last of {event.count} events of sign-ins in the file" if event.count > 1 else ""
    lines = _row("Read from", f"{event.log}{last}")
    lines += _row("Event", f"{event.name}{f', {event.at:%Y-%m-%d %H:%M:%S} UTC' if event.at else ''}")
    for label, value in (
        ("Words", event.reason),
        ("Person", mask(event.person) if event.person else ""),
        ("Done by", mask(event.done_by) if event.done_by else ""),
        ("App", event.app),
        ("Rule", event.rule),
        ("Role", event.role_name),
        ("Recipient", ", ".join(event.claims.recipients)),
        ("Issuer", event.claims.issuer),
        ("Opens", event.landing),
    ):
        lines += _row(label, value) if value else []
    for pair in event.claims.roles:
        lines += _row("Role", pair.role_arn) if pair.role_arn else []
        lines += _row("SAML provider", pair.provider_arn) if pair.provider_arn else []
    return lines


def _unchecked(decoded: Decoded) -> bool:
    signature = decoded.evidence.signature
    return signature is not None and signature.verdict is Verdict.NOT_CHECKABLE


def _shown_lines(number: int, finding: FoundFailure) -> list[str]:
    """A finding that the input shows."""
    entry = BY_CODE[finding.code]
    return [
        f"{number}. {entry.title} [{finding.code}]",
        *_wrapped(_sentence(finding.says), first="   ", rest="   "),
        *_wrapped(f"“{entry.messages[0]}”", first="   People see: ", rest="               "),
        *_wrapped(finding.fix, first="   Fix: ", rest="        "),
        f"   Source: {entry.source}",
    ]


def _possible_lines(findings: Sequence[FoundFailure], *, first_number: int) -> list[str]:
    """Causes that a message may have, under the message that they share."""
    by_message: dict[str, list[FoundFailure]] = {}
    for finding in findings:
        by_message.setdefault(BY_CODE[finding.code].messages[0], []).append(finding)
    lines, number = [], first_number
    for message, sharing in by_message.items():
        lines += [*_wrapped(f"“{message}”"), ""]
        for finding in sharing:
            entry = BY_CODE[finding.code]
            lines += [
                f"{number}. {entry.title} [{finding.code}]",
                *_wrapped(entry.cause, first="   ", rest="   "),
                *_wrapped(entry.confirm, first="   Confirm: ", rest="            "),
                *_wrapped(finding.fix, first="   Fix: ", rest="        "),
                f"   Source: {entry.source}",
                "",
            ]
            number += 1
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _content(decoded: Decoded, mask: Mask) -> list[str]:
    capture, evidence, envelope, assertion = decoded.capture, decoded.evidence, decoded.envelope, decoded.assertion
    lines = _row("Read from", capture.form)
    if capture.captured_at:
        lines += _row("Sent", f"{capture.captured_at:%Y-%m-%d %H:%M:%S} UTC to {capture.posted_to}")
    if capture.relay_state is not None:
        lines += _row("Relay state", capture.relay_state or "(none)")
    if assertion is None:
        lines += _row("Assertion", "encrypted" if evidence.unread else "none that can be shown")
    else:
        lines += _assertion_rows(capture, assertion, mask)
    if envelope.destination and assertion and envelope.destination not in assertion.recipients:
        lines += _row("Destination", envelope.destination)
    if evidence.encryption:
        sealed = evidence.encryption
        whose = "".join(f", for {each.short}… ({each.subject})" for each in sealed.certificates)
        lines += _row("Encrypted", f"{sealed.content or '(not said)'}, its key {sealed.key or '(not said)'}{whose}")
    lines += _signature_rows(evidence)
    return lines


def _assertion_rows(capture: Capture, assertion: Assertion, mask: Mask) -> list[str]:
    lines = _row("Issuer", assertion.issuer or "(none)")
    lines += _row("Recipient", ", ".join(assertion.recipients) or "(none)")
    lines += _row("Audience", ", ".join(assertion.audiences) or "(none)")
    lines += _row("NameID", mask(assertion.name_id) if assertion.name_id else "(none)")
    lines += _row("Session name", ", ".join(map(mask, assertion.session_name)) or "(none)")
    for pair in assertion.roles:
        lines += _row("Role", pair.role_arn or pair.sent[:300])
        lines += _row("SAML provider", pair.provider_arn) if pair.provider_arn else []
    if not assertion.roles:
        lines += _row("Role", "(none)")
    lines += _row("Duration", _duration(assertion.session_duration))
    if assertion.session_not_on_or_after:
        lines += _row("Session ends", f"{assertion.session_not_on_or_after} at the latest")
    if assertion.session_tags:
        lines += _row("Session tags", ", ".join(f"{name}={mask(value)}" for name, value in assertion.session_tags))
    if assertion.source_identity:
        lines += _row("Source id", mask(assertion.source_identity))
    lines += _row("Issued", f"{assertion.issue_instant or '(not said)'}{_skew_words(capture, assertion)}")
    lines += _row(
        "Valid",
        f"from {assertion.not_before or '(not said)'} to {min(assertion.not_on_or_after, default='(not said)')}",
    )
    return lines


def _verdict_on(signature: Signature) -> str:
    if signature.verdict is Verdict.REFUTED:
        return f"REFUTED: {signature.problem}"
    if signature.verdict is Verdict.NOT_CHECKABLE:
        return f"not checked: {signature.problem}"
    if signature.by is By.EXPECTED:
        return f"verified by the expected key ({signature.known_from})"
    return "verified, by the key in the response only"


def _signature_rows(evidence: Evidence) -> list[str]:
    lines: list[str] = []
    for signature in evidence.signatures:
        lines += _row("Signed", f"{signature.covers}, {signature.algorithm}, {_verdict_on(signature)}")
    if not evidence.signatures:
        lines += _row("Signed", "no")
    certificates = {each.certificate.sha256: each.certificate for each in evidence.signatures if each.certificate}
    for certificate in certificates.values():
        lines += _row(
            "Certificate",
            f"{certificate.short}…, {certificate.subject}, from {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}",
        )
    if evidence.used is not None and not evidence.used.documented:
        lines += _row("Beware", evidence.used.says)
    if evidence.assertion is not None and not evidence.assertion_verified:
        unchecked = evidence.signature is not None and evidence.signature.verdict is Verdict.NOT_CHECKABLE
        lines += _row(
            "Beware",
            "the signature of what is shown above is not checked"
            if unchecked
            else "what is shown above is not covered by a valid signature",
        )
    elif {each.covers for each in evidence.signatures} == {Covers.ASSERTION}:
        lines += (
            _row("Beware", "the relay state and what surrounds the assertion are not signed")
            if evidence.response is not evidence.assertion
            else []
        )
    return lines


def _skew(capture: Capture, assertion: Assertion) -> int | None:
    """Seconds from issuing to sending: what two clocks and a person's patience make together."""
    issued = moment(assertion.issue_instant)
    if issued is None or capture.captured_at is None:
        return None
    return round((capture.captured_at - issued).total_seconds())


def _skew_words(capture: Capture, assertion: Assertion) -> str:
    skew = _skew(capture, assertion)
    if skew is None:
        return ""
    return f", {abs(skew)} s {'before' if skew >= 0 else 'AFTER'} it was sent (both clocks)"


def _duration(seconds: str | None) -> str:
    if seconds is None:
        return "not said: one hour"
    if seconds.isdecimal() and len(seconds) < 8:
        hours, minutes = divmod(int(seconds) // 60, 60)
        return f"{seconds} s ({hours} h {minutes:02} min)"
    return repr(seconds[:40])


def _row(label: str, value: str) -> list[str]:
    return _wrapped(value, first=f"{label:<{_LABEL}}", rest=" " * _LABEL)


def _wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    # Addresses and ARNs stay whole even where they are longer than the line: they are copied.
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def _sentence(text: str) -> str:
    """With a capital, unless it begins with an address or a file's name, and with an end."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun if text.endswith((".", "?")) else f"{begun}."


def _iso(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
