"""cdktf, started so that an interrupt reaches Terraform and not cdktf.

cdktf runs Terraform in a terminal of its own. Interrupted, it ends at once and that terminal with it: Terraform is killed, does not note
what is being made at that moment, and the next deployment makes it again. Terraform itself ends in good order when it is interrupted.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

INTERRUPTS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""A closed terminal, Ctrl-C, a cancelled job."""


def run(command: Sequence[str], environment: Mapping[str, str], *, terraform: str, scratch: Path) -> int:
    """Run cdktf to its end, and hand each interrupt on to the Terraform that it runs at that moment, if any.

    Args:
        command: cdktf and its arguments.
        environment: its environment variables.
        terraform: the program that it is to start.
        scratch: a folder for files that are needed meanwhile.

    Returns:
        The exit code.
    """
    with TemporaryDirectory(prefix=".connect-sso-", dir=scratch.resolve()) as folder:
        started, program = Path(folder, "terraform.pid"), Path(folder, "terraform")
        # cdktf tells nobody which process is Terraform's, so that process notes its number before it becomes Terraform.
        program.write_text(
            f'#!/bin/sh\necho $$ > {shlex.quote(str(started))}\nexec {shlex.quote(terraform)} "$@"\n', encoding="utf-8"
        )
        program.chmod(0o700)
        # A session of its own: Ctrl-C in a terminal is for the processes of the terminal's session.
        process = subprocess.Popen(
            command, env={**environment, "TERRAFORM_BINARY_NAME": str(program)}, start_new_session=True
        )

        def stop(_number: int, _frame: FrameType | None) -> None:
            try:
                os.kill(int(started.read_text(encoding="utf-8")), signal.SIGINT)
            except (FileNotFoundError, ProcessLookupError, ValueError):  # before, between or after its runs
                process.terminate()
                return
            print("==> stopping; a second interrupt stops at once, and what is being made is lost", file=sys.stderr)

        before = {number: signal.signal(number, stop) for number in INTERRUPTS}
        try:
            return process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
