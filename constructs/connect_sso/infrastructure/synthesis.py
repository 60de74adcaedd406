"""From environment files to stacks: what `main.py` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cdktf import App

from connect_sso.environment.derived_names import crowd_stack
from connect_sso.environment.loading import load_all, select
from connect_sso.errors import EXIT_FAILED, EXIT_USAGE, Failure, UsageFailure
from connect_sso.infrastructure.stack import ConnectSsoStack, CrowdStack

if TYPE_CHECKING:
    from connect_sso.environment.loading import LoadedEnvironment

SELECTION_VARIABLE = "ENVIRONMENT"
"""Names the environments to synthesize, with commas between them; all of them where it is not set."""


def main() -> None:
    """Synthesize the environments that ENVIRONMENT names, or all; with errors in a file, say so, write nothing and exit 1."""
    try:
        names = [name.strip() for name in os.environ.get(SELECTION_VARIABLE, "").split(",")]
        chosen = select(load_all(), filter(None, names))
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
    synthesize(chosen, output)


def synthesize(environments: list[LoadedEnvironment], output: Path) -> None:
    """Write each environment's stacks, and what Terraform reads beside them.

    Args:
        environments: valid ones.
        output: the folder, `cdktf.out`; the stacks are in its `stacks/NAME`. Its parent is there.
    """
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
    for stack_name, beside in files.items():
        for name, content in beside.items():
            (output / "stacks" / stack_name / name).write_text(content, encoding="utf-8")
