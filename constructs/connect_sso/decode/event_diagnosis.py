"""Which known failures an event of a sign-in leads to, by itself and beside what is deployed or promised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connect_sso.decode.assertion import RolePair
from connect_sso.decode.comparison import compare, compare_landing
from connect_sso.decode.events import Became, Event, Log
from connect_sso.decode.failures import CATALOGUE, Needs
from connect_sso.decode.findings import Book, Diagnosis, Mask
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, RelayState, read_relay_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connect_sso.decode.assertion import Assertion
    from connect_sso.sign_in.model import SignIn

_IN_CONNECT = frozenset(
    {"user-not-onboarded", "user-name-case", "session-name-not-for-connect", "federation-token-denied"}
)
_OF_THE_RESPONSE = {Needs.RESPONSE, Needs.COMPARISON, Needs.STATE, Needs.KEY, Needs.CAPTURE_TIME}
_BEFORE_CONNECT = frozenset(
    entry.code for entry in CATALOGUE if _OF_THE_RESPONSE & set(entry.needs) and entry.code not in _IN_CONNECT
)
"""What AWS sign-in would have refused."""


def diagnose_event(event: Event, sides: Sequence[SignIn], mask: Mask) -> Diagnosis:
    """Everything that the event shows, or that the sides have against what it tells.

    Args:
        event: the event.
        sides: what to compare with, most trustworthy first.
        mask: for names of people.
    """
    book = Book()
    if event.log is Log.OKTA:
        _in_okta(book, event, mask)
        landing = None
    else:
        landing = _in_aws(book, event, sides)
    for side in sides:
        of_side = Book()
        compare(of_side, None, _with_role(event, side), side, mask)
        if landing is not None:
            compare_landing(of_side, landing, side)
        if event.log is Log.CLOUDTRAIL and event.became is Became.SUCCESS:
            # AWS let this person in: what the side has against that came later.
            of_side.drop(_BEFORE_CONNECT)
        elif event.became is Became.REFUSED:
            # It never came to Connect: what the side has against that is true, and not the cause.
            of_side.drop(_IN_CONNECT)
        book.add(of_side, side.source)
    return book.done()


def _in_aws(book: Book, event: Event, sides: Sequence[SignIn]) -> RelayState | None:
    if event.name == "ConsoleLogin" and event.role_name is None and not event.claims.roles:
        book.notes.append(
            "This is no sign-in through a SAML provider: it names neither a role nor a provider, as the root user's and "
            "IAM users' do not."
        )
        return None
    if event.became is Became.SUCCESS:
        book.checked |= _BEFORE_CONNECT
        book.notes.append(
            "AWS took the assertion and the role was entered: nothing is wrong with the response, the SAML provider or "
            "the trust. What remains is in Connect: its user, the role's permission, the landing page."
        )
    elif not sides:
        book.notes.append("Give --state STATE.json: of the causes that the words can have, it shows which one it is.")
    return _landed(book, event, sides) if event.landing else None


def _landed(book: Book, event: Event, sides: Sequence[SignIn]) -> RelayState | None:
    """Where the console was to open: what the relay state said."""
    provider = next((pair.provider_arn for pair in event.claims.roles), None)
    if sides and provider and not any(provider in side.providers for side in sides):
        book.notes.append(f"The sign-in came through {provider}, which belongs to something else than Connect.")
        return None
    landing = event.landing or ""
    seen_in = "relay state"
    try:
        state = read_relay_state(landing)
    except HoldsArnError as error:
        book.check("relay-state-arn", f"{error}: {landing[:300]}", seen_in=seen_in)
    except NotConnectError as error:
        book.check("relay-state-not-connect", f"the console was to open {landing[:300]}: {error}", seen_in=seen_in)
    else:
        book.checked |= {"relay-state-missing", "relay-state-arn", "relay-state-not-connect"}
        return state
    return None


def _in_okta(book: Book, event: Event, mask: Mask) -> None:
    who, app = mask(event.person) if event.person else "somebody", event.app or "the app"
    reason = f": {event.reason}" if event.reason else ""
    if event.name.startswith("application.user_membership."):
        withdrawn = f"{app} was taken from {who}{f' by {mask(event.done_by)}' if event.done_by else ''}{reason}"
        book.check("okta-app-not-assigned", withdrawn if event.became is Became.REFUSED else "", seen_in="event")
    elif event.name == "policy.evaluate_sign_on":
        rule = f" ({event.rule})" if event.rule else ""
        denied = f"the policy{rule} denied {who} the sign-in{reason}"
        book.check("okta-policy-denied", denied if event.became is Became.REFUSED else "", seen_in="event")
        if event.became is Became.OPEN:
            book.notes.append("The policy asked for another factor, which is no refusal: look for the event after it.")
    else:
        refused = event.became is Became.REFUSED
        assigned = "not assigned" not in event.reason.lower()
        says = f"Okta did not sign {who} in to {app}{reason}"
        book.check("okta-app-not-assigned", says if refused and not assigned else "", seen_in="event")
        book.check("status-not-success", says if refused and assigned else "", seen_in="event")
        if event.became is Became.SUCCESS:
            book.notes.append(
                "Okta sent the response. Whether AWS took it, CloudTrail's AssumeRoleWithSAML of the same minute tells, or "
                "a recording of the browser."
            )


def _with_role(event: Event, side: SignIn) -> Assertion:
    """The claims, with the role's ARN where the event has only its name."""
    claims = event.claims
    if event.role_name is None:
        return claims
    arn = next(
        (
            role.arn
            for role in side.roles.values()
            if role.name == event.role_name and f"::{event.account}:" in role.arn
        ),
        None,
    )
    return replace(claims, roles=tuple(RolePair(pair.sent, arn, pair.provider_arn) for pair in claims.roles))
