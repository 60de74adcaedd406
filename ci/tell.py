"""Tell the pull requests what became of their change where it is not what was reviewed: `python3 -I ci/run.py tell DIRECTORY`.

The directory holds what `ci.deploy` wrote, one JSON file for each environment of this run. `RUN` is the address of
the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ci.github import Repository
from ci.runner import required, run


def sentence(outcome: dict[str, Any], address: str) -> str | None:
    """What a pull request's reader must know about a deployment, as Markdown; None where all went as reviewed."""
    environment = outcome["environment"]
    text = []
    if outcome["differs"]:
        text.append(
            f"The plan for **{environment}** at deployment differs from the one reviewed here: {outcome['differs']}."
        )
    if outcome["stopped"]:
        done = ", ".join(outcome["applied"]) or "nothing"
        text.append(f"**{environment}** was not deployed to the end; applied: {done}.")
    if not text:
        return None
    return " ".join([*text, f"[The run]({address}) shows what it does now."])


def main() -> None:
    """Comment on every pull request whose deployment was stopped or differs."""
    repository = Repository.of_this_run()
    for path in sorted(Path(sys.argv[1]).glob("*.json")):
        outcome = json.loads(path.read_text(encoding="utf-8"))
        text = sentence(outcome, required("RUN"))
        if text is not None:
            for number in outcome["pull_requests"]:
                repository.call("POST", f"/issues/{number}/comments", {"body": text})
            print(text)


if __name__ == "__main__":
    run(main)
