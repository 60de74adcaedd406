"""Companies by hand with the real providers: an adopted environment takes over what is there, and nobody notices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connect_sso.environment.values import AdoptedPart
from connect_sso.infrastructure.adoption import LEFT
from connect_sso.infrastructure.takeover import IMPORTS_FILE
from connect_sso.review.report import Acceptance, make_report
from connect_sso.terraform.show import parse_plan
from tests.lab.companies import adopt, changes
from tests.lab.sign_in import sign_in
from tests.lab.terraform import Lab
from tests.sandbox.companies import COMPANIES, EMPTY, Company

pytestmark = [pytest.mark.terraform, pytest.mark.long]


@pytest.mark.timeout(1200)  # nine plans and three applies of the real providers
@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_is_taken_over(lab: Callable[..., Lab], name: str, tmp_path: Path) -> None:
    """What is there is imported, exactly what was announced is changed, nothing is replaced or destroyed, and all sign in as before."""
    running = lab(company=EMPTY)
    company = COMPANIES[name](running.accounts)
    two_years_later(running, company)
    signed_in = {(label, login): sign_in(running.accounts, label, login) for label, login, _ in company.sign_ins()}
    assert any(verdict.landed for verdict in signed_in.values())
    before = everything(running, company)

    folder = tmp_path / "environments"
    folder.mkdir()
    labels = [app.label for app in company.apps]
    said = adopt(running, folder, "prod", company.region, company.alias, labels)
    assert everything(running, company) == before
    stack = running.written(folder, "prod")["prod"]
    plan = stack.plan()
    assert changes(plan) == {(each["address"], each["attribute"]) for each in said["changes"]}, plan.text
    imported = {each["address"] for each in plan.json["resource_changes"] if each["change"].get("importing")}
    assert imported == said["imports"].keys()
    report = make_report(parse_plan(json.dumps(plan.json).encode(), "the plan"), Acceptance(), environment="prod")
    # A role group that gets the app itself is for a person to decide; nothing that is imported is.
    assert {finding.address for finding in report.findings} <= {
        each for each, what in plan.changes.items() if what == "create"
    }
    assert {line.address for line in report.access} <= {each for each, what in plan.changes.items() if what == "create"}
    assert {each.address for each in report.takeovers} == imported
    stack.apply(plan.file.name)
    assert stack.plan().is_empty, "with the import blocks"
    (stack.folder / IMPORTS_FILE).unlink()
    assert stack.plan().is_empty, "without them"

    after = everything(running, company)
    changed = sorted(what for what in before | after if before.get(what) != after.get(what))
    assert changed == [f"assignment of {company.apps[0].id}/{company.groups[group]}" for group in _role_groups(company)]
    now = {(label, login): sign_in(running.accounts, label, login) for label, login in signed_in}
    assert {key: (one.landed, one.duration) for key, one in now.items()} == {
        key: (one.landed, one.duration) for key, one in signed_in.items()
    }

    # The way back: Terraform forgets everything, and nothing changes in the accounts.
    state = stack.run("state", "pull").stdout
    stack.run("state", "rm", *stack.run("state", "list").stdout.splitlines())
    assert everything(running, company) == after
    (stack.folder / "kept.tfstate").write_text(state, "utf-8")
    stack.run("state", "push", "-force", "kept.tfstate")

    # Taken over by Terraform, first on the AWS side, then in Okta: each an ordinary change in place.
    file = folder / "prod.yaml"
    steps: list[tuple[set[AdoptedPart], str]] = [
        ({"permissions", "roles", "tags", "trust"}, "[apps]"),
        ({"apps"}, "false"),
    ]
    for taken, left in steps:
        file.write_text(re.sub(r"(?m)^adopted:.*$", f"adopted: {left}", file.read_text("utf-8")), "utf-8")
        stack = running.written(folder, "prod")["prod"]
        plan = stack.plan()
        assert set(plan.changes.values()) <= {"update"}, plan.text
        kinds = {kind for part in taken for kind in LEFT[part]}
        assert {address.split(".")[0] for address in plan.changes} <= kinds, plan.text
        stack.apply(plan.file.name)
        assert stack.plan().is_empty, left
        now = {(label, login): sign_in(running.accounts, label, login) for label, login in signed_in}
        assert {key: one.landed for key, one in now.items()} == {key: one.landed for key, one in signed_in.items()}


@pytest.mark.timeout(900)
def test_tags_of_everything_come_on_top_of_those_that_are_there(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """`aws.tags` in an adopted environment: in place, and nobody's tag is lost."""
    running = lab(company=EMPTY)
    company = COMPANIES["custom_app"](running.accounts)
    two_years_later(running, company)
    folder = tmp_path / "environments"
    folder.mkdir()
    adopt(running, folder, "prod", company.region, company.alias, [app.label for app in company.apps])
    file = folder / "prod.yaml"
    file.write_text(file.read_text("utf-8").replace("\naws:\n", "\naws:\n  tags: {team: sales}\n"), "utf-8")
    stack = running.written(folder, "prod")["prod"]
    plan = stack.plan()
    assert set(plan.changes.values()) == {"update"}, plan.text
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    tags = running.accounts.client("iam", company.region).list_role_tags(RoleName=company.apps[0].role)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"owner": "contact-centre", "team": "sales"}


def _role_groups(company: Company) -> list[str]:
    return [app.role_group for app in company.apps if app.role_group]


def two_years_later(lab: Lab, company: Company) -> None:
    """What has gathered on roles and policies that people look after."""
    iam = lab.accounts.client("iam", company.region)
    bound = iam.create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )["Policy"]["Arn"]
    for role in {app.role for app in company.apps}:
        iam.update_role(RoleName=role, Description="Ask the contact centre's team", MaxSessionDuration=43200)
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=bound)
        iam.tag_role(RoleName=role, Tags=[{"Key": "owner", "Value": "contact-centre"}])
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        iam.tag_policy(PolicyArn=policy["Arn"], Tags=[{"Key": "owner", "Value": "contact-centre"}])


def everything(lab: Lab, company: Company) -> dict[str, Any]:
    """All that the accounts hold of a company, each thing by what it is, without the times at which it was read or written."""
    iam, connect = (lab.accounts.client(service, company.region) for service in ("iam", "connect"))
    found: dict[str, Any] = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        found[f"role {name}"] = {
            key: value for key, value in iam.get_role(RoleName=name)["Role"].items() if key != "RoleLastUsed"
        }
        found[f"policies of {name}"] = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        arn = policy["Arn"]
        shown = iam.get_policy(PolicyArn=arn)["Policy"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=shown["DefaultVersionId"])["PolicyVersion"]
        found[f"policy {arn}"] = shown, version["Document"]
    for provider in iam.list_saml_providers()["SAMLProviderList"]:
        document = iam.get_saml_provider(SAMLProviderArn=provider["Arn"])["SAMLMetadataDocument"]
        found[f"SAML provider {provider['Arn']}"] = document.strip()
    for user in iam.list_users()["Users"]:
        name = user["UserName"]
        found[f"IAM user {name}"] = user
        found[f"policies of {name}"] = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
        found[f"keys of {name}"] = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    for user_id in company.users.values():
        shown = connect.describe_user(InstanceId=company.instance_id, UserId=user_id)["User"]
        found[f"Connect user {user_id}"] = {key: value for key, value in shown.items() if key != "LastModifiedTime"}
    for app in company.apps:
        found[f"app {app.id}"] = _still(lab.accounts.okta("GET", f"/api/v1/apps/{app.id}").json())
        for kind in ("groups", "users"):
            for each in lab.accounts.okta("GET", f"/api/v1/apps/{app.id}/{kind}").json():
                found[f"assignment of {app.id}/{each['id']}"] = _still(each)
    for group in lab.accounts.okta("GET", "/api/v1/groups").json():
        found[f"group {group['id']}"] = _still(group)
        members = lab.accounts.okta("GET", f"/api/v1/groups/{group['id']}/users").json()
        found[f"members of {group['id']}"] = sorted(member["id"] for member in members)
    for rule in lab.accounts.okta("GET", "/api/v1/groups/rules").json():
        found[f"rule {rule['id']}"] = _still(rule)
    return found


def _still(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in {"lastUpdated", "lastMembershipUpdated", "_links"}}
