"""What a plan takes over: told by name and id, however many there are, and never taken for what is new."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connect_sso import review
from connect_sso.review.render_json import render_json
from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from tests.review.plans import INSTANCE, created, reviewed, standing, updated
from tests.review.test_hostile import check_markdown

SCHEMA = json.loads((Path(review.__file__).parent / "review.schema.json").read_text("utf-8"))


def imported(entry: dict[str, Any], identifier: str) -> dict[str, Any]:
    """A resource that is there already, with what else becomes of it."""
    entry["change"]["importing"] = {"id": identifier}
    return entry


def user(number: int, name: str = "agent{}@example.com") -> dict[str, Any]:
    """A Connect user that is taken over."""
    username = name.format(number)
    address = f"aws_connect_user.users[{json.dumps(username)}]"
    values = {"name": username, "security_profile_ids": ["agent"], "routing_profile_id": "basic"}
    return imported(standing(address, **values), f"{INSTANCE}:{number:08d}-0000-0000-0000-000000000000")


def first_plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan of an environment that has no state yet."""
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes)} | more


def test_who_is_taken_over_gains_nothing() -> None:
    report = reviewed(first_plan(user(1), user(2)))
    assert (report.findings, report.access) == ((), ())
    assert report.verdict == "Nothing to decide; 2 resources taken over as they are."
    assert [(each.kind, each.name.plain(), each.is_changed) for each in report.takeovers] == [
        ("Connect user", "agent1@example.com", False),
        ("Connect user", "agent2@example.com", False),
    ]


def test_an_environment_that_takes_something_over_is_not_new() -> None:
    """One finding would stand for all that is made beside it, whatever that grants."""
    role = {"name": "Okta_Role", "assume_role_policy": "{}"}
    made = created("aws_iam_role.Okta_Role", **role)
    assert [finding.code for finding in reviewed(first_plan(made)).findings] == ["new-environment"]
    assert "new-environment" not in {finding.code for finding in reviewed(first_plan(made, user(1))).findings}


def test_an_import_that_changes_is_told_twice() -> None:
    """As taken over, and as the change it is."""
    values = {"name": "ada", "security_profile_ids": ["a"], "routing_profile_id": "basic"}
    change = imported(updated('aws_connect_user.users["ada"]', values, routing_profile_id="other"), f"{INSTANCE}:1")
    report = reviewed(first_plan(change, user(1)))
    text = render_text(report, width=200)
    assert "1 of them changes with it" in text
    assert "~ Connect user" in text
    assert "= Connect user agent1@example.com" in text
    assert len(report.resources) == 1
    assert [line.change for line in report.access] == ["changes"]


@pytest.mark.timeout(60)
def test_five_thousand_people_are_counted_and_every_one_is_in_the_json() -> None:
    plan = first_plan(
        *(user(number) for number in range(5_000)),
        imported(standing("okta_app_saml.admin", label="Administrators", id="0oa1"), "0oa1"),
    )
    report = reviewed(plan)
    text, markdown, document = render_text(report), render_markdown(report), json.loads(render_json(report))
    assert "Connect user: 5,000" in text
    assert "and 4,990 more" in text
    assert 'Okta app "Administrators", from 0oa1' in text
    assert len(text.splitlines()) < 40
    assert len(markdown.encode()) <= 60_000
    assert "| Connect user | 5,000 |" in markdown
    assert re.search(r"and [\d,]+ more, which the JSON report lists", markdown)
    check_markdown(markdown)
    assert len(document["imports"]) == 5_001
    assert document["imports"][0] == {
        "address": 'aws_connect_user.users["agent0@example.com"]',
        "id": f"{INSTANCE}:00000000-0000-0000-0000-000000000000",
        "kind": "Connect user",
        "name": "agent0@example.com",
        "changed": False,
    }
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("evil", ["|\n# gone", "<script>", "`x` @all", "\x1b[2J", "\u202e"])
def test_a_name_from_an_account_is_no_text_of_ours(evil: str) -> None:
    plan = first_plan(user(1, name=f"{evil}{{}}"), imported(standing("okta_app_saml.a", label=evil, id="1"), evil))
    report = reviewed(plan)
    check_markdown(render_markdown(report))
    assert "\x1b" not in render_text(report)
    assert "\u202e" not in render_text(report)


def test_what_ties_two_things_is_told_by_both_names() -> None:
    app = standing("okta_app_saml.admin", label="Administrators", id="0oa1")
    group = imported(standing('okta_app_group_assignment.admin["Admins"]', app_id="0oa1", group_id="00g1"), "0oa1/00g1")
    attachment = imported(
        standing("aws_iam_role_policy_attachment.r", role="R", policy_arn="arn:aws:iam::111122223333:policy/p"), "R/p"
    )
    unknown = imported(standing("aws_lambda_function.f"), "f")
    names = {each.kind: each.name.plain() for each in reviewed(first_plan(app, group, attachment, unknown)).takeovers}
    assert names == {
        "group assignment": '"Administrators" for "Admins"',
        "policy attachment": 'arn:aws:iam::111122223333:policy/p for "R"',
        "aws_lambda_function": '"f"',
    }
