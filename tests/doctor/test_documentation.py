"""The page and the schema say what the doctor does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from connect_sso.doctor.findings import BY_CODE, CATALOGUE, filled_in
from connect_sso.doctor.page import doctor_page
from connect_sso.doctor.rendering import as_json, as_markdown, as_text
from tests.conftest import ROOT, Golden
from tests.doctor.values import ADA, BO, CY, MODES, company, diagnosed, healthy, person, role, then

SCHEMA = json.loads((ROOT / "constructs/connect_sso/doctor/doctor.schema.json").read_text(encoding="utf-8"))


def test_the_page_is_the_catalogue(golden: Golden) -> None:
    golden.check(ROOT / "docs" / "doctor.md", doctor_page())


@pytest.mark.parametrize("trouble", CATALOGUE, ids=lambda trouble: trouble.code)
def test_each_kind_of_finding_can_be_told(trouble: object) -> None:
    """A stable code, sentences that end where the reader ends them, and a page that is there."""
    kind = next(each for each in CATALOGUE if each is trouble)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", kind.code)
    assert BY_CODE[kind.code] is kind
    assert not kind.title.endswith(".")
    assert kind.means.endswith(".")
    assert not kind.fix.endswith(".")
    assert set(re.findall(r"\{(\w+)\}", kind.fix + kind.means)) <= {
        "env",
        "name",
        "instance_id",
        "user_id",
        "session",
        "attribute",
    }
    assert "{" not in filled_in(kind.fix, {})
    if not kind.page.startswith("https://"):
        assert (ROOT / kind.page).is_file()


@pytest.mark.parametrize("mode", MODES)
def test_the_json_has_its_schema(tmp_path: Path, mode: str) -> None:
    case = healthy(company(tmp_path, mode))
    sick = then(role(policies=()), person(BO, status="SUSPENDED"))(case)
    for each in (diagnosed(case), diagnosed(sick), diagnosed(sick, user=BO), diagnosed(case, user=ADA)):
        found = json.loads(as_json(each))
        jsonschema.validate(found, SCHEMA)
        assert found["healthy"] is not bool(found["findings"])
    told = json.loads(as_json(diagnosed(sick)))
    assert [(each["code"], each["cannot_sign_in"]) for each in told["findings"]] == [
        ("permission-missing", 1),
        ("person-suspended", 0),
    ]
    assert told["cannot_sign_in"] == 1


def test_what_a_terminal_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    """Looked at once, and again when it changes."""
    monkeypatch.chdir(tmp_path)
    case = healthy(company(Path()))
    sick = then(role(policies=()), person(BO, status="SUSPENDED"), person(CY, status="DEPROVISIONED"))(case)
    folder = ROOT / "tests" / "goldens" / "doctor"
    shown = as_text(diagnosed(sick))
    golden.check(folder / "findings.txt", shown)
    golden.check(folder / "user.txt", as_text(diagnosed(sick, user=BO)))
    golden.check(folder / "findings.md", as_markdown(diagnosed(sick)))
    assert as_text(diagnosed(case)) == "test: healthy, for 3 people.\n"


def test_only_what_concerns_a_person(tmp_path: Path) -> None:
    sick = then(role(policies=()), person(BO, status="SUSPENDED"))(healthy(company(tmp_path)))
    assert [each.code for each in diagnosed(sick, user=BO).findings] == ["permission-missing", "person-suspended"]
    assert [each.code for each in diagnosed(sick, user=CY).findings] == ["permission-missing"]
    assert diagnosed(sick, user=ADA).findings == ()
