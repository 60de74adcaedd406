"""The configuration of a stack, `cdk.tf.json`: what no plan shows is read from there.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connect_sso.errors import Failure
from connect_sso.terraform.plan import list_of, mapping_of

STACK_FILE = "cdk.tf.json"


def read_stack_file(path: str) -> Mapping[str, Any]:
    """The configuration in a file.

    Raises:
        Failure: unreadable, or no JSON object; one line that says which.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise Failure(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError):
        raise Failure(f"{path}: not JSON; expected the stack's {STACK_FILE}") from None
    if not isinstance(document, dict):
        raise Failure(f"{path}: not a configuration; expected the stack's {STACK_FILE}")
    return document


def blocks(value: Any) -> Iterator[Mapping[str, Any]]:
    """The blocks that stand at a key: one, or a list of them."""
    for block in list_of(value) or [value]:
        if isinstance(block, dict):
            yield block


def labelled(value: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The blocks with two labels (`resource`, `data`): type, name and each block."""
    for types in blocks(value):
        for kind, names in types.items():
            for named in blocks(names):
                for name, body in named.items():
                    for block in blocks(body):
                        yield kind, name, mapping_of(block)
