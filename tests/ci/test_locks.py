"""The provider lock files in the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.ci.workflow import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER = re.compile(r'^provider "registry\.terraform\.io/(\S+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
HASH = re.compile(r'^    "(h1:[A-Za-z0-9+/]{43}=|zh:[0-9a-f]{64})",$', re.MULTILINE)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stacks of the three environments."""
    out = tmp_path_factory.mktemp("out")
    variables = {name: value for name, value in os.environ.items() if name != "ENVIRONMENT"}
    subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=variables | {"CDKTF_OUTDIR": str(out)}, check=True)
    return out / "stacks"


def test_each_stack_has_its_lock_file(stacks: Path) -> None:
    """Terraform refuses a lock file with other releases than the stack wants, or with more or fewer providers."""
    wanted = {}
    for path in stacks.glob("*/cdk.tf.json"):
        required = json.loads(path.read_text(encoding="utf-8"))["terraform"]["required_providers"]
        sources = {"aws": "hashicorp/aws", "okta": "okta/okta"}
        wanted[path.parent.name] = {sources[name]: provider["version"] for name, provider in required.items()}
    locked = {}
    for path in (ROOT / "locks").iterdir():
        blocks = PROVIDER.findall(path.read_text(encoding="utf-8"))
        versions = {name: re.findall(r'version     = "(.*)"', block) for name, block in blocks}
        locked[path.name.removesuffix(".terraform.lock.hcl")] = {name: found[0] for name, found in versions.items()}
    assert locked == wanted


def test_every_platform_is_in_the_lock_files() -> None:
    """With the hashes of one platform alone a colleague's machine, or the runner, could not install the provider."""
    for path in (ROOT / "locks").iterdir():
        for name, block in PROVIDER.findall(path.read_text(encoding="utf-8")):
            found = HASH.findall(block)
            assert found == sorted(set(found)), f"{path.name}: {name}"
            for scheme in ("h1:", "zh:"):
                assert sum(text.startswith(scheme) for text in found) >= 5, f"{path.name}: {name} {scheme}"
