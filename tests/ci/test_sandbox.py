"""The steps that run Terraform, with the real one, in the sandbox: from the pull request's plan to the deployment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ci.reviewed import Review
from tests.ci import workflow
from tests.sandbox.terraform import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ci.conftest import RunStep

pytestmark = pytest.mark.terraform

HEAD = "a" * 40
KEY = "-----BEGIN PRIVATE KEY----- invented"

ENVIRONMENT = """\
aws:
  account_id: "111122223333"
  region: us-east-1
okta:
  org_name: acme
  base_url: okta.com
  role_assignment: saml_app
connect:
  alias: acme-contact-qa
  storage: []
apps:
  admin:
    label: Amazon Connect
    destination: admin
    saml_provider: Okta_Connect
    role: Amazon_Connect
    groups: [Contact Centre Admins]
users_file: agents.csv
"""
CSV = "username,first_name,last_name,security_profiles\nsam.agent@example.com,Sam,Agent,Agent\n"
ADMINISTRATOR = """\
users:
  - username: Ada.Admin@example.com
    first_name: Ada
    last_name: Admin
    security_profiles: [Admin]
"""


@dataclass
class Checkout:
    """A repository as a runner has it checked out, with one environment called `qa`, and its steps."""

    root: Path
    sandbox: Sandbox
    run_step: RunStep
    attached: dict[str, str]
    """The variables that let Terraform use providers of this process; without them it installs and starts them itself."""

    def write(self, environment: str = ENVIRONMENT, csv: str = CSV) -> None:
        """Change the environment's files."""
        (self.root / "environments" / "qa.yaml").write_text(environment, encoding="utf-8")
        (self.root / "environments" / "agents.csv").write_text(csv, encoding="utf-8")

    def runner(self) -> dict[str, str]:
        """What the sandbox's Terraform needs, instead of a network."""
        variables = self.sandbox.environment() | self.attached
        return {name: variables[name] for name in variables if name not in {"HOME", "PATH", "TERRAFORM_BINARY_NAME"}}

    def step(self, name: str, job: str, step: str, **expressions: str) -> workflow.Ran:
        """Run one of the two steps that hold cloud credentials."""
        okta = {"vars__OKTA_API_CLIENT_ID": "0oa1", "vars__OKTA_API_PRIVATE_KEY_ID": "k1"}
        secrets = {"secrets__OKTA_API_PRIVATE_KEY": KEY, "secrets__TF_TOKEN_APP_TERRAFORM_IO": ""}
        given = okta | secrets | {"matrix__environment": "qa", "github__workspace": str(self.root)} | expressions
        return self.run_step(name, job, step, {}, root=self.root, runner=self.runner(), **given)

    def plan(self) -> workflow.Ran:
        """Plan as for a pull request."""
        return self.step("plan", "plan", "Plan and review", github__event__pull_request__head__sha=HEAD)

    def review(self) -> Review:
        """What the plan's step wrote for the gate."""
        review = Review.from_json(json.loads((self.root / "review" / "qa.json").read_text(encoding="utf-8")))
        assert review is not None
        return review

    def report(self) -> str:
        """What the plan's step wrote for people."""
        return (self.root / "review" / "qa.md").read_text(encoding="utf-8")

    def deploy(self, *, approved_by: str | None = None, accept: str = "", reviewed: bool = True) -> workflow.Ran:
        """Deploy after a merge, with the last review as the pull request's."""
        entry = {"pull_request": 7, "review": self.review().as_json(), "approved_by": approved_by}
        reviews = self.root / "reviews"
        reviews.mkdir(exist_ok=True)
        (reviews / "qa.json").write_text(json.dumps([entry] if reviewed else []), encoding="utf-8")
        return self.step("deploy", "deploy", "Deploy", inputs__accept=accept, github__actor="grace")

    def outcome(self) -> dict[str, Any]:
        """What the deployment wrote for the job that tells the pull request."""
        found: dict[str, Any] = json.loads((self.root / "outcome" / "qa.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def checkout(tmp_path: Path, run_step: RunStep) -> Iterator[Checkout]:
    """A checkout without lock files: the sandbox's providers have other checksums than the real ones."""
    root = tmp_path / "checkout"
    (root / "environments").mkdir(parents=True)
    for name in ("ci", "constructs", "main.py", ".venv"):
        (root / name).symlink_to(workflow.ROOT / name)
    sandbox = Sandbox(tmp_path / "sandbox")
    with sandbox.attached() as attached:
        made = Checkout(root, sandbox, run_step, attached)
        made.write()
        yield made


def test_from_pull_request_to_production(checkout: Checkout) -> None:
    """A new environment is reviewed, approved and deployed, crowd included; then nothing is left to decide or to do."""
    ran = checkout.plan()
    assert ran.code == 0, ran.log
    first = checkout.review()
    assert (first.environment, first.head, first.refused, bool(first.crowd)) == ("qa", HEAD, False, True)
    assert [finding.partition(":")[0] for finding in first.decide] == ["new-environment"]
    assert "Not planned: its people need the instance, which qa makes first. It has 1 user, made" in checkout.report()
    assert "| 1 | Agent |" in checkout.report()
    assert checkout.report() in ran.summary
    assert sorted(path.name for path in (checkout.root / "review").iterdir()) == ["qa.json", "qa.md"]

    ran = checkout.deploy(approved_by="grace")
    assert ran.code == 0, ran.log
    assert checkout.outcome() == {
        "environment": "qa",
        "pull_requests": [7],
        "applied": ["qa", "qa-users"],
        "differs": None,
        "stopped": None,
    }
    assert "grace" in ran.summary

    assert checkout.plan().code == 0
    second = checkout.review()
    assert (second.decide, second.crowd) == ((), "")
    assert "qa-users" in checkout.report()
    assert KEY not in ran.log + checkout.report()


def test_only_the_reviewed_is_deployed(checkout: Checkout) -> None:
    """Without approval nothing is applied; with another plan than the reviewed one the pull request is told."""
    assert checkout.plan().code == 0
    ran = checkout.deploy()
    assert ran.code == 1
    assert "nobody has approved of%0Anew-environment" in ran.log
    assert checkout.outcome()["applied"] == []
    assert checkout.outcome()["stopped"] is not None

    ran = checkout.deploy(reviewed=False, accept="new-environment")
    assert ran.code == 0, ran.log
    assert checkout.outcome()["differs"] == "no pull request has a review of it"
    assert checkout.outcome()["applied"] == ["qa", "qa-users"]

    # Reviewed with one agent more in the crowd, deployed with two: said, and deployed, since there is nothing to decide.
    checkout.write(csv=CSV + "bo.agent@example.com,Bo,Agent,Agent\n")
    assert checkout.plan().code == 0
    checkout.write(csv=CSV + "bo.agent@example.com,Bo,Agent,Agent\ncy.agent@example.com,Cy,Agent,Agent\n")
    ran = checkout.deploy()
    assert ran.code == 0, ran.log
    assert checkout.outcome()["differs"] == "it is not the plan that was reviewed in #7"
    assert "::warning::qa: it is not the plan" in ran.log

    # An administrator whom the review did not hold is not made, whatever else was approved.
    assert checkout.plan().code == 0
    checkout.write(environment=ENVIRONMENT + ADMINISTRATOR)
    ran = checkout.deploy(approved_by="grace")
    assert ran.code == 1
    assert checkout.outcome()["applied"] == []
    assert "Ada.Admin@example.com" in ran.log


def test_a_new_environment_is_approved_with_its_people(checkout: Checkout) -> None:
    """The crowd cannot be planned before its instance; who is in it was read all the same, and nobody else gets in."""
    assert checkout.plan().code == 0
    checkout.write(csv=CSV + "mal.lory@example.com,Mal,Lory,Admin\n")
    ran = checkout.deploy(approved_by="grace")
    assert ran.code == 1
    assert "qa-users: not deployed, since nobody has approved of%0Anew-environment" in ran.log
    assert checkout.outcome()["applied"] == ["qa"]


def test_an_approval_is_for_what_was_read(checkout: Checkout) -> None:
    """Approving of one administrator is no approval of another at the same address."""
    checkout.plan()
    assert checkout.deploy(approved_by="grace").code == 0
    checkout.write(environment=ENVIRONMENT + ADMINISTRATOR)
    assert checkout.plan().code == 0
    assert checkout.review().decide
    checkout.write(environment=ENVIRONMENT + ADMINISTRATOR.replace("last_name: Admin", "last_name: Other"))
    ran = checkout.deploy(approved_by="grace")
    assert ran.code == 1
    assert "nobody has approved of" in ran.log
    assert checkout.outcome()["applied"] == []
    checkout.write(environment=ENVIRONMENT + ADMINISTRATOR)
    assert checkout.deploy(approved_by="grace").code == 0


def test_a_refused_plan_is_reviewed(checkout: Checkout) -> None:
    """A change that Terraform refuses is where the reader needs the review most: why, and what it would have cost."""
    checkout.plan()
    assert checkout.deploy(approved_by="grace").code == 0
    checkout.write(environment=ENVIRONMENT.replace("acme-contact-qa", "acme-contact-q-a"))
    ran = checkout.plan()
    assert ran.code == 0, ran.log
    assert checkout.review().refused
    assert "instance-replaced:aws_connect_instance.instance" in {
        finding.rpartition(":")[0] for finding in checkout.review().decide
    }
    ran = checkout.deploy(approved_by="grace")
    assert ran.code == 1
    assert "Terraform refuses this plan" in ran.log
    assert checkout.outcome()["applied"] == []


def test_a_plan_that_fails_half_way_cannot_be_merged(checkout: Checkout) -> None:
    """Terraform writes down what it had planned when it failed; that is shown, and counts as refused."""
    checkout.write(environment=ENVIRONMENT.replace("Contact Centre Admins", "No Such Group"))
    ran = checkout.plan()
    assert ran.code == 0, ran.log
    assert checkout.review().refused


def test_what_cannot_be_planned_has_no_review(checkout: Checkout) -> None:
    """A file with a mistake leaves nothing that could pass for a review, and one line that says where to look."""
    checkout.write(environment=ENVIRONMENT.replace("us-east-1", "nowhere"))
    ran = checkout.plan()
    assert ran.code == 1
    assert "region" in ran.log
    assert "::error::qa could not be synthesized" in ran.log
    assert "Traceback" not in ran.log
    assert not (checkout.root / "review" / "qa.json").exists()


def test_lock_files(checkout: Checkout) -> None:
    """`make lock` writes one lock file for each stack, and the workflows install nothing but what these name."""
    checkout.attached = {}
    mirror = checkout.sandbox.mirror
    definition = {
        "run": ".venv/bin/python -I ci/run.py lock linux_amd64",
        "env": {"TF_CLI_ARGS_providers_lock": f"-fs-mirror={mirror}"},
    }
    locks = checkout.root / "locks"
    locks.mkdir()
    (locks / "gone.terraform.lock.hcl").write_text("", encoding="utf-8")
    locked = workflow.run(definition, checkout.root.parent, {}, checkout.runner(), root=checkout.root)
    assert locked.code == 0, locked.log
    assert sorted(path.name for path in locks.iterdir()) == ["qa-users.terraform.lock.hcl", "qa.terraform.lock.hcl"]
    assert checkout.plan().code == 0

    checkout.sandbox.provide({"aws": {"version": "6.26.0"}})
    checkout.write(ENVIRONMENT + 'providers: {aws: "6.26.0"}\n')
    ran = checkout.plan()
    assert ran.code == 0, ran.log
    assert "locks/ has no checksums of hashicorp/aws 6.26.0" in ran.log
    checkout.write()

    lock = locks / "qa.terraform.lock.hcl"
    lock.write_text(lock.read_text(encoding="utf-8").replace('"h1:', '"h1:A'), encoding="utf-8")
    ran = checkout.plan()
    assert ran.code == 1
    assert (
        "::error::qa: a provider's package here is not the one whose checksum is in locks/qa.terraform.lock.hcl"
        in ran.log
    )
