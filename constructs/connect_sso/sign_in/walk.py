"""Walks a person through a sign-in, hop by hop, and says at each what was checked and where that stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from connect_sso.facts.names import username_problem
from connect_sso.facts.pages import CUSTOM_PAGE, page_name
from connect_sso.facts.profiles import Opening, opening
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, RelayState, read_relay_state
from connect_sso.sign_in.model import (
    ConnectUser,
    OktaApp,
    Role,
    SamlProvider,
    SignIn,
    is_aws_endpoint,
    partition_of_arn,
    permission_decision,
    same_but_for_case,
    trust_decision,
    trust_request,
    why_not_permitted,
    why_not_trusted,
)
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSIGNMENT, ASSERTION, TRUST = "Okta assignment", "assertion", "IAM trust"
PERMISSION, USER, LANDING = "permission", "Connect user", "landing page"
MIN_SESSION, MAX_SESSION = 900, 43200
"""Seconds: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html"""
HOPS = (ASSIGNMENT, ASSERTION, TRUST, PERMISSION, USER, LANDING)


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a sign-in through one app."""

    name: str
    ok: bool | None
    """None: not known from here."""
    says: str
    where: str
    """File and line, or Terraform address."""
    app: str


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's sign-ins."""

    username: str
    profiles: tuple[str, ...]
    hops: tuple[Hop, ...]
    """Six for each app."""
    ok: bool | None
    """False where a hop fails, None where none does but one is not known, True otherwise."""

    @property
    def apps(self) -> tuple[str, ...]:
        """The apps that were walked."""
        return tuple(dict.fromkeys(hop.app for hop in self.hops))

    def through(self, app: str) -> tuple[Hop, ...]:
        """The hops through one app."""
        return tuple(hop for hop in self.hops if hop.app == app)


class Walker:
    """Walks people through `real`, what there is, held to `promised`, what the environment file says; the two may be one."""

    def __init__(self, real: SignIn, promised: SignIn) -> None:
        self._real = real
        self._promised = promised
        self._is_file = real is promised
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
            return (
                Hop(
                    ASSIGNMENT,
                    False,
                    f"the file assigns the app, and {self._real.source} has no app labelled {promised.label!r}",
                    where,
                    key,
                ),
            )
        assignment, session_name = self._assignment(app, promised, username)
        if assignment is None:
            return None
        return (
            assignment,
            self._with_name(self._assertion[key], app, session_name),
            self._trust[key],
            self._permission[key],
            self._user_hop(key, session_name, username),
            self._landing_hop(key, user),
        )

    # --- Okta assignment -----------------------------------------------------------------------------------------

    def _assignment(self, app: OktaApp, promised: OktaApp | None, username: str) -> tuple[Hop | None, str]:
        """The hop, or None where the app is nothing to this person; and the session name that Okta sends."""
        lowered = username.lower()
        direct = app.direct.get(lowered)
        if direct is not None:
            says = (
                "assigned by name"
                if direct.active
                else "assigned by name, but Okta has this person suspended or deactivated"
            )
            # A file does not know what Okta sends: then it is the name as it was asked for.
            session_name = username if self._is_file else direct.session_name
            return Hop(ASSIGNMENT, direct.active, says, direct.where, app.key), session_name
        if promised is not None and lowered in promised.direct:
            where = promised.direct[lowered].where
            return Hop(
                ASSIGNMENT,
                False,
                f"the file assigns {app.label!r} by name, and {self._real.source} has no such assignment",
                where,
                app.key,
            ), username
        for group in app.groups:
            if group.members is not None and lowered in group.members:
                return Hop(ASSIGNMENT, True, f"by the group {group.name}", group.where, app.key), group.members[lowered]
        unknown = [group for group in app.groups if group.members is None]
        if unknown:
            names = " or ".join(group.name for group in unknown)
            return Hop(
                ASSIGNMENT, None, f"by the group {names}, if Okta has {username} in it", unknown[0].where, app.key
            ), username
        if promised is not None and promised.groups and not app.groups:
            names = " and ".join(group.name for group in promised.groups)
            says = f"the file gives {app.label!r} to the group {names}, and {self._real.source} has no such assignment"
            return Hop(ASSIGNMENT, False, says, promised.groups[0].where, app.key), username
        return None, username

    def _without_app(self, username: str) -> tuple[Hop, ...]:
        """The one hop of a person whom nothing lets in."""
        groups = list(dict.fromkeys(group.name for app in self._real.apps.values() for group in app.groups))
        says = (
            f"in none of the groups that give an app ({', '.join(groups)}), and assigned to none by name"
            if groups
            else "no app is assigned to this person, and none to a group"
        )
        user = self._promised.users.get(username) or self._real.users.get(username)
        hops = [Hop(ASSIGNMENT, False, says, user.where if user else self._real.source, "")]
        if username not in self._real.users:
            hops.append(self._user_hop("", username, username))
        return tuple(hops)

    # --- assertion -----------------------------------------------------------------------------------------------

    def _assertion_hop(self, app: OktaApp) -> Hop:
        """What the app sends, but for the name."""

        def hop(ok: bool | None, says: str) -> Hop:
            return Hop(ASSERTION, ok, says, app.where, app.key)

        if app.active is False:
            return hop(False, "the Okta app is inactive, so it signs nobody in")
        if app.role_problem:
            return hop(False, app.role_problem)
        if app.recipient is not None and not is_aws_endpoint(app.recipient):
            return hop(False, f"the recipient is {app.recipient or 'empty'}, which is no SAML endpoint of AWS sign-in")
        wanted = partition_of_arn(app.provider_arn or app.role_arn or "").audience
        if app.audience is not None and app.audience != wanted:
            return hop(False, f"the audience is {app.audience or 'empty'}; it must be {wanted}")
        if app.session_duration is not None and not MIN_SESSION <= app.session_duration <= MAX_SESSION:
            return hop(False, f"SessionDuration is {app.session_duration}; 900 to 43200 seconds are possible")
        if app.awaits_api_integration:
            return hop(None, "the API integration is not enabled in Okta yet, and without it Okta may send no role")
        unknown = [
            what
            for what, value in (
                ("the role", app.role_arn),
                ("the SAML provider", app.provider_arn),
                ("the recipient", app.recipient),
            )
            if value is None
        ]
        if unknown:
            return hop(None, f"{' and '.join(unknown)} that it sends cannot be read from {self._real.source}")
        tags = f", tags {', '.join(app.session_tags)}" if app.session_tags else ""
        duration = f", {app.session_duration} s" if app.session_duration else ""
        return hop(
            True,
            f"to {app.recipient}: role {_name(app.role_arn)}, SAML provider {_name(app.provider_arn)}{duration}{tags}",
        )

    def _with_name(self, hop: Hop, app: OktaApp, session_name: str) -> Hop:
        problem = username_problem(session_name)
        if hop.ok is False:
            return hop
        if problem is not None:
            return replace(hop, ok=False, says=f"RoleSessionName is {session_name}: {problem}")
        if app.session_name_from not in {"login", "email"}:
            return replace(
                hop, ok=None, says=f"RoleSessionName comes from {app.session_name_from}, which only Okta can evaluate"
            )
        if not hop.ok:
            return hop
        # Built anew rather than with `replace`, which is three times slower and is called for everybody.
        return Hop(
            ASSERTION,
            True,
            f"RoleSessionName {session_name} (Okta's {app.session_name_from}) {hop.says}",
            hop.where,
            hop.app,
        )

    # --- IAM -----------------------------------------------------------------------------------------------------

    def _trust_hop(self, app: OktaApp) -> Hop:
        def hop(ok: bool | None, says: str, where: str) -> Hop:
            return Hop(TRUST, ok, says, where, app.key)

        if app.role_arn is None or app.provider_arn is None:
            return hop(None, "the app's role or SAML provider is not known from here", app.where)
        provider, role = self._real.providers.get(app.provider_arn), self._real.roles.get(app.role_arn)
        if provider is None:
            return hop(
                False,
                f"there is no SAML provider {app.provider_arn}{nearest(app.provider_arn, self._real.providers)}",
                app.where,
            )
        if role is None:
            return hop(False, f"there is no role {app.role_arn}{nearest(app.role_arn, self._real.roles)}", app.where)
        if problem := _metadata_problem(app, provider):
            return hop(False, problem, provider.where)
        unknown = [
            what
            for what, known in (
                ("the SAML provider's metadata", provider.metadata or provider.metadata_of),
                ("the role's trust policy", role.trust),
                ("the app's recipient", app.recipient),
            )
            if known is None
        ]
        if role.trust is None or app.recipient is None:
            return hop(None, f"{' and '.join(unknown)} will be known after the apply", role.where)
        if not is_aws_endpoint(app.recipient):
            return hop(None, "not asked: the assertion does not go to AWS sign-in", role.where)
        if problem := _trust_problem(app, app.provider_arn, app.recipient, role):
            return hop(False, problem, role.where)
        if role.max_session_duration and role.max_session_duration < (app.session_duration or 0) <= MAX_SESSION:
            return hop(
                False,
                f"the app asks for {app.session_duration} s, the role allows {role.max_session_duration}",
                role.where,
            )
        decision = trust_decision(role, trust_request(app.provider_arn, app.recipient))
        if decision.allowed is None:
            return hop(
                None,
                f"whether the trust lets it in depends on more than can be known here ({decision.decided_by})",
                role.where,
            )
        if unknown:
            return hop(None, f"{' and '.join(unknown)} will be known after the apply", provider.where)
        return hop(
            True,
            f"{role.name} trusts {_name(provider.arn)} at this recipient, for up to {role.max_session_duration} s",
            role.where,
        )

    def _permission_hop(self, app: OktaApp) -> Hop:
        role = self._real.roles.get(app.role_arn or "")
        instance = self._real.instance
        if role is None or instance is None:
            missing = "the role" if role is None else "the instance"
            return Hop(PERMISSION, None, f"{missing} is not known from here", app.where, app.key)
        decision = permission_decision(role, instance)
        if decision.allowed is False:
            says = f"{role.name} may not call connect:GetFederationToken on {instance.arn}: {why_not_permitted(role, decision)}"
            return Hop(PERMISSION, False, says, role.where, app.key)
        if decision.allowed is None:
            reason = (
                f"the text of {decision.decided_by} is not known"
                if decision.decided_by
                else "the instance will be known after the apply"
            )
            return Hop(PERMISSION, None, f"connect:GetFederationToken: {reason}", role.where, app.key)
        return Hop(
            PERMISSION,
            True,
            f"{decision.decided_by} allows connect:GetFederationToken on this instance",
            role.where,
            app.key,
        )

    # --- Connect -------------------------------------------------------------------------------------------------

    def _user_hop(self, app: str, session_name: str, username: str) -> Hop:
        real, promised = self._real.users, self._promised.users

        def hop(ok: bool | None, says: str, where: str) -> Hop:
            return Hop(USER, ok, says, where, app)

        instance = self._real.instance
        if instance is not None and instance.is_saml is False:
            return hop(False, "the instance does not take users from SAML; that cannot be changed", instance.where)
        user = real.get(session_name)
        if user is not None:
            profiles = self._profiles(user)
            told = (
                "profiles that will be known after the apply"
                if profiles is None
                else ", ".join(profiles) or "no security profile"
            )
            return hop(True, f"{user.name} with {told}", user.where)
        spelled = username if username != session_name and username in real else same_but_for_case(session_name, real)
        if spelled is not None:
            return hop(
                False,
                f"Okta sends {session_name}, the Connect user is {spelled}: they must be the same, case included",
                real[spelled].where,
            )
        if session_name in promised:
            if not self._real.users_are_complete:
                return hop(
                    None, "in the crowd, whose state was not given (another --state)", promised[session_name].where
                )
            return hop(False, f"the file has this user, and {self._real.source} does not", promised[session_name].where)
        spelled = same_but_for_case(session_name, promised)
        if spelled is not None:
            return hop(
                False,
                f"Okta sends {session_name}, the file says {spelled}: they must be the same, case included",
                promised[spelled].where,
            )
        near = nearest(session_name, real) if len(real) <= 2000 else ""
        return hop(False, f"there is no Connect user {session_name}{near}", self._real.source)

    # --- landing page --------------------------------------------------------------------------------------------

    def _landing_of(self, app: OktaApp) -> RelayState | Hop:
        """Where the app's relay state leads, or the hop that says why it leads nowhere."""

        def hop(ok: bool | None, says: str) -> Hop:
            return Hop(LANDING, ok, says, app.where, app.key)

        if app.relay_state is None:
            return hop(None, "the relay state will be known after the apply")
        if not app.relay_state:
            return hop(False, "there is no relay state, so AWS opens its console's home page")
        try:
            landing = read_relay_state(app.relay_state)
        except (HoldsArnError, NotConnectError) as error:
            return hop(False, f"the relay state is {app.relay_state}: {error}")
        instance = self._real.instance
        if instance is not None and instance.region and landing.region and landing.region != instance.region:
            return hop(False, f"the relay state is for {landing.region}, the instance is in {instance.region}")
        if instance is not None and instance.id and landing.instance_id != instance.id:
            return hop(False, f"the relay state is for the instance {landing.instance_id}, this one is {instance.id}")
        promised = self._promised.apps.get(app.key)
        if promised is not None and promised.relay_state is not None and not self._is_file:
            wanted = read_relay_state(promised.relay_state)
            if wanted.destination.rstrip("/") != landing.destination.rstrip("/"):
                return hop(
                    False,
                    f"the relay state opens {page_name(landing.destination)}, the file says {page_name(wanted.destination)}",
                )
        return landing

    def _landing_hop(self, key: str, user: ConnectUser | None) -> Hop:
        profiles = self._profiles(user)
        # Ten thousand agents share a handful of profiles.
        known = self._landing_by_profiles.get((key, profiles))
        if known is None:
            known = self._landing_by_profiles[key, profiles] = self._landing_for(key, profiles)
        return known

    def _landing_for(self, key: str, profiles: tuple[str, ...] | None) -> Hop:
        landing = self._landing[key]
        if isinstance(landing, Hop):
            return landing
        where = self._real.apps[key].where
        page = page_name(landing.destination)
        if landing.page is None:
            return Hop(LANDING, None, f"{page}: who may open it is not known from here", where, key)
        if landing.page is CUSTOM_PAGE:
            reason = "the instance must have it as an approved origin, which only its console tells"
            return Hop(LANDING, None, f"{page}: {reason}", where, key)
        if profiles is None:
            return Hop(LANDING, None, f"{page}, for whoever has a security profile that allows it", where, key)
        found = opening(profiles, landing.page, self._real.profile_permissions)
        return Hop(LANDING, found.ok, f"{page}: {_reason(found)}", where, key)


def _should_a_group_give_it(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """A walk to a page that the person's profiles are not for, through a group that nobody said the person is in: no failure."""
    return (*hops[:-1], replace(hops[-1], ok=None, says=f"{hops[-1].says}, should a group give it at all"))


def _metadata_problem(app: OktaApp, provider: SamlProvider) -> str:
    if provider.problem:
        return f"its metadata cannot be used: {provider.problem}"
    if provider.metadata is None:
        return ""
    if app.issuer is not None and provider.metadata.issuer != app.issuer:
        return f"it holds the metadata of {provider.metadata.issuer}, the app signs as {app.issuer}"
    if app.metadata is not None:
        held = {certificate.key_sha256 for certificate in provider.metadata.certificates}
        strange = [certificate for certificate in app.metadata.certificates if certificate.key_sha256 not in held]
        if strange:
            return f"the app signs with the certificate {strange[0].short} (until {strange[0].not_after:%Y-%m-%d}), which it does not hold: the next apply brings it"
    return ""


def _trust_problem(app: OktaApp, provider_arn: str, recipient: str, role: Role) -> str:
    actions = ["sts:AssumeRoleWithSAML"] + (["sts:TagSession"] if app.session_tags else [])
    for action in actions:
        decision = trust_decision(role, trust_request(provider_arn, recipient, action))
        if decision.allowed is False:
            if action == "sts:TagSession":
                return f"the app sends session tags, and the trust of {role.name} does not allow sts:TagSession"
            return why_not_trusted(role, decision, provider_arn, recipient)[1]
    return ""


def _reason(found: Opening) -> str:
    names = found.decided_by
    if found.ok:
        return f"{names[0]} allows it"
    if found.ok is None:
        return f"what {', '.join(names)} allows is not known from here"
    if not names:
        return "no security profile"
    return f"{' and '.join(names)} {'do' if len(names) > 1 else 'does'} not allow it"


def _name(arn: str | None) -> str:
    return (arn or "").partition("/")[2]


def walk_all(walker: Walker, only: str | None) -> Iterator[Walk]:
    """The walks of everybody, or of one."""
    for username in [only] if only is not None else walker.everybody():
        yield walker.walk(username)
