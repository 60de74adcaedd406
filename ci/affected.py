"""Which environments a change can affect: `python3 -m ci.affected`, for a pull request, a push or a run by hand.

An environment is affected by its own YAML file, by the CSV file that its `users_file` names, by its stacks' lock
files, and by every file that is not known to be without effect. In doubt all are: a plan too many costs minutes, one
too few an unreviewed change.

Outputs: `environments` (what the change can affect, in the order of deployment) and, for a pull request, `plan`
(those of them that have no review of this commit yet).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ci import reviewed
from ci.github import Repository
from ci.runner import Stop, annotate, event, run, set_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DIRECTORY = PurePosixPath("environments")
ORDER = Path(".github/deploy-order.txt")

HARMLESS = re.compile(
    r"(docs|tests|\.ci)/.*|[^/]+\.md|LICENSE|\.gitignore|\.checkov\.yaml|\.pre-commit-hooks\.yaml"
    r"|requirements/check\.txt|\.github/workflows/ci\.yml"
)
"""Files that no plan depends on."""

USERS_FILE = re.compile(r"""^users_file:\s*["']?([^"'#\s][^"'#]*?)["']?\s*(?:#.*)?$""", re.MULTILINE)
"""The key as everyone writes it. Written in another way, the CSV counts as code, and all environments are affected."""

STATE = re.compile(r"^state:[ \t]*([^#\n]*)", re.MULTILINE)
"""The key, with its value where that is one word; without the key the state is local."""

MOST_FILES_OF_A_PULL_REQUEST = 3000
MOST_FILES_OF_A_COMPARISON = 300
"""What GitHub lists at most; of longer lists the rest is unknown."""

LABEL_EVENTS = {"labeled", "unlabeled"}


@dataclass(frozen=True)
class Environments:
    """The environment files of a checkout, as far as a workflow must know them."""

    users_files: dict[str, str | None]
    """Each environment, with the CSV file that some of them name."""
    at_home: frozenset[str] = frozenset()
    """Those that keep their state in a local file, on the machine of whoever works with them: no runner has it."""

    @classmethod
    def read(cls, directory: Path) -> Environments:
        """Read which environments there are (files that cannot be read are `connect-sso check`'s business)."""
        found: dict[str, str | None] = {}
        at_home = set()
        for path in sorted(directory.glob("*.yaml")):
            text = path.read_text(encoding="utf-8", errors="replace")
            csv, state = USERS_FILE.search(text), STATE.search(text)
            found[path.stem] = csv[1].strip() if csv else None
            if state is None or state[1].strip() in {"local", '"local"', "'local'"}:
                at_home.add(path.stem)
        return cls(found, frozenset(at_home))

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
        if _is_environment(inside):
            return {inside.stem} & self.users_files.keys()
        users = {name for name, csv in self.users_files.items() if csv and inside == DIRECTORY / csv}
        if users:
            return users
        if inside.parent == PurePosixPath("locks"):
            stack = inside.name.removesuffix(".terraform.lock.hcl")
            owners = {stack, stack.removesuffix("-users")} & self.users_files.keys()
            if owners:
                return owners
        return set(self.users_files)

    def removed_by(self, changed: Iterable[str]) -> list[str]:
        """The environments whose file the change takes away."""
        files = map(PurePosixPath, changed)
        return sorted({file.stem for file in files if _is_environment(file) and file.stem not in self.users_files})


def _is_environment(path: PurePosixPath) -> bool:
    return path.parent == DIRECTORY and path.suffix == ".yaml"


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


def files_of_push(repository: Repository, before: str, after: str) -> list[str] | None:
    """The paths that a push changes; None where that is not known (a new or a forced branch, a very long list)."""
    if not before.strip("0"):
        return None
    comparison = repository.call("GET", f"/compare/{before}...{after}", absent_is_fine=True)
    if comparison is None or len(comparison["files"]) >= MOST_FILES_OF_A_COMPARISON:
        return None
    return _paths(comparison["files"])


def _paths(files: Iterable[dict[str, Any]]) -> list[str]:
    return [path for file in files for path in (file["filename"], file.get("previous_filename")) if path]


def changed_files(repository: Repository, payload: dict[str, Any], environments: Environments) -> list[str] | None:
    """The paths that the event is about; None where all may have changed.

    Raises:
        Stop: a run by hand names an environment that does not exist.
    """
    if "pull_request" in payload:
        pull_request = payload["pull_request"]
        return files_of_pull_request(repository, pull_request["number"], pull_request["changed_files"])
    if "before" in payload:
        return files_of_push(repository, payload["before"], payload["after"])
    named = (payload.get("inputs") or {}).get("environment")
    if not named:
        return None
    if named not in environments.users_files:
        raise Stop(f"there is no environment called {named!r}")
    return [f"{DIRECTORY}/{named}.yaml"]


def has_review(repository: Repository, payload: dict[str, Any]) -> set[str]:
    """The environments that need no new plan: a label came or went, which changes nothing that a plan could show.

    Another try of the same run is asked for in order to plan again.
    """
    if payload["action"] not in LABEL_EVENTS or os.environ.get("GITHUB_RUN_ATTEMPT", "1") != "1":
        return set()
    head = payload["pull_request"]["head"]["sha"]
    comments = reviewed.comments(repository, payload["pull_request"]["number"])
    return {name for name, comment in comments.items() if comment.review.head == head}


def main() -> None:
    """Find the environments for the event that started this run and set the outputs."""
    repository = Repository.of_this_run()
    environments = Environments.read(Path(DIRECTORY))
    order = read_order(ORDER)
    # Said in the pull request, and not when the merge cannot be deployed.
    in_order(environments.users_files.keys() - environments.at_home, order)
    payload = event()
    changed = changed_files(repository, payload, environments)
    affected = set(environments.users_files) if changed is None else environments.affected_by(changed)
    for name in environments.removed_by(changed or []):
        annotate("warning", f"{name} is gone: what it made is not planned any more, and is not destroyed either")
    for name in sorted(affected & environments.at_home):
        annotate("notice", f"{name} is not planned here: its state is a local file, which no runner has")
    affected -= environments.at_home
    set_output("environments", in_order(affected, order))
    if "pull_request" in payload:
        set_output("plan", in_order(affected - has_review(repository, payload), order))


if __name__ == "__main__":
    run(main)
