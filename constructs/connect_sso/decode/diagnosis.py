"""Which known failures a captured response leads to: wrong in itself, or not fitting what is deployed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from connect_sso.decode.assertion import SUCCESS, Assertion, Envelope, moment
from connect_sso.decode.comparison import certificate_words, compare, compare_landing, is_strange, signed_with
from connect_sso.decode.findings import Book, Diagnosis, Mask
from connect_sso.decode.signature import WHAT_TO_GIVE, By, Flaw, Verdict
from connect_sso.facts import sessions
from connect_sso.facts.arns import read_arn
from connect_sso.facts.names import username_problem
from connect_sso.facts.partitions import COMMERCIAL, Partition, is_aws_endpoint, partition_of_arn, partition_of_endpoint
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, RelayState, read_relay_state
from connect_sso.saml import attributes as saml_attributes

if TYPE_CHECKING:
    from datetime import datetime

    from connect_sso.decode.capture import Capture
    from connect_sso.decode.coverage import Evidence
    from connect_sso.decode.signature import KnownKey
    from connect_sso.sign_in.model import SignIn

MAX_BASE64 = 100_000
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def diagnose(
    capture: Capture,
    evidence: Evidence,
    envelope: Envelope,
    assertion: Assertion | None,
    sides: Iterable[SignIn],
    given: Sequence[KnownKey],
    mask: Mask,
) -> Diagnosis:
    """Everything that keeps this response from signing its person in.

    Args:
        capture: where it came from.
        evidence: what of it is signed.
        envelope: the response around the assertion.
        assertion: its content; None where there is none to read.
        sides: what to compare with, most trustworthy first.
        given: certificates from files of their own, which the response should be signed with.
        mask: for names of people.
    """
    book = Book()
    sides = list(sides)
    _in_itself(book, capture, evidence, envelope, assertion)
    if assertion is not None:
        _assertion_in_itself(book, capture, envelope, assertion, mask)
        _signer(book, evidence, given)
    landing = _relay_state(book, capture)
    for side in sides:
        of_side = Book()
        if assertion is not None:
            compare(of_side, evidence, assertion, side, mask)
        if landing is not None:
            compare_landing(of_side, landing, side)
        book.add(of_side, side.source)
    return book.done()


# --- in itself ------------------------------------------------------------------------------------------------------


def _in_itself(
    book: Book, capture: Capture, evidence: Evidence, envelope: Envelope, assertion: Assertion | None
) -> None:
    too_large = capture.base64_length is not None and capture.base64_length > MAX_BASE64
    book.check(
        "response-too-large",
        f"it has {capture.base64_length:,} characters of base64; AWS takes at most {MAX_BASE64:,}" if too_large else "",
    )
    failed = envelope.status is not None and envelope.status != SUCCESS
    status = (envelope.status or "").rsplit(":", 1)[-1] or "missing"
    book.check(
        "status-not-success",
        f"the status is {status}{f' ({envelope.status_message})' if envelope.status_message else ''}" if failed else "",
    )
    _encryption(book, capture, evidence, envelope)
    if book.check("signature-wrapping", "; ".join(evidence.wrapping)) and evidence.used is not None:
        book.notes.append(f"{evidence.used.says} ({evidence.used.source}, 3.3.3)")
    book.notes += [
        f"{each[:1].upper()}{each[1:]}."
        for each in evidence.described
        if each not in (*evidence.wrapping, *evidence.misfits)
    ]
    if not failed:
        missing = assertion is None and not evidence.unread and evidence.used is None
        book.check("assertion-missing", "the response has no assertion in it" if missing else "")
    refuted = [each for each in evidence.signatures if each.verdict is Verdict.REFUTED] if not evidence.wrapping else []
    broken = [each for each in refuted if each.flaw is not Flaw.OTHER_KEY]
    book.check("signature-broken", "; ".join(f"the {each.covers}'s signature: {each.problem}" for each in broken))
    if assertion is not None:
        unsigned = not evidence.signatures and not evidence.wrapping
        book.check("signature-missing", _unsigned(evidence) if unsigned else "")
    for each in evidence.signatures:
        if each.weak:
            book.notes.append(
                f"The {each.covers} is signed with SHA-1 ({each.algorithm}), which is weak; SHA-256 is what an apply sets."
            )
        at = capture.captured_at
        if (
            each.verified
            and each.certificate
            and at
            and not each.certificate.not_before <= at <= each.certificate.not_after
        ):
            book.notes.append(
                f"The signing certificate was not within its dates at that moment ({each.certificate.not_before:%Y-%m-%d} to "
                f"{each.certificate.not_after:%Y-%m-%d}); whether AWS refuses that is not documented."
            )


def _encryption(book: Book, capture: Capture, evidence: Evidence, envelope: Envelope) -> None:
    """AWS opens encrypted assertions at an endpoint of their own, and only there.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
    """
    encryption = evidence.encryption
    if encryption is None:
        return
    posted_to = capture.posted_to or envelope.destination or ""
    meant = "/saml/acs/" in posted_to
    inside = "nothing inside can be read here" if evidence.unread else "it was opened here with the key that was given"
    book.check(
        "assertion-encrypted",
        "" if meant else f"the response contains an EncryptedAssertion; {inside}",
    )
    if meant:
        book.notes.append(
            f"The assertion is encrypted, and goes to AWS's endpoint for that ({posted_to}); whether the SAML provider "
            "holds the private key does not show here."
        )
    if evidence.unread:
        book.notes.append("To read the encrypted assertion, give its private key: --decrypt-key FILE.")


def _unsigned(evidence: Evidence) -> str:
    """That nothing is signed, or what is signed instead."""
    return "; ".join(evidence.misfits) or "there is no signature on the response or on the assertion"


def _signer(book: Book, evidence: Evidence, given: Sequence[KnownKey]) -> None:
    """Whose key the signature is made with, as far as that is known without a state."""
    signature = evidence.signature
    if signature is None:
        return
    if signature.verdict is Verdict.NOT_CHECKABLE:
        book.notes.append(
            f"The {signature.covers}'s signature is not checked: {signature.problem}. To check it, give {' or '.join(WHAT_TO_GIVE)}."
        )
    elif signature.by is By.RESPONSE and not given:
        book.notes.append(
            "The signature fits the key that came with the response, which proves nothing about who signed it: anybody "
            f"can send a key of their own. To check it, give {' or '.join(WHAT_TO_GIVE)}."
        )
    if given:
        held = ", ".join(f"{certificate_words(key.certificate)} in {key.known_from}" for key in given)
        book.check(
            "certificate-rotated",
            f"it is signed with {signed_with(signature)}, expected is {held}" if is_strange(signature) else "",
        )


def _assertion_in_itself(book: Book, capture: Capture, envelope: Envelope, assertion: Assertion, mask: Mask) -> None:
    _window(book, capture, assertion)
    partition = _partition(assertion)
    told = f"the audience is {', '.join(assertion.audiences)}" if assertion.audiences else "there is no audience"
    # Older pages of AWS also allow the sign-in address as an audience, newer reports have it refused.
    book.check(
        "audience-wrong",
        "" if partition.audience in assertion.audiences else f"{told}; it must be {partition.audience}",
    )
    book.check("name-id-missing", "" if assertion.name_id else "the subject has no NameID")
    _recipient(book, capture, envelope, assertion)
    _roles(book, assertion)
    _session(book, assertion, mask)


def _window(book: Book, capture: Capture, assertion: Assertion) -> None:
    start = moment(assertion.not_before)
    ends = [moment(end) for end in assertion.not_on_or_after]
    unreadable = [text for text in (assertion.not_before, *assertion.not_on_or_after) if text and moment(text) is None]
    known_ends = [end for end in ends if end is not None]
    end = min(known_ends) if known_ends else None
    empty = start is not None and end is not None and start >= end
    problem = (
        f"{unreadable[0]!r} is not a time"
        if unreadable
        else f"it begins at {assertion.not_before} and ends at {_utc(end)}"
        if empty and end
        else ""
    )
    if book.check("window-empty", problem):
        return
    at = capture.captured_at
    if at is None:
        book.notes.append(
            "When the response was sent is not in this file, so its validity window is shown but not checked."
        )
        return
    late = end is not None and at >= end
    early = start is not None and at < start
    book.check(
        "response-expired",
        f"it was sent at {_utc(at)}, {_span(at, end)} after its end at {_utc(end)}" if late and end else "",
    )
    book.check(
        "response-not-yet-valid",
        f"it was sent at {_utc(at)}, {_span(start, at)} before its beginning at {_utc(start)}"
        if early and start
        else "",
    )


def _partition(assertion: Assertion) -> Partition:
    """The one that the response is for, by its roles or else by its recipient."""
    for pair in assertion.roles:
        if pair.role_arn:
            return partition_of_arn(pair.role_arn)
    return next(filter(None, map(partition_of_endpoint, assertion.recipients)), COMMERCIAL)


def _recipient(book: Book, capture: Capture, envelope: Envelope, assertion: Assertion) -> None:
    problem = ""
    if not assertion.recipients:
        problem = "the subject confirmation names no recipient"
    elif len(assertion.recipients) > 1:
        problem = f"there are {len(assertion.recipients)} subject confirmations; AWS takes exactly one"
    elif not is_aws_endpoint(assertion.recipients[0]):
        problem = f"the recipient is {assertion.recipients[0] or 'empty'}, which is not a SAML endpoint of AWS sign-in"
    book.check("recipient-wrong", problem)
    if assertion.recipients and envelope.destination and envelope.destination not in assertion.recipients:
        book.notes.append(
            f"The response's destination ({envelope.destination}) is not its recipient ({assertion.recipients[0]})."
        )
    posted_to = (capture.posted_to or "").split("?")[0]
    if posted_to and assertion.recipients and posted_to != assertion.recipients[0].split("?")[0]:
        book.notes.append(f"The browser posted it to {posted_to}, the recipient is {assertion.recipients[0]}.")


def _roles(book: Book, assertion: Assertion) -> None:
    if book.check(
        "role-attribute-missing",
        "" if assertion.roles else f"there is no attribute {saml_attributes.ROLE}",
    ):
        return
    broken = [pair for pair in assertion.roles if pair.role_arn is None]
    crossed = [
        pair
        for pair in assertion.roles
        if (role := read_arn(pair.role_arn or "")) is not None
        and (provider := read_arn(pair.provider_arn or "")) is not None
        and role.account != provider.account
    ]
    shown = [f"{pair.sent[:200]!r} is not a role's ARN and a SAML provider's, separated by a comma" for pair in broken]
    shown += [f"{pair.sent!r} names two accounts" for pair in crossed]
    bad = len(broken) + len(crossed)
    # One good pair is enough for AWS; the others are then only worth a word.
    if bad < len(assertion.roles):
        book.check("role-attribute-malformed", "")
        book.notes += [f"Of the roles, {text}." for text in shown]
    else:
        book.check("role-attribute-malformed", "; ".join(shown))
    if any(re.search(r"\s", pair.sent.strip()) for pair in assertion.roles if pair.role_arn):
        book.notes.append("A Role value has spaces in it; AWS documents the pair without.")
    if len(assertion.roles) - bad > 1:
        book.notes.append(
            f"The response offers {len(assertion.roles) - bad} roles, so AWS first asks the person to choose one."
        )


def _session(book: Book, assertion: Assertion, mask: Mask) -> None:
    names = assertion.session_name
    book.check(
        "session-name-missing",
        "" if names else f"there is no attribute {saml_attributes.ROLE_SESSION_NAME}",
    )
    if len(names) > 1:
        book.check("session-name-invalid", f"there are {len(names)} session names; AWS takes exactly one")
    elif names:
        name = names[0]
        problem = "" if sessions.is_name(name) else f"the session name {mask(name)} {_refused(name)}"
        if not book.check("session-name-invalid", problem):
            reason = username_problem(name)  # in words that do not repeat the name
            book.check("session-name-not-for-connect", f"the session name is {mask(name)}: {reason}" if reason else "")
    duration = assertion.session_duration
    if duration is None:
        book.notes.append("The response names no session duration, so the session ends after one hour.")
    else:
        valid = (
            duration.strip().isdecimal()
            and duration.isascii()
            and sessions.SHORTEST <= int(duration[:9]) <= sessions.LONGEST
        )
        book.check("duration-invalid", "" if valid else f"the session duration is {duration[:40]!r}")
    identity = assertion.source_identity
    if identity is not None:
        invalid = not sessions.is_name(identity) or identity.startswith("aws:")
        book.check("source-identity-invalid", f"the source identity is {mask(identity)}" if invalid else "")


def _refused(name: str) -> str:
    if not 2 <= len(name) <= 64:
        return f"has {len(name)} characters; it must have 2 to 64"
    wrong = sorted({character for character in name if character not in sessions.NAME_CHARACTERS})
    return f"contains {', '.join('a space' if each == ' ' else repr(each) for each in wrong)}"


def _relay_state(book: Book, capture: Capture) -> RelayState | None:
    """What is wrong with the relay state in itself; its parts where nothing is."""
    state = capture.relay_state
    if state is None:
        book.notes.append("This kind of file has no relay state in it; a form body or a HAR has.")
        return None
    seen_in = "relay state"
    if book.check("relay-state-missing", "" if state.strip() else "no relay state was sent", seen_in=seen_in):
        return None
    try:
        landing = read_relay_state(state)
    except HoldsArnError as error:
        book.check("relay-state-arn", f"{error}: {state[:300]}", seen_in=seen_in)
        return None
    except NotConnectError as error:
        book.check("relay-state-not-connect", f"{error}: {state[:300]}", seen_in=seen_in)
        return None
    book.checked |= {"relay-state-arn", "relay-state-not-connect"}
    return landing


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "?"


def _span(later: datetime | None, earlier: datetime | None) -> str:
    seconds = int((later - earlier).total_seconds()) if later and earlier else 0
    if seconds < 120:
        return f"{seconds} seconds"
    if seconds < 7200:
        return f"{seconds // 60} minutes"
    return f"{seconds // 3600} hours"
