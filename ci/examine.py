"""Look into the live accounts of an environment: `.venv/bin/python -I ci/run.py examine ENV DIRECTORY`.

Writes `DIRECTORY/ENV.json` for `ci.doctor`: whether all is well, and the report as Markdown. Where an account cannot be read,
nothing is written and the step fails with the reason: what was found before stays.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from ci.runner import Stop, run, summarize
from connect_sso.doctor.diagnosing import diagnose_live
from connect_sso.doctor.examination import Examination
from connect_sso.doctor.rendering import as_markdown
from connect_sso.environment.loading import load_one
from connect_sso.errors import Failure
from connect_sso.live.environment import read_environment


def main() -> None:
    """Write what was found, and show it on the run's page."""
    name, directory = sys.argv[1], Path(sys.argv[2])
    try:
        loaded = load_one(name)
        reading = read_environment(loaded)
    except Failure as failure:
        raise Stop(f"{name} could not be examined: {failure}") from None
    health = diagnose_live(Examination(loaded, reading.account, reading.org, datetime.now(UTC), reading.looked_up))
    report = as_markdown(health)
    directory.mkdir(parents=True, exist_ok=True)
    found = {"environment": name, "healthy": health.healthy, "report": report}
    (directory / f"{name}.json").write_text(json.dumps(found, sort_keys=True) + "\n", encoding="utf-8")
    summarize(report)


if __name__ == "__main__":
    run(main)
