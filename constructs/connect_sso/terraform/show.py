"""Reads what `terraform show -json` prints, a plan or a state; what is neither ends here, in one clear line.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connect_sso.errors import Failure
from connect_sso.terraform.deployment import Deployment, resource_of, shown_resources
from connect_sso.terraform.plan import Change, Check, Plan, Side, list_of, mapping_of, marked

SUPPORTED_MAJOR = "1"
"""Later minor versions only add fields; another major one may mean anything (Terraform's own rule for readers)."""

_PLAN, _STATE = "plan", "state"
_EXPECTED = {
    _PLAN: "expected the output of `terraform show -json PLAN`",
    _STATE: "expected the output of `terraform show -json`",
}


def read_plan(path: str) -> Plan:
    """The plan in a file, or on standard input where `path` is `-`.

    Raises:
        Failure: unreadable, not JSON, not a plan, or in an unsupported format version; one line that says which.
    """
    return parse_plan(*_content(path))


def parse_plan(content: bytes, where: str) -> Plan:
    """The plan in `content`; `where` names it in messages. Raises what `read_plan` raises."""
    return _plan(_document(content, where, _PLAN), where)


def read_planned(path: str) -> Deployment:
    """What stands after the plan in a file (`-` for standard input) is applied. Raises what `read_plan` raises."""
    content, where = _content(path)
    plan = parse_plan(content, where)
    planned = [resource_of(resource) for resource in plan.planned.values()]
    # What was read while planning is in the prior state only.
    read = [
        resource_of(resource)
        for address, resource in plan.prior.items()
        if address not in plan.planned and resource.get("mode") == "data"
    ]
    return Deployment(where, (*planned, *read), plan.region)


def read_state(path: str) -> Deployment:
    """What stands, from the state in a file (`-` for standard input).

    Raises:
        Failure: unreadable, not JSON, not a state, or in an unsupported format version; one line that says which.
    """
    return parse_state(*_content(path))


def parse_state(content: bytes, where: str) -> Deployment:
    """The state in `content`; `where` names it in messages. Raises what `read_state` raises."""
    document = _document(content, where, _STATE)
    values = mapping_of(document.get("values"))
    return Deployment(where, tuple(resource_of(resource) for resource in shown_resources(values)))


def _content(path: str) -> tuple[bytes, str]:
    where = "standard input" if path == "-" else path
    try:
        return (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()), where
    except OSError as error:
        raise Failure(f"{where}: cannot be read ({error.strerror or error})") from None


def _document(content: bytes, where: str, kind: str) -> dict[str, Any]:
    """The JSON of a plan or a state, as far as that it is one."""
    expected = _EXPECTED[kind]
    if not content.strip():
        raise Failure(f"{where}: is empty; {expected}")
    if content.startswith(b"PK"):
        raise Failure(f"{where}: is Terraform's own plan file; {expected}")
    if content.startswith(b'{"@level"'):
        raise Failure(f"{where}: is a log (`plan -json`); {expected}")
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise Failure(
            f"{where}:{error.lineno}:{error.colno}: not JSON, or cut short ({error.msg}); {expected}"
        ) from None
    except UnicodeDecodeError:
        raise Failure(f"{where}: is neither UTF-8 nor UTF-16 text") from None
    except RecursionError:
        raise Failure(f"{where}: is nested too deeply to be a {kind}") from None
    except ValueError:
        digits = sys.get_int_max_str_digits()
        raise Failure(f"{where}: holds a number of more than {digits:,} digits") from None
    if not isinstance(document, dict):
        raise Failure(f"{where}: not a Terraform {kind}: found {_kind(document)}; {expected}")
    version = document.get("format_version")
    if not isinstance(version, str):
        if "lineage" in document:
            raise Failure(f"{where}: is the state as Terraform keeps it; {expected}")
        raise Failure(f"{where}: not a Terraform {kind}: there is no format_version in it; {expected}")
    if version.split(".")[0] != SUPPORTED_MAJOR:
        raise Failure(f"{where}: format version {version[:20]!r} is not supported; this reads {SUPPORTED_MAJOR}.x")
    is_plan = "resource_changes" in document or "planned_values" in document
    if kind == _STATE and is_plan:
        raise Failure(f"{where}: is a plan, not a state; {expected}")
    if kind == _PLAN and not is_plan:
        if "values" in document:
            raise Failure(f"{where}: is a state, not a plan; {expected}")
        raise Failure(f"{where}: not a Terraform plan: there are neither resource_changes nor planned_values in it")
    return document


def _plan(document: Mapping[str, Any], where: str) -> Plan:
    changes = _changes(document, "resource_changes", where)
    deferred = tuple(
        _change(_expect(entry.get("resource_change"), dict, "deferred_changes", where), "deferred_changes", where)
        for entry in _entries(document, "deferred_changes", where)
    )
    outputs = _expect(document.get("output_changes", {}), dict, "output_changes", where)
    configuration = mapping_of(document.get("configuration"))
    prior = mapping_of(mapping_of(document.get("prior_state")).get("values"))
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
            name: marked(mapping_of(output).get("value"), None, mapping_of(output).get("sensitive"))
            for name, output in mapping_of(prior.get("outputs")).items()
        },
        prior=_by_address(prior),
        planned=_by_address(mapping_of(document.get("planned_values"))),
        configuration=configuration,
        actions=tuple(
            str(entry.get("address") or entry.get("type") or "?")
            for key in ("action_invocations", "deferred_action_invocations")
            for entry in _entries(document, key, where)
        ),
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
    importing = mapping_of(change.get("importing"))
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
            for path in list_of(change.get("replace_paths"))
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
    for check in list_of(document.get("checks")):
        stops = mapping_of(mapping_of(check).get("address")).get("kind") != "check"
        for instance in list_of(mapping_of(check).get("instances")):
            if mapping_of(instance).get("status") not in ("fail", "error"):
                continue
            address = mapping_of(mapping_of(instance).get("address")).get("to_display")
            problems = [mapping_of(problem).get("message") for problem in list_of(mapping_of(instance).get("problems"))]
            texts = tuple(sorted(text for text in problems if isinstance(text, str)))
            found.append(Check(str(address or "?"), texts, stops))
    return tuple(sorted(found, key=lambda check: check.address))


def _providers(configuration: Mapping[str, Any]) -> Mapping[str, str]:
    versions: dict[str, str] = {}
    for provider in mapping_of(configuration.get("provider_config")).values():
        source = mapping_of(provider).get("full_name") or mapping_of(provider).get("name")
        if isinstance(source, str) and not source.startswith("terraform.io/builtin/"):
            version = mapping_of(provider).get("version_constraint")
            versions[source] = version if isinstance(version, str) else versions.get(source, "")
    return dict(sorted(versions.items()))


def _by_address(values: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {resource["address"]: resource for resource in shown_resources(values)}


def _expect(value: Any, kind: type, key: str, where: str) -> Any:
    if not isinstance(value, kind):
        wanted = "a list" if kind is list else "an object"
        raise Failure(f"{where}: not a Terraform plan: {key} should be {wanted}, found {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
