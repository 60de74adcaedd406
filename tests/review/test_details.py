"""The rest of a report: what changes where, leaf by leaf, with names behind ids and without what is no news."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from tests.review.plans import change, plan, reviewed, standing, updated

GROUPS = ("00gLZDe1f8rESQedU1d7", "Contact Centre Admins"), ("00gStPKR0CsTy4Qwb1d7", "Contact Centre Agents")


def changes(entry: dict[str, Any], *others: dict[str, Any]) -> list[tuple[str, object, object]]:
    """Path, before and after of each difference of the first resource."""
    found = {resource.address: resource for resource in reviewed(plan(entry, *others)).resources}
    return [(each.path, each.before, each.after) for each in found[entry["address"]].differences]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a", "b", [("x", "a", "b")]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("x.b", 2, 3)]),
        (["a", "b"], ["b", "c"], [("x[-]", "a", None), ("x[+]", None, "c")]),
        (["a", "b"], ["b", "a"], [("x (order)", ["a", "b"], ["b", "a"])]),
        ([{"a": 1}], [{"a": 2}], [("x[0].a", 1, 2)]),
        ('{"a": [1, 2]}', '{"a": [1]}', [("x.a[-]", 2, None)]),
        ("", '{"a": 1}', [("x.a", None, 1)]),
        ('{"a": 1}', "", [("x.a", 1, None)]),
        ("one\ntwo\n\nthree", "one\n2\nthree", [("x (line)", "two", None), ("x (line)", None, "2")]),
        ("a\n" * 20, "b\n" * 20 + "c", None),
        ("\n".join("abcdefghijkl"), "", None),
    ],
)
def test_a_difference_is_as_small_as_it_can_be(before: Any, after: Any, expected: Any) -> None:
    """One changed value of a policy of forty lines is one line; a text of which most changes is shown as a whole."""
    found = changes(updated("terraform_data.d", {"x": before}, x=after))
    if expected is None:
        assert [path for path, _, _ in found] in (["x"], ["x (line)"] * len(found))
        assert len(found) <= 40
    else:
        assert found == expected


def test_in_a_policy_order_and_lists_of_one_mean_nothing() -> None:
    """The same policy written differently is no difference, though the plan has one."""
    before = {"Statement": [{"Action": ["a:X", "a:Y"], "Resource": "*"}]}
    after = {"Statement": [{"Resource": ["*"], "Action": ["a:Y", "a:X"]}]}
    assert changes(updated("aws_iam_policy.p", {"policy": json.dumps(before)}, policy=json.dumps(after))) == []


def test_an_id_has_its_name_beside_it() -> None:
    """Two ids of twenty characters tell a reader nothing."""
    groups = [standing(f"okta_group.g{number}", id=each[0], name=each[1]) for number, each in enumerate(GROUPS)]
    rule = updated(
        "okta_group_rule.r",
        {"expression_value": f'isMemberOfAnyGroup("{GROUPS[0][0]}")', "status": "INACTIVE"},
        expression_value=f'isMemberOfAnyGroup("{GROUPS[1][0]}")',
    )
    [(_, before, after)] = changes(rule, *groups)
    assert before == f'isMemberOfAnyGroup("{GROUPS[0][0]} (Contact Centre Admins)")'
    assert after == f'isMemberOfAnyGroup("{GROUPS[1][0]} (Contact Centre Agents)")'


def test_long_texts_are_shown_from_where_they_differ() -> None:
    """Two metadata documents begin alike for a thousand characters."""
    start = "x" * 1000
    [(_, before, after)] = changes(updated("terraform_data.d", {"text": f"{start}one"}, text=f"{start}two"))
    assert before == f"…{'x' * 50}one"
    assert after == f"…{'x' * 50}two"


def test_not_set_and_empty_are_the_same() -> None:
    """A replaced object loses what its provider had filled in; a switch that turns is another matter."""
    before = {"a": "", "b": False, "c": 0, "d": [], "e": {}, "on": True}
    after = dict.fromkeys(before) | {"on": False}
    assert changes(updated("terraform_data.d", before, **after)) == [("on", True, False)]


def test_another_way_to_an_app_is_a_change_and_not_a_gain_and_a_loss() -> None:
    """When the way of assignment is switched, everyone keeps what they have."""
    report = reviewed(
        plan(
            standing("okta_app_saml.ccp", id="0oa", label="CCP", status="ACTIVE"),
            standing("okta_app_group_assignment.b", app_id="0oa", group_id="Role group"),
            change("okta_app_group_assignment.a", ["delete"], {"app_id": "0oa", "group_id": "Agents"}, None),
            change(
                "okta_group_rule.r",
                ["create"],
                None,
                {"expression_value": 'isMemberOfAnyGroup("Agents")', "group_assignments": ["Role group"]},
            ),
        )
    )
    [line] = report.access
    assert (line.who, line.change) == ("Agents", "changes")
    assert line.what.plain().endswith(': through the group "Role group" instead of directly')


def test_drift_that_is_no_news_is_left_out() -> None:
    """After a first apply the provider reads back empty tags and the bucket's own rules; a changed trust is news."""
    quiet = [
        updated("aws_connect_user.u", {"name": "Ada", "tags": None}, tags={}),
        updated("aws_s3_bucket.b", {"bucket": "b", "policy": ""}, policy='{"Statement": []}'),
        updated("aws_iam_policy.p", {"attachment_count": 0}, attachment_count=1),
    ]
    loud = [
        updated(
            "aws_iam_role.r",
            {"name": "r", "assume_role_policy": '{"Statement": [1]}'},
            assume_role_policy='{"Statement": [{}]}',
        ),
        updated("aws_iam_role.s", {"managed_policy_arns": []}, managed_policy_arns=["arn:aws:iam::aws:policy/Admin"]),
        change("okta_group.gone", ["delete"], {"name": "g"}, None),
    ]
    report = reviewed(plan(resource_drift=[*quiet, *loud]))
    assert [resource.address for resource in report.drift] == ["aws_iam_role.r", "aws_iam_role.s", "okta_group.gone"]


def failed(kind: str, address: str, message: str) -> dict[str, Any]:
    """A check that does not hold, as a plan has it."""
    instance = {"address": {"to_display": address}, "status": "fail", "problems": [{"message": message}]}
    return {"address": {"kind": kind}, "status": "fail", "instances": [instance]}


def test_why_terraform_refused_stands_first() -> None:
    """A condition that stops the plan is what its reader came for; a check block is a warning and waits below."""
    message = (
        'The Okta login is "Ada@example.com", the Connect user name is "ada@example.com": '
        + "they must agree. " * 11
        + "they must agree."
    )
    checks = [
        failed("check", "check.api_integration", "Not enabled yet."),
        failed("resource", 'data.okta_user.users["ada@example.com"]', message),
    ]
    report = reviewed(plan(errored=True, checks=checks))
    text, markdown = render_text(report), render_markdown(report)
    assert "\n! data.okta_user.users" in text.split("Access")[0]
    assert "check.api_integration" in text.split("The rest")[1]
    assert text.count("data.okta_user.users") == 1
    head, _, rest = markdown.partition("### Access")
    assert markdown.startswith("## 🔴 Nothing to decide; Terraform refused this plan.")
    assert "> - `data.okta_user.users" in head
    assert head.count("they must agree.") == 12
    assert "check.api_integration" not in head
    assert "Checks that do not hold (1)" in rest


@pytest.mark.parametrize("registry", ["registry.terraform.io", "registry.opentofu.org"])
def test_providers_have_their_short_names(registry: str) -> None:
    """OpenTofu has a registry of its own; another one is worth a reader's look."""
    configuration = {
        "provider_config": {
            "aws": {"full_name": f"{registry}/hashicorp/aws", "version_constraint": "5.100.0"},
            "okta": {"full_name": "mirror.example.com/okta/okta"},
        }
    }
    report = reviewed(plan(configuration=configuration))
    assert "hashicorp/aws 5.100.0" in render_text(report, width=200)
    for text in (render_text(report), render_markdown(report)):
        assert registry not in text
        assert "mirror.example.com/okta/okta" in text


def test_long_values_stand_below_each_other() -> None:
    """Two long addresses in one paragraph cannot be compared by eye."""
    before, after = (f"https://us-west-2.console.aws.amazon.com/connect/federate/{page}" for page in ("one", "two"))
    text = render_text(reviewed(plan(updated("terraform_data.d", {"page": before, "size": 1}, page=after, size=2))))
    assert f'      page:\n          - "{before}"\n          + "{after}"\n      size: 1 -> 2\n' in text


def test_many_members_are_compared_in_no_time() -> None:
    """A role group of twenty thousand that gains one person."""
    members = [f"00u{number:017}" for number in range(20_000)]
    entry = updated("okta_group_memberships.g", {"group_id": "g", "users": members}, users=[*members[::-1], "x"])
    start = time.monotonic()
    assert changes(entry) == [("users[+]", None, "x")]
    assert time.monotonic() - start < 10
