"""The sandbox accepts what the pinned bindings write: an upgrade of the bindings that needs other schemas fails here, and says what to do."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.sandbox import aws, bound, mirror, okta
from tests.sandbox.print_schemas import COMMAND, write
from tests.sandbox.provider import SCHEMAS, schema_file, schemas
from tests.sandbox.terraform import Sandbox

USED: dict[str, tuple[Collection[str], Collection[str]]] = {
    "aws": (aws.TYPES, aws.LOOKUPS),
    "okta": (okta.TYPES, okta.LOOKUPS),
}
"""The resource types and data sources of the stacks: the sandbox refuses every other one."""


def differences(provider: str, accepted: Mapping[str, Any]) -> list[str]:
    """Where schemas and bindings differ for what the stacks use: `type.argument: the one, the other`."""
    result = []
    modules = {"provider": ("provider", accepted["provider"])}
    for kind, prefix, used in zip(("resource", "data_source"), ("", f"data_{provider}_"), USED[provider], strict=True):
        for name in used:
            schema = accepted[f"{kind}_schemas"][name]
            modules[f"{'data.' * bool(prefix)}{name}"] = (prefix + name.removeprefix(f"{provider}_"), schema)
    for address, (module, schema) in sorted(modules.items()):
        binding = bound.Module(provider, module)
        ours, theirs = bound.served_arguments(schema["block"]), binding.arguments()
        result += [
            f"{address}.{path}: the schema has {ours.get(path, 'none')}, the binding {theirs.get(path, 'none')}"
            for path in sorted(ours.keys() | theirs.keys())
            if ours.get(path) != theirs.get(path)
        ]
        if module != "provider":
            odd = bound.served_attributes(schema["block"]) ^ binding.attributes()
            result += [f"{address}.{name}: an attribute that only one of the two has" for name in sorted(odd)]
    return result


@pytest.mark.parametrize("provider", USED)
def test_the_schemas_are_those_of_the_bindings(provider: str) -> None:
    """Every argument that a binding can write, its type, whether it is required, blocks and attributes as they are."""
    release = bound.release(provider)
    assert schema_file(provider).name == f"{provider}-{release}.json", (
        f"the bindings are made for {provider} {release} now; {COMMAND} prints its schema"
    )
    found = differences(provider, schemas(provider))
    assert not found, "\n".join([f"{COMMAND} prints the schemas anew:", *found])


def test_a_difference_is_found() -> None:
    """An argument too many, one too few, one that became required, and a block that became a list."""
    accepted = copy.deepcopy(schemas("aws"))
    block = accepted["resource_schemas"]["aws_connect_user"]["block"]
    block["attributes"]["favourite_colour"] = {"type": "string", "optional": True}
    del block["attributes"]["region"]
    block["attributes"]["password"] = {"type": "string", "required": True, "sensitive": True}
    del block["block_types"]["identity_info"]["max_items"]
    assert differences("aws", accepted) == [
        "aws_connect_user.favouritecolour: the schema has optional string, the binding none",
        "aws_connect_user.identityinfo: the schema has optional list of block, the binding optional block",
        "aws_connect_user.password: the schema has required string, the binding optional string",
        "aws_connect_user.region: the schema has none, the binding optional string",
        "aws_connect_user.favouritecolour: an attribute that only one of the two has",
        "aws_connect_user.region: an attribute that only one of the two has",
    ]


@pytest.mark.terraform
def test_the_command_prints_the_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Terraform prints of the sandbox's own providers is what they were made of; files of older releases go."""
    for name, value in Sandbox(tmp_path / "sandbox").environment().items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "okta-4.19.0.json").write_text("{}", "utf-8")
    write(folder)
    printed, kept = (
        # The protocol code of PyPI `tf` is older than write-only attributes.
        {
            file.name: file.read_text("utf-8").replace(',\n        "write_only": true', "")
            for file in place.glob("*.json")
        }
        for place in (folder, SCHEMAS)
    )
    assert printed.keys() == kept.keys()
    for name in printed:
        assert printed[name].splitlines() == kept[name].splitlines()


@pytest.mark.terraform
def test_the_command_without_a_provider(tmp_path: Path) -> None:
    """Where the release cannot be installed it is one line, and the files stay."""
    sandbox = Sandbox(tmp_path)
    sandbox.configuration.write_text(
        f'provider_installation {{\n filesystem_mirror {{ path = "{tmp_path}" }}\n}}\n', "utf-8"
    )
    command = [sys.executable, "-m", *COMMAND.split()[-1:]]
    done = subprocess.run(command, cwd=ROOT, env=sandbox.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("print_schemas: terraform init -input=false failed, see above\n")
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {
        f"{name}-{version}" for name, version in mirror.BOUND.items()
    }
