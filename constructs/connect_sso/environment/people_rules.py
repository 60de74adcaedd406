"""Rules about people, those of the environment file and those of the CSV: their names, and what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from connect_sso.environment.problems import Problem
from connect_sso.environment.tree import (
    KeyPath,
    MappingNode,
    Place,
    ScalarNode,
    entries_at,
    items_of,
    place_of,
    text_at,
)
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connect_sso.environment.people import Person

Breach: TypeAlias = tuple[KeyPath, Place, str]
"""Where in the tree, where in the file, and what is wrong."""

EMAIL_NEEDED = "okta.username is email, so this must be the person's e-mail address"


def crowd_errors(tree: MappingNode, crowd: Sequence[Person], file: str) -> list[Problem]:
    """What is wrong with the CSV's user names among themselves and beside those of the environment file.

    Args:
        tree: the environment file's.
        crowd: the people of the CSV.
        file: the CSV's name.
    """
    by_email = text_at(tree, "okta", "username") == "email"
    in_yaml = {name.lower(): (name, place.line) for _, name, place in _usernames(tree)}
    seen: dict[str, Person] = {}
    problems = []
    for person in crowd:
        name, key = person.username, person.username.lower()
        found = [EMAIL_NEEDED] if by_email and "@" not in name else []
        if key in in_yaml:
            other, line = in_yaml[key]
            found.append(
                f"{name} is also in the environment file (line {line}, {other}); keep a person in one of the two"
            )
        first = seen.setdefault(key, person)
        if first is not person:
            how = "is listed twice" if first.username == name else f"differs from {first.username} only in case"
            found.append(f"{name} {how} (first on line {first.line})")
        problems += [Problem(file, person.line, 1, "username", message) for message in found]
    return problems


def _users_apps(tree: MappingNode) -> Iterator[Breach]:
    apps = entries_at(tree, "apps")
    for index, user in enumerate(items_of(tree.get("users"))):
        listed = items_of(user.get("apps")) if isinstance(user, MappingNode) else ()
        for position, node in enumerate(listed):
            if isinstance(node, ScalarNode) and isinstance(node.value, str) and apps and node.value not in apps:
                message = f"{node.value!r} is not one of the apps ({', '.join(apps)}){nearest(node.value, apps)}"
                yield ("users", index, "apps", position), node.place, message


def _users_names(tree: MappingNode) -> Iterator[Breach]:
    by_email = text_at(tree, "okta", "username") == "email"
    seen: dict[str, tuple[int, str]] = {}
    for index, name, place in _usernames(tree):
        path = ("users", index, "username")
        if by_email and "@" not in name:
            yield path, place, EMAIL_NEEDED
        first, other = seen.setdefault(name.lower(), (index, name))
        if first != index:
            how = (
                "is listed twice"
                if other == name
                else f"differs from {other} only in case; that would be two people in Connect and one in Okta"
            )
            yield path, place, f"{name} {how}"


def _okta_logins(tree: MappingNode) -> Iterator[Breach]:
    mode, attribute = text_at(tree, "okta", "role_assignment"), tree.get("okta", "username")
    own_names = {name.lower() for _, name, _ in _usernames(tree)}
    seen: set[str] = set()
    for index, user in enumerate(items_of(tree.get("users"))):
        login = text_at(user, "okta_login") if isinstance(user, MappingNode) else None
        if login is None or not isinstance(user, MappingNode):
            continue
        problem = None
        if mode in _WHY_THE_LOGIN_DECIDES:
            problem = f"works only with okta.role_assignment: api_integration, and it is {mode}: {_WHY_THE_LOGIN_DECIDES[mode]}"
        elif isinstance(attribute, ScalarNode | MappingNode) and getattr(attribute, "value", None) != "login":
            problem = "works only with okta.username: login"
        elif not items_of(user.get("apps")):
            problem = "works only for a person with apps: Okta names those who have them by group after their login"
        elif login.lower() in own_names:
            problem = f"{login} is the username of a person in this file"
        elif login.lower() in seen:
            problem = f"{login} is listed twice"
        seen.add(login.lower())
        if problem:
            path = ("users", index, "okta_login")
            yield path, place_of(tree, path), problem


_WHY_THE_LOGIN_DECIDES = {
    "group_mapping": "the app is assigned to a group, and Okta names its people after their login",
    "saml_app": "the session name in the assertion is the login itself",
}


def _usernames(tree: MappingNode) -> Iterator[tuple[int, str, Place]]:
    """The user names that the file holds, with their positions in the list."""
    for index, user in enumerate(items_of(tree.get("users"))):
        if isinstance(user, MappingNode) and (name := text_at(user, "username")) is not None:
            yield index, name, user.entries["username"].place


PEOPLE: Final[tuple[Callable[[MappingNode], Iterator[Breach]], ...]] = (_users_apps, _users_names, _okta_logins)
"""The rules about the people of the environment file."""
