"""The house as a whole: one meaning for each word, and a map that is true."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "constructs" / "connect_sso"
MAP = (ROOT / "constructs" / "README.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"`([\w/]+\.py)(?:: (\w+))?`", MAP)


def test_a_class_name_means_one_thing() -> None:
    """Whoever reads `Person` knows which one, without looking at the imports."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.parametrize(("file", "name"), ENTRIES, ids=lambda part: str(part))
def test_the_map_names_what_is_there(file: str, name: str) -> None:
    """Each file of constructs/README.md exists, and defines what the map says is in it."""
    path = PACKAGE / file
    assert path.is_file()
    if name:
        assert name in defined(path)


def defined(path: Path) -> set[str]:
    """The names that a module defines at its top."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_the_map_has_every_room() -> None:
    """A room that nobody can find on the map is a room too many."""
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    listed = set(re.findall(r"`(\w+)`", MAP.split("## To add")[0]))
    assert rooms <= listed
    assert len(ENTRIES) > 15


def test_tests_stand_in_the_rooms_of_what_they_test() -> None:
    """Beside the rooms there are only tests of the whole."""
    of_the_whole = {"test_cli.py", "test_house.py", "test_rooms.py", "test_text.py"}
    assert {path.name for path in (ROOT / "tests").glob("test_*.py")} == of_the_whole
