"""The CDKTF app: environments in, one Terraform stack each out."""

import gc

gc.disable()  # it would take a tenth of a run that lasts a second

from connect_sso import bindings  # noqa: E402

bindings.load_lazily()  # before anything imports cdktf

from connect_sso.synthesis import main  # noqa: E402

if __name__ == "__main__":
    main()
    gc.freeze()  # nor does Python have to look through everything once more before it exits
