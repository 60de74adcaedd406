"""Terraform's dependency lock files: which providers, with the checksums of their packages.

They are kept in `locks/`, one for each stack, since a stack's own folder is written anew. Synthesis lays each beside its stack, so that every
way to run Terraform there goes by it: https://developer.hashicorp.com/terraform/language/files/dependency-lock.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCKS = Path("locks")
"""In the project's folder."""

LOCK_FILE = ".terraform.lock.hcl"
"""Its name in the stack's folder."""

REGISTRIES = ("registry.terraform.io/", "registry.opentofu.org/")
"""What stands before a provider's source in lock files, of Terraform and of OpenTofu."""

_BLOCK = re.compile(r'^provider "([^"]+)" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_HEADER = "# Written by synthesis: from locks/, or what Terraform itself has noted.\n"


def kept_lock(stack: str) -> Path:
    """Where a stack's lock file is kept."""
    return LOCKS / f"{stack}{LOCK_FILE}"


def lay_lock(folder: Path, configuration: Mapping[str, Any]) -> None:
    """Write the stack's lock file beside it: what is kept of the providers that it requires, where all releases agree.

    Where one is another or is not kept, nothing of it is laid: whoever takes a release of their own often takes both providers
    from a mirror of their own, whose packages have other checksums. What an earlier `terraform init` has noted there stays.

    Args:
        folder: the stack's, named for it.
        configuration: the stack as it was synthesized.
    """
    kept, noted = (_blocks(path) for path in (kept_lock(folder.name), folder / LOCK_FILE))
    if not kept:
        return
    wanted = sorted(_required(configuration).items())
    laid = {source: _agreeing(kept, source, constraint) for source, constraint in wanted}
    if None in laid.values():
        laid = {
            source: _agreeing(noted, source, constraint)
            for source, constraint in wanted
            if noted.get(source) != kept.get(source)
        }
    (folder / LOCK_FILE).write_text("\n".join([_HEADER, *filter(None, laid.values())]), encoding="utf-8")


def unlocked(stack: str, configuration: Mapping[str, Any]) -> list[str]:
    """The providers whose checksums `locks/` does not have, each with the release that the stack requires."""
    kept = _blocks(kept_lock(stack))
    return [
        f"{source} {constraint}"
        for source, constraint in sorted(_required(configuration).items())
        if _agreeing(kept, source, constraint) is None
    ]


def satisfies(release: str, constraint: str) -> bool:
    """Whether a release is one that a stack may require: an exact one, or `~>`.

    https://developer.hashicorp.com/terraform/language/expressions/version-constraints
    """
    numbers = constraint.strip().removeprefix("~>").removeprefix("=").strip()
    if not constraint.strip().startswith("~>"):
        return release == numbers
    try:
        least, is_ = ([int(number) for number in text.split(".")] for text in (numbers, release))
    except ValueError:  # a release before its time, which ~> never takes
        return False
    return is_ >= least and is_[: len(least) - 1] == least[:-1]


def _required(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The constraint of each provider, by its source with the namespace."""
    sources = {
        provider.get("source", name): provider.get("version", "")
        for name, provider in configuration["terraform"]["required_providers"].items()
    }
    return {source if "/" in source else f"hashicorp/{source}": version for source, version in sources.items()}


def _blocks(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found = {}
    for match in _BLOCK.finditer(text):
        host = next((host for host in REGISTRIES if match[1].startswith(host)), "")
        found[match[1].removeprefix(host)] = match[0]
    return found


def _agreeing(blocks: Mapping[str, str], source: str, constraint: str) -> str | None:
    block = blocks.get(source)
    version = _VERSION.search(block) if block else None
    return block if version and satisfies(version[1], constraint) else None
