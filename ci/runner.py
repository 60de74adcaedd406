"""How a program speaks to the GitHub runner it runs on: annotations, outputs, the job's summary, and a clean end.

Workflow commands and files: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class Stop(Exception):
    """The step cannot go on: its text is one clear line for the log and the annotation."""


def annotate(level: str, text: str) -> None:
    """Print a `notice`, `warning` or `error`: on a runner so that GitHub shows it on the run's page, else as a line."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        print(f"{level}: {text}", file=sys.stderr, flush=True)
        return
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{level}::{escaped}", flush=True)


def summarize(markdown: str) -> None:
    """Append Markdown to the job's summary page; outside GitHub Actions there is none, and nothing happens."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(markdown.rstrip("\n") + "\n\n")


def set_output(name: str, value: Any) -> None:
    """Set a step's output to a value as one line of JSON (which can hold no line break, so needs no delimiter)."""
    line = f"{name}={json.dumps(value, sort_keys=True, separators=(',', ':'))}\n"
    path = os.environ.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as outputs:
            outputs.write(line)
    print(line, end="", flush=True)


def required(variable: str) -> str:
    """The value of an environment variable.

    Raises:
        Stop: it is missing or empty.
    """
    value = os.environ.get(variable, "")
    if not value:
        raise Stop(f"the environment variable {variable} is not set")
    return value


def event() -> dict[str, Any]:
    """The webhook payload that started the workflow run."""
    payload: dict[str, Any] = json.loads(Path(required("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
    return payload


def run(program: Callable[[], None]) -> NoReturn:
    """Run a program's `main` and leave: 0 when it returns, 1 with one line when it stops."""
    try:
        program()
    except Stop as stop:
        annotate("error", str(stop))
        sys.exit(1)
    sys.exit(0)
