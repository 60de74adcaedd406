"""`connect-sso schema`: the environment file's JSON Schema, for editors and other tools."""

from __future__ import annotations

import json
from typing import Any

import click

from connect_sso.environment.model import Environment


def environment_schema() -> str:
    """The JSON Schema of an environment file, as text that ends in a line break."""
    schema = _without_null(Environment.model_json_schema())
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "connect-sso environment", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _without_null(schema: Any) -> Any:
    """The schema without `null`: what has no value is left out of a file, and `check` refuses a key with nothing behind it."""
    if isinstance(schema, list):
        return [_without_null(each) for each in schema if each != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    cleaned = {key: _without_null(value) for key, value in schema.items() if not (key == "default" and value is None)}
    if len(cleaned.get("anyOf", ())) == 1:
        cleaned |= cleaned.pop("anyOf")[0]
    return cleaned


@click.command()
def command() -> None:
    """Print the environment file's JSON Schema.

    \b
    Example:
      connect-sso schema > environments/environment.schema.json
    """
    click.echo(environment_schema(), nl=False)
