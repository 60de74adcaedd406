"""Large reports: within GitHub's limit, decisions all there, everything else folded and cut with a count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from connect_sso.review.findings import CODES
from connect_sso.review.render_json import render_json
from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from tests.review.plans import created, destroyed, plan, replaced, reviewed, standing
from tests.review.test_hostile import check_markdown

LIMIT = 65_536
"""Characters that GitHub takes for one comment."""

PEOPLE = {"value": {"Ada": ["Admin"]}}


def administrators(count: int, name: str = "admin.{}@example.com") -> Iterator[dict[str, Any]]:
    """New users who all get the Admin profile."""
    for number in range(count):
        username = name.format(number)
        yield created(
            f"aws_connect_user.users[{json.dumps(username, ensure_ascii=False)}]",
            name=username,
            security_profile_ids=["admin"],
        )


ADMIN = {
    "address": "data.aws_connect_security_profile.admin",
    "mode": "data",
    "type": "aws_connect_security_profile",
    "values": {"security_profile_id": "admin", "name": "Admin"},
}


def large(*changes: dict[str, Any], **more: Any) -> str:
    """The Markdown of a plan with these changes, within the limit and whole."""
    planned = {"root_module": {"resources": [ADMIN]}}
    text = render_markdown(reviewed(plan(*changes, planned_values=planned, **more)))
    assert len(text) <= LIMIT
    assert len(text.encode()) <= 60_000
    assert text.count("<details>") == text.count("</details>")
    check_markdown(text)
    return text


def test_what_fits_is_not_cut() -> None:
    """Fifteen details of one finding, which is more than the first dozen, fit into one comment."""
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": f"iam:Action{number}", "Resource": "*"} for number in range(15)]}
    )
    text = large(created("aws_iam_user_policy.p", user="u", name="p", policy=policy))
    assert "Action0" in text
    assert "Action14" in text
    assert "more, which" not in text


@pytest.mark.parametrize(
    "name", ["admin.{}@example.com", "管理者{}@example.com", "<@{}|`>"], ids=["plain", "wide", "hostile"]
)
@pytest.mark.parametrize("count", [100, 300, 700, 5000])
def test_decisions_are_never_cut(count: int, name: str) -> None:
    """Every finding is named with its address as long as the addresses fit; beyond, their number is said."""
    text = large(*administrators(count, name))
    decisions = text.split("### Access")[0]
    assert f"{count:,} things a person must decide" in text
    assert "admin-profile-gained" in decisions
    more = re.search(r"([\d,]+) more addresses, which the text report lists", decisions)
    addresses = decisions.count("aws_connect_user") + decisions.count("aws&#95;connect&#95;user")
    assert addresses + (int(more[1].replace(",", "")) if more else 0) == count
    assert bool(more) == (addresses < count)


def test_every_kind_is_named_where_nothing_else_fits() -> None:
    """Thousands of findings of one kind must not push the one of another kind out."""
    text = large(
        *administrators(5000, "管" * 60 + "{}"),
        replaced("aws_connect_instance.instance", {"id": "i", "instance_alias": "a"}, instance_alias="b"),
        destroyed("okta_app_saml.admin", label="Admin", id="0oa"),
    )
    for code in ("admin-profile-gained", "instance-replaced", "app-destroyed"):
        assert f"`{code}`" in text
        assert CODES[code].title in text


def test_the_text_report_has_every_decision() -> None:
    """It is where the Markdown sends its reader."""
    data = plan(*administrators(700), planned_values={"root_module": {"resources": [ADMIN]}})
    text = render_text(reviewed(data))
    assert all(f"admin.{number}@example.com" in text for number in range(700))


def test_many_lines_of_access_are_folded_and_counted() -> None:
    """Twenty stand open; one more and all are folded, with a count above."""

    def assigned(count: int) -> list[dict[str, Any]]:
        return [
            standing("okta_app_saml.ccp", id="0oa", label="CCP", status="ACTIVE", default_relay_state="https://x.example/?destination=%2Fccp-v2"),
            *(created(f"okta_app_group_assignment.g{n:03}", app_id="0oa", group_id=f"Group {n}") for n in range(count)),
        ]  # fmt: skip

    open_text, folded = large(*assigned(20)), large(*assigned(21))
    assert "who gains what" not in open_text
    assert "21 lines: who gains what" in folded
    assert "**21 groups, roles and rules gain access**" in folded
    many = large(*assigned(3000))
    rows = many.count("| group `Group")
    assert f"… and {3000 - rows:,} more, which the JSON report lists." in many


@pytest.mark.parametrize("filler", ["a", "字", "😀", "|", "\u202e"])
def test_the_rest_is_cut_with_a_count(filler: str) -> None:
    """Resources, outputs, moves, imports, checks and drift, each of them too much."""
    many = [
        standing(f"okta_group.g{number}", name=filler * 300, id="x")
        | {"previous_address": f"okta_group.{filler}{number}"}
        for number in range(500)
    ]
    changed = [replaced(f"terraform_data.d{number}", {"input": filler * 300}, input=filler) for number in range(500)]
    text = large(
        *many,
        *changed,
        resource_drift=changed,
        output_changes={
            f"{filler}{number}": {"actions": ["update"], "before": filler, "after": filler * 500}
            for number in range(500)
        },
        checks=[
            {
                "instances": [
                    {"address": {"to_display": filler}, "status": "fail", "problems": [{"message": filler * 900}]}
                ]
            }
        ]
        * 500,
        configuration={
            "provider_config": {
                str(number): {"full_name": f"{filler}{number}", "version_constraint": "1"} for number in range(500)
            }
        },
        terraform_version=filler * 500,
    )
    for section in ("Checks that do not hold", "Moves", "Outputs", "Resources", "Changed outside of Terraform"):
        assert f"{section} (500)" in text
    assert "more, which the JSON report lists" in text


def test_no_kind_and_no_verb_is_too_much() -> None:
    """A plan may name thousands of types and of actions that nobody has heard of."""
    changes = [
        created(f"kind{number}.x", a=1) | {"type": f"kind{number}" + "字" * 100} for number in range(1000)
    ]  # fmt: skip
    for number, entry in enumerate(changes):
        entry["change"]["actions"] = [f"act{number}"]
    assert "1,000 resources change. There is no room for more here; the JSON report has it." in large(*changes)


def test_large_reports_are_the_same_bytes_every_time() -> None:
    """A comment that changes without a change is read by nobody."""
    changes = [*administrators(400)]
    for render in (render_markdown, render_text, render_json):
        assert render(reviewed(plan(*changes))) == render(reviewed(plan(*reversed(changes))))
