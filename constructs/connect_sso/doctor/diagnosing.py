"""All rules over one environment, and then everybody's sign-in: nobody who cannot sign in goes unmentioned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from connect_sso.doctor.examination import Examination
from connect_sso.doctor.findings import LiveFinding
from connect_sso.doctor.rules import connect, iam, okta, people
from connect_sso.live.model import Unread
from connect_sso.sign_in.hops import Found, Walk

RULES: Final[tuple[Callable[[Examination], Iterator[LiveFinding]], ...]] = (
    connect.instance,
    connect.origins,
    connect.quota,
    connect.storage,
    okta.missing_apps,
    okta.changed_apps,
    okta.groups,
    okta.role_groups,
    iam.saml_providers,
    iam.roles,
    iam.api_key,
    people.people,
    people.assignments,
)


@dataclass(frozen=True)
class Health:
    """What is wrong in one environment's accounts, and what is not known."""

    environment: str
    findings: tuple[LiveFinding, ...]
    """By the catalogue, then by name."""
    cannot_sign_in: Mapping[str, int]
    """By finding's code and name, how many people a finding that stops an app keeps out."""
    kept_out: int
    """How many people those keep out together."""
    people: int
    """How many there are, in Connect and in the file."""
    unread: tuple[Unread, ...]
    walk: Walk | None = None
    """Of the one person who was asked about."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def diagnose_live(case: Examination, user: str | None = None, areas: Collection[str] = ()) -> Health:
    """What is wrong.

    Args:
        case: the environment beside its accounts.
        user: only what concerns this person, with the walk.
        areas: only findings about these; all where there are none.
    """
    values = {"env": case.loaded.name, "session": str(case.environment.federation.session_duration)}
    found = [replace(each, values={**values, **each.values}) for rule in RULES for each in rule(case)]
    if not areas:
        # Of a part alone not everything was read that a sign-in passes.
        found += [replace(each, values=values) for each in _otherwise(_failing(case), found)]
    walk = case.walker.walk(user) if user else None
    if user and walk:
        found = [each for each in found if _concerns(each, user, walk)]
    if areas:
        found = [each for each in found if each.trouble.area in areas]
    unread = (*case.account.unread, *case.org.unread)
    kept_out = {key_of(each): _people_of(case, each) for each in found if each.stops}
    return Health(
        environment=case.loaded.name,
        findings=tuple(sorted(found, key=lambda each: each.order)),
        cannot_sign_in={key: len(names) for key, names in kept_out.items()},
        kept_out=len(set().union(*kept_out.values())) if kept_out else 0,
        people=len(case.everybody()),
        unread=tuple(dict.fromkeys(unread)),
        walk=walk,
        labels={key: app.label for key, app in case.environment.apps.items()},
    )


def key_of(finding: LiveFinding) -> str:
    """What tells findings apart in `Health.cannot_sign_in`."""
    return f"{finding.code} {finding.name}"


def _people_of(case: Examination, finding: LiveFinding) -> set[str]:
    return {name for key in finding.apps for name in case.people_of_app.get(key, ())}


def _failing(case: Examination) -> list[Walk]:
    return [walk for name in case.everybody() if (walk := case.walker.walk(name)).ok is False]


def _otherwise(walks: list[Walk], found: list[LiveFinding]) -> Iterator[LiveFinding]:
    """Those whose sign-in fails for a reason that no finding gives."""
    people = {each.person.lower() for each in found if each.person}
    apps = {key for each in found for key in each.apps}
    for walk in walks:
        if walk.username.lower() in people:
            continue
        hop = next((hop for hop in walk.hops if hop.ok is False and hop.app not in apps), None)
        # Who has no app at all is explained by whatever is wrong with the groups that would give one.
        if hop is None or (not hop.app and apps):
            continue
        code = "page-shut" if hop.found is Found.PAGE_SHUT else "sign-in-fails"
        yield LiveFinding(code, walk.username, f"{hop.name}: {hop.says}", person=walk.username)


def _concerns(finding: LiveFinding, user: str, walk: Walk) -> bool:
    """Whether a finding is about a person: by name, or through an app that the person has."""
    return finding.person.lower() == user.lower() or bool(finding.apps & set(walk.apps))
