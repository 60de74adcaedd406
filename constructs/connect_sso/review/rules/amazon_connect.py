"""Findings about the contact centre itself: its instance, its users, its security profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator

from connect_sso.facts.pages import APPROVED_ORIGIN_TYPE
from connect_sso.facts.profiles import ADMIN_PROFILE, POWERFUL_PERMISSIONS
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.words import Words, listing, words
from connect_sso.review.world import UserSide, World
from connect_sso.terraform.plan import UNKNOWN, Change, Value
from connect_sso.text import count

FEWEST_FOR_MASS_REMOVAL = 5
"""Below this number of removed users, a tenth of them says nothing."""


def findings(world: World) -> Iterator[Finding]:
    """Findings about the instance, the users and the security profiles."""
    yield from _instance(world)
    yield from _gained_rights(world)
    yield from _security_profiles(world)
    yield from _last_administrator(world)
    yield from _mass_removal(world)
    yield from _origins(world)


def _instance(world: World) -> Iterator[Finding]:
    users = count(len(world.people_before), "Connect user")
    for change in world.plan.changes:
        if change.type != "aws_connect_instance" or not change.managed or not change.deletes:
            continue
        alias = change.old().get("instance_alias")
        if change.deposed or not change.replaces:
            what = "the left-over (deposed) Connect instance {}" if change.deposed else "the Connect instance {}"
            yield Finding(
                "instance-destroyed", change.address, words(f"Terraform destroys {what}.", alias), reason_of(change)
            )
        else:
            says = words(
                f"Terraform destroys the Connect instance {{}} with all that is in it ({users} known to this plan) "
                "and makes an empty one, {}.",
                alias,
                change.new().get("instance_alias"),
            )
            yield Finding("instance-replaced", change.address, says, reason_of(change))


def _origins(world: World) -> Iterator[Finding]:
    for change in world.plan.changes:
        if approves_origin(change) and change.changes_something and change.after is not None:
            says = words("The instance approves the origin {}.", _origin(change.after.get("desired_state")))
            yield Finding("origin-approved", change.address, says, reason_of(change))


def approves_origin(change: Change) -> bool:
    """Whether the resource, before and after, is an approved origin of an instance, which only Cloud Control has."""
    sides = [side for side in (change.before, change.after) if side is not None]
    return change.type == "aws_cloudcontrolapi_resource" and all(
        side.get("type_name") == APPROVED_ORIGIN_TYPE for side in sides
    )


def _origin(desired: Value) -> Value:
    if not isinstance(desired, str):
        return UNKNOWN
    try:
        wanted = json.loads(desired)
    except ValueError:
        return desired
    origin = wanted.get("Origin") if isinstance(wanted, dict) else None
    return origin if isinstance(origin, str) else desired


def _gained_rights(world: World) -> Iterator[Finding]:
    before = world.people_before
    for name, person in world.people_after.items():
        earlier = before.get(name)
        if earlier is not None and earlier.may_do_as_much_as(person):
            continue
        gained = person.profiles - (earlier.profiles if earlier and not earlier.is_claimed else frozenset())
        new = "The new user {}" if earlier is None else "The user {}"
        for profile in sorted(gained):
            rights = world.profile_rights(profile)
            if rights == "admin":
                yield Finding(
                    "admin-profile-gained",
                    person.address,
                    words(f"{new} gets the security profile {{}}.", name, profile),
                )
            elif rights == "named":
                says = words(f"{new} gets the security profile {{}}, which is named like one for administrators; its "
                             "rights are not in this plan.", name, profile)  # fmt: skip
                yield Finding("admin-profile-gained", person.address, says)
            elif rights == "unknown":
                says = words(f"{new} gets the security profile {{}}, whose rights are not in this plan.", name, profile)
                yield Finding("admin-profile-gained", person.address, says)
        for profile in sorted(person.unnamed_profiles - (earlier.unnamed_profiles if earlier else frozenset())):
            says = words(f"{new} gets the security profile {{}}, whose name is not in this plan.", name, profile)
            yield Finding("admin-profile-gained", person.address, says)
        if person.unknown_profiles and not (earlier is not None and earlier.unknown_profiles):
            says = words(
                f"{new} gets a security profile that is {{}}: it may be one with administrative rights.", name, UNKNOWN
            )
            yield Finding("admin-profile-gained", person.address, says)


def _security_profiles(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_connect_security_profile"):
        if not change.changes_something or change.after is None or change.before is None:
            continue
        old, new = change.before.get("permissions"), change.after.get("permissions")
        if old == new:
            continue
        added = None if not isinstance(new, list) else sorted(_texts(new) - _texts(old))
        if added == []:
            continue
        if added is None:
            says = words("What the security profile {} allows is {}.", change.after.get("name"), new)
        else:
            administers = "administrative rights and more" if POWERFUL_PERMISSIONS.intersection(added) else "more"
            says = words(
                f"The security profile {{}} allows {administers}: {{}}.", change.after.get("name"), listing(added)
            )
        yield Finding("permission-widened", change.address, says)


def _texts(value: Value) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()


def _last_administrator(world: World) -> Iterator[Finding]:
    before = {name for name, person in world.people_before.items() if ADMIN_PROFILE in person.profiles}
    after = {
        name
        for name, person in world.people_after.items()
        if ADMIN_PROFILE in person.profiles or person.unnamed_profiles or person.unknown_profiles
    }
    if not before or after:
        return
    for name in sorted(before):
        address = world.people_before[name].address
        says = words(
            "After this, no user that the plan knows has the security profile {}; the last to lose it: {}.",
            ADMIN_PROFILE,
            listing(sorted(before)),
        )
        yield Finding("last-administrator", world.moved.get(address, address), says, _removal_reason(world, address))
        return  # one decision, however many administrators go at once


def _removal_reason(world: World, address: str) -> Words | None:
    change = world.change_at(address)
    return reason_of(change) if change is not None else None


def _mass_removal(world: World) -> Iterator[Finding]:
    gone = sorted(set(world.people_before) - set(world.people_after))
    destroyed = [name for name in gone if _is_destroyed(world, world.people_before[name])]
    total = len(world.people_before)
    if len(destroyed) < FEWEST_FOR_MASS_REMOVAL or len(destroyed) * 10 <= total:
        return
    first = world.change_at(world.people_before[destroyed[0]].address)
    blocks = sorted(
        {change.block for name in destroyed if (change := world.change_at(world.people_before[name].address))}
    )
    says = words(
        f"{len(destroyed):,} of {count(total, 'Connect user')} are deleted at once: {{}}.", listing(destroyed, limit=10)
    )
    yield Finding("mass-removal", blocks[0], says, reason_of(first) if first is not None else None)


def _is_destroyed(world: World, person: UserSide) -> bool:
    change = world.change_at(person.address)
    return change is not None and change.deletes
