"""`connect-sso schema`: the environment file's JSON Schema, for editors and other tools."""

from __future__ import annotations

import json

import click

from connect_sso.environment import Environment


def environment_schema() -> str:
    """The JSON Schema of an environment file, as text that ends in a line break."""
    schema = Environment.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "connect-sso environment", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


@click.command()
def command() -> None:
    """Print the environment file's JSON Schema.

    \b
    Example:
      connect-sso schema > environments/environment.schema.json
    """
    click.echo(environment_schema(), nl=False)
