"""What the pinned bindings take, read from their Python source: nothing is imported, and no Node starts.

Names are compared without underscores: the bindings' snake case comes from camel case, and is not always Terraform's.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGES = {"aws": "cdktf_cdktf_provider_aws", "okta": "cdktf_cdktf_provider_okta"}

OF_CDKTF = frozenset(
    {"alias", "connection", "count", "dependson", "foreach", "lifecycle", "provider", "provisioners", "scope", "self"}
)
"""Arguments that cdktf adds to every resource or provider."""

PRIMITIVES = {"str": "string", "Number": "number", "bool": "bool"}


class Module:
    """One module of a binding: a resource, a data source or the provider, with the classes of its blocks.

    Args:
        provider: `aws` or `okta`.
        name: as in the package, such as `connect_user` or `data_aws_connect_instance`.

    Raises:
        FileNotFoundError: the bindings have no such module.
    """

    def __init__(self, provider: str, name: str) -> None:
        found = importlib.util.find_spec(PACKAGES[provider])
        assert found is not None
        assert found.origin is not None
        self.source = (Path(found.origin).parent / name / "__init__.py").read_text("utf-8")
        tree = ast.parse(self.source)
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.main = next(
            node
            for node in self.classes.values()
            if any(ast.unparse(base).rpartition(".")[2].startswith("Terraform") for base in node.bases)
        )

    def arguments(self) -> dict[str, str]:
        """Every argument by its path, those within blocks too: `required` or `optional`, and its type."""
        return dict(self._arguments(self.main, ""))

    def attributes(self) -> set[str]:
        """What can be read from the resource or data source, its arguments included."""
        properties = {
            node.name
            for node in self.main.body
            if isinstance(node, ast.FunctionDef)
            and any(ast.unparse(decorator) == "builtins.property" for decorator in node.decorator_list)
        }
        return {plain(name) for name in properties if not name.endswith("_input")}

    def _arguments(self, of: ast.ClassDef, path: str) -> Iterator[tuple[str, str]]:
        start = next(node for node in of.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
        for argument, default in zip(start.args.kwonlyargs, start.args.kw_defaults, strict=True):
            name = plain(argument.arg)
            if name in OF_CDKTF and not path:
                continue
            assert argument.annotation is not None
            kind, block = self._kind(argument.annotation)
            yield path + name, f"{'required' if default is None else 'optional'} {kind}"
            if block is not None:
                yield from self._arguments(block, f"{path}{name}.")

    def _kind(self, annotation: ast.expr) -> tuple[str, ast.ClassDef | None]:
        """The type in words, and the class of the block, if it is one."""
        if isinstance(annotation, ast.Constant):  # the name of a class further down
            return "block", self.classes[str(annotation.value)]
        if isinstance(annotation, ast.Attribute):
            return PRIMITIVES[annotation.attr], None
        assert isinstance(annotation, ast.Subscript), ast.unparse(annotation)
        outer, inner = ast.unparse(annotation.value).rpartition(".")[2], annotation.slice
        if outer == "Optional":
            return self._kind(inner)
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if outer == "Union":  # the rest is cdktf's: a token, or a dict in the place of the class
            return self._kind(next(part for part in parts if not ast.unparse(part).endswith("IResolvable")))
        kind, block = self._kind(parts[-1])
        return f"{'map' if outer == 'Mapping' else 'list'} of {kind}", block


def plain(name: str) -> str:
    """A name as both sides spell it."""
    return name.replace("_", "").lower()


def release(provider: str) -> str:
    """The provider's release that the bindings were made for, from the address of its documentation.

    Args:
        provider: `aws` or `okta`.
    """
    found = re.search(rf"/{provider}/(\d+\.\d+\.\d+)/docs", Module(provider, "provider").source)
    assert found is not None
    return found[1]


def served_arguments(block: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """What `Module.arguments` says of a resource, from its block in a schema."""
    result = {}
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("required") or attribute.get("optional"):
            need = "required" if attribute.get("required") else "optional"
            result[path + plain(name)] = f"{need} {_kind_of(attribute['type'])}"
    for name, nested in block.get("block_types", {}).items():
        need = "required" if nested.get("min_items") else "optional"
        single = nested["nesting_mode"] == "single" or nested.get("max_items") == 1
        result[path + plain(name)] = f"{need} {'block' if single else 'list of block'}"
        result |= served_arguments(nested["block"], f"{path}{plain(name)}.")
    return result


def served_attributes(block: Mapping[str, Any]) -> set[str]:
    """What `Module.attributes` says of a resource, from its block in a schema."""
    return {plain(name) for name in (*block.get("attributes", {}), *block.get("block_types", {}))}


def _kind_of(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    outer, inner = kind
    return f"{'map' if outer == 'map' else 'list'} of {_kind_of(inner)}"
