"""The crowd: a CSV of Connect users beside an environment file, kept by the people who run the contact centre."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connect_sso.environment.people import SOFTPHONE, Person
from connect_sso.environment.problems import Problem
from connect_sso.environment.secrets import secret_in
from connect_sso.facts.escaping import template_problem
from connect_sso.facts.names import (
    DEFAULT_ROUTING_PROFILE,
    MAX_TAGS,
    SECONDARY_EMAIL,
    TAG_KEY,
    TAG_VALUE,
    after_contact_work_problem,
    hierarchy_group_problem,
    normalized,
    person_name_problem,
    phone_problem,
    profile_name_problem,
    repeated,
    security_profiles_problem,
    username_problem,
)
from connect_sso.text import nearest

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Callable

REQUIRED: Final = ("username", "first_name", "last_name", "security_profiles")
OPTIONAL: Final = (
    "routing_profile",
    "phone",
    "after_contact_work_seconds",
    "auto_accept",
    "secondary_email",
    "hierarchy_group",
    "tags",
)
COLUMNS: Final = REQUIRED + OPTIONAL
HEADER: Final = f"{','.join(REQUIRED)} (and if wanted {', '.join(OPTIONAL)})"

MAX_PROBLEMS: Final = 200
"""Past this a file is not a crowd with mistakes, it is another file."""


def read_crowd(raw: bytes, file: str) -> tuple[list[Person], list[Problem]]:
    """The people of a CSV file.

    Args:
        raw: its bytes: UTF-8 with or without a byte order mark, as spreadsheets write it.
        file: its name, for the problems.

    Returns:
        The people of the rows that are right, and one problem for each cell that is not.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return [], [Problem(file, line, 1, "", "not UTF-8; save the file as CSV UTF-8")]
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, None)
        if header is None or not any(cell.strip() for cell in header):
            return [], [Problem(file, 1, 1, "", f"the first line must be the header: {HEADER}")]
        columns = [cell.strip() for cell in header]
        problems = _header_problems(columns, file)
        if problems:
            return [], problems
        return _read_rows(rows, columns, file)
    except csv.Error as error:
        return [], [Problem(file, rows.line_num, 1, "", f"not valid CSV: {error}")]


def _header_problems(columns: list[str], file: str) -> list[Problem]:
    def problem(column: str, message: str) -> Problem:
        return Problem(file, 1, 1, column, message)

    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        separator = "semicolons" if ";" in columns[0] else "tabs"
        return [problem("", f"the columns are separated by {separator}; save the file with commas")]
    problems = []
    for index, column in enumerate(columns):
        if not column:
            problems.append(problem("", f"column {index + 1} has no name; remove it (also the commas that it leaves)"))
        elif column in columns[:index]:
            problems.append(problem(column, "this column is listed twice"))
        elif column == "apps":
            problems.append(
                problem(column, "people of a CSV get their apps by Okta group, never one by one; remove the column")
            )
        elif column not in COLUMNS:
            shown = "a credential" if secret_in(column) else repr(column)
            problems.append(problem("", f"{shown} is not a column{nearest(column, COLUMNS)}"))
    problems += [
        problem(column, f"this column is missing; the header is {HEADER}")
        for column in REQUIRED
        if column not in columns
    ]
    return problems


def _read_rows(rows: Reader, columns: list[str], file: str) -> tuple[list[Person], list[Problem]]:
    people: list[Person] = []
    problems: list[Problem] = []
    end_of_previous = rows.line_num
    while True:
        line = end_of_previous + 1
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            # A quote that is never closed takes all lines after it: the row that it begins in is the one to mend.
            problems.append(Problem(file, line, 1, "", f"not valid CSV: {error} (a quote that is not closed?)"))
            break
        end_of_previous = rows.line_num
        if not any(map(str.strip, row)):
            continue
        if len(row) != len(columns):
            cells_here = f"{len(row)} cell{'s' if len(row) != 1 else ''}"
            hint = " (a CSV has no comments)" if row[0].startswith("#") else ""
            message = f"{cells_here} where the header has {len(columns)} columns{hint}"
            problems.append(Problem(file, line, 1, "", message))
        else:
            cells = dict(zip(columns, map(str.strip, row), strict=True))
            wrong = [Problem(file, line, 1, column, message) for column, message in _cell_problems(cells)]
            if not wrong:
                people.append(_person(cells, line))
            problems += wrong
        if len(problems) >= MAX_PROBLEMS:
            problems.append(
                Problem(file, line, 1, "", f"more than {MAX_PROBLEMS} problems; the rest of the file was not read")
            )
            break
    return people, problems


def _cell_problems(cells: dict[str, str]) -> list[tuple[str, str]]:
    problems = []
    for column, value in cells.items():
        problem = _CHECKS[column](value) if value or column in REQUIRED else None
        problem = problem or template_problem(value)
        # The value may be a credential that was pasted by mistake: then nothing of it is repeated.
        if value and (secret := _secret_in(value)):
            problem = f"this looks like {secret}; remove it and revoke it"
        if problem:
            problems.append((column, problem))
    return problems


def _person(cells: dict[str, str], line: int) -> Person:
    phone = cells.get("phone") or SOFTPHONE
    return Person(
        username=cells["username"],
        first_name=normalized(cells["first_name"]),
        last_name=normalized(cells["last_name"]),
        security_profiles=_split(cells["security_profiles"]),
        routing_profile=cells.get("routing_profile") or DEFAULT_ROUTING_PROFILE,
        desk_phone=None if phone == SOFTPHONE else phone,
        line=line,
        after_contact_work_seconds=int(seconds) if (seconds := cells.get("after_contact_work_seconds")) else None,
        auto_accept=_ANSWERS.get(cells.get("auto_accept", "").lower()),
        secondary_email=cells.get("secondary_email") or None,
        hierarchy_group=_split(path) if (path := cells.get("hierarchy_group")) else None,
        tags=dict(_tags(tags)) if (tags := cells.get("tags")) else None,
    )


def _phone(value: str) -> str | None:
    if value == SOFTPHONE:
        return None
    problem = phone_problem(value)
    return f"{problem}, or {SOFTPHONE}" if problem else None


@lru_cache(maxsize=4096)
def _split(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split("|"))


@lru_cache(maxsize=4096)
def _profiles(cell: str) -> str | None:
    # Ten thousand people share a handful of profiles.
    return security_profiles_problem(_split(cell))


@lru_cache(maxsize=4096)
def _routing_profile(cell: str) -> str | None:
    return profile_name_problem(cell)


def _after_contact_work(value: str) -> str | None:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        return f"{value!r} is not a whole number of seconds"
    return after_contact_work_problem(int(value))


def _auto_accept(value: str) -> str | None:
    return None if value.lower() in _ANSWERS else f"{value!r} is neither true nor false"


@lru_cache(maxsize=4096)
def _hierarchy_group(cell: str) -> str | None:
    return hierarchy_group_problem(_split(cell))


@lru_cache(maxsize=4096)
def _tags(cell: str) -> tuple[tuple[str, str], ...]:
    """Key and value of each tag; the value is empty where there is no equals sign."""
    parts = (tag.partition("=") for tag in _split(cell))
    return tuple((key.strip(), value.strip()) for key, _, value in parts)


@lru_cache(maxsize=4096)
def _tags_problem(cell: str) -> str | None:
    if not all("=" in tag for tag in _split(cell)):
        return "must be tags such as Team=Sales|Site=Berlin"
    tags = _tags(cell)
    if len(tags) > MAX_TAGS:
        return f"at most {MAX_TAGS} tags; this has {len(tags)}"
    if (twice := repeated([key for key, _ in tags])) is not None:
        return f"{twice!r} is listed twice"
    problems = (TAG_KEY.problem(key) or TAG_VALUE.problem(value) for key, value in tags)
    return next(filter(None, problems), None)


def _secret_in(value: str) -> str | None:
    # No credential is shorter than 20 characters, and no cell is often longer: this spares ten thousand searches.
    return secret_in(value) if len(value) >= 20 else None


_ANSWERS: Final = {"true": True, "false": False}
"""In any case: spreadsheets write TRUE."""

_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "username": username_problem,
    "first_name": person_name_problem,
    "last_name": person_name_problem,
    "security_profiles": _profiles,
    "routing_profile": _routing_profile,
    "phone": _phone,
    "after_contact_work_seconds": _after_contact_work,
    "auto_accept": _auto_accept,
    "secondary_email": SECONDARY_EMAIL.problem,
    "hierarchy_group": _hierarchy_group,
    "tags": _tags_problem,
}
