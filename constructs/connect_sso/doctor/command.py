"""`connect-sso doctor`: what is wrong with sign-in today, read from both live accounts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from connect_sso.doctor.findings import Area
from connect_sso.environment.loading import load_one
from connect_sso.errors import EXIT_DECIDE


@click.command()
@click.argument("environment", metavar="ENV")
@click.option(
    "--user", "username", metavar="NAME", help="Only what concerns this person, with the sign-in step by step."
)
@click.option(
    "--area",
    "areas",
    multiple=True,
    type=click.Choice([area.value for area in Area]),
    help="Only findings about these. Repeatable; people alone takes the fewest calls.",
)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def command(environment: str, username: str | None, areas: tuple[str, ...], form: str) -> None:
    """Say what is wrong with sign-in today, for whom, and the fix.

    Reads both live accounts, and only reads, with the credentials that Terraform's providers take from the environment:
    AWS's, and OKTA_API_TOKEN or a service app's. It needs no Terraform and no state. docs/doctor.md lists the rights that
    it needs and what it looks for.

    Exit code: 0 healthy, as far as could be checked; 3 something to do; 1 an account cannot be read.

    \b
    Example:
      connect-sso doctor prod
      connect-sso doctor prod --user Ada.Admin@example.com
      connect-sso doctor prod --format json | jq '.findings[].code'
    """
    loaded = load_one(environment)
    # Only here: the readers take an HTTP and an XML library.
    from connect_sso.doctor.diagnosing import diagnose_live
    from connect_sso.doctor.examination import Examination
    from connect_sso.doctor.rendering import FORMATS
    from connect_sso.live.environment import read_environment
    from connect_sso.live.progress import shown

    with shown() as progress:
        reading = read_environment(loaded, progress, people_alone=areas == (Area.PEOPLE.value,) and username is None)
    case = Examination(loaded, reading.account, reading.org, datetime.now(UTC), reading.looked_up)
    health = diagnose_live(case, username, areas)
    # As bytes: the same ones whatever the encoding of the terminal or of the runner's locale.
    click.echo(FORMATS[form](health).encode(), nl=False)
    if not health.healthy:
        sys.exit(EXIT_DECIDE)
