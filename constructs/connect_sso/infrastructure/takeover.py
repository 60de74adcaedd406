"""Import blocks for what is there already: a file of their own beside a stack's `cdk.tf.json`, which stays what it is without them.

https://developer.hashicorp.com/terraform/language/block/import
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from connect_sso.environment.derived_names import USERS, own_block
from connect_sso.environment.imports import PERSON
from connect_sso.facts.escaping import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from connect_sso.environment.imports import Import

IMPORTS_FILE: Final = "imports.tf.json"
"""Terraform reads every file of a folder that ends so."""


def import_blocks(
    stack: Mapping[str, Any], imports: Iterable[Import], people: Collection[str]
) -> tuple[list[dict[str, Any]], list[Import]]:
    """The import blocks of one stack, and the entries that they hold.

    Terraform refuses a block whose address the configuration lacks. What the stack does not have, such as a person who was
    taken out of the file, is left out therefore.

    Args:
        stack: its configuration, as in `cdk.tf.json`.
        imports: what is there already, of any stack.
        people: the names of its Connect users.
    """
    resources = stack.get("resource", {})
    by_block: dict[tuple[str, str], list[Import]] = {}
    for each in sorted(imports, key=lambda one: one.address):
        bodies = resources.get(each.type, {})
        name = _block_of(each.key, bodies) if each.type == PERSON and each.key is not None else each.name
        if name in bodies:
            by_block.setdefault((each.type, name), []).append(each)
    blocks: list[dict[str, Any]] = []
    held: list[Import] = []
    for (kind, name), entries in by_block.items():
        body, block = resources[kind][name], f"{kind}.{name}"
        for_each = body.get("for_each")
        if for_each is None:
            found = [each for each in entries if each.key is None]
            blocks += [{"to": each.address, "id": each.id} for each in found]
        else:
            known: Collection[str] = people if (kind, name) == (PERSON, USERS) else for_each
            only_terraform_knows = isinstance(known, str)
            found = [each for each in entries if each.key is not None and (only_terraform_knows or each.key in known)]
            if found:
                ids = {str(each.key): each.id for each in found}
                which = _those_of(for_each, ids) if only_terraform_knows else ids
                blocks.append({"for_each": which, "to": f"{block}[each.key]", "id": "${each.value}"})
        held += found
    return blocks, held


def _block_of(username: str, blocks: Collection[str]) -> str:
    """The name of the block that a person is in, wherever that was when the imports were written."""
    own = own_block(username)
    return own if own in blocks else USERS


def _those_of(for_each: str, ids: Mapping[str, str]) -> str:
    """The ids of the instances that a resource has, as Terraform's expression of its `for_each` says."""
    all_ids = ", ".join(f"{quoted(key)} = {quoted(identifier)}" for key, identifier in ids.items())
    instances = for_each.removeprefix("${").removesuffix("}")
    return f"${{{{for key, id in {{{all_ids}}} : key => id if contains([for name, _ in {instances} : name], key)}}}}"


def text(blocks: list[dict[str, Any]]) -> str:
    """The file, with an id a line, so that a diff names what came and went."""
    return json.dumps({"import": blocks}, indent=1, ensure_ascii=False) + "\n"
