"""The lazy bindings: fast, and no trap for anyone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run(code: str, *arguments: str, **variables: str) -> str:
    """Run a line of Python in a process of its own; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
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
        "from connect_sso.infrastructure import bindings; bindings.load_lazily(); import sys;"
        "from cdktf_cdktf_provider_aws.iam_role import IamRole;"
        "print(sum(name.startswith('cdktf_cdktf_provider_aws.') for name in sys.modules) < 10)"
    )
    assert run(code) == "True"


def test_what_the_bindings_are_given_is_not_checked_again_at_run_time() -> None:
    """mypy has checked it, and it would take a tenth of every synthesis, typeguard's own import included."""
    code = (
        "from connect_sso.infrastructure import bindings; bindings.load_lazily(); bindings.be_brief();"
        "import sys; from cdktf_cdktf_provider_aws.iam_role import IamRole; import typeguard;"
        "print(typeguard.check_type('name', 'text', int), 'unittest.mock' in sys.modules)"
    )
    assert run(code) == "None False"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table of Linux")
def test_one_node_is_started_and_not_two() -> None:
    """jsii's runtime is a Node that only hands messages on to another."""
    code = (
        "from connect_sso.infrastructure import bindings; bindings.load_lazily(); import cdktf, os;"
        "from tests.bench.measure import tree; print(len(tree(os.getpid())))"
    )
    assert run(code) == "2"


def test_what_node_prints_still_arrives() -> None:
    """jsii's Python decodes it from the one stream that is left for it."""
    code = "from connect_sso.infrastructure import bindings; bindings.load_lazily(); import cdktf"
    printed = run(code, JSII_DEBUG_TIMING="1")
    assert "[@jsii/kernel:timing]" in printed
    assert "b'" not in printed


def test_the_first_run_leaves_an_index_of_the_bindings(tmp_path: Path) -> None:
    """Without it every run parses the whole description of the AWS bindings, and takes three times as long."""
    code = "from connect_sso.infrastructure import bindings; bindings.load_lazily(); from cdktf_cdktf_provider_aws.iam_role import IamRole"
    run(code, JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(tmp_path / "cache"))
    # Written last, when the index itself is whole.
    assert len(list((tmp_path / "cache").glob("@cdktf/provider-aws/*/*/.jsii.runtime.v*.json"))) == 1


def test_a_slow_machine_gets_its_index_too(tmp_path: Path) -> None:
    """jsii's Python gives Node five seconds to end, and then ends it; a small package's index may take longer than that."""
    slow = tmp_path / "slow.cjs"
    slow.write_text(
        'if (!require("worker_threads").isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000);\n',
        encoding="utf-8",
    )
    code = "from connect_sso.infrastructure import bindings; bindings.load_lazily(); from cdktf_cdktf_provider_okta.group import Group"
    run(code, JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(tmp_path / "cache"), NODE_OPTIONS=f"--require={slow}")
    assert len(list((tmp_path / "cache").glob("@cdktf/provider-okta/*/*/.jsii.runtime.v*.json"))) == 1


def test_archives_can_still_be_made() -> None:
    """What zips an asset loads when it is called, and not before; whoever adds an asset to a stack finds it working."""
    code = (
        "from connect_sso.infrastructure import bindings; bindings.load_lazily(); import sys;"
        "from cdktf import App, AssetType, TerraformAsset, TerraformStack; from pathlib import Path;"
        "out = Path(sys.argv[1]); app = App(outdir=str(out), skip_validation=True); stack = TerraformStack(app, 'one');"
        "TerraformAsset(stack, 'asset', path=str(out), type=AssetType.ARCHIVE); app.synth();"
        "print(len(list(out.rglob('archive.zip'))))"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file.txt").write_text("content", encoding="utf-8")
        assert run(code, folder) == "1"


def test_node_options_are_kept_and_the_path_is_quoted() -> None:
    """Someone's own options must survive, and a folder may have spaces in its name."""
    code = "import os; from connect_sso.infrastructure import bindings; bindings.load_lazily(); print(os.environ['NODE_OPTIONS'])"
    options = run(code, NODE_OPTIONS="--max-old-space-size=8192")
    assert options.startswith('--max-old-space-size=8192 --require="')
    assert options.endswith('lazy_bindings.cjs" --preserve-symlinks')


def test_the_pinned_node_is_used_unless_another_is_named() -> None:
    """The PATH's Node may be too old, or not there."""
    code = "import os; from connect_sso.infrastructure import bindings; bindings.load_lazily(); print(os.environ['JSII_NODE'])"
    environment = dict.fromkeys(("NODE_OPTIONS",), "")
    assert Path(run(f"import os; os.environ.pop('JSII_NODE', None); {code}", **environment)).is_file()
    assert Path(run(code, JSII_NODE="", **environment)).is_file()
    assert run(code, JSII_NODE=sys.executable) == sys.executable


def test_a_node_that_is_not_there_is_one_line() -> None:
    """No traceback out of jsii."""
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env=os.environ | {"JSII_NODE": "/elsewhere/node"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "JSII_NODE: there is no program /elsewhere/node; name a Node, or unset it to use the pinned one\n"
    )


def test_python_behaves_as_ever_unless_it_is_to_be_brief() -> None:
    """The tests run like this: what they see of Python is what every program sees."""
    code = (
        "import gc, sys; from connect_sso.infrastructure import bindings; bindings.load_lazily(); import cdktf;"
        "print(gc.isenabled(), sys.modules['typeguard'].__spec__ is not None)"
    )
    assert run(code) == "True True"


def test_commands_need_no_node() -> None:
    """check, trace, decode and review answer at once: none of them imports cdktf."""
    code = (
        "import importlib, sys; from connect_sso.cli import SUBCOMMANDS;"
        "[importlib.import_module(module).command for module in SUBCOMMANDS.values()];"
        "print([name for name in ('cdktf', 'jsii', 'constructs') if name in sys.modules])"
    )
    assert run(code) == "[]"
