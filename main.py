"""The CDKTF app: environments in, one Terraform stack each out."""

from connect_sso import bindings

bindings.load_lazily()  # before anything imports cdktf

from connect_sso.synthesis import main  # noqa: E402

if __name__ == "__main__":
    main()
