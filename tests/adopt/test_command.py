"""The command on accounts that are values: what it writes, says and refuses; nothing is overwritten, nothing half written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from connect_sso.adopt import placing
from connect_sso.cli import cli
from connect_sso.environment.loading import load
from tests.adopt import found
from tests.adopt.conftest import Adopt, reason
from tests.conftest import ROOT, Golden

GOLDENS = Path(__file__).parent / "goldens"
SCHEMA = json.loads((ROOT / "constructs/connect_sso/adopt/adopt.schema.json").read_text(encoding="utf-8"))


def with_crowd(count: int, accounts: Any) -> Any:
    """The accounts with so many more people in the group of the agents."""
    account, org = accounts
    people = [found.person(f"agent{number:05}@example.com") for number in range(count)]
    users = {
        one.login: replace(found.user(one.login), id=f"44444444-0000-0000-0000-{number:012d}", last_name="O'Neil, Jr.")
        for number, one in enumerate(people)
    }
    apps = list(org.apps)
    role = ("Okta_CCP_Role",) if apps[-1].features else ()
    apps[-1] = replace(
        apps[-1], users=(*(apps[-1].users or ()), *(found.app_user(one, "GROUP", *role) for one in people))
    )
    org = replace(org, apps=tuple(apps), people=dict(org.people) | {one.id: one for one in people})
    return replace(account, users=dict(account.users) | users), org


@pytest.mark.parametrize("way", found.WAYS)
def test_the_files_of_each_way(way: str, folder: Path, adopt: Adopt, golden: Golden) -> None:
    result = adopt(found.WAYS[way]())
    assert result.exit_code == 3
    assert {path.name for path in folder.iterdir()} == {"prod.yaml", "prod.imports.json"}
    for path in folder.iterdir():
        golden.check(GOLDENS / f"{way}.{path.name.partition('.')[2]}", path.read_text("utf-8"))
    golden.check(GOLDENS / f"{way}.txt", result.stdout.replace(str(folder), "environments"))
    loaded = load(folder / "prod.yaml")
    assert not loaded.errors
    assert loaded.imports
    assert loaded.environment is not None
    assert loaded.environment.adopted is True


def test_nothing_to_change_is_exit_0(folder: Path, adopt: Adopt) -> None:
    account, org = found.custom()
    providers = {arn: replace(one, document=one.document.strip()) for arn, one in account.saml_providers.items()}
    result = adopt((replace(account, saml_providers=providers), org))
    assert result.exit_code == 0
    assert "Changed by the first apply\n  nothing\n" in result.stdout


def test_json_says_the_same(folder: Path, adopt: Adopt) -> None:
    result = adopt(found.mapping(), "--format", "json")
    data = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA)
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(data)
    assert data["imports"] == json.loads((folder / "prod.imports.json").read_text())
    assert {change["address"] for change in data["changes"]} == {
        "aws_iam_saml_provider.ccp",
        "okta_app_group_assignment.ccp",
    }
    assert data["people"] == ["bo.agent@example.com", "cy.agent@example.com"]
    assert all(one["why"] for one in data["left_alone"])


@pytest.mark.parametrize("people", [120, 5000])
def test_a_crowd_goes_into_the_csv(people: int, folder: Path, adopt: Adopt) -> None:
    result = adopt(with_crowd(people, found.custom()))
    assert result.exit_code == 3
    loaded = load(folder / "prod.yaml")
    assert not loaded.errors
    assert [person.username for person in loaded.people] == [found.ADA.login]
    assert len(loaded.crowd) == people + 2
    assert {person.last_name for person in loaded.crowd} >= {"O'Neil, Jr."}
    assert len(loaded.imports) == people + 10
    assert f"aws_connect_user: {people + 3:,} people" in result.stdout
    assert len(result.stdout.splitlines()) < 60
    header = (folder / "prod-agents.csv").read_text("utf-8").splitlines()[0]
    assert header == "username,first_name,last_name,security_profiles,phone"


def test_whom_a_csv_cannot_say_stays_in_the_file(folder: Path, adopt: Adopt) -> None:
    account, org = with_crowd(30, found.custom())
    profiles = dict(account.profiles) | {"profile-a|b": replace(account.profiles["profile-Agent"], name="a|b")}
    odd = replace(account.users["agent00000@example.com"], security_profile_ids=("profile-a|b",))
    adopt((replace(account, profiles=profiles, users=account.users | {odd.name: odd}), org))
    loaded = load(folder / "prod.yaml")
    assert [person.username for person in loaded.people] == [found.ADA.login, odd.name]
    assert loaded.people[1].security_profiles == ("a|b",)


@pytest.mark.parametrize("there", ["prod.yaml", "prod.yml", "prod.imports.json", "prod-agents.csv"])
def test_nothing_is_overwritten(there: str, folder: Path, adopt: Adopt) -> None:
    (folder / there).write_text("mine")
    result = adopt(found.custom())
    assert f"{there} is there already" in reason(result)
    assert [path.name for path in folder.iterdir()] == [there]
    assert (folder / there).read_text() == "mine"


def test_a_link_that_leads_nowhere_is_there_too(folder: Path, adopt: Adopt) -> None:
    (folder / "prod.yaml").symlink_to(folder / "elsewhere.yaml")
    assert "is there already" in reason(adopt(found.custom()))


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_all_or_nothing(failing: int, folder: Path, adopt: Adopt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the three files cannot be put in place."""
    calls = iter(range(9))

    def link(source: Path, target: Path) -> None:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        source.rename(target)

    monkeypatch.setattr("connect_sso.adopt.placing._link", link)
    result = adopt(with_crowd(30, found.custom()))
    assert "No space left on device; nothing was changed" in reason(result)
    assert not list(folder.iterdir())


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    folder: Path, adopt: Adopt, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = placing.put_in_place

    def late(stage: Path, where: Path, names: list[str]) -> None:
        (where / "prod.imports.json").write_text("mine")
        put(stage, where, names)

    monkeypatch.setattr(placing, "put_in_place", late)
    assert "was made meanwhile" in reason(adopt(found.custom()))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"prod.imports.json": "mine"}


def test_no_directory(folder: Path, adopt: Adopt) -> None:
    folder.rmdir()
    assert "no such directory" in reason(adopt(found.custom()))


def test_what_a_file_cannot_hold_is_refused_with_each_reason(folder: Path, adopt: Adopt) -> None:
    account, org = found.custom()
    users = dict(account.users or {})
    users[found.BO.login] = replace(users[found.BO.login], first_name=None)
    label = "x" * 101
    org = replace(org, apps=(replace(org.apps[0], label=label),))
    said = reason(adopt((replace(account, users=users), org)))
    assert "apps.admin.label: 1 to 100 characters; this has 101" in said
    assert "users[1].first_name: must not be empty" in said
    assert ".adopt-" not in said
    assert not list(folder.iterdir())


def test_a_clash_with_another_environment_is_refused(folder: Path, adopt: Adopt) -> None:
    adopt(found.custom(), name="one")
    said = reason(adopt(found.custom(), name="two"))
    assert "already belongs to" in said
    assert {path.name for path in folder.iterdir()} == {"one.yaml", "one.imports.json"}


HOSTILE = [
    "{{x}}",
    "a: b",
    "# no",
    "yes",
    "null",
    "- x",
    "12",
    "'",
    '"',
    "é ü 漢",
    "[a]",
    "@x",
    "a\u202eb",
    "`x`",
    "%x",
    "a, b",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_any_name_is_read_back(label: str, folder: Path, adopt: Adopt) -> None:
    account, org = found.custom()
    agents = replace(found.AGENTS, name=label)
    org = replace(org, apps=(replace(org.apps[0], label=label),), groups={agents.id: agents})
    result = adopt((account, org))
    assert result.exit_code == 3
    environment = load(folder / "prod.yaml").environment
    assert environment is not None
    assert (environment.apps["admin"].label, environment.apps["admin"].groups) == (label, (label,))
    assert "\u202e" not in result.stdout


def test_a_part_is_told_from_the_rest(folder: Path, adopt: Adopt) -> None:
    result = adopt(found.custom(), "--only", "okta")
    assert result.exit_code == 3
    assert all(each.type.startswith("okta_") for each in load(folder / "prod.yaml").imports)
    assert "would make them a second time" in result.stdout
    assert "-target=okta_app_saml.admin" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["adopt", "a b"], "cannot be an environment's name"),
        (["adopt", "prod", "--region", "us-east-1"], "--instance"),
        (["adopt", "prod", "--region", "us-east-1", "--instance", "x", "--app", "x"], "which Okta org?"),
        (
            [
                "adopt",
                "prod",
                "--region",
                "us-east-1",
                "--instance",
                "x",
                "--org",
                "a.okta.com",
                "--app",
                "x",
                "--only",
                "iam",
            ],
            "take over okta first",
        ),
        (["adopt", "prod", "--update", "--region", "us-east-1"], "with --update the environment file says region"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKTA_ORG_NAME", raising=False)
    assert said in str(CliRunner().invoke(cli, arguments).exception)
