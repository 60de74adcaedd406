"""What `make plan` and `make deploy` do: both stacks of an environment, in order, each with what it needs.

`.venv/bin/python -m connect_sso.terraform.operations plan ENV`
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connect_sso.environment.derived_names import crowd_stack
from connect_sso.environment.loading import load_one
from connect_sso.errors import EXIT_DECIDE, EXIT_FAILED, EXIT_FINE, EXIT_USAGE, Failure, UsageFailure
from connect_sso.terraform import cdktf_cli
from connect_sso.terraform.binary import terraform_binary

if TYPE_CHECKING:
    from connect_sso.environment.loading import LoadedEnvironment
    from connect_sso.environment.model import Environment

STACKS = Path(os.environ.get("CDKTF_OUTDIR", "cdktf.out")) / "stacks"
PLAN_FILE = "plan"
"""In the stack's folder; where `cdktf diff` leaves it too."""

OKTA_CREDENTIALS = (
    ("OKTA_API_TOKEN",),
    ("OKTA_ACCESS_TOKEN",),
    ("OKTA_API_CLIENT_ID", "OKTA_API_PRIVATE_KEY", "OKTA_API_PRIVATE_KEY_ID", "OKTA_API_SCOPES"),
)
"""The sets of variables that the Okta provider reads: https://registry.terraform.io/providers/okta/okta/4.20.0/docs."""

WITHOUT_REFRESH = "-refresh=false"
"""For the crowd: a refresh asks Connect about each person, and Connect answers two requests a second."""


@dataclass(frozen=True)
class Stack:
    """A synthesized stack in its folder."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its `cdk.tf.json` lies and Terraform runs."""
        return STACKS / self.name

    def terraform(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
        """Run Terraform in the folder; its output goes where ours goes, or into the result."""
        command = [terraform_binary(), f"-chdir={self.folder}", *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE if capture else None, check=False)

    def init(self) -> None:
        """Install the providers, quietly where nothing goes wrong.

        Raises:
            Failure: Terraform cannot; what it says has been printed.
        """
        command = [terraform_binary(), f"-chdir={self.folder}", "init", "-input=false"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            sys.stdout.buffer.write(done.stdout)
            sys.stdout.flush()
            raise Failure(f"{self.name}: terraform init failed, see above")

    def is_behind(self) -> bool:
        """Whether what is deployed differs from the configuration, or nobody can tell; what a refresh would find is left out."""
        return (
            self.terraform("plan", "-input=false", WITHOUT_REFRESH, "-detailed-exitcode", capture=True).returncode != 0
        )

    def plan(self, *arguments: str) -> tuple[int, dict[str, Any] | None]:
        """Plan into the folder.

        Returns:
            Terraform's exit code, and the plan as JSON: also of a plan that Terraform refuses, None where it made none
            or does not show it (HCP Terraform shows it to a workspace's administrators alone).
        """
        (self.folder / PLAN_FILE).unlink(missing_ok=True)
        planned = self.terraform("plan", "-input=false", f"-out={PLAN_FILE}", *arguments)
        if not (self.folder / PLAN_FILE).exists():
            return planned.returncode, None
        shown = self.terraform("show", "-json", PLAN_FILE, capture=True)
        return planned.returncode, json.loads(shown.stdout) if shown.returncode == 0 else None


def say(message: str) -> None:
    """Tell on stderr what happens now: a wait without a word looks like a hang."""
    print(f"==> {message}", file=sys.stderr, flush=True)


def require_okta_credentials(environment: Environment) -> None:
    """Stop before Terraform starts where no Okta credentials are there.

    Raises:
        Failure: none of the sets of variables is complete. A remote run has its own, in its workspace.
    """
    if environment.state != "local" and environment.state.cloud is not None:
        return
    if any(all(os.environ.get(name) for name in names) for names in OKTA_CREDENTIALS):
        return
    choices = ", or ".join(" with ".join(names) for names in OKTA_CREDENTIALS)
    raise Failure(f"no Okta credentials: the Okta provider reads them from {choices}; set one of these")


def synthesize(name: str) -> None:
    """Write the environment's stacks anew.

    Raises:
        Failure: the environment file has errors, which have been printed.
    """
    say(f"synthesizing {name}")
    done = subprocess.run([sys.executable, "main.py"], env=os.environ | {"ENVIRONMENT": name}, check=False)
    if done.returncode != 0:
        raise Failure(f"{name} could not be synthesized, see above")


def plan(loaded: LoadedEnvironment, environment: Environment) -> int:
    """Plan both stacks and show the review of each; the exit code is Terraform's."""
    synthesize(loaded.name)
    own = Stack(loaded.name)
    say(f"planning {own.name}")
    own.init()
    code, plan_json = own.plan()
    _review(own, plan_json)
    if code != 0 or environment.users_file is None:
        return code
    crowd = Stack(crowd_stack(loaded.name))
    if environment.connect.alias and not _instance_is_there(own, plan_json):
        say(
            f"{crowd.name} is not planned yet: its {len(loaded.crowd):,} people need the instance, which {own.name} makes first"
        )
        return code
    refresh = _refresh_arguments()
    say(
        f"planning {crowd.name} ({len(loaded.crowd):,} people{', without asking Connect about each' if refresh else ''})"
    )
    crowd.init()
    code, plan_json = crowd.plan(*refresh)
    _review(crowd, plan_json)
    return code


def deploy(loaded: LoadedEnvironment, environment: Environment) -> int:
    """Deploy both stacks with cdktf, the crowd only once the environment's own is as the file says; the exit code is the failed one's."""
    cdktf = Path("node_modules/.bin/cdktf")
    if not cdktf.exists():
        raise Failure("cdktf is not installed: run `make setup`")
    # The node of the pinned wheel, and a Terraform even where the PATH has none.
    variables = os.environ | {
        "CHECKPOINT_DISABLE": "1",
        "DISABLE_VERSION_CHECK": "1",  # in a terminal cdktf asks npm for newer releases first, and there will be none
        "ENVIRONMENT": loaded.name,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    terraform = terraform_binary()
    arguments = shlex.split(os.environ.get("DEPLOY_ARGS", ""))

    def run(stack: Stack, *more: str, **further: str) -> int:
        say(f"deploying {stack.name}")
        command = [str(cdktf), "deploy", stack.name, *more, *arguments]
        return cdktf_cli.run(command, variables | further, terraform=terraform, scratch=cdktf.parent)

    own = Stack(loaded.name)
    code = run(own)
    if environment.users_file is None:
        return code
    crowd = Stack(crowd_stack(loaded.name))
    if code != EXIT_FINE:
        say(f"{crowd.name} is not deployed, since {own.name} could not be")
        return code
    # cdktf says 0 as well when a person dismisses the plan.
    if "--auto-approve" not in arguments and own.is_behind():
        say(f"{crowd.name} is not deployed, since {own.name} has not been")
        return EXIT_FAILED
    # A call of its own: cdktf cannot give one stack other Terraform arguments than the next. It starts `terraform apply`,
    # which plans by itself; what the crowd depends on was deployed above.
    given = os.environ.get("TF_CLI_ARGS_apply", "")
    refresh = " ".join(filter(None, [given, *_refresh_arguments()]))
    return run(crowd, "--ignore-missing-stack-dependencies", TF_CLI_ARGS_apply=refresh)


def _refresh_arguments() -> tuple[str, ...]:
    return () if os.environ.get("REFRESH", "").lower() in {"true", "1", "yes"} else (WITHOUT_REFRESH,)


def _review(stack: Stack, plan_json: dict[str, Any] | None) -> None:
    """Show what the plan means for sign-in; a plan that Terraform refused says there why, and what it would have cost."""
    if plan_json is None:
        return
    sys.stdout.flush()
    command = [sys.executable, "-m", "connect_sso.cli", "review", "-", "--environment", stack.name]
    say(f"review of {stack.name}")
    done = subprocess.run(command, input=json.dumps(plan_json).encode(), check=False)
    if done.returncode not in {EXIT_FINE, EXIT_DECIDE}:
        say("the plan could not be reviewed, see above")


def _instance_is_there(own: Stack, plan_json: dict[str, Any] | None) -> bool:
    """Whether the environment's instance exists and this plan keeps it."""
    if plan_json is None:
        listed = own.terraform("state", "list", "aws_connect_instance.instance", capture=True)
        return bool(listed.stdout.strip())
    return any(
        change["type"] == "aws_connect_instance"
        and change["mode"] == "managed"
        and "create" not in change["change"]["actions"]
        for change in plan_json.get("resource_changes", [])
    )


@click.command()
@click.argument("operation", type=click.Choice(["plan", "deploy"]))
@click.argument("environment")
def command(operation: str, environment: str) -> None:
    """Plan or deploy both stacks of an environment."""
    loaded = load_one(environment)
    model = loaded.environment
    assert model is not None  # load_one raises otherwise
    require_okta_credentials(model)
    sys.exit({"plan": plan, "deploy": deploy}[operation](loaded, model))


def main() -> None:
    """Run the operation and exit with its code; 1 where it could not start, 2 for an environment that does not exist."""
    try:
        command.main(prog_name="make", standalone_mode=True)
    except UsageFailure as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
