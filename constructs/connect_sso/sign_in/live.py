"""A sign-in as it is in the live accounts: the third source, beside what a file promises and what Terraform deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE, posts_to
from connect_sso.facts.okta_profile import attribute_of
from connect_sso.live.model import INSTANCE
from connect_sso.sign_in.app_settings import (
    NO_ASSIGNMENT_NAMES_A_ROLE,
    NO_GROUP_FITS,
    catalogue_audience,
    duration_of,
    maps_groups,
    pair_of,
    plain_role,
    session_name_of,
    session_tags,
    statements_of,
)
from connect_sso.sign_in.model import (
    ConnectUser,
    DirectRoute,
    GroupRoute,
    Instance,
    OktaApp,
    Role,
    SamlProvider,
    SignIn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connect_sso.environment.model import Environment
    from connect_sso.live.model import LiveAccount, LiveApp, LiveOrg, LivePerson, LiveRole

SOURCE = "the live accounts"


def live_sign_in(account: LiveAccount, org: LiveOrg, environment: Environment) -> SignIn:
    """The sign-in of an environment as it is in the live accounts.

    Args:
        account: what was read of AWS.
        org: what was read of Okta.
        environment: which says what the apps are called, and by which attribute people have their names.
    """
    return _Live(account, org, environment).sign_in()


def apps_by_key(environment: Environment, org: LiveOrg) -> dict[str, LiveApp]:
    """The environment's apps, as far as the org has them, by their keys in the file.

    An app is found by its label, or where there is none of that label, by the SAML provider that it names: then somebody has
    given it another one.
    """
    found: dict[str, LiveApp] = {}
    for key, app in environment.apps.items():
        provider = environment.provider_arn(app)
        labelled = [each for each in org.apps if each.label == app.label]
        # Okta takes a label twice: then the one that names the provider, and of those the one that is in use.
        candidates = labelled or [each for each in org.apps if provider_named(each) == provider]
        candidates.sort(key=lambda each: (provider_named(each) == provider, each.active), reverse=True)
        if candidates:
            found[key] = candidates[0]
    return found


def provider_named(app: LiveApp) -> str | None:
    """The ARN of the SAML provider that an app's settings name."""
    settings, statements = settings_of(app)
    return pair_of(settings, statements, ())[0]


def settings_of(app: LiveApp) -> tuple[Mapping[str, object], Mapping[str, str]]:
    """The catalogue app's settings, and a custom app's attribute statements by short name; one of them is empty."""
    if app.catalogue:
        return app.settings, {}
    return {}, statements_of(app.sign_on.get("attributeStatements"))


def sent_name(app: LiveApp, person: LivePerson, user_names: Mapping[str, str], attribute: str) -> str | None:
    """What an app sends as RoleSessionName for a person; None where that cannot be known, or is nothing.

    Args:
        app: the app.
        person: somebody who has it.
        user_names: the app's own user names for people, by the people's ids.
        attribute: the one that `person.name_source` was read from.
    """
    settings, statements = settings_of(app)
    if settings and person.id in user_names:
        return user_names[person.id]
    source = attribute_of(session_name_of(settings, statements, app.user_name_template))
    if source == attribute:
        return person.name_source
    return person.login if source == "login" else None


class _Live:
    """Looks one environment's things up; holds nothing else."""

    def __init__(self, account: LiveAccount, org: LiveOrg, environment: Environment) -> None:
        self._account = account
        self._org = org
        self._environment = environment
        self._attribute = environment.okta.username_attribute
        self._barred: dict[str, str] = {}

    def sign_in(self) -> SignIn:
        account = self._account
        found = apps_by_key(self._environment, self._org)
        apps = {
            key: self._app(key, found[key]) if key in found else self._unread_app(key, app.label)
            for key, app in self._environment.apps.items()
            if key in found or self._org.could_not_read(app.label)
        }
        for person in self._org.people.values():
            self._note(person, person.name_source or person.login)
        instance = account.instance
        return SignIn(
            source=SOURCE,
            instance=self._instance(),
            providers=dict(self._providers()),
            roles=dict(self._roles()),
            apps=apps,
            users=dict(self._users()),
            users_are_complete=True,
            profile_permissions={
                profile.name: profile.permissions
                for profile in account.profiles.values()
                if profile.permissions is not None
            },
            barred=self._barred,
            users_are_known=account.users is not None,
            origins=None if instance is None or instance.origins is None else frozenset(instance.origins),
            unknown_because="could not be read",
        )

    # --- AWS ---------------------------------------------------------------------------------------------------

    def _instance(self) -> Instance | None:
        found, environment = self._account.instance, self._environment
        if found is None:
            named = environment.connect.alias or environment.connect.instance_id
            if self._account.could_not_read(INSTANCE):
                return None
            return Instance(f"Connect instance {named}", None, None, environment.aws.region, None, exists=False)
        where = f"Connect instance {found.alias or found.id}"
        return Instance(where, found.id, found.arn, self._account.region, found.identity_management == "SAML")

    def _providers(self) -> Iterator[tuple[str, SamlProvider]]:
        for arn, provider in self._account.saml_providers.items():
            where = f"IAM SAML provider {provider.name}"
            yield arn, SamlProvider(where, arn, provider.metadata, provider.problem)
        for app in self._environment.apps.values():
            arn = self._environment.provider_arn(app)
            if self._account.could_not_read(arn):
                yield arn, SamlProvider(f"IAM SAML provider {app.saml_provider}", arn, None)

    def _roles(self) -> Iterator[tuple[str, Role]]:
        for arn, role in self._account.roles.items():
            yield arn, self._role(role)
        for app in self._environment.apps.values():
            arn, where = self._environment.role_arn(app), f"IAM role {app.role}"
            if self._account.could_not_read(arn):
                unread = (f"the policies of {where}",)
                yield arn, Role(where, app.role, arn, None, None, (), unread_permissions=unread)

    def _role(self, role: LiveRole) -> Role:
        policies = role.policies or ()
        where = f"IAM role {role.name}"
        unread = tuple(policy.name for policy in policies if policy.policy is None)
        boundary = role.boundary.policy if role.boundary is not None else None
        return Role(
            where=where,
            name=role.name,
            arn=role.arn,
            trust=role.trust,
            max_session_duration=role.max_session_duration,
            permissions=tuple(policy.policy for policy in policies if policy.policy is not None),
            unread_permissions=unread if role.policies is not None else (f"the policies of {where}",),
            boundary=boundary,
            unread_boundary="" if boundary else role.boundary_arn or "",
        )

    def _users(self) -> Iterator[tuple[str, ConnectUser]]:
        profiles = self._account.profiles
        for name, user in (self._account.users or {}).items():
            held = (profiles[each].name if each in profiles else each for each in user.security_profile_ids)
            yield name, ConnectUser(name, f"Connect user {name}", tuple(sorted(held)))

    # --- Okta --------------------------------------------------------------------------------------------------

    def _app(self, key: str, app: LiveApp) -> OktaApp:
        settings, statements = settings_of(app)
        assigned = {group.group_id for group in app.groups or ()}
        # A role group that is not assigned still carries the role of those who are in it and have the app otherwise.
        groups = sorted(self._org.groups.values(), key=lambda group: group.id not in assigned)
        names = [group.name for group in groups]
        provider_arn, role_arn = pair_of(settings, statements, names)
        problem = ""
        if role_arn is None and settings:
            role_arn, problem = self._role_by_assignment(key, app, provider_arn)
        source = session_name_of(settings, statements, app.user_name_template)
        attribute = attribute_of(source)
        sign_on = app.sign_on
        routes = tuple(self._groups(key, app))
        return OktaApp(
            key=key,
            where=f"Okta app {app.label}",
            label=app.label,
            active=app.active,
            issuer=app.metadata.issuer if app.metadata else None,
            metadata=app.metadata,
            recipient=posts_to(settings) if settings else str(sign_on.get("recipient") or ""),
            audience=catalogue_audience(provider_arn) if settings else str(sign_on.get("audience") or ""),
            provider_arn=provider_arn,
            role_arn=role_arn,
            role_problem=problem,
            session_duration=duration_of(settings, statements),
            # Only of these two attributes is it known what a person has.
            session_name_from=attribute if attribute in {self._attribute, "login"} else source,
            session_tags=session_tags(statements),
            relay_state=str(sign_on.get("defaultRelayState") or ""),
            awaits_api_integration=bool(settings)
            and not maps_groups(settings)
            and API_INTEGRATION_FEATURE not in app.features,
            direct={route.session_name.lower(): route for route in self._direct(app)},
            direct_is_known=app.users is not None and all(route.members is not None for route in routes),
            groups=routes,
        )

    def _unread_app(self, key: str, label: str) -> OktaApp:
        """An app of which nothing could be read."""
        return OktaApp(
            key=key,
            where=f"Okta app {label}",
            label=label,
            active=None,
            issuer=None,
            metadata=None,
            recipient=None,
            audience=None,
            provider_arn=None,
            role_arn=None,
            role_problem="",
            session_duration=None,
            session_name_from=self._attribute,
            session_tags=(),
            relay_state=None,
            direct_is_known=False,
            groups=tuple(self._unread_groups(key)),
        )

    def _unread_groups(self, key: str) -> Iterator[GroupRoute]:
        """The groups of the file: whether they have the app is not known."""
        return (GroupRoute(name, f"Okta group {name}") for name in self._environment.apps[key].groups)

    def _role_by_assignment(self, key: str, app: LiveApp, provider_arn: str | None) -> tuple[str | None, str]:
        """The role that the assignments' profiles name (`api_integration`), and why there is none."""
        if maps_groups(app.settings):
            return None, NO_GROUP_FITS if app.groups is not None else ""
        groups, users = app.groups or (), app.users or ()
        names = {plain_role(role) for group in groups for role in group.saml_roles}
        names |= {plain_role(role) for user in users for role in user.saml_roles}
        if not names:
            unread = app.groups is None or app.users is None
            return None, "" if unread or not (groups or users) else NO_ASSIGNMENT_NAMES_A_ROLE
        promised = self._environment.apps[key]
        # Where assignments differ, the promised one is walked; the others differ from the file and are found there.
        if promised.role in names:
            return self._environment.role_arn(promised), ""
        name = min(names)
        known = next((role.arn for role in self._account.roles.values() if role.name == name), None)
        prefix = provider_arn.rpartition(":")[0] if provider_arn else None
        return known or (f"{prefix}:role/{name}" if prefix else None), ""

    def _direct(self, app: LiveApp) -> Iterator[DirectRoute]:
        user_names = user_names_of(app)
        for each in app.users or ():
            person = self._org.people.get(each.person_id)
            if each.scope != "USER":
                continue
            sent = sent_name(app, person, user_names, self._attribute) if person else each.user_name
            if sent:
                active = person is None or person.may_sign_in
                if person is not None:
                    self._note(person, sent)
                yield DirectRoute(sent, f"Okta app {app.label}", active)

    def _groups(self, key: str, app: LiveApp) -> Iterator[GroupRoute]:
        if app.groups is None:
            yield from self._unread_groups(key)
        user_names = user_names_of(app)
        for assigned in app.groups or ():
            group = self._org.groups.get(assigned.group_id)
            if group is None or group.members is None:
                name = group.name if group else assigned.group_id
                yield GroupRoute(name, f"Okta group {name}", None, assigned.group_id)
                continue
            members: dict[str, str] = {}
            for person in group.members:
                sent = sent_name(app, person, user_names, self._attribute) or person.name_source
                if sent:
                    members[sent.lower()] = sent
                    self._note(person, sent)
            yield GroupRoute(group.name, f"Okta group {group.name}", members, group.id)

    def _note(self, person: LivePerson, name: str) -> None:
        if not person.may_sign_in:
            self._barred[name.lower()] = person.status


def user_names_of(app: LiveApp) -> dict[str, str]:
    """The app's own user names for people, by the people's ids."""
    return {each.person_id: each.user_name for each in app.users or () if each.user_name}
