"""The CDKTF app: environments in, one Terraform stack each out."""

import gc

from connect_sso.infrastructure import bindings

bindings.load_lazily()  # before anything imports cdktf

from connect_sso.infrastructure.synthesis import main  # noqa: E402

if __name__ == "__main__":
    main()
    gc.freeze()  # so that Python does not look through everything once more before it exits
