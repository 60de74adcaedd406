"""What a workflow must know of the environment files: `.venv/bin/python -I ci/run.py environments CHECKOUT [BASE]`.

Reads them as the app itself does, in a job that holds no token, for the programs that hold one and have the standard
library alone. Outputs: `now`, `before` for the checkout that a pull request starts from, and `remote`, the names of those
whose state is on no machine of somebody's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ci.runner import Stop, run, set_output
from connect_sso.environment.clashes import state_locations
from connect_sso.environment.loading import load_all
from connect_sso.errors import Failure


def facts(checkout: Path) -> dict[str, dict[str, Any]]:
    """Each environment's file, its CSV, whether its state is a file on somebody's machine, and where it lies otherwise.

    An environment whose file has errors counts as one with remote state: it is planned, and its plan says what is wrong.

    Raises:
        Stop: there are no environment files.
    """
    try:
        loaded = load_all(checkout / "environments")
    except Failure as failure:
        raise Stop(str(failure)) from None
    return {
        each.name: {
            "file": each.path.name,
            "csv": each.environment.users_file if each.environment else None,
            "local": each.environment is not None and each.environment.state == "local",
            "states": list(state_locations(each.name, each.tree)) if each.tree else [],
        }
        for each in loaded
    }


def main() -> None:
    """Set the outputs."""
    now, *before = (facts(Path(checkout)) for checkout in sys.argv[1:])
    set_output("now", now)
    set_output("before", before[0] if before else {})
    set_output("remote", [name for name, each in now.items() if not each["local"]])


if __name__ == "__main__":
    run(main)
