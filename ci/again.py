"""Decide again once someone has reviewed the pull request: `python3 -I ci/run.py again`.

Runs the job that decides anew, in the run that planned the pull request's latest commit: it finds that run's own record
of the review, and asks GitHub who approves now.
"""

from __future__ import annotations

from ci import reviewed
from ci.approval import CHECK
from ci.github import Repository
from ci.runner import Stop, event, run


def main() -> None:
    """Start the job again; one that has not ended yet will see the approval by itself.

    Raises:
        Stop: the run has no such job.
    """
    repository = Repository.of_this_run()
    planned = reviewed.run_of(repository, event()["pull_request"]["head"]["sha"])
    if planned is None or planned["status"] != "completed":
        print("no run that planned this commit has ended yet: it will see the approval")
        return
    listed = repository.call("GET", f"/actions/runs/{planned['id']}/jobs?filter=latest&per_page=100")["jobs"]
    job = next((job for job in listed if job["name"] == CHECK), None)
    if job is None:
        raise Stop(f"the run {planned['id']} has no job {CHECK!r}")
    repository.call("POST", f"/actions/jobs/{job['id']}/rerun")
    print(f"deciding again in run {planned['id']}")


if __name__ == "__main__":
    run(main)
