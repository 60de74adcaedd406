"""A response, or an event that tells of one, beside what is deployed or promised: which known failures show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connect_sso.decode.signature import By, Flaw
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
    from collections.abc import Iterable, Iterator

    from connect_sso.decode.assertion import Assertion, RolePair
    from connect_sso.decode.coverage import Evidence
    from connect_sso.decode.findings import Book, Mask
    from connect_sso.decode.signature import Signature
    from connect_sso.facts.relay_state import RelayState
    from connect_sso.saml.certificates import Certificate


@dataclass(frozen=True)
class _Problem:
    code: str
    says: str


def compare(book: Book, evidence: Evidence | None, assertion: Assertion, side: SignIn, mask: Mask) -> None:
    """Holds the assertion against one side.

    Args:
        book: takes what is found.
        evidence: what of the response is signed; None where an event tells of it, which leaves parts unknown.
        assertion: what is known of it.
        side: what to compare with.
        mask: for names of people.
    """
    pairs = [pair for pair in assertion.roles if pair.role_arn and pair.provider_arn]
    if pairs:
        # Of several roles the best one counts: the person may choose it.
        tried = [list(_pair_problems(book, evidence, assertion, pair, side)) for pair in pairs]
        for problem in min(tried, key=len):
            book.check(problem.code, problem.says)
    if len(assertion.session_name) == 1:
        compare_user(book, assertion.session_name[0], side, mask)


def _pair_problems(
    book: Book, evidence: Evidence | None, assertion: Assertion, pair: RolePair, side: SignIn
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
    elif evidence is not None:
        yield from _signer_problems(book, evidence, assertion, provider, side)
    if role is None:
        yield _Problem(
            "role-not-found", f"{side.source} has no role {pair.role_arn}{_nearest(pair.role_arn, side.roles)}"
        )
        return
    if provider is not None and role.trust is not None:
        yield from _trust_problems(book, assertion, pair.provider_arn, role, whole=evidence is not None)
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
    book: Book, evidence: Evidence, assertion: Assertion, provider: SamlProvider, side: SignIn
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
        if is_strange(each) or (each.verified and each.certificate and each.certificate.key_sha256 not in keys)
    ]
    if strangers:
        yield _Problem(
            "certificate-rotated",
            f"it is signed with {signed_with(strangers[0])}, {provider.where} holds {', '.join(map(certificate_words, held))}",
        )


def _trust_problems(
    book: Book, assertion: Assertion, provider_arn: str, role: Role, *, whole: bool
) -> Iterator[_Problem]:
    """What the role's trust refuses; `whole` tells whether what is empty in the assertion is known to be so."""
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
    for action, code in wanted:
        request = trust_request(provider_arn, recipient, action, extra)
        if not whole:
            request = replace(request, context={key: value for key, value in request.context.items() if any(value)})
        decision = trust_decision(role, request)
        if decision.allowed is not None:
            book.checked |= (
                {code} if code else {"provider-not-trusted", "recipient-not-trusted", "trust-condition-not-met"}
            )
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


def compare_user(book: Book, name: str, side: SignIn, mask: Mask) -> None:
    """Whether the instance has a user of this name."""
    if name in side.users:
        book.checked |= {"user-not-onboarded", "user-name-case"}
        return
    shown, masked = mask(name), mask(name) != name
    similar = same_but_for_case(name, side.users)
    if similar is not None:
        where = side.source if masked else side.users[similar].where
        book.check("user-name-case", f"the session name is {shown}, the Connect user is {mask(similar)} ({where})")
    elif side.users_are_complete:
        near = nearest(name, side.users) if not masked else ""
        book.check("user-not-onboarded", f"{side.source} has no Connect user {shown}{near}")
    else:
        book.notes.append(
            f"Whether {shown} is a Connect user, {side.source} does not say: people of a users_file are in a state of "
            "their own (another --state)."
        )


def compare_landing(book: Book, landing: RelayState, side: SignIn) -> None:
    """Whether the relay state is for the instance there is."""
    instance = side.instance
    if instance is None:
        return
    if instance.region is not None and landing.region is not None:
        other = f"the relay state is for {landing.region}, the instance ({instance.where}) is in {instance.region}"
        book.check("relay-state-region", other if landing.region != instance.region else "", seen_in="relay state")
    if instance.id is not None and not is_placeholder(instance.id):
        other = f"the relay state is for the instance {landing.instance_id}, {instance.where} is {instance.id}"
        book.check("relay-state-instance", other if landing.instance_id != instance.id else "", seen_in="relay state")


def is_placeholder(instance_id: str) -> bool:
    """Whether the id only stands for one that is not known yet."""
    return set(instance_id) <= {"0", "-"}


def is_strange(signature: Signature) -> bool:
    """Whether it is made with another key than those that were expected."""
    return signature.by is By.RESPONSE or signature.flaw is Flaw.OTHER_KEY


def signed_with(signature: Signature) -> str:
    """The key of a signature, in a few words."""
    if signature.certificate is None or signature.flaw is Flaw.OTHER_KEY:
        return "a key that it does not name" if signature.flaw is Flaw.OTHER_KEY else "the bare key that came with it"
    return f"the certificate {certificate_words(signature.certificate)}"


def certificate_words(certificate: Certificate) -> str:
    """A certificate, in a few words."""
    return f"{certificate.short} (until {certificate.not_after:%Y-%m-%d})"


def _nearest(arn: str, known: Iterable[str]) -> str:
    return nearest(arn, known) or (f"; it has {', '.join(sorted(known))}" if known else "; it has none")
