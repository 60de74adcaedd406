"""The CDKTF app: environments in, one Terraform stack each out."""

import sys

from connect_sso.errors import Failure
from connect_sso.infrastructure import bindings

try:
    bindings.load_lazily()  # before anything imports cdktf
except Failure as failure:
    sys.exit(str(failure))
bindings.be_brief()

from connect_sso.infrastructure.synthesis import main  # noqa: E402

if __name__ == "__main__":
    main()
