"""The program behind `hashicorp/aws` and `okta/okta` in the sandbox: `python -m tests.sandbox.provider aws`.

Terraform starts it once or more for every command, so it imports little.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import Provider, serve
from tests.sandbox.resources import SchemaProvider

CLOUD = "CONNECT_SSO_SANDBOX"
"""Environment variable: the folder of the cloud."""

SCHEMAS = Path(__file__).parent / "schemas"


def schema_file(provider: str, folder: Path = SCHEMAS) -> Path:
    """The file with what one of the two providers accepts; its name carries the release, as in `aws-6.25.0.json`."""
    (file,) = folder.glob(f"{provider}-*.json")
    return file


def schemas(provider: str) -> Mapping[str, Any]:
    """What the provider accepts, in the form of `terraform providers schema -json`."""
    ((_, found),) = json.loads(schema_file(provider).read_text("utf-8"))["provider_schemas"].items()
    result: Mapping[str, Any] = found
    return result


def provider(name: str, cloud: Cloud) -> tuple[Mapping[str, Any], Provider]:
    """The schemas of one of the two providers, and the provider itself on that cloud."""
    accepted = schemas(name)
    if name == "aws":
        from tests.sandbox import aws
        from tests.sandbox.aws.account import sign_in

        return accepted, SchemaProvider(accepted, cloud, sign_in, aws.TYPES, aws.LOOKUPS)
    from tests.sandbox import okta

    return accepted, SchemaProvider(accepted, cloud, okta.sign_in, okta.TYPES, okta.LOOKUPS)


def main(name: str) -> None:
    """Serve one of the two providers until Terraform is done with it."""
    folder = Path(os.environ[CLOUD])
    serve(*provider(name, Cloud(folder)), folder)


if __name__ == "__main__":
    main(sys.argv[1])
