"""Readable addresses: `aws_iam_role.Okta_Role` instead of cdktf's path with a hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdktf import TerraformElement

Element = TypeVar("Element", bound="TerraformElement")


def named(element: Element, name: str) -> Element:
    """Give a resource, data source, local or output its Terraform name.

    To be called where the element is made: a reference that was taken earlier would keep the old name.
    """
    element.override_logical_id(name)
    return element


def one_per(element: TerraformElement, names: Iterable[str]) -> None:
    """Make one instance per name, addressed by it; sorted, so that the order in a file means nothing."""
    element.add_override("for_each", {name: name for name in sorted(set(names))})
