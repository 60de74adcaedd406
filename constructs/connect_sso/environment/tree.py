"""A YAML file as a tree in which every key and value knows its line and column.

Only plain data is let in: no tags, no anchors or aliases (so no alias bombs), one document, text keys, no duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from connect_sso.environment.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: ten times faster, the same marks."""

MAX_DEPTH = 12
"""Twice the deepest legal nesting: a file that goes deeper is not an environment, and recursion stays bounded."""

MAX_BYTES = 4_000_000
"""An environment file is a few kilobytes; the crowd belongs in a CSV."""


@dataclass(frozen=True)
class Place:
    """A position in a file, line and column from 1."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True)
class ScalarNode:
    """A string, number, boolean, date or null."""

    value: Any
    place: Place


@dataclass(frozen=True)
class SequenceNode:
    """A list of nodes."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class MappingNode:
    """Keys with their own places, and their nodes."""

    entries: dict[str, Node]
    place: Place
    key_places: dict[str, Place] = field(default_factory=dict)

    def get(self, *path: str) -> Node | None:
        """The node at a path of keys, or None where there is none."""
        node: Node | None = self
        for key in path:
            node = node.entries.get(key) if isinstance(node, MappingNode) else None
        return node


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode
KeyPath: TypeAlias = tuple[str | int, ...]


def plain(node: Node) -> Any:
    """The node as plain Python data."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value


def place_of(node: Node, path: KeyPath, *, of_key: bool = False) -> Place:
    """Where `path` stands below `node`, or the nearest thing above it that exists.

    Args:
        node: where the path starts.
        path: keys and list indexes.
        of_key: the place of the last key itself instead of its value.
    """
    place = node.place
    for depth, step in enumerate(path):
        if isinstance(node, MappingNode) and isinstance(step, str) and step in node.entries:
            key_place = node.key_places[step]
            node = node.entries[step]
            # A block mapping's own mark is its first key, on a later line: its key is where a reader looks.
            last = depth == len(path) - 1
            place = key_place if (last and of_key) or isinstance(node, MappingNode | SequenceNode) else node.place
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            break
    return place


def dotted(path: KeyPath) -> str:
    """A path as people write it: `users[2].phone`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def scalars(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, ScalarNode]]:
    """Every scalar below `node`, with its path."""
    if isinstance(node, MappingNode):
        for key, value in node.entries.items():
            yield from scalars(value, (*path, key))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from scalars(item, (*path, index))
    else:
        yield path, node


def keys(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Place]]:
    """Every key below `node`, with its path and the key's own place."""
    if isinstance(node, MappingNode):
        for key, value in node.entries.items():
            yield (*path, key), node.key_places[key]
            yield from keys(value, (*path, key))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from keys(item, (*path, index))


def text_at(tree: MappingNode, *path: str) -> str | None:
    """The string at a path, or None where there is none or it is something else."""
    node = tree.get(*path)
    return node.value if isinstance(node, ScalarNode) and isinstance(node.value, str) else None


def entries_at(tree: MappingNode, *path: str) -> dict[str, Node]:
    """The entries of the mapping at a path; none where there is something else, or nothing."""
    node = tree.get(*path)
    return node.entries if isinstance(node, MappingNode) else {}


def items_of(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; none where the node is something else."""
    return node.items if isinstance(node, SequenceNode) else ()


def parse(raw: bytes, file: str) -> tuple[MappingNode | None, list[Problem]]:
    """Parse a YAML file whose top is a mapping.

    Args:
        raw: the file's bytes.
        file: its name, for the problems.

    Returns:
        The tree, or None where there is none to speak of, and everything that is wrong with the YAML itself.
    """
    if len(raw) > MAX_BYTES:
        return None, [Problem(file, 1, 1, "", f"larger than {MAX_BYTES:,} bytes; keep many people in a users_file")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        return None, [Problem(file, line, column, "", "not UTF-8; save the file as UTF-8")]
    try:
        problems = _forbidden_features(text, file)
        if problems:
            return None, problems
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, (error.context, error.problem))) or "not valid YAML"
        place = _place(mark) if mark else START
        return None, [
            Problem(file, place.line, place.column, "", f"not valid YAML: {message}{_hint(message, text, place)}")
        ]
    except (yaml.YAMLError, ValueError) as error:
        return None, [
            Problem(file, *_reader_place(text, error), "", "not valid YAML: a character that YAML does not allow")
        ]
    if root is None:
        return None, [Problem(file, 1, 1, "", "empty; an environment file begins with aws:, okta:, connect: and apps:")]
    builder = _Builder(file)
    tree = builder.node(root, ())
    if not isinstance(tree, MappingNode):
        return None, [
            *builder.problems,
            Problem(file, tree.place.line, tree.place.column, "", "must be keys and values, such as aws:"),
        ]
    return tree, builder.problems


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _hint(message: str, text: str, place: Place) -> str:
    """What is probably meant where YAML only says that it cannot go on."""
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    character = line[place.column - 1 : place.column]
    if "\t" in line[: place.column]:
        return "; indent with spaces, not with tabs"
    if character and character in "@`%":
        return f"; a value that begins with {character} must be in quotes"
    if character == ":" and message.startswith("mapping values"):
        return "; a value that holds a colon and a space must be in quotes"
    return ""


def _reader_place(text: str, error: Exception) -> tuple[int, int]:
    position = getattr(error, "position", 0) or 0
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _forbidden_features(text: str, file: str) -> list[Problem]:
    """One problem per tag, anchor or alias, excessive depth or second document, found before anything is built from them."""
    problems: list[Problem] = []
    depth = documents = 0
    event: Any
    for event in yaml.parse(text, Loader=Loader):
        what = None
        if isinstance(event, yaml.AliasEvent):
            what = f"aliases (*{event.anchor}) are not allowed; write the value out"
        elif getattr(event, "anchor", None):
            what = f"anchors (&{event.anchor}) are not allowed; write the value out where it is needed"
        elif getattr(event, "tag", None):
            what = f"tags ({event.tag}) are not allowed; write the plain value"
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                what = "a second document (---); one file is one environment"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                what = f"nested more than {MAX_DEPTH} levels deep"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if what is not None:
            place = _place(event.start_mark)
            problems.append(Problem(file, place.line, place.column, "", what))
            if depth > MAX_DEPTH or documents > 1:
                break
    return problems


class _Builder:
    """Turns PyYAML's nodes into ours and notes the duplicate and odd keys on the way."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._constructor = yaml.constructor.SafeConstructor()

    def node(self, node: yaml.Node, path: KeyPath) -> Node:
        place = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, path)
        if isinstance(node, yaml.SequenceNode):
            return SequenceNode(tuple(self.node(item, (*path, index)) for index, item in enumerate(node.value)), place)
        return ScalarNode(self._scalar(node, place, path), place)

    def _mapping(self, node: yaml.MappingNode, place: Place, path: KeyPath) -> MappingNode:
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = _place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_place, path, "a key must be a plain word")
                continue
            key: str = key_node.value
            if key in entries:
                self._problem(key_place, (*path, key), f"written twice; first on line {places[key].line}")
                continue
            entries[key] = self.node(value_node, (*path, key))
            places[key] = key_place
        return MappingNode(entries, place, places)

    def _scalar(self, node: yaml.Node, place: Place, path: KeyPath) -> Any:
        try:
            return self._constructor.construct_object(node)
        except (ValueError, OverflowError, yaml.YAMLError):
            self._problem(place, path, "looks like a date or number but is not one; put quotes around text")
            return None

    def _problem(self, place: Place, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self._file, place.line, place.column, dotted(path), message))
