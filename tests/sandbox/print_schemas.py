"""Prints the providers' schemas anew: `.venv/bin/python -m tests.sandbox.print_schemas`, after an upgrade of the bindings.

Terraform installs the releases that the bindings were made for, from wherever its CLI configuration says, and prints what they accept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from connect_sso.errors import Failure
from connect_sso.terraform.binary import terraform_binary
from tests.sandbox import bound
from tests.sandbox.mirror import SOURCES
from tests.sandbox.provider import SCHEMAS, schemas

COMMAND = ".venv/bin/python -m tests.sandbox.print_schemas"

LEFT_OUT = frozenset({"description", "description_kind"})

KINDS = ("resource_schemas", "data_source_schemas")


def write(folder: Path = SCHEMAS, types: Iterable[str] = ()) -> None:
    """Print the schemas of both providers and put them in the place of those that are there.

    Args:
        folder: where the files go.
        types: resource types and data sources to keep besides those of today's files.

    Raises:
        Failure: Terraform cannot; what it says is on stderr.
    """
    releases = {provider: bound.release(provider) for provider in SOURCES}
    printed = _printed(releases)
    for provider, version in releases.items():
        ((name, found),) = ((name, found) for name, found in printed.items() if name.endswith(SOURCES[provider]))
        cut = {"provider": found["provider"]}
        for kind in KINDS:
            kept = {*schemas(provider)[kind], *types}
            cut[kind] = {type_name: schema for type_name, schema in found[kind].items() if type_name in kept}
        document = {"format_version": "1.0", "provider_schemas": {name: _without_descriptions(cut)}}
        for old in folder.glob(f"{provider}-*.json"):
            old.unlink()
        text = json.dumps(document, indent=1, sort_keys=True) + "\n"
        (folder / f"{provider}-{version}.json").write_text(text, "utf-8")


def _printed(releases: dict[str, str]) -> dict[str, Any]:
    required = {name: {"source": SOURCES[name], "version": version} for name, version in releases.items()}
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}), "utf-8")
        for arguments in (("init", "-input=false"), ("providers", "schema", "-json")):
            command = [terraform_binary(), f"-chdir={place}", *arguments]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
            if done.returncode != 0:
                raise Failure(f"terraform {' '.join(arguments)} failed, see above")
    result: dict[str, Any] = json.loads(done.stdout)["provider_schemas"]
    return result


def _without_descriptions(value: Any) -> Any:
    """The schema without its prose: an attribute may be called `description` too, and that is an object."""
    if isinstance(value, dict):
        return {
            name: _without_descriptions(item)
            for name, item in value.items()
            if name not in LEFT_OUT or not isinstance(item, str)
        }
    return [_without_descriptions(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    try:
        write(types=sys.argv[1:])
    except Failure as failure:
        print(f"print_schemas: {failure}", file=sys.stderr)
        sys.exit(1)
