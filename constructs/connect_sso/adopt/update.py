"""Adopting again: what an environment that is there already lacks, as lines added to its files and nothing else."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.adopt.additions import columns_of, with_key, with_lines, with_rows
from connect_sso.adopt.environment_text import (
    app_lines,
    crowd_file,
    crowd_rows,
    crowd_text,
    divided,
    person_lines,
)
from connect_sso.adopt.import_list import imports_of
from connect_sso.adopt.model import Aside
from connect_sso.adopt.yaml_text import pair
from connect_sso.environment.crowd import COLUMNS
from connect_sso.environment.imports import imports_path, render_imports
from connect_sso.errors import Failure
from connect_sso.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from connect_sso.adopt.model import ContactCentre
    from connect_sso.environment.loading import LoadedEnvironment
    from connect_sso.environment.model import Environment


@dataclass(frozen=True)
class Update:
    """What is added."""

    before: Mapping[str, str | None]
    """The texts by file name; None for a file that is new."""
    after: Mapping[str, str]
    """The texts of those that change."""
    imports: Mapping[str, str]
    """Those that are new."""
    asides: tuple[Aside, ...]
    """What has to be added by hand."""

    @property
    def diff(self) -> str:
        """All of it as a unified diff."""
        return "".join(line for name in self.after for line in self._diff_of(name))

    def _diff_of(self, name: str) -> Iterator[str]:
        before, after = self.before.get(name) or "", self.after[name]
        for line in difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=1
        ):
            yield line if line.endswith("\n") else f"{line}\n"


def update_of(loaded: LoadedEnvironment, centre: ContactCentre, parts: Collection[str]) -> Update:
    """What the files of an environment lack of what was found.

    Args:
        loaded: the environment, valid.
        centre: what was found, with the file's keys for the apps that it has.
        parts: the parts whose imports are added; all where there are none.

    Raises:
        Failure: the file says otherwise than the accounts, or lines cannot be added to it.
    """
    environment = loaded.environment
    assert environment is not None
    _same_centre(loaded.file, environment, centre)
    yaml_name, text = loaded.path.name, _read(loaded.path)
    before: dict[str, str | None] = {yaml_name: text}
    after: dict[str, str] = {}

    new_apps = [app for app in centre.apps if app.key not in environment.apps]
    if new_apps:
        lines = [line for app in new_apps for line in app_lines(app, environment.federation.session_duration, 0)]
        text = with_lines(text, "apps", lines, file=loaded.file)

    known = {user.username for user in environment.users} | {person.username for person in loaded.crowd}
    new = [person for person in centre.people if person.user.name not in known]
    csv_name, csv_text = crowd_file(loaded.name), None
    if environment.users_file is not None and loaded.crowd_path is not None:
        csv_name, csv_text = environment.users_file, _read(loaded.crowd_path)
    columns = columns_of(csv_text) if csv_text is not None else COLUMNS
    in_yaml, in_csv = divided(new, columns=columns, always=csv_text is not None)
    if in_yaml:
        text = with_lines(text, "users", [line for one in in_yaml for line in person_lines(one, 0)], file=loaded.file)
    if in_csv:
        before[csv_name] = csv_text
        if csv_text is None:
            text = with_key(text, pair("users_file", csv_name))
            after[csv_name] = crowd_text(in_csv)
        else:
            after[csv_name] = with_rows(csv_text, crowd_rows(in_csv, columns))
    if text != before[yaml_name]:
        after[yaml_name] = text

    there = {each.address: each.id for each in loaded.imports}
    wanted = imports_of(centre, parts)
    added = {address: identifier for address, identifier in wanted.items() if address not in there}
    if added:
        path = imports_path(loaded.path)
        before[path.name] = _read(path) if path.exists() else None
        after[path.name] = render_imports(there | added)
    asides = (*_one_by_one(environment, centre), *_other_ids(there, wanted))
    return Update(before, dict(sorted(after.items())), added, asides)


def _same_centre(file: str, environment: Environment, centre: ContactCentre) -> None:
    """What a file says once for all of its apps has to be what was found."""
    said = {
        "aws.account_id": (environment.aws.account_id, centre.account_id),
        "aws.region": (environment.aws.region, centre.region),
        "aws.sign_in": (environment.aws.sign_in, centre.sign_in),
        "okta.org_name": (environment.okta.org_name, centre.org_name),
        "okta.role_assignment": (environment.okta.role_assignment, centre.role_assignment),
        "okta.username": (environment.okta.username_attribute, centre.username),
        "federation.path": (environment.federation.path, centre.path),
    }
    if environment.connect.instance_id:
        said["connect.instance_id"] = (environment.connect.instance_id, centre.instance.id)
    wrong = [
        visible(f"{key} is {ours} in the file and {theirs} in the accounts")
        for key, (ours, theirs) in said.items()
        if ours != theirs
    ]
    if wrong:
        raise Failure(
            "\n  ".join([f"{file}: nothing was added, because the file says otherwise than the accounts:", *wrong])
        )


def _one_by_one(environment: Environment, centre: ContactCentre) -> Iterator[Aside]:
    """Who is in the file and has an app one by one that the file does not say."""
    said = {user.username: set(user.apps) for user in environment.users}
    for app in centre.apps:
        names = [
            person.user.name
            for person in centre.people
            if app.key in person.apps and person.user.name in said and app.key not in said[person.user.name]
        ]
        if names:
            yield Aside(
                f"the app {app.live.label!r}, one by one",
                f"somebody has it whom the file has without it; add {app.key} to their apps by hand",
                tuple(names),
                decide=True,
            )


def _other_ids(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Aside]:
    for address, identifier in wanted.items():
        if there.get(address, identifier) != identifier:
            yield Aside(
                f"the import of {address}",
                f"the file says {there[address]}, and {identifier} was found; nothing that is written is changed",
                decide=True,
            )


def _read(path: Path) -> str:
    """The text of a file, its line breaks as they are."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: cannot be read: {error}") from error
