"""Readable addresses: `aws_iam_role.Okta_Role` instead of cdktf's path with a hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cdktf import TerraformDataSource, TerraformElement, TerraformLocal, TerraformResource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdktf import TerraformStack

Element = TypeVar("Element", bound=TerraformElement)


def named(element: Element, name: str) -> Element:
    """Give a resource, data source, local or output its Terraform name.

    To be called where the element is made: a reference that was taken earlier would keep the old name.
    """
    element.override_logical_id(name)
    return element


def address(element: TerraformResource | TerraformDataSource | TerraformLocal) -> str:
    """How a Terraform expression names the element, such as `local.people` or `data.okta_group.groups`.

    It is text at once; cdktf's own `fqn` is a token, which only a synthesis resolves.
    """
    name = element.friendly_unique_id
    if isinstance(element, TerraformLocal):
        return f"local.{name}"
    kind = element.terraform_resource_type
    return f"data.{kind}.{name}" if isinstance(element, TerraformDataSource) else f"{kind}.{name}"


def one_per(element: TerraformElement, names: Iterable[str]) -> None:
    """Make one instance per name, addressed by it; sorted, so that the order in a file means nothing."""
    element.add_override("for_each", {name: name for name in sorted(set(names))})


def move(stack: TerraformStack, moves: Iterable[tuple[str, str]]) -> None:
    """Declare that what the state has at the first of two addresses is what is now declared at the second.

    https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
    """
    stack.add_override("moved", [{"from": old, "to": new} for old, new in sorted(moves)])
