"""The lock file beside a stack: what `locks/` has of the providers that it requires, where the releases agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.terraform.locks import LOCK_FILE, lay_lock, satisfies, unlocked
from tests.conftest import ROOT

KEPT = (ROOT / "locks" / "dev.terraform.lock.hcl").read_text(encoding="utf-8")


def stack(**releases: str) -> dict[str, Any]:
    """What matters of a synthesized stack; cdktf writes the source of hashicorp's providers without the namespace."""
    sources = {"aws": "aws", "okta": "okta/okta"}
    required = {name: {"source": sources[name], "version": version} for name, version in releases.items()}
    return {"terraform": {"required_providers": required}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack's, in a project that keeps its lock file."""
    monkeypatch.chdir(tmp_path)
    for name in ("locks", "dev"):
        (tmp_path / name).mkdir()
    (tmp_path / "locks" / "dev.terraform.lock.hcl").write_text(KEPT, encoding="utf-8")
    return tmp_path / "dev"


def providers(text: str) -> list[str]:
    """The provider blocks, without what is between them."""
    return [f"provider {block}".strip() for block in text.split("provider ")[1:]]


def test_all_that_is_kept_lies_beside_the_stack(folder: Path) -> None:
    configuration = stack(aws="6.25.0", okta="4.20.0")
    lay_lock(folder, configuration)
    assert providers((folder / LOCK_FILE).read_text("utf-8")) == providers(KEPT)
    assert unlocked("dev", configuration) == []


@pytest.mark.parametrize("laid_before", [False, True])
def test_with_another_release_nothing_is_laid(folder: Path, *, laid_before: bool) -> None:
    """Terraform would refuse the other release, and the one that agrees may come from the same mirror with other checksums."""
    if laid_before:
        lay_lock(folder, stack(aws="6.25.0", okta="4.20.0"))
    configuration = stack(aws="6.26.0", okta="4.20.0")
    lay_lock(folder, configuration)
    assert providers((folder / LOCK_FILE).read_text("utf-8")) == []
    assert unlocked("dev", configuration) == ["hashicorp/aws 6.26.0"]


def test_what_terraform_has_noted_of_it_stays(folder: Path) -> None:
    """From one run to the next the package is the same, though `locks/` does not have it."""
    noted = 'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "6.26.0"\n  hashes = [\n  ]\n}\n'
    (folder / LOCK_FILE).write_text(noted, encoding="utf-8")
    lay_lock(folder, stack(aws="6.26.0", okta="4.20.0"))
    assert providers((folder / LOCK_FILE).read_text("utf-8")) == [noted.strip()]


def test_a_crowd_has_no_okta(folder: Path) -> None:
    configuration = stack(aws="~> 6.20")
    lay_lock(folder, configuration)
    assert providers((folder / LOCK_FILE).read_text("utf-8")) == providers(KEPT)[:1]
    assert unlocked("dev", configuration) == []


def test_nothing_is_kept(folder: Path) -> None:
    """Then what lies beside the stack is the user's own."""
    (folder / LOCK_FILE).write_text("mine", encoding="utf-8")
    for broken in (b"\xff", b""):
        (folder.parent / "locks" / "dev.terraform.lock.hcl").write_bytes(broken)
        lay_lock(folder, stack(aws="6.25.0"))
        assert (folder / LOCK_FILE).read_text("utf-8") == "mine"
    assert unlocked("dev", stack(aws="6.25.0")) == ["hashicorp/aws 6.25.0"]


def test_opentofus_own_addresses(folder: Path) -> None:
    kept = KEPT.replace("registry.terraform.io", "registry.opentofu.org")
    (folder.parent / "locks" / "dev.terraform.lock.hcl").write_text(kept, encoding="utf-8")
    lay_lock(folder, stack(aws="6.25.0", okta="4.20.0"))
    assert providers((folder / LOCK_FILE).read_text("utf-8")) == providers(kept)


@pytest.mark.parametrize(
    ("release", "constraint", "expected"),
    [
        ("6.25.0", "6.25.0", True),
        ("6.25.0", "= 6.25.0", True),
        ("6.25.0", "6.25.1", False),
        ("6.25.3", "~> 6.25.0", True),
        ("6.26.0", "~> 6.25.0", False),
        ("6.26.0", "~> 6.25", True),
        ("7.0.0", "~> 6.25", False),
        ("6.24.9", "~> 6.25", False),
        ("6.100.0", "~> 6.25", True),
        ("6.26.0-beta1", "~> 6.25", False),
    ],
)
def test_constraints(release: str, constraint: str, *, expected: bool) -> None:
    """https://developer.hashicorp.com/terraform/language/expressions/version-constraints."""
    assert satisfies(release, constraint) is expected


@given(st.lists(st.integers(0, 50), min_size=2, max_size=3), st.integers(0, 50))
def test_what_comes_later_on_the_last_place_agrees(numbers: list[int], more: int) -> None:
    least = ".".join(map(str, numbers))
    later = ".".join(map(str, [*numbers[:-1], numbers[-1] + more]))
    assert satisfies(later, f"~> {least}")
    assert satisfies(least, f"~> {later}") is (more == 0)
