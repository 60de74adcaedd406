"""Findings about lost access: every sign-in is walked before and after, and what ended in between is said.

One person who leaves is listed with the access. A decision is where an app, a role or a group as a whole loses its
way, where the last administrator goes, and where many lose a way at once, by whatever means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from connect_sso.facts.pages import ADMINISTRATION, PAGES
from connect_sso.facts.profiles import opening
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.names import Address
from connect_sso.review.words import Words, listing, words
from connect_sso.review.world import Assignment, UserSide, World
from connect_sso.sign_in.hops import Hop
from connect_sso.sign_in.model import OktaApp, SignIn
from connect_sso.sign_in.walk import Walker
from connect_sso.terraform.plan import SENSITIVE, Mark
from connect_sso.text import count

FEWEST_FOR_MANY = 5
"""Below this number of people, a tenth of them says nothing."""


def findings(world: World, found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about access that is lost; `found` is what the other rules found."""
    if world.is_new:
        return
    found = frozenset(found)
    before = Ways(world.sign_in_before, world.people_before, world.assignments_before)
    after = Ways(
        world.sign_in_after,
        world.people_after,
        world.assignments_after,
        deleted=_deleted(world),
        pages_before=before.usable,
    )
    apps = list(_apps(world, before, after))
    groups = list(_groups(world, before, after))
    yield from (finding for finding, _ in (*apps, *groups))
    yield from _boundaries(world)
    yield from _security_profiles(world)
    if not any(finding.code == "last-administrator" for finding in found):
        yield from _last_administrator(world, before, after)
    covered = {session for _, sessions in (*apps, *groups) for session in sessions}
    if not any(finding.code in ("mass-removal", "instance-replaced", "instance-destroyed") for finding in found):
        yield from _many(world, before, after, covered)


@dataclass(frozen=True)
class Ways:
    """Who can sign in to what, on one side of the change."""

    sign_in: SignIn
    people: Mapping[str, UserSide]
    assignments: Mapping[Assignment, tuple[Address, frozenset[str | Mark]]]
    deleted: frozenset[str] = frozenset()
    """Who is no Connect user any more."""
    pages_before: Mapping[Address, str] = field(default_factory=dict)
    """What apps opened: where a relay state is known after the apply, they are taken to open that still."""

    @cached_property
    def walker(self) -> Walker:
        """The walk through this side."""
        return Walker(self.sign_in, self.sign_in)

    @cached_property
    def apps(self) -> Mapping[Address, OktaApp]:
        """The apps by address, which is the one after the change on both sides."""
        return {app.where: app for app in self.sign_in.apps.values()}

    def way(self, app: Address) -> Mapping[str, Hop]:
        """What every sign-in through an app passes, by the names of the hops."""
        return {hop.name: hop for hop in self.walker.way(self.apps[app].key)}

    @cached_property
    def usable(self) -> Mapping[Address, str]:
        """The apps through which a sign-in may work, with the page that they open."""
        return {
            address: self.walker.page(app.key) or self.pages_before.get(address, address)
            for address, app in self.apps.items()
            if not any(hop.ok is False for hop in self.way(address).values())
        }

    @cached_property
    def of_groups(self) -> Mapping[tuple[str, str], dict[str, Assignment]]:
        """The pages that groups (and rules, and everyone) may open: by kind and identity, with the way that leads there."""
        found: dict[tuple[str, str], dict[str, Assignment]] = {}
        for assignment in self.assignments:
            if assignment.kind == "person" or not isinstance(assignment.identity, str):
                continue
            page = self.usable.get(assignment.app)
            if page is not None:
                found.setdefault((assignment.kind, assignment.identity), {})[page] = assignment
        return found

    @cached_property
    def of_people(self) -> Mapping[str, frozenset[tuple[str, Address]]]:
        """The pages that people can certainly open, and the apps through which, by session name."""
        found: dict[str, set[tuple[str, Address]]] = {}
        for address, page in self.usable.items():
            app = self.apps[address]
            sessions = [route.session_name for route in app.direct.values() if route.active]
            sessions += [session for group in app.groups for session in (group.members or {}).values()]
            for session in sessions:
                if session not in self.deleted and self._may_land(app.key, session):
                    found.setdefault(session, set()).add((page, address))
        return {session: frozenset(ways) for session, ways in found.items()}

    def _may_land(self, key: str, session: str) -> bool:
        return self.walker.lands(key, self._profiles(session)).ok is not False

    def _profiles(self, session: str) -> tuple[str, ...] | None:
        person = self.people.get(session)
        if person is None or person.unknown_profiles:
            return None
        return tuple(sorted(person.profiles | person.unnamed_profiles))

    def pages(self, session: str) -> set[str]:
        """The pages that somebody can certainly open."""
        return {page for page, _ in self.of_people.get(session, ())}

    def administrators(self, world: World) -> tuple[set[str], bool]:
        """The Connect users with administrative rights who can certainly open the administration; whether others may."""
        rights = {
            name
            for name, person in self.people.items()
            if person.unnamed_profiles
            or person.unknown_profiles
            or any(world.profile_rights(profile) != "none" for profile in person.profiles)
        }
        certain = {name for name in rights if ADMINISTRATION.name in self.pages(name)}
        possible = bool(rights) and any(
            group.members is None
            for address, page in self.usable.items()
            if page == ADMINISTRATION.name
            for group in self.apps[address].groups
        )
        return certain, possible


def _apps(world: World, before: Ways, after: Ways) -> Iterator[tuple[Finding, set[str]]]:
    """Apps through which nobody can sign in any more, or may not be able to; and whom that concerns."""
    assigned: dict[Address, set[str]] = {}
    for assignment in before.assignments:
        assigned.setdefault(assignment.app, set()).add(assignment.kind)
    for address in before.apps:
        if address not in after.apps or after.apps[address].active is False or address not in before.usable:
            continue  # destroyed or deactivated, which is a finding of its own; or it did not work before
        change = world.changes.get(address)
        made_anew = change is not None and change.replaces
        concerned = {session for session, ways in before.of_people.items() if any(way[1] == address for way in ways)}
        then, now = before.way(address), after.way(address)
        ended = [hop for name, hop in now.items() if hop.ok is False and then[name].ok is not False]
        doubtful = [
            hop
            for name, hop in now.items()
            if hop.ok is None and then[name].ok is True and not made_anew and _is_known(after.sign_in)
        ]
        if ended:
            says = words("Nobody can sign in through the Okta app {} any more.", world.label(address))
            yield Finding("access-lost", address, says, details=tuple(_detail(world, hop) for hop in ended)), concerned
        elif doubtful:
            says = words(
                "It is not known whether people can still sign in through the Okta app {}.", world.label(address)
            )
            details = tuple(_detail(world, hop) for hop in doubtful)
            yield Finding("access-in-doubt", address, says, details=details), set()
        elif assigned.get(address) == {"person"} and not any(each.app == address for each in after.assignments):
            # Where groups had it, each of them is said.
            says = words("Nobody is assigned to the Okta app {} any more.", world.label(address))
            yield Finding("access-lost", address, says), concerned


def _is_known(sign_in: SignIn) -> bool:
    """Whether the instance is there: that a new one has no id yet is a finding about the instance."""
    return sign_in.instance is None or sign_in.instance.arn is not None


def _detail(world: World, hop: Hop) -> Words:
    if world.hides_something:
        return words(f"{hop.name}: why is not shown, since a part of it is {{}} ({{}})", SENSITIVE, hop.where)
    return words(f"{hop.name}: {{}} ({{}})", hop.says, hop.where)


def _groups(world: World, before: Ways, after: Ways) -> Iterator[tuple[Finding, set[str]]]:
    """Groups that lose a page, as a whole, by losing an assignment, a rule or all of their members."""
    for (kind, identity), pages in before.of_groups.items():
        for page, assignment in pages.items():
            if page in after.of_groups.get((kind, identity), {}):
                continue
            if assignment.app not in after.usable:
                continue  # the app itself is gone or does not work: said once, for the app
            members = _members(before, assignment)
            if members and all(page in after.pages(member) for member in members):
                continue  # each of them has another way
            says = words("{} loses {} (the Okta app {}).", _who(assignment), _page(page), world.label(assignment.app))
            yield _lost(world, before, assignment, says), members
    for assignment, (address, roles) in before.assignments.items():
        if (
            assignment.kind == "group"
            and roles
            and after.assignments.get(assignment, (address, roles))[1] == frozenset()
        ):
            says = words(
                "{} gets no role with the Okta app {} any more.", _who(assignment), world.label(assignment.app)
            )
            yield _lost(world, before, assignment, says), _members(before, assignment)
    filled: dict[tuple[str | Mark, Address], list[Assignment]] = {}
    for assignment in before.assignments:
        if assignment.kind == "person" and assignment.group_identity and assignment.app in before.usable:
            filled.setdefault((assignment.group_identity, assignment.app), []).append(assignment)
    left = {(each.group_identity, each.app) for each in after.assignments if each.kind == "person"}
    for (group, app), members_of in filled.items():
        if len(members_of) < 2 or (group, app) in left or app not in after.usable:
            continue
        page, names = before.usable[app], {each.who for each in members_of if isinstance(each.who, str)}
        if all(page in after.pages(name) for name in names):
            continue
        says = words("The group {} loses all of its members: {}.", members_of[0].group, _listed(world, names))
        yield _lost(world, before, members_of[0], says), names


def _members(ways: Ways, assignment: Assignment) -> set[str]:
    app = ways.apps.get(assignment.app)
    for group in app.groups if app is not None else ():
        if group.id == assignment.identity and group.members is not None:
            return {session for session in group.members.values() if ways.pages(session)}
    return set()


def _lost(world: World, before: Ways, assignment: Assignment, says: Words) -> Finding:
    address = before.assignments[assignment][0]
    change = world.change_at(address)
    return Finding(
        "access-lost", world.moved.get(address, address), says, reason_of(change) if change is not None else None
    )


def _listed(world: World, names: Iterable[str]) -> Words:
    return words("{}", SENSITIVE) if world.hides_something else listing(sorted(names), limit=10)


def _page(name: str) -> Words:
    """A known page in our words, another one as a value of the plan."""
    return words(name) if name in {page.name for page in PAGES} else words("{}", name)


def _who(assignment: Assignment) -> Words:
    noun = {"rule": "Whoever matches the group rule {}", "group": "The group {}"}.get(assignment.kind)
    return words(noun, assignment.who) if noun else words("Everyone in the Okta organization")


def _boundaries(world: World) -> Iterator[Finding]:
    """Permissions boundaries that come and whose text the plan does not hold: they may take sign-in away."""
    for change in world.plan.of("aws_iam_role"):
        if change.before is None or change.after is None or not change.changes_something:
            continue
        old, new = change.before.get("permissions_boundary"), change.after.get("permissions_boundary")
        role = next((role for role in world.sign_in_after.roles.values() if role.where == change.address), None)
        if new and not old and (role is None or role.boundary is None):
            says = words(
                "The role {} gets the permissions boundary {}, whose text is not in this plan: it is not "
                "known whether sign-in still works.",
                change.after.get("name"),
                new,
            )
            yield Finding("access-in-doubt", change.address, says)


def _last_administrator(world: World, before: Ways, after: Ways) -> Iterator[Finding]:
    certain, possible = before.administrators(world)
    left, still_possible = after.administrators(world)
    if left or not (certain or (possible and not still_possible)):
        return
    who = listing(sorted(certain), limit=10) if certain else words("members of a group that this plan does not list")
    says = words("After this, nobody is known to reach the administration with rights there; until now: {}.", who)
    addresses = [world.people_before[name].address for name in sorted(certain)] or [
        address for address, page in before.usable.items() if page == ADMINISTRATION.name
    ]
    yield Finding("last-administrator", world.moved.get(addresses[0], addresses[0]), says)


def _many(world: World, before: Ways, after: Ways, covered: set[str]) -> Iterator[Finding]:
    """More than a tenth, and at least five, who lose a way at once."""
    deleted = _deleted(world)
    made_anew = {name for name, person in world.people_before.items() if _is_made_anew(world, person)}
    without_a_way = {
        session
        for session in before.of_people
        if session not in deleted and session not in covered and before.pages(session) - after.pages(session)
    }
    without_a_way |= {
        name for name in world.people_before if name not in deleted and _profile_loses_a_page(world, name)
    }
    left_out = {name for name in world.left_out if name not in covered and not after.pages(name)}
    lost = deleted | made_anew | without_a_way | left_out
    total = len({*world.people_before, *before.of_people})
    if len(lost) < FEWEST_FOR_MANY or len(lost) * 10 <= total:
        return
    parts = [
        words(f"{count(len(names), 'user')} {what}: {{}}", _listed(world, names))
        for names, what in (
            (deleted, "deleted"),
            (made_anew, "deleted and recreated"),
            ((without_a_way | left_out) - made_anew, "losing a way in that they had"),
        )
        if names
    ]
    says = words(f"{len(lost):,} of {count(total, 'person', 'people')} lose access at once.")
    address = min(_address(world, before, name) for name in lost)
    yield Finding("access-lost-by-many", address, says, details=tuple(parts))


def _deleted(world: World) -> frozenset[str]:
    gone = world.people_before.keys() - world.people_after.keys()
    return frozenset(
        name
        for name in gone
        if (change := world.change_at(world.people_before[name].address)) is not None and change.deletes
    )


def _profile_loses_a_page(world: World, name: str) -> bool:
    """Whether somebody's security profiles opened a page of Amazon Connect and do not any more, whatever app leads there."""
    before, after = world.people_before[name], world.people_after.get(name)
    if after is None or after is before or after.unknown_profiles or before.may_do_as_much_as(after):
        return False
    then, now = (tuple(sorted(person.profiles | person.unnamed_profiles)) for person in (before, after))
    return any(
        opening(then, page, world.permissions_before).ok and opening(now, page, world.permissions_after).ok is False
        for page in PAGES
    )


def _security_profiles(world: World) -> Iterator[Finding]:
    """Security profiles that open a page no longer, for everyone who has them."""
    for change in world.plan.of("aws_connect_security_profile"):
        name = change.old().text("name")
        if not change.changes_something or change.after is None or not isinstance(name, str):
            continue
        lost = [
            page.name
            for page in PAGES
            if opening((name,), page, world.permissions_before).ok
            and opening((name,), page, world.permissions_after).ok is False
        ]
        if lost:
            says = words(f"The security profile {{}} no longer opens {' and '.join(lost)}.", name)
            yield Finding("access-lost", change.address, says)


def _is_made_anew(world: World, person: UserSide) -> bool:
    change = world.change_at(person.address)
    return change is not None and change.replaces


def _address(world: World, before: Ways, name: str) -> Address:
    person = world.people_before.get(name)
    change = world.change_at(person.address) if person is not None else None
    if change is not None and change.changes_something:
        return change.block
    for app in before.apps.values():
        for group in app.groups:
            if name in (group.members or {}).values():
                return world.moved.get(group.where, group.where)
    return min(before.usable, default=name)
