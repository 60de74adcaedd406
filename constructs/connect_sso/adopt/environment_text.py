"""The environment file and the CSV of a contact centre, as a person would write them: defaults left out, in the README's order."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from connect_sso.adopt.model import MOST_IN_YAML
from connect_sso.adopt.yaml_text import pair, section
from connect_sso.environment.crowd import COLUMNS, OPTIONAL, REQUIRED
from connect_sso.environment.model import ApiIntegration, Federation
from connect_sso.facts.names import DEFAULT_ROUTING_PROFILE
from connect_sso.facts.partitions import CONNECT_REGIONS

if TYPE_CHECKING:
    from connect_sso.adopt.model import ContactCentre, ExistingApp, ExistingPerson

SCHEMA_LINE: Final = "# yaml-language-server: $schema=environment.schema.json"

Pairs = list[tuple[str, Any, str]]


def crowd_file(environment: str) -> str:
    """What the CSV of an adopted environment is called."""
    return f"{environment}-agents.csv"


def divided(
    people: Sequence[ExistingPerson], *, columns: Sequence[str] = COLUMNS, always: bool = False
) -> tuple[list[ExistingPerson], list[ExistingPerson]]:
    """Who stands in the environment file, and who in the CSV: there is one where many are in groups.

    Who has an app one by one stays in the environment file, and so does somebody whom the CSV has no words for.

    Args:
        people: all of them.
        columns: those of the CSV.
        always: whether there is a CSV already.
    """
    own: list[ExistingPerson] = []
    crowd: list[ExistingPerson] = []
    for person in people:
        (crowd if not person.apps and fits_csv(person, columns) else own).append(person)
    return (own, crowd) if always or len(crowd) > MOST_IN_YAML else (list(people), [])


def environment_text(centre: ContactCentre, *, schema_line: bool) -> str:
    """The environment file.

    Args:
        centre: what was found.
        schema_line: whether the JSON Schema lies beside it.
    """
    own, crowd = divided(centre.people)
    parts = [
        [
            *([SCHEMA_LINE, "#"] if schema_line else []),
            "# Written by `connect-sso adopt` from what is there. It is yours from now on.",
            *section("aws", _aws(centre)),
        ],
        list(section("okta", _okta(centre))),
        *(
            [[pair("adopted", True, "what these keys have no words for stays as it was found")]]
            if centre.adopted
            else []
        ),
        list(section("connect", _connect(centre))),
        *([list(section("federation", federation))] if (federation := _federation(centre)) else []),
        *([list(section("api_integration", integration))] if (integration := _api_integration(centre)) else []),
        ["apps:", *(line for app in centre.apps for line in app_lines(app, default_duration(centre.apps)))],
        *([["users:", *(line for person in own for line in person_lines(person))]] if own else []),
        *([[pair("users_file", crowd_file(centre.name))]] if crowd else []),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _aws(centre: ContactCentre) -> Pairs:
    pairs: Pairs = [("account_id", centre.account_id, ""), ("region", centre.region, "")]
    if centre.region not in CONNECT_REGIONS:
        pairs.append(("allow_unlisted_region", True, ""))
    if centre.sign_in != "regional":
        pairs.append(("sign_in", centre.sign_in, "where the apps post to today; AWS advises regional"))
    if centre.tags:
        pairs.append(("tags", centre.tags, ""))
    return pairs


def _okta(centre: ContactCentre) -> Pairs:
    pairs: Pairs = [
        ("org_name", centre.org_name, ""),
        ("base_url", centre.base_url, ""),
        ("role_assignment", centre.role_assignment, ""),
    ]
    if centre.username != "login":
        said = centre.username if centre.username == "email" else {"attribute": centre.username}
        pairs.append(("username", said, ""))
    return pairs


def _connect(centre: ContactCentre) -> Pairs:
    return [
        (
            "instance_id",
            centre.instance.id,
            f"{centre.instance.alias or 'the instance'}: its settings and storage are left alone",
        ),
        ("user_settings", "initial", "supervisors and agents keep routing profile, phone and names"),
    ]


def _federation(centre: ContactCentre) -> Pairs:
    pairs: Pairs = []
    if centre.policy is not None and centre.policy.name != Federation().policy:
        pairs.append(("policy", centre.policy.name, ""))
    if (duration := default_duration(centre.apps)) != Federation().session_duration:
        pairs.append(("session_duration", duration, ""))
    if centre.path != Federation().path:
        pairs.append(("path", centre.path, ""))
    if centre.permissions_boundary:
        pairs.append(("permissions_boundary", centre.permissions_boundary, ""))
    return pairs


def _api_integration(centre: ContactCentre) -> Pairs:
    pairs: Pairs = []
    if centre.api_user is not None and centre.api_user.name != ApiIntegration().user:
        pairs.append(("user", centre.api_user.name, ""))
    if centre.api_policy is not None and centre.api_policy.name != ApiIntegration().policy:
        pairs.append(("policy", centre.api_policy.name, ""))
    return pairs


def default_duration(apps: Sequence[ExistingApp]) -> int:
    """The session duration that most apps have, the longest of those."""
    counted = Counter(app.session_duration for app in apps)
    return max(counted, key=lambda seconds: (counted[seconds], seconds))


def app_lines(app: ExistingApp, duration: int, indent: int = 2) -> Iterator[str]:
    """The lines of an app in an environment file.

    Args:
        app: the app.
        duration: what `federation.session_duration` says.
        indent: how far in its key stands.
    """
    pairs: Pairs = [
        ("label", app.live.label, ""),
        ("destination", app.destination, ""),
        ("saml_provider", app.saml_provider.name, ""),
        ("role", app.role.name, ""),
    ]
    if app.groups:
        pairs.append(("groups", [group.name for group in app.groups], ""))
    if app.session_duration != duration:
        pairs.append(("session_duration", app.session_duration, ""))
    if app.session_tags:
        pairs.append(("session_tags", app.session_tags, ""))
    return section(app.key, pairs, indent=indent)


def person_lines(person: ExistingPerson, indent: int = 2) -> Iterator[str]:
    """The lines of a person in an environment file.

    Args:
        person: the person.
        indent: how far in the dash stands.
    """
    pairs: list[tuple[str, Any]] = [
        ("username", person.user.name),
        ("first_name", person.user.first_name or ""),
        ("last_name", person.user.last_name or ""),
        ("security_profiles", list(person.security_profiles)),
    ]
    if person.routing_profile != DEFAULT_ROUTING_PROFILE:
        pairs.append(("routing_profile", person.routing_profile))
    if number := desk_phone(person):
        pairs.append(("phone", {"desk_phone": number}))
    if person.okta_login:
        pairs.append(("okta_login", person.okta_login))
    if person.apps:
        pairs.append(("apps", list(person.apps)))
    for index, (key, value) in enumerate(pairs):
        line = pair(key, value, indent=indent + 2)
        yield line if index else f"{' ' * indent}- {line[indent + 2 :]}"


def desk_phone(person: ExistingPerson) -> str | None:
    """The number of the person's desk phone; None with the softphone."""
    return person.user.desk_phone_number or None if person.user.phone_type == "DESK_PHONE" else None


def crowd_text(people: Iterable[ExistingPerson]) -> str:
    """The CSV of the crowd; columns that say nothing of anybody are left out."""
    rows = [_row(person) for person in people]
    columns = [*REQUIRED, *(column for column in OPTIONAL if any(row.get(column) for row in rows))]
    return _csv([columns, *([row.get(column, "") for column in columns] for row in rows)])


def crowd_rows(people: Iterable[ExistingPerson], columns: Sequence[str]) -> str:
    """Lines for a CSV that has these columns."""
    return _csv([[_row(person).get(column, "") for column in columns] for person in people])


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _row(person: ExistingPerson) -> Mapping[str, str]:
    return {
        "username": person.user.name,
        "first_name": person.user.first_name or "",
        "last_name": person.user.last_name or "",
        "security_profiles": "|".join(person.security_profiles),
        "routing_profile": "" if person.routing_profile == DEFAULT_ROUTING_PROFILE else person.routing_profile,
        "phone": desk_phone(person) or "",
    }


def fits_csv(person: ExistingPerson, columns: Sequence[str] = COLUMNS) -> bool:
    """Whether a CSV with these columns can say it: there, a bar separates security profiles."""
    said = {column for column, value in _row(person).items() if value}
    return said <= set(columns) and not any("|" in profile for profile in person.security_profiles)
