"""From environment files to Terraform JSON: the bytes that reviewers read, and the program that writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connect_sso.environment.loading import load_all
from connect_sso.environment.schema import environment_schema
from connect_sso.infrastructure.synthesis import synthesize
from tests.conftest import ROOT, Golden
from tests.environment_files import minimal, write

GOLDENS = ROOT / "tests" / "goldens" / "stacks"


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stacks of the repository's own environments."""
    output = tmp_path_factory.mktemp("synthesis") / "cdktf.out"
    synthesize(load_all(ROOT / "environments"), output)
    return output / "stacks"


def main(folder: Path, output: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run main.py as a user does."""
    environment = os.environ | {"CONNECT_SSO_ENVIRONMENTS": str(folder), "CDKTF_OUTDIR": str(output)} | variables
    return subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_stacks_of_the_repositorys_environments(stacks: Path, golden: Golden) -> None:
    """What a change of the code does to a plan is seen in the diff of these files."""
    written = sorted(path.relative_to(stacks) for path in stacks.rglob("*.json"))
    assert {path.parts[0] for path in written} == {"dev", "prod", "prod-users", "staging", "staging-users"}
    for path in written:
        golden.check(GOLDENS / path, (stacks / path).read_text(encoding="utf-8"))


def test_main_writes_the_same_bytes_and_says_nothing(stacks: Path, tmp_path: Path) -> None:
    """In another process and another folder; neither Node's age nor anything else is on the user's terminal."""
    done = main(ROOT / "environments", tmp_path / "out", ENVIRONMENT="prod,dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out" / "stacks").iterdir()) == ["dev", "prod", "prod-users"]
    for name in ("dev", "prod"):
        assert (tmp_path / "out" / "stacks" / name / "cdk.tf.json").read_bytes() == (
            stacks / name / "cdk.tf.json"
        ).read_bytes()


def test_main_stops_with_the_messages_of_check(tmp_path: Path) -> None:
    """An error in a file: the same lines, exit code 1, and nothing written."""
    write(tmp_path, "dev", minimal(aws__region="eu-west-1"))
    done = main(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "dev.yaml:3:11: aws.region: Amazon Connect is not known to run in eu-west-1" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be(tmp_path: Path) -> None:
    """One line, no traceback."""
    write(tmp_path, "dev", minimal())
    done = main(tmp_path, tmp_path / "dev.yaml" / "out")
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'dev.yaml' / 'out'}: cannot be made: Not a directory\n")


def test_an_error_elsewhere_does_not_stop_the_environment_that_was_asked_for(tmp_path: Path) -> None:
    """One environment at a time."""
    write(tmp_path, "dev", minimal(aws__region="eu-west-1"))
    write(tmp_path, "prod", minimal(aws__account_id="444455556666", connect__alias="acme-prod", okta__org_name="other"))
    assert main(tmp_path, tmp_path / "out", ENVIRONMENT="prod").returncode == 0


def test_an_environment_that_does_not_exist(tmp_path: Path) -> None:
    """Wrong usage, with the names there are."""
    write(tmp_path, "dev", minimal())
    done = main(tmp_path, tmp_path / "out", ENVIRONMENT="deb")
    assert done.returncode == 2
    assert "did you mean dev" in done.stderr


def test_editors_have_the_schema_of_today(golden: Golden) -> None:
    """The environment files name it in their first line."""
    golden.check(ROOT / "environments" / "environment.schema.json", environment_schema())
    for path in (ROOT / "environments").glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=environment.schema.json\n")
    json.loads(environment_schema())
