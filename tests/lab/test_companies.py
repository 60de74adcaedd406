"""Companies by hand with the real providers: an environment that says what is there takes it over, and everybody signs in as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.sign_in import sign_in
from tests.lab.terraform import Lab
from tests.sandbox.companies import COMPANIES, EMPTY, Company

pytestmark = [pytest.mark.terraform, pytest.mark.long]


def environment(company: Company, account_id: str) -> dict[str, Any]:
    """The environment file that says what the company has; who has left is not in it."""
    staff = [person for person in company.people if person.in_connect and person.status != "DEPROVISIONED"]
    data: dict[str, Any] = {
        "aws": {"account_id": account_id, "region": company.region, "sign_in": "global"},
        "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": company.role_assignment},
        "connect": {"instance_id": company.instance_id, "user_settings": "initial"},
        "federation": {"policy": company.policy, "session_duration": 3600, "path": company.path},
        "apps": {
            app.key: {
                "label": app.label,
                "destination": app.destination,
                "saml_provider": app.saml_provider,
                "role": app.role,
                "groups": list(app.groups),
            }
            for app in company.apps
        },
        "users": [
            {
                "username": person.login,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "security_profiles": [person.security_profile],
                **_apps(company, person.login),
            }
            for person in staff
        ],
    }
    if company.api_user:
        data["api_integration"] = {"user": company.api_user, "policy": company.api_policy}
    return data


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
            yield f"okta_group_rule.{app.key}", str(company.rule)
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


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_is_taken_over(lab: Callable[..., Lab], name: str) -> None:
    """Everything that is there is imported, nothing is replaced or destroyed, and the second plan is empty."""
    running = lab(company=EMPTY)
    company = COMPANIES[name](running.accounts)
    before = {(label, login): sign_in(running.accounts, label, login) for label, login, _ in company.sign_ins()}
    assert any(verdict.landed for verdict in before.values())
    settings = {user: _settings(running, company, user) for user in company.users.values()}

    data = environment(company, running.accounts.account_id)
    stack = running.one(data)
    blocks = [{"to": address, "id": identifier} for address, identifier in imports(company, running, data)]
    (stack.folder / "imports.tf.json").write_text(json.dumps({"import": blocks}), "utf-8")
    plan = stack.plan()
    assert set(plan.changes.values()) <= {"create", "update"}, plan.text
    created = {address.split(".")[0] for address, change in plan.changes.items() if change == "create"}
    assert created <= {"terraform_data", *(["okta_app_group_assignment"] if company.rule else [])}, plan.text
    imported = [change for change in plan.json["resource_changes"] if change["change"].get("importing")]
    assert len(imported) == len(blocks)
    stack.apply(plan.file.name)

    second = stack.plan()
    assert second.is_empty, second.text
    after = {(label, login): sign_in(running.accounts, label, login) for label, login in before}
    assert {key: (one.landed, one.duration) for key, one in after.items()} == {
        key: (one.landed, one.duration) for key, one in before.items()
    }
    changed = {
        name
        for user, kept in settings.items()
        for name, value in _settings(running, company, user).items()
        if value != kept[name]
    }
    assert not changed, f"a supervisor's settings are gone: {changed}"


def _settings(lab: Lab, company: Company, user_id: str) -> dict[str, Any]:
    """What a supervisor has set for an agent."""
    connect = lab.accounts.client("connect", company.region)
    found: dict[str, Any] = connect.describe_user(InstanceId=company.instance_id, UserId=user_id)["User"]
    return {
        name: found.get(name)
        for name in ("PhoneConfig", "Tags", "HierarchyGroupId", "RoutingProfileId", "IdentityInfo")
    }
