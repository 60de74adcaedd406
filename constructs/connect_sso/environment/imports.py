"""What is there already and Terraform shall take over: `ENV.imports.json` beside an environment file, address to import id."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import WHITESPACE, JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Final

from connect_sso.environment.derived_names import TERRAFORM_NAME
from connect_sso.environment.problems import Problem
from connect_sso.facts.escaping import quoted, template_problem
from connect_sso.facts.import_ids import IMPORT_IDS
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SUFFIX: Final = ".imports.json"

PERSON: Final = "aws_connect_user"
"""The type of a Connect user. Of two addresses that a person can have (`derived_names.user_address`) the file may name either."""

MAX_PROBLEMS: Final = 200
"""Past this a file does not hold mistakes, it is another file."""

_ADDRESS: Final = re.compile(
    rf'(?P<type>[a-z][a-z0-9_]*)\.(?P<name>{TERRAFORM_NAME})(?:\[(?P<key>"(?:[^"\\]|\\.)*")\])?'
)
_FORM: Final = 'an object such as {"aws_iam_role.Okta_Role": "Okta_Role"}'


@dataclass(frozen=True, slots=True)
class Import:
    """One thing that is there already."""

    type: str
    name: str
    key: str | None
    """Of an instance of a `for_each`."""
    id: str
    """As the provider takes it."""
    line: int
    """Where it stands in the file, from 1."""

    @property
    def block(self) -> str:
        """The resource's address, without the key."""
        return f"{self.type}.{self.name}"

    @property
    def address(self) -> str:
        """The address in Terraform."""
        return address_of(self.type, self.name, self.key)


def imports_path(environment: Path) -> Path:
    """Where the imports of an environment file are."""
    return environment.with_name(environment.stem + SUFFIX)


def address_of(kind: str, name: str, key: str | None = None) -> str:
    """A resource's address, such as `aws_connect_user.users["Ada.Admin@example.com"]`."""
    return f"{kind}.{name}" if key is None else f"{kind}.{name}[{quoted(key)}]"


def render_imports(ids: Mapping[str, str]) -> str:
    """The text of an imports file: sorted, an address a line, so that a diff names what came and went.

    Args:
        ids: address to import id.
    """
    lines = ",\n".join(
        f"  {json.dumps(address, ensure_ascii=False)}: {json.dumps(ids[address])}" for address in sorted(ids)
    )
    return f"{{\n{lines}\n}}\n" if lines else "{}\n"


def read_imports(raw: bytes, file: str) -> tuple[list[Import], list[Problem]]:
    """What an imports file names, in the file's order.

    Args:
        raw: its bytes.
        file: its name, for the problems.

    Returns:
        The entries that are right, and one problem for each that is not.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return [], [Problem(file, line, 1, "", "not UTF-8")]
    return _ImportsReader(text, file).read()


class _ImportsReader:
    """Reads entry by entry, since `json` forgets where each one stood and which came twice."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._found: dict[str, Import] = {}
        self._problems: list[Problem] = []

    def read(self) -> tuple[list[Import], list[Problem]]:
        try:
            for start, line, address, value in _entries(self._text):
                column = start - self._text.rfind("\n", 0, start)
                message = self._take(address, value, line)
                if message:
                    self._problems.append(Problem(self._file, line, column, address, message))
                if len(self._problems) >= MAX_PROBLEMS:
                    more = f"more than {MAX_PROBLEMS} problems; the rest of the file was not read"
                    self._problems.append(Problem(self._file, line, 1, "", more))
                    break
        except (JSONDecodeError, RecursionError) as error:
            line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
            what = error.msg[:1].lower() + error.msg[1:] if isinstance(error, JSONDecodeError) else "nested too deeply"
            self._problems.append(Problem(self._file, line, column, "", f"not valid JSON: {what}; expected {_FORM}"))
        return list(self._found.values()), self._problems

    def _take(self, address: str, value: object, line: int) -> str | None:
        """Keep an entry, or say what is wrong with it."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            return 'not the address of a resource, such as aws_iam_role.Okta_Role or aws_connect_user.users["ada"]'
        kind = match["type"]
        if kind not in IMPORT_IDS:
            return f"{kind} is not a type that these stacks make{nearest(kind, IMPORT_IDS)}"
        if not isinstance(value, str):
            return f"the id must be text: {IMPORT_IDS[kind].words}"
        try:
            key = None if match["key"] is None else json.loads(match["key"], strict=False)
        except ValueError:
            return f"{match['key']} is not a key that Terraform reads"
        problem = template_problem(address) or template_problem(value) or IMPORT_IDS[kind].problem(value)
        if problem:
            return problem
        found = Import(kind, match["name"], key, value, line)
        first = self._found.setdefault(found.address, found)
        return None if first is found else f"is listed twice (first on line {first.line})"


def _entries(text: str) -> Iterator[tuple[int, int, str, object]]:
    """The entries of the object that `text` is: where each begins, its line, key and value.

    Raises:
        JSONDecodeError: it is something else.
    """
    decoder = json.JSONDecoder()

    def after_space(index: int) -> int:
        end: int = WHITESPACE.match(text, index).end()
        return end

    index = after_space(0)
    if text[index : index + 1] != "{":
        raise JSONDecodeError("no object", text, index)
    index = after_space(index + 1)
    line, counted = 1, 0
    closed = text[index : index + 1] == "}"
    while not closed:
        if text[index : index + 1] != '"':
            raise JSONDecodeError("an address in double quotes is missing", text, index)
        start = index
        line, counted = line + text.count("\n", counted, start), start
        key, index = scanstring(text, index + 1, True)
        index = after_space(index)
        if text[index : index + 1] != ":":
            raise JSONDecodeError("a colon is missing", text, index)
        value, index = decoder.raw_decode(text, after_space(index + 1))
        yield start, line, key, value
        index = after_space(index)
        if (mark := text[index : index + 1]) not in {",", "}"}:
            raise JSONDecodeError("a comma is missing", text, index)
        closed = mark == "}"
        index = after_space(index + 1) if not closed else index
    if (rest := after_space(index + 1)) != len(text):
        raise JSONDecodeError("more follows behind the object", text, rest)
