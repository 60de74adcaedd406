"""A Terraform plan as `terraform show -json` prints it, read so that unknown and secret values cannot pass for values.

The format: https://developer.hashicorp.com/terraform/internals/json-format. What a plan holds beside its values
(`after_unknown`, `after_sensitive`) is merged into them as marks, attribute by attribute and only when asked for:
a plan of ten thousand users is mostly values that nobody looks at.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from connect_sso.errors import Failure

SUPPORTED_MAJOR = "1"
"""Later minor versions only add fields; another major one may mean anything (Terraform's own rule for readers)."""


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
        if _contains_mark(sensitive) and not secrets:
            return SENSITIVE  # a mark of another shape than its value: hide more rather than less
        names = list(values) + [name for name in unknowns if name not in values and _contains_mark(unknowns[name])]
        return {name: marked(values.get(name), unknowns.get(name), secrets.get(name)) for name in names}
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        items = value or []
        unknowns_ = unknown if isinstance(unknown, list) else []
        secrets_ = sensitive if isinstance(sensitive, list) else []
        if _contains_mark(sensitive) and not secrets_:
            return SENSITIVE
        length = max(len(items), len(unknowns_))
        return [marked(_item(items, i), _item(unknowns_, i), _item(secrets_, i)) for i in range(length)]
    if _contains_mark(sensitive):
        return SENSITIVE
    return UNKNOWN if _contains_mark(unknown) else value


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _contains_mark(mark: Any) -> bool:
    if mark is True:
        return True
    # Loops rather than any(): this runs for every attribute that a report looks at, mostly over one `false`.
    if isinstance(mark, dict):
        mark = mark.values()
    elif not isinstance(mark, list):
        return False
    for inner in mark:  # noqa: SIM110
        if inner is True or (inner and _contains_mark(inner)):
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
            if mark and _contains_mark(mark):
                value = marked(value, None, mark)
        # Secret and unknown at once stays secret: that there is a secret is all a reader may learn.
        if not unknown or value is SENSITIVE or not _contains_mark(unknown):
            return value
        return marked(value, unknown, None)

    def text(self, name: str) -> str | Mark | None:
        """The attribute where it is text or marked; None where it is not set or something else."""
        value = self.get(name)
        return value if isinstance(value, (str, Mark)) else None

    def names(self) -> list[str]:
        """The names of all attributes that are set or will be, sorted."""
        unknown = self.unknown if isinstance(self.unknown, dict) else {}
        return sorted({*self.values, *(name for name in unknown if _contains_mark(unknown[name]))})

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

    def readers_of(self, kind: str) -> Mapping[tuple[str, str, str], Mapping[str, tuple[str, ...]]]:
        """The resource blocks (module, type, name) whose attributes refer to a type, with those references."""
        found: dict[tuple[str, str, str], dict[str, tuple[str, ...]]] = {}
        for (path, mode, block_type, name), block in self._configuration_index.items():
            for attribute, expression in _mapping(block.get("expressions")).items() if mode == "managed" else ():
                references = tuple(_references_in(expression))
                if any(reference.startswith(f"{kind}.") for reference in references):
                    found.setdefault((path, block_type, name), {})[attribute] = references
        return found

    def module_path(self, change: Change) -> str:
        """The path of a change's module without the keys of its instances, as the configuration has it."""
        return _module_path(change.module)

    def output_references(self, name: str) -> tuple[str, ...]:
        """The addresses that an output of the root module names."""
        outputs = _mapping(_mapping(self.configuration.get("root_module")).get("outputs"))
        return tuple(_references_in(_mapping(outputs.get(name)).get("expression")))

    def configured(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every resource block of the configuration with the path of its module."""
        yield from _configured_in(_mapping(self.configuration.get("root_module")), "")

    def _expressions(self, change: Change) -> Mapping[str, Any]:
        key = (_module_path(change.module), change.mode, change.type, change.name)
        return _mapping(self._configuration_index.get(key, {}).get("expressions"))

    @cached_property
    def _configuration_index(self) -> Mapping[tuple[str, str, str, str], Mapping[str, Any]]:
        return {
            (path, str(block.get("mode")), str(block.get("type")), str(block.get("name"))): block
            for path, block in self.configured()
        }


def _configured_in(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for block in _list(module.get("resources")):
        if isinstance(block, dict):
            yield path, block
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _configured_in(
            _mapping(_mapping(call).get("module")), f"{path}.module.{name}" if path else f"module.{name}"
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


def read_plan(path: str) -> Plan:
    """The plan in a file, or on standard input where `path` is `-`.

    Raises:
        Failure: unreadable, not JSON, not a plan, or in an unsupported format version; one line that says which.
    """
    where = "standard input" if path == "-" else path
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise Failure(f"{where}: cannot be read ({error.strerror or error})") from None
    return parse_plan(content, where)


def parse_plan(content: bytes, where: str) -> Plan:
    """The plan in `content`; `where` names it in messages. Raises what `read_plan` raises."""
    if not content.strip():
        raise Failure(f"{where}: is empty; expected the output of `terraform show -json PLAN`")
    if content.startswith(b"PK"):
        raise Failure(f"{where}: is Terraform's own plan file; expected the output of `terraform show -json PLAN`")
    if content.startswith(b'{"@level"'):
        raise Failure(f"{where}: is a log (`plan -json`); expected the output of `terraform show -json PLAN`")
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise Failure(f"{where}:{error.lineno}:{error.colno}: not JSON, or cut short ({error.msg})") from None
    except UnicodeDecodeError:
        raise Failure(f"{where}: is neither UTF-8 nor UTF-16 text") from None
    except RecursionError:
        raise Failure(f"{where}: is nested too deeply to be a plan") from None
    except ValueError:
        digits = sys.get_int_max_str_digits()
        raise Failure(f"{where}: holds a number of more than {digits:,} digits") from None
    return _plan(document, where)


def _plan(document: Any, where: str) -> Plan:
    if not isinstance(document, dict):
        raise Failure(f"{where}: not a Terraform plan: expected an object, found {_kind(document)}")
    version = document.get("format_version")
    if not isinstance(version, str):
        raise Failure(f"{where}: not a Terraform plan: there is no format_version in it")
    if version.split(".")[0] != SUPPORTED_MAJOR:
        raise Failure(f"{where}: format version {version[:20]!r} is not supported; this reads {SUPPORTED_MAJOR}.x")
    if "resource_changes" not in document and "planned_values" not in document:
        if "values" in document:
            raise Failure(f"{where}: is a state, not a plan; expected the output of `terraform show -json PLAN`")
        raise Failure(f"{where}: not a Terraform plan: there are neither resource_changes nor planned_values in it")
    changes = _changes(document, "resource_changes", where)
    deferred = tuple(
        _change(_expect(entry.get("resource_change"), dict, "deferred_changes", where), "deferred_changes", where)
        for entry in _entries(document, "deferred_changes", where)
    )
    outputs = _expect(document.get("output_changes", {}), dict, "output_changes", where)
    configuration = _mapping(document.get("configuration"))
    return Plan(
        terraform_version=str(document.get("terraform_version") or ""),
        errored=document.get("errored") is True,
        changes=changes,
        drift=_changes(document, "resource_drift", where),
        deferred=deferred,
        outputs={
            name: _change(
                {"address": f"output.{name}", "mode": "output", "change": outputs[name]}, "output_changes", where
            )
            for name in sorted(outputs)
        },
        failed_checks=_failed_checks(document),
        providers=_providers(configuration),
        prior_outputs={
            name: marked(_mapping(output).get("value"), None, _mapping(output).get("sensitive"))
            for name, output in _mapping(
                _mapping(_mapping(document.get("prior_state")).get("values")).get("outputs")
            ).items()
        },
        prior=_resources(_mapping(_mapping(document.get("prior_state")).get("values"))),
        planned=_resources(_mapping(document.get("planned_values"))),
        configuration=configuration,
    )


def _entries(document: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    entries = _expect(document.get(key) or [], list, key, where)
    return [_expect(entry, dict, f"{key}[{position}]", where) for position, entry in enumerate(entries)]


def _changes(document: Mapping[str, Any], key: str, where: str) -> tuple[Change, ...]:
    changes = [_change(entry, key, where) for entry in _entries(document, key, where)]
    changes.sort(key=lambda change: (change.address, change.deposed))
    return tuple(changes)


def _change(entry: Mapping[str, Any], key: str, where: str) -> Change:
    address = entry.get("address")
    change = entry.get("change")
    if not isinstance(address, str) or not isinstance(change, dict):
        raise Failure(f"{where}: not a Terraform plan: an entry of {key} has no address or no change")
    actions = change.get("actions")
    if not isinstance(actions, list):
        raise Failure(f"{where}: not a Terraform plan: {address[:200]!r} has no actions")
    # Resources have objects; an output may be anything, and then stands in an object of its own.
    output = entry.get("mode") == "output"
    before, after = change.get("before"), change.get("after")
    unknown = change.get("after_unknown") or {}
    sensitive = (change.get("before_sensitive") or {}, change.get("after_sensitive") or {})
    if output:
        before, after = {"value": before}, {"value": after}
        unknown, sensitive = {"value": unknown}, tuple({"value": mark} for mark in sensitive)  # type: ignore[assignment]
        before_side: Side | None = None if "create" in actions else Side(before, {}, sensitive)
        after_side: Side | None = None if "delete" in actions else Side(after, unknown, sensitive)
    else:
        before_side = Side(before, {}, sensitive) if isinstance(before, dict) else None
        creating = any(action in actions for action in ("create", "update", "read", "no-op"))
        after = after if isinstance(after, dict) else ({} if after is None and creating and unknown else None)
        after_side = Side(after, unknown, sensitive) if after is not None else None
    importing = _mapping(change.get("importing"))
    imported = importing.get("id")
    if importing and not isinstance(imported, str):
        imported = "an identity"
    index = entry.get("index")
    return Change(
        address=address,
        type=str(entry.get("type") or ""),
        name=str(entry.get("name") or ""),
        module=str(entry.get("module_address") or ""),
        index=index if isinstance(index, (str, int)) else None,
        mode=str(entry.get("mode") or ""),
        actions=tuple(str(action) for action in actions),
        before=before_side,
        after=after_side,
        replace_paths=tuple(
            tuple(step for step in path if isinstance(step, (str, int)))
            for path in _list(change.get("replace_paths"))
            if isinstance(path, list)
        ),
        action_reason=str(entry.get("action_reason") or ""),
        previous_address=previous if isinstance(previous := entry.get("previous_address"), str) else None,
        imported_id=imported if isinstance(imported, str) else None,
        deposed="deposed" in entry,
        provider=str(entry.get("provider_name") or ""),
    )


def _failed_checks(document: Mapping[str, Any]) -> tuple[Check, ...]:
    found = []
    for check in _list(document.get("checks")):
        for instance in _list(_mapping(check).get("instances")):
            if _mapping(instance).get("status") not in ("fail", "error"):
                continue
            address = _mapping(_mapping(instance).get("address")).get("to_display")
            problems = [_mapping(problem).get("message") for problem in _list(_mapping(instance).get("problems"))]
            found.append(Check(str(address or "?"), tuple(sorted(text for text in problems if isinstance(text, str)))))
    return tuple(sorted(found, key=lambda check: check.address))


def _providers(configuration: Mapping[str, Any]) -> Mapping[str, str]:
    versions: dict[str, str] = {}
    for provider in _mapping(configuration.get("provider_config")).values():
        source = _mapping(provider).get("full_name") or _mapping(provider).get("name")
        if isinstance(source, str) and not source.startswith("terraform.io/builtin/"):
            version = _mapping(provider).get("version_constraint")
            versions[source] = version if isinstance(version, str) else versions.get(source, "")
    return dict(sorted(versions.items()))


def _resources(values: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    modules = [_mapping(values.get("root_module"))]
    while modules:
        module = modules.pop()
        for resource in _list(module.get("resources")):
            if (
                isinstance(resource, dict)
                and isinstance(address := resource.get("address"), str)
                and "deposed_key" not in resource
            ):
                found[address] = resource
        modules.extend(_mapping(child) for child in _list(module.get("child_modules")))
    return found


def side_of(resource: Mapping[str, Any]) -> Side:
    """A resource of `prior` or `planned` as a side."""
    return Side(_mapping(resource.get("values")), {}, (resource.get("sensitive_values") or {},))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _expect(value: Any, kind: type, key: str, where: str) -> Any:
    if not isinstance(value, kind):
        wanted = "a list" if kind is list else "an object"
        raise Failure(f"{where}: not a Terraform plan: {key} should be {wanted}, found {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
