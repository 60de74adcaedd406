"""A Terraform plan as `terraform show -json` prints it, read so that unknown and secret values cannot pass for values.

The format: https://developer.hashicorp.com/terraform/internals/json-format. What a plan holds beside its values
(`after_unknown`, `after_sensitive`) is merged into them as marks, attribute by attribute and only when asked for:
a plan of ten thousand users is mostly values that nobody looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, TypeAlias


class Mark(Enum):
    """What stands where a value cannot be shown; the text is what a reader sees instead."""

    UNKNOWN = "(known after apply)"
    SENSITIVE = "(sensitive)"


UNKNOWN = Mark.UNKNOWN
SENSITIVE = Mark.SENSITIVE

Value: TypeAlias = "bool | int | float | str | Mark | list[Value] | dict[str, Value] | None"
"""A JSON value in which marks stand for what is not known or not to be seen."""

SECRET_ATTRIBUTES = frozenset(
    {
        "client_basic_secret",
        "client_secret",
        "old_password",
        "password",
        "private_key",
        "recovery_answer",
        "secret",
        "secret_binary",
        "secret_string",
        "ses_smtp_password_v4",
    }
)
"""Attributes of the two providers that hold a secret, hidden even where a plan forgets to mark them."""


def marked(value: Any, unknown: Any, sensitive: Any) -> Value:
    """`value` with the marks of `unknown` and `sensitive`, which mirror its shape with `true` at what they mean."""
    if sensitive is True:
        return SENSITIVE
    if unknown is True:
        return UNKNOWN
    if not unknown and not sensitive:
        return value  # type: ignore[no-any-return]  # what json.load returns is a Value already
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict)):
        values = value or {}
        unknowns = unknown if isinstance(unknown, dict) else {}
        secrets = sensitive if isinstance(sensitive, dict) else {}
        if contains_mark(sensitive) and not secrets:
            return SENSITIVE  # a mark of another shape than its value: hide more rather than less
        names = list(values) + [name for name in unknowns if name not in values and contains_mark(unknowns[name])]
        return {name: marked(values.get(name), unknowns.get(name), secrets.get(name)) for name in names}
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        items = value or []
        unknowns_ = unknown if isinstance(unknown, list) else []
        secrets_ = sensitive if isinstance(sensitive, list) else []
        if contains_mark(sensitive) and not secrets_:
            return SENSITIVE
        length = max(len(items), len(unknowns_))
        return [marked(_item(items, i), _item(unknowns_, i), _item(secrets_, i)) for i in range(length)]
    if contains_mark(sensitive):
        return SENSITIVE
    return UNKNOWN if contains_mark(unknown) else value


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def contains_mark(mark: Any) -> bool:
    """Whether `true` stands anywhere in what mirrors a value (`after_unknown`, `after_sensitive`)."""
    if mark is True:
        return True
    # Loops rather than any(): this runs for every attribute that a report looks at, mostly over one `false`.
    if isinstance(mark, dict):
        mark = mark.values()
    elif not isinstance(mark, list):
        return False
    for inner in mark:  # noqa: SIM110
        if inner is True or (inner and contains_mark(inner)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Side:
    """One object before or after the change: attributes are read with `get`, which returns marks where they belong."""

    values: Mapping[str, Any]
    unknown: Any = field(default_factory=dict)
    sensitive: tuple[Any, ...] = ()
    """The marks of both sides: a value that was secret before must not be shown because its mark is taken away."""

    def get(self, name: str) -> Value:
        """The attribute's value, None where it is not set."""
        value: Value = self.values.get(name)
        if name in SECRET_ATTRIBUTES and value is not None:
            return SENSITIVE
        unknown = self.unknown
        unknown = unknown.get(name) if isinstance(unknown, dict) else unknown
        for sensitive in self.sensitive:
            mark = sensitive.get(name) if isinstance(sensitive, dict) else sensitive
            if mark and contains_mark(mark):
                value = marked(value, None, mark)
        # Secret and unknown at once stays secret: that there is a secret is all a reader may learn.
        if not unknown or value is SENSITIVE or not contains_mark(unknown):
            return value
        return marked(value, unknown, None)

    def text(self, name: str) -> str | Mark | None:
        """The attribute where it is text or marked; None where it is not set or something else."""
        value = self.get(name)
        return value if isinstance(value, (str, Mark)) else None

    def is_unknown(self, name: str) -> bool:
        """Whether the attribute, or part of it, is known only after the apply."""
        return contains_mark(self.unknown.get(name) if isinstance(self.unknown, dict) else self.unknown)

    def names(self) -> list[str]:
        """The names of all attributes that are set or will be, sorted."""
        unknown = self.unknown if isinstance(self.unknown, dict) else {}
        return sorted({*self.values, *(name for name in unknown if contains_mark(unknown[name]))})

    def block(self, name: str) -> Side | None:
        """The single nested block `name` (in the provider protocol a list with one object), None without one."""
        value = self.get(name)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return Side(value[0])
        return Side(value) if isinstance(value, dict) else None


NOTHING = Side({})
"""The object that is not there: every attribute is None."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of `resource_changes` or `resource_drift`."""

    address: str
    type: str
    name: str
    module: str
    index: str | int | None
    mode: str
    actions: tuple[str, ...]
    before: Side | None
    after: Side | None
    replace_paths: tuple[tuple[str | int, ...], ...]
    action_reason: str
    previous_address: str | None
    imported_id: str | None
    deposed: bool
    provider: str

    @property
    def managed(self) -> bool:
        """Whether it is a resource, and not a data source."""
        return self.mode == "managed"

    @property
    def creates(self) -> bool:
        """Whether an object is made (also one that replaces another)."""
        return "create" in self.actions

    @property
    def deletes(self) -> bool:
        """Whether an object is destroyed (also one that is replaced)."""
        return "delete" in self.actions

    @property
    def replaces(self) -> bool:
        """Whether the object is destroyed and made anew."""
        return self.creates and self.deletes

    @property
    def forgets(self) -> bool:
        """Whether Terraform stops managing the object without destroying it."""
        return "forget" in self.actions

    @property
    def changes_something(self) -> bool:
        """Whether applying does anything to an object; a move or import alone does not."""
        return self.managed and self.actions not in (("no-op",), ("read",), ())

    @property
    def loses_its_mark(self) -> bool:
        """Whether an output was sensitive and will not be any more."""
        if self.before is None or self.after is None:
            return False
        before, after = (mark.get("value") for mark in self.before.sensitive)
        return before is True and after is not True

    @property
    def block(self) -> str:
        """The address without its last index: the resource block that all instances share."""
        return f"{self.module}.{self.type}.{self.name}" if self.module else f"{self.type}.{self.name}"

    def old(self) -> Side:
        """The object before, `NOTHING` where there was none."""
        return self.before or NOTHING

    def new(self) -> Side:
        """The object after, `NOTHING` where there will be none."""
        return self.after or NOTHING


@dataclass(frozen=True, slots=True)
class Check:
    """A check block, precondition or postcondition that does not hold."""

    address: str
    problems: tuple[str, ...]
    stops: bool
    """Whether it stops the plan: a check block only warns."""


@dataclass(frozen=True)
class Plan:
    """A whole plan. What is left out on purpose: `variables`, in which even sensitive ones stand in clear."""

    terraform_version: str
    errored: bool
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    deferred: tuple[Change, ...]
    outputs: Mapping[str, Change]
    failed_checks: tuple[Check, ...]
    providers: Mapping[str, str]
    """Provider source to the version the configuration asks for; an empty string where it asks for none."""
    prior_outputs: Mapping[str, Value]
    """The outputs before, with marks for sensitive ones."""
    prior: Mapping[str, Mapping[str, Any]]
    """Address to resource, of all that was there before, data sources included."""
    planned: Mapping[str, Mapping[str, Any]]
    """Address to resource, of all that will be there; incomplete where the plan errored."""
    configuration: Mapping[str, Any]
    actions: tuple[str, ...] = ()
    """The addresses of the actions (`action_invocations`) that an apply runs."""

    @property
    def region(self) -> str | None:
        """The region of the AWS provider, where the configuration spells it out."""
        providers = mapping_of(self.configuration.get("provider_config"))
        expressions = mapping_of(mapping_of(providers.get("aws")).get("expressions"))
        region = mapping_of(expressions.get("region")).get("constant_value")
        return region if isinstance(region, str) else None

    @property
    def allowed_accounts(self) -> frozenset[str]:
        """The accounts that the AWS provider may work in, where the configuration spells them out."""
        providers = mapping_of(self.configuration.get("provider_config"))
        expressions = mapping_of(mapping_of(providers.get("aws")).get("expressions"))
        return frozenset(
            str(each) for each in list_of(mapping_of(expressions.get("allowed_account_ids")).get("constant_value"))
        )

    @cached_property
    def by_type(self) -> Mapping[str, tuple[Change, ...]]:
        """The current (not deposed) changes of managed resources by type, no-ops included."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            if change.managed and not change.deposed:
                found.setdefault(change.type, []).append(change)
        return {kind: tuple(changes) for kind, changes in found.items()}

    def of(self, *types: str) -> Iterator[Change]:
        """The current changes of managed resources of these types, no-ops included."""
        for kind in types:
            yield from self.by_type.get(kind, ())

    def references(self, change: Change, attribute: str) -> tuple[str, ...]:
        """The addresses that the configuration's expression for an attribute names, as it writes them."""
        return tuple(_references_in(self._expressions(change).get(attribute)))

    def is_configured(self, change: Change, attribute: str) -> bool:
        """Whether the configuration sets an attribute; others are what the provider reads back."""
        return attribute in self._expressions(change)

    def readers_of(self, kind: str) -> Mapping[tuple[str, str, str], Mapping[str, tuple[str, ...]]]:
        """The resource blocks (module, type, name) whose attributes refer to a type, with those references."""
        found: dict[tuple[str, str, str], dict[str, tuple[str, ...]]] = {}
        for (path, mode, block_type, name), block in self._configuration_index.items():
            for attribute, expression in mapping_of(block.get("expressions")).items() if mode == "managed" else ():
                references = tuple(_references_in(expression))
                if any(reference.startswith(f"{kind}.") for reference in references):
                    found.setdefault((path, block_type, name), {})[attribute] = references
        return found

    def module_path(self, change: Change) -> str:
        """The path of a change's module without the keys of its instances, as the configuration has it."""
        return _module_path(change.module)

    def output_references(self, name: str) -> tuple[str, ...]:
        """The addresses that an output of the root module names."""
        outputs = mapping_of(mapping_of(self.configuration.get("root_module")).get("outputs"))
        return tuple(_references_in(mapping_of(outputs.get(name)).get("expression")))

    def configured(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every resource block of the configuration with the path of its module."""
        yield from _configured_in(mapping_of(self.configuration.get("root_module")), "")

    def modules(self) -> Iterator[Mapping[str, Any]]:
        """The root module of the configuration and all that it calls."""
        waiting = [mapping_of(self.configuration.get("root_module"))]
        while waiting:
            module = waiting.pop()
            yield module
            waiting += [
                mapping_of(mapping_of(call).get("module")) for call in mapping_of(module.get("module_calls")).values()
            ]

    def _expressions(self, change: Change) -> Mapping[str, Any]:
        key = (_module_path(change.module), change.mode, change.type, change.name)
        return mapping_of(self._configuration_index.get(key, {}).get("expressions"))

    @cached_property
    def _configuration_index(self) -> Mapping[tuple[str, str, str, str], Mapping[str, Any]]:
        return {
            (path, str(block.get("mode")), str(block.get("type")), str(block.get("name"))): block
            for path, block in self.configured()
        }


def _configured_in(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for block in list_of(module.get("resources")):
        if isinstance(block, dict):
            yield path, block
    for name, call in mapping_of(module.get("module_calls")).items():
        yield from _configured_in(
            mapping_of(mapping_of(call).get("module")), f"{path}.module.{name}" if path else f"module.{name}"
        )


def _references_in(expression: Any) -> Iterator[str]:
    """The references in an expression, those in nested blocks (a list of objects of expressions) included."""
    if isinstance(expression, list):
        for block in expression:
            yield from _references_in(block)
    elif isinstance(expression, dict):
        references = expression.get("references")
        if isinstance(references, list) and all(isinstance(text, str) for text in references):
            yield from references
        else:
            for inner in expression.values():
                yield from _references_in(inner)


def _module_path(address: str) -> str:
    """`module.a["x"].module.b[0]` as `module.a.module.b`."""
    return re.sub(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]', "", address)


def side_of(resource: Mapping[str, Any]) -> Side:
    """A resource of `prior` or `planned` as a side."""
    return Side(mapping_of(resource.get("values")), {}, (resource.get("sensitive_values") or {},))


def mapping_of(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """`value` where it is a list, an empty one otherwise."""
    return value if isinstance(value, list) else []
