"""What `cdktf diff`, `deploy` and `destroy` do: plan an environment's stacks, review the plans, ask, carry out exactly these plans."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from connect_sso.environment.loading import load_all, select
from connect_sso.errors import EXIT_DECIDE, EXIT_FAILED, EXIT_FINE, Failure, UsageFailure
from connect_sso.terraform import people, screen, stacks
from connect_sso.terraform.credentials import require_credentials
from connect_sso.terraform.screen import say
from connect_sso.terraform.selection import select_stacks
from connect_sso.terraform.stacks import (
    NEW_ENVIRONMENT,
    PLAN_FILE,
    PlannedStack,
    Planning,
    Stack,
    Waiting,
    accepted,
    includes_crowd,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class StackRequest:
    """What was typed."""

    patterns: tuple[str, ...]
    """Names of stacks, as `selection.select_stacks` takes them."""
    only: bool = False
    """Leave the crowd of an environment out."""
    auto_approve: bool = False
    planning: Planning = field(default_factory=Planning)
    apply_options: tuple[str, ...] = ()
    """Further ones of `terraform apply`."""
    app: tuple[str, ...] = ()
    """The program that synthesizes, where it is not this project's own."""
    skip_synth: bool = False
    outputs_file: Path | None = None
    """Where the outputs go as JSON."""
    with_sensitive_outputs: bool = False


def diff(request: StackRequest) -> int:
    """Plan the stacks, and show each plan with its review; the exit code is Terraform's."""
    code = EXIT_FINE
    for environment in _prepared(request):
        with people.compared(environment[0].environment) as found:
            for number, planned in enumerate(stacks.plan_stacks(environment, request.planning)):
                if isinstance(planned, Waiting):
                    say(f"{planned.stack.name} is not planned yet: {planned.reason}")
                    continue
                code = code or planned.exit_code
                if planned.text:
                    print(screen.without_noise(planned.text), flush=True)
                if number == 0 and (told := found()):
                    say("the people as they are today, which no plan knows")
                    print(f"{told}\n", flush=True)
                if planned.shown is not None:
                    _show_review(planned)
    return code


def deploy(request: StackRequest) -> int:
    """Plan, review, ask, apply: environment by environment, the crowd once the instance is there.

    Returns:
        The exit code of what failed; `EXIT_DECIDE` where something must be decided and nobody has accepted it.
    """
    _require_an_answer(request)
    deployed: list[Stack] = []
    for environment in _prepared(request):
        waiting: list[Waiting] = []
        plans: list[PlannedStack] = []
        for each in stacks.plan_stacks(environment, request.planning):
            if isinstance(each, Waiting):
                say(f"{each.stack.name} is planned after that: {each.reason}")
                waiting.append(each)
            elif each.exit_code != EXIT_FINE:
                return _not_planned(each, "deployed")
            else:
                plans.append(each)
        code = _carry_out(plans, request, "deploy")
        for each in waiting:
            if code == EXIT_FINE:
                planned = stacks.plan_stack(each.stack, request.planning)
                if planned.exit_code != EXIT_FINE:
                    return _not_planned(planned, "deployed")
                code = _carry_out([planned], request, "deploy", with_new_environment=True)
            else:
                say(f"{each.stack.name} is not deployed, since {each.stack.environment} has not been")
        if code != EXIT_FINE:
            return code
        deployed += environment
    _write_outputs(deployed, request)
    return EXIT_FINE


def destroy(request: StackRequest) -> int:
    """Plan, review, ask, destroy: environment by environment, the crowd first; nothing where one of them cannot be.

    Returns:
        As `deploy`.
    """
    _require_an_answer(request)
    for environment in _prepared(request):
        plans = []
        how = replace(request.planning, options=("-destroy", *request.planning.options))
        for each in stacks.plan_stacks(environment[::-1], how):
            assert isinstance(each, PlannedStack)  # only a crowd that comes second can have to wait
            if each.exit_code != EXIT_FINE:
                return _not_planned(each, "destroyed")
            plans.append(each)
        code = _carry_out(plans, request, "destroy")
        if code != EXIT_FINE:
            return code
    return EXIT_FINE


def _require_an_answer(request: StackRequest) -> None:
    if not request.auto_approve and not screen.can_ask():
        raise UsageFailure(
            "there is no terminal, so nobody can be asked: --auto-approve goes on unasked, and ACCEPT='CODE:ADDRESS;…' then names"
            " what a person has decided"
        )


def _prepared(request: StackRequest) -> list[list[Stack]]:
    """The stacks that are meant, synthesized, by environment; what can be known to stop Terraform has stopped this before."""
    if not Path("cdktf.json").exists():
        raise Failure(f"{Path.cwd()} is no project's folder: there is no cdktf.json")
    loaded = load_all()
    selected = select_stacks(request.patterns, loaded, only=request.only)
    names = [each.environment for each in selected]
    chosen = select(loaded, names)
    for each in chosen:
        if each.environment is not None:
            require_credentials(each.environment)
    # What is wrong in their files is printed by the synthesis.
    written = stacks.synthesized(names) if request.skip_synth else stacks.synthesize(names, request.app)
    wanted = {name for each in selected for name in each.stacks}
    by_environment = ([stack for stack in written if stack.environment == name] for name in names)
    return [[stack for stack in found if stack.name in wanted] for found in by_environment]


def _not_planned(planned: PlannedStack, done: str) -> int:
    print(screen.without_noise(planned.text), flush=True)
    if planned.shown is not None:
        _show_review(planned)
    say(f"nothing is {done}: {planned.stack.name} could not be planned")
    return planned.exit_code


def _carry_out(
    plans: Sequence[PlannedStack], request: StackRequest, verb: str, *, with_new_environment: bool = False
) -> int:
    """Show the reviews of the plans, have them approved, and carry them out in their order."""
    names = accepted(os.environ.get("ACCEPT", ""))
    if with_new_environment and includes_crowd(names):
        names.add(NEW_ENVIRONMENT)
    for planned in plans:
        if warnings := screen.warnings_of(planned.text):
            print(f"{warnings}\n", flush=True)
        to_decide = _show_review(planned, names, must=request.auto_approve)
        if to_decide and request.auto_approve:
            left = planned.to_decide(names)
            say(
                f"nothing is done: {planned.stack.name} needs a decision, see above. Whoever has made it says so with ACCEPT={quote(';'.join(left))}"
            )
            return EXIT_DECIDE
    changing = [planned for planned in plans if planned.has_changes]
    if not changing:
        say(f"{_list(plans)}: nothing to do")
        return EXIT_FINE
    if not request.auto_approve and not _approved(changing, verb):
        say(f"nothing is done: {_list(changing)} stays as it is")
        return EXIT_FAILED
    for planned in changing:
        say(f"{verb}ing {planned.stack.name}")
        planned.stack.apply(*request.apply_options)
    return EXIT_FINE


def _approved(plans: Sequence[PlannedStack], verb: str) -> bool:
    question = f"{verb.capitalize()} {_list(plans)}, exactly as planned? yes to go on, plan to see the whole plan, anything else stops:"
    for answer in screen.answers(question):
        if answer != "plan":
            return answer == "yes"
        for planned in plans:
            planned.stack.terraform("show", PLAN_FILE)
    return False


def _show_review(planned: PlannedStack, names: set[str] | None = None, *, must: bool = False) -> bool:
    """Show what the plan means for sign-in; a plan that Terraform refused says there why, and what it would have cost.

    Returns:
        Whether something is left that a person must decide.
    """
    say(f"review of {planned.stack.name}")
    if planned.shown is None and planned.stack.runs_remotely and not must:
        say(
            "there is none: HCP Terraform shows a plan as JSON to administrators of the workspace alone; the plan is above"
        )
        return False
    return planned.show_review(names or ())


def _list(plans: Sequence[PlannedStack]) -> str:
    return " and ".join(planned.stack.name for planned in plans)


def _write_outputs(deployed: Sequence[Stack], request: StackRequest) -> None:
    """The outputs of the stacks, by construct, as cdktf-cli writes them."""
    if request.outputs_file is None:
        return
    found: dict[str, Any] = {}
    for stack in deployed:
        outputs = json.loads(stack.terraform("output", "-json", capture=True).stdout or b"{}")
        known = {
            name: output["value"]
            for name, output in outputs.items()
            if request.with_sensitive_outputs or not output["sensitive"]
        }
        found |= _by_construct(stack.configuration.get("//", {}).get("outputs", {}), known)
    try:
        request.outputs_file.write_text(json.dumps(found, indent=2), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{request.outputs_file}: cannot be written: {error.strerror}") from None


def _by_construct(names: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    found = {
        key: _by_construct(name, known) if isinstance(name, dict) else known.get(name) for key, name in names.items()
    }
    return {key: value for key, value in found.items() if value is not None and value != {}}
