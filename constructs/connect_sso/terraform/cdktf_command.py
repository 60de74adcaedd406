"""`cdktf`, as people type it in this project: cdktf-cli, with `diff`, `deploy` and `destroy` that review what they are about to do.

These three are carried out here, with the options that cdktf-cli gives them. Everything else is cdktf-cli's own, started with what it needs.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connect_sso.environment.loading import load_all
from connect_sso.errors import EXIT_FAILED, EXIT_USAGE, Failure, UsageFailure
from connect_sso.terraform import cdktf_cli, operations
from connect_sso.terraform.selection import environments_of
from connect_sso.terraform.stacks import Planning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALIASES = {"plan": "diff", "apply": "deploy"}
"""cdktf-cli's own."""

OF_CDKTF_ALONE = ("output", "outputs", "watch")
"""The commands of cdktf-cli that name stacks."""

EXIT_INTERRUPTED = 130

TRUE = frozenset({"1", "true", "yes"})

HELP = """
In this project `cdktf diff`, `deploy` and `destroy` show the review of each plan before they ask, carry out exactly that plan,
load only the environments that are named, and take an environment's crowd along (ENV-users; --only leaves it out):

  cdktf diff dev         what would change, and what it means for sign-in
  cdktf deploy dev       the same, then a question; only a typed yes deploys
  cdktf destroy dev      likewise, the crowd first
  cdktf deploy --help    their options; ACCEPT='CODE:ADDRESS;…' with --auto-approve, REFRESH=true for the crowd"""

FLAGS = {
    "auto-approve": "Ask nobody. What a person must decide then has to be named in ACCEPT, or nothing is done (exit code 3).",
    "only": "Leave an environment's crowd (ENV-users) alone unless it is named itself.",
    "refresh-only": "Only bring the state up to what is there; with a crowd, one question to Connect for each person.",
    "migrate-state": "The state has a new place: take along what is in the old one.",
    "skip-synth": "Take the stacks as they were synthesized last.",
    "skip-provider-lock": "Do not ask the registry for further checksums of providers that locks/ does not have.",
    "no-color": "No colours.",
    "outputs-file-include-sensitive-outputs": "Write the sensitive outputs into that file as well.",
    "ignore-missing-stack-dependencies": "Without effect: a stack can always be named alone.",
    "disable-plugin-cache-env": "Keep no copy of the providers in ~/.terraform.d/plugin-cache for all stacks.",
}
VALUES = {
    "outputs-file": (str, "Write the stacks' outputs into this file, as JSON."),
    "terraform-parallelism": (int, "How many things Terraform does at a time."),
    "parallelism": (int, "Without effect: stacks follow one another."),
    "app": (str, "The program that synthesizes, in place of this project's own."),
    "output": (str, "Where the synthesized stacks are, in place of cdktf.out."),
}
OF_CDKTF_CLI_ALONE = ("experimental-provider-schema-cache-path", "log-level", "log-file-directory")
"""Options that do something in cdktf-cli only, taken and not shown."""

SHORT = {"app": "-a", "output": "-o"}
SEVERAL = {
    "var": "A value for an input variable, NAME=VALUE.",
    "var-file": "A file of values for input variables.",
}
ASKING = ("auto-approve", "ignore-missing-stack-dependencies", "parallelism")
"""What `diff` does not have."""

DEPLOYING = ("outputs-file", "outputs-file-include-sensitive-outputs")
"""What `deploy` alone has."""


def request_of(stacks: tuple[str, ...], given: dict[str, Any]) -> operations.StackRequest:
    """What was typed, as the operations take it."""
    plan = [f"-var={each}" for each in given["var"]]
    for each in given["var_file"]:
        if not Path(each).is_file():
            raise UsageFailure(f"--var-file: {each} is no file")
        plan.append(f"-var-file={Path(each).absolute()}")
    if given.get("refresh_only"):
        plan.append("-refresh-only")
    both = ["-no-color"] if given["no_color"] else []
    if given["terraform_parallelism"] is not None and given["terraform_parallelism"] > 0:
        both.append(f"-parallelism={given['terraform_parallelism']}")
    outputs_file = given.get("outputs_file")
    return operations.StackRequest(
        patterns=stacks,
        only=given["only"],
        auto_approve=given.get("auto_approve", False),
        planning=Planning(
            options=(*plan, *both),
            init_options=("-migrate-state", "-force-copy") if given["migrate_state"] else (),
            refresh_crowd=given.get("refresh_only", False) or os.environ.get("REFRESH", "").lower() in TRUE,
            quietly=True,
            remote_locks=not given["skip_provider_lock"],
        ),
        apply_options=tuple(both),
        app=tuple(shlex.split(given["app"] or "")),
        skip_synth=given["skip_synth"],
        outputs_file=Path(outputs_file) if outputs_file else None,
        with_sensitive_outputs=given.get("outputs_file_include_sensitive_outputs", False),
    )


def _command(name: str, run: Callable[[operations.StackRequest], int], says: str) -> click.Command:
    left_out = {
        "diff": (*ASKING, *DEPLOYING),
        "deploy": (),
        "destroy": (*DEPLOYING, "refresh-only"),
    }[name]

    def callback(stacks: tuple[str, ...], **given: Any) -> None:
        if given["output"]:
            os.environ["CDKTF_OUTDIR"] = given["output"]
        try:
            sys.exit(run(request_of(stacks, given)))
        except KeyboardInterrupt:
            print("\n==> stopped", file=sys.stderr)
            sys.exit(EXIT_INTERRUPTED)

    def option(long: str, **kind: Any) -> click.Option:
        names = [f"--{long}", *filter(None, [SHORT.get(long)])]
        return click.Option(names, envvar=f"CDKTF_{long.upper().replace('-', '_')}", **kind)

    options = [option(long, is_flag=True, help=text) for long, text in FLAGS.items() if long not in left_out]
    options += [option(long, type=kind, help=text) for long, (kind, text) in VALUES.items() if long not in left_out]
    options += [option(long, multiple=True, help=text) for long, text in SEVERAL.items()]
    options += [option(long, hidden=True) for long in OF_CDKTF_CLI_ALONE]
    return click.Command(
        name,
        callback=callback,
        params=[click.Argument(["stacks"], nargs=-1, metavar="[STACK]..."), *options],
        help=says,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )


COMMANDS = {
    command.name: command
    for command in (
        _command("diff", operations.diff, "Plan the stacks, and show each plan with its review."),
        _command(
            "deploy",
            operations.deploy,
            "Plan the stacks, show the review of each plan, ask, and carry out exactly these plans. An environment's crowd follows it.",
        ),
        _command(
            "destroy",
            operations.destroy,
            "Plan to destroy the stacks, show the review of each plan, ask, and carry out exactly these plans. A crowd goes first.",
        ),
    )
}


def as_click_takes_them(arguments: Sequence[str]) -> list[str]:
    """The arguments with what cdktf-cli allows besides: `--autoApprove`, `--auto-approve=true`."""
    taken = []
    for argument in arguments:
        if not argument.startswith("--"):
            taken.append(argument)
            continue
        long, equals, value = argument.partition("=")
        long = re.sub(r"(?<=[a-z])[A-Z]", lambda match: f"-{match[0].lower()}", long)
        if long[2:] in FLAGS and value in {"true", "false"}:
            taken += [long] if value == "true" else []
        else:
            taken.append(long + equals + value)
    return taken


def _pass_on(arguments: Sequence[str]) -> None:
    """Become cdktf-cli, which loads only the environments whose stacks are named."""
    program = cdktf_cli.program()
    word = arguments[0] if arguments else ""
    if word in OF_CDKTF_ALONE and Path("cdktf.json").exists():
        named = environments_of(arguments[1:], load_all())
        if named:
            os.environ["ENVIRONMENT"] = ",".join(named)
    if word == "watch":
        print("==> `cdktf watch` deploys what changes without a review", file=sys.stderr)
    if word in {"", "-h", "--help"}:
        code = subprocess.run([program, *arguments], check=False).returncode
        print(HELP)
        sys.exit(code)
    os.execv(program, ["cdktf", *arguments])  # noqa: S606


def main() -> None:
    """Run the command and exit with its code; 1 where it could not be done, 2 for what was asked wrongly, 130 for an interrupt."""
    arguments = sys.argv[1:]
    word = ALIASES.get(arguments[0], arguments[0]) if arguments else ""
    if "--disable-plugin-cache-env" in arguments:
        os.environ["CDKTF_DISABLE_PLUGIN_CACHE_ENV"] = "1"
    try:
        cdktf_cli.prepare()
        if word in COMMANDS and "--version" not in arguments:
            COMMANDS[word].main(as_click_takes_them(arguments[1:]), prog_name=f"cdktf {word}")
        if word.startswith("-") and any(ALIASES.get(each, each) in COMMANDS for each in arguments):
            raise UsageFailure("put the command first, and its options after it: cdktf deploy dev --auto-approve")
        _pass_on(arguments)
    except UsageFailure as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
