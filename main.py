"""The CDKTF app: environments in, one Terraform stack each out."""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever has not run the set-up may have any
    sys.exit(
        f"{sys.executable}: Python 3.11 or newer is needed; `make setup PYTHON=…` installs what this needs into .venv"
    )
sys.path.append(str(Path(__file__).resolve().parent / "constructs"))  # where the package itself is not installed

try:
    from connect_sso.errors import Failure
    from connect_sso.infrastructure import bindings

    bindings.load_lazily()  # before anything imports cdktf
    bindings.be_brief()
    from connect_sso.infrastructure.synthesis import main
except ImportError as error:
    sys.exit(f"{sys.executable}: {error}; `make setup` installs what this needs into .venv")
except Failure as failure:
    sys.exit(str(failure))

if __name__ == "__main__":
    main()
