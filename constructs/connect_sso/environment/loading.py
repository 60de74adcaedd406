"""Reads environment files and what belongs to them: every problem with its place, and clashes between environments."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from connect_sso.environment import rules
from connect_sso.environment.crowd import read_agents
from connect_sso.environment.derived_names import (
    ENVIRONMENT_NAME,
    USERS_SUFFIX,
    group_rule,
    role_group,
    s3_keys,
    users_stack,
)
from connect_sso.environment.model import ApiIntegration, Environment, Federation
from connect_sso.environment.problems import Problem
from connect_sso.environment.secrets import secrets_in_comments
from connect_sso.environment.tree import START, Mapping, Node, dotted, parse, place_of, plain, scalars
from connect_sso.environment.tree import Path as TreePath
from connect_sso.errors import Failure, UsageFailure
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    """Errors and warnings of this file and its CSV, sorted by place."""
    environment: Environment | None = None
    """The model, or None where the file has errors."""
    crowd: tuple[Person, ...] = ()
    """The people of `users_file`."""
    tree: Mapping | None = field(default=None, repr=False)
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
    def users_path(self) -> Path | None:
        """The CSV's path, or None where there is none."""
        if self.environment is None or self.environment.users_file is None:
            return None
        return self.path.parent / self.environment.users_file

    @property
    def people(self) -> tuple[Person, ...]:
        """The Connect users that are written in the YAML file itself, with their lines."""
        users = self.environment.users if self.environment else ()
        return tuple(user.as_person(self.line("users", index)) for index, user in enumerate(users))

    def line(self, *path: str | int) -> int:
        """The line on which a value stands, from 1."""
        return place_of(self.tree, path).line if self.tree else 1


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
    return _with(_clashes(loaded), loaded)


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
                f"no environment is called {name!r}{nearest(name, known)}; there are: {', '.join(known)}"
            )
    if not wanted:
        return loaded
    # A clash is told in the file that comes second. Of the ones asked for it must be told also where they came first.
    chosen = [each for each in loaded if each.name in wanted]
    return _with(_clashes([*(each for each in loaded if each.name not in wanted), *chosen]), chosen)


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
    environment, model_problems = _validate(tree, file)
    rule_problems = rules.errors(tree, file)
    # Where a rule or the YAML itself and the model object to the same value, the model knows least.
    known = {(problem.line, problem.column) for problem in (*yaml_problems, *rule_problems)}
    problems += [problem for problem in model_problems if (problem.line, problem.column) not in known]
    problems += [*rule_problems, *_without_value(tree, file)]
    problems += _commented_secrets(raw.decode("utf-8-sig"), file, {problem.line for problem in rule_problems})
    crowd: list[Person] = []
    if not any(problem.key == "users_file" for problem in problems):
        crowd, crowd_problems = _crowd(path, tree)
        problems += crowd_problems
    if any(not problem.is_warning for problem in problems):
        environment = None
    if environment is not None:
        problems += rules.warnings(name, environment, tree, crowd, file)
    return LoadedEnvironment(name, path, tuple(sorted(set(problems))), environment, tuple(crowd), tree)


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


def _crowd(path: Path, tree: Mapping) -> tuple[list[Person], list[Problem]]:
    users_file = rules.text_at(tree, "users_file")
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
    crowd, problems = read_agents(raw, str(csv_path))
    users = tree.get("users")
    lines = {
        user_name: node.place.line
        for node in getattr(users, "items", ())
        if isinstance(node, Mapping) and (user_name := rules.text_at(node, "username")) is not None
    }
    return crowd, problems + rules.crowd_errors(tree, crowd, str(csv_path), first_line_of_users=lines)


def _validate(tree: Mapping, file: str) -> tuple[Environment | None, list[Problem]]:
    try:
        return Environment.model_validate(plain(tree)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    secret = rules.secret_paths(tree)
    problems = []
    for detail in details:
        path, is_key = _tree_path(tree, detail["loc"])
        if path in secret:
            continue
        of_key = is_key or detail["type"] in {"extra_forbidden", "missing"}
        above = path[:-1] if detail["type"] == "missing" else path
        place = place_of(tree, above, of_key=of_key)
        problems.append(Problem(file, place.line, place.column, dotted(path), _message(detail, path)))
    return None, problems


def _commented_secrets(text: str, file: str, ruled_lines: set[int]) -> Iterator[Problem]:
    for line, column, what in secrets_in_comments(text):
        if line not in ruled_lines:  # a value that holds a "#" has been looked at
            yield Problem(file, line, column, "", f"this looks like {what}; remove it and revoke it")


def _without_value(tree: Mapping, file: str) -> Iterator[Problem]:
    """Keys that may be left out, written without a value: whether nothing or the default is meant, nobody can tell."""
    for path, scalar in scalars(tree):
        if scalar.value is not None or not path:
            continue
        model = _model_at(path[:-1])
        field = model.model_fields.get(str(path[-1])) if model else None
        if field is not None and field.default is None:
            message = "has no value; write one, or leave the key out"
            yield Problem(file, scalar.place.line, scalar.place.column, dotted(path), message)


def _tree_path(tree: Mapping, location: tuple[str | int, ...]) -> tuple[TreePath, bool]:
    """A pydantic location as a path in the tree: without the tags of unions, and with `[key]` taken off."""
    path: list[str | int] = []
    node: Node | None = tree
    is_key = bool(location) and location[-1] == "[key]"
    steps = [step for step in location if step != "[key]"]
    for index, step in enumerate(steps):
        if isinstance(node, Mapping) and isinstance(step, str):
            # A union's tag is a step that the file does not have; a missing key is the last step, and it is not there either.
            if index < len(steps) - 1 and (step not in node.entries or (step in _UNION_TAGS and path[-1:] in _UNIONS)):
                continue
            node = node.entries.get(step)
        elif isinstance(step, int) and hasattr(node, "items") and not isinstance(node, Mapping):
            node = node.items[step] if step < len(node.items) else None  # type: ignore[union-attr]
        elif step in _UNION_TAGS:
            continue
        path.append(step)
    return tuple(path), is_key


_UNION_TAGS = {"local", "remote", "softphone", "desk"}
_UNIONS = (["state"], ["phone"])

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [one, two]",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _message(detail: Any, path: TreePath) -> str:
    """What is wrong in the words of the file rather than of the validator."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return f"missing; {_example(path)}"
    if kind == "extra_forbidden":
        valid = _keys_at(path[:-1])
        return f"not a key here{nearest(str(path[-1]), valid)} (valid: {', '.join(valid)})"
    if (kind == "string_type" and isinstance(value, bool | int | float)) or hasattr(value, "isoformat"):
        return f"must be text, and YAML reads {_yaml_type(value)} here; put it in quotes"
    if kind == "int_type" and isinstance(value, float):
        return f"must be a whole number, not {value}"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {_yaml_type(value)}"
    if kind == "literal_error":
        choices = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        if choices == ["local"]:
            return "must be the word local, or {cloud: {organization, workspace}} or {s3: {bucket, region}}"
        if choices == ["softphone"]:
            return 'must be the word softphone, or {desk_phone: "+12065550100"}'
        return f"must be one of {', '.join(choices)}{nearest(str(value), choices)}"
    if kind == "too_short":
        return f"needs at least {context['min_length']}"
    if kind == "too_long":
        return f"at most {context['max_length']} are possible, here are {len(value)}"
    return str(detail["msg"])


def _yaml_type(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list | tuple):
        return "a list"
    return "a date"


def _model_at(path: TreePath) -> type[BaseModel] | None:
    model: Any = Environment
    for step in path:
        if isinstance(step, int):
            continue
        fields = getattr(model, "model_fields", None)
        if fields is None or step not in fields:
            # One level below `apps` is a name of the user's choosing.
            continue
        model = _submodel(fields[step].annotation)
        if model is None:
            return None
    return model  # type: ignore[no-any-return]


def _submodel(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's annotation holds, inside optionals, unions, tuples and dictionaries."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _submodel(argument)) is not None:
            return found
    return None


def _keys_at(path: TreePath) -> list[str]:
    model = _model_at(path)
    return list(model.model_fields) if model else []


def _example(path: TreePath) -> str:
    key = str(path[-1])
    model = _model_at(path[:-1])
    information = model.model_fields.get(key) if model else None
    if information is not None and information.examples:
        example = information.examples[0]
        shown = (
            f'"{example}"'
            if str(example).isdigit()
            else f"[{', '.join(example)}]"
            if isinstance(example, list)
            else example
        )
        return f"for example {key}: {shown}"
    return f"{key}: is needed"


def _clashes(loaded: list[LoadedEnvironment]) -> dict[str, list[Problem]]:
    """What two environments cannot both have, by the file of the later one."""
    problems: dict[str, list[Problem]] = defaultdict(list)
    names = {each.name for each in loaded}
    same_name: dict[str, LoadedEnvironment] = {}
    owners: dict[str, LoadedEnvironment] = {}
    for each in loaded:
        stem = each.name.removesuffix(USERS_SUFFIX)
        if stem != each.name and stem in names:
            message = f"{each.name} is the name of {stem}'s second stack, the crowd's; rename this environment"
            problems[each.file].append(Problem(each.file, 1, 1, "", message))
        other = same_name.setdefault(each.name.lower(), each)
        if other is not each:
            problems[each.file].append(
                Problem(each.file, 1, 1, "", f"{each.name} and {other.name} ({other.file}) are the same name")
            )
        for what, path in _claims(each.name, each.tree) if each.tree else ():
            # IAM, Okta's labels and DNS do not tell upper case from lower, so neither do we.
            owner = owners.setdefault(what.lower(), each)
            if owner is not each:
                place = place_of(each.tree, path) if each.tree else START
                message = f"{what} is already that of {owner.file}; each environment needs one of its own"
                problems[each.file].append(Problem(each.file, place.line, place.column, dotted(path), message))
    return problems


def _claims(name: str, tree: Mapping) -> Iterator[tuple[str, TreePath]]:
    """What an environment claims for itself alone: in words that name it, and where it is written.

    Read from the tree, not the model: a file with a mistake elsewhere still clashes.
    """
    account = rules.text_at(tree, "aws", "account_id")
    org_name, base_url = rules.text_at(tree, "okta", "org_name"), rules.text_at(tree, "okta", "base_url")
    mode = rules.text_at(tree, "okta", "role_assignment")
    in_account, in_org = f"in the account {account}", f"in the Okta org {org_name}.{base_url}"
    if account:
        yield from ((f"{what} {in_account}", path) for what, path in _claims_in_account(tree, mode))
    if org_name and base_url:
        yield from ((f"{what} {in_org}", path) for what, path in _claims_in_org(name, tree, mode, account or ""))
    if alias := rules.text_at(tree, "connect", "alias"):
        yield f"the instance alias {alias}", ("connect", "alias")
    yield from ((f"the state {location}", ("state",)) for location in _state_locations(name, tree))


def _claims_in_account(tree: Mapping, mode: str | None) -> Iterator[tuple[str, TreePath]]:
    roles: dict[str, TreePath] = {}
    for app in _app_names(tree):
        if provider := rules.text_at(tree, "apps", app, "saml_provider"):
            yield f"the SAML provider {provider}", ("apps", app, "saml_provider")
        if role := rules.text_at(tree, "apps", app, "role"):
            roles.setdefault(role, ("apps", app, "role"))
    yield from ((f"the role {role}", path) for role, path in roles.items())
    for section, key, kind, default in _IAM_NAMES:
        if section == "federation" or mode == "api_integration":
            yield f"the {kind} {rules.text_at(tree, section, key) or default}", (section, key)


def _claims_in_org(name: str, tree: Mapping, mode: str | None, account: str) -> Iterator[tuple[str, TreePath]]:
    for app in _app_names(tree):
        if label := rules.text_at(tree, "apps", app, "label"):
            yield f"the label {label!r}", ("apps", app, "label")
        if mode == "group_mapping":
            yield f"the group rule {group_rule(name, app)!r}", ("apps", app)
            if role := rules.text_at(tree, "apps", app, "role"):
                yield f"the group {role_group(name, app, role, account)}", ("apps", app)


def _app_names(tree: Mapping) -> list[str]:
    apps = tree.get("apps")
    return list(apps.entries) if isinstance(apps, Mapping) else []


_IAM_NAMES = (
    ("federation", "policy", "policy", Federation().policy),
    ("api_integration", "policy", "policy", ApiIntegration().policy),
    ("api_integration", "user", "user", ApiIntegration().user),
)


def _state_locations(name: str, tree: Mapping) -> Iterator[str]:
    """Where the environment's remote states lie, the crowd's second; local ones have the environment's name in them."""
    if workspace := rules.text_at(tree, "state", "cloud", "workspace"):
        host = rules.text_at(tree, "state", "cloud", "hostname") or "app.terraform.io"
        organization = rules.text_at(tree, "state", "cloud", "organization")
        yield from (f"{host}/{organization}/{each}" for each in (workspace, users_stack(workspace)))
    if bucket := rules.text_at(tree, "state", "s3", "bucket"):
        yield from (f"s3://{bucket}/{key}" for key in s3_keys(name, rules.text_at(tree, "state", "s3", "key")))
