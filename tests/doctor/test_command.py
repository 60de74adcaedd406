"""The command against running accounts: exit codes, one line for what cannot be read, and one person alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import ROOT
from tests.doctor.company import LivingCompany, restored
from tests.doctor.values import ADA, BO, CY, company
from tests.environment_files import minimal, write
from tests.sandbox.companies import EMPTY
from tests.sandbox.http.aws import access_key
from tests.sandbox.http.serving import accounts
from tests.terminal import type_command

SCHEMAS = ROOT / "constructs" / "connect_sso"
TRACE = json.loads((SCHEMAS / "trace" / "trace.schema.json").read_text(encoding="utf-8"))
DOCTOR = json.loads((SCHEMAS / "doctor" / "doctor.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingCompany]:
    folder = tmp_path_factory.mktemp("command")
    with accounts(folder / "cloud", company=EMPTY) as running:
        yield LivingCompany(running, company(folder), {"Contact Centre Admins": (), "Contact Centre Agents": (BO, CY)})


def variables(living: LivingCompany, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OKTA_"))}
    given = {**living.accounts.variables(), "CONNECT_SSO_ENVIRONMENTS": str(living.loaded.path.parent)}
    return {**clean, **given, **(changes or {})}


def connect_sso(
    living: LivingCompany, *arguments: str, changes: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connect_sso.cli", *arguments],
        env=variables(living, changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_healthy_is_exit_code_0(living: LivingCompany) -> None:
    done = connect_sso(living, "doctor", "test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "test: healthy, for 3 people.\n", "")


def test_one_person_alone(living: LivingCompany) -> None:
    with restored(living.accounts.cloud):
        living.okta("POST", f"/users/{living.people[BO]}/lifecycle/suspend")
        bo = connect_sso(living, "doctor", "test", "--user", BO, "--format", "json")
        ada = connect_sso(living, "doctor", "test", "--user", ADA)
        walked = connect_sso(living, "trace", "test", "--live", "--user", BO, "--format", "json")
    assert bo.returncode == 3
    told = json.loads(bo.stdout)
    jsonschema.validate(told, DOCTOR)
    assert [(each["code"], each["name"]) for each in told["findings"]] == [("person-suspended", BO)]
    assert told["walk"]["hops"][0]["code"] == "member-barred"
    assert ada.returncode == 0
    assert ada.stdout.startswith(f"test, {ADA}: healthy.\n\n✓ {ADA}\n")
    assert walked.returncode == 3
    traced = json.loads(walked.stdout)
    jsonschema.validate(traced, TRACE)
    assert traced["source"] == "the live accounts"
    assert [hop["ok"] for hop in traced["people"][0]["hops"]] == [False, True, True, True, True, True]


def test_everybody_walks_through_the_live_accounts(living: LivingCompany) -> None:
    done = connect_sso(living, "trace", "test", "--live")
    assert done.returncode == 0
    assert "3 people in the live accounts: 3 can sign in." in done.stdout
    assert connect_sso(living, "trace", "test", "--live", "--state", "x.json").returncode == 2


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"OKTA_API_TOKEN": "wrong"}, "acme.okta.com does not take"),
        ({"OKTA_API_TOKEN": ""}, "there are no Okta credentials"),
        ({"AWS_ACCESS_KEY_ID": access_key("999999999999")}, "the AWS credentials are of account 999999999999"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no AWS credentials"),
        ({"OKTA_HTTP_PROXY": "http://127.0.0.1:9"}, "acme.okta.com, asked at what OKTA_HTTP_PROXY names,"),
    ],
    ids=["token", "no token", "account", "no credentials", "no org"],
)
def test_what_cannot_be_read_is_one_line(living: LivingCompany, changes: dict[str, str], line: str) -> None:
    done = connect_sso(living, "doctor", "test", changes=changes)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("connect-sso: ")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("okta__org_name", "other", "is the Okta org acme.okta.com, and the file is of other.okta.com"),
        (
            "aws__account_id",
            "444455556666",
            "the AWS credentials are of account 111122223333, and the file is of 444455556666",
        ),
    ],
)
def test_another_org_or_account_than_the_file_s(
    living: LivingCompany, tmp_path: Path, path: str, value: str, line: str
) -> None:
    write(tmp_path, "test", minimal(**{path: value}))
    done = connect_sso(living, "doctor", "test", changes={"CONNECT_SSO_ENVIRONMENTS": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_another_region_has_no_such_instance(living: LivingCompany, tmp_path: Path) -> None:
    """The file's region is what is asked; what else is of it differs too."""
    write(tmp_path, "test", minimal(aws__region="eu-west-2"))
    done = connect_sso(
        living, "doctor", "test", "--area", "connect", changes={"CONNECT_SSO_ENVIRONMENTS": str(tmp_path)}
    )
    assert done.returncode == 3
    assert "the account 111122223333 has none of that alias in eu-west-2" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("aws", "okta", "part"),
    [
        ("iam:GetRolePolicy iam:ListRolePolicies", "", "needs iam:ListRolePolicies"),
        ("connect:SearchUsers", "", "the Connect users: needs connect:SearchUsers"),
        (
            "servicequotas:GetServiceQuota",
            "",
            "how many users the instance may have: needs servicequotas:GetServiceQuota",
        ),
        ("", "groups", "the group Contact Centre Agents: needs"),
    ],
)
def test_what_may_not_be_read_is_listed(living: LivingCompany, aws: str, okta: str, part: str) -> None:
    """It is no finding; nor is anything healthy without it."""
    try:
        living.accounts.aws.denied.update(aws.split())
        living.accounts.org.denied.update(okta.split())
        done = connect_sso(living, "doctor", "test")
    finally:
        living.accounts.aws.denied.clear()
        living.accounts.org.denied.clear()
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("test: healthy, as far as could be checked, for 3 people.\n")
    assert part in " ".join(done.stdout.split())


def test_a_terminal_shows_how_far_it_is(living: LivingCompany, tmp_path: Path) -> None:
    """On standard error, and nothing of it elsewhere."""
    command = [sys.executable, "-m", "connect_sso.cli", "doctor", "test"]
    shown = type_command(command, variables(living), tmp_path)
    assert "reading" in shown.stdout
    assert "Connect users" in shown.stdout
    assert shown.stdout.rstrip().endswith("test: healthy, for 3 people.")


def test_an_environment_that_is_none(living: LivingCompany) -> None:
    assert connect_sso(living, "doctor", "nowhere").returncode == 2


def test_json_says_what_is_missing(living: LivingCompany) -> None:
    with restored(living.accounts.cloud):
        living.connect.delete_user(**living.here, UserId=living.users[CY])
        done: dict[str, Any] = json.loads(connect_sso(living, "doctor", "test", "--format", "json").stdout)
    jsonschema.validate(done, DOCTOR)
    assert [(each["code"], each["name"]) for each in done["findings"]] == [("user-not-made", CY)]
    assert done["complete"] is True
