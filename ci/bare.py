"""Run a command as on a machine with nothing but what the README asks for: `python3 -I ci/run.py bare COMMAND…`.

The environment is empty but for a PATH of links to Python, make, git, a C compiler, a shell and GNU coreutils.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ci.runner import Stop, run

PROGRAMS = ("make", "git", "cc", "as", "ld", "sh", "bash")
"""What has to be there; a C compiler finds its assembler and linker on the PATH."""

COREUTILS = [
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "dirname",
    "echo",
    "env",
    "expand",
    "false",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "seq",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "wc",
]


def links(folder: Path) -> None:
    """Fill a folder with links to the programs.

    Raises:
        Stop: one is not on this machine.
    """
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    for name in (*PROGRAMS, *COREUTILS):
        found = shutil.which(name)
        if found is None:
            raise Stop(f"there is no {name} on the PATH")
        (folder / name).symlink_to(found)


def main() -> None:
    """Run the command and leave with its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        links(Path(folder))
        variables = {"PATH": folder, "HOME": os.environ["HOME"]}
        code = subprocess.run(
            [shutil.which(sys.argv[1], path=folder) or sys.argv[1], *sys.argv[2:]], env=variables, check=False
        ).returncode
    sys.exit(code)


if __name__ == "__main__":
    run(main)
