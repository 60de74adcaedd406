"""The judge of sign-ins: the companies by hand sign in as they should, and each thing that breaks is named. No provider is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.sign_in import Posted, Verdict, assertion, judge, sign_in
from tests.sandbox.companies import (
    ADMINS,
    AGENTS,
    COMPANIES,
    EMPTY,
    GLOBAL_ENDPOINT,
    Company,
    custom_app,
    group_mapping,
    walkthrough,
)
from tests.sandbox.http.serving import Accounts, accounts

ADA, BO = "Ada.Admin@example.com", "bo.agent@example.com"
ADMIN_APP = "Amazon Connect Administrator"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Accounts]:
    """An org and an account on their first day."""
    with accounts(tmp_path, company=EMPTY) as started:
        yield started


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_signs_in(running: Accounts, name: str) -> None:
    """Who should lands, for an hour; nobody else does."""
    company = COMPANIES[name](running)
    promised = list(company.sign_ins())
    assert any(lands for *_, lands in promised)
    assert not all(lands for *_, lands in promised)
    for label, login, lands in promised:
        verdict = sign_in(running, label, login)
        assert (verdict.landed, verdict.duration) == (lands, 3600 if lands else 0), (
            f"{login}, {label}: {verdict.because}"
        )
        if lands:
            assert company.instance_id in verdict.because


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_has_what_terraform_would_not_have_made(running: Accounts, name: str) -> None:
    company = COMPANIES[name](running)
    iam, connect = running.client("iam"), running.client("connect", company.region)
    (policy,) = (one for one in iam.list_policies(Scope="Local")["Policies"] if one["PolicyName"] == company.policy)
    assert "Description" not in iam.get_policy(PolicyArn=policy["Arn"])["Policy"]
    for app in company.apps:
        role = iam.get_role(RoleName=app.role)["Role"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"SAML:aud": GLOBAL_ENDPOINT}}
        assert (role["MaxSessionDuration"], role["Path"]) == (3600, company.path)
        arn = f"arn:aws:iam::{running.account_id}:saml-provider/{app.saml_provider}"
        assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"].endswith(">\n")
    bo = connect.describe_user(InstanceId=company.instance_id, UserId=company.users[BO])["User"]
    assert bo["PhoneConfig"] == {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 30}
    assert bo["Tags"] == {"team": "sales"}
    assert bo["HierarchyGroupId"]
    profiles = connect.list_security_profiles(InstanceId=company.instance_id)["SecurityProfileSummaryList"]
    assert "Team lead" in {profile["Name"] for profile in profiles}
    members = running.okta("GET", f"/api/v1/groups/{company.groups[AGENTS]}/users").json()
    assert {member["status"] for member in members} == {"ACTIVE", "SUSPENDED", "DEPROVISIONED"}
    assert "flo.left@example.com" in company.users


@pytest.mark.parametrize(
    ("login", "says"),
    [
        ("ed.away@example.com", "SUSPENDED"),
        ("flo.left@example.com", "DEPROVISIONED"),
        ("gus.new@example.com", "has not been onboarded"),
        ("nobody@example.com", "nobody"),
        (ADA, "has not got the app"),
    ],
)
def test_a_person_who_does_not_sign_in(running: Accounts, login: str, says: str) -> None:
    walkthrough(running)
    verdict = sign_in(running, "Amazon Connect Contact Control Panel", login)
    assert not verdict.landed
    assert says in verdict.because


Break = Callable[[Accounts, Company], Any]


def trust(**changes: Any) -> Break:
    """Change the statement of the first app's role's trust."""

    def change(running: Accounts, company: Company) -> None:
        iam, role = running.client("iam"), company.apps[0].role
        document = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        document["Statement"][0] |= changes
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))

    return change


def settings(**changes: Any) -> Break:
    """Change the first app's settings."""

    def change(running: Accounts, company: Company) -> None:
        app = running.okta("GET", f"/api/v1/apps/{company.apps[0].id}").json()
        app["settings"]["app"] |= changes
        assert running.okta("PUT", f"/api/v1/apps/{app['id']}", app).ok

    return change


def relay_state(value: str) -> Break:
    """Change where the first app lands."""

    def change(running: Accounts, company: Company) -> None:
        app = running.okta("GET", f"/api/v1/apps/{company.apps[0].id}").json()
        app["settings"]["signOn"]["defaultRelayState"] = value.replace("INSTANCE", company.instance_id)
        assert running.okta("PUT", f"/api/v1/apps/{app['id']}", app).ok

    return change


def another_key(running: Accounts, company: Company) -> None:
    """Rotate the app's key without telling IAM."""
    here = f"/api/v1/apps/{company.apps[0].id}"
    kid = running.okta("POST", f"{here}/credentials/keys/generate", validityYears=5).json()["kid"]
    app = running.okta("GET", here).json()
    app["credentials"]["signing"]["kid"] = kid
    assert running.okta("PUT", here, app).ok


def other_metadata(running: Accounts, company: Company) -> None:
    """The other app's metadata."""
    document = running.okta("GET", f"/api/v1/apps/{company.apps[1].id}/sso/saml/metadata").text
    arn = f"arn:aws:iam::{running.account_id}:saml-provider/{company.apps[0].saml_provider}"
    running.client("iam").update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)


def no_permission(running: Accounts, company: Company) -> None:
    """A policy that is no longer attached."""
    arn = f"arn:aws:iam::{running.account_id}:policy/{company.policy}"
    running.client("iam").detach_role_policy(RoleName=company.apps[0].role, PolicyArn=arn)


def a_denial(running: Accounts, company: Company) -> None:
    """A policy that denies what another allows."""
    statement = {"Effect": "Deny", "Action": "connect:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    running.client("iam").put_role_policy(RoleName=company.apps[0].role, PolicyName="no", PolicyDocument=document)


def no_user(running: Accounts, company: Company) -> None:
    """A Connect user who is gone."""
    connect = running.client("connect", company.region)
    connect.delete_user(InstanceId=company.instance_id, UserId=company.users[ADA])


def no_integration(running: Accounts, company: Company) -> None:
    """API integration that nobody has enabled: the role's name means nothing to the app."""
    app = running.cloud.by_id("okta_app_saml", company.apps[0].id)
    assert app is not None
    running.cloud.put("okta_app_saml", app["id"], app | {"features": []})


def login_in_another_case(running: Accounts, company: Company) -> None:
    """Okta's login changes its case, Connect's user name does not."""
    assert running.okta("POST", f"/api/v1/users/{ADA}", {"profile": {"login": ADA.lower()}}).ok
    (assigned,) = running.okta("GET", f"/api/v1/apps/{company.apps[0].id}/users").json()
    body = {"credentials": {"userName": ADA.lower()}}
    assert running.okta("POST", f"/api/v1/apps/{company.apps[0].id}/users/{assigned['id']}", body).ok


OTHER = "arn:aws:iam::111122223333:saml-provider/Okta_Connect_CCP"
BREAKS: dict[str, tuple[Break, str]] = {
    "the trust names another provider": (
        trust(Principal={"Federated": OTHER}),
        "does not allow sts:AssumeRoleWithSAML",
    ),
    "the trust admits another endpoint": (
        trust(Condition={"StringEquals": {"SAML:aud": "https://us-west-2.signin.aws.amazon.com/saml"}}),
        "does not allow sts:AssumeRoleWithSAML",
    ),
    "the trust allows another action": (trust(Action="sts:AssumeRole"), "does not allow sts:AssumeRoleWithSAML"),
    "the app posts to another endpoint": (
        settings(overrideAcsURL="https://us-west-2.signin.aws.amazon.com/saml"),
        "does not allow sts:AssumeRoleWithSAML",
    ),
    "the session is longer than the role's": (settings(sessionDuration=43200), "longer than the role's 3600"),
    "the app names a provider that is not there": (
        settings(identityProviderArn="arn:aws:iam::111122223333:saml-provider/None"),
        "there is no arn:aws:iam::111122223333:saml-provider/None",
    ),
    "the relay state is empty": (relay_state(""), "AWS's console opens"),
    "the relay state holds an alias": (
        relay_state("https://us-west-2.console.aws.amazon.com/connect/federate/acme-walkthrough"),
        "AWS's console opens",
    ),
    "the relay state is of another region": (
        relay_state("https://eu-west-2.console.aws.amazon.com/connect/federate/INSTANCE"),
        "eu-west-2 has no instance",
    ),
    "Okta signs with a new key": (another_key, "no certificate"),
    "IAM has the other app's metadata": (other_metadata, "is of 'http://www.okta.com/"),
    "the policy is detached": (no_permission, "may not connect:GetFederationToken"),
    "a policy denies": (a_denial, "may not connect:GetFederationToken"),
    "there is no Connect user": (no_user, "has not been onboarded"),
    "API integration is off": (no_integration, "offers 0 roles"),
    "the login has another case": (login_in_another_case, "has not been onboarded"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_breaks_a_sign_in(running: Accounts, what: str) -> None:
    company = walkthrough(running)
    assert sign_in(running, ADMIN_APP, ADA).landed
    change, says = BREAKS[what]
    change(running, company)
    login = ADA.lower() if "case" in what else ADA
    verdict = sign_in(running, ADMIN_APP, login)
    assert not verdict.landed
    assert says in verdict.because


def test_a_tampered_assertion(running: Accounts) -> None:
    custom_app(running)
    posted = assertion(running, "Connect", BO)
    assert judge(running, posted).landed
    forged = posted.assertion.replace(BO.encode(), ADA.encode())
    assert judge(running, Posted(posted.endpoint, forged, posted.relay_state)) == Verdict(
        False, f"no certificate of arn:aws:iam::{running.account_id}:saml-provider/Okta has signed this"
    )


def test_a_person_in_two_role_groups_is_asked_which(running: Accounts) -> None:
    """A filter that matches any app's groups offers other apps' roles as well."""
    company = group_mapping(running)
    made = running.okta(
        "POST", "/api/v1/groups", {"profile": {"name": f"aws#other#Billing#{running.account_id}"}}
    ).json()
    (user,) = running.okta("GET", "/api/v1/users", search=f'profile.login eq "{BO}"').json()
    assert running.okta("PUT", f"/api/v1/groups/{made['id']}/users/{user['id']}").ok
    assert "offers 2 roles" in sign_in(running, company.apps[0].label, BO).because


def test_the_administrators_group_is_there(running: Accounts) -> None:
    """The walkthrough gives its administrator the app one by one, though a group of administrators is there."""
    company = walkthrough(running)
    assert company.groups[ADMINS]
    assert company.apps[0].users == (ADA,)
