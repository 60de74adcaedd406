"""The rooms of `constructs/connect_sso`: what each is for, which may import which, and what the project needs from others."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = ROOT / "constructs" / "connect_sso"
FIRST_PARTY = {"connect_sso", "ci", "tests"}


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each module that a file imports, with the name that it takes from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("room", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_each_room_says_in_one_line_what_it_is_for(room: Path) -> None:
    text = ast.get_docstring(ast.parse(room.read_text(encoding="utf-8")))
    assert text, room
    assert "\n" not in text, room


@pytest.mark.parametrize(
    "path", modules("ci", "constructs"), ids=lambda path: path.relative_to(ROOT).as_posix().removesuffix(".py")
)
def test_private_names_stay_private(path: Path) -> None:
    """What begins with an underscore can be renamed without looking around."""
    taken = {name for module, name in imports(path) if module.split(".")[0] in FIRST_PARTY and name}
    private = {name for name in taken if name.startswith("_")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr) and isinstance(node.value, ast.Name):
            private |= {f"{node.value.id}.{node.attr}"} if node.value.id in taken else set()
    assert not private


def lint(constructs: Path) -> subprocess.CompletedProcess[str]:
    """The linter for layers, as `make check` runs it."""
    recipe = re.search(r"&& (PYTHONPATH=constructs \$\(BIN\)/lint-imports .*)", (ROOT / "Makefile").read_text())
    assert recipe
    program = recipe[1].replace("PYTHONPATH=constructs ", "").replace("$(BIN)", str(Path(sys.executable).parent))
    variables = os.environ | {"PYTHONPATH": str(constructs)}
    return subprocess.run(program.split(), cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("text.py", "", ""),
        ("iam/policies.py", "from connect_sso.environment import model", "An import goes only downwards"),
        ("trace/walk.py", "from connect_sso.decode import command", "An import goes only downwards"),
        ("environment/model.py", "import cdktf", "Only the constructs know cdktf"),
        ("novelty.py", "", "novelty"),
    ],
)
def test_layers_are_held(tmp_path: Path, module: str, line: str, broken: str) -> None:
    """An import upwards, sideways, or of cdktf from elsewhere, and a room that has no floor, fail `make check`."""
    shutil.copytree(PACKAGE, tmp_path / "connect_sso")
    with (tmp_path / "connect_sso" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert (done.returncode != 0) is bool(broken), done.stdout + done.stderr
    assert broken in done.stdout + done.stderr


def declared(group: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ;]", requirement)[0].lower() for requirement in group}


def test_what_is_imported_is_declared() -> None:
    """A package that only comes along with another can be gone with the other's next release."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    own = declared(project["project"]["dependencies"])
    development = declared(project["dependency-groups"]["dev"])
    known = packages_distributions()

    def missing(paths: list[Path], allowed: set[str]) -> set[str]:
        top = {module.split(".")[0] for path in paths for module, _ in imports(path)} - FIRST_PARTY
        return {
            name
            for name in top - sys.stdlib_module_names
            if not {each.lower() for each in known.get(name, [name])} & allowed
        }

    assert missing(modules("constructs", "ci"), own) == set()
    assert missing(modules("tests"), own | development) <= {
        "grpc",
        "google",
        "msgpack",
    }  # tf's, with which it is pinned


def test_no_test_waits_without_an_end(pytestconfig: pytest.Config) -> None:
    """One that hangs is ended and named, instead of holding up whoever waits for the others."""
    assert 0 < float(pytestconfig.getini("timeout")) <= 600


def test_the_set_up_says_why_npm_fails(tmp_path: Path) -> None:
    """A registry that cannot be reached, or a proxy that refuses, is the commonest reason; npm names it."""
    for name in ("Makefile", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    variables = os.environ | {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "cache"),
    }
    command = ["make", "--old-file=.venv/installed", "node_modules/installed"]
    done = subprocess.run(
        command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode != 0
    assert "ECONNREFUSED" in done.stderr
