"""The pinned cdktf-cli in node_modules, started with what it needs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from connect_sso.errors import Failure
from connect_sso.terraform.binary import terraform_binary

PROGRAM = Path("node_modules", ".bin", "cdktf")


def prepare() -> None:
    """Set the variables of this process, and of what it starts, as cdktf-cli and Terraform need them.

    Node is that of the pinned wheel, Terraform is found even where the PATH has none, neither asks the network for newer releases, and
    providers are kept once for all stacks: https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/environment-variables.

    Raises:
        Failure: there is no Terraform.
    """
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.environ["TERRAFORM_BINARY_NAME"] = terraform_binary()
    os.environ["CHECKPOINT_DISABLE"] = "1"
    os.environ["DISABLE_VERSION_CHECK"] = "1"
    os.environ["TF_IN_AUTOMATION"] = "1"  # no hints at commands that would go around what this program does
    # One copy of each provider for all stacks: hashicorp/aws has hundreds of megabytes. cdktf-cli keeps it there too.
    if os.environ.get("CDKTF_DISABLE_PLUGIN_CACHE_ENV") not in {"1", "true"}:
        cache = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or Path.home() / ".terraform.d" / "plugin-cache")
        with suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            os.environ["TF_PLUGIN_CACHE_DIR"] = str(cache)


def program() -> Path:
    """Where it is: in the project's folder, or beside the virtual environment that this program is in.

    Raises:
        Failure: it is not installed.
    """
    for folder in (Path.cwd(), Path(sys.prefix).parent):
        if (folder / PROGRAM).exists():
            return folder / PROGRAM
    raise Failure("cdktf-cli is not installed in node_modules: run `make setup`")
