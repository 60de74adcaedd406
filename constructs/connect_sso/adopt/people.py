"""Who of the Connect users goes into the file: everybody whom one of the apps lets in, under the name that the assertion carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connect_sso.adopt.model import MOST_IN_YAML, Aside, CannotAdoptError, ExistingApp, ExistingPerson
from connect_sso.environment.derived_names import role_group_description
from connect_sso.facts.okta_people import BARRED, DEPROVISIONED
from connect_sso.sign_in.live import sent_name
from connect_sso.text import count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connect_sso.environment.values import RoleAssignment
    from connect_sso.live.model import LiveAccount, LiveOrg, LivePerson, LiveUser


@dataclass
class _LetIn:
    """Somebody whom Okta lets into one of the apps."""

    person: LivePerson
    apps: dict[str, str] = field(default_factory=dict)
    """One by one: key of the app to the person's id."""
    okta_login: str | None = None


def people_of(
    apps: Sequence[ExistingApp], account: LiveAccount, org: LiveOrg, *, role_assignment: RoleAssignment, username: str
) -> tuple[tuple[ExistingPerson, ...], list[Aside]]:
    """The Connect users of the file, sorted by name, and who stays outside.

    Args:
        apps: the apps that are taken over.
        account: the account, with its users and their settings.
        org: the org, with the apps' people.
        role_assignment: which of the three ways it is.
        username: the attribute of Okta's profile that is the Connect user name.

    Raises:
        CannotAdoptError: the users, or somebody's settings, could not be read.
    """
    if account.users is None:
        raise CannotAdoptError("the Connect users could not be read")
    let_in: dict[str, _LetIn] = {}
    asides: list[Aside] = []
    for app in apps:
        unfound = []
        for name, person, one_by_one in _admitted(app, org, username):
            entry = let_in.setdefault(name, _LetIn(person))
            if not one_by_one or person.status in BARRED:
                continue
            in_okta = person.login if username == "login" else person.name_source
            if name != in_okta and (username != "login" or role_assignment != "api_integration"):
                unfound.append(f"{name} ({in_okta or 'nothing'} in Okta)")
                continue
            entry.apps[app.key] = person.id
            entry.okta_login = person.login if name != in_okta else None
        if app.role_group is not None and _stays_by_hand(app, by_hand := _role_group_members(app, org)[1]):
            why = f"the file names them one by one only up to {MOST_IN_YAML}; they stay in the group, which Terraform does not fill"
            asides.append(Aside(f"{count(len(by_hand), 'person', 'people')} in {app.role_group.name} by hand", why))
        if unfound:
            why = f"the app calls them otherwise than their {username} in Okta, by which Terraform would look for them; it stays theirs"
            asides.append(Aside(f"the app {app.live.label!r}, one by one", why, _sorted(unfound), decide=True))
    people = [
        _person(user, let_in[name], account)
        for name, user in sorted(account.users.items())
        if name in let_in and let_in[name].person.status != DEPROVISIONED
    ]
    return tuple(people), [*asides, *_outside(account.users, let_in, org), *_barred(apps, org)]


def _admitted(app: ExistingApp, org: LiveOrg, username: str) -> Iterator[tuple[str, LivePerson, bool]]:
    """Whom the app lets in: the name that the assertion carries, the person, and whether it is theirs one by one."""
    if app.live.users is None:
        raise CannotAdoptError(f"the people of the app {app.live.label!r} could not be read")
    members, by_hand = _role_group_members(app, org)
    if _stays_by_hand(app, by_hand):
        by_hand = set()
    user_names = {each.person_id: each.user_name for each in app.live.users}
    for each in app.live.users:
        person = org.people.get(each.person_id)
        if person is None or (members is not None and person.id not in members):
            continue
        one_by_one = person.id in by_hand if members is not None else each.scope == "USER"
        if name := sent_name(app.live, person, user_names, username):
            yield name, person, one_by_one


def _stays_by_hand(app: ExistingApp, by_hand: Collection[str]) -> bool:
    """Whether the role group goes on being filled by hand: Terraform would look up and keep each person's profile.

    In a group that a stack of this project has made it did so already.
    """
    ours = app.role_group is not None and app.role_group.description == role_group_description(app.key)
    return len(by_hand) > MOST_IN_YAML and not ours


def _role_group_members(app: ExistingApp, org: LiveOrg) -> tuple[set[str] | None, set[str]]:
    """Who is in the app's role group, and who of them surely by hand; None without one."""
    if app.role_group is None:
        return None, set()
    if app.role_group.members is None:
        raise CannotAdoptError(f"the members of the group {app.role_group.name!r} could not be read")
    members = {person.id for person in app.role_group.members}
    filled = any(app.role_group.id in rule.group_ids and rule.status == "ACTIVE" for rule in org.rules or ())
    if not filled:
        return members, members
    sources = [group.members for group in app.groups]
    if app.rule is None or any(source is None for source in sources):
        return members, set()  # nobody says whom the rule has put there
    return members, members - {person.id for source in sources for person in source or ()}


def _person(user: LiveUser, entry: _LetIn, account: LiveAccount) -> ExistingPerson:
    unnamed = [each for each in user.security_profile_ids if each not in account.profiles]
    routing = account.routing_profiles.get(user.routing_profile_id or "")
    if unnamed or routing is None:
        what = "a security profile" if unnamed else "the routing profile"
        raise CannotAdoptError(f"{what} of {user.name} could not be read")
    return ExistingPerson(
        user,
        tuple(sorted(account.profiles[each].name for each in user.security_profile_ids)),
        routing,
        entry.okta_login,
        dict(sorted(entry.apps.items())),
    )


def _outside(users: Mapping[str, LiveUser], let_in: Mapping[str, _LetIn], org: LiveOrg) -> Iterator[Aside]:
    """Connect users who stay outside of the file, and people of the apps who are no Connect users."""
    in_okta = {name.lower(): name for name in let_in}
    # Okta takes the apps of whoever is deactivated, and keeps the groups.
    left = {name for one in org.people.values() if one.status == DEPROVISIONED for name in (one.login, one.name_source)}
    gone = [name for name in users if name in left]
    others = [name for name in users if name not in let_in and name not in left]
    in_other_case = [f"{name} ({in_okta[name.lower()]} in Okta)" for name in others if name.lower() in in_okta]
    lowered = {name.lower() for name in users}
    missing = [name for name, one in let_in.items() if name.lower() not in lowered and one.person.status not in BARRED]
    yield from _many(
        "deactivated in Okta",
        gone,
        "they sign in no more; not taken over, so that they can be deleted in Connect by hand",
    )
    yield from _many(
        "spelled otherwise in Okta",
        in_other_case,
        "Connect tells upper case from lower, so nobody signs in as them; not taken over",
        decide=True,
    )
    yield from _many(
        "whom none of the apps lets in",
        [name for name in others if name.lower() not in in_okta],
        "nobody has one of the apps under that name; not taken over",
    )
    if missing:
        why = "they have an app, and Connect has nobody of that name, so they cannot sign in; not in the file"
        yield Aside(
            count(len(missing), "person without a Connect user", "people without a Connect user"), why, _sorted(missing)
        )


def _many(which: str, names: list[str], why: str, *, decide: bool = False) -> Iterator[Aside]:
    if names:
        yield Aside(f"{count(len(names), 'Connect user')} {which}", why, _sorted(names), decide=decide)


def _sorted(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _barred(apps: Sequence[ExistingApp], org: LiveOrg) -> Iterator[Aside]:
    for app in apps:
        found = [org.people[each.person_id] for each in app.live.users or () if each.person_id in org.people]
        one_by_one = {each.person_id for each in app.live.users or () if each.scope == "USER"}
        names = [person.login for person in found if person.id in one_by_one and person.status in BARRED]
        if names and app.role_group is None:
            yield Aside(
                f"the app {app.live.label!r} of {count(len(names), 'person', 'people')} whom Okta bars",
                "deactivated or suspended; the assignments stay in Okta as they are, and are not in the file",
                _sorted(names),
            )
