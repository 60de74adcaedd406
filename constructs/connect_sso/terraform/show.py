"""What `terraform show -json` prints, a state or a plan, as resources with their values.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connect_sso.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource or data source, with the values that are known."""

    address: str
    type: str
    name: str
    index: str | None
    """Its for_each key."""
    is_data: bool
    values: dict[str, Any]
    """Without those that are only known after an apply."""

    def text(self, key: str) -> str | None:
        """A string value; None where it is not known, null or something else."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.values.get(key)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


@dataclass(frozen=True)
class Deployment:
    """What one state or plan says, whole."""

    file: str
    is_plan: bool
    resources: tuple[Resource, ...]
    removed: tuple[Resource, ...] = ()
    """What a plan destroys, with its values of now."""
    region: str | None = None
    """That of the AWS provider, where a plan tells."""


def read_deployment(file: str, *, expect_plan: bool) -> Deployment:
    """The state or plan in a file; `-` is standard input.

    Raises:
        Failure: it is not the JSON that `terraform show -json` prints for one.
    """
    kind = "plan" if expect_plan else "state"
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        shown: Any = json.loads(raw)
    except OSError as error:
        raise Failure(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Failure(
            f"{file}: not JSON; write it with: terraform show -json {'PLANFILE ' if expect_plan else ''}> {kind}.json"
        ) from None
    if not isinstance(shown, dict) or "format_version" not in shown:
        if isinstance(shown, dict) and "lineage" in shown:
            raise Failure(f"{file}: the raw state; give what `terraform show -json` prints instead")
        raise Failure(f"{file}: not what `terraform show -json` prints (format_version is missing)")
    is_plan = "planned_values" in shown or "resource_changes" in shown
    if is_plan != expect_plan:
        other = "--plan" if is_plan else "--state"
        raise Failure(f"{file}: this is a {'plan' if is_plan else 'state'}, so give it with {other}")
    if not is_plan:
        return Deployment(file, False, tuple(_resources(_dict(shown.get("values")))))
    planned = list(_resources(_dict(shown.get("planned_values"))))
    # What was read while planning is in the prior state only.
    addresses = {resource.address for resource in planned}
    prior = list(_resources(_dict(_dict(shown.get("prior_state")).get("values"))))
    read = [resource for resource in prior if resource.is_data and resource.address not in addresses]
    removed = [resource for resource in prior if not resource.is_data and resource.address not in addresses]
    return Deployment(file, True, (*planned, *read), tuple(removed), _region(shown))


def _resources(values: dict[str, Any]) -> Iterator[Resource]:
    modules = [_dict(values.get("root_module"))]
    while modules:
        module = modules.pop()
        modules += [child for child in _list(module.get("child_modules")) if isinstance(child, dict)]
        for each in _list(module.get("resources")):
            if isinstance(each, dict) and isinstance(each.get("type"), str):
                index = each.get("index")
                yield Resource(
                    address=str(each.get("address", "")),
                    type=each["type"],
                    name=str(each.get("name", "")),
                    index=None if index is None else str(index),
                    is_data=each.get("mode") == "data",
                    values=_dict(each.get("values")),
                )


def _region(shown: dict[str, Any]) -> str | None:
    providers = _dict(_dict(shown.get("configuration")).get("provider_config"))
    region = _dict(_dict(_dict(providers.get("aws")).get("expressions")).get("region")).get("constant_value")
    return region if isinstance(region, str) else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
