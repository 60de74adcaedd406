"""What Terraform must not destroy: `prevent_destroy` while it is declared, `removed` blocks once it is not.

`prevent_destroy` leaves with its block, so that a resource which is no longer declared would be destroyed without a
word. A `removed` block makes Terraform forget it instead: https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import TerraformResourceLifecycle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdktf import TerraformStack


def protected(protect: bool) -> TerraformResourceLifecycle | None:
    """The lifecycle of a resource that is protected, or none."""
    return TerraformResourceLifecycle(prevent_destroy=True) if protect else None


def forget(stack: TerraformStack, addresses: Iterable[str]) -> None:
    """Declare that these addresses, where the state still has them, are forgotten and not destroyed."""
    blocks = [{"from": address, "lifecycle": {"destroy": False}} for address in sorted(addresses)]
    if blocks:
        stack.add_override("removed", blocks)
