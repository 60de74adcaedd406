"""From environment files to stacks: what `main.py` does."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdktf import App

from connect_sso.environment.derived_names import crowd_stack
from connect_sso.environment.imports import PERSON, imports_path
from connect_sso.environment.loading import load_all, select
from connect_sso.environment.problems import Problem
from connect_sso.errors import EXIT_FAILED, EXIT_USAGE, Failure, UsageFailure
from connect_sso.infrastructure.stack import ConnectSsoStack, CrowdStack
from connect_sso.infrastructure.takeover import IMPORTS_FILE, import_blocks, text
from connect_sso.terraform.locks import lay_lock
from connect_sso.terraform.stack_file import STACK_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from connect_sso.environment.imports import Import
    from connect_sso.environment.loading import LoadedEnvironment

MANIFEST = "manifest.json"
"""cdktf's list of the stacks that it has written."""

SELECTION_VARIABLE = "ENVIRONMENT"
"""Names the environments to synthesize, with commas between them; all of them where it is not set."""


def main() -> None:
    """Synthesize the environments that ENVIRONMENT names, or all; with errors in a file, say so, write nothing and exit 1."""
    try:
        names = [name.strip() for name in os.environ.get(SELECTION_VARIABLE, "").split(",")]
        loaded = load_all()
        chosen = select(loaded, filter(None, names))
    except UsageFailure as failure:
        print(f"{SELECTION_VARIABLE}: {failure}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(EXIT_FAILED)
    for each in chosen:
        for problem in each.problems:
            print(problem, file=sys.stderr)
    if any(each.errors for each in chosen):
        sys.exit(EXIT_FAILED)
    # cdktf's own variable: its command line sets it.
    output = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")
    try:
        output.mkdir(parents=True, exist_ok=True)  # cdktf makes the last folder only
    except OSError as error:
        print(f"{output}: cannot be made: {error.strerror}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    others = {each.name for each in loaded} - {each.name for each in chosen}
    for warning in synthesize(chosen, output, others=others):
        print(warning, file=sys.stderr)


def synthesize(environments: list[LoadedEnvironment], output: Path, *, others: Collection[str] = ()) -> list[Problem]:
    """Write each environment's stacks, and what Terraform reads beside them.

    Args:
        environments: valid ones.
        output: the folder, `cdktf.out`; the stacks are in its `stacks/NAME`. Its parent is there.
        others: the environments that there are besides; their stacks stay as they were written before.

    Returns:
        A warning for each import that no stack has a place for.
    """
    before = _manifest_stacks(output)
    # cdktf's validations start Terraform to ask for its version; what can be wrong in an environment is checked already,
    # and the version is Terraform's own to check (`required_version`).
    app = App(outdir=str(output), skip_validation=True)
    files: dict[str, dict[str, str]] = {}
    for each in environments:
        assert each.environment is not None  # valid, see above
        stack = ConnectSsoStack(app, each.name, environment=each.environment, people=each.people)
        if each.environment.users_file:
            # Also when the file is empty: that is how its last people are removed.
            crowd = CrowdStack(app, each.name, environment=each.environment, crowd=each.crowd)
            # `cdktf deploy` then takes the two in order; the crowd needs the instance.
            crowd.add_dependency(stack)
            files[crowd_stack(each.name)] = crowd.files
    app.synth()
    _keep(output, before, [name for other in others for name in (other, crowd_stack(other))])
    for stack_name, beside in files.items():
        for name, content in beside.items():
            (output / "stacks" / stack_name / name).write_text(content, encoding="utf-8")
    for stack_name in _manifest_stacks(output):
        folder = output / "stacks" / stack_name
        if (folder / STACK_FILE).exists():  # not with `cdktf synth --hcl`
            lay_lock(folder, json.loads((folder / STACK_FILE).read_text(encoding="utf-8")))
    return [warning for each in environments for warning in _write_imports(each, output / "stacks")]


def _write_imports(environment: LoadedEnvironment, stacks: Path) -> Iterator[Problem]:
    """Beside each stack the import blocks of what it takes over; what an earlier synthesis wrote there goes."""
    waiting = set(environment.imports)
    people_of = {environment.name: environment.people}
    if environment.crowd_path:
        people_of[crowd_stack(environment.name)] = environment.crowd
    for name, people in people_of.items():
        folder = stacks / name
        (folder / IMPORTS_FILE).unlink(missing_ok=True)
        if waiting:
            stack = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
            blocks, held = import_blocks(stack, waiting, {person.username for person in people})
            waiting.difference_update(held)
            if blocks:
                (folder / IMPORTS_FILE).write_text(text(blocks), encoding="utf-8")
    yield from _left_out(environment, waiting)


MOST_WARNINGS = 20
"""Of one environment: who reads on has seen what is wrong."""


def _left_out(environment: LoadedEnvironment, imports: set[Import]) -> Iterator[Problem]:
    file = str(imports_path(environment.path))
    for number, each in enumerate(sorted(imports, key=lambda one: one.line)):
        what = "nobody of that name is in the files" if each.type == PERSON else "the environment has no such resource"
        message = f"{what}, so that this is not imported"
        if number == MOST_WARNINGS:
            message = f"this and what follows is not imported either: {len(imports) - number:,} more"
        yield Problem(file, each.line, 1, each.address, message, is_warning=True)
        if number == MOST_WARNINGS:
            return


def _manifest_stacks(output: Path) -> dict[str, Any]:
    """What cdktf's manifest says of each stack; nothing where there is none."""
    try:
        found = json.loads((output / MANIFEST).read_text(encoding="utf-8"))["stacks"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(output: Path, before: Mapping[str, Any], names: Collection[str]) -> None:
    """Leave stacks in the manifest that were not synthesized now.

    cdktf-cli deletes the folder of every stack that is not in it, with what Terraform has installed there.
    """
    kept = {name: before[name] for name in sorted(names) if name in before and (output / "stacks" / name).is_dir()}
    if kept:
        manifest = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
        manifest["stacks"] |= kept
        (output / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
