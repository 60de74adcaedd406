"""`connect-sso trace`: can everybody sign in to whom the environment promises it, and if not, where does it end?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from connect_sso.environment.loading import LoadedEnvironment, load_one
from connect_sso.errors import EXIT_DECIDE, UsageFailure
from connect_sso.sign_in.promised import promised_sign_in
from connect_sso.sign_in.walk import Walker, walk_all
from connect_sso.text import visible
from connect_sso.trace.rendering import as_json, as_mermaid, as_text, tiles

if TYPE_CHECKING:
    from connect_sso.sign_in.model import SignIn


@click.command()
@click.argument("environment", metavar="ENV")
@click.option("--user", "username", metavar="NAME", help="Walk only this person, as Okta spells the name.")
@click.option(
    "--plan", "plans", metavar="PLAN.json", multiple=True, help="Walk what this plan makes (`terraform show -json`)."
)
@click.option(
    "--state",
    "states",
    metavar="STATE.json",
    multiple=True,
    help="Walk what is really there (`terraform show -json`); once more for the crowd's.",
)
@click.option(
    "--live", is_flag=True, help="Walk what is in the live accounts, read as `connect-sso doctor` reads them."
)
@click.option(
    "--format", "output_format", type=click.Choice(["text", "json", "mermaid"]), default="text", show_default=True
)
def command(
    environment: str,
    username: str | None,
    plans: tuple[str, ...],
    states: tuple[str, ...],
    live: bool,
    output_format: str,
) -> None:
    """Walk every sign-in of an environment, hop by hop.

    Okta assignment, assertion, IAM trust, permission, Connect user, landing page.

    A hop is fine, fails, or cannot be known from here (who is in a group: the live accounts tell). Without --plan, --state
    and --live it is the environment's file that is walked. Exits 3 where a sign-in fails.

    \b
    Example:
      connect-sso trace prod
      terraform -chdir=cdktf.out/stacks/prod show -json > state.json
      connect-sso trace prod --state state.json --user Ada.Admin@example.com
      connect-sso trace prod --live --user Ada.Admin@example.com
    """
    if plans and states:
        raise UsageFailure("give --plan or --state, not both: a plan already holds what the state will be")
    if live and (plans or states):
        raise UsageFailure("give --live, or what Terraform shows: one of them is walked")
    loaded = load_one(environment)
    promised = promised_sign_in(loaded)
    if live:
        real = _live(loaded)
    else:
        real = _real(loaded, plans or states, is_plan=bool(plans)) if plans or states else promised
    walker = Walker(real, promised)
    walks = list(walk_all(walker, username))
    strangers = {} if username else walker.strangers
    labels = tiles(walks, real, promised)
    if output_format == "json":
        rendered = as_json(walks, strangers, labels, real.source)
    elif output_format == "mermaid":
        rendered = as_mermaid(walks, real)
    else:
        rendered = as_text(walks, strangers, labels, real.source, in_full=username is not None)
    sys.stdout.write(rendered)
    if any(walk.ok is False for walk in walks):
        sys.exit(EXIT_DECIDE)


def _real(loaded: LoadedEnvironment, files: tuple[str, ...], *, is_plan: bool) -> SignIn:
    # Only here: reading metadata takes an XML and a certificate library.
    from connect_sso.sign_in.deployed import deployed_sign_in
    from connect_sso.terraform.show import read_planned, read_state

    environment = loaded.environment
    assert environment is not None
    deployments = [(read_planned if is_plan else read_state)(file) for file in files]
    keys = {app.label: key for key, app in environment.apps.items()}
    # The crowd has a state of its own: with one file only, and a crowd, not everybody is in it.
    return deployed_sign_in(deployments, keys=keys, users_are_complete=len(files) > 1 or not loaded.crowd)


def _live(loaded: LoadedEnvironment) -> SignIn:
    # Only here: the readers take an HTTP and an XML library.
    from connect_sso.live.environment import read_environment
    from connect_sso.live.progress import shown
    from connect_sso.sign_in.live import live_sign_in

    environment = loaded.environment
    assert environment is not None
    with shown() as progress:
        reading = read_environment(loaded, progress)
    for unread in (*reading.account.unread, *reading.org.unread):
        click.echo(visible(f"connect-sso: {unread.part} could not be read: needs {unread.needs}"), err=True)
    return live_sign_in(reading.account, reading.org, environment)
