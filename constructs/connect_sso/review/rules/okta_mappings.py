"""Findings about profile mappings: what Okta copies from people's profiles into what an app knows, and sends, of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connect_sso.facts.okta_apps import DECIDES_SIGN_IN
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.words import words
from connect_sso.review.world import World
from connect_sso.terraform.plan import UNKNOWN, Change, Mark, Side, Value

_TYPE = "okta_profile_mapping"
_CODE = "profile-mapping-changed"
_OF_APP_USER = re.compile(r"\bappuser\.(\w+)")


def findings(world: World) -> Iterator[Finding]:
    """Findings about mappings of attributes that an app sends, and about those that are cleared."""
    for change in world.plan.of(_TYPE):
        if not change.changes_something or change.forgets:
            continue
        app = world.app_of((change.after or change.old()).get("target_id"), change, "target_id")
        label = world.label(app) if app else UNKNOWN
        if change.after is None:
            if app in world.apps_after:
                says = words("Okta's profile mapping to the app {} is cleared, the company's own entries too.", label)
                yield Finding(_CODE, change.address, says, reason_of(change))
            continue
        if change.after.get("delete_when_absent") not in (None, False):
            says = words("What the profile mapping to the app {} does not name is cleared in Okta.", label)
            yield Finding(_CODE, change.address, says)
        yield from _sent(world, change, app, label)


def _sent(world: World, change: Change, app: str, label: Value) -> Iterator[Finding]:
    old, new = _expressions(change.old()), _expressions(change.new())
    if isinstance(old, Mark) or isinstance(new, Mark):
        if isinstance(new, Mark) or old is not new:
            says = words(
                "What Okta copies from people's profiles to the app {} is {}.",
                label,
                new if isinstance(new, Mark) else UNKNOWN,
            )
            yield Finding(_CODE, change.address, says)
        return
    sent = _sent_attributes(world.after["okta_app_saml"].get(app))
    details = tuple(
        words(f"{attribute}: {{}} instead of {{}}", new.get(attribute), old.get(attribute))
        for attribute in sorted(old.keys() | new.keys())
        if old.get(attribute) != new.get(attribute) and (sent is None or attribute in sent)
    )
    if details:
        says = words("What the Okta app {} sends comes from another attribute of people's profiles.", label)
        yield Finding(_CODE, change.address, says, details=details)


def _expressions(side: Side) -> Mapping[str, Value] | Mark:
    """What each attribute of the app's profile comes from."""
    mappings = side.get("mappings")
    if isinstance(mappings, Mark):
        return mappings
    found: dict[str, Value] = {}
    for mapping in mappings if isinstance(mappings, list) else ():
        if not isinstance(mapping, dict) or not isinstance(mapping.get("id"), str):
            return UNKNOWN
        found[str(mapping["id"])] = mapping.get("expression")
    return found


def _sent_attributes(app: Side | None) -> frozenset[str] | None:
    """The attributes of its profile that an app sends; None where that is not known from here."""
    statements = app.get("attribute_statements") if app is not None else UNKNOWN
    if isinstance(statements, Mark):
        return None
    values = [
        statement.get("values") if isinstance(statement, dict) else statement
        for statement in (statements if isinstance(statements, list) else ())
    ]
    if any(isinstance(part, Mark) for value in values for part in (value if isinstance(value, list) else [value])):
        return None
    return DECIDES_SIGN_IN.union(*(_OF_APP_USER.findall(str(value)) for value in values))
