"""`connect-sso check`: are the environment files right? All errors at once, each with its place."""

from __future__ import annotations

import sys

import click

from connect_sso.environment.loading import load_all, select
from connect_sso.errors import EXIT_FAILED


@click.command()
@click.argument("environments", nargs=-1, metavar="[ENV]...")
def command(environments: tuple[str, ...]) -> None:
    """Check environment files and their CSVs before Terraform starts.

    Prints one `file:line:column: key: message` for each problem and exits 1 where one is an error. Without ENV all
    environments are checked; with ENV the others are read too, for what two environments cannot both have.

    \b
    Example:
      connect-sso check
      connect-sso check prod
    """
    chosen = select(load_all(), environments)
    problems = [problem for each in chosen for problem in each.problems]
    for problem in problems:
        print(problem)
    errors = sum(not problem.is_warning for problem in problems)
    if errors:
        print(f"{errors} error{'s' if errors != 1 else ''}; nothing was changed", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    people = sum(len(each.environment.users) + len(each.crowd) for each in chosen if each.environment)
    names = ", ".join(each.name for each in chosen)
    print(f"fine: {names} ({people:,} {'person' if people == 1 else 'people'})", file=sys.stderr)
