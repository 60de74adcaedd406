"""An app of Okta that is there already, in the words of an environment file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connect_sso.adopt.model import Aside, CannotAdoptError, ExistingApp
from connect_sso.adopt.reasons import Reasons
from connect_sso.adopt.roles import groups_of, role_of_assignments, role_of_groups
from connect_sso.environment.derived_names import TERRAFORM_NAME, role_group
from connect_sso.facts import sessions
from connect_sso.facts.arns import read_arn
from connect_sso.facts.okta_apps import posts_to
from connect_sso.facts.okta_profile import attribute_of
from connect_sso.facts.pages import ADMINISTRATION, AGENT_WORKSPACE, CCP, DESTINATIONS, page_of
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, read_relay_state, relay_state
from connect_sso.sign_in.app_settings import (
    constant,
    duration_of,
    maps_groups,
    pair_of,
    session_name_of,
)
from connect_sso.sign_in.live import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connect_sso.environment.values import RoleAssignment
    from connect_sso.facts.partitions import Partition
    from connect_sso.live.model import LiveAccount, LiveApp, LiveGroup, LiveOrg, LiveRole, LiveSamlProvider

_KEYS: Final = {ADMINISTRATION: "admin", CCP: "ccp", AGENT_WORKSPACE: "workspace"}
"""What people call an app by the page that it opens."""

_TAG: Final = "PrincipalTag:"
_SAID: Final = ("Role", "RoleSessionName", "SessionDuration")


@dataclass(frozen=True)
class AppReading:
    """One app as its settings tell it, before the account is asked."""

    app: LiveApp
    settings: Mapping[str, object]
    """The catalogue app's; empty for a custom app."""
    statements: Mapping[str, str]
    """A custom app's attribute statements, by their short names."""

    @property
    def role_assignment(self) -> RoleAssignment:
        """Which of the three ways it is."""
        if not self.app.catalogue:
            return "saml_app"
        return "group_mapping" if maps_groups(self.app.settings) else "api_integration"

    @property
    def session_name(self) -> str:
        """What the assertion's RoleSessionName comes from, as Okta has it."""
        return session_name_of(self.settings, self.statements, self.app.user_name_template)

    @property
    def username(self) -> str | None:
        """The attribute of Okta's profile behind it; None where it is more than one."""
        return attribute_of(self.session_name)

    @property
    def posts_to(self) -> str | None:
        """The sign-in endpoint."""
        if self.app.catalogue:
            return posts_to(self.app.settings)
        endpoint = self.app.sign_on.get("ssoAcsUrl")
        return endpoint if isinstance(endpoint, str) else None

    @property
    def session_duration(self) -> int | None:
        """Seconds that it asks for; None where it names none, or not a number."""
        return duration_of(self.settings, self.statements)

    @property
    def relay_state(self) -> str:
        """Where its sign-ins land."""
        found = self.app.sign_on.get("defaultRelayState")
        return found if isinstance(found, str) else ""

    @property
    def pair(self) -> tuple[str | None, str | None]:
        """The ARNs of the SAML provider and the role, as far as the settings alone tell."""
        return pair_of(self.settings, self.statements, ())


def read_app(app: LiveApp) -> AppReading:
    """The app as its settings tell it.

    Raises:
        CannotAdoptError: it is no active SAML app.
    """
    if app.sign_on_mode != "SAML_2_0":
        raise CannotAdoptError(f"the app {app.label!r} does not sign in by SAML 2.0 (it is {app.sign_on_mode})")
    if not app.active:
        raise CannotAdoptError(
            f"the app {app.label!r} is inactive, and Terraform would activate it; activate it in Okta first, or leave it out"
        )
    return AppReading(app, *settings_of(app))


def sign_in_of(readings: Sequence[AppReading], partition: Partition, region: str) -> str:
    """`regional` or `global`: the endpoint that all of the apps post to.

    Raises:
        CannotAdoptError: they post to others, or not all to one.
    """
    names = {partition.global_endpoint: "global", partition.regional_endpoint(region): "regional"}
    strange = [reading for reading in readings if reading.posts_to not in names]
    if strange:
        raise CannotAdoptError(
            *(
                f"the app {reading.app.label!r} posts to {reading.posts_to or 'an endpoint that is not documented'}; "
                f"an environment file can say {' or '.join(names)}"
                for reading in strange
            )
        )
    found = {names[reading.posts_to or ""] for reading in readings}
    if len(found) > 1:
        raise CannotAdoptError(
            "the apps post to different sign-in endpoints, the regional and the global one, and an environment has one "
            "(aws.sign_in): adopt them into two environments"
        )
    return found.pop()


def username_of(readings: Sequence[AppReading]) -> str:
    """The one attribute of Okta's profile that all of the apps take the Connect user name from.

    Raises:
        CannotAdoptError: there is none.
    """
    unclear = [reading for reading in readings if reading.username is None]
    if unclear:
        raise CannotAdoptError(
            *(
                f"the app {reading.app.label!r} takes the session name from {reading.session_name!r}, and a file can "
                "only say one attribute of Okta's profile (okta.username)"
                for reading in unclear
            )
        )
    found = sorted({str(reading.username) for reading in readings})
    if len(found) > 1:
        raise CannotAdoptError(
            f"the apps take the session name from different attributes ({', '.join(found)}), and an environment has one "
            "(okta.username): adopt them into two environments"
        )
    return found[0]


def understand(reading: AppReading, account: LiveAccount, org: LiveOrg) -> tuple[ExistingApp, list[Aside]]:
    """The app and what it signs in to, still without a key, and what stays outside of the file.

    Raises:
        CannotAdoptError: an environment file cannot say it, with every reason.
    """
    reasons = Reasons()
    destination = reasons.of(_destination, reading, account)
    provider, on_provider = reasons.of(_saml_provider, reading, account) or (None, [])
    role, group = (reasons.of(_role, reading, provider, account, org) if provider else None) or (None, None)
    groups, rule, on_groups = (reasons.of(groups_of, reading.app, group, org) if role else None) or ([], None, [])
    duration, on_duration = _session_duration(reading)
    existing = ExistingApp(
        key="",
        live=reading.app,
        destination=reasons.given(destination),
        saml_provider=reasons.given(provider),
        role=reasons.given(role),
        session_duration=duration,
        session_tags={
            name.removeprefix(_TAG): expression
            for name, expression in reading.statements.items()
            if name.startswith(_TAG)
        },
        groups=tuple(groups),
        role_group=group,
        rule=rule,
    )
    return existing, [*on_provider, *on_groups, *on_duration, *_statements_aside(reading)]


def _destination(reading: AppReading, account: LiveAccount) -> str:
    """Where the app's sign-ins land, as an environment file says it.

    Raises:
        CannotAdoptError: in no page of this instance.
    """
    label, instance = reading.app.label, account.instance
    assert instance is not None
    try:
        found = read_relay_state(reading.relay_state)
    except HoldsArnError:
        raise CannotAdoptError(
            f"the relay state of the app {label!r} holds the instance's ARN, which leads nowhere"
        ) from None
    except NotConnectError as error:
        raise CannotAdoptError(
            f"the relay state of the app {label!r} does not lead to Amazon Connect: {error}"
        ) from None
    if found.instance_id != instance.id or found.region not in {None, account.region}:
        where = f" in {found.region}" if found.region else ""
        raise CannotAdoptError(
            f"the app {label!r} opens another instance: {found.instance_id}{where}, not {instance.id} in {account.region}"
        )
    for name in DESTINATIONS:
        if relay_state(region=account.region, instance_id=instance.id, destination=name) == reading.relay_state:
            return name
    return found.destination or ADMINISTRATION.destination


def _saml_provider(reading: AppReading, account: LiveAccount) -> tuple[LiveSamlProvider, list[Aside]]:
    """The app's SAML provider in IAM, held against the app's metadata, and what a person should look at.

    Raises:
        CannotAdoptError: there is none, or it holds another app's metadata.
    """
    label = reading.app.label
    arn = _arn(reading, reading.pair[0], "saml-provider", account)
    provider = account.saml_providers.get(arn)
    if provider is None:
        raise CannotAdoptError(f"the app {label!r} names the SAML provider {arn}, and IAM has none of that name")
    theirs, ours = provider.metadata, reading.app.metadata
    if theirs is None or ours is None:
        problem = provider.problem or reading.app.metadata_problem or "it could not be read"
        return provider, [
            Aside(
                f"the metadata of {provider.name}",
                f"whether it is that of the app {label!r} is not known: {problem}",
                decide=True,
            )
        ]
    if theirs.issuer != ours.issuer:
        raise CannotAdoptError(
            f"the SAML provider {provider.name} holds the metadata of another app ({theirs.issuer}), not of {label!r} ({ours.issuer})"
        )
    return provider, []


def _session_duration(reading: AppReading) -> tuple[int, list[Aside]]:
    """Seconds that the app asks for, as the file can say them, and what a person should look at."""
    asks = reading.session_duration
    if asks is None:
        asks = sessions.DEFAULT
    if asks < sessions.ROLE_SHORTEST:
        return sessions.ROLE_SHORTEST, [
            Aside(
                f"the session duration of the app {reading.app.label!r}",
                f"it asks for {asks} seconds, and the file holds at least {sessions.ROLE_SHORTEST}; it goes on asking for {asks} while adopted",
                decide=True,
            )
        ]
    return asks, []


def with_keys(apps: Sequence[ExistingApp], environment: str, known: Mapping[str, str]) -> list[ExistingApp]:
    """The apps with what they are called in the file: as their role groups have it, by the page that they open, or by their labels.

    Args:
        apps: without keys.
        environment: the environment's name.
        known: keys by label, where a file has them already.
    """
    wanted = [known.get(app.live.label) or _key(app, environment) for app in apps]
    twice = {key for key, count in Counter(wanted).items() if count > 1}
    taken = set(known.values())
    keyed = []
    for app, key in zip(apps, wanted, strict=True):
        label, number = app.live.label, 2
        if label not in known:
            key = _slug(label) if key in twice or key in taken else key
            while key in taken:
                key, number = f"{_slug(label)[:60]}_{number}", number + 1
            taken.add(key)
        keyed.append(replace(app, key=key))
    return keyed


def _key(app: ExistingApp, environment: str) -> str:
    """What somebody would call it who knew no other app."""
    if app.role_group is not None:
        for key in re.findall(rf"aws#{re.escape(environment)}-({TERRAFORM_NAME})#", app.role_group.name):
            if role_group(environment, key, app.role.name, app.role.arn.split(":")[4]) == app.role_group.name:
                return str(key)
    page = page_of(DESTINATIONS.get(app.destination, app.destination))
    return _KEYS[page] if page in _KEYS else _slug(app.live.label)


def _slug(label: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:64] or "app"
    return readable if not readable[0].isdigit() else f"app_{readable}"[:64]


def _arn(reading: AppReading, text: str | None, kind: str, account: LiveAccount) -> str:
    label, what = reading.app.label, {"role": "role", "saml-provider": "SAML provider"}[kind]
    if not text:
        raise CannotAdoptError(f"the app {label!r} names no {what}")
    arn = read_arn(text)
    if arn is None or arn.service != "iam" or arn.kind != kind or "${" in text:
        raise CannotAdoptError(f"the {what} that the app {label!r} names is not one ARN: {constant(text)}")
    if arn.account != account.account_id:
        raise CannotAdoptError(f"the {what} of the app {label!r} is in the account {arn.account}: {text}")
    return text


def _statements_aside(reading: AppReading) -> Iterator[Aside]:
    """Attribute statements that the file has no words for."""
    for name in reading.statements:
        if name not in _SAID and not name.startswith(_TAG):
            yield Aside(
                f"the attribute {name} of the app {reading.app.label!r}",
                "the file has no word for it; it is sent as before while `adopted` leaves the apps as they are",
            )


def _role(
    reading: AppReading, provider: LiveSamlProvider, account: LiveAccount, org: LiveOrg
) -> tuple[LiveRole, LiveGroup | None]:
    """The one role that the app's people get, and with group mapping the group that carries it."""
    app = reading.app
    if reading.role_assignment == "group_mapping":
        return role_of_groups(app, provider, account, org)
    if reading.role_assignment == "api_integration":
        return role_of_assignments(app, provider, account), None
    arn = _arn(reading, reading.pair[1], "role", account)
    role = account.roles.get(arn)
    if role is None:
        raise CannotAdoptError(
            f"the app {app.label!r} names the role {arn}, and no role of that ARN trusts its SAML provider"
        )
    return role, None
