"""What `make plan` and `make deploy` do: both stacks of an environment, in order, each with what it needs.

`.venv/bin/python -m connect_sso.terraform.operations plan ENV`
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connect_sso.environment.loading import load_one
from connect_sso.errors import EXIT_DECIDE, EXIT_FAILED, EXIT_FINE, EXIT_USAGE, Failure, UsageFailure
from connect_sso.terraform import cdktf_cli
from connect_sso.terraform.binary import terraform_binary
from connect_sso.terraform.stacks import (
    NEW_ENVIRONMENT,
    WITHOUT_REFRESH,
    PlannedStack,
    Stack,
    Waiting,
    accepted,
    includes_crowd,
    plan_crowd,
    plan_stacks,
    say,
)

if TYPE_CHECKING:
    from connect_sso.environment.model import Environment

OKTA_CREDENTIALS = (
    ("OKTA_API_TOKEN",),
    ("OKTA_ACCESS_TOKEN",),
    ("OKTA_API_CLIENT_ID", "OKTA_API_PRIVATE_KEY", "OKTA_API_PRIVATE_KEY_ID", "OKTA_API_SCOPES"),
)
"""The sets of variables that the Okta provider reads: https://registry.terraform.io/providers/okta/okta/4.20.0/docs."""


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


def plan(name: str) -> int:
    """Plan both stacks and show the review of each; the exit code is Terraform's."""
    code = EXIT_FINE
    for planned in plan_stacks(name, refresh_crowd=_refresh()):
        if isinstance(planned, Waiting):
            say(f"{planned.stack.name} is not planned yet: {planned.reason}")
            continue
        code = planned.exit_code
        if planned.shown is not None:
            _show_review(planned)
    return code


def deploy(name: str) -> int:
    """Review both stacks, and deploy them with cdktf, the crowd only once the environment's own is as the file says.

    Without a person who is asked, what must be decided has to be named in ACCEPT; else nothing is deployed.

    Returns:
        The exit code of what failed; `EXIT_DECIDE` where something must be decided and is not accepted.
    """
    cdktf = Path("node_modules/.bin/cdktf")
    if not cdktf.exists():
        raise Failure("cdktf is not installed: run `make setup`")
    # The node of the pinned wheel, and a Terraform even where the PATH has none.
    variables = os.environ | {
        "CHECKPOINT_DISABLE": "1",
        "DISABLE_VERSION_CHECK": "1",  # in a terminal cdktf asks npm for newer releases first, and there will be none
        "ENVIRONMENT": name,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    terraform = terraform_binary()
    arguments = shlex.split(os.environ.get("DEPLOY_ARGS", ""))
    asks = "--auto-approve" not in arguments
    names = accepted(os.environ.get("ACCEPT", ""))

    def permitted(planned: PlannedStack) -> bool:
        to_decide = _show_review(planned, names)
        if to_decide and not asks:
            say(f"{planned.stack.name} is not deployed: ACCEPT has to name what must be decided, see above")
        return asks or not to_decide

    def run(stack: Stack, *more: str, **further: str) -> int:
        say(f"deploying {stack.name}")
        command = [str(cdktf), "deploy", stack.name, *more, *arguments]
        return cdktf_cli.run(command, variables | further, terraform=terraform, scratch=cdktf.parent)

    both = list(plan_stacks(name, refresh_crowd=_refresh()))
    for planned in both:
        if isinstance(planned, PlannedStack):
            if planned.exit_code != EXIT_FINE:
                if planned.shown is not None:
                    _show_review(planned)
                say(f"{name} is not deployed, since {planned.stack.name} could not be planned")
                return planned.exit_code
            if not permitted(planned):
                return EXIT_DECIDE
    own, *crowds = (planned.stack for planned in both)
    code = run(own)
    for crowd in crowds:
        if code != EXIT_FINE:
            say(f"{crowd.name} is not deployed, since {own.name} could not be")
            return code
        # cdktf says 0 as well when a person dismisses the plan.
        if asks and own.is_behind():
            say(f"{crowd.name} is not deployed, since {own.name} has not been")
            return EXIT_FAILED
        if isinstance(both[1], Waiting):
            if includes_crowd(names):
                names.add(NEW_ENVIRONMENT)
            planned = plan_crowd(crowd, refresh=_refresh())
            if planned.exit_code != EXIT_FINE:
                return planned.exit_code
            if not permitted(planned):
                return EXIT_DECIDE
        # A call of its own: cdktf cannot give one stack other Terraform arguments than the next. It starts `terraform apply`,
        # which plans by itself; what the crowd depends on was deployed above.
        given = os.environ.get("TF_CLI_ARGS_apply", "")
        refresh = " ".join(filter(None, [given, *(() if _refresh() else (WITHOUT_REFRESH,))]))
        code = run(crowd, "--ignore-missing-stack-dependencies", TF_CLI_ARGS_apply=refresh)
    return code


def _refresh() -> bool:
    return os.environ.get("REFRESH", "").lower() in {"true", "1", "yes"}


def _show_review(planned: PlannedStack, names: set[str] | None = None) -> bool:
    """Show what the plan means for sign-in; a plan that Terraform refused says there why, and what it would have cost.

    Returns:
        Whether something is left that a person must decide.
    """
    say(f"review of {planned.stack.name}")
    return planned.show_review(names or ())


@click.command()
@click.argument("operation", type=click.Choice(["plan", "deploy"]))
@click.argument("environment")
def command(operation: str, environment: str) -> None:
    """Plan or deploy both stacks of an environment."""
    model = load_one(environment).environment
    assert model is not None  # load_one raises otherwise
    require_okta_credentials(model)
    sys.exit({"plan": plan, "deploy": deploy}[operation](environment))


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
