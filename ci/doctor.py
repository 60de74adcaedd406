"""Keep one issue for each environment with what is wrong in its accounts: `python3 -I ci/run.py doctor DIRECTORY`.

The directory holds what `ci.examine` wrote, one JSON file for each environment that could be examined. The issue is opened, brought up to date,
and closed when all is well; an environment that could not be examined keeps its issue as it is. `RUN` is the address of the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ci.comment import LONGEST, cut
from ci.github import BOT, Repository
from ci.runner import required, run


def marker(environment: str) -> str:
    """The first line of an environment's issue, by which it is found again."""
    return f"<!-- connect-sso-doctor {environment} -->\n"


def body(found: dict[str, Any], address: str) -> str:
    """The issue's text: the report, within what an issue may hold."""
    head = marker(found["environment"])
    foot = f"\n\n[The run]({address}) that looked last. This issue is written anew each time, and closed when all is well.\n"
    report = found["report"].strip("\n")
    room = LONGEST - len(head) - len(foot)
    return head + (report if len(report) <= room else cut(report, room)) + foot


def issue_of(repository: Repository, environment: str) -> dict[str, Any] | None:
    """The environment's open issue, as this workflow wrote it; nobody else's words make one."""
    for issue in repository.pages("/issues?state=open"):
        written_here = issue["user"]["login"] == BOT and "pull_request" not in issue
        if written_here and str(issue["body"] or "").startswith(marker(environment)):
            return issue
    return None


def keep(repository: Repository, found: dict[str, Any], address: str) -> str | None:
    """Bring an environment's issue up to date; what was done, None where there is nothing to do."""
    environment = found["environment"]
    issue, text = issue_of(repository, environment), body(found, address)
    if issue is None:
        if found["healthy"]:
            return None
        made = repository.call("POST", "/issues", {"title": f"Sign-in to {environment}: something to do", "body": text})
        return f"opened issue {made['number']}"
    path = f"/issues/{issue['number']}"
    if found["healthy"]:
        repository.call("PATCH", path, {"body": text, "state": "closed", "state_reason": "completed"})
        return f"closed issue {issue['number']}"
    repository.call("PATCH", path, {"body": text})
    return f"brought issue {issue['number']} up to date"


def main() -> None:
    """Keep the issues of all environments that were examined."""
    repository = Repository.of_this_run()
    for path in sorted(Path(sys.argv[1]).glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        done = keep(repository, found, required("RUN"))
        print(f"{found['environment']}: {done or 'healthy'}")


if __name__ == "__main__":
    run(main)
