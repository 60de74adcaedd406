"""An everyday week asks nothing of anybody: each change, planned by the real Terraform, ends with exit code 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.review.scenarios import CROWD, Edit, Scenario, all_of, crowd, in_json, people, setting, statement, the
from tests.review.test_scenarios import review

pytestmark = pytest.mark.terraform

BO = "Bo.Agent@example.com"
SUPERVISORS = "Contact Centre Supervisors"
FEDERATION = "aws_iam_policy.federation"


def tagged(stack: dict[str, Any]) -> None:
    """A tag for everything in AWS."""
    [tags] = stack["provider"]["aws"][0]["default_tags"]
    tags["tags"]["cost-centre"] = "4711"


def more_groups(stack: dict[str, Any]) -> None:
    """One more group of agents gets the phone."""
    for kind in ("okta_group", "okta_users"):
        for block in stack["data"].get(kind, {}).values():
            if "for_each" in block:
                block["for_each"][SUPERVISORS] = SUPERVISORS
    the(stack, "okta_app_group_assignment.ccp")["for_each"][SUPERVISORS] = SUPERVISORS


def reformatted(stack: dict[str, Any]) -> None:
    """The same policies, written by somebody else."""
    for address, attribute in (
        (FEDERATION, "policy"),
        *((f"aws_iam_role.{name}", "assume_role_policy") for name in stack["resource"]["aws_iam_role"]),
    ):
        block = the(stack, address)
        document = json.loads(block[attribute])
        for entry in document["Statement"]:
            entry["Action"] = entry["Action"] if isinstance(entry["Action"], list) else [entry["Action"]]
            entry["Sid"] = "Written" + attribute.title().replace("_", "")
        block[attribute] = json.dumps(document, indent=4)


WEEK = (
    Scenario("monday: an agent comes", "dev", people(lambda who: who.update({"Cy.Agent@example.com": ["Agent"]}))),
    Scenario("monday: an agent goes", "dev", people(lambda who: who.pop(BO))),
    Scenario("monday: agents of the crowd go", "prod-users", crowd(CROWD - 3)),
    Scenario("monday: agents of the crowd come", "prod-users", crowd(CROWD + 7)),
    *(Scenario(f"tuesday: a tag in {name}", name, tagged) for name in ("dev", "staging", "prod")),
    *(
        Scenario(f"wednesday: a label in {name}", name, setting(f"okta_app_saml.{app}", label="Phone"))
        for name, app in (("dev", "ccp"), ("staging", "workspace"), ("prod", "ccp"))
    ),
    Scenario("thursday: a new agent group on the phone", "dev", more_groups),
    *(Scenario(f"friday: reformatted policies in {name}", name, reformatted) for name in ("dev", "staging", "prod")),
    Scenario("friday: telephony", "dev", setting("aws_connect_instance.instance", contact_lens_enabled=False)),
)


@pytest.mark.parametrize("scenario", WEEK, ids=lambda scenario: scenario.name)
def test_nothing_to_decide(scenario: Scenario, planned: Callable[[Scenario], bytes]) -> None:
    """One alarm too many, and the next ones are waved through."""
    report = review(planned(scenario), scenario.environment)
    assert report.resources
    assert [(finding.code, finding.address, finding.says.plain()) for finding in report.findings] == []


@pytest.mark.parametrize("environment", ["dev", "staging", "prod", "prod-users"])
def test_a_provider_upgrade(environment: str, planned: Callable[[Scenario], bytes]) -> None:
    """Every object gets an attribute that only the provider knows, and computed ones are read anew."""
    data = json.loads(planned(Scenario(f"upgrade {environment}", environment, all_of())))
    for entry in data["resource_changes"]:
        if entry["mode"] == "managed" and entry["change"]["actions"] == ["no-op"]:
            entry["change"]["actions"] = ["update"]
            entry["change"]["after_unknown"] = {
                "new_in_this_release": True,
                "tags_all": "tags_all" in (entry["change"]["after"] or {}),
            }
    for provider in data["configuration"]["provider_config"].values():
        provider["version_constraint"] = "~> 99.0"
    report = review(json.dumps(data).encode(), environment)
    assert [(finding.code, finding.address, finding.says.plain()) for finding in report.findings] == []


EDITS: tuple[tuple[str, Edit], ...] = (
    ("one statement less in what the key may do", in_json("aws_iam_policy.api_integration", "policy", statement(lambda entry: entry.update(Action="iam:ListRoles")))),
)  # fmt: skip


@pytest.mark.parametrize(("name", "edit"), EDITS)
def test_less_is_none(name: str, edit: Edit, planned: Callable[[Scenario], bytes]) -> None:
    """Rights that are taken from something nobody signs in with."""
    assert not review(planned(Scenario(name, "dev", edit)), "dev").findings
