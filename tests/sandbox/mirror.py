"""The sandbox's providers where `terraform init` looks for them: a filesystem mirror of two-line programs."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.sandbox.provider import schema_file

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ("registry.terraform.io", "registry.opentofu.org")
SOURCES = {"aws": "hashicorp/aws", "okta": "okta/okta"}
BOUND = {provider: schema_file(provider).stem.removeprefix(f"{provider}-") for provider in SOURCES}
"""The releases that the schemas are of, those that the bindings are made for."""

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def release(constraint: str) -> str:
    """A release that satisfies an exact or `~>` constraint: the oldest one."""
    numbers = re.findall(r"\d+", constraint)
    return ".".join(([*numbers, "0", "0"])[:3])


def build(folder: Path, constraints: Iterable[tuple[str, str]]) -> None:
    """Write the mirror.

    Args:
        folder: where the mirror is; what is there already stays.
        constraints: `aws` or `okta`, and the version that a stack requires.
    """
    target = f"{platform.system().lower()}_{ARCHITECTURES[platform.machine().lower()]}"
    for provider, constraint in constraints:
        version = release(constraint)
        for host in HOSTS:
            place = folder / host / SOURCES[provider] / version / target
            place.mkdir(parents=True, exist_ok=True)
            program = place / f"terraform-provider-{provider}_v{version}"
            text = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.sandbox.provider {provider} "$@"\n'
            if not program.exists() or program.read_text("utf-8") != text:
                program.write_text(text, "utf-8")
                program.chmod(0o755)
