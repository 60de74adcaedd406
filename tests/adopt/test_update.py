"""Adopting again: what was written stays, line by line, and what is missing is added."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connect_sso.environment.loading import load
from tests.adopt import found
from tests.adopt.conftest import Adopt, reason
from tests.adopt.test_command import with_crowd


def kept(before: str, after: str) -> bool:
    """Whether every line is still there, in its order."""
    lines = iter(after.splitlines())
    return all(any(line == other for other in lines) for line in before.splitlines())


def texts(folder: Path) -> dict[str, str]:
    """All files."""
    return {path.name: path.read_bytes().decode() for path in folder.iterdir() if path.is_file()}


def test_nothing_is_missing(folder: Path, adopt: Adopt) -> None:
    adopt(found.walkthrough())
    before = texts(folder)
    result = adopt(found.walkthrough(), update=True)
    assert result.exit_code == 0, result.output
    assert texts(folder) == before


def test_a_further_app_and_its_people(folder: Path, adopt: Adopt) -> None:
    account, org = found.walkthrough()
    admin = replace(org, apps=org.apps[:1])
    adopt((account, admin))
    path = folder / "prod.yaml"
    written = path.read_text().replace("apps:\n", "# ours\napps:\n").replace("Okta_Role\n", "Okta_Role   # kept\n\n")
    path.write_text(written + "\n# the end\n")
    before = texts(folder)
    result = adopt((account, org), update=True)
    assert result.exit_code == 3
    after = texts(folder)
    assert kept(before["prod.yaml"], after["prod.yaml"])
    loaded = load(path)
    assert not loaded.errors
    assert loaded.environment is not None
    assert list(loaded.environment.apps) == ["admin", "ccp"]
    assert [person.username for person in loaded.people] == [found.ADA.login, found.BO.login, found.CY.login]
    assert len(loaded.imports) == 17
    added = [
        line for line in result.stdout.splitlines() if line.startswith(("+", "-")) and line[:3] not in {"+++", "---"}
    ]
    assert "+  ccp:" in added
    assert not [line for line in added if line.startswith("-") and not line.startswith('-  "')]


def test_the_parts_one_after_another(folder: Path, adopt: Adopt) -> None:
    adopt(found.walkthrough(), "--only", "okta")
    assert {each.type.partition("_")[0] for each in load(folder / "prod.yaml").imports} == {"okta"}
    assert adopt(found.walkthrough(), "--only", "iam", update=True).exit_code == 3
    result = adopt(found.walkthrough(), "--only", "users", update=True)
    assert "Before the first plan" not in result.stdout
    assert len(load(folder / "prod.yaml").imports) == 17


def test_new_people_go_where_the_others_are(folder: Path, adopt: Adopt) -> None:
    adopt(with_crowd(30, found.custom()))
    path = folder / "prod-agents.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").rstrip())
    before = texts(folder)
    assert adopt(with_crowd(32, found.custom()), update=True).exit_code == 0
    after = texts(folder)
    assert after["prod-agents.csv"].startswith(before["prod-agents.csv"])
    assert after["prod-agents.csv"].count("\r\n") == after["prod-agents.csv"].count("\n") == 35
    assert after["prod.yaml"] == before["prod.yaml"]
    assert len(load(folder / "prod.yaml").crowd) == 34


def test_a_csv_in_a_folder_of_its_own(folder: Path, adopt: Adopt) -> None:
    adopt(with_crowd(30, found.custom()))
    (folder / "people").mkdir()
    (folder / "prod-agents.csv").rename(folder / "people" / "all.csv")
    path = folder / "prod.yaml"
    path.write_text(path.read_text().replace("prod-agents.csv", "people/all.csv"))
    result = adopt(with_crowd(32, found.custom()), update=True)
    assert result.exit_code == 0, result.exception
    assert len(load(path).crowd) == 34
    assert "b/people/all.csv" in result.stdout


def test_whom_the_csv_s_columns_cannot_say_goes_into_the_file(folder: Path, adopt: Adopt) -> None:
    account, org = with_crowd(30, found.custom())
    desk = account.users[found.CY.login]
    adopt((replace(account, users=account.users | {desk.name: replace(desk, phone_type="SOFT_PHONE")}), org))
    assert "phone" not in (folder / "prod-agents.csv").read_text().splitlines()[0]
    more = replace(
        account.users["agent00001@example.com"], name="zoe@example.com", id="55555555-0000-0000-0000-000000000000"
    )
    more = replace(more, phone_type="DESK_PHONE", desk_phone_number="+12065550199")
    zoe = found.person("zoe@example.com")
    apps = (replace(org.apps[0], users=(*(org.apps[0].users or ()), found.app_user(zoe))),)
    org = replace(org, apps=apps, people=org.people | {zoe.id: zoe})
    adopt((replace(account, users=account.users | {more.name: more}), org), update=True)
    assert [person.username for person in load(folder / "prod.yaml").people] == [found.ADA.login, "zoe@example.com"]


def test_a_crowd_that_was_not_there(folder: Path, adopt: Adopt) -> None:
    adopt(found.custom())
    adopt(with_crowd(21, found.custom()), update=True)
    loaded = load(folder / "prod.yaml")
    assert (len(loaded.people), len(loaded.crowd)) == (3, 21)


def test_what_is_written_wins(folder: Path, adopt: Adopt) -> None:
    """An import that somebody wrote stays, and is told."""
    adopt(found.custom())
    path = folder / "prod.imports.json"
    path.write_text(path.read_text().replace('"Connect"', '"Other"'))
    result = adopt(found.custom(), update=True)
    assert "the file says Other, and Connect was found" in result.stdout
    assert '"aws_iam_role.Connect": "Other"' in path.read_text()


def test_a_file_that_says_otherwise_is_left_alone(folder: Path, adopt: Adopt) -> None:
    adopt(found.custom())
    path = folder / "prod.yaml"
    path.write_text(path.read_text().replace("sign_in: global", "sign_in: regional"))
    before = texts(folder)
    said = reason(adopt(with_crowd(3, found.custom()), update=True))
    assert "aws.sign_in is regional in the file and global in the accounts" in said
    assert texts(folder) == before


def test_brackets_take_no_lines(folder: Path, adopt: Adopt) -> None:
    account, org = found.walkthrough()
    adopt((account, replace(org, apps=org.apps[:1])))
    path = folder / "prod.yaml"
    people, _, _ = path.read_text().partition("\nusers:")
    path.write_text(
        people
        + "\nusers: [{username: Ada.Admin@example.com, first_name: Ada, last_name: Admin, security_profiles: [Admin]}]\n"
    )
    before = texts(folder)
    said = reason(adopt((account, org), update=True))
    assert "add this by hand:" in said
    assert "- username: bo.agent@example.com" in said
    assert texts(folder) == before


@pytest.mark.parametrize("failing", [0, 1])
def test_all_or_nothing(failing: int, folder: Path, adopt: Adopt, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(with_crowd(30, found.custom()))
    before = texts(folder)
    calls, renamed = iter(range(9)), Path.replace

    def fail(source: Path, target: Path) -> Path:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        return renamed(source, target)

    monkeypatch.setattr(Path, "replace", fail)
    assert "No space left on device; nothing was changed" in reason(adopt(with_crowd(32, found.custom()), update=True))
    assert texts(folder) == before
    assert {path.name for path in folder.iterdir()} == set(before)


def test_no_terminal_obeys_a_name(folder: Path, adopt: Adopt) -> None:
    """What reorders or hides text is spelled out, in what is shown and in why something is refused."""
    account, org = found.walkthrough()
    adopt((account, replace(org, apps=org.apps[:1])))
    odd = replace(org, apps=(org.apps[0], replace(org.apps[1], label="a\u202eb")))
    result = adopt((account, odd), update=True)
    assert "+    label: " in result.stdout
    assert "\u202e" not in result.stdout
    broken = replace(odd.apps[1], label="a\u202e\x1b[2Jb", status="INACTIVE")
    said = reason(adopt((account, replace(org, apps=(broken,))), name="other"))
    assert not {"\u202e", "\x1b"} & set(said)


def test_no_such_environment(folder: Path, adopt: Adopt) -> None:
    adopt(found.custom())
    assert adopt(found.custom(), name="staging", update=True).exit_code == 2
