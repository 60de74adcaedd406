"""Walks a person through a sign-in, hop by hop, and says at each what was checked and where that stands."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from connect_sso.facts import sessions
from connect_sso.facts.arns import read_arn
from connect_sso.facts.names import username_problem
from connect_sso.facts.pages import CUSTOM_PAGE, approved_origin, page_name
from connect_sso.facts.partitions import is_aws_endpoint, partition_of_arn
from connect_sso.facts.profiles import opening
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, RelayState, read_relay_state
from connect_sso.iam.policies import TAG_SESSION
from connect_sso.sign_in.hops import (
    ASSERTION,
    ASSIGNMENT,
    LANDING,
    PERMISSION,
    TRUST,
    USER,
    Found,
    Hop,
    Walk,
)
from connect_sso.sign_in.model import (
    ConnectUser,
    OktaApp,
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
    from collections.abc import Iterator, Mapping
    from typing import Any


class Walker:
    """Walks people through `real`, what there is, held to `promised`, what the environment file says; the two may be one."""

    def __init__(self, real: SignIn, promised: SignIn) -> None:
        self._real = real
        self._promised = promised
        self._is_file = real is promised
        self._because = real.unknown_because
        # What does not depend on the person is asked once per app.
        self._trust = {key: self._trust_hop(app) for key, app in real.apps.items()}
        self._permission = {key: self._permission_hop(app) for key, app in real.apps.items()}
        self._landing = {key: self._landing_of(app) for key, app in real.apps.items()}
        self._landing_by_profiles: dict[tuple[str, tuple[str, ...] | None], Hop] = {}
        self._assertion = {key: self._assertion_hop(app) for key, app in real.apps.items()}

    def everybody(self) -> list[str]:
        """The Connect users of the file, in its order, then those that are only really there."""
        return list(dict.fromkeys((*self._promised.users, *self._real.users)))

    @cached_property
    def strangers(self) -> dict[str, str]:
        """Members of the apps' groups whom nobody made a Connect user, and their groups: they would be refused."""
        known = {*self._promised.users, *self._real.users}
        return {
            name: group.name
            for app in self._real.apps.values()
            for group in app.groups
            for name in (group.members or {}).values()
            if name not in known and same_but_for_case(name, known) is None
        }

    def walk(self, username: str) -> Walk:
        """One person's sign-ins, through every app that the person has or may have."""
        user = self._real.users.get(username) or self._promised.users.get(username)
        candidates = [hops for key in self._keys() if (hops := self._through(key, username, user))]
        certain = [hops for hops in candidates if hops[0].ok is not None]
        possible = [hops for hops in candidates if hops[0].ok is None]
        if any(hops[0].ok for hops in certain):
            # Whoever has an app by name is not also asked about every group.
            chosen = certain
        else:
            # Of the apps that a group may give, those that the person's profiles are for.
            fitting = [hops for hops in possible if not self._is_for_others(hops)]
            chosen = certain + (fitting or [_should_a_group_give_it(hops) for hops in possible])
        hops = tuple(hop for walked in chosen for hop in walked) or self._without_app(username)
        states = [hop.ok for hop in hops]
        return Walk(
            username, self._profiles(user) or (), hops, False if False in states else None if None in states else True
        )

    def way(self, key: str) -> tuple[Hop, Hop, Hop, Hop]:
        """What does not depend on the person: the assertion, the trust, the permission, and where it lands."""
        return self._assertion[key], self._trust[key], self._permission[key], self.lands(key, None)

    def lands(self, key: str, profiles: tuple[str, ...] | None) -> Hop:
        """The landing page, for somebody with these security profiles; None: whoever may open it."""
        known = self._landing_by_profiles.get((key, profiles))
        if known is None:
            known = self._landing_by_profiles[key, profiles] = self._landing_for(key, profiles)
        return known

    def page(self, key: str) -> str | None:
        """What a sign-in through the app opens, in words; None where that is not known, or nothing of Connect's."""
        landing = self._landing[key]
        return None if isinstance(landing, Hop) else page_name(landing.destination)

    def _profiles(self, user: ConnectUser | None) -> tuple[str, ...] | None:
        """The person's profiles; those of the file where a plan does not know them yet."""
        if user is None or user.profiles is not None:
            return user.profiles if user else None
        promised = self._promised.users.get(user.name)
        return promised.profiles if promised else None

    def _is_for_others(self, hops: tuple[Hop, ...]) -> bool:
        """Whether it is the person's own profiles, and not the app, that keep the page shut."""
        return hops[-1].ok is False and isinstance(self._landing[hops[-1].app], RelayState)

    def _keys(self) -> list[str]:
        return list(dict.fromkeys((*self._promised.apps, *self._real.apps)))

    def _through(self, key: str, username: str, user: ConnectUser | None) -> tuple[Hop, ...] | None:
        """The hops through one app, or None where the person is not meant to have it."""
        app, promised = self._real.apps.get(key), self._promised.apps.get(key)
        if app is None:
            assert promised is not None
            if username.lower() not in promised.direct:
                return None
            where = promised.direct[username.lower()].where
            missing = {"label": promised.label, "source": self._real.source}
            return (Hop(ASSIGNMENT, False, Found.APP_MISSING, where, key, missing),)
        assignment, session_name = self._assignment(app, promised, username)
        if assignment is None:
            return None
        return (
            assignment,
            self._with_name(self._assertion[key], app, session_name),
            self._trust[key],
            self._permission[key],
            self._user_hop(key, session_name, username),
            # Ten thousand agents share a handful of profiles.
            self.lands(key, self._profiles(user)),
        )

    # --- Okta assignment -----------------------------------------------------------------------------------------

    def _assignment(self, app: OktaApp, promised: OktaApp | None, username: str) -> tuple[Hop | None, str]:
        """The hop, or None where the app is nothing to this person; and the session name that Okta sends."""
        lowered = username.lower()

        def hop(ok: bool | None, found: Found, where: str, **values: Any) -> Hop:
            return Hop(ASSIGNMENT, ok, found, where, app.key, values)

        direct = app.direct.get(lowered)
        if direct is not None:
            # A file does not know what Okta sends: then it is the name as it was asked for.
            session_name = username if self._is_file else direct.session_name
            found = Found.ASSIGNED if direct.active else Found.SUSPENDED
            return hop(direct.active, found, direct.where), session_name
        missing = {"label": app.label, "source": self._real.source}
        for group in app.groups:
            if group.members is not None and lowered in group.members:
                if (status := self._real.barred.get(lowered)) is not None:
                    values = {"group": group.name, "status": status}
                    return hop(False, Found.MEMBER_BARRED, group.where, **values), group.members[lowered]
                return hop(True, Found.GROUP_MEMBER, group.where, group=group.name), group.members[lowered]
        # Somebody whom the file assigns by name may have the app through a group: with group mapping it is one.
        if promised is not None and lowered in promised.direct:
            if not app.direct_is_known:
                values = {"label": app.label, "because": self._because}
                return hop(None, Found.ASSIGNMENT_NOT_KNOWN, promised.direct[lowered].where, **values), username
            return hop(False, Found.ASSIGNMENT_MISSING, promised.direct[lowered].where, **missing), username
        unknown = [group for group in app.groups if group.members is None]
        if unknown:
            names = tuple(group.name for group in unknown)
            return hop(None, Found.GROUP_NOT_KNOWN, unknown[0].where, groups=names, person=username), username
        if promised is not None and promised.groups and not app.groups:
            names = tuple(group.name for group in promised.groups)
            where = promised.groups[0].where
            return hop(False, Found.GROUP_ASSIGNMENT_MISSING, where, groups=names, **missing), username
        return None, username

    def _without_app(self, username: str) -> tuple[Hop, ...]:
        """The one hop of a person whom nothing lets in."""
        groups = tuple(dict.fromkeys(group.name for app in self._real.apps.values() for group in app.groups))
        user = self._promised.users.get(username) or self._real.users.get(username)
        where = user.where if user else self._real.source
        if (status := self._real.barred.get(username.lower())) is not None:
            hops = [Hop(ASSIGNMENT, False, Found.BARRED, where, "", {"status": status})]
        elif groups:
            hops = [Hop(ASSIGNMENT, False, Found.IN_NO_GROUP, where, "", {"groups": groups})]
        else:
            hops = [Hop(ASSIGNMENT, False, Found.NOTHING_ASSIGNED, where, "")]
        if username not in self._real.users:
            hops.append(self._user_hop("", username, username))
        return tuple(hops)

    # --- assertion -----------------------------------------------------------------------------------------------

    def _assertion_hop(self, app: OktaApp) -> Hop:
        """What the app sends, but for the name."""

        def hop(ok: bool | None, found: Found, **values: Any) -> Hop:
            return Hop(ASSERTION, ok, found, app.where, app.key, values)

        if app.active is False:
            return hop(False, Found.APP_INACTIVE)
        if app.role_problem:
            return hop(False, Found.NO_ROLE_SENT, problem=app.role_problem)
        if app.recipient is not None and not is_aws_endpoint(app.recipient):
            return hop(False, Found.RECIPIENT_WRONG, recipient=app.recipient)
        wanted = partition_of_arn(app.provider_arn or app.role_arn or "").audience
        if app.audience is not None and app.audience != wanted:
            return hop(False, Found.AUDIENCE_WRONG, actual=app.audience, expected=wanted)
        if app.session_duration is not None and not sessions.SHORTEST <= app.session_duration <= sessions.LONGEST:
            return hop(False, Found.DURATION_INVALID, seconds=app.session_duration)
        if app.awaits_api_integration:
            return hop(None, Found.API_INTEGRATION_AWAITED)
        unknown = tuple(
            what
            for what, value in (
                ("the role", app.role_arn),
                ("the SAML provider", app.provider_arn),
                ("the recipient", app.recipient),
            )
            if value is None
        )
        if unknown:
            return hop(None, Found.ASSERTION_NOT_READABLE, parts=unknown, source=self._real.source)
        return hop(
            True,
            Found.SENT,
            recipient=app.recipient,
            role=_name(app.role_arn),
            provider=_name(app.provider_arn),
            duration=app.session_duration,
            tags=app.session_tags,
        )

    def _with_name(self, hop: Hop, app: OktaApp, session_name: str) -> Hop:
        if hop.ok is False:
            return hop

        def named(ok: bool | None, found: Found, values: Mapping[str, Any]) -> Hop:
            # Built anew rather than with `replace`, which is three times slower and is called for everybody.
            return Hop(ASSERTION, ok, found, hop.where, hop.app, values)

        problem = username_problem(session_name)
        if problem is not None:
            return named(False, Found.SESSION_NAME_INVALID, {"session_name": session_name, "problem": problem})
        if not app.session_name_from.isidentifier():
            return named(None, Found.SESSION_NAME_NOT_KNOWN, {"template": app.session_name_from})
        if not hop.ok:
            return hop
        return named(True, Found.SENT, {**hop.values, "session_name": session_name, "attribute": app.session_name_from})

    # --- IAM -----------------------------------------------------------------------------------------------------

    def _trust_hop(self, app: OktaApp) -> Hop:
        def hop(ok: bool | None, found: Found, where: str, **values: Any) -> Hop:
            return Hop(TRUST, ok, found, where, app.key, values)

        if app.role_arn is None or app.provider_arn is None:
            return hop(None, Found.TRUST_NOT_KNOWN, app.where)
        provider, role = self._real.providers.get(app.provider_arn), self._real.roles.get(app.role_arn)
        if provider is None:
            hint = nearest(app.provider_arn, self._real.providers)
            return hop(False, Found.PROVIDER_MISSING, app.where, arn=app.provider_arn, hint=hint)
        if role is None:
            hint = nearest(app.role_arn, self._real.roles)
            return hop(False, Found.ROLE_MISSING, app.where, arn=app.role_arn, hint=hint)
        if (problem := _metadata_problem(app, provider)) is not None:
            return hop(False, problem[0], provider.where, **problem[1])
        unknown = tuple(
            what
            for what, known in (
                ("the SAML provider's metadata", provider.metadata or provider.metadata_of),
                ("the role's trust policy", role.trust),
                ("the app's recipient", app.recipient),
            )
            if known is None
        )
        if role.trust is None or app.recipient is None:
            return hop(None, Found.TRUST_NOT_YET_KNOWN, role.where, parts=unknown, because=self._because)
        if not is_aws_endpoint(app.recipient):
            return hop(None, Found.TRUST_NOT_ASKED, role.where)
        if (problem := _trust_problem(app, app.provider_arn, app.recipient, role)) is not None:
            return hop(False, problem[0], role.where, **problem[1])
        longest = role.max_session_duration
        if longest and longest < (app.session_duration or 0) <= sessions.LONGEST:
            return hop(False, Found.DURATION_TOO_LONG, role.where, actual=app.session_duration, longest=longest)
        decision = trust_decision(role, trust_request(app.provider_arn, app.recipient))
        if decision.allowed is None:
            return hop(None, Found.TRUST_DEPENDS, role.where, decided_by=decision.decided_by)
        if unknown:
            return hop(None, Found.TRUST_NOT_YET_KNOWN, provider.where, parts=unknown, because=self._because)
        return hop(True, Found.TRUSTED, role.where, role=role.name, provider=_name(provider.arn), longest=longest)

    def _permission_hop(self, app: OktaApp) -> Hop:
        def hop(ok: bool | None, found: Found, where: str, **values: Any) -> Hop:
            return Hop(PERMISSION, ok, found, where, app.key, values)

        role = self._real.roles.get(app.role_arn or "")
        instance = self._real.instance
        if role is None:
            return hop(None, Found.PERMISSION_NOT_KNOWN, app.where, part="the role")
        if instance is None or not instance.exists:
            return hop(None, Found.PERMISSION_NOT_KNOWN, app.where, part="the instance")
        decision = permission_decision(role, instance)
        if decision.allowed is False:
            reason = why_not_permitted(role, decision)
            return hop(False, Found.NOT_PERMITTED, role.where, role=role.name, instance=instance.arn, reason=reason)
        if decision.allowed is None:
            values = {"decided_by": decision.decided_by, "because": self._because}
            return hop(None, Found.PERMISSION_DEPENDS, role.where, **values)
        return hop(True, Found.PERMITTED, role.where, decided_by=decision.decided_by)

    # --- Connect -------------------------------------------------------------------------------------------------

    def _user_hop(self, app: str, session_name: str, username: str) -> Hop:
        real, promised = self._real.users, self._promised.users

        def hop(ok: bool | None, found: Found, where: str, **values: Any) -> Hop:
            return Hop(USER, ok, found, where, app, values)

        instance = self._real.instance
        if instance is not None and not instance.exists:
            return hop(False, Found.INSTANCE_MISSING, instance.where, source=self._real.source)
        if instance is not None and instance.is_saml is False:
            return hop(False, Found.INSTANCE_NOT_SAML, instance.where)
        if not self._real.users_are_known:
            return hop(None, Found.USERS_NOT_KNOWN, self._real.source, because=self._because)
        user = real.get(session_name)
        if user is not None:
            values = {"user": user.name, "profiles": self._profiles(user), "because": self._because}
            return hop(True, Found.USER_FOUND, user.where, **values)
        spelled = username if username != session_name and username in real else same_but_for_case(session_name, real)
        if spelled is not None:
            return hop(False, Found.USER_CASE_DIFFERS, real[spelled].where, sent=session_name, actual=spelled)
        if session_name in promised:
            where = promised[session_name].where
            if not self._real.users_are_complete:
                return hop(None, Found.USER_IN_OTHER_STATE, where)
            return hop(False, Found.USER_NOT_MADE, where, source=self._real.source)
        spelled = same_but_for_case(session_name, promised)
        if spelled is not None:
            where = promised[spelled].where
            return hop(False, Found.USER_CASE_DIFFERS_FROM_FILE, where, sent=session_name, actual=spelled)
        near = nearest(session_name, real)
        return hop(False, Found.USER_MISSING, self._real.source, sent=session_name, hint=near)

    # --- landing page --------------------------------------------------------------------------------------------

    def _landing_of(self, app: OktaApp) -> RelayState | Hop:
        """Where the app's relay state leads, or the hop that says why it leads nowhere."""

        def hop(ok: bool | None, found: Found, **values: Any) -> Hop:
            return Hop(LANDING, ok, found, app.where, app.key, values)

        if app.relay_state is None:
            return hop(None, Found.RELAY_STATE_NOT_YET_KNOWN, because=self._because)
        if not app.relay_state:
            return hop(False, Found.RELAY_STATE_MISSING)
        try:
            landing = read_relay_state(app.relay_state)
        except (HoldsArnError, NotConnectError) as error:
            return hop(False, Found.RELAY_STATE_INVALID, relay_state=app.relay_state, problem=str(error))
        instance = self._real.instance
        if instance is not None and instance.region and landing.region and landing.region != instance.region:
            return hop(False, Found.OTHER_REGION, actual=landing.region, expected=instance.region)
        if instance is not None and instance.id and landing.instance_id != instance.id:
            return hop(False, Found.OTHER_INSTANCE, actual=landing.instance_id, expected=instance.id)
        promised = self._promised.apps.get(app.key)
        if promised is not None and promised.relay_state is not None and not self._is_file:
            wanted = read_relay_state(promised.relay_state)
            if wanted.destination.rstrip("/") != landing.destination.rstrip("/"):
                page, expected = page_name(landing.destination), page_name(wanted.destination)
                return hop(False, Found.OTHER_PAGE, page=page, expected=expected)
        return landing

    def _landing_for(self, key: str, profiles: tuple[str, ...] | None) -> Hop:
        landing = self._landing[key]
        if isinstance(landing, Hop):
            return landing
        where = self._real.apps[key].where
        page = page_name(landing.destination)

        def hop(ok: bool | None, found: Found, **values: Any) -> Hop:
            return Hop(LANDING, ok, found, where, key, {"page": page, **values})

        if landing.page is None:
            return hop(None, Found.PAGE_NOT_KNOWN)
        if landing.page is CUSTOM_PAGE:
            origin, approved = approved_origin(landing.destination), self._real.origins
            if approved is None:
                return hop(None, Found.PAGE_CUSTOM)
            found = Found.ORIGIN_APPROVED if origin in approved else Found.ORIGIN_NOT_APPROVED
            return hop(origin in approved, found, origin=origin)
        if profiles is None:
            return hop(None, Found.PAGE_FOR_WHOEVER_MAY)
        answer = opening(profiles, landing.page, self._real.profile_permissions)
        if answer.ok:
            return hop(True, Found.PAGE_OPEN, profile=answer.decided_by[0])
        return hop(answer.ok, Found.PAGE_DEPENDS if answer.ok is None else Found.PAGE_SHUT, profiles=answer.decided_by)


def _should_a_group_give_it(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """A walk to a page that the person's profiles are not for, through a group that nobody said the person is in: no failure."""
    return (*hops[:-1], replace(hops[-1], ok=None, only_if_given=True))


_Problem: TypeAlias = "tuple[Found, dict[str, Any]] | None"
"""What is wrong, with its values; None where nothing is."""


def _metadata_problem(app: OktaApp, provider: SamlProvider) -> _Problem:
    if provider.problem:
        return Found.METADATA_UNUSABLE, {"problem": provider.problem}
    if provider.metadata is None:
        return None
    if app.issuer is not None and provider.metadata.issuer != app.issuer:
        return Found.METADATA_OF_OTHER_APP, {"actual": provider.metadata.issuer, "expected": app.issuer}
    if app.metadata is not None:
        held = {certificate.key_sha256 for certificate in provider.metadata.certificates}
        strange = [certificate for certificate in app.metadata.certificates if certificate.key_sha256 not in held]
        if strange:
            return Found.CERTIFICATE_NOT_HELD, {"certificate": strange[0].short, "until": strange[0].not_after}
    return None


def _trust_problem(app: OktaApp, provider_arn: str, recipient: str, role: Role) -> _Problem:
    decision = trust_decision(role, trust_request(provider_arn, recipient))
    if decision.allowed is False:
        return Found.NOT_TRUSTED, {"reason": why_not_trusted(role, decision, provider_arn, recipient)[1]}
    if app.session_tags and trust_decision(role, trust_request(provider_arn, recipient, TAG_SESSION)).allowed is False:
        return Found.TAGS_NOT_TRUSTED, {"role": role.name}
    return None


def _name(text: str | None) -> str:
    arn = read_arn(text or "")
    return arn.name if arn is not None else text or ""


def walk_all(walker: Walker, only: str | None) -> Iterator[Walk]:
    """The walks of everybody, or of one."""
    for username in [only] if only is not None else walker.everybody():
        yield walker.walk(username)
