"""Which environments a change can affect: `python3 -I ci/run.py affected`, for a pull request, a push or a run by hand.

An environment is affected by its own YAML file, by the CSV file that its `users_file` names, by its imports file, by its
stacks' lock files, and by every file that is not known to be without effect. In doubt all are: a plan too many costs minutes, one
too few an unreviewed change.

`NOW` and `BEFORE` are the outputs of `ci.environments`. A pull request is compared with its base, a deployment with the
commit that was last deployed to each environment: GitHub drops runs that wait, and what they had to deploy is caught up.

Outputs: `environments` (what the change can affect, in the order of deployment); for a pull request `unplanned` (what
it takes out of the review's sight, a sentence each), for a deployment `since` (the commit that each environment has).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ci.github import Repository, quoted
from ci.runner import Stop, annotate, event, required, run, set_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DIRECTORY = PurePosixPath("environments")
ORDER = Path(".github/deploy-order.txt")

HARMLESS = re.compile(
    r"(docs|tests|\.ci)/.*|[^/]+\.md|LICENSE|\.gitignore|\.checkov\.yaml|\.pre-commit-hooks\.yaml"
    r"|requirements/check\.txt|\.github/workflows/(ci|lab)\.yml|\.github/CODEOWNERS"
)
"""Files that no plan depends on."""

MOST_FILES_OF_A_PULL_REQUEST = 3000
MOST_FILES_OF_A_COMPARISON = 300
"""What GitHub lists at most; of longer lists the rest is unknown."""


@dataclass(frozen=True)
class Environments:
    """The environment files of a checkout, as far as a workflow must know them."""

    users_files: Mapping[str, str | None]
    """Each environment, with the CSV file that some of them name."""
    at_home: frozenset[str] = frozenset()
    """Those that keep their state in a local file, on the machine of whoever works with them: no runner has it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Each file's name, with its environment."""
    states: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Where each environment's remote states lie; nothing for a local one."""

    @classmethod
    def of(cls, facts: Mapping[str, Mapping[str, Any]]) -> Environments:
        """From what `ci.environments` found."""
        return cls(
            {name: each["csv"] for name, each in facts.items()},
            frozenset(name for name, each in facts.items() if each["local"] is True),
            {each["file"]: name for name, each in facts.items()},
            {name: each["states"] for name, each in facts.items()},
        )

    def affected_by(self, changed: Iterable[str]) -> set[str]:
        """The environments that a change of these files (paths from the root of the repository) can affect."""
        affected: set[str] = set()
        for path in changed:
            affected |= self._affected_by_one(path)
        return affected

    def _affected_by_one(self, path: str) -> set[str]:
        if HARMLESS.fullmatch(path):
            return set()
        inside = PurePosixPath(path)
        if inside.parent == DIRECTORY and inside.suffix in {".yaml", ".yml"}:
            return {self.files[inside.name]} if inside.name in self.files else set()
        users = {
            name
            for name, csv in self.users_files.items()
            if (csv and inside == DIRECTORY / csv) or inside == DIRECTORY / f"{name}.imports.json"
        }
        if users:
            return users
        if inside.parent == PurePosixPath("locks"):
            stack = inside.name.removesuffix(".terraform.lock.hcl")
            owners = {stack, stack.removesuffix("-users")} & self.users_files.keys()
            if owners:
                return owners
        return set(self.users_files)

    def unplanned_since(self, before: Environments) -> list[str]:
        """What leaves the review's sight: environments that had a remote state and are gone, or keep it at home or elsewhere now.

        A plan holds no word of where its state lies, so that one against another state looks like any other.
        """
        seen = before.users_files.keys() - before.at_home
        gone = seen - self.users_files.keys()
        return [
            *(
                f"{name} is gone: what it made is not planned any more, and is not destroyed either"
                for name in sorted(gone)
            ),
            *(
                f"{name} moves its state to a local file: it is not planned any more, and a deployment from there makes everything a second time"
                for name in sorted(seen & self.at_home)
            ),
            *(
                f"{name} keeps its state elsewhere now, in {' and '.join(self.states[name])}: its plan knows only what stands there, and not what "
                f"{' and '.join(before.states[name])} holds"
                for name in sorted(seen & self.users_files.keys())
                if self.states.get(name) and before.states.get(name) and self.states[name] != before.states[name]
            ),
        ]


def in_order(environments: Iterable[str], order: Sequence[str]) -> list[str]:
    """Environments in the order in which a merge deploys them.

    Raises:
        Stop: one is not in the order.
    """
    wanted = set(environments)
    missing = sorted(wanted - set(order))
    if missing:
        raise Stop(f"{ORDER} does not say when to deploy {', '.join(missing)}: add a line for each environment")
    return [name for name in order if name in wanted]


def read_order(path: Path) -> list[str]:
    """The order of deployment: one environment a line; what follows a `#` is a comment.

    Raises:
        Stop: there is no such file, or it names an environment twice.
    """
    if not path.exists():
        raise Stop(
            f"{path} is missing: it names the environments, one a line, in the order in which a merge deploys them"
        )
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    order = [line for line in lines if line]
    if len(set(order)) < len(order):
        raise Stop(f"{path} names an environment twice")
    return order


def files_of_pull_request(repository: Repository, number: int, count: int) -> list[str] | None:
    """The paths that a pull request changes, a renamed file's old one too; None where GitHub does not list them all."""
    if count > MOST_FILES_OF_A_PULL_REQUEST:
        return None
    return _paths(repository.pages(f"/pulls/{number}/files"))


def last_deployed(repository: Repository, environment: str) -> str | None:
    """The commit that was last deployed to an environment and succeeded; None where none was."""
    for deployment in repository.pages(f"/deployments?environment={quoted(environment)}"):
        if any(
            status["state"] == "success" for status in repository.pages(f"/deployments/{deployment['id']}/statuses")
        ):
            return str(deployment["sha"])
    return None


def files_since(repository: Repository, before: str, after: str) -> list[str] | None:
    """The paths that changed between two commits; None where that is not known (a forced branch, a very long list)."""
    comparison = repository.call("GET", f"/compare/{before}...{after}", absent_is_fine=True)
    if comparison is None or comparison["status"] not in {"ahead", "identical"}:
        return None
    if len(comparison["files"]) >= MOST_FILES_OF_A_COMPARISON:
        return None
    return _paths(comparison["files"])


def _paths(files: Iterable[dict[str, Any]]) -> list[str]:
    return [path for file in files for path in (file["filename"], file.get("previous_filename")) if path]


def of_pull_request(repository: Repository, payload: dict[str, Any], environments: Environments) -> set[str]:
    """What a pull request can affect; what it takes out of sight is the output `unplanned`."""
    pull_request = payload["pull_request"]
    changed = files_of_pull_request(repository, pull_request["number"], pull_request["changed_files"])
    before = Environments.of(json.loads(os.environ.get("BEFORE") or "{}"))
    set_output("unplanned", environments.unplanned_since(before))
    return set(environments.users_files) if changed is None else environments.affected_by(changed)


def of_deployment(repository: Repository, payload: dict[str, Any], environments: Environments) -> set[str]:
    """What is to be deployed: whatever has changed since it was last; by hand, one environment in any case.

    Raises:
        Stop: a run by hand names an environment that does not exist.
    """
    named = (payload.get("inputs") or {}).get("environment")
    if named and named not in environments.users_files:
        raise Stop(f"there is no environment called {named!r}")
    by_hand = "before" not in payload
    affected = set()
    since: dict[str, str | None] = {}
    for name in [named] if named else sorted(environments.users_files.keys() - environments.at_home):
        since[name] = deployed = last_deployed(repository, name)
        changed = None if deployed is None or by_hand else files_since(repository, deployed, required("GITHUB_SHA"))
        if changed is None or name in environments.affected_by(changed):
            affected.add(name)
    set_output("since", {name: since[name] for name in sorted(affected)})
    return affected


def main() -> None:
    """Find the environments for the event that started this run and set the outputs."""
    repository = Repository.of_this_run()
    environments = Environments.of(json.loads(required("NOW")))
    order = read_order(ORDER)
    # Said in the pull request, and not when the merge cannot be deployed.
    in_order(environments.users_files.keys() - environments.at_home, order)
    payload = event()
    affected = (of_pull_request if "pull_request" in payload else of_deployment)(repository, payload, environments)
    for name in sorted(affected & environments.at_home):
        annotate("notice", f"{name} is not planned here: its state is a local file, which no runner has")
    set_output("environments", in_order(affected - environments.at_home, order))


if __name__ == "__main__":
    run(main)
