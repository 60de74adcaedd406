"""What a schema does not say about a resource type, and the life of a resource made from that.

A schema names attributes. It does not tell which of them identify an object, which changes replace it, what the defaults
are, or what the API refuses. `ResourceType` holds these as data; `SchemaProvider` is the behaviour that all types share.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import UNKNOWN, Interrupted, Refused, Values

SECRET = "_secret"
"""The key under which `settle` hands over a private key. Other keys with an underscore stay with the object in the cloud."""

DELAY = "CONNECT_SSO_SANDBOX_DELAY"
"""Environment variable: how many seconds each change takes, so that there is something to interrupt."""

HANG = "CONNECT_SSO_SANDBOX_HANG"
"""Environment variable: types, with commas between them, whose creations take effect and are never answered: until it is stopped, the provider waits."""

AccountT = TypeVar("AccountT")


@dataclass(frozen=True)
class Rule(Generic[AccountT]):
    """Something that the provider or its API is documented to refuse."""

    says: str
    """The error; `{name}` stands for an attribute's value."""
    source: str
    """Where that is documented."""
    broken: Callable[[AccountT, Values], bool]


@dataclass(frozen=True)
class ResourceType(Generic[AccountT]):
    """One resource type, beyond its schema."""

    key: Callable[[AccountT, Values], str]
    """What makes it this object and no other, account included. Where the API tells objects apart by id alone: the id."""
    make: Callable[[AccountT, Values, int], Values]
    """The computed attributes of a new object, from the planned ones and how many had this name so far."""
    name: Callable[[AccountT, Values], str] | None = None
    """What the count of `make` runs over, for types whose key is an id that `make` has yet to make."""
    twice: str = ""
    """What the API says when the object is there already; empty where it then takes the request for a change."""
    settle: Callable[[AccountT, Values, Values], Values] = lambda account, before, after: {}
    """What the API makes of a new or changed object: attributes that differ from what was sent."""
    derive: Callable[[AccountT, Values | None, Values], Values] = lambda account, prior, planned: {}
    """Attributes that the provider knows at plan time although the configuration does not name them."""
    replace: frozenset[str] = frozenset()
    """Attributes that cannot be changed: "Forces new resource" in the provider's documentation."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the provider fills in; `block.attribute` reaches into a block."""
    as_json: frozenset[str] = frozenset()
    """Attributes that the provider compares as JSON."""
    kept: frozenset[str] = frozenset()
    """Optional attributes that keep what the API has when the configuration has none."""
    set_up_after: bool = False
    """Whether the provider has further requests to make for an object that is there: interrupted at these, it knows the id."""
    import_id: Callable[[AccountT, Values], str] = lambda account, values: str(values["id"])
    """The one form of id that `terraform import` takes, from the provider's documentation."""
    unread: frozenset[str] = frozenset()
    """Attributes that no API returns: they live in the state alone."""
    checked: tuple[Rule[AccountT], ...] = ()
    """What the provider refuses before it asks anyone, in `terraform validate` and `plan`."""
    refused: tuple[Rule[AccountT], ...] = ()
    """What the API refuses, in `terraform apply`."""


class SchemaProvider(Generic[AccountT]):
    """A provider made of a schema, the types' peculiarities and a cloud that holds the objects."""

    def __init__(
        self,
        schemas: Mapping[str, Any],
        cloud: Cloud,
        sign_in: Callable[[Cloud, Values], AccountT],
        types: Mapping[str, ResourceType[AccountT]],
        lookups: Mapping[str, Callable[[AccountT, Values], Values]],
    ) -> None:
        self.schemas = schemas
        self.cloud = cloud
        self.sign_in = sign_in
        self.types = types
        self.lookups = lookups
        self.account: AccountT
        self.stopped = threading.Event()

    def _type(self, type_name: str) -> ResourceType[AccountT]:
        if type_name not in self.types:
            raise Refused(f"the sandbox has the schema of {type_name}, but not what it does: add it to its types")
        return self.types[type_name]

    def stop(self) -> None:
        self.stopped.set()

    def configure(self, config: Values) -> None:
        self.account = self.sign_in(self.cloud, config)

    def validate(self, type_name: str, config: Values) -> None:
        kind = self._type(type_name)
        known = {name: None if value is UNKNOWN else value for name, value in config.items()}
        # Before `configure`, so the rules of the provider look at the values alone.
        _enforce(kind.checked, None, known)

    def plan(self, type_name: str, prior: Values | None, proposed: Values, config: Values) -> tuple[Values, list[str]]:
        kind, planned = self._type(type_name), dict(proposed)
        for path, default in kind.defaults.items():
            _fill_in(planned, path.split("."), default)
        if prior is None:
            _mark_unknown(self.schemas["resource_schemas"][type_name]["block"], planned)
        else:
            for name in kind.kept:
                planned[name] = prior[name] if config[name] is None else planned[name]
            for name in kind.as_json:
                planned[name] = prior[name] if _same_json(planned[name], prior[name]) else planned[name]
        planned |= kind.derive(self.account, prior, planned)
        _enforce(kind.checked, self.account, {name: None if v is UNKNOWN else v for name, v in planned.items()})
        replace = [name for name in sorted(kind.replace) if prior is not None and planned[name] != prior[name]]
        return planned, replace

    def create(self, type_name: str, planned: Values) -> Values:
        kind = self._type(type_name)
        self._take_time()
        _enforce(kind.refused, self.account, planned)
        name = kind.name or kind.key
        made = planned | kind.make(self.account, planned, self.cloud.born(type_name, name(self.account, planned)))
        key = kind.key(self.account, made)
        if kind.twice and self.cloud.get(type_name, key) is not None:
            raise Refused(kind.twice.format(**made))
        body = self._store(type_name, key, {}, made)
        self.cloud.log("create", type_name, key)
        if type_name in os.environ.get(HANG, "").split(","):
            self.stopped.wait()
            raise Interrupted(body if kind.set_up_after else None)
        self._take_time()
        return body

    def update(self, type_name: str, prior: Values, planned: Values) -> Values:
        kind = self._type(type_name)
        self._take_time()
        _enforce(kind.refused, self.account, planned)
        old, key = kind.key(self.account, prior), kind.key(self.account, planned)
        before = self.cloud.get(type_name, old)
        if before is None:
            raise Refused(f"updating {type_name} ({prior['id']}): not found")
        if key != old:
            if kind.twice and self.cloud.get(type_name, key) is not None:
                raise Refused(kind.twice.format(**planned))
            self.cloud.remove(type_name, old)
        body = self._store(type_name, key, before, planned)
        self.cloud.log("update", type_name, key)
        self._take_time()
        return body

    def delete(self, type_name: str, prior: Values) -> None:
        key = self._type(type_name).key(self.account, prior)
        self._take_time()
        self.cloud.remove(type_name, key)
        self.cloud.log("delete", type_name, key)
        self._take_time()

    def read(self, type_name: str, current: Values) -> Values | None:
        kind = self._type(type_name)
        key = kind.key(self.account, current)
        self.cloud.log("read", type_name, key)
        body = self.cloud.get(type_name, key)
        if body is None:
            return None
        return body | {name: current.get(name) for name in kind.unread | {"timeouts"} if name in current}

    def find(self, type_name: str, import_id: str) -> Values:
        kind = self._type(type_name)
        for body in self.cloud.all(type_name):
            if kind.import_id(self.account, body) == import_id:
                return body | {name: kind.defaults.get(name) for name in kind.unread} | {"timeouts": None}
        raise Refused(f"Cannot import non-existent remote object: no {type_name} with the id {import_id}")

    def look_up(self, type_name: str, config: Values) -> Values:
        if type_name not in self.lookups:
            raise Refused(
                f"the sandbox has the schema of data.{type_name}, but not what it does: add it to its lookups"
            )
        found = self.lookups[type_name](self.account, config)
        self.cloud.log("look_up", type_name, found["id"])
        return found

    def _store(self, type_name: str, key: str, before: Values, after: Values) -> Values:
        after = after | self._type(type_name).settle(self.account, before, after)
        secret = after.pop(SECRET, None)
        body = {name: before.get(name) if value is UNKNOWN else _known(value) for name, value in after.items()}
        body |= {name: value for name, value in before.items() if name.startswith("_")}
        self.cloud.put(type_name, key, body, secret)
        return body

    @staticmethod
    def _take_time() -> None:
        time.sleep(float(os.environ.get(DELAY, "0")) / 2)


def _enforce(rules: tuple[Rule[AccountT], ...], account: Any, values: Values) -> None:
    for rule in rules:
        if rule.broken(account, values):
            raise Refused(rule.says.format(**values))


def _fill_in(values: Values, path: list[str], default: Any) -> None:
    name, *rest = path
    if rest:
        for item in values[name] if isinstance(values[name], list) else []:
            _fill_in(item, rest, default)
    elif values[name] is None:
        values[name] = default


def _mark_unknown(block: Mapping[str, Any], values: Values) -> None:
    """In a new object, what the API computes and nobody chose is not known yet."""
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("computed") and values[name] is None:
            values[name] = UNKNOWN
    for name, nested in block.get("block_types", {}).items():
        inner = values[name]
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                _mark_unknown(nested["block"], item)


def _known(value: Any) -> Any:
    """What nobody chose in a nested block is nothing in the end."""
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return None if value is UNKNOWN else value


def _same_json(one: Any, other: Any) -> bool:
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    try:
        return bool(json.loads(one) == json.loads(other))
    except json.JSONDecodeError:
        return False
