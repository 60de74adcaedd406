"""What the rules ask: the file beside what was read of both accounts, looked up by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from connect_sso.environment.loading import LoadedEnvironment
from connect_sso.environment.model import App, Environment
from connect_sso.environment.people import Person
from connect_sso.environment.users import User
from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.live.environment import imported_groups
from connect_sso.live.model import LiveAccount, LiveApp, LiveGroup, LiveOrg, LivePerson, LiveUser
from connect_sso.sign_in.app_settings import pair_of
from connect_sso.sign_in.live import apps_by_key, live_sign_in, settings_of
from connect_sso.sign_in.model import SignIn
from connect_sso.sign_in.promised import promised_sign_in
from connect_sso.sign_in.walk import Walker


@dataclass(frozen=True)
class Way:
    """Somebody's way to an app, as the file promises it: through a group, or by name."""

    name: str
    """What Okta sends for the person."""
    person: LivePerson
    through: str
    """The group; empty for who is assigned by name."""


@dataclass(frozen=True)
class Examination:
    """One environment beside its accounts.

    Args:
        loaded: the environment, valid.
        account: what was read of AWS.
        org: what was read of Okta.
        now: the time, for what expires.
        looked_up: names that the org was asked for one by one: who is not in `org.people` is not there.
    """

    loaded: LoadedEnvironment
    account: LiveAccount
    org: LiveOrg
    now: datetime
    looked_up: AbstractSet[str] = frozenset()

    @cached_property
    def environment(self) -> Environment:
        """The file."""
        assert self.loaded.environment is not None, "only valid environments are examined"
        return self.loaded.environment

    # --- the apps ------------------------------------------------------------------------------------------------

    @cached_property
    def apps(self) -> Mapping[str, LiveApp]:
        """The environment's apps, as far as the org has them, by their keys."""
        return apps_by_key(self.environment, self.org)

    @property
    def both(self) -> Iterator[tuple[str, App, LiveApp]]:
        """Each app that the file promises and the org has: its key, what is promised, what is there."""
        return ((key, app, self.apps[key]) for key, app in self.environment.apps.items() if key in self.apps)

    @property
    def maps_groups(self) -> bool:
        """Whether roles come from the names of groups."""
        return self.environment.okta.role_assignment == "group_mapping"

    def role_group(self, key: str) -> LiveGroup | None:
        """The group whose members get an app's role (`group_mapping`); None where it is not there.

        It has the name that Terraform gives it; in an environment that was taken over it may have another: then the imports
        name it, or the app's own filter reads it.
        """
        found = self.groups_by_name.get(self.environment.role_group(self.loaded.name, key))
        found = found or self.org.groups.get(imported_groups(self.loaded).get(key, ""))
        if found is None and self.environment.leaves("apps") and key in self.apps:
            app = self.apps[key]
            wanted = self.environment.role_arn(self.environment.apps[key])
            for assigned in app.groups or ():
                group = self.org.groups.get(assigned.group_id)
                if group is not None and pair_of(*settings_of(app), (group.name,))[1] == wanted:
                    return group
        return found

    def filled_otherwise(self, key: str) -> bool:
        """Whether a rule fills an app's role group by something else than groups, as somebody set it up: whoever is in it belongs there."""
        group = self.role_group(key) if self.maps_groups and self.environment.leaves("apps") else None
        rules = [rule for rule in self.org.rules or () if group is not None and group.id in rule.group_ids]
        return any(rule.status == "ACTIVE" and groups_in_rule(rule.expression) is None for rule in rules)

    # --- people --------------------------------------------------------------------------------------------------

    @cached_property
    def groups_by_name(self) -> Mapping[str, LiveGroup]:
        """The org's groups by name."""
        return {group.name: group for group in self.org.groups.values()}

    @cached_property
    def promised_people(self) -> Mapping[str, Person]:
        """Everybody whom the file and its CSV have, by user name."""
        return {person.username: person for person in (*self.loaded.people, *self.loaded.crowd)}

    @cached_property
    def by_name(self) -> Mapping[str, User]:
        """Who gets apps one by one, by user name."""
        return {user.username: user for user in self.environment.users if user.apps}

    @property
    def is_the_instance(self) -> bool:
        """Whether the instance that was read is the file's, and not one that the apps open in its place."""
        found, alias = self.account.instance, self.environment.connect.alias
        return found is not None and (alias is None or (found.alias or "").lower() == alias.lower())

    @property
    def connect_users(self) -> Mapping[str, LiveUser]:
        """The Connect users by name; empty where they are not known."""
        return self.account.users or {}

    @cached_property
    def user_names(self) -> Mapping[str, str]:
        """What the catalogue's apps call people who are assigned by name, by the people's ids: it may be set by hand."""
        return {
            each.person_id: each.user_name
            for app in self.apps.values()
            if app.catalogue
            for each in app.users or ()
            if each.scope == "USER" and each.user_name
        }

    def name_of(self, person: LivePerson) -> str | None:
        """What Okta is to send for somebody; None where the profile has nothing of the kind."""
        return self.user_names.get(person.id) or person.name_source

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        """Who has a way to an app that the file promises, by lower-case name."""
        found: dict[str, Way] = {}
        for group_name in dict.fromkeys(group for app in self.environment.apps.values() for group in app.groups):
            group = self.groups_by_name.get(group_name)
            for person in (group.members or ()) if group else ():
                if name := self.name_of(person):
                    found.setdefault(name.lower(), Way(name, person, group_name))
        for key, person in self.assigned_by_name:
            name = self.name_of(person)
            if name and self.filled_otherwise(key):
                group = self.role_group(key)
                found.setdefault(name.lower(), Way(name, person, group.name if group else ""))
            elif name and any(key in user.apps for user in self._users_called(person)):
                found.setdefault(name.lower(), Way(name, person, ""))
        return found

    def _users_called(self, person: LivePerson) -> list[User]:
        called = self.called(person)
        return [
            user for user in self.by_name.values() if called & {user.username.lower(), (user.okta_login or "").lower()}
        ]

    def called(self, person: LivePerson) -> AbstractSet[str]:
        """Every name that somebody has in Okta, in lower case: the login, the Connect name, and what apps have from before."""
        names = (person.login, self.name_of(person), *self.names_in_apps.get(person.id, ()))
        return {name.lower() for name in names if name}

    @cached_property
    def names_in_apps(self) -> Mapping[str, Mapping[str, str]]:
        """What apps call people: by the person's id, each user name with the key of an app."""
        found: dict[str, dict[str, str]] = {}
        for key, _, app in self.both:
            for each in app.users or ():
                if each.user_name:
                    found.setdefault(each.person_id, {})[each.user_name] = key
        return found

    @cached_property
    def assigned_by_name(self) -> tuple[tuple[str, LivePerson], ...]:
        """Who has an app one by one: the app's key, and the person. With `group_mapping`, who is in the role group."""
        found = []
        for key, _, app in self.both:
            if self.maps_groups:
                group = self.role_group(key)
                found += [(key, person) for person in (group.members or ()) if group] if group else []
            else:
                found += [
                    (key, self.org.people[each.person_id])
                    for each in app.users or ()
                    if each.scope == "USER" and each.person_id in self.org.people
                ]
        return tuple(found)

    @cached_property
    def has_an_app(self) -> AbstractSet[str]:
        """The lower-case names of those who have an app in whatever way, or whom the file gives one by name."""
        names = {user.username.lower() for user in self.by_name.values()} | set(self.ways)
        for app in self.apps.values():
            for each in app.users or ():
                person = self.org.people.get(each.person_id)
                names |= {text.lower() for text in (each.user_name, person and self.name_of(person)) if text}
        return names

    @cached_property
    def ways_are_known(self) -> bool:
        """Whether it is known of everybody who has a way to an app: all groups and assignments could be read."""
        groups = [self.groups_by_name.get(name) for app in self.environment.apps.values() for name in app.groups]
        return all(group is not None and group.members is not None for group in groups) and all(
            app.users is not None for app in self.apps.values()
        )

    @cached_property
    def people_by_name(self) -> Mapping[str, LivePerson]:
        """Everybody in Okta who was read, by lower-case name; who may sign in before who may not."""
        found: dict[str, LivePerson] = {}
        for person in sorted(self.org.people.values(), key=lambda each: each.may_sign_in):
            for name in (person.login, self.name_of(person)):
                if name:
                    found[name.lower()] = person
        return found

    def okta_person(self, name: str) -> LivePerson | None:
        """The person of a Connect name; None where nobody of that name was read."""
        user = self.by_name.get(name)
        found = self.people_by_name.get(name.lower())
        return found or (self.people_by_name.get(user.okta_login.lower()) if user and user.okta_login else None)

    def is_gone(self, name: str) -> bool:
        """Whether Okta was asked for the name, and knows nobody of it."""
        return name in self.looked_up and self.okta_person(name) is None

    # --- the sign-in ---------------------------------------------------------------------------------------------

    @cached_property
    def real(self) -> SignIn:
        """The sign-in as it is."""
        return live_sign_in(self.account, self.org, self.environment)

    @cached_property
    def walker(self) -> Walker:
        """Walks people through the live accounts, held to the file."""
        return Walker(self.real, promised_sign_in(self.loaded))

    def everybody(self) -> list[str]:
        """The people of the file, in its order, then those who are only in Connect."""
        return list(dict.fromkeys((*self.promised_people, *self.connect_users)))

    @cached_property
    def people_of_app(self) -> Mapping[str, AbstractSet[str]]:
        """Per app, the Connect users whom the file gives it and Okta would let in."""
        found: dict[str, set[str]] = {}
        for key, app in self.environment.apps.items():
            names = {user.username for user in self.by_name.values() if key in user.apps}
            for group_name in app.groups:
                group = self.groups_by_name.get(group_name)
                for person in (group.members or ()) if group else ():
                    if person.may_sign_in and (name := self.name_of(person)):
                        names.add(name)
            known = self.connect_users if self.account.users is not None else self.promised_people
            found[key] = names & set(known)
        return found
