"""Import blocks from the imports file, and what an adopted environment leaves as it was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso.environment.derived_names import own_block, user_address
from connect_sso.environment.imports import address_of, render_imports
from connect_sso.facts.import_ids import IMPORT_IDS
from connect_sso.infrastructure.adoption import LEFT
from connect_sso.infrastructure.synthesis import synthesize
from tests.conftest import ROOT
from tests.environment_files import loaded, minimal
from tests.synthesized import synthesized

INSTANCE = "12345678-1234-1234-1234-123456789012"
APP, GROUP, ADA = "0oa1234567890abcdefg", "00g1234567890abcdefg", "00u1234567890abcdefg"
CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\n"


def user(name: str, number: int = 1) -> dict[str, str]:
    """The import of a Connect user."""
    return {address_of("aws_connect_user", "users", name): f"{INSTANCE}:{number:08d}-1234-1234-1234-123456789012"}


IDS = {
    "aws_connect_instance.instance": INSTANCE,
    "aws_iam_role.Okta_Role": "Okta_Role",
    address_of("okta_app_group_assignment", "admin", "Contact Centre Admins"): f"{APP}/{GROUP}",
    address_of("okta_app_user", "admin", "Ada.Admin@example.com"): f"{APP}/{ADA}",
    **user("Ada.Admin@example.com"),
    **user("bo@example.com", 2),
}


def written(folder: Path, ids: dict[str, str], *, csv: str | None = CSV, **changes: Any) -> tuple[Path, list[str]]:
    """The stacks' folder, and what the synthesis warns of."""
    if ids:
        (folder / "test.imports.json").write_text(render_imports(ids), "utf-8")
    data = minimal(**({"users_file": "agents.csv"} if csv else {}), **changes)
    warnings = synthesize([loaded(folder, data, csv=csv)], folder / "out")
    return folder / "out" / "stacks", [f"{each.line}: {each.key}: {each.message}" for each in warnings]


def test_each_stack_takes_over_what_it_has(tmp_path: Path) -> None:
    stacks, warnings = written(tmp_path, IDS)
    assert not warnings
    own, crowd = (json.loads((stacks / name / "imports.tf.json").read_text()) for name in ("test", "test-users"))
    to = {block["to"]: block for block in own["import"]}
    assert to["aws_connect_instance.instance"] == {"to": "aws_connect_instance.instance", "id": INSTANCE}
    assert to["okta_app_group_assignment.admin[each.key]"] == {
        "to": "okta_app_group_assignment.admin[each.key]",
        "for_each": {"Contact Centre Admins": f"{APP}/{GROUP}"},
        "id": "${each.value}",
    }
    assert to["aws_connect_user.users[each.key]"]["for_each"].keys() == {"Ada.Admin@example.com"}
    assert crowd == {
        "import": [
            {
                "for_each": {"bo@example.com": f"{INSTANCE}:00000002-1234-1234-1234-123456789012"},
                "to": "aws_connect_user.users[each.key]",
                "id": "${each.value}",
            }
        ]
    }


def test_who_is_assigned_one_by_one_is_imported_only_where_okta_lets_them_in(tmp_path: Path) -> None:
    """Someone who has left has no assignment in the plan, and a block without its address stops Terraform."""
    stacks, _ = written(tmp_path, IDS)
    (block,) = (
        block
        for block in json.loads((stacks / "test" / "imports.tf.json").read_text())["import"]
        if block["to"] == "okta_app_user.admin[each.key]"
    )
    for_each = json.loads((stacks / "test" / "cdk.tf.json").read_text())["resource"]["okta_app_user"]["admin"][
        "for_each"
    ]
    assert for_each[2:-1] in block["for_each"]
    assert f'"Ada.Admin@example.com" = "{APP}/{ADA}"' in block["for_each"]


def test_a_person_is_imported_to_where_the_file_has_them_now(tmp_path: Path) -> None:
    """Whoever the file says a setting of has a block to themselves; the imports were written before or after that."""
    ada = user("Ada.Admin@example.com")
    (identifier,) = ada.values()
    apart = user_address("Ada.Admin@example.com", apart=True)
    for ids in (ada, {apart: identifier}):
        for said, block in ((None, "users"), (True, own_block("Ada.Admin@example.com"))):
            stacks, warnings = written(tmp_path, ids, users__0__auto_accept=said)
            assert not warnings
            (found,) = json.loads((stacks / "test" / "imports.tf.json").read_text())["import"]
            assert found["to"] == f"aws_connect_user.{block}[each.key]"
            assert found["for_each"] == {"Ada.Admin@example.com": identifier}


def test_the_configuration_itself_is_the_same_without_imports(tmp_path: Path) -> None:
    """So the imports file may go after the apply, and nothing changes."""
    stacks, _ = written(tmp_path, IDS)
    before = {path: path.read_bytes() for path in stacks.rglob("*.json") if path.name != "imports.tf.json"}
    (tmp_path / "test.imports.json").unlink()
    stacks, warnings = written(tmp_path, {})
    assert not warnings
    assert {path: path.read_bytes() for path in stacks.rglob("*.json")} == before


def test_what_no_stack_has_is_left_out_and_told(tmp_path: Path) -> None:
    ids = {
        **user("gone@example.com", 3),
        "aws_iam_role.Other_Role": "Other_Role",
        "okta_app_group_assignment.admin": f"{APP}/{GROUP}",
        address_of("okta_app_group_assignment", "admin", "Others"): f"{APP}/{GROUP}",
        address_of("aws_iam_role", "Okta_Role", "x"): "Okta_Role",
    }
    stacks, warnings = written(tmp_path, ids)
    assert not list(stacks.rglob("imports.tf.json"))
    assert len(warnings) == 5
    assert any("nobody of that name is in the files, so that this is not imported" in each for each in warnings)
    assert "the environment has no such resource, so that this is not imported" in warnings[1]


def test_many_who_are_gone_are_told_in_a_few_lines(tmp_path: Path) -> None:
    ids = {address: identifier for n in range(500) for address, identifier in user(f"gone{n}@example.com", n).items()}
    _, warnings = written(tmp_path, ids)
    assert len(warnings) == 21
    assert "480 more" in warnings[-1]


@pytest.mark.timeout(120)
def test_five_thousand_people_are_one_block(tmp_path: Path) -> None:
    names = [f"agent{number}@example.com" for number in range(5_000)]
    ids = {address: identifier for n, name in enumerate(names) for address, identifier in user(name, n).items()}
    csv = CSV.splitlines()[0] + "\n" + "".join(f"{name},Bo,Agent,Agent\n" for name in names)
    stacks, warnings = written(tmp_path, ids, csv=csv)
    assert not warnings
    assert not (stacks / "test" / "imports.tf.json").exists()
    (block,) = json.loads((stacks / "test-users" / "imports.tf.json").read_text())["import"]
    assert block["for_each"].keys() == set(names)


def test_every_type_that_the_stacks_make_can_be_imported() -> None:
    """But for approved origins, which no import finds."""
    stacks = [
        json.loads(path.read_text("utf-8")) for path in (ROOT / "tests" / "goldens" / "stacks").rglob("cdk.tf.json")
    ]
    made = {kind for stack in stacks for kind in stack["resource"]}
    assert len(made) > 15
    assert made - IMPORT_IDS.keys() <= {"aws_cloudcontrolapi_resource"}


def test_an_environment_that_is_not_adopted_has_the_same_stack(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    assert synthesized(one, minimal())["test"].json == synthesized(other, minimal(adopted=[]))["test"].json


@pytest.mark.parametrize("mode", ["saml_app", "group_mapping", "api_integration"])
def test_an_adopted_environment_leaves_alone_what_its_file_cannot_say(tmp_path: Path, mode: str) -> None:
    found = synthesized(tmp_path, minimal(adopted=True, okta__role_assignment=mode))["test"]
    for kinds in LEFT.values():
        for kind, attributes in kinds.items():
            for body in found.json["resource"].get(kind, {}).values():
                assert set(attributes) <= set(body["lifecycle"]["ignore_changes"]), kind
    assert "description" in found.resource("aws_iam_policy.federation")["lifecycle"]["ignore_changes"]
    assert "priority" in found.resource("okta_app_group_assignment.admin")["lifecycle"]["ignore_changes"]
    if mode == "saml_app":
        assert "postcondition" in found.resource("okta_app_saml.admin")["lifecycle"]


def test_each_part_is_left_or_taken_over_by_itself(tmp_path: Path) -> None:
    found = synthesized(tmp_path, minimal(adopted=["trust"]))["test"]
    assert found.resource("aws_iam_role.Okta_Role")["lifecycle"]["ignore_changes"] == ["assume_role_policy"]
    assert "ignore_changes" not in found.resource("okta_app_saml.admin")["lifecycle"]


def test_what_the_file_says_is_kept_all_the_same(tmp_path: Path) -> None:
    """A boundary that is written, tags of everything, and the emergency access, which nobody found."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    emergency = {"role": "Emergency", "trusted": ["arn:aws:iam::111122223333:role/on-call"]}
    federation = {"permissions_boundary": boundary, "emergency": emergency}
    found = synthesized(tmp_path, minimal(adopted=True, federation=federation, aws__tags={"team": "cc"}))["test"]
    left = found.resource("aws_iam_role.Okta_Role")["lifecycle"]["ignore_changes"]
    assert left == ["assume_role_policy", "description", "max_session_duration", "tags"]
    assert "lifecycle" not in found.resource("aws_iam_role.Emergency")
    assert "policy" not in found.resource("aws_iam_policy.emergency")["lifecycle"]["ignore_changes"]
