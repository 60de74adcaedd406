"""The `connect-sso` command: one module per subcommand, imported only when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
import warnings

import click

from connect_sso.errors import EXIT_FAILED, EXIT_USAGE, Failure, UsageFailure

SUBCOMMANDS = {
    "adopt": "connect_sso.adopt",
    "check": "connect_sso.environment.check",
    "decode": "connect_sso.decode",
    "doctor": "connect_sso.doctor",
    "review": "connect_sso.review",
    "schema": "connect_sso.environment.schema",
    "trace": "connect_sso.trace",
}
"""Subcommand to the module whose `command` is its click command.

Lazily imported: `check` must answer in milliseconds and must not pay for an XML library.
"""


class LazyGroup(click.Group):
    """A click group that imports a subcommand's module only when that subcommand is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All subcommands, in alphabetical order."""
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand's click command, or None for a name that is not one."""
        module = SUBCOMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="connect-sso", prog_name="connect-sso")
def cli() -> None:
    """Okta sign-in for Amazon Connect, as one Terraform plan.

    \b
    Example:
      connect-sso check                 all environment files
      connect-sso trace dev --user Ada.Admin@example.com
      terraform show -json plan | connect-sso review -
    """


def main() -> None:
    """Run the command line and exit: 0 fine, 1 could not do it, 2 wrong usage, 3 something to decide."""
    if not sys.warnoptions:
        # A library's advice to its users is no news to ours; `python -W` still brings it back.
        warnings.simplefilter("ignore")
    try:
        cli.main(prog_name="connect-sso", standalone_mode=True)
    except UsageFailure as failure:
        print(f"connect-sso: {failure}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except Failure as failure:
        print(f"connect-sso: {failure}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
