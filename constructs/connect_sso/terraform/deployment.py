"""What Terraform manages and looks up, as it stands: the resources of a state, or of one side of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connect_sso.terraform.plan import list_of, mapping_of


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource or data source, with the values that are known."""

    address: str
    type: str
    name: str
    index: str | None
    """Its for_each key."""
    is_data: bool
    values: Mapping[str, Any]
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
    """What one state, or one side of a plan, says, whole."""

    file: str
    resources: tuple[Resource, ...]
    region: str | None = None
    """That of the AWS provider, where a plan tells."""


def shown_resources(values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources in a state's or a plan's values as they are shown, those of modules included.

    An object left over from a replacement (deposed) is none: it waits for its destruction beside the live one, at the
    same address. https://developer.hashicorp.com/terraform/internals/json-format#values-representation
    """
    modules = [mapping_of(values.get("root_module"))]
    while modules:
        module = modules.pop()
        modules += [mapping_of(child) for child in list_of(module.get("child_modules"))]
        for resource in list_of(module.get("resources")):
            if (
                isinstance(resource, dict)
                and isinstance(resource.get("address"), str)
                and isinstance(resource.get("type"), str)
                and "deposed_key" not in resource
            ):
                yield resource


def resource_of(shown: Mapping[str, Any]) -> Resource:
    """One of `shown_resources` as a `Resource`."""
    index = shown.get("index")
    return Resource(
        address=shown["address"],
        type=shown["type"],
        name=str(shown.get("name", "")),
        index=None if index is None else str(index),
        is_data=shown.get("mode") == "data",
        values=mapping_of(shown.get("values")),
    )
