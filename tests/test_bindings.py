"""The lazy bindings: fast, and no trap for anyone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def run(code: str, **variables: str) -> str:
    """Run a line of Python in a process of its own; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_constructs_of_pypi_stay_importable() -> None:
    """A package constructs/ would hide them, and with them cdktf."""
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert (
        run("import sys; sys.path.insert(0, '.'); from constructs import Construct; print(Construct.__module__)")
        == "constructs"
    )


def test_the_eager_package_is_never_run() -> None:
    """Its `__init__` imports 2,212 modules."""
    code = (
        "from connect_sso import bindings; bindings.load_lazily(); import sys;"
        "from cdktf_cdktf_provider_aws.iam_role import IamRole;"
        "print(sum(name.startswith('cdktf_cdktf_provider_aws.') for name in sys.modules) < 10)"
    )
    assert run(code) == "True"


def test_node_options_are_kept_and_the_path_is_quoted() -> None:
    """Someone's own options must survive, and a folder may have spaces in its name."""
    code = "import os; from connect_sso import bindings; bindings.load_lazily(); print(os.environ['NODE_OPTIONS'])"
    options = run(code, NODE_OPTIONS="--max-old-space-size=8192")
    assert options.startswith('--max-old-space-size=8192 --require="')
    assert options.endswith('lazy_bindings.cjs"')


def test_the_pinned_node_is_used_unless_another_is_named() -> None:
    """The PATH's Node may be too old, or not there."""
    code = "import os; from connect_sso import bindings; bindings.load_lazily(); print(os.environ['JSII_NODE'])"
    environment = dict.fromkeys(("NODE_OPTIONS",), "")
    assert Path(run(f"import os; os.environ.pop('JSII_NODE', None); {code}", **environment)).is_file()
    assert run(code, JSII_NODE="/elsewhere/node") == "/elsewhere/node"


def test_commands_need_no_node() -> None:
    """check, trace, decode and review answer at once: none of them imports cdktf."""
    code = (
        "import importlib, sys; from connect_sso.cli import SUBCOMMANDS;"
        "[importlib.import_module(module).command for module in SUBCOMMANDS.values()];"
        "print([name for name in ('cdktf', 'jsii', 'constructs') if name in sys.modules])"
    )
    assert run(code) == "[]"
