"""What `adopt` says: what was found, what is imported, what the first apply changes, what stays outside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.environment.imports import PERSON
from connect_sso.text import count, cut, visible, visible_lines

if TYPE_CHECKING:
    from connect_sso.adopt.model import Aside, ContactCentre, FirstChange

MOST_NAMES = 10
"""Names of one entry that the text shows; JSON has all."""

_PEOPLE = f"{PERSON}."


@dataclass(frozen=True)
class Outcome:
    """Everything that there is to say."""

    centre: ContactCentre
    files: Sequence[str]
    """The files that were written, as paths."""
    imports: Mapping[str, str]
    changes: Sequence[FirstChange]
    diff: str = ""
    """What was added to files that were there, as a unified diff."""
    notes: Sequence[str] = ()
    """What else somebody must know before the first plan."""

    @property
    def is_decided(self) -> bool:
        """Whether the first plan imports and changes nothing, and there is nothing to look at."""
        return not self.changes and not self.notes and not any(aside.decide for aside in self.centre.asides)


def as_text(outcome: Outcome) -> str:
    """For a terminal."""
    lines = [
        *_section("Found", _found(outcome.centre)),
        *_section(f"Imported by the first apply ({len(outcome.imports):,})", _imports(outcome.imports)),
        *_section("Changed by the first apply", _changes(outcome.changes) if outcome.changes else ["nothing"]),
        *_section("Left alone", _asides([one for one in outcome.centre.asides if not one.decide])),
        *_section("To be decided", _asides([one for one in outcome.centre.asides if one.decide])),
        *_section("Before the first plan", outcome.notes),
        *_section("Written", outcome.files),
    ]
    text = "\n".join(lines).strip("\n") + "\n"
    return f"{text}\n{visible_lines(outcome.diff)}" if outcome.diff else text


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    shown = [f"  {visible(line)}" for line in lines]
    if shown:
        yield title
        yield from shown
        yield ""


def _found(centre: ContactCentre) -> Iterator[str]:
    instance = centre.instance
    yield f"instance  {instance.alias or instance.id} in {centre.region}, account {centre.account_id}"
    yield f"okta      {centre.org_name}.{centre.base_url}, role_assignment: {centre.role_assignment}"
    for app in centre.apps:
        groups = ", ".join(group.name for group in app.groups)
        yield (
            f"app       {app.key}: {app.live.label}, opens {app.destination}, {app.saml_provider.name}, {app.role.name}, "
            f"{app.session_duration} seconds{f', groups: {groups}' if groups else ''}"
        )
    if centre.policy:
        yield f"policy    {centre.policy.name}"
    if centre.api_user:
        yield f"API user  {centre.api_user.name}"
    one_by_one = sum(bool(person.apps) for person in centre.people)
    yield f"people    {count(len(centre.people), 'Connect user')}, {one_by_one:,} of them with an app one by one"


def _imports(imports: Mapping[str, str]) -> Iterator[str]:
    people = Counter(address.startswith(_PEOPLE) for address in imports)[True]
    rest = {address: identifier for address, identifier in imports.items() if not address.startswith(_PEOPLE)}
    width = max(map(len, rest), default=0)
    yield from (f"{address.ljust(width)}  {identifier}" for address, identifier in rest.items())
    if people:
        yield f"{PERSON}: {count(people, 'person', 'people')}"


def _changes(changes: Sequence[FirstChange]) -> Iterator[str]:
    for change in changes:
        what = f"{change.address}: {change.attribute}" if change.attribute else f"{change.address} is made"
        before = f"{cut(change.before)} -> " if change.attribute else ""
        yield what
        yield f"  {before}{cut(change.after)}"
        yield f"  why: {change.why}"
        yield f"  who notices: {change.noticed}"


def _asides(asides: Sequence[Aside]) -> Iterator[str]:
    for aside in asides:
        yield f"{aside.what}: {aside.why}"
        if aside.names:
            more = len(aside.names) - MOST_NAMES
            yield f"  {', '.join(aside.names[:MOST_NAMES])}{f' and {more:,} more' if more > 0 else ''}"


def as_json(outcome: Outcome) -> str:
    """For programs."""
    centre = outcome.centre
    data = {
        "version": 1,
        "environment": centre.name,
        "files": list(outcome.files),
        "instance": {"id": centre.instance.id, "alias": centre.instance.alias, "region": centre.region},
        "role_assignment": centre.role_assignment,
        "apps": {app.key: app.live.label for app in centre.apps},
        "people": [person.user.name for person in centre.people],
        "imports": dict(outcome.imports),
        "changes": [
            {
                "address": change.address,
                "attribute": change.attribute or None,
                "before": change.before or None,
                "after": change.after,
                "why": change.why,
                "noticed": change.noticed,
            }
            for change in outcome.changes
        ],
        "left_alone": [
            {"what": aside.what, "why": aside.why, "names": list(aside.names), "decide": aside.decide}
            for aside in centre.asides
        ],
        "notes": list(outcome.notes),
        "diff": outcome.diff or None,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
