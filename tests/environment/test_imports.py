"""The imports file: written and read back, and every mistake in it told with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.imports import address_of, read_imports, render_imports
from connect_sso.facts.import_ids import IMPORT_IDS
from tests.environment_files import loaded, minimal

INSTANCE = "12345678-1234-1234-1234-123456789012"
USER = "87654321-1234-1234-1234-123456789012"
IDS = {
    address_of("aws_connect_instance", "instance"): INSTANCE,
    address_of("aws_connect_user", "users", "Ada.Admin@example.com"): f"{INSTANCE}:{USER}",
    address_of("okta_app_group_assignment", "admin", 'The "Admins"'): "0oa1234567890abcdefg/00g1234567890abcdefg",
    "aws_iam_role.Okta_Role": "Okta_Role",
}


def problems(text: str) -> list[str]:
    """What is said about a file, each as `line: message`."""
    return [f"{problem.line}: {problem.message}" for problem in read_imports(text.encode(), "x")[1]]


def test_what_is_written_is_read() -> None:
    text = render_imports(IDS)
    imports, found = read_imports(text.encode(), "dev.imports.json")
    assert not found
    assert {each.address: each.id for each in imports} == IDS == json.loads(text)
    assert [each.address for each in imports] == sorted(IDS)
    assert [each.line for each in imports] == [2, 3, 4, 5]
    assert {each.key for each in imports} >= {'The "Admins"', None}
    assert text.count("\n") == len(IDS) + 2
    assert read_imports(render_imports({}).encode(), "x") == ([], [])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_key_survives(key: str) -> None:
    address = address_of("okta_app_group_assignment", "admin", key)
    (found,), wrong = read_imports(render_imports({address: "0oa1234567890abcdefg/00g1234567890abcdefg"}).encode(), "x")
    if "${" not in key and "%{" not in key:
        assert not wrong
        assert (found.key, found.address) == (key, address)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_nothing_is_a_traceback(text: str) -> None:
    read_imports(text.encode("utf-8", "surrogatepass"), "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"aws_iam_role.r": "r",\n "aws_iam_role.r": "s"}', ["2: is listed twice (first on line 1)"]),
        (
            '{"aws_iam_role.r": "r",\n\n "aws_iam_rule.r": "s"}',
            ["3: aws_iam_rule is not a type that these stacks make"],
        ),
        ('{"aws_iam_role.r": 7}', ["1: the id must be text: a role's name, without its path"]),
        ('{"aws_iam_role.r": "/sso/r"}', ["1: '/sso/r' is not a role's name, without its path"]),
        ('{"okta_group_memberships.a": "00g1234567890abcdefg/true"}', ["1: '00g1234567890abcdefg/true' is not an"]),
        ('{"aws_iam_role.${x}": "r"}', ["1: not the address of a resource"]),
        ('{"aws_connect_user.users[ada]": "r"}', ["1: not the address of a resource"]),
        ('{"aws_connect_user.users[\\"${x}\\"]": "r"}', ["1: ${ and %{ mean something to Terraform"]),
        ('{"aws_iam_role.r": "r"\n "aws_iam_role.s": "s"}', ["2: not valid JSON: a comma is missing"]),
        ('{"aws_iam_role.r": "r",\n}', ["2: not valid JSON: an address in double quotes is missing"]),
        ('{"aws_iam_role.r"\n"r"}', ["2: not valid JSON: a colon is missing"]),
        ('{"aws_iam_role.r": "r"} {}', ["1: not valid JSON: more follows"]),
        ('["aws_iam_role.r"]', ["1: not valid JSON: no object; expected an object such as"]),
        ('{"aws_iam_role.r": ', ["1: not valid JSON: expecting value"]),
        ("", ["1: not valid JSON: no object"]),
        ("[" * 100_000, ["1: not valid JSON: no object"]),
        ('{"aws_iam_role.r": ' + "[" * 100_000, ["1: not valid JSON: nested too deeply"]),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(said)
    for one, expected in zip(found, said, strict=True):
        assert one.startswith(expected)


def test_a_file_of_mistakes_is_not_read_to_its_end() -> None:
    found = problems(json.dumps({f"x.y{number}": "z" for number in range(1000)}))
    assert len(found) == 201
    assert "the rest of the file was not read" in found[-1]


def test_every_type_says_what_its_id_is() -> None:
    for kind, form in IMPORT_IDS.items():
        assert form.problem("") is not None, kind
        assert form.problem("${x}") is not None, kind


def test_an_environment_with_a_wrong_imports_file_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test.imports.json").write_text('{"aws_iam_role.Okta_Role": "Okta_Role"}\n', "utf-8")
    right = loaded(tmp_path, minimal())
    assert [(each.block, each.id) for each in right.imports] == [("aws_iam_role.Okta_Role", "Okta_Role")]
    (tmp_path / "test.imports.json").write_text('{"aws_iam_role.Okta_Role": ["Okta_Role"]}\n', "utf-8")
    wrong = loaded(tmp_path, minimal())
    assert wrong.environment is None
    (problem,) = wrong.errors
    assert str(problem) == (
        f"{tmp_path}/test.imports.json:1:2: aws_iam_role.Okta_Role: the id must be text: a role's name, without its path"
    )
    (tmp_path / "test.imports.json").unlink()
    (tmp_path / "test.imports.json").mkdir()
    assert "cannot be read" in str(loaded(tmp_path, minimal()).errors[0])


@pytest.mark.parametrize(
    ("adopted", "parts"),
    [
        (None, set()),
        (False, set()),
        ([], set()),
        (True, {"apps", "permissions", "roles", "tags", "trust"}),
        (["trust", "apps"], {"apps", "trust"}),
    ],
)
def test_adopted_names_what_stays_as_it_was_found(tmp_path: Path, adopted: object, parts: set[str]) -> None:
    environment = loaded(tmp_path, minimal(adopted=adopted)).environment
    assert environment is not None
    assert {part for part in ("apps", "permissions", "roles", "tags", "trust") if environment.leaves(part)} == parts


@pytest.mark.parametrize(
    ("adopted", "said"),
    [
        ("yes please", "adopted: must be true or false"),
        (["trusts"], "adopted[0]: must be one of apps, permissions, roles, tags, trust; did you mean trust?"),
        (["trust", "trust"], "adopted: 'trust' is listed twice"),
        ({"trust": True}, "adopted: must be a list"),
    ],
)
def test_adopted_is_all_or_a_list_of_parts(tmp_path: Path, adopted: object, said: str) -> None:
    (problem,) = loaded(tmp_path, minimal(adopted=adopted)).errors
    assert f"{problem.key}: {problem.message}".startswith(said)
