"""What is legal but unwise in a valid environment: warnings, which stop nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.environment.people import said_of_everybody, said_of_somebody
from connect_sso.environment.problems import Problem
from connect_sso.environment.tree import KeyPath, MappingNode, dotted, place_of
from connect_sso.facts.names import EVERYONE, OKTA_DOMAINS, QUOTA_USERS
from connect_sso.facts.partitions import COMMERCIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connect_sso.environment.model import Environment
    from connect_sso.environment.people import Person

ONE_ROLE = "AWS advises one role for federation, because Connect ties a user to a role's session"
"""https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html"""

PRODUCTION = frozenset({"prod", "production", "prd", "live"})
"""Environments of these names are taken for what people's work depends on."""


@dataclass(frozen=True)
class AdvisedEnvironment:
    """What is looked at."""

    name: str
    """The environment's."""
    environment: Environment
    crowd: Sequence[Person]

    @property
    def has_groups(self) -> bool:
        """Whether any app is given to an Okta group."""
        return any(app.groups for app in self.environment.apps.values())


def warnings(
    name: str, environment: Environment, tree: MappingNode, crowd: Sequence[Person], file: str
) -> list[Problem]:
    """What is legal but unwise in a valid environment, at the key it is about."""
    subject = AdvisedEnvironment(name, environment, crowd)
    found = [each for advice in _ADVICE for each in advice(subject)]
    places = [place_of(tree, path, of_key=isinstance(path[-1], str)) for path, _ in found]
    return [
        Problem(file, place.line, place.column, dotted(path), message, is_warning=True)
        for place, (path, message) in zip(places, found, strict=True)
    ]


def _apps_without_people(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    assigned = {app for user in subject.environment.users for app in user.apps}
    for name, app in subject.environment.apps.items():
        if not app.groups and name not in assigned:
            yield ("apps", name), "nobody is assigned to this app: it names no group, and no user names it"


def _several_roles(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    apps = subject.environment.apps
    roles_of_group: dict[str, set[str]] = defaultdict(set)
    for app in apps.values():
        for group in app.groups:
            roles_of_group[group].add(app.role)
    for group, roles in sorted(roles_of_group.items()):
        if len(roles) > 1:
            last = next(name for name in reversed(apps) if group in apps[name].groups)
            through = f"{len(roles)} roles ({', '.join(sorted(roles))})"
            yield ("apps", last, "groups"), f"the people of {group!r} reach Connect through {through}; {ONE_ROLE}"
    for index, user in enumerate(subject.environment.users):
        roles = {apps[name].role for name in user.apps}
        if len(roles) > 1:
            through = f"{len(roles)} roles ({', '.join(sorted(roles))})"
            yield ("users", index, "apps"), f"{user.username} reaches Connect through {through}; {ONE_ROLE}"


def _people_without_apps(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    if subject.has_groups:
        return
    for index, user in enumerate(subject.environment.users):
        if not user.apps:
            yield ("users", index), f"{user.username} has no app and no app has a group, so this person cannot sign in"
    if subject.crowd:
        yield (
            ("users_file",),
            "the people of this file get their apps by group, and no app names one, so none of them can sign in",
        )


def _unprotected(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    connect = subject.environment.connect
    if connect.alias and not connect.protect and subject.name.lower() in PRODUCTION:
        message = f"the instance of an environment called {subject.name} is not protected against destruction"
        yield ("connect", "protect"), message


def _deleted(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    kinds: dict[int, list[str]] = defaultdict(list)
    for kind, days in subject.environment.connect.retention.items():
        kinds[days].append(kind)
    if kinds:
        what = "; ".join(f"{', '.join(sorted(kinds[days]))} after {days:,} days" for days in sorted(kinds))
        yield ("connect", "retention_days"), f"deletes {what}, and no copy is kept"


def _said_of_some(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    kept = said_of_everybody(subject.crowd)
    for setting, count in said_of_somebody(subject.crowd).items():
        if setting not in kept:
            yield (
                ("users_file",),
                f"{setting} is filled in for {count:,} of {len(subject.crowd):,} people: Terraform sets it when it makes a person "
                "and leaves it alone from then on; to have it kept, fill it in for everybody of the CSV, or move those people to "
                "users, where it is kept for each",
            )


def _quota(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    people = len(subject.environment.users) + len(subject.crowd)
    if people > QUOTA_USERS:
        key = "users_file" if subject.environment.users_file else "users"
        yield (key,), f"{people:,} people, but a new instance takes {QUOTA_USERS}; have the quota raised first"


def _everyone(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    for name, app in subject.environment.apps.items():
        for position, group in enumerate(app.groups):
            if group == EVERYONE:
                yield (
                    ("apps", name, "groups", position),
                    f"every person in the Okta org gets this app and may assume {app.role}; "
                    "name a group of those who need it",
                )


def _custom_domain(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    okta = subject.environment.okta
    if okta.base_url not in OKTA_DOMAINS:
        yield (
            ("okta", "base_url"),
            f"not one of Okta's own domains ({', '.join(OKTA_DOMAINS)}); with a custom domain write the org's own address "
            "here, since its SAML metadata names that one",
        )


def _undocumented_audience(subject: AdvisedEnvironment) -> Iterator[tuple[KeyPath, str]]:
    environment = subject.environment
    if environment.aws.partition is not COMMERCIAL and environment.okta.role_assignment != "saml_app":
        message = "the audience that Okta's catalogue app sends to this partition is not documented; saml_app states it"
        yield ("okta", "role_assignment"), message


_ADVICE: tuple[Callable[[AdvisedEnvironment], Iterator[tuple[KeyPath, str]]], ...] = (
    _apps_without_people,
    _several_roles,
    _people_without_apps,
    _unprotected,
    _deleted,
    _said_of_some,
    _quota,
    _undocumented_audience,
    _everyone,
    _custom_domain,
)
