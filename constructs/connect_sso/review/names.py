"""Names for the ids and the references of a plan, from the lookups and resources in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from connect_sso.facts.names import INSTANCE_ID
from connect_sso.terraform.plan import UNKNOWN, Change, Mark, Plan, Side, Value, side_of

Address = str
"""Where a resource stands in the configuration, its index included."""

LONGEST_WITH_IDS = 1_000
"""Characters of a text in which ids are looked for."""

_ID = re.compile(r"\b[0-9A-Za-z]{20}\b|\b" + INSTANCE_ID.pattern + r"\b")
"""What the ids look like that Okta and Amazon Connect give to groups, people, policies and profiles."""


class Names:
    """Names for the ids that a plan uses, from the lookups and resources in it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._by_id: dict[str, dict[str, str]] = {}
        self._all_by_id: dict[tuple[str, str], set[str]] = {}
        for resource in (*plan.prior.values(), *plan.planned.values()):
            if str(resource.get("type")) in _NAMED:
                self._take(str(resource["type"]), side_of(resource))
        for change in (*plan.changes, *plan.drift):
            if change.type in _NAMED:
                for side in (change.before, change.after):
                    if side is not None:
                        self._take(change.type, side)

    def _take(self, kind: str, side: Side) -> None:
        for what, id_attribute, name_attribute in _NAMED[kind]:
            for part in _members(side) if id_attribute.startswith("users.") else (side,):
                identifier = part.get(id_attribute.removeprefix("users."))
                name = part.get(name_attribute)
                if isinstance(identifier, str) and isinstance(name, str) and identifier and name:
                    self._by_id.setdefault(what, {})[identifier] = name
                    if what == "person":
                        email = part.get("email")
                        self._all_by_id[what, identifier] = {name, email} if isinstance(email, str) else {name}

    def get(self, what: str, identifier: str) -> str | None:
        """The name of a `security profile`, `routing profile`, `group`, `person`, `policy`, `IAM policy`, if known."""
        return self._by_id.get(what, {}).get(identifier)

    def every_name_of(self, what: str, identifier: str) -> frozenset[str]:
        """All that may stand for it: of a person the login and the e-mail address."""
        return frozenset(self._all_by_id.get((what, identifier), ()))

    def added_to(self, value: Value) -> Value:
        """A text with the name behind each id in it that the plan holds a name for: what only differs by ids says little."""
        if not isinstance(value, str) or len(value) > LONGEST_WITH_IDS:
            return value
        return _ID.sub(lambda match: self._with_name(match[0]), value)

    def _with_name(self, identifier: str) -> str:
        names = {known[identifier] for known in self._by_id.values() if identifier in known}
        return f"{identifier} ({', '.join(sorted(names))})" if names else identifier

    def resolve(self, what: str, value: Value, change: Change | None = None, attribute: str = "") -> str | Mark | None:
        """The name for an id; where the id is only known after apply, from what the configuration refers to.

        Falls back to the id itself (a stranger's, of which the plan holds no name), or to the mark.
        """
        if isinstance(value, str):
            return self.get(what, value) or value
        if value is UNKNOWN and change is not None:
            name = self._referenced(what, change, attribute)
            return name if name is not None else UNKNOWN
        return value if isinstance(value, Mark) else None

    def _referenced(self, what: str, change: Change, attribute: str) -> str | None:
        for reference in self._plan.references(change, attribute):
            address = resource_address(reference, change.module)
            kind = type_of(address)
            if not any(named[0] == what for named in _NAMED.get(kind, ())):
                continue
            name_attribute = next(named[2] for named in _NAMED[kind] if named[0] == what)
            for candidate in (address, f"{address}[{json.dumps(change.index, ensure_ascii=False)}]"):
                side = self._side_at(candidate)
                if side is not None and isinstance(name := side.get(name_attribute), str):
                    return name
        if (
            isinstance(change.index, str)
            and what in ("group", "person")
            and any(
                "each." in reference or type_of(resource_address(reference, "")) in _NAMED
                for reference in self._plan.references(change, attribute)
            )
        ):
            return change.index  # one instance per group or person, keyed by the name
        return None

    def _side_at(self, address: Address) -> Side | None:
        change = self._changes_by_address.get(address)
        if change is not None:
            return change.after
        resource = self._plan.planned.get(address)
        return side_of(resource) if resource is not None else None

    @cached_property
    def _changes_by_address(self) -> Mapping[Address, Change]:
        return {change.address: change for change in self._plan.changes if not change.deposed}


_NAMED: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "aws_connect_security_profile": (("security profile", "security_profile_id", "name"),),
    "aws_connect_user_hierarchy_group": (("hierarchy group", "hierarchy_group_id", "name"),),
    "aws_connect_routing_profile": (("routing profile", "routing_profile_id", "name"),),
    "aws_iam_policy": (("IAM policy", "arn", "name"),),
    "okta_group": (("group", "id", "name"),),
    "okta_user": (("person", "id", "login"),),
    "okta_users": (("person", "users.id", "login"),),
    "okta_policy": (("policy", "id", "name"),),
    "okta_app_signon_policy": (("policy", "id", "name"),),
}
"""Types (resources and data sources) that know a name: what it is the name of, and the attributes of id and name."""


def _members(side: Side) -> Iterator[Side]:
    users = side.get("users")
    for user in users if isinstance(users, list) else ():
        if isinstance(user, dict):
            yield Side(user)


_ADDRESS = re.compile(
    r'^((?:module\.[\w-]+(?:\[[^\]]*\])?\.)*)((?:data\.)?[\w-]+\.[\w-]+(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?)'
)


def resource_address(reference: str, module: str) -> Address:
    """The resource that a reference of the configuration (`okta_group.admin.id`) names, from within `module`."""
    match = _ADDRESS.match(reference)
    if match is None:
        return ""
    return f"{module}.{match[0]}" if module else match[0]


def type_of(address: Address) -> str:
    """The type in a resource's or data source's address."""
    bare = re.sub(r'^(?:module\.[\w-]+(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.)*(?:data\.)?', "", address)
    return bare.split(".")[0]
