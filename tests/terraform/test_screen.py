"""What is shown of what Terraform prints, and that nobody waits without a sign of life."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from connect_sso.terraform.screen import run_quietly, warnings_of, without_noise
from tests.terminal import type_command

LOOKUPS = """\
data.okta_group.groups["Agents"]: Reading...
aws_connect_user.users["bo: x"]: Refreshing state... [id=1]
data.okta_group.groups["Agents"]: Read complete after 0s [id=2]
"""
PLAN = """\
Terraform will perform the following actions:

  # okta_app_saml.admin will be updated in-place
      ~ label = "a: Reading..." -> "b"

Plan: 0 to add, 1 to change, 0 to destroy.
"""
CHECK = """\
Warning: Check block assertion failed

  on cdk.tf.json line 52:

API integration is not enabled yet.
"""
OTHER = """\
Warning: Argument is deprecated

Use another.
"""


def framed(text: str) -> str:
    """A diagnostic as Terraform prints it in colours."""
    lines = "".join(f"\x1b[33m│\x1b[0m {line}\n" for line in text.splitlines())
    return f"\x1b[33m╷\x1b[0m\x1b[0m\n{lines}\x1b[33m╵\x1b[0m\x1b[0m\n"


@pytest.mark.parametrize("as_printed", [str, framed], ids=["plain", "framed"])
def test_what_the_review_says_is_not_said_twice(as_printed: object) -> None:
    assert callable(as_printed)
    check, other = as_printed(CHECK), as_printed(OTHER)
    for warnings in (f"{check}\n{other}", f"{other}\n{check}"):
        text = without_noise(f"{LOOKUPS}\n{PLAN}\n{warnings}")
        assert text.startswith(PLAN)
        assert "deprecated" in text
        assert "API integration" not in text
        assert warnings_of(f"{LOOKUPS}{PLAN}{warnings}") == other.strip("\n")


def test_no_warning() -> None:
    assert warnings_of(LOOKUPS + PLAN) == warnings_of(PLAN + framed(CHECK)) == warnings_of("") == ""


def test_errors_stay() -> None:
    text = "Error: no\n\nWhy.\n"
    assert without_noise(LOOKUPS + text) == text.strip("\n")
    assert without_noise(framed(text)) == framed(text).strip("\n")


def test_both_streams_and_the_exit_code() -> None:
    """It has no input, so that it cannot wait for any."""
    program = "import sys; print(sys.stdin.read() + 'out', flush=True); print('err', file=sys.stderr); sys.exit(7)"
    assert run_quietly([sys.executable, "-c", program]) == (7, "out\nerr\n")


def test_a_sign_of_life_in_a_terminal(tmp_path: Path) -> None:
    """The seconds, and how much has been looked up; nothing of it stays on the screen."""
    slow = "import time; print('a.b: Refreshing state... [id=1]', flush=True); time.sleep(1.5)"
    program = f"import sys; from connect_sso.terraform.screen import run_quietly; run_quietly([sys.executable, '-c', {slow!r}])"
    done = type_command([sys.executable, "-c", program], {}, tmp_path)
    assert done.code == 0
    assert "1 s, 1 lookup" in done.stdout
    assert done.stdout.endswith("\r")
