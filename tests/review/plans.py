"""Plans made by hand, for what the real Terraform cannot be brought to do in the sandbox, or need not be started for."""

from __future__ import annotations

import json
from typing import Any

from connect_sso.review.report import Acceptance, Report, make_report
from connect_sso.terraform.show import parse_plan

INSTANCE = "0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55"


def change(address: str, actions: list[str], before: Any, after: Any, **more: Any) -> dict[str, Any]:
    """One resource change as `terraform show -json` has it; `more` goes beside the actions."""
    bare = address.removeprefix("data.")
    kind, _, rest = bare.partition(".")
    name, _, key = rest.partition("[")
    body = {
        "actions": actions,
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    entry = {
        "address": address,
        "mode": "data" if bare != address else "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": body | more,
    }
    return entry | ({"index": json.loads(key.removesuffix("]"))} if key else {})


def created(address: str, **after: Any) -> dict[str, Any]:
    """A resource that is made."""
    return change(address, ["create"], None, after)


def destroyed(address: str, **before: Any) -> dict[str, Any]:
    """A resource that is destroyed."""
    return change(address, ["delete"], before, None)


def replaced(address: str, before: dict[str, Any], **after: Any) -> dict[str, Any]:
    """A resource that is destroyed and recreated because the attributes in `after` differ."""
    paths = [[name] for name in sorted(after)]
    return change(address, ["delete", "create"], before, before | after, replace_paths=paths)


def updated(address: str, before: dict[str, Any], **after: Any) -> dict[str, Any]:
    """A resource of which some attributes change in place."""
    return change(address, ["update"], before, before | after)


def standing(address: str, **values: Any) -> dict[str, Any]:
    """A resource that stays as it is."""
    return change(address, ["no-op"], values, values)


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan with an instance that is there already, so that it is no new environment; `more` goes beside the changes."""
    there = standing("aws_connect_instance.instance", id=INSTANCE, instance_alias="acme")
    resource = {key: there[key] for key in ("address", "mode", "type", "name")} | {"values": {"id": INSTANCE}}
    mine = any(entry["address"] == there["address"] for entry in changes)
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "prior_state": {"values": {"root_module": {"resources": [resource]}}},
        "resource_changes": [*changes] if mine else [there, *changes],
    } | more


World = dict[str, dict[str, Any]]
"""Values by address; data sources begin with `data.`."""


def between(before: World, after: World, unknown: World | None = None, **more: Any) -> dict[str, Any]:
    """The plan that turns one world into another; `unknown` marks what is known after the apply, by address."""
    unknown = unknown or {}
    entries = []
    for address in sorted({*before, *after}):
        if address.startswith("data."):
            continue
        old, new = before.get(address), after.get(address)
        actions = ["create"] if old is None else ["delete"] if new is None else ["update"]
        if old == new and address not in unknown:
            actions = ["no-op"]
        entries.append(change(address, actions, old, new, after_unknown=unknown.get(address, {})))

    def shown(world: World) -> dict[str, Any]:
        resources = [
            {key: entry[key] for key in ("address", "mode", "type", "name", "index") if key in entry}
            | {"values": values}
            for address, values in world.items()
            for entry in [change(address, [], None, None)]
        ]
        return {"root_module": {"resources": resources}}

    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "prior_state": {"values": shown(before | {k: v for k, v in after.items() if k.startswith("data.")})},
        "planned_values": shown({k: v for k, v in after.items() if not k.startswith("data.")}),
        "resource_changes": entries,
    } | more


def reviewed(data: Any) -> Report:
    """The review of a plan, in this process."""
    return make_report(parse_plan(json.dumps(data).encode(), "plan"), Acceptance())


def found(data: Any) -> set[tuple[str, str]]:
    """Code and address of everything that a person must decide about a plan."""
    return {(finding.code, finding.address) for finding in reviewed(data).findings}
