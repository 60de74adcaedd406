"""An interrupted deployment: Terraform ends in good order, where cdktf would take it along into its own sudden end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TERRAFORM = """#!/bin/sh
trap 'echo "state written"; exit 1' INT
for argument; do echo "argument: $argument"; done
[ "$1" = version ] && exit 0
touch begun
while :; do sleep 0.02; done
"""

CDKTF = f"""#!{sys.executable}
import os, signal, subprocess, sys
subprocess.run([os.environ["TERRAFORM_BINARY_NAME"], "version"])
terraform = subprocess.Popen([os.environ["TERRAFORM_BINARY_NAME"], "apply", "-var=a b"], start_new_session=True)
def end(*_):
    terraform.kill()
    sys.exit(130)
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, end)
sys.exit(terraform.wait())
"""
"""As the real one: Terraform in a session of its own, which does not outlive it."""

RUN = """
import os, pathlib, sys
from connect_sso.terraform import cdktf_cli
scratch = pathlib.Path("scratch")
scratch.mkdir()
code = cdktf_cli.run(["./cdktf", "deploy"], os.environ, terraform=os.path.abspath("a terraform"), scratch=scratch)
assert not list(scratch.iterdir())
sys.exit(code)
"""


@contextmanager
def started(folder: Path, *, cdktf: str = CDKTF) -> Iterator[subprocess.Popen[str]]:
    """A deployment with these programs, once it is under way, in a process group of its own as in a terminal."""
    for name, text in (("a terraform", TERRAFORM), ("cdktf", cdktf)):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            while not (folder / "begun").exists():
                assert process.poll() is None or (folder / "begun").exists(), process.communicate()
                time.sleep(0.02)
            yield process
        finally:
            process.kill()  # where a test has failed: nothing waits for it then


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_terraform_ends_in_good_order(tmp_path: Path, sent: signal.Signals) -> None:
    """A closed terminal, Ctrl-C and a cancelled job: what was made is noted, and the exit code tells of the interrupt."""
    with started(tmp_path) as process:
        os.killpg(process.pid, sent)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stdout.splitlines() == ["argument: version", "argument: apply", "argument: -var=a b", "state written"]
    assert "a second interrupt stops at once" in stderr
    assert "Traceback" not in stderr


def test_cdktf_itself_is_stopped_where_terraform_does_not_run(tmp_path: Path) -> None:
    """While it synthesizes, say: there is nothing that could be lost."""
    idle = "#!/bin/sh\ntouch begun\nexec sleep 60\n"
    with started(tmp_path, cdktf=idle) as process:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode != 0


def test_the_exit_code_is_that_of_cdktf(tmp_path: Path) -> None:
    with started(tmp_path, cdktf="#!/bin/sh\ntouch begun\nexit 7\n") as process:
        process.communicate(timeout=30)
    assert process.returncode == 7
