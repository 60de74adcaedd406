"""The real Terraform plans a change of a deployed environment; the review finds what it must, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect_sso.errors import Failure
from connect_sso.review.render_json import render_json
from connect_sso.review.render_markdown import render_markdown
from connect_sso.review.render_text import render_text
from connect_sso.review.report import Acceptance, Report, make_report
from connect_sso.terraform.show import parse_plan
from tests.conftest import Golden
from tests.review.conftest import Deployed
from tests.review.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.terraform

GOLDENS = Path(__file__).parent / "goldens"
RENDERERS = {"txt": render_text, "md": render_markdown, "json": render_json}

WITH_GOLDENS = ("alias-refused", "trust-and-permissions", "admin-group-and-profile", "agents-come-and-go")
"""Scenarios whose whole report was read by a person."""


def review(plan: bytes, environment: str) -> Report:
    return make_report(parse_plan(plan, "plan"), Acceptance(), environment=environment)


def hold(report: Report, name: str, golden: Golden) -> None:
    for suffix, render in RENDERERS.items():
        # A hash says nothing to who reads the golden, and covers all of the plan.
        text = re.sub(r'"hash": "[0-9a-f]{40}", ', "", render(report))
        golden.check(GOLDENS / f"{name}.{suffix}", text)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_exactly_the_expected_findings(scenario: Scenario, planned: Callable[[Scenario], bytes]) -> None:
    """A finding too few lets a lock-out through; one too many teaches reviewers to wave findings through."""
    report = review(planned(scenario), scenario.environment)
    assert {(finding.code, finding.address) for finding in report.findings} == scenario.findings


@pytest.mark.parametrize("name", WITH_GOLDENS)
def test_reports_read_as_reviewed(name: str, planned: Callable[[Scenario], bytes], golden: Golden) -> None:
    """What reviewers read is looked at by a person whenever it changes."""
    [scenario] = [scenario for scenario in SCENARIOS if scenario.name == name]
    hold(review(planned(scenario), scenario.environment), name, golden)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_first_plan_is_one_finding(environment: str, deployed: Deployed, golden: Golden) -> None:
    """On the first plan everything is new: one question, what all of it grants, with names instead of ids."""
    deployed.stack(environment)
    report = review(deployed.first_plans[environment], environment)
    assert [finding.code for finding in report.findings] == ["new-environment"]
    hold(report, f"first-plan-{environment}", golden)


def test_what_is_taken_over_reads_as_reviewed(deployed: Deployed, golden: Golden) -> None:
    """All of it is there already, so nobody gains or loses anything, and it is no new environment."""
    report = review(deployed.takeover("staging"), "staging")
    assert not report.findings
    assert not report.access
    assert {each.address for each in report.takeovers if each.is_changed} == {
        # What no API tells of these, so that Terraform writes it anew.
        "aws_kms_key.recordings",
        "okta_group_rule.admin",
        "okta_group_rule.workspace",
    }
    hold(report, "taken-over", golden)


@pytest.mark.parametrize("name", ["trust-and-permissions", "admin-group-and-profile"])
def test_an_import_that_changes_something_is_the_change_it_is(name: str, deployed: Deployed) -> None:
    """What was decided without an import is decided with it as well."""
    [scenario] = [scenario for scenario in SCENARIOS if scenario.name == name]
    report = review(deployed.takeover(scenario.environment, scenario.edit), scenario.environment)
    assert {(finding.code, finding.address) for finding in report.findings} == scenario.findings


ODD = (
    "null",
    "true",
    "0",
    "-1.5",
    "1e999",
    "9" * 40,
    '""',
    '"create"',
    '"é\\ud800"',
    '"{}"',
    "[]",
    "{}",
    "[null]",
    '{"": [1]}',
)
"""What may stand anywhere in a plan that somebody tampered with, as JSON."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_a_damaged_plan_is_a_report_or_one_clear_line(planned: Callable[[Scenario], bytes], seed: int) -> None:
    """Whatever a plan holds where something else is expected, nobody gets a traceback."""
    random = Random(seed)
    scenario = random.choice([each for each in SCENARIOS if each.name in (*WITH_GOLDENS, "destroyed", "storage")])
    plan = json.loads(planned(scenario))
    for _ in range(random.choice([1, 2, 10])):
        node: Any = plan
        steps = random.randint(1, 9)
        for _ in range(steps):
            inner = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
            if isinstance(node[inner], (dict, list)) and node[inner]:
                parent, key, node = node, inner, node[inner]
            else:
                parent, key = node, inner
        parent[key] = json.loads(random.choice(ODD))
    try:
        report = review(json.dumps(plan).encode(), "dev")
    except Failure as failure:
        assert "\n" not in str(failure)
        return
    for render in RENDERERS.values():
        assert render(report).encode()


def test_a_refused_plan_says_why_and_what_it_would_have_cost(planned: Callable[[Scenario], bytes]) -> None:
    """`make plan` shows this review when Terraform refuses: Terraform's own message names neither reason nor price."""
    [scenario] = [scenario for scenario in SCENARIOS if scenario.name == "alias-refused"]
    report = review(planned(scenario), "prod")
    [finding] = report.findings
    assert report.refused
    assert finding.reason is not None
    assert "instance_alias" in finding.reason.plain()
    assert "cannot be restored" in finding.cost


def test_a_deployed_environment_has_nothing_to_decide(deployed: Deployed) -> None:
    """A second plan changes nothing, so its review must not ask anything of anybody."""
    stack = deployed.stack("dev")
    report = review(json.dumps(stack.plan().json).encode(), "dev")
    assert not report.findings
    assert not report.access
    assert not report.resources
