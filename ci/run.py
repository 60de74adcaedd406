"""Start one of the workflows' programs: `python3 -I ci/run.py NAME [ARGUMENT…]`.

`python3 -m ci.NAME` would look for every module in the checkout first, so that a file `json.py` or a folder `click`
beside `ci/` ran with the program's token. Isolated (`-I`), Python looks neither there nor where its variables say; the
checkout comes last, after the standard library and the installed packages.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run the program that the first argument names."""
    if not sys.flags.isolated:
        sys.exit("ci/run.py: start it as `python3 -I ci/run.py`")
    sys.path.append(str(Path(__file__).parents[1]))
    del sys.argv[0]
    runpy.run_module(f"ci.{sys.argv[0]}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
