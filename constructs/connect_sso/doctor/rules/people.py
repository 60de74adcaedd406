"""The people: Okta, Connect and the file beside each other, a finding for each person at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from connect_sso.doctor.examination import Examination, Way
from connect_sso.doctor.findings import LiveFinding
from connect_sso.doctor.rules.okta import named
from connect_sso.environment.people import Person
from connect_sso.facts.okta_people import BARRED, STAGED, SUSPENDED
from connect_sso.facts.profiles import is_powerful
from connect_sso.live.model import LivePerson
from connect_sso.sign_in.app_settings import plain_role

_ADDED: Final = "administrator-added"

_BARRED: Final = {SUSPENDED: "person-suspended", STAGED: "person-not-activated"}
"""What a person is told as whom Okta lets in nowhere; everybody else of them is deactivated."""


@dataclass
class _Sighting:
    """One name, without regard to case, wherever it stands."""

    file: Person | None = None
    connect: list[str] = field(default_factory=list)
    way: Way | None = None

    @property
    def name(self) -> str:
        """The name as Connect has it, else the file, else Okta."""
        if self.connect:
            return self.connect[0]
        if self.file is not None:
            return self.file.username
        assert self.way is not None
        return self.way.name

    @property
    def spellings(self) -> dict[str, str]:
        """Who spells it how."""
        found = {"Connect": self.connect[0]} if self.connect else {}
        if self.file is not None:
            found["the file"] = self.file.username
        if self.way is not None and self.way.person.may_sign_in:
            found["Okta"] = self.way.name
        return found


def people(case: Examination) -> Iterator[LiveFinding]:
    """Who left, who joined, whose name changed, who is known to one side alone, and who may do more than the file says."""
    yield from _People(case).findings()


class _People:
    def __init__(self, case: Examination) -> None:
        self._case = case
        self._connect_is_known = case.account.users is not None and case.is_the_instance

    @cached_property
    def _sightings(self) -> dict[str, _Sighting]:
        found: dict[str, _Sighting] = {}
        for person in self._case.promised_people.values():
            found.setdefault(person.username.lower(), _Sighting()).file = person
        for name in sorted(self._case.connect_users) if self._connect_is_known else ():
            found.setdefault(name.lower(), _Sighting()).connect.append(name)
        for lowered, way in self._case.ways.items():
            found.setdefault(lowered, _Sighting()).way = way
        return found

    def findings(self) -> Iterator[LiveFinding]:
        renamed = dict(self._renamed())
        taken = {old for old, _ in renamed.values()} | set(renamed)
        for old, finding in renamed.values():
            yield finding
            yield from self._profiles(self._sightings[old])
        for lowered, sighting in self._sightings.items():
            if lowered in taken:
                continue
            found = next(self._of(lowered, sighting), None)
            if found is not None:
                yield found
            # Rights are not to hide behind something else that is wrong with the person.
            yield from (each for each in self._profiles(sighting) if found is None or each.code == _ADDED)
        yield from self._without_name()

    # --- one person --------------------------------------------------------------------------------------------

    def _of(self, lowered: str, sighting: _Sighting) -> Iterator[LiveFinding]:
        """What is wrong with one person; the first is the one that is told."""
        if len(sighting.connect) > 1:
            evidence = f"Connect has {' and '.join(sighting.connect)}"
            if sighting.file is not None:
                evidence += f", the file {sighting.file.username}"
            yield self._finding("user-twice", sighting, evidence)
        if len(set(sighting.spellings.values())) > 1:
            evidence = ", ".join(f"{who}: {name}" for who, name in sighting.spellings.items())
            yield self._finding("name-case-differs", sighting, evidence)
        if sighting.connect or sighting.file:
            yield from self._left(lowered, sighting)
        if sighting.connect and sighting.file is None:
            yield self._stranger(sighting)
        if not self._connect_is_known or sighting.connect:
            return
        if sighting.file is not None:
            evidence = f"line {sighting.file.line} of {self._file_of(sighting.file)}"
            yield self._finding("user-not-made", sighting, evidence)
        elif sighting.way is not None and sighting.way.person.may_sign_in:
            evidence = f"in the group {sighting.way.through!r}" if sighting.way.through else "assigned by name"
            yield self._finding("member-not-in-connect", sighting, evidence)

    def _left(self, lowered: str, sighting: _Sighting) -> Iterator[LiveFinding]:
        case = self._case
        person = sighting.way.person if sighting.way else case.okta_person(sighting.name)
        known_by = self._known_by(sighting)
        if person is not None and not person.may_sign_in:
            code = _BARRED.get(person.status, "person-deactivated")
            yield self._finding(code, sighting, f"{person.status} in Okta, and {known_by}")
        elif person is None and sighting.file is not None and case.is_gone(sighting.name):
            yield self._finding("person-gone", sighting, f"Okta knows nobody of this name, and {known_by}")
        elif (
            person is not None
            and sighting.file is not None
            and case.ways_are_known
            and not {lowered, person.login.lower()} & case.has_an_app
        ):
            groups = dict.fromkeys(group for app in case.environment.apps.values() for group in app.groups)
            none_of = f"in none of {', '.join(groups)}" if groups else "without an app"
            evidence = f"{person.status} in Okta, {none_of}, and {known_by}"
            yield self._finding("person-in-no-group", sighting, evidence)

    def _stranger(self, sighting: _Sighting) -> LiveFinding:
        powerful = self._powerful(sighting.connect[0])
        case, name = self._case, sighting.name
        person = sighting.way.person if sighting.way else case.okta_person(name)
        if person is not None:
            in_okta = f"{person.status} in Okta" + ("" if sighting.way else ", in none of the file's groups")
        else:
            in_okta = "nobody of this name in Okta" if case.is_gone(name) else "not known whether in Okta"
        held = ", ".join(self._held(name)) or "no security profile"
        code = _ADDED if powerful else "user-not-in-file"
        return self._finding(code, sighting, f"with {held}; in no file; {in_okta}")

    def _known_by(self, sighting: _Sighting) -> str:
        places = [f"line {sighting.file.line} of {self._file_of(sighting.file)}"] if sighting.file else []
        if sighting.connect:
            held = self._held(sighting.connect[0])
            places.append(f"a Connect user with {', '.join(held) or 'no security profile'}")
        return " and ".join(places)

    def _file_of(self, person: Person) -> str:
        loaded = self._case.loaded
        crowd = person.username in self._crowd
        return str(loaded.crowd_path) if crowd else loaded.file

    @cached_property
    def _crowd(self) -> frozenset[str]:
        return frozenset(person.username for person in self._case.loaded.crowd)

    # --- names -------------------------------------------------------------------------------------------------

    def _renamed(self) -> Iterator[tuple[str, tuple[str, LiveFinding]]]:
        """Who has another name in Okta now: the new name, the old one, and the finding. Only where something says that they are one."""
        for lowered, sighting in self._sightings.items():
            way = sighting.way
            if way is None or sighting.connect or not way.person.may_sign_in:
                continue
            for old, because in self._other_names(way).items():
                other = self._sightings.get(old.lower())
                if other is None or other is sighting or other.way is not None or not (other.connect or other.file):
                    continue
                known = f"Connect: {other.connect[0]}" if other.connect else f"the file: {other.name}"
                evidence = f"Okta: {way.name}, {known}; {because}"
                values = self._values(other)
                finding = LiveFinding("person-renamed", other.name, evidence, person=other.name, values=values)
                yield lowered, (old.lower(), finding)
                break

    def _other_names(self, way: Way) -> dict[str, str]:
        """Other names of the same person, and what says so."""
        names = {
            name: f"the person is {name} in {named(self._case.environment.apps[key])}"
            for name, key in self._case.names_in_apps.get(way.person.id, {}).items()
            if name.lower() != way.name.lower()
        }
        for user in self._case.environment.users:
            if user.okta_login and user.okta_login.lower() == way.person.login.lower():
                names[user.username] = f"the file gives {user.username} the okta_login {user.okta_login}"
        if way.person.login.lower() != way.name.lower():
            names.setdefault(way.person.login, f"the person's login is {way.person.login}")
        return names

    def _without_name(self) -> Iterator[LiveFinding]:
        case = self._case
        attribute = case.environment.okta.username_attribute
        told = set()
        for app in case.environment.apps.values():
            for group_name in app.groups:
                group = case.groups_by_name.get(group_name)
                for person in (group.members or ()) if group else ():
                    if person.may_sign_in and not case.name_of(person) and person.id not in told:
                        told.add(person.id)
                        yield LiveFinding(
                            "member-without-name",
                            person.login,
                            f"in the group {group_name!r}, and {attribute} is empty",
                            person=person.login,
                            values={"attribute": attribute},
                        )

    # --- security profiles -------------------------------------------------------------------------------------

    def _profiles(self, sighting: _Sighting) -> Iterator[LiveFinding]:
        if not sighting.connect or sighting.file is None or not self._case.account.profiles:
            return
        held, said = set(self._held(sighting.connect[0])), set(sighting.file.security_profiles)
        if held == said:
            return
        evidence = f"Connect: {', '.join(sorted(held)) or 'none'}; the file: {', '.join(sorted(said))}"
        gains = any(self._is_powerful(profile) for profile in held - said)
        already = any(self._is_powerful(profile) for profile in said)
        yield self._finding(_ADDED if gains and not already else "security-profiles-differ", sighting, evidence)

    def _held(self, name: str) -> list[str]:
        profiles = self._case.account.profiles
        ids = self._case.connect_users[name].security_profile_ids
        return sorted(profiles[each].name if each in profiles else each for each in ids)

    def _powerful(self, name: str) -> bool:
        return any(self._is_powerful(profile) for profile in self._held(name))

    def _is_powerful(self, profile: str) -> bool:
        return self._power[profile] is True if profile in self._power else is_powerful(profile, None) is True

    @cached_property
    def _power(self) -> dict[str, bool | None]:
        return {each.name: is_powerful(each.name, each.permissions) for each in self._case.account.profiles.values()}

    # --- values ------------------------------------------------------------------------------------------------

    def _finding(self, code: str, sighting: _Sighting, evidence: str) -> LiveFinding:
        return LiveFinding(code, sighting.name, evidence, person=sighting.name, values=self._values(sighting))

    def _values(self, sighting: _Sighting) -> dict[str, str]:
        account = self._case.account
        values = {}
        if account.instance is not None:
            values["instance_id"] = account.instance.id
        if sighting.connect:
            values["user_id"] = account.users[sighting.connect[0]].id if account.users else ""
        return values


# --- apps one by one ---------------------------------------------------------------------------------------------------


def assignments(case: Examination) -> Iterator[LiveFinding]:
    """People whom the file gives an app by name and who do not have it, or have it otherwise; and those who have it by hand."""
    for key, app, live in case.both:
        role_group = case.role_group(key) if case.maps_groups else None
        if (live.users is None) if not case.maps_groups else (role_group is None or role_group.members is None):
            continue
        people = {person.id: person for assigned, person in case.assigned_by_name if assigned == key}
        roles = {each.person_id: each.saml_roles for each in live.users or () if each.scope == "USER"}
        expected: set[str] = set()
        for user in case.by_name.values():
            if key not in user.apps:
                continue
            person = _in_okta(case, user.okta_login or user.username, people)
            if person is None or not person.may_sign_in:
                continue  # who left is told as such
            expected.add(person.id)
            if person.id not in people:
                evidence = f"{named(app)}: " + ("not in its role group" if role_group else "not assigned")
                yield LiveFinding("assignment-missing", user.username, evidence, person=user.username)
            elif case.environment.okta.role_assignment == "api_integration":
                held = {plain_role(role) for role in roles.get(person.id, ())}
                if held != {app.role}:
                    evidence = (
                        f"{named(app)}: with {', '.join(sorted(held)) or 'no role'}, and the file says {app.role}"
                    )
                    yield LiveFinding("assignment-role", user.username, evidence, person=user.username)
        through_groups = _members(case, app.groups) if case.maps_groups else frozenset()
        if through_groups is None or case.filled_otherwise(key):
            continue
        for identifier, person in people.items():
            if identifier not in expected | through_groups and person.status not in BARRED:
                evidence = (
                    f"{named(app)}: " + ("in its role group" if role_group else "assigned") + ", and not by the file"
                )
                name = case.name_of(person) or person.login
                yield LiveFinding("assigned-by-hand", name, evidence, person=name)
        if role_group is not None and _rule_works(case, role_group.id):
            for identifier in through_groups - people.keys():
                person = case.org.people[identifier]
                if person.may_sign_in:
                    name = case.name_of(person) or person.login
                    evidence = f"{role_group.name!r} of {named(app)}"
                    yield LiveFinding("not-in-role-group", name, evidence, person=name)


def _in_okta(case: Examination, name: str, assigned: dict[str, LivePerson]) -> LivePerson | None:
    """The person of a name: who is assigned, or who was read otherwise."""
    lowered = name.lower()
    for person in assigned.values():
        if lowered in case.called(person):
            return person
    return case.people_by_name.get(lowered)


def _members(case: Examination, groups: tuple[str, ...]) -> frozenset[str] | None:
    """The ids of the members of the file's groups; None where one of them is not known."""
    found: set[str] = set()
    for name in groups:
        group = case.groups_by_name.get(name)
        if group is None or group.members is None:
            return None
        found |= {person.id for person in group.members}
    return frozenset(found)


def _rule_works(case: Examination, group_id: str) -> bool:
    rules = [rule for rule in case.org.rules or () if group_id in rule.group_ids]
    return any(rule.status == "ACTIVE" for rule in rules) and not any(rule.status == "INVALID" for rule in rules)
