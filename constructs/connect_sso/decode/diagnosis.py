"""Which known failures a captured response leads to: wrong in itself, or not fitting what is deployed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.decode.assertion import SUCCESS, Assertion, Envelope, RolePair, moment
from connect_sso.decode.failures import BY_CODE
from connect_sso.decode.signature import WHAT_TO_GIVE, By, Flaw, Verdict
from connect_sso.facts import sessions
from connect_sso.facts.names import username_problem
from connect_sso.facts.partitions import COMMERCIAL, Partition, is_aws_endpoint, partition_of_arn, partition_of_endpoint
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, RelayState, read_relay_state
from connect_sso.saml import attributes as saml_attributes
from connect_sso.sign_in.model import (
    Role,
    SamlProvider,
    SignIn,
    permission_decision,
    same_but_for_case,
    trust_decision,
    trust_request,
    why_not_permitted,
    why_not_trusted,
)
from connect_sso.text import nearest

if TYPE_CHECKING:
    from datetime import datetime

    from connect_sso.decode.capture import Capture
    from connect_sso.decode.coverage import Evidence
    from connect_sso.decode.signature import KnownKey, Signature
    from connect_sso.saml.certificates import Certificate

MAX_BASE64 = 100_000
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

_NEAR_AMONG = 2000

Mask = Callable[[str], str]
"""How a person's name is shown: as it is, or masked."""


@dataclass(frozen=True)
class Finding:
    """One known failure that the input leads to."""

    code: str
    says: str
    """What was found, with the values at hand."""
    seen_in: str
    """`response`, `relay state` or `message`."""

    @property
    def fix(self) -> str:
        """What to do, from the catalogue."""
        return BY_CODE[self.code].fix


@dataclass(frozen=True)
class Diagnosis:
    """The findings, and what was looked at without one."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """What a person should know, and what holds nobody up."""
    ruled_out: frozenset[str]
    """Codes that were looked into and are not the cause."""


class _Book:
    """Collects the findings of one response."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.checked: set[str] = set()

    def check(self, code: str, problem: str, *, seen_in: str = "response") -> bool:
        """Records that `code` was looked into; returns whether it is the case."""
        self.checked.add(code)
        if problem and all(finding.code != code for finding in self.findings):
            self.findings.append(Finding(code, problem, seen_in))
        return bool(problem)

    def add(self, other: _Book, source: str) -> None:
        """Adds what a less trustworthy side says: it decides only what nothing before it has looked into."""
        for finding in other.findings:
            if finding.code in self.checked:
                self.notes.append(f"{source} differs from what is there: {finding.says}.")
            else:
                self.findings.append(finding)
        self.checked |= other.checked

    def done(self) -> Diagnosis:
        found = {finding.code for finding in self.findings}
        return Diagnosis(tuple(self.findings), tuple(dict.fromkeys(self.notes)), frozenset(self.checked - found))


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
    book = _Book()
    sides = list(sides)
    _in_itself(book, capture, evidence, envelope, assertion)
    if assertion is not None:
        _assertion_in_itself(book, capture, envelope, assertion, mask)
        _signer(book, evidence, given)
    landing = _relay_state(book, capture)
    for side in sides:
        of_side = _Book()
        if assertion is not None:
            _compared(of_side, evidence, assertion, side, mask)
        if landing is not None:
            _landing(of_side, landing, side)
        book.add(of_side, side.source)
    return book.done()


# --- in itself ------------------------------------------------------------------------------------------------------


def _in_itself(
    book: _Book, capture: Capture, evidence: Evidence, envelope: Envelope, assertion: Assertion | None
) -> None:
    too_large = capture.base64_length is not None and capture.base64_length > MAX_BASE64
    book.check(
        "response-too-large",
        f"it has {capture.base64_length:,} characters of base64, and AWS takes {MAX_BASE64:,}" if too_large else "",
    )
    failed = envelope.status is not None and envelope.status != SUCCESS
    status = (envelope.status or "").rsplit(":", 1)[-1] or "missing"
    book.check(
        "status-not-success",
        f"the status is {status}{f' ({envelope.status_message})' if envelope.status_message else ''}" if failed else "",
    )
    book.check(
        "assertion-encrypted",
        "the response holds an EncryptedAssertion; nothing inside can be read here" if evidence.encrypted else "",
    )
    book.check("signature-wrapping", "; ".join(evidence.wrapping))
    book.notes += [
        f"{each[:1].upper()}{each[1:]}."
        for each in evidence.described
        if each not in (*evidence.wrapping, *evidence.misfits)
    ]
    if not failed:
        missing = assertion is None and not evidence.encrypted and evidence.used is None
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
                f"{each.certificate.not_after:%Y-%m-%d}); whether AWS minds is not documented."
            )


def _unsigned(evidence: Evidence) -> str:
    """That nothing is signed, or what is signed instead."""
    return "; ".join(evidence.misfits) or "there is no signature on the response or on the assertion"


def _signer(book: _Book, evidence: Evidence, given: Sequence[KnownKey]) -> None:
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
        held = ", ".join(f"{_certificate(key.certificate)} in {key.known_from}" for key in given)
        book.check(
            "certificate-rotated",
            f"it is signed with {_signed_with(signature)}, expected is {held}" if _strange(signature) else "",
        )


def _strange(signature: Signature) -> bool:
    """Whether it is made with another key than those that were expected."""
    return signature.by is By.RESPONSE or signature.flaw is Flaw.OTHER_KEY


def _signed_with(signature: Signature) -> str:
    if signature.certificate is None or signature.flaw is Flaw.OTHER_KEY:
        return "a key that it does not name" if signature.flaw is Flaw.OTHER_KEY else "the bare key that came with it"
    return f"the certificate {_certificate(signature.certificate)}"


def _assertion_in_itself(book: _Book, capture: Capture, envelope: Envelope, assertion: Assertion, mask: Mask) -> None:
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


def _window(book: _Book, capture: Capture, assertion: Assertion) -> None:
    start = moment(assertion.not_before)
    ends = [moment(end) for end in assertion.not_on_or_after]
    unreadable = [text for text in (assertion.not_before, *assertion.not_on_or_after) if text and moment(text) is None]
    known_ends = [end for end in ends if end is not None]
    end = min(known_ends) if known_ends else None
    empty = start is not None and end is not None and start >= end
    problem = (
        f"{unreadable[0]!r} is no time"
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
            "When the response was sent is not in this file, so its validity window is shown but not held against it."
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


def _recipient(book: _Book, capture: Capture, envelope: Envelope, assertion: Assertion) -> None:
    problem = ""
    if not assertion.recipients:
        problem = "the subject confirmation names no recipient"
    elif len(assertion.recipients) > 1:
        problem = f"there are {len(assertion.recipients)} subject confirmations, and AWS wants exactly one"
    elif not is_aws_endpoint(assertion.recipients[0]):
        problem = f"the recipient is {assertion.recipients[0] or 'empty'}, which is no SAML endpoint of AWS sign-in"
    book.check("recipient-wrong", problem)
    if assertion.recipients and envelope.destination and envelope.destination not in assertion.recipients:
        book.notes.append(
            f"The response's destination ({envelope.destination}) is not its recipient ({assertion.recipients[0]})."
        )
    posted_to = (capture.posted_to or "").split("?")[0]
    if posted_to and assertion.recipients and posted_to != assertion.recipients[0].split("?")[0]:
        book.notes.append(f"The browser posted it to {posted_to}, the recipient is {assertion.recipients[0]}.")


def _roles(book: _Book, assertion: Assertion) -> None:
    if book.check(
        "role-attribute-missing",
        "" if assertion.roles else f"there is no attribute {saml_attributes.ROLE}",
    ):
        return
    broken = [pair for pair in assertion.roles if pair.role_arn is None]
    crossed = [
        pair
        for pair in assertion.roles
        if pair.role_arn and pair.provider_arn and _account(pair.role_arn) != _account(pair.provider_arn)
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


def _session(book: _Book, assertion: Assertion, mask: Mask) -> None:
    names = assertion.session_name
    book.check(
        "session-name-missing",
        "" if names else f"there is no attribute {saml_attributes.ROLE_SESSION_NAME}",
    )
    if len(names) > 1:
        book.check("session-name-invalid", f"there are {len(names)} session names, and AWS wants one")
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
    return f"holds {', '.join('a space' if each == ' ' else repr(each) for each in wrong)}"


# --- compared with a deployed or promised side ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Problem:
    code: str
    says: str


def _compared(book: _Book, evidence: Evidence, assertion: Assertion, side: SignIn, mask: Mask) -> None:
    pairs = [pair for pair in assertion.roles if pair.role_arn and pair.provider_arn]
    if pairs:
        # Of several roles the best one counts: the person may choose it.
        tried = [list(_pair_problems(book, evidence, assertion, pair, side)) for pair in pairs]
        for problem in min(tried, key=len):
            book.check(problem.code, problem.says)
    if len(assertion.session_name) == 1:
        _user(book, assertion.session_name[0], side, mask)


def _pair_problems(
    book: _Book, evidence: Evidence, assertion: Assertion, pair: RolePair, side: SignIn
) -> Iterator[_Problem]:
    assert pair.role_arn
    assert pair.provider_arn
    provider, role = side.providers.get(pair.provider_arn), side.roles.get(pair.role_arn)
    book.checked |= {"provider-not-found", "role-not-found"}
    if provider is None:
        yield _Problem(
            "provider-not-found",
            f"{side.source} has no SAML provider {pair.provider_arn}{_nearest(pair.provider_arn, side.providers)}",
        )
    else:
        yield from _signer_problems(book, evidence, assertion, provider, side)
    if role is None:
        yield _Problem(
            "role-not-found", f"{side.source} has no role {pair.role_arn}{_nearest(pair.role_arn, side.roles)}"
        )
        return
    if provider is not None and role.trust is not None:
        yield from _trust_problems(book, assertion, pair.provider_arn, role)
    if role.max_session_duration is not None and (assertion.session_duration or "").isdecimal():
        asked = int((assertion.session_duration or "0")[:9])
        book.checked.add("duration-too-long")
        if asked > role.max_session_duration:
            yield _Problem(
                "duration-too-long",
                f"the response asks for {asked} seconds, {role.where} allows {role.max_session_duration}",
            )
    if side.instance is not None:
        decision = permission_decision(role, side.instance)
        if decision.allowed is not None:
            book.checked.add("federation-token-denied")
        if decision.allowed is False:
            yield _Problem(
                "federation-token-denied",
                f"{role.where} may not call connect:GetFederationToken on {side.instance.arn}: {why_not_permitted(role, decision)}",
            )


def _signer_problems(
    book: _Book, evidence: Evidence, assertion: Assertion, provider: SamlProvider, side: SignIn
) -> Iterator[_Problem]:
    if provider.problem:
        yield _Problem("metadata-unreadable", f"the metadata in {provider.where} cannot be used: {provider.problem}")
    if provider.metadata is None:
        return
    book.checked |= {"metadata-unreadable", "metadata-of-other-app", "certificate-rotated"}
    if provider.metadata.issuer != assertion.issuer:
        holder = next(
            (
                each.where
                for each in side.providers.values()
                if each.metadata and each.metadata.issuer == assertion.issuer
            ),
            None,
        )
        elsewhere = f"; {holder} holds this one's" if holder else ""
        yield _Problem(
            "metadata-of-other-app",
            f"the issuer is {assertion.issuer}, {provider.where} holds the metadata of {provider.metadata.issuer}{elsewhere}",
        )
        return
    held = provider.metadata.certificates
    keys = {each.key_sha256 for each in held}
    strangers = [
        each
        for each in evidence.signatures
        if _strange(each) or (each.verified and each.certificate and each.certificate.key_sha256 not in keys)
    ]
    if strangers:
        yield _Problem(
            "certificate-rotated",
            f"it is signed with {_signed_with(strangers[0])}, {provider.where} holds {', '.join(map(_certificate, held))}",
        )


def _trust_problems(book: _Book, assertion: Assertion, provider_arn: str, role: Role) -> Iterator[_Problem]:
    recipient = assertion.recipients[0] if assertion.recipients else ""
    extra = {
        "saml:iss": (assertion.issuer,),
        "saml:sub": (assertion.name_id,),
        "sts:rolesessionname": assertion.session_name,
        **{f"aws:requesttag/{name.lower()}": (value,) for name, value in assertion.session_tags},
    }
    wanted = [("sts:AssumeRoleWithSAML", "")]
    if assertion.session_tags:
        wanted.append(("sts:TagSession", "tag-session-not-allowed"))
    if assertion.source_identity:
        wanted.append(("sts:SetSourceIdentity", "source-identity-not-allowed"))
    book.checked |= {
        "provider-not-trusted",
        "recipient-not-trusted",
        "trust-condition-not-met",
        *(code for _, code in wanted if code),
    }
    for action, code in wanted:
        decision = trust_decision(role, trust_request(provider_arn, recipient, action, extra))
        if decision.allowed is not False:
            continue
        if code:
            tags = ", ".join(name for name, _ in assertion.session_tags)
            what = (
                f"the response carries session tags ({tags})"
                if action == "sts:TagSession"
                else "the response carries a source identity"
            )
            yield _Problem(code, f"{what}, and the trust of {role.where} does not allow {action}")
            continue
        yield _Problem(*why_not_trusted(role, decision, provider_arn, recipient))
        return


def _user(book: _Book, name: str, side: SignIn, mask: Mask) -> None:
    if name in side.users:
        book.checked |= {"user-not-onboarded", "user-name-case"}
        return
    shown, masked = mask(name), mask(name) != name
    similar = same_but_for_case(name, side.users)
    if similar is not None:
        where = side.source if masked else side.users[similar].where
        book.check("user-name-case", f"the session name is {shown}, the Connect user is {mask(similar)} ({where})")
    elif side.users_are_complete:
        # A near name is a help, but costs a second among ten thousand.
        near = nearest(name, side.users) if len(side.users) <= _NEAR_AMONG and not masked else ""
        book.check("user-not-onboarded", f"{side.source} has no Connect user {shown}{near}")
    else:
        book.notes.append(
            f"Whether {shown} is a Connect user, {side.source} does not say: people of a users_file are in a state of "
            "their own (another --state)."
        )


def _relay_state(book: _Book, capture: Capture) -> RelayState | None:
    """What is wrong with the relay state in itself; its parts where nothing is."""
    state = capture.relay_state
    if state is None:
        book.notes.append("This form of file holds no relay state; a form body or a HAR does.")
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


def _landing(book: _Book, landing: RelayState, side: SignIn) -> None:
    instance = side.instance
    if instance is None:
        return
    if instance.region is not None and landing.region is not None:
        other = f"the relay state is for {landing.region}, the instance ({instance.where}) is in {instance.region}"
        book.check("relay-state-region", other if landing.region != instance.region else "", seen_in="relay state")
    if instance.id is not None and not is_placeholder(instance.id):
        other = f"the relay state is for the instance {landing.instance_id}, {instance.where} is {instance.id}"
        book.check("relay-state-instance", other if landing.instance_id != instance.id else "", seen_in="relay state")


# --- words -----------------------------------------------------------------------------------------------------------------


def is_placeholder(instance_id: str) -> bool:
    """Whether the id only stands for one that is not known yet."""
    return set(instance_id) <= {"0", "-"}


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _nearest(arn: str, known: Iterable[str]) -> str:
    return nearest(arn, known) or (f"; there are: {', '.join(sorted(known))}" if known else "; it has none at all")


def _certificate(certificate: Certificate) -> str:
    return f"{certificate.short} (until {certificate.not_after:%Y-%m-%d})"


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "?"


def _span(later: datetime | None, earlier: datetime | None) -> str:
    seconds = int((later - earlier).total_seconds()) if later and earlier else 0
    if seconds < 120:
        return f"{seconds} seconds"
    if seconds < 7200:
        return f"{seconds // 60} minutes"
    return f"{seconds // 3600} hours"
