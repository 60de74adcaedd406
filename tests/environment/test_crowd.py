"""The crowd's CSV: written by people with spreadsheets."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.crowd import COLUMNS, read_crowd
from connect_sso.facts.names import username_problem
from tests.environment_files import loaded, messages, minimal

HEADER = "username,first_name,last_name,security_profiles,routing_profile,phone\n"


def problems(text: str) -> list[str]:
    return [
        f"{problem.line}: {problem.key}: {problem.message}" for problem in read_crowd(text.encode(), "agents.csv")[1]
    ]


def test_cells_and_defaults() -> None:
    """Profiles are separated by |, an empty cell is the default, spaces around a cell mean nothing."""
    people, wrong = read_crowd(
        (
            HEADER
            + "bo@example.com, Bo ,Agent,Agent|QualityAnalyst,,\ncy@example.com,Cy,Agent,Agent,Sales,+12065550100\n"
        ).encode(),
        "x",
    )
    assert wrong == []
    assert people[0].security_profiles == ("Agent", "QualityAnalyst")
    assert (people[0].first_name, people[0].routing_profile, people[0].desk_phone) == (
        "Bo",
        "Basic Routing Profile",
        None,
    )
    assert (people[1].routing_profile, people[1].desk_phone, people[1].line) == ("Sales", "+12065550100", 3)


SETTINGS = "username,first_name,last_name,security_profiles,after_contact_work_seconds,auto_accept,secondary_email,hierarchy_group,tags\n"


def test_settings_that_are_left_alone_where_the_cell_is_empty() -> None:
    """What a cell says is for Terraform to keep; what it does not say is not in the map at all."""
    people, wrong = read_crowd(
        (
            SETTINGS
            + "bo@example.com,Bo,Agent,Agent,0,TRUE,bo@example.org,Europe| Sales,Team=Sales|Path=a=b\n"
            + "cy@example.com,Cy,Agent,Agent,,,,,\n"
        ).encode(),
        "x",
    )
    assert wrong == []
    bo, cy = (person.for_terraform() for person in people)
    settings = {
        "after_contact_work_seconds": 0,
        "auto_accept": True,
        "secondary_email": "bo@example.org",
        "hierarchy_group": ["Europe", "Sales"],
        "tags": {"Path": "a=b", "Team": "Sales"},
    }
    assert bo.items() >= settings.items()
    assert not settings.keys() & cy.keys()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("2000001,,,,", "after_contact_work_seconds: after-contact work lasts 0 (no limit) to 2000000 seconds"),
        ("1.5,,,,", "'1.5' is not a whole number of seconds"),
        (",yes,,,", "auto_accept: 'yes' is neither true nor false"),
        (",,bo@example,,", "secondary_email: 'bo@example' is not an e-mail address"),
        (",,,a|b|c|d|e|f,", "hierarchy_group: an agent hierarchy has at most 5 levels; this has 6"),
        (",,,a||b,", "hierarchy_group: 1 to 100 characters; this has 0"),
        (",,,,Sales", "tags: must be tags such as Team=Sales|Site=Berlin"),
        (",,,,Team=a|Team=b", "tags: 'Team' is listed twice"),
        (",,,,aws:x=y", "tags: 'aws:x' is not a tag's key"),
        (",,,,Team=", "tags: '' is not a tag's value"),
        (",,,," + "|".join(f"T{index}=x" for index in range(51)), "tags: at most 50 tags; this has 51"),
    ],
)
def test_a_setting_that_connect_would_refuse(cells: str, says: str) -> None:
    """Named by its column, before half of a crowd is made."""
    (found,) = problems(SETTINGS + f"bo@example.com,Bo,Agent,Agent,{cells}\n")
    assert says in found


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    """As spreadsheets save it."""
    people, wrong = read_crowd(
        b"\xef\xbb\xbf" + (HEADER + "bo@example.com,Bo,Agent,Agent,,\n").replace("\n", "\r\n").encode(), "x"
    )
    assert wrong == []
    assert len(people) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: : the first line must be the header"),
        ("username;first_name;last_name;security_profiles\n", "semicolons"),
        ("username,first_name,last_name\n", "security_profiles: this column is missing"),
        ("username,first_name,last_name,security_profiles,apps\n", "by Okta group, never one by one"),
        ("username,first_name,last_name,security_profile\n", "did you mean security_profiles"),
        ("username,username,first_name,last_name,security_profiles\n", "twice"),
        (HEADER.strip() + ",,\nbo@example.com,Bo,Agent,Agent,,,,\n", "1: : column 7 has no name; remove it"),
        (HEADER + "bo@example.com,Bo\n", "2: : 2 cells where the header has 6"),
        (HEADER + "bo@example,Bo,Agent,Agent,,\n", "2: username: a user name with @"),
        (HEADER + "bo@example.com,,Agent,Agent,,\n", "2: first_name: must not be empty"),
        (HEADER + "bo@example.com,Bo,Agent,,,\n", "2: security_profiles:"),
        (HEADER + "bo@example.com,Bo,Agent,Agent|Agent,,\n", "listed twice"),
        (HEADER + "bo@example.com,Bo,Agent,Agent,,12\n", "E.164"),
        (HEADER + "bo@example.com,${Bo},Agent,Agent,,\n", "mean something to Terraform"),
        (HEADER + '"bo@example.com,Bo,Agent,Agent,,\n', "not valid CSV"),
        (
            HEADER + '"bo,Bo,Agent,Agent,,\ncy,Cy,Agent,Agent,,\n',
            "2: : not valid CSV: unexpected end of data (a quote that is not closed?)",
        ),
        (HEADER + "# the night shift\n", "2: : 1 cell where the header has 6 columns (a CSV has no comments)"),
        (HEADER + 'bo@example.com,"B\no",Agent,Agent,,\nx,y\n', "4: : 2 cells"),
    ],
)
def test_what_is_wrong_has_its_line(text: str, says: str) -> None:
    """A row is found by its line in the file, also behind a cell that spans lines."""
    assert any(says in problem for problem in problems(text)), problems(text)


def test_a_secret_in_a_cell_is_not_repeated() -> None:
    """The message goes into a CI log."""
    secret = "AKIA" + "A1B2C3D4E5F6G7H8"
    found = problems(HEADER + f"bo@example.com,{secret},Agent,Agent,,\n")
    assert any("an AWS access key id" in problem for problem in found)
    assert not any(secret in problem for problem in found)


def test_names_are_unique_across_both_files_whatever_the_case(tmp_path: Path) -> None:
    """Okta knows one person where Connect would know two."""
    text = (
        HEADER + "ada.ADMIN@example.com,A,B,Agent,,\nbo@example.com,Bo,Agent,Agent,,\nBo@example.com,Bo,Agent,Agent,,\n"
    )
    found = messages(loaded(tmp_path, minimal(users_file="agents.csv"), csv=text))
    assert any("also in the environment file" in message for message in found)
    assert any(
        "Bo@example.com differs from bo@example.com only in case (first on line 3)" in message for message in found
    )


@given(
    st.lists(st.lists(st.text(max_size=8) | st.sampled_from(["0", "true", "a|b", "a=b"]), max_size=11), max_size=5),
    st.permutations(COLUMNS),
)
def test_any_table_is_read_or_refused(table: list[list[str]], columns: list[str]) -> None:
    """Never a traceback, whatever the cells hold."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(table)
    people, _ = read_crowd(text.getvalue().encode("utf-8", "surrogatepass"), "agents.csv")
    for person in people:
        assert username_problem(person.username) is None


@given(st.text(max_size=70))
def test_user_names_fit_the_session_name_and_connect(name: str) -> None:
    """Whatever is let through is legal as a RoleSessionName, whose characters AWS documents."""
    if username_problem(name) is None:
        assert 2 <= len(name) <= 64
        assert all(character.isascii() and (character.isalnum() or character in "_.@-") for character in name)
        assert name.count("@") <= 1
