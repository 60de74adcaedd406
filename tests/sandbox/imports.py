"""What `terraform import` takes for each thing that a stack has made in the sandbox."""

from __future__ import annotations

from typing import Any

from tests.sandbox import aws, okta
from tests.sandbox.terraform import Stack

_TYPES: dict[str, Any] = {**aws.TYPES, **okta.TYPES}


def import_ids(stack: Stack) -> dict[str, str]:
    """The import id of each managed resource in a state, by address, as the providers' documentation has it."""
    return {
        each["address"]: _TYPES[each["type"]].import_id(None, each["values"])
        for each in stack.show()["values"]["root_module"]["resources"]
        if each["mode"] == "managed"
    }
