"""The command line: exit codes, and a clear line instead of a traceback."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connect_sso.cli import SUBCOMMANDS
from tests.conftest import ROOT
from tests.decode.responses import Response, signer
from tests.environment_files import minimal, write


def connect_sso(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `connect-sso` as a user does."""
    command = [sys.executable, "-m", "connect_sso.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sorted(SUBCOMMANDS))
def test_every_command_shows_an_example(name: str) -> None:
    """--help is where people look first."""
    done = connect_sso(name, "--help")
    assert done.returncode == 0
    assert f"connect-sso {name}" in done.stdout.partition("Example:")[2]
    assert "\\b" not in done.stdout, (
        "click leaves the lines of an example alone behind a backspace, not behind its name"
    )


def test_a_command_that_does_not_exist() -> None:
    """Wrong usage."""
    assert connect_sso("chek").returncode == 2


def test_check_is_fine(tmp_path: Path) -> None:
    """Nothing on stdout, one line on stderr, exit 0."""
    write(tmp_path, "dev", minimal())
    done = connect_sso("check", CONNECT_SSO_ENVIRONMENTS=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "fine: dev (1 person)\n")


def test_check_prints_one_line_per_problem_on_stdout(tmp_path: Path) -> None:
    """`file:line:column: key: message`, exit 1; an error of another environment is not this one's."""
    write(tmp_path, "dev", minimal(aws__region="eu-west-1", okta__usernme="x"))
    write(tmp_path, "prod", minimal(aws__account_id="444455556666", connect__alias="p", okta__org_name="o"))
    done = connect_sso("check", "dev", CONNECT_SSO_ENVIRONMENTS=str(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{tmp_path}/dev.yaml:3:11: aws.region: ")


def test_check_of_an_unknown_environment_is_wrong_usage(tmp_path: Path) -> None:
    """Exit 2, with the nearest name."""
    write(tmp_path, "dev", minimal())
    done = connect_sso("check", "deb", CONNECT_SSO_ENVIRONMENTS=str(tmp_path))
    assert done.returncode == 2
    assert "did you mean dev" in done.stderr


def test_check_without_any_environment(tmp_path: Path) -> None:
    """Could not do it: exit 1 and one line."""
    done = connect_sso("check", CONNECT_SSO_ENVIRONMENTS=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_no_librarys_warning_reaches_the_reader(tmp_path: Path) -> None:
    """A certificate with a negative serial number, of which a library warns: whoever decodes has no use for that."""
    certificate = signer().certificate
    number = certificate.serial_number.to_bytes((certificate.serial_number.bit_length() + 8) // 8, "big")
    negative = bytes([0x80 | number[0]]) + number[1:]
    odd = certificate.public_bytes(Encoding.DER).replace(number, negative, 1)
    response = Response().element()
    for element in response.iter("{*}X509Certificate"):
        element.text = base64.b64encode(odd).decode()
    file = tmp_path / "response.xml"
    file.write_bytes(etree.tostring(response))
    done = connect_sso("decode", str(file))
    assert done.stderr == ""
    warned = connect_sso("decode", str(file), PYTHONWARNINGS="default")
    assert "serial number" in warned.stderr


def test_schema_is_printed() -> None:
    """As JSON, for editors."""
    done = connect_sso("schema")
    assert done.returncode == 0
    assert done.stdout == (ROOT / "environments" / "environment.schema.json").read_text(encoding="utf-8")
