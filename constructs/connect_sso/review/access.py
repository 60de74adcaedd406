"""Who gains, loses or changes what: a line each, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connect_sso.review.holdings import ATTACHMENT_TYPES, NOTHING_BESIDE, holdings
from connect_sso.review.policy_changes import documents, lines, policy_gains, policy_losses
from connect_sso.review.words import Words, listing, words
from connect_sso.review.world import Assignment, Roles, UserSide, World, gone_and_new, listed
from connect_sso.terraform.plan import NOTHING, UNKNOWN, Change, Mark, Value
from connect_sso.text import count

GAINS, LOSES, CHANGES = "gains", "loses", "changes"
_ORDER = {GAINS: 0, CHANGES: 1, LOSES: 2}
_KINDS = ("person", "group", "rule", "everyone", "role", "user", "policy")


@dataclass(frozen=True)
class Access:
    """One line: who gains, loses or changes what."""

    kind: str
    """`person`, `group`, `rule` (of Okta), `everyone`, or of IAM `role`, `user` or `policy` (whoever has it)."""
    who: str | Mark
    change: str
    what: Words
    address: str
    profiles: Words | None = None
    """For a whole Connect user: the security profiles, by which many of them are counted."""
    through: str = ""
    """For an assignment: the group that leads to the app."""

    def sort_key(self) -> tuple[int, int, str, Words]:
        """Gains first, then changes and losses; people before groups before roles."""
        who = self.who.value if isinstance(self.who, Mark) else self.who
        return (_ORDER[self.change], _KINDS.index(self.kind), who, self.what)


def access_changes(world: World) -> tuple[Access, ...]:
    """Every change of access in the plan, sorted."""
    found = [*_instances(world), *_people(world), *_assignments(world), *_roles(world), *_attachments(world)]
    return tuple(sorted(found, key=Access.sort_key))


def _instances(world: World) -> Iterator[Access]:
    for change in world.plan.of("aws_connect_instance"):
        if change.deletes:
            alias = change.old().get("instance_alias")
            who = words("everyone in the Connect instance {}", alias).plain()
            number = count(len(world.people_before), "Connect user")
            yield Access(
                "everyone", who, LOSES, words(f"the instance, with {number} known to this plan"), change.address
            )


def _people(world: World) -> Iterator[Access]:
    before, after = world.people_before, world.people_after
    # Ten thousand agents share a handful of profiles.
    told: dict[tuple[frozenset[str], frozenset[str], bool], tuple[Words, Words]] = {}
    for name, person in after.items():
        earlier = before.get(name)
        if earlier is None:
            key = (person.profiles, person.unnamed_profiles, person.unknown_profiles)
            if key not in told:
                profiles = _profiles(world, person)
                told[key] = words("{} (new Connect user)", profiles), profiles
            yield Access("person", name, GAINS, told[key][0], person.address, told[key][1])
            continue
        change = world.change_at(person.address)
        made_again = change is not None and change.replaces
        if made_again:
            says = words("the Connect user is deleted and recreated, with {}", _profiles(world, person))
            yield Access("person", name, CHANGES, says, person.address)
        if not earlier.may_do_as_much_as(person):
            yield from _changed_profiles(world, name, earlier, person)
        if person.routing_profile != earlier.routing_profile and not (made_again and person.routing_profile is UNKNOWN):
            says = words("routing profile {} instead of {}", person.routing_profile, earlier.routing_profile)
            yield Access("person", name, CHANGES, says, person.address)
        if change is not None and not made_again:
            for says in _settings(world, change):
                yield Access("person", name, CHANGES, says, person.address)
    for name, person in before.items():
        if name not in after:
            change = world.change_at(person.address)
            profiles = _profiles(world, person)
            if change is not None and change.forgets:
                says = words("no longer managed: stays a Connect user with {}", profiles)
                yield Access("person", name, CHANGES, says, person.address)
            else:
                says = words("{} (Connect user deleted)", profiles)
                yield Access("person", name, LOSES, says, person.address, profiles)


_SETTINGS = {
    "after_contact_work_time_limit": "after-contact work (seconds)",
    "auto_accept": "contacts accepted automatically",
    "desk_phone_number": "desk phone",
    "email": "e-mail address",
    "first_name": "first name",
    "last_name": "last name",
    "phone_type": "phone",
    "secondary_email": "secondary e-mail address",
}
"""The settings of a user in Amazon Connect, as supervisors know them."""


def _settings(world: World, change: Change) -> Iterator[Words]:
    """What else changes for a user: supervisors set most of it by hand, and read here what they lose."""
    if not change.changes_something or change.before is None or change.after is None:
        return
    for block in ("identity_info", "phone_config"):
        old, new = change.before.block(block) or NOTHING, change.after.block(block) or NOTHING
        for name in sorted({*old.values, *new.values}):
            yield from _setting(_SETTINGS.get(name, name), old.get(name), new.get(name))
    attribute = "hierarchy_group_id"
    groups = [
        world.names.resolve("hierarchy group", side.get(attribute), change, attribute)
        for side in (change.before, change.after)
    ]
    yield from _setting("hierarchy group", *groups)
    old_tags, new_tags = change.before.get("tags") or {}, change.after.get("tags") or {}
    if isinstance(old_tags, dict) and isinstance(new_tags, dict):
        for key in sorted({*old_tags, *new_tags}):
            if old_tags.get(key) != new_tags.get(key):
                yield words("tag {}: {} instead of {}", key, new_tags.get(key), old_tags.get(key))
    else:
        yield from _setting("tags", old_tags, new_tags)


def _setting(what: str, old: Value, new: Value) -> Iterator[Words]:
    if (old or None) != (new or None):  # not set, empty, false and zero are the same to the provider
        yield words(f"{what}: {{}} instead of {{}}", new, old)


def _changed_profiles(world: World, name: str, earlier: UserSide, person: UserSide) -> Iterator[Access]:
    for profile in sorted(person.profiles - earlier.profiles):
        yield Access("person", name, GAINS, _profile(world, profile), person.address)
    for profile in sorted(person.unnamed_profiles - earlier.unnamed_profiles):
        says = words("security profile {}, whose name is not in this plan", profile)
        yield Access("person", name, GAINS, says, person.address)
    if person.unknown_profiles:
        says = words("security profiles {} instead of {}", UNKNOWN, _profiles(world, earlier))
        yield Access("person", name, CHANGES, says, person.address)
        return
    for profile in sorted((earlier.profiles | earlier.unnamed_profiles) - (person.profiles | person.unnamed_profiles)):
        yield Access("person", name, LOSES, words("security profile {}", profile), person.address)


def _profiles(world: World, person: UserSide) -> Words:
    names: list[str | Mark] = [*sorted(person.profiles | person.unnamed_profiles)]
    if person.unknown_profiles:
        names.append(UNKNOWN)
    noun = "security profile" if len(names) == 1 else "security profiles"
    custom = any(world.profile_rights(name) in ("unknown", "named") for name in person.profiles)
    return words(f"{noun} {{}}" + (", whose rights are not in this plan" if custom else ""), listing(names))


def _profile(world: World, profile: str) -> Words:
    custom = (
        " (custom: its rights are not in this plan)" if world.profile_rights(profile) in ("unknown", "named") else ""
    )
    return words(f"security profile {{}}{custom}", profile)


def _assignments(world: World) -> Iterator[Access]:
    before, after = world.assignments_before, world.assignments_after
    gone, new = gone_and_new(before, after)
    former = {way.end: way for way in gone if way.end is not None}
    exchanged: set[Assignment] = set()
    for assignment in new:
        way = former.pop(assignment.end, None) if assignment.end is not None else None
        if way is not None:
            exchanged |= {assignment, way}
            address, roles = after[assignment]
            says = words(
                "{}: {} instead of {}", _app(world, assignment), _way(assignment, roles), _way(way, before[way][1])
            )
            yield Access(assignment.kind, assignment.who, CHANGES, says, address)
    for assignment in (each for each in new if each not in exchanged):
        address, roles = after[assignment]
        says = _app(world, assignment, roles)
        yield Access(assignment.kind, assignment.who, GAINS, says, address, through=assignment.group)
    for assignment in (each for each in gone if each not in exchanged):
        address, roles = before[assignment]
        yield Access(
            assignment.kind, assignment.who, LOSES, _app(world, assignment, roles), world.moved.get(address, address)
        )
    for assignment, (address, roles) in after.items():
        earlier = before.get(assignment)
        if earlier is None:
            continue
        app, app_before = world.apps_after.get(assignment.app), world.apps_before.get(assignment.app)
        if app is not None and app_before is not None and app.active != app_before.active:
            yield Access(
                assignment.kind, assignment.who, GAINS if app.active else LOSES, _app(world, assignment, roles), address
            )
        elif earlier[1] != roles:
            says = words(
                "{}: role {} instead of {}",
                _app(world, assignment),
                listed(roles),
                listed(earlier[1]),
            )
            yield Access(assignment.kind, assignment.who, CHANGES, says, address)


def _app(world: World, assignment: Assignment, roles: Roles | None = None) -> Words:
    app = words("app {}", world.label(assignment.app) if assignment.app else UNKNOWN)
    opens = world.opens_administration(assignment.app) if assignment.app else UNKNOWN
    if isinstance(opens, Mark):
        app = words(f"{{}} (page {opens.value.strip('()')})", app)
    elif opens is not False:
        app = words(f"{{}} ({'opens' if opens else 'may open'} the administration)", app)
    if roles:
        app = words("{} as {}", app, listed(roles))
    if roles is not None and assignment.group and assignment.group != assignment.who:
        app = words("{} through the group {}", app, assignment.group)
    return app


def _way(assignment: Assignment, roles: Roles) -> Words:
    way = words("through the group {}", assignment.group) if assignment.group else words("directly")
    return words("{} as {}", way, listed(roles)) if roles else way


def _roles(world: World) -> Iterator[Access]:
    """Trust policies and permissions, from both ends: what is admitted newly, and what no longer."""
    for change in world.plan.of("aws_iam_role"):
        if not change.changes_something or change.forgets:
            continue
        who = _named(change.new().get("name") or change.old().get("name"), change.address)
        old, new = documents(change.before, change.after, "assume_role_policy")
        for line in lines(policy_gains(old, new, NOTHING_BESIDE)):
            yield Access("role", who, GAINS, words("trust: {}", line), change.address)
        for line in lines(policy_losses(old, new, NOTHING_BESIDE)):
            yield Access("role", who, LOSES, words("trust: {}", line), change.address)
    for change in world.plan.of("aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy"):
        if (
            not change.changes_something
            or change.forgets
            or (change.type == "aws_iam_policy" and not (change.before and change.after))
        ):
            continue
        kind = {"aws_iam_policy": "policy", "aws_iam_role_policy": "role", "aws_iam_user_policy": "user"}[change.type]
        side = change.after or change.old()
        who = _named(side.get("name" if kind == "policy" else kind), change.address)
        old, new = documents(change.before, change.after)
        beside = holdings(world).beside(change)
        for line in lines(policy_gains(old, new, beside)):
            yield Access(kind, who, GAINS, words("permission: {}", line), change.address)
        for line in lines(policy_losses(old, new, beside)):
            yield Access(kind, who, LOSES, words("permission: {}", line), change.address)


def _attachments(world: World) -> Iterator[Access]:
    for kind, owner in ATTACHMENT_TYPES.items():
        for change in world.plan.of(kind):
            if not change.changes_something or change.forgets:
                continue
            old = (change.old().get(owner), change.old().get("policy_arn")) if change.before else None
            new = (change.new().get(owner), change.new().get("policy_arn")) if change.after else None
            if old == new:
                continue
            for pair, verb in ((new, GAINS), (old, LOSES)):
                if pair is not None:
                    says = words("policy {}", world.names.resolve("IAM policy", pair[1], change, "policy_arn"))
                    yield Access(owner, _named(pair[0], change.address), verb, says, change.address)


def _named(value: Value, otherwise: str) -> str | Mark:
    return value if isinstance(value, (str, Mark)) and value else otherwise
