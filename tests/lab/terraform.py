"""Terraform with the real providers on a synthesized stack, against accounts on loopback, with environment variables alone."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connect_sso.environment.imports import render_imports
from connect_sso.environment.loading import load
from connect_sso.infrastructure.synthesis import synthesize
from connect_sso.terraform.binary import terraform_binary
from tests.sandbox.http.serving import Accounts
from tests.sandbox.mirror import BOUND, SOURCES
from tests.sandbox.terraform import Sandbox, Stack
from tests.synthesized import synthesized

TIMEOUT = 1800
"""Seconds for Terraform to install the providers: hashicorp/aws has more than a hundred megabytes."""


class NotInstalled(Exception):
    """Terraform could not install the providers; the message is what it said."""


def install(folder: Path, releases: Mapping[str, str]) -> Path:
    """Have Terraform install the providers, from wherever its CLI configuration says.

    Args:
        folder: an empty one.
        releases: `aws` and `okta`, and the releases, where they are not to be those that the bindings are made for.

    Returns:
        A filesystem mirror with them, for all cases.

    Raises:
        NotInstalled: it could not.
    """
    wanted = BOUND | dict(releases)
    required = {name: {"source": SOURCES[name], "version": version} for name, version in wanted.items()}
    (folder / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}), "utf-8")
    done = subprocess.run(
        [terraform_binary(), f"-chdir={folder}", "init", "-input=false", "-no-color"],
        env=os.environ | {"CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    if done.returncode != 0:
        raise NotInstalled(done.stdout + done.stderr)
    return folder / ".terraform" / "providers"


class Lab(Sandbox):
    """A folder with everything that Terraform needs, as `Sandbox` is; the providers are real, and the accounts behind HTTP.

    Args:
        root: an absolute path.
        providers: the mirror that `install` has made.
        accounts: the running accounts.
        releases: as for `install`.
    """

    def __init__(self, root: Path, providers: Path, accounts: Accounts, releases: Mapping[str, str]) -> None:
        self.root = root
        self.states = None
        self.terraform = terraform_binary()
        self.accounts = accounts
        self.releases = releases
        self.cloud = accounts.cloud
        self.imports: dict[str, str] = {}
        """What the imports file holds: address to import id."""
        self.configuration = root / "terraform.rc"
        (root / "home").mkdir(parents=True, exist_ok=True)
        self.configuration.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{providers}"\n  }}\n}}\n', "utf-8"
        )

    def environment(self, *, account: str | None = None, **_: Any) -> dict[str, str]:
        """The environment variables for Terraform.

        Args:
            account: whose AWS credentials these are; by default those of the accounts that are running.
        """
        return {
            "CHECKPOINT_DISABLE": "1",
            "CONNECT_SSO_COMPARE": "off",
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "TERRAFORM_BINARY_NAME": self.terraform,
            "TF_CLI_CONFIG_FILE": str(self.configuration),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            **self.accounts.variables(account),
        }

    def provide(self, required: Mapping[str, Any]) -> None:
        """Nothing: the providers are there."""

    @contextmanager
    def attached(self) -> Iterator[dict[str, str]]:
        """Nothing more than the environment: the providers are programs of their own."""
        yield {}

    def stacks(self, data: dict[str, Any], *, name: str, csv: str | None = None) -> dict[str, Stack]:
        """Synthesize an environment anew, and initialize a working copy of each of its stacks."""
        folder = self.root / "synthesized"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        whole = copy.deepcopy(data) | {"providers": data.get("providers", {}) | dict(self.releases)}
        if not whole["providers"]:
            del whole["providers"]
        if self.imports:
            (folder / f"{name}.imports.json").write_text(render_imports(self.imports), "utf-8")
        made = synthesized(folder, whole, name=name, csv=csv)
        stacks = {stack: self.stack(one.folder, stack) for stack, one in made.items()}
        for stack in stacks.values():
            stack.init()
        return stacks

    def written(self, environments: Path, name: str) -> dict[str, Stack]:
        """The stacks of an environment whose files are there, with the releases that are tried, each in a new initialized copy."""
        path = environments / f"{name}.yaml"
        if self.releases and "\nproviders:" not in path.read_text("utf-8"):
            with path.open("a", encoding="utf-8") as file:
                file.write(f"\nproviders: {json.dumps(dict(self.releases))}\n")
        loaded = load(path)
        assert not loaded.errors, loaded.errors
        output = self.root / "written" / "cdktf.out"
        output.parent.mkdir(parents=True, exist_ok=True)
        synthesize([loaded], output)
        folders = sorted((output / "stacks").iterdir())
        stacks = {folder.name: self.stack(folder, f"written-{folder.name}") for folder in folders}
        for stack in stacks.values():
            stack.init()
        return stacks

    def one(self, data: dict[str, Any], *, name: str = "test") -> Stack:
        """The stack of an environment without a crowd."""
        return self.stacks(data, name=name)[name]
