"""Companies by hand with the real providers: an adopted environment takes over what is there, and nobody notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect_sso.infrastructure.takeover import IMPORTS_FILE
from tests.lab.sign_in import sign_in
from tests.lab.terraform import Lab
from tests.sandbox.companies import COMPANIES, EMPTY, Company, Person

pytestmark = [pytest.mark.terraform, pytest.mark.long]


def environment(company: Company, account_id: str) -> dict[str, Any]:
    """The environment file that says what the company has; who has left is not in it."""
    staff = [person for person in company.people if person.in_connect and person.status != "DEPROVISIONED"]
    data: dict[str, Any] = {
        "adopted": True,
        "aws": {"account_id": account_id, "region": company.region, "sign_in": "global"},
        "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": company.role_assignment},
        "connect": {"instance_id": company.instance_id},
        "federation": {"policy": company.policy, "session_duration": 3600, "path": company.path},
        "apps": {
            app.key: {
                "label": app.label,
                "destination": app.destination,
                "saml_provider": app.saml_provider,
                "role": app.role,
                # With group mapping the role group is filled as it was: by a rule that asks for an attribute, not for a group.
                "groups": [] if app.role_group else list(app.groups),
            }
            for app in company.apps
        },
        "users": [
            {
                "username": person.login,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "security_profiles": [person.security_profile],
                **_phone(person),
                **_apps(company, person.login),
            }
            for person in staff
        ],
    }
    if company.api_user:
        data["api_integration"] = {"user": company.api_user, "policy": company.api_policy}
    return data


def _phone(person: Person) -> dict[str, Any]:
    number = person.settings.get("PhoneConfig", {}).get("DeskPhoneNumber")
    return {"phone": {"desk_phone": number}} if number else {}


def _apps(company: Company, login: str) -> dict[str, list[str]]:
    named = [app.key for app in company.apps if login in app.users]
    return {"apps": named} if named else {}


def imports(company: Company, lab: Lab, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Addresses in the stack, and the ids of what is there. Every id is what an API says; facts about their form are the providers'."""
    iam = lab.accounts.client("iam", company.region)
    policies = {policy["PolicyName"]: policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]}
    logins = {user["profile"]["login"]: user["id"] for user in lab.accounts.okta("GET", "/api/v1/users").json()}
    yield "aws_iam_policy.federation", policies[company.policy]
    for app in company.apps:
        yield f"okta_app_saml.{app.key}", app.id
        yield (
            f"aws_iam_saml_provider.{app.key}",
            f"arn:aws:iam::{lab.accounts.account_id}:saml-provider/{app.saml_provider}",
        )
        yield f"aws_iam_role.{app.role}", app.role
        yield f"aws_iam_role_policy_attachment.{app.role}", f"{app.role}/{policies[company.policy]}"
        if app.role_group:
            yield f"okta_group.{app.key}", company.groups[app.role_group]
        else:
            for group in app.groups:
                yield f'okta_app_group_assignment.{app.key}["{group}"]', f"{app.id}/{company.groups[group]}"
        for login in app.users:
            yield f'okta_app_user.{app.key}["{login}"]', f"{app.id}/{logins[login]}"
    for user in data["users"]:
        name = user["username"]
        yield f'aws_connect_user.users["{name}"]', f"{company.instance_id}:{company.users[name]}"
    if company.api_user and company.api_policy:
        yield "aws_iam_user.api_integration", company.api_user
        yield "aws_iam_policy.api_integration", policies[company.api_policy]
        yield "aws_iam_user_policy_attachment.api_integration", f"{company.api_user}/{policies[company.api_policy]}"


ANNOUNCED = {
    # Okta's metadata instead of what a browser saved: a line break less at its end.
    "aws_iam_saml_provider": "update",
    # The role group gets the app itself; its people have it already, through a group of the directory.
    "okta_app_group_assignment": "create",
}
"""Type to the one change that a first plan may have."""


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_is_taken_over(lab: Callable[..., Lab], name: str) -> None:
    """What is there is imported, nothing is replaced or destroyed, nothing but the announced changes, and all sign in as before."""
    running = lab(company=EMPTY)
    company = COMPANIES[name](running.accounts)
    two_years_later(running, company)
    signed_in = {(label, login): sign_in(running.accounts, label, login) for label, login, _ in company.sign_ins()}
    assert any(verdict.landed for verdict in signed_in.values())
    before = everything(running, company)

    data = environment(company, running.accounts.account_id)
    running.imports = dict(imports(company, running, data))
    stack = running.one(data)
    plan = stack.plan()
    assert all(change == ANNOUNCED.get(address.split(".")[0]) for address, change in plan.changes.items()), plan.text
    created = [address for address, change in plan.changes.items() if change == "create"]
    assert len(created) == (1 if company.rule else 0), plan.text
    imported = {each["address"] for each in plan.json["resource_changes"] if each["change"].get("importing")}
    assert imported == running.imports.keys()
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
    stack.run("state", "rm", *stack.run("state", "list").stdout.splitlines())
    assert everything(running, company) == after


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
