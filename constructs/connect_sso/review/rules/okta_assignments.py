"""Findings about who gets which Okta app: only ways into the administration, and new roles, need a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connect_sso.review.findings import Finding
from connect_sso.review.words import Words, listing, words
from connect_sso.review.world import Assignment, World, gone_and_new, listed
from connect_sso.terraform.plan import UNKNOWN, Mark, mapping_of


def findings(world: World) -> Iterator[Finding]:
    """Findings about assignments that come, grow, or are the last of their kind."""
    gone, new = gone_and_new(world.assignments_before, world.assignments_after)
    had = {way.end for way in world.assignments_before if _may_have_opened_administration(world, way)}
    for assignment in new:
        opens = world.opens_administration(assignment.app) if assignment.app else UNKNOWN
        if opens is False or assignment.kind == "everyone":
            continue  # an app that opens to everyone is a finding of its own
        if assignment.end in had:
            continue  # only another way to what they had
        address = world.assignments_after[assignment][0]
        app = world.label(assignment.app) if assignment.app else UNKNOWN
        if isinstance(opens, Mark):
            says = words(
                "{} gets the app {}, which may open the administration: its page is {}.", _who(assignment), app, opens
            )
        else:
            verb = "opens" if opens else "may open"
            says = words(f"{{}} gets the app {{}}, which {verb} the administration.", _who(assignment), app)
        yield Finding("admin-app-assigned", address, says)
    for assignment, (address, roles) in world.assignments_after.items():
        earlier = world.assignments_before.get(assignment)
        if earlier is not None and roles - earlier[1]:
            says = words(
                "{} gets the role {} with the app {}.",
                _who(assignment),
                listed(roles - earlier[1]),
                world.label(assignment.app),
            )
            yield Finding("role-assigned", address, says)
    yield from _opened_to_all(world, new)
    yield from _new_roles(world, new)
    yield from _named_like_another(world)
    yield from _no_longer_left_out(world)
    yield from _not_found(world, gone)
    yield from _last_way_in(world, gone)


def _not_found(world: World, gone: list[Assignment]) -> Iterator[Finding]:
    """Who loses an app since Okta does not find them any more: the plan cannot tell who was renamed from who was deleted."""
    names = sorted(
        str(resource.get("index"))
        for resource in world.plan.prior.values()
        if resource.get("type") == "okta_users" and _finds_nobody(mapping_of(resource.get("values")))
    )
    if not names:
        return
    for way in gone:
        if way.kind != "person" or not isinstance(way.identity, str):
            continue
        if world.names.every_name_of("person", way.identity):
            continue  # who is known to the plan has been found
        address = world.assignments_before[way][0]
        app = world.label(way.app) if way.app else UNKNOWN
        says = words("{} loses the app {}, while Okta finds nobody called {}.", way.who, app, listing(names, limit=10))
        yield Finding("person-not-found", world.moved.get(address, address), says)


def _finds_nobody(listed: Mapping[str, Any]) -> bool:
    """Whether people were searched and none was found; in a group there may be nobody."""
    return bool(listed.get("search")) and listed.get("users") == []


def _opened_to_all(world: World, new: list[Assignment]) -> Iterator[Finding]:
    """Ways to any app for more people than anybody has listed: Okta's group of everyone, and rules over attributes."""
    had = {way.end for way in world.assignments_before}
    for assignment in new:
        if assignment.end in had:
            continue  # only another way to what they had
        address = world.assignments_after[assignment][0]
        app = world.label(assignment.app) if assignment.app else UNKNOWN
        if assignment.kind == "rule":
            says = words("Whoever matches the group rule {} gets the app {}.", assignment.who, app)
        elif assignment.kind == "group" and world.is_everyone(assignment.identity):
            says = words("Everyone in the Okta organization gets the app {}, by the group {}.", app, assignment.who)
        elif assignment.kind == "group" and world.is_unnamed(assignment.identity):
            says = words(
                "The group {} gets the app {}; its name is not in this plan, so it may be everyone.",
                assignment.who,
                app,
            )
        else:
            continue
        yield Finding("app-open-to-all", address, says)


def _new_roles(world: World, new: list[Assignment]) -> Iterator[Finding]:
    """Assignments that come with a role that none of the app's had."""
    had: dict[str, set[str | Mark]] = {}
    for assignment, (_, roles) in world.assignments_before.items():
        had.setdefault(assignment.app, set()).update(roles)
    for assignment in new:
        address, roles = world.assignments_after[assignment]
        more = roles - had.get(assignment.app, set())
        if more:
            app = world.label(assignment.app) if assignment.app else UNKNOWN
            says = words("{} gets the role {} with the app {}.", _who(assignment), listed(more), app)
            yield Finding("role-assigned", address, says)


def _named_like_another(world: World) -> Iterator[Finding]:
    """A person whose user name in an app is not their own: Connect then takes them for whoever has it."""
    for change in world.plan.of("okta_app_user"):
        if not change.changes_something or change.after is None:
            continue
        username, identifier = change.after.get("username"), change.after.get("user_id")
        if not isinstance(username, str) or not username:
            continue
        same_as_before = change.before is not None and (username, identifier) == (
            change.before.get("username"),
            change.before.get("user_id"),
        )
        own = world.names.every_name_of("person", identifier) if isinstance(identifier, str) else frozenset()
        if same_as_before or username in own:
            continue
        if not own and username not in world.people_after:
            continue  # whoever it is: the name opens nobody's account of this plan
        who = world.names.resolve("person", identifier, change, "user_id")
        says = words("{} signs in with the name {}, which is not known to be their own.", who or UNKNOWN, username)
        yield Finding("session-name-changed", change.address, says)


def _no_longer_left_out(world: World) -> Iterator[Finding]:
    """People whom a group rule left out, and now takes in where they match it."""
    for change in map(world.against_what_stood, world.plan.of("okta_group_rule")):
        if not change.changes_something or change.before is None or change.after is None:
            continue
        ways = [way for way, (address, _) in world.assignments_after.items() if address == change.address]
        apps = sorted({way.app for way in ways if way.app and world.opens_administration(way.app) is not False})
        old, new = change.before.get("users_excluded"), change.after.get("users_excluded")
        kept = new if isinstance(new, list) else []
        taken_in = [person for person in (old if isinstance(old, list) else []) if person not in kept]
        for app in apps if taken_in else ():
            people = listing([world.names.resolve("person", person) or UNKNOWN for person in taken_in])
            says = words("The group rule no longer leaves out {} from the app {}, which opens the administration.",
                         people, world.label(app))  # fmt: skip
            yield Finding("admin-app-assigned", change.address, says)


def _who(assignment: Assignment) -> Words:
    if assignment.kind == "rule":
        who = words("Everyone who matches the group rule {}", assignment.who)
    elif assignment.kind == "person":
        who = words("{}", assignment.who)
    else:
        who = words("The group {}", assignment.who)
    return (
        words("{} (through the group {})", who, assignment.group)
        if assignment.group and assignment.group != assignment.who
        else who
    )


def _last_way_in(world: World, gone: list[Assignment]) -> Iterator[Finding]:
    """When nobody at all is left who is assigned to an app that opens the administration."""
    before = [way for way in world.assignments_before if _may_have_opened_administration(world, way)]
    after = [
        way
        for way in world.assignments_after
        if world.apps_after.get(way.app) is None or _may_open_administration(world, way)
    ]
    if not before or after:
        return
    lost = [way for way in gone if way in before] or before
    who = listing([way.who if isinstance(way.who, (str, Mark)) else UNKNOWN for way in lost], limit=10)
    address = world.assignments_before[lost[0]][0]
    says = words("After this, nobody is assigned to an app that opens the administration; the last: {}.", who)
    yield Finding("last-administrator", world.moved.get(address, address), says)


def _may_have_opened_administration(world: World, way: Assignment) -> bool:
    app = world.apps_before.get(way.app)
    return app is not None and app.active and app.opens_administration is not False


def _may_open_administration(world: World, way: Assignment) -> bool:
    app = world.apps_after[way.app]
    return app.active and app.opens_administration is not False
