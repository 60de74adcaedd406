"""The command itself: exit codes, accepted findings, formats. No Terraform needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

import connect_sso.review
from connect_sso.errors import EXIT_DECIDE, EXIT_FAILED, EXIT_FINE, Failure, UsageFailure
from connect_sso.review import command
from connect_sso.review.findings import CATALOGUE, CODES
from connect_sso.review.page import review_page
from tests.conftest import ROOT, Golden
from tests.review.plans import created, destroyed, plan, updated

ADDRESS = "aws_iam_saml_provider.admin"
DESTROYED = destroyed(ADDRESS, name="Okta", arn="arn:aws:iam::111122223333:saml-provider/Okta")


def review(data: Any, *arguments: str) -> Result:
    """Run the command on standard input."""
    return CliRunner().invoke(command, ["-", *arguments], input=json.dumps(data))


def test_nothing_to_decide() -> None:
    """A plan that changes nothing."""
    assert review(plan()).exit_code == EXIT_FINE


def test_something_to_decide_until_it_is_accepted() -> None:
    """By code, or by code and address; another address does not help."""
    assert review(plan(DESTROYED)).exit_code == EXIT_DECIDE
    for accepted in ("saml-provider-destroyed", f"saml-provider-destroyed:{ADDRESS}"):
        done = review(plan(DESTROYED), "--accept", accepted, "--accepted-by", "Ada Admin")
        assert done.exit_code == EXIT_FINE
        assert "Ada Admin" in done.stdout
    assert (
        review(plan(DESTROYED), "--accept", "saml-provider-destroyed:aws_iam_saml_provider.ccp").exit_code
        == EXIT_DECIDE
    )


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML"}]}


def trusting(principal: Any, **sensitive: bool) -> dict[str, Any]:
    """A plan in which a role comes to trust somebody else."""
    old, new = (
        json.dumps(POLICY | {"Statement": [POLICY["Statement"][0] | {"Principal": whom}]})  # type: ignore[operator]
        for whom in ({"Federated": "arn:aws:iam::111122223333:saml-provider/Okta"}, principal)
    )
    values = {"name": "Okta_Role", "arn": "arn:aws:iam::111122223333:role/Okta_Role", "assume_role_policy": old}
    role = updated("aws_iam_role.r", values, assume_role_policy=new)
    return plan(role | {"change": role["change"] | {"after_sensitive": sensitive}})


def names_with_hash(data: dict[str, Any]) -> list[str]:
    """What accepts exactly the findings of a plan."""
    found = json.loads(review(data, "--format", "json").stdout)["findings"]
    return [f"{finding['code']}:{finding['address']}:{finding['hash']}" for finding in found]


def accepting(data: dict[str, Any], names: list[str]) -> int:
    return review(data, *(option for name in names for option in ("--accept", name))).exit_code


@pytest.mark.parametrize("sensitive", [{}, {"assume_role_policy": True}])
def test_an_approval_with_a_hash_is_for_what_was_read(sensitive: dict[str, bool]) -> None:
    """Approving of one provider more is no approval of everybody at the same address, nor of a value that is hidden."""
    read = trusting({"Federated": "arn:aws:iam::111122223333:saml-provider/Partner"}, **sensitive)
    names = names_with_hash(read)
    assert names
    assert accepting(read, names) == EXIT_FINE
    assert accepting(trusting("*", **sensitive), names) == EXIT_DECIDE
    # What else the plan does is another finding's business.
    beside = read | {"resource_changes": [*read["resource_changes"], created("aws_connect_user.a", name="bo")]}
    assert accepting(beside, names) == EXIT_FINE


def test_an_address_is_accepted_as_it_is_shown() -> None:
    """A name with an invisible character is accepted in the form in which the report shows it."""
    data = plan(destroyed('aws_iam_saml_provider.x["a\u202eb"]', name="Okta", arn=DESTROYED["change"]["before"]["arn"]))
    assert accepting(data, names_with_hash(data)) == EXIT_FINE


def test_a_new_environment_is_accepted_whole() -> None:
    """Its one finding stands for everything that is made, also for what its sentences count and do not name."""

    def first(arn: str) -> dict[str, Any]:
        attached = created("aws_iam_role_policy_attachment.a", role="Okta_Role", policy_arn=arn)
        made = [created("aws_connect_instance.instance", instance_alias="acme"), attached]
        return plan(*made) | {"prior_state": {"values": {"root_module": {"resources": []}}}}

    names = names_with_hash(first("arn:aws:iam::111122223333:policy/One"))
    assert [name.partition(":")[0] for name in names] == ["new-environment"]
    assert accepting(first("arn:aws:iam::111122223333:policy/One"), names) == EXIT_FINE
    assert accepting(first("arn:aws:iam::111122223333:policy/Two"), names) == EXIT_DECIDE


def test_each_finding_must_be_accepted() -> None:
    """Accepting one of two leaves one to decide, and the report shows which."""
    data = plan(DESTROYED, destroyed("aws_iam_role.r", name="Okta_Role"))
    done = review(data, "--accept", "role-destroyed", "--format", "json")
    found = json.loads(done.stdout)
    assert done.exit_code == EXIT_DECIDE
    assert found["decide"] == 1
    assert {finding["code"]: finding["accepted"] for finding in found["findings"]} == {
        "role-destroyed": True,
        "saml-provider-destroyed": False,
    }


def test_what_was_accepted_and_is_not_there_is_said() -> None:
    """A leftover `--accept` would accept the next plan's finding unseen."""
    done = review(plan(), "--accept", "mass-removal")
    assert done.exit_code == EXIT_FINE
    assert "mass-removal: no such finding" in done.stderr


def test_a_code_that_does_not_exist_is_wrong_usage() -> None:
    """A typing error must not look like a decision."""
    assert isinstance(review(plan(), "--accept", "mass-removl").exception, UsageFailure)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (json.dumps(plan()), EXIT_FINE),
        (json.dumps(plan(DESTROYED)), EXIT_DECIDE),
        ("{", EXIT_FAILED),
    ],
    ids=["fine", "decide", "no plan"],
)
def test_the_program_exits_as_promised(content: str, expected: int) -> None:
    """Pipelines go by the exit code; what could not be done is one line on standard error and nothing on the other."""
    done = subprocess.run(
        [sys.executable, "-m", "connect_sso.cli", "review", "-"],
        input=content, cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == expected
    assert len(done.stderr.splitlines()) == (expected == EXIT_FAILED)
    assert bool(done.stdout) == (expected != EXIT_FAILED)


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals(variables: dict[str, str], *, coloured: bool, tmp_path: Path) -> None:
    """On a terminal what is lost is red; in a file or a pipe an escape sequence would be dirt."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(DESTROYED)), encoding="utf-8")
    reader, terminal = os.openpty()
    command = [sys.executable, "-m", "connect_sso.cli", "review", str(file)]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | variables
    try:
        subprocess.run(command, cwd=ROOT, env=environment, stdout=terminal, check=False)
        shown = os.read(reader, 100_000).decode()
    finally:
        os.close(terminal)
        os.close(reader)
    assert "saml-provider-destroyed" in shown
    assert ("\x1b[" in shown) is coloured
    assert "\x1b[" not in review(plan(DESTROYED)).stdout


@pytest.mark.parametrize("depth", [100, 900])
def test_what_is_nested_too_deeply_is_no_plan(depth: int) -> None:
    """JSON that the reader takes may still be deeper than what goes through it."""
    outputs = {"o": {"actions": ["update"], "before": 1, "after": "DEEP", "after_sensitive": "DEEP"}}
    content = json.dumps(plan(output_changes=outputs)).replace(
        '"DEEP"', '{"a": [' * (depth // 2) + "1" + "]}" * (depth // 2)
    )
    done = CliRunner().invoke(command, ["-"], input=content)
    if isinstance(done.exception, Failure):
        assert "nested too deeply" in str(done.exception)
    else:
        assert done.exit_code == EXIT_FINE


def test_the_json_has_the_published_form() -> None:
    """Other tools read it."""
    schema = json.loads((Path(connect_sso.review.__file__).parent / "review.schema.json").read_text(encoding="utf-8"))
    found = json.loads(review(plan(DESTROYED), "--format", "json").stdout)
    jsonschema.validate(found, schema)
    assert found["version"] == 1
    assert [(finding["code"], finding["address"]) for finding in found["findings"]] == [
        ("saml-provider-destroyed", ADDRESS)
    ]


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_order_of_a_plan_means_nothing(form: str) -> None:
    """The same change is the same bytes, or a comment would change with every push."""
    changes = [DESTROYED, destroyed("aws_iam_role.r", name="a"), destroyed("aws_iam_role.q", name="b")]
    texts = {review(plan(*each), "--format", form).stdout_bytes for each in (changes, changes[::-1])}
    assert len(texts) == 1


def test_the_page_has_every_code(golden: Golden) -> None:
    """docs/review.md and the catalogue agree."""
    golden.check(ROOT / "docs" / "review.md", review_page())


WITHOUT_A_PAGE = {"new-environment", "access-lost", "access-in-doubt", "last-administrator", "unknown-resource"}
"""What follows from what the review itself does."""


def test_every_cost_that_a_vendor_decides_has_its_page() -> None:
    """A sentence about AWS, Okta or Terraform stands beside the page that says so."""
    assert {code.name for code in CATALOGUE if not code.pages} == WITHOUT_A_PAGE
    assert all(page.startswith("https://") for code in CATALOGUE for page in code.pages)


def test_what_a_removed_user_costs_is_what_aws_says() -> None:
    """https://docs.aws.amazon.com/connect/latest/adminguide/delete-users.html: records stay, the activity audit does not."""
    cost = CODES["mass-removal"].cost
    assert "keeps contact records and reports" in cost
    assert "agent activity audit" in cost
    assert "history" not in cost
