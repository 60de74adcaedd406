"""Both worlds of a plan, as it was and as it will be, in the words of people: users, groups, apps, roles and profiles.

A plan names things by id and by address. Here they are found by what they are: by resource type and attribute values,
wherever in the configuration they stand and whatever they are called there.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.facts.pages import DESTINATIONS, Page, PageKind, page_of
from connect_sso.facts.profiles import is_powerful
from connect_sso.facts.relay_state import destination_problem, page_asked_for
from connect_sso.review.names import Address, Names, resource_address
from connect_sso.review.words import Words, listing
from connect_sso.terraform.deployment import Deployment, Resource, resource_of
from connect_sso.terraform.plan import (
    SECRET_ATTRIBUTES,
    UNKNOWN,
    Change,
    Mark,
    Plan,
    Side,
    Value,
    contains_mark,
    list_of,
    mapping_of,
    side_of,
)

if TYPE_CHECKING:
    from connect_sso.sign_in.model import SignIn

Roles: TypeAlias = "frozenset[str | Mark]"
"""The names of the roles that an assignment carries, or a mark where they cannot be seen."""


@dataclass(frozen=True)
class UserSide:
    """A Connect user: what decides what they may do."""

    profiles: frozenset[str]
    """Names of the security profiles."""
    unnamed_profiles: frozenset[str]
    """Ids of those whose name is not in this plan."""
    unknown_profiles: bool
    """Whether some are only known after apply."""
    routing_profile: str | Mark | None
    address: Address
    is_claimed: bool = field(default=False, compare=False)
    """Whether it is only the stack's output that says so: a name for a reader, and no evidence."""

    def joined_with(self, other: UserSide) -> UserSide:
        """The same user name met twice (in two instances): all that either may do."""
        return replace(
            self,
            profiles=self.profiles | other.profiles,
            unnamed_profiles=self.unnamed_profiles | other.unnamed_profiles,
            unknown_profiles=self.unknown_profiles or other.unknown_profiles,
        )

    def may_do_as_much_as(self, other: UserSide) -> bool:
        """Whether both have the same profiles."""
        return (self.profiles, self.unnamed_profiles, self.unknown_profiles) == (
            other.profiles,
            other.unnamed_profiles,
            other.unknown_profiles,
        )


@dataclass(frozen=True)
class Assignment:
    """One way to an Okta app: who, to which app. Two are the same where the ids are, whatever name or key stands beside."""

    kind: str
    """`person`, `group`, `rule` (a group rule's matches) or `everyone`."""
    identity: str | Mark
    """The id of the person or group, or the rule's expression; a name only where the id is known after the apply."""
    who: str | Mark = field(compare=False)
    """What to call them."""
    app: Address
    """The app's address after the change, which is also its key."""
    group_identity: str | Mark = ""
    """The id of the group that leads there, for a member or a rule."""
    group: str = field(default="", compare=False)
    """What to call it."""

    @property
    def end(self) -> tuple[str, str, Address] | None:
        """Who and which app, whatever leads there; None where that is not known."""
        return (self.kind, self.identity, self.app) if isinstance(self.identity, str) and self.app else None


@dataclass(frozen=True)
class Identity:
    """Somebody or some group of Okta's: the id that decides, and the name that a reader knows."""

    identity: str | Mark
    name: str | Mark
    is_bare: bool = False
    """Whether the plan holds no name for the id, which then stands for it."""

    @property
    def text(self) -> str:
        """The name, empty where it is not known."""
        return self.name if isinstance(self.name, str) else ""


@dataclass(frozen=True)
class AppSide:
    """An Okta app as it is on one side of the change."""

    address: Address
    label: str | Mark | None
    relay_state: str | Mark | None
    active: bool
    open_to_all: bool

    @property
    def opens_administration(self) -> bool | Mark | None:
        """Whether a sign-in lands in the administration."""
        return opens_administration(self.relay_state)


def opens_administration(relay_state: Value) -> bool | Mark | None:
    """Whether a relay state asks for the administration.

    A mark where the plan does not show the relay state, None where nobody here knows the page: either may be the
    administration.
    """
    if isinstance(relay_state, Mark):
        return relay_state
    return _is_administration(page_asked_for(relay_state if isinstance(relay_state, str) else ""))


def _is_administration(page: Page | None) -> bool | None:
    return None if page is None else page.kind is PageKind.ADMINISTRATION


_TARGETS = {
    "aws_connect_instance_storage_config": ("instance_id", "resource_type"),
    "aws_kms_key_policy": ("key_id",),
    "aws_s3_bucket_lifecycle_configuration": ("bucket",),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_bucket_versioning": ("bucket",),
    "okta_app_saml_app_settings": ("app_id",),
    "okta_group_rule": ("group_assignments",),
}
"""Types of which there is one for each target, and the attributes that name it: one that is destroyed here and made there is the same."""


def target_of(kind: str, side: Side) -> tuple[str, ...] | None:
    """What an object of one of these types belongs to; None where that is not known, or for another type."""
    values = [side.values.get(name) if not side.is_unknown(name) else None for name in _TARGETS.get(kind, ())]
    if not values or not all(values):
        return None
    # A key is named by its id or its ARN.
    return tuple(str(value).rpartition("/")[2] if kind == "aws_kms_key_policy" else str(value) for value in values)


class World:
    """What is there before the change, and what will be there after it."""

    def __init__(self, plan: Plan, stack_file: Mapping[str, Any] | None = None) -> None:
        self.plan = plan
        self.stack_file = stack_file or {}
        """The stack's own configuration, which holds what no plan does."""
        self.names = Names(plan)
        self.before: dict[str, dict[Address, Side]] = defaultdict(dict)
        """By type, every managed resource of now."""
        self.after: dict[str, dict[Address, Side]] = defaultdict(dict)
        """By type, every managed resource once the plan is applied."""
        self.changes: dict[Address, Change] = {}
        self.moved: dict[Address, Address] = {}
        """Former address to new one."""
        for address, resource in plan.prior.items():
            kind = resource.get("type")
            if isinstance(kind, str) and resource.get("mode") == "managed":
                self.before[kind][address] = side_of(resource)
        self.forgotten: set[Address] = set()
        """What stays as it is, and is no longer managed."""
        for kind in {*self.before, *plan.by_type}:
            self.after[kind].update(self.before[kind])
            for change in plan.of(kind):
                if change.previous_address is not None:
                    self.moved[change.previous_address] = change.address
                    self.after[kind].pop(change.previous_address, None)
            for change in plan.of(kind):
                self._apply(change)

    def _apply(self, change: Change) -> None:
        self.changes[change.address] = change
        if change.forgets and not change.creates:
            self.forgotten.add(change.address)
        if change.before is not None:
            self.before[change.type][change.previous_address or change.address] = change.before
        if change.actions == ("no-op",) and change.before is not None:
            self.after[change.type][change.address] = change.before
        elif change.after is not None:
            self.after[change.type][change.address] = change.after
        elif change.deletes or change.forgets:
            self.after[change.type].pop(change.address, None)

    def against_what_stood(self, change: Change) -> Change:
        """The change with what stood for the same target before, wherever in the configuration that was."""
        target = target_of(change.type, change.new())
        if target is None or change.after is None:
            return change
        if change.before is not None and target_of(change.type, change.before) == target:
            return change
        return replace(change, before=self._by_target.get((change.type, target)))

    @cached_property
    def _by_target(self) -> Mapping[tuple[str, tuple[str, ...]], Side]:
        return {
            (kind, target): side
            for kind in _TARGETS
            for side in self.before[kind].values()
            if (target := target_of(kind, side)) is not None
        }

    @cached_property
    def accounts(self) -> frozenset[str]:
        """The AWS accounts that everything which stands is in; those of the provider where nothing stands."""
        arns = [side.values.get("arn") for sides in self.before.values() for side in sides.values()]
        found = {arn.split(":")[4] for arn in arns if isinstance(arn, str) and arn.count(":") > 4}
        return frozenset(account for account in found if account) or self.plan.allowed_accounts

    def change_at(self, address: Address) -> Change | None:
        """The change of the resource at an address, its former address included."""
        return self.changes.get(self.moved.get(address, address))

    @cached_property
    def sign_in_before(self) -> SignIn:
        """The sign-in of now, without the Connect users; everything at the address it has after the change."""
        return self._sign_in(
            {
                self.moved.get(address, address): (kind, side)
                for kind, sides in self.before.items()
                for address, side in sides.items()
            }
        )

    @cached_property
    def sign_in_after(self) -> SignIn:
        """The sign-in once the plan is applied, without the Connect users; what is forgotten stays as it is."""
        standing = {
            address: (kind, side)
            for kind, sides in self.before.items()
            for address, side in sides.items()
            if address in self.forgotten
        }
        planned = {
            address: (kind, side)
            for kind, sides in self.after.items()
            for address, side in sides.items()
            if not (kind == "aws_iam_role_policy_attachment" and self._is_detached(side))
        }
        return self._sign_in({**standing, **planned})

    @cached_property
    def _of_their_own(self) -> frozenset[tuple[Any, Any]]:
        """Roles, each with a policy that a resource of its own attaches to it or writes into it."""
        return frozenset(
            (side.values.get("role"), side.values.get(attribute))
            for kind, attribute in (("aws_iam_role_policy_attachment", "policy_arn"), ("aws_iam_role_policy", "name"))
            for sides in (self.before, self.after)
            for side in sides[kind].values()
            if all(isinstance(side.values.get(name), str) for name in ("role", attribute))
        )

    def _is_of_its_own(self, role: Mapping[str, Any], policy: Any) -> bool:
        name = role.get("name")
        return isinstance(name, str) and isinstance(policy, str) and (name, policy) in self._of_their_own

    def _is_detached(self, attachment: Side) -> bool:
        """Whether a role's own list of policies, which is exclusive, takes this one off.

        https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/resources/iam_role#managed_policy_arns
        """
        policy = attachment.values.get("policy_arn")
        for change in self.plan.of("aws_iam_role"):
            if change.before is None or change.after is None or change.after.is_unknown("managed_policy_arns"):
                continue
            listed = (change.before.values.get("managed_policy_arns"), change.after.values.get("managed_policy_arns"))
            if change.after.values.get("name") == attachment.values.get("role") and policy in list_of(listed[0]):
                return policy not in list_of(listed[1])
        return False

    def _sign_in(self, managed: Mapping[Address, tuple[str, Side]]) -> SignIn:
        # Only here: reading metadata takes an XML and a certificate library.
        from connect_sso.sign_in.deployed import deployed_sign_in

        resources = [
            _resource(address, kind, self._linked(address, kind, _known(side)))
            for address, (kind, side) in managed.items()
            if kind != "aws_connect_user"
        ]
        looked_up = {**self.plan.planned, **self.plan.prior}
        resources += [resource_of(shown) for shown in looked_up.values() if shown.get("mode") == "data"]
        return deployed_sign_in([Deployment("the plan", tuple(resources), self.plan.region)], users_are_complete=False)

    def _linked(self, address: Address, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """The values; an attached policy that is still to be made is found by what the configuration refers to."""
        change = self.changes.get(address)
        if kind == "aws_iam_policy" and "arn" not in values:
            values["arn"] = address
        if kind == "aws_iam_role":
            # The provider reads back here what resources of their own say, and a plan keeps that until the next one.
            values["managed_policy_arns"] = [
                arn for arn in list_of(values.get("managed_policy_arns")) if not self._is_of_its_own(values, arn)
            ]
            values["inline_policy"] = [
                block
                for block in list_of(values.get("inline_policy"))
                if not self._is_of_its_own(values, mapping_of(block).get("name"))
            ]
        if kind == "aws_iam_role_policy_attachment" and "policy_arn" not in values and change is not None:
            for reference in self.plan.references(change, "policy_arn"):
                target = resource_address(reference, change.module)
                if target in self.after["aws_iam_policy"]:
                    values["policy_arn"] = _known(self.after["aws_iam_policy"][target]).get("arn", target)
                    break
        return values

    @cached_property
    def is_new(self) -> bool:
        """Whether this is the first plan: nothing is managed yet, nothing is taken over, and everything is made."""
        if any(resource.get("mode") == "managed" for resource in self.plan.prior.values()):
            return False
        if any(change.imported_id is not None for change in self.plan.changes):
            return False
        real = [change for change in self.plan.changes if change.changes_something]
        return bool(real) and all(change.actions == ("create",) for change in real)

    @cached_property
    def hides_something(self) -> bool:
        """Whether anything of the sign-in is marked as sensitive: what is read out of its real values is then not shown."""
        marks = [
            mark
            for sides in (self.before, self.after)
            for kind, there in sides.items()
            if kind != "aws_connect_user"
            for side in there.values()
            for mark in side.sensitive
        ]
        marks += [shown.get("sensitive_values") for shown in self.plan.prior.values() if shown.get("mode") == "data"]
        return any(
            contains_mark(each)
            for mark in marks
            for name, each in (mark.items() if isinstance(mark, dict) else [("", mark)])
            if name not in SECRET_ATTRIBUTES
        )

    @cached_property
    def makes_instance(self) -> bool:
        """Whether the plan makes the Connect instance, in which nothing is yet."""
        return any(change.creates for change in self.plan.of("aws_connect_instance"))

    # --- Connect users -----------------------------------------------------------------------------------------

    @cached_property
    def people_before(self) -> Mapping[str, UserSide]:
        """The Connect users before, by user name."""
        return self._people(self.before["aws_connect_user"], "before")

    @cached_property
    def people_after(self) -> Mapping[str, UserSide]:
        """The Connect users after, by user name."""
        return self._people(self.after["aws_connect_user"], "after")

    def _people(self, users: Mapping[Address, Side], when: str) -> Mapping[str, UserSide]:
        # What the stack says about itself counts only where there is nothing yet that could contradict it.
        known = self._people_output(when) if self.is_new or self.makes_instance else {}
        known_before = self._people_output("before")
        found: dict[str, UserSide] = {}
        for address, side in users.items():
            name = side.get("name")
            username = name if isinstance(name, str) else address
            if when == "after" and side is self.before["aws_connect_user"].get(address):
                found[username] = self.people_before[username]  # nothing changes, which is so for most of a crowd
                continue
            change = self.change_at(address)
            ids = side.get("security_profile_ids")
            if when == "before" or ids == self._ids_before(address, change):
                profiles = self._profiles(ids, known_before.get(username), known_before.get(username))
            else:
                # An id that the plan has no name for may be any profile's, whatever the stack's output says.
                profiles = self._profiles(ids, known.get(username), None)
            routing = self.names.resolve(
                "routing profile", side.get("routing_profile_id"), change, "routing_profile_id"
            )
            names, unnamed, unknown, is_claimed = profiles
            person = UserSide(names, unnamed, unknown, routing, address, is_claimed)
            earlier = found.get(username)
            found[username] = person if earlier is None else earlier.joined_with(person)
        return found

    def _ids_before(self, address: Address, change: Change | None) -> Value:
        if change is None:
            return self.before["aws_connect_user"][address].get("security_profile_ids")
        return change.before.get("security_profile_ids") if change.before is not None else UNKNOWN

    def _profiles(
        self, ids: Value, if_unknown: frozenset[str] | None, if_unnamed: frozenset[str] | None
    ) -> tuple[frozenset[str], frozenset[str], bool, bool]:
        """Names of profiles, ids without a name, whether some are unknown, and whether the names are only claimed."""
        names: set[str] = set()
        unnamed: set[str] = set()
        unknown = isinstance(ids, Mark)
        for identifier in ids if isinstance(ids, list) else ():
            name = self.names.get("security profile", identifier) if isinstance(identifier, str) else None
            if name is not None:
                names.add(name)
            elif isinstance(identifier, str):
                unnamed.add(identifier)
            else:
                unknown = True
        if unnamed and if_unnamed is not None:
            # Looked up anew in this very plan, which then no longer holds the former answer.
            return if_unnamed, frozenset(), False, True
        if unknown and if_unknown is not None:
            return if_unknown | names, frozenset(unnamed), False, True
        return frozenset(names), frozenset(unnamed), unknown, False

    def _people_output(self, when: str) -> Mapping[str, frozenset[str]]:
        """The stack's own map from user names to names of security profiles: a first plan holds only unknown ids."""
        change = self.plan.outputs.get("people")
        side = None if change is None else (change.before if when == "before" else change.after)
        people = side.get("value") if side is not None else self.plan.prior_outputs.get("people")
        if not isinstance(people, dict):
            return {}
        return {
            username: frozenset(name for name in names if isinstance(name, str))
            for username, names in people.items()
            if isinstance(names, list) and all(isinstance(name, str) for name in names)
        }

    def profile_rights(self, profile: str) -> str:
        """Whether a security profile has administrative rights.

        `admin`, `none`, or for a custom one whose permissions the plan does not hold `unknown`, and `named` where its
        name says that it is for administrators.
        """
        powerful = is_powerful(profile, self.permissions_after.get(profile))
        if powerful is not None:
            return "admin" if powerful else "none"
        return "named" if re.search(r"admin", profile, re.IGNORECASE) else "unknown"

    @cached_property
    def permissions_before(self) -> Mapping[str, frozenset[str]]:
        """What security profiles allow now, by name: those that the plan looks up, and those that it manages."""
        return self._permissions(self.before)

    @cached_property
    def permissions_after(self) -> Mapping[str, frozenset[str]]:
        """What security profiles allow once the plan is applied, by name."""
        return self._permissions(self.after)

    def _permissions(self, sides: Mapping[str, Mapping[Address, Side]]) -> Mapping[str, frozenset[str]]:
        managed = sides.get("aws_connect_security_profile", {}).values()
        found: dict[str, frozenset[str]] = {}
        for side in (*self._looked_up_profiles, *managed):
            name, permissions = side.get("name"), side.get("permissions")
            if isinstance(name, str) and isinstance(permissions, list):
                found[name] = found.get(name, frozenset()) | {item for item in permissions if isinstance(item, str)}
        return found

    @cached_property
    def _looked_up_profiles(self) -> list[Side]:
        """The profiles that the plan looks up and does not manage: what it manages is told by its change."""
        sides = [
            *self.before["aws_connect_security_profile"].values(),
            *self.after["aws_connect_security_profile"].values(),
        ]
        managed = {side.get("name") for side in sides}
        looked_up = [
            side_of(resource)
            for resource in self.plan.prior.values()
            if resource.get("type") == "aws_connect_security_profile" and resource.get("mode") == "data"
        ]
        return [side for side in looked_up if side.get("name") not in managed]

    # --- Okta apps ---------------------------------------------------------------------------------------------

    @cached_property
    def apps_before(self) -> Mapping[Address, AppSide]:
        """The Okta apps before, by the address they have after."""
        return {
            self.moved.get(address, address): _app(self.moved.get(address, address), side)
            for address, side in self.before["okta_app_saml"].items()
        }

    @cached_property
    def apps_after(self) -> Mapping[Address, AppSide]:
        """The Okta apps after, by address."""
        return {address: _app(address, side) for address, side in self.after["okta_app_saml"].items()}

    def label(self, app: Address) -> str | Mark:
        """What people call the app: its label after the change, before it where it goes, or else its address."""
        for apps in (self.apps_after, self.apps_before):
            if app in apps and apps[app].label is not None:
                return apps[app].label or app
        return app

    @cached_property
    def _app_ids(self) -> Mapping[str, Address]:
        found = {}
        for sides in (self.before, self.after):
            for address, side in sides["okta_app_saml"].items():
                if isinstance(identifier := side.get("id"), str):
                    found[identifier] = self.moved.get(address, address)
        return found

    def app_of(self, app_id: Value, change: Change | None, attribute: str = "app_id") -> Address:
        """The address of the app with an id, or the one that the configuration refers to; the id for a stranger.

        Args:
            app_id: the id, if it is known.
            change: what belongs to the app.
            attribute: where that has the app's id.
        """
        if isinstance(app_id, str):
            return self._app_ids.get(app_id, app_id)
        if change is not None:
            for reference in self.plan.references(change, attribute):
                address = resource_address(reference, change.module)
                if address in self.after["okta_app_saml"]:
                    return address
                if isinstance(change.index, (str, int)):
                    indexed = f"{address}[{json.dumps(change.index, ensure_ascii=False)}]"
                    if indexed in self.after["okta_app_saml"]:
                        return indexed
        new = [address for address, side in self.after["okta_app_saml"].items() if side.get("id") is UNKNOWN]
        return new[0] if len(new) == 1 else ""

    def opens_administration(self, app: Address) -> bool | Mark | None:
        """Whether an app opens the administration after the change; a mark or None where it is not known."""
        known = self.apps_after.get(app) or self.apps_before.get(app)
        if known is None:
            return None
        if known.relay_state is UNKNOWN and self.is_new and known.address in self._destinations:
            destination = self._destinations[known.address]
            return _is_administration(page_of(DESTINATIONS.get(destination, destination)))
        return known.opens_administration

    @cached_property
    def _destinations(self) -> Mapping[Address, str]:
        """The destinations in the stack's own map of apps: a first plan does not know the relay states yet.

        Later plans know them, and then what the stack says about itself does not count.
        """
        change = self.plan.outputs.get("apps")
        apps = change.new().get("value") if change is not None else None
        return {
            f"okta_app_saml.{name}": destination
            for name, app in (apps.items() if isinstance(apps, dict) else ())
            if isinstance(app, dict)
            and isinstance(destination := app.get("destination"), str)
            and destination_problem(destination) is None
        }

    # --- assignments -------------------------------------------------------------------------------------------

    @cached_property
    def assignments_before(self) -> Mapping[Assignment, tuple[Address, Roles]]:
        """Every way to an app before, with the address it is from and the roles it carries."""
        return dict(self._assignments(self.before, self.apps_before))

    @cached_property
    def assignments_after(self) -> Mapping[Assignment, tuple[Address, Roles]]:
        """Every way to an app after, with the address it is from and the roles it carries."""
        return dict(self._assignments(self.after, self.apps_after))

    def _assignments(
        self, sides: Mapping[str, Mapping[Address, Side]], apps: Mapping[Address, AppSide]
    ) -> Iterator[tuple[Assignment, tuple[Address, Roles]]]:
        group_apps: dict[str, set[Address]] = {}
        gone = self._gone_groups if sides is self.after else frozenset()
        for address, group, app, profile in self._group_assignments(sides):
            if group.identity in gone:
                continue
            yield Assignment("group", group.identity, group.name, app), (address, roles_in(profile))
            if isinstance(group.identity, str):
                group_apps.setdefault(group.identity, set()).add(app)
        for address, side in sides["okta_app_user"].items():
            change = self.change_at(address)
            person = self._named("person", side.get("user_id"), change, "user_id")
            if person.is_bare and (username := _text(side.get("username"))):
                person = replace(person, name=f"{person.name} (signs in as {username})")
            yield (
                Assignment("person", person.identity, person.name, self.app_of(side.get("app_id"), change)),
                (address, roles_in(side.get("profile"))),
            )
        for address, side in sides["okta_group_memberships"].items():
            change = self.change_at(address)
            group = self._named("group", side.get("group_id"), change, "group_id")
            users = side.get("users")
            members = [users] if isinstance(users, Mark) else users if isinstance(users, list) else []
            for member in members:
                person = self._named("person", member, change, "users")
                for app in self._led_to(group.identity, group_apps):
                    yield (
                        Assignment("person", person.identity, person.name, app, group.identity, group.text),
                        (address, frozenset()),
                    )
        for address, side in sides["okta_group_rule"].items():
            if side.get("status") == "INACTIVE":
                continue
            change = self.change_at(address)
            targets = side.get("group_assignments")
            for target in targets if isinstance(targets, list) else [targets]:
                group = self._named("group", target, change, "group_assignments")
                for app in self._led_to(group.identity, group_apps):
                    for kind, source in self.rule_sources(side, change):
                        yield (
                            Assignment(kind, source.identity, source.name, app, group.identity, group.text),
                            (address, frozenset()),
                        )
        for app_address, known in apps.items():
            if known.open_to_all and known.active:
                yield (
                    Assignment("everyone", "everyone", "everyone in the Okta organization", app_address),
                    (app_address, frozenset()),
                )

    @cached_property
    def _groups(self) -> Mapping[str, bool]:
        """The ids of the groups that the plan knows, and whether each is Okta's group of everyone.

        https://developer.okta.com/docs/reference/api/groups/#group-type
        """
        looked_up = [
            (str(shown.get("type")), side_of(shown))
            for shown in (*self.plan.prior.values(), *self.plan.planned.values())
            if str(shown.get("type")) in ("okta_group", "okta_everyone_group")
        ]
        managed = [("okta_group", side) for sides in (self.before, self.after) for side in sides["okta_group"].values()]
        found: dict[str, bool] = {}
        for kind, side in (*looked_up, *managed):
            if isinstance(identifier := side.get("id"), str):
                is_everyone = (
                    kind == "okta_everyone_group" or side.get("type") == "BUILT_IN" or side.get("name") == "Everyone"
                )
                found[identifier] = found.get(identifier, False) or is_everyone
        return found

    def is_everyone(self, group: str | Mark) -> bool:
        """Whether a group is the one that Okta keeps everybody in."""
        return group == "Everyone" or (isinstance(group, str) and self._groups.get(group, False))

    def is_unnamed(self, group: str | Mark) -> bool:
        """Whether nothing in the plan tells which group it is."""
        return isinstance(group, Mark) or (self.names.get("group", group) is None and not self._is_group_name(group))

    def _is_group_name(self, group: str) -> bool:
        """Whether it is the name of a group that the configuration looks up or makes, whose id is still unknown."""
        named = [side.get("name") for side in self.after["okta_group"].values()]
        named += [change.new().get("name") for change in self.plan.changes if change.type == "okta_group"]
        shown = [each for each in self.plan.planned.values() if each.get("type") == "okta_group"]
        return group in [*named, *(side_of(each).get("name") for each in shown)]

    @cached_property
    def _gone_groups(self) -> frozenset[Value]:
        """The ids of groups that are destroyed, and of which an assignment can be left in the configuration."""
        ids = [
            {side.text("id") for address, side in sides["okta_group"].items()} for sides in (self.before, self.after)
        ]
        forgotten = {
            self.before["okta_group"][address].text("id") for address in self.forgotten & set(self.before["okta_group"])
        }
        return frozenset(ids[0] - ids[1] - forgotten)

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The people whom a group rule leaves out from now on."""
        return frozenset(
            name
            for change in self.plan.of("okta_group_rule")
            if change.before is not None and change.after is not None
            for person in _texts(change.after.get("users_excluded")) - _texts(change.before.get("users_excluded"))
            if isinstance(name := self.names.resolve("person", person), str)
        )

    def _named(self, what: str, value: Value, change: Change | None = None, attribute: str = "") -> Identity:
        """Who or which group an id is; one that is known after the apply is taken by what the configuration refers to."""
        if isinstance(value, str) and value:
            name = self.names.get(what, value)
            return Identity(value, name or value, is_bare=name is None)
        referenced: str | Mark = self.names.resolve(what, value, change, attribute) or UNKNOWN
        return Identity(referenced, referenced)

    def _group_assignments(
        self, sides: Mapping[str, Mapping[Address, Side]]
    ) -> Iterator[tuple[Address, Identity, Address, Value]]:
        for address, side in sides["okta_app_group_assignment"].items():
            change = self.change_at(address)
            group = self._named("group", side.get("group_id"), change, "group_id")
            yield address, group, self.app_of(side.get("app_id"), change), side.get("profile")
        for address, side in sides["okta_app_group_assignments"].items():
            change = self.change_at(address)
            app = self.app_of(side.get("app_id"), change)
            blocks = side.get("group")
            for block in blocks if isinstance(blocks, list) else [{"id": blocks}] if isinstance(blocks, Mark) else []:
                if isinstance(block, dict):
                    yield address, self._named("group", block.get("id")), app, block.get("profile")

    @staticmethod
    def _led_to(group: str | Mark, group_apps: Mapping[str, set[Address]]) -> list[Address]:
        if isinstance(group, str):
            return sorted(group_apps.get(group, ()))
        return sorted(set().union(*group_apps.values())) if group_apps else []

    def rule_sources(self, side: Side, change: Change | None) -> Iterator[tuple[str, Identity]]:
        """Whom a group rule takes in: the groups it names one by one, or its expression as a whole."""
        expression = side.get("expression_value")
        if isinstance(expression, str):
            groups = groups_in_rule(expression)
            if groups is not None:
                for identifier in groups:
                    yield "group", self._named("group", identifier)
                return
            yield "rule", Identity(expression, expression)
            return
        resolved = self.names.resolve("group", UNKNOWN, change, "expression_value") if expression is UNKNOWN else None
        if isinstance(resolved, str):
            yield "group", Identity(resolved, resolved)
        else:
            yield "rule", Identity(UNKNOWN, UNKNOWN)


def _known(side: Side) -> dict[str, Any]:
    """The real values of an object, without those that are known after the apply, be it in part."""
    unknown = side.unknown
    if not isinstance(unknown, dict):
        return {} if unknown else dict(side.values)
    return {name: value for name, value in side.values.items() if not contains_mark(unknown.get(name))}


def _resource(address: Address, kind: str, values: dict[str, Any]) -> Resource:
    block, _, key = re.sub(r"^(?:module\.[\w-]+(?:\[[^\]]*\])?\.)*", "", address).partition("[")
    return Resource(
        address=address,
        type=kind,
        name=block.rpartition(".")[2],
        index=key.removesuffix("]").strip('"') if key else None,
        is_data=False,
        values=values,
    )


def _app(address: Address, side: Side) -> AppSide:
    return AppSide(
        address=address,
        label=side.text("label"),
        relay_state=side.text("default_relay_state"),
        active=side.get("status") != "INACTIVE",
        open_to_all=side.get("implicit_assignment") is True,
    )


def roles_in(profile: Value) -> Roles:
    """The role names that an assignment's profile (JSON) carries."""
    if isinstance(profile, Mark):
        return frozenset({profile})
    if not isinstance(profile, str):
        return frozenset()
    try:
        values: Any = json.loads(profile)
    except (ValueError, RecursionError):
        return frozenset()
    if not isinstance(values, dict):
        return frozenset()
    roles = values.get("samlRoles")
    listed = roles if isinstance(roles, list) else []
    return frozenset(str(role) for role in (*listed, values.get("role")) if isinstance(role, str) and role)


def listed(roles: Roles) -> Words:
    """The roles by name, in a stable order."""
    return listing(sorted(roles, key=str))


def _texts(value: Value) -> set[str]:
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def gone_and_new(
    before: Iterable[Assignment], after: Iterable[Assignment]
) -> tuple[list[Assignment], list[Assignment]]:
    """The ways to an app that go and those that come, each in a stable order."""
    old, new = set(before), set(after)
    return sorted(old - new, key=assignment_key), sorted(new - old, key=assignment_key)


def assignment_key(assignment: Assignment) -> tuple[str, ...]:
    """What assignments are sorted by."""
    who, identity = (
        value.value if isinstance(value, Mark) else value for value in (assignment.who, assignment.identity)
    )
    return (assignment.kind, who, assignment.app, assignment.group, identity)
