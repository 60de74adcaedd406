"""The model's objections to an environment file, in the words of the file rather than of the validator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from connect_sso.environment.model import Environment
from connect_sso.environment.problems import Problem
from connect_sso.environment.tree import KeyPath, MappingNode, Node, dotted, place_of, plain, scalars
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator


def validate(tree: MappingNode, file: str, *, silent: set[KeyPath]) -> tuple[Environment | None, list[Problem]]:
    """The model of a file, or what keeps it from being one.

    Args:
        tree: the file.
        file: its name, for the problems.
        silent: paths of which nothing may be said, since it would show a credential.
    """
    try:
        return Environment.model_validate(plain(tree)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = []
    for detail in details:
        path, is_key = _tree_path(tree, detail["loc"])
        if path in silent:
            continue
        of_key = is_key or detail["type"] in {"extra_forbidden", "missing"}
        above = path[:-1] if detail["type"] == "missing" else path
        place = place_of(tree, above, of_key=of_key)
        problems.append(Problem(file, place.line, place.column, dotted(path), _message(detail, path)))
    return None, problems


def keys_without_value(tree: MappingNode, file: str) -> Iterator[Problem]:
    """Keys that may be left out, written without a value: whether nothing or the default is meant, nobody can tell."""
    for path, scalar in scalars(tree):
        if scalar.value is not None or not path:
            continue
        model = _model_at(path[:-1])
        field = model.model_fields.get(str(path[-1])) if model else None
        if field is not None and field.default is None:
            message = "has no value; write one, or leave the key out"
            yield Problem(file, scalar.place.line, scalar.place.column, dotted(path), message)


def _tree_path(tree: MappingNode, location: tuple[str | int, ...]) -> tuple[KeyPath, bool]:
    """A pydantic location as a path in the tree: without the tags of unions, and with `[key]` taken off."""
    path: list[str | int] = []
    node: Node | None = tree
    is_key = bool(location) and location[-1] == "[key]"
    steps = [step for step in location if step != "[key]"]
    for index, step in enumerate(steps):
        if isinstance(node, MappingNode) and isinstance(step, str):
            # A union's tag is a step that the file does not have; a missing key is the last step, and it is not there either.
            is_tag, is_last = step in _UNION_TAGS and path[-1:] in _UNIONS, index == len(steps) - 1
            if (is_tag and not is_last) or (step not in node.entries and (is_tag or not is_last)):
                continue
            node = node.entries.get(step)
        elif isinstance(step, int) and hasattr(node, "items") and not isinstance(node, MappingNode):
            node = node.items[step] if step < len(node.items) else None  # type: ignore[union-attr]
        elif step in _UNION_TAGS:
            continue
        path.append(step)
    return tuple(path), is_key


_UNION_TAGS = {"local", "remote", "softphone", "desk", "all", "each", "common", "profile"}
_UNIONS = (["state"], ["phone"], ["retention_days"], ["username"], ["adopted"])

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [one, two]",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _message(detail: Any, path: KeyPath) -> str:
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
        return f"must be text, but YAML reads {_yaml_type(value)} here; put it in quotes"
    if kind == "int_type" and isinstance(value, float):
        return f"must be a whole number, not {value}"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {_yaml_type(value)}"
    if kind == "literal_error":
        choices = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        if choices == ["local"]:
            return "must be the word local, or {cloud: {organization, workspace}} or {s3: {bucket, region}}"
        if path == ("okta", "username"):
            return f"must be login or email, or {{attribute: employeeNumber}}{nearest(str(value), choices)}"
        if choices == ["softphone"]:
            return 'must be the word softphone, or {desk_phone: "+12065550100"}'
        return f"must be one of {', '.join(choices)}{nearest(str(value), choices)}"
    if kind == "too_short":
        return f"at least {context['min_length']} is needed"
    if kind == "too_long":
        return f"at most {context['max_length']}; this has {len(value)}"
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


def _model_at(path: KeyPath) -> type[BaseModel] | None:
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


def _keys_at(path: KeyPath) -> list[str]:
    model = _model_at(path)
    return list(model.model_fields) if model else []


def _example(path: KeyPath) -> str:
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
