"""`connect-sso review`: reads a plan, shows the review, and says with its exit code whether a person must decide."""

from __future__ import annotations

import gc
import os
import shutil
import sys

import click

from connect_sso.errors import EXIT_DECIDE, Failure
from connect_sso.review.render_json import render_json
from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from connect_sso.review.report import Acceptance, Report, environment_from, make_report
from connect_sso.terraform.show import read_plan
from connect_sso.terraform.stack_file import read_stack_file
from connect_sso.text import visible


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("plan", metavar="PLAN.json", type=click.Path(allow_dash=True))
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option(
    "--accept",
    multiple=True,
    metavar="CODE[:ADDRESS[:HASH]]",
    help="Accept all findings of a kind, those at an address, or exactly the one with this hash (in the JSON). Repeatable.",
)
@click.option("--accepted-by", default="", metavar="WHO", help="Who accepted them; shown in the report.")
@click.option(
    "--environment", default="", metavar="ENV", help="The environment's name, where the plan's path does not tell."
)
@click.option("--commit", default="", metavar="SHA", help="The commit the plan was made from; shown in the report.")
@click.option(
    "--configuration",
    default="",
    metavar="FILE",
    help="The stack's cdk.tf.json: provisioners of removed blocks, action triggers and the backend are in no plan.",
)
def command(  # one parameter an option, passed by name
    plan: str, form: str, accept: tuple[str, ...], accepted_by: str, environment: str, commit: str, configuration: str
) -> None:
    """Show who gains and who loses access with a Terraform plan, and what a person must decide.

    PLAN.json is the output of `terraform show -json`, also of a plan that Terraform refused; - is standard input.

    Exit code: 0 nothing to decide, 3 something to decide and not accepted, 1 not a plan.

    \b
    Example:
      terraform show -json plan | connect-sso review -
      connect-sso review plan.json --format markdown
      connect-sso review plan.json --accept mass-removal --accepted-by "Ada Admin"
    """
    acceptance = Acceptance.of(accept, accepted_by)
    collecting = gc.isenabled()
    gc.disable()  # a plan is one large tree without cycles: looking for some takes longer than the review
    try:
        report = make_report(
            read_plan(plan),
            acceptance,
            environment=environment or environment_from(plan),
            commit=commit,
            stack_file=read_stack_file(configuration) if configuration else None,
        )
        # As bytes: the same ones whatever the encoding of the terminal or of the runner's locale.
        click.echo(_render(report, form).encode(), nl=False)
    except RecursionError:
        raise Failure(f"{plan}: is nested too deeply to be a plan") from None
    finally:
        if collecting:
            gc.enable()
    for name in acceptance.unused(report.findings, report.hashes):
        click.echo(f"connect-sso: --accept {visible(name)}: no such finding in this plan", err=True)
    if report.open:
        sys.exit(EXIT_DECIDE)


def _render(report: Report, form: str) -> str:
    if form == "json":
        return render_json(report)
    if form == "markdown":
        return render_markdown(report)
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 80
    return render_text(report, width=min(width, 100), colour=terminal and not os.environ.get("NO_COLOR"))
