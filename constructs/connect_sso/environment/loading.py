"""Reads environment files and what belongs to them: every problem with its place, and clashes between environments."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connect_sso.environment import advice, rules
from connect_sso.environment.clashes import clashes
from connect_sso.environment.crowd import read_crowd
from connect_sso.environment.derived_names import ENVIRONMENT_NAME
from connect_sso.environment.imports import imports_path, read_imports
from connect_sso.environment.people_rules import crowd_errors
from connect_sso.environment.problems import Problem
from connect_sso.environment.secrets import secrets_in_comments
from connect_sso.environment.tree import MappingNode, parse, place_of, text_at
from connect_sso.environment.validation import keys_without_value, validate
from connect_sso.errors import Failure, UsageFailure
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connect_sso.environment.imports import Import
    from connect_sso.environment.model import Environment
    from connect_sso.environment.people import Person

DIRECTORY_VARIABLE = "CONNECT_SSO_ENVIRONMENTS"
"""Names the directory of the environment files where it is not `environments/`."""


@dataclass(frozen=True)
class LoadedEnvironment:
    """An environment file as read, right or wrong."""

    name: str
    """The file's stem: the environment's and the stack's name."""
    path: Path
    problems: tuple[Problem, ...]
    """Errors and warnings of this file and what lies beside it, sorted by place."""
    environment: Environment | None = None
    """The model, or None where the file has errors."""
    crowd: tuple[Person, ...] = ()
    """The people of `users_file`."""
    imports: tuple[Import, ...] = ()
    """What `ENV.imports.json` names."""
    tree: MappingNode | None = field(default=None, repr=False)
    """The file with its positions."""

    @property
    def file(self) -> str:
        """The file's path as messages show it."""
        return str(self.path)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the environment from being used."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def crowd_path(self) -> Path | None:
        """The CSV's path, or None where there is none."""
        if self.environment is None or self.environment.users_file is None:
            return None
        return self.path.parent / self.environment.users_file

    @property
    def people(self) -> tuple[Person, ...]:
        """The Connect users that are written in the YAML file itself, with their lines."""
        users = self.environment.users if self.environment else ()
        return tuple(user.as_person(self.line("users", index)) for index, user in enumerate(users))

    def line(self, *path: str | int, of_key: bool = False) -> int:
        """The line, from 1, on which a value stands, or its key."""
        return place_of(self.tree, path, of_key=of_key).line if self.tree else 1

    def where(self, *path: str | int, of_key: bool = False) -> str:
        """File and line of a value, or of its key, as messages show them."""
        return f"{self.file}:{self.line(*path, of_key=of_key)}"


def environments_directory() -> Path:
    """Where the environment files are: `environments/`, or what CONNECT_SSO_ENVIRONMENTS names."""
    return Path(os.environ.get(DIRECTORY_VARIABLE) or "environments")


def environment_files(directory: Path) -> list[Path]:
    """The environment files of a directory, sorted by name.

    Raises:
        Failure: there is no such directory, it cannot be read, or no environment is in it.
    """
    if not directory.is_dir():
        raise Failure(
            f"{directory}: no such directory; environment files are in environments/, or where {DIRECTORY_VARIABLE} says"
        )
    try:
        entries = list(directory.iterdir())
    except OSError as error:
        raise Failure(f"{directory}: cannot be read: {error.strerror}") from error
    files = sorted(
        (path for path in entries if path.suffix.lower() in {".yaml", ".yml"} and not path.name.startswith(".")),
        key=lambda path: (path.stem, path.suffix),
    )
    if not files:
        raise Failure(f"{directory}: no environment files; write one such as {directory / 'dev.yaml'}")
    return files


def load_all(directory: Path | None = None) -> list[LoadedEnvironment]:
    """Every environment of a directory, with the problems within each and between them."""
    loaded = [load(path) for path in environment_files(directory or environments_directory())]
    return _with(clashes(loaded), loaded)


def _with(problems: dict[str, list[Problem]], loaded: list[LoadedEnvironment]) -> list[LoadedEnvironment]:
    """The environments with further problems, by file."""
    return [
        replace(each, problems=tuple(sorted({*each.problems, *problems[each.file]}))) if problems[each.file] else each
        for each in loaded
    ]


def select(loaded: list[LoadedEnvironment], names: Iterable[str]) -> list[LoadedEnvironment]:
    """The environments that `names` names, with what clashes with others, or all where it names none.

    Raises:
        UsageFailure: a name is not an environment's.
    """
    wanted = list(names)
    known = {each.name: each for each in loaded}
    for name in wanted:
        if name not in known:
            raise UsageFailure(
                f"no environment is called {name!r}{nearest(name, known)}; the environments are: {', '.join(known)}"
            )
    if not wanted:
        return loaded
    # A clash is told in the file that comes second. Of the ones asked for it must be told also where they came first.
    chosen = [each for each in loaded if each.name in wanted]
    return _with(clashes([*(each for each in loaded if each.name not in wanted), *chosen]), chosen)


def load_one(name: str) -> LoadedEnvironment:
    """One valid environment, for the commands that work on one.

    Raises:
        UsageFailure: there is no environment of that name.
        Failure: its file, or its CSV, has errors.
    """
    # dev.yml beside dev.yaml: two of one name, and one has errors
    found = max(select(load_all(), [name]), key=lambda each: len(each.errors))
    if found.errors:
        more = (
            f" (and {len(found.errors) - 1} more; `connect-sso check {name}` lists them)"
            if len(found.errors) > 1
            else ""
        )
        raise Failure(f"{found.errors[0]}{more}")
    return found


def load(path: Path) -> LoadedEnvironment:
    """Read one environment file and its CSV; what is wrong is in the result's problems."""
    file, name = str(path), path.stem
    problems = _name_problems(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        return LoadedEnvironment(name, path, (*problems, Problem(file, 1, 1, "", f"cannot be read: {error.strerror}")))
    tree, yaml_problems = parse(raw, file)
    problems += yaml_problems
    if tree is None:
        return LoadedEnvironment(name, path, tuple(sorted(problems)))
    environment, model_problems = validate(tree, file, silent=rules.secret_paths(tree))
    rule_problems = rules.errors(tree, file)
    # Where a rule or the YAML itself and the model object to the same value, the model knows least.
    known = {(problem.line, problem.column) for problem in (*yaml_problems, *rule_problems)}
    problems += [problem for problem in model_problems if (problem.line, problem.column) not in known]
    problems += [*rule_problems, *keys_without_value(tree, file)]
    problems += _commented_secrets(raw.decode("utf-8-sig"), file, {problem.line for problem in rule_problems})
    crowd: list[Person] = []
    if not any(problem.key == "users_file" for problem in problems):
        crowd, crowd_problems = _crowd(path, tree)
        problems += crowd_problems
    imports, imports_problems = _imports(path)
    problems += imports_problems
    if any(not problem.is_warning for problem in problems):
        environment = None
    if environment is not None:
        problems += advice.warnings(name, environment, tree, crowd, file)
    return LoadedEnvironment(name, path, tuple(sorted(set(problems))), environment, tuple(crowd), imports, tree)


def _name_problems(path: Path) -> list[Problem]:
    name, file = path.stem, str(path)
    if path.suffix != ".yaml":
        return [Problem(file, 1, 1, "", f"environment files end in .yaml; rename it to {name}.yaml")]
    if not ENVIRONMENT_NAME.fullmatch(name):
        return [
            Problem(
                file,
                1,
                1,
                "",
                "the file's name is the environment's: 1 to 40 letters, digits, _ and -, beginning with a letter or digit",
            )
        ]
    return []


def _crowd(path: Path, tree: MappingNode) -> tuple[list[Person], list[Problem]]:
    users_file = text_at(tree, "users_file")
    if users_file is None:
        return [], []
    place = place_of(tree, ("users_file",))
    csv_path = path.parent / users_file

    def problem(message: str) -> tuple[list[Person], list[Problem]]:
        return [], [Problem(str(path), place.line, place.column, "users_file", message)]

    try:
        if not csv_path.resolve().is_relative_to(path.parent.resolve()):
            return problem("leaves the directory of the environment files")
        raw = csv_path.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a symbolic link to itself, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else "not a file's name"
        return problem(f"{csv_path} cannot be read: {reason}")
    crowd, problems = read_crowd(raw, str(csv_path))
    return crowd, problems + crowd_errors(tree, crowd, str(csv_path))


def _imports(path: Path) -> tuple[tuple[Import, ...], list[Problem]]:
    beside = imports_path(path)
    try:
        raw = beside.read_bytes()
    except FileNotFoundError:
        return (), []
    except OSError as error:
        return (), [Problem(str(beside), 1, 1, "", f"cannot be read: {error.strerror}")]
    imports, problems = read_imports(raw, str(beside))
    return tuple(imports), problems


def _commented_secrets(text: str, file: str, ruled_lines: set[int]) -> Iterator[Problem]:
    for line, column, what in secrets_in_comments(text):
        if line not in ruled_lines:  # a value that holds a "#" has been looked at
            yield Problem(file, line, column, "", f"this looks like {what}; remove it and revoke it")
