"""Live accounts made by hand, as values: a contact centre in each of the three ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from connect_sso.iam.documents import read_policy
from connect_sso.live.model import (
    LiveAccessKey,
    LiveAccount,
    LiveApiUser,
    LiveApp,
    LiveAppGroup,
    LiveAppUser,
    LiveGroup,
    LiveInstance,
    LiveOrg,
    LivePerson,
    LivePolicy,
    LiveProfile,
    LiveRole,
    LiveRule,
    LiveSamlProvider,
    LiveUser,
)
from connect_sso.saml.metadata import read_metadata
from tests.sandbox import metadata as okta_metadata

ACCOUNT, REGION = "111122223333", "us-west-2"
INSTANCE = "0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55"
INSTANCE_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
GLOBAL = "https://signin.aws.amazon.com/saml"
ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
GROUP_FILTER = r"^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$"
ROUTING = "22222222-0000-0000-0000-000000000000"


def arn(resource: str) -> str:
    """An ARN of IAM."""
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def relay_state(query: str = "") -> str:
    """Where Connect takes people in."""
    return f"https://{REGION}.console.aws.amazon.com/connect/federate/{INSTANCE}{query}"


@cache
def document(app_id: str) -> str:
    """An app's metadata; the certificate costs a moment to make."""
    _, certificate = okta_metadata.signing_pair("acme", app_id)
    return okta_metadata.TEMPLATE.format(
        entity_id=f"http://www.okta.com/{app_id}", certificate=certificate, sign_on_url="https://acme.okta.com/sso"
    )


def person(login: str, *, status: str = "ACTIVE", name: str | None = None) -> LivePerson:
    """Somebody in Okta, whose id follows from the login."""
    letters = login.partition("@")[0].replace(".", "x")
    return LivePerson(f"00u{letters:x<17}", login, name or login, status)


def group(name: str, *members: LivePerson) -> LiveGroup:
    """A group, whose id follows from its name."""
    letters = "".join(letter for letter in name if letter.isalnum())
    return LiveGroup(f"00g{letters[-17:]:x<17}", name, None, "OKTA_GROUP", members)


def user(name: str, *profiles: str, **settings: Any) -> LiveUser:
    """A Connect user, whose first and last name are in the user name."""
    first, _, last = name.partition("@")[0].partition(".")
    number = sum(map(ord, name))
    return replace(
        LiveUser(
            id=f"33333333-0000-0000-0000-{number:012d}",
            name=name,
            security_profile_ids=tuple(f"profile-{profile}" for profile in profiles or ("Agent",)),
            first_name=first.title(),
            last_name=last.title() or "User",
            routing_profile_id=ROUTING,
            phone_type="SOFT_PHONE",
            tags={},
        ),
        **settings,
    )


def app(app_id: str, label: str, relay: str, **changes: Any) -> LiveApp:
    """An active app of the catalogue, still without settings."""
    text = document(app_id)
    made = LiveApp(
        id=app_id,
        label=label,
        name="amazon_aws",
        status="ACTIVE",
        sign_on_mode="SAML_2_0",
        catalogue=True,
        settings={},
        sign_on={"defaultRelayState": relay},
        user_name_template="${source.login}",
        features=frozenset(),
        metadata=read_metadata(text),
        metadata_document=text,
        metadata_problem="",
        authentication_policy_id=None,
        authentication_policy=None,
        groups=(),
        users=(),
    )
    return replace(made, **changes)


def custom_app(app_id: str, label: str, relay: str, role: str, provider: str, **changes: Any) -> LiveApp:
    """An active custom SAML app, set up by hand: provider first, no quotes, an hour."""
    sent = {"Role": f"{arn(provider)},{arn(role)}", "RoleSessionName": "user.login", "SessionDuration": "3600"}
    statements = [{"type": "EXPRESSION", "name": f"{ATTRIBUTE}{name}", "values": [text]} for name, text in sent.items()]
    sign_on = {"defaultRelayState": relay, "ssoAcsUrl": GLOBAL, "attributeStatements": statements}
    return app(app_id, label, relay, name="acme_connect_1", catalogue=False, sign_on=sign_on, **changes)


def provider(name: str, app_id: str, end: str = "\n") -> LiveSamlProvider:
    """A SAML provider with an app's metadata, as a browser saved it."""
    text = document(app_id)
    return LiveSamlProvider(arn(f"saml-provider/{name}"), name, text + end, read_metadata(text), "")


def policy(name: str, action: str, resource: str, path: str = "/", **more: Any) -> LivePolicy:
    """A policy with one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return LivePolicy(name, arn(f"policy{path}{name}"), path, None, read_policy(text, name), text)


SIGN_IN = policy("okta_federation_policy", "connect:GetFederationToken", f"{INSTANCE_ARN}/user/${{aws:userid}}")


def role(name: str, *providers: str, path: str = "/", **changes: Any) -> LiveRole:
    """A role as IAM's wizard for SAML makes it, with the policy that allows sign-in."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithSAML",
        "Principal": {"Federated": [arn(f"saml-provider/{each}") for each in providers]},
        "Condition": {"StringEquals": {"SAML:aud": GLOBAL}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = LiveRole(
        arn=arn(f"role{path}{name}"),
        name=name,
        path=path,
        description=None,
        max_session_duration=3600,
        trust=read_policy(text, name),
        trust_document=text,
        policies=(SIGN_IN,),
        boundary_arn=None,
        boundary=None,
        tags={},
    )
    return replace(made, **changes)


def account(
    users: list[LiveUser], providers: list[LiveSamlProvider], roles: list[LiveRole], **changes: Any
) -> LiveAccount:
    """An account with an instance that signs in by SAML."""
    names = {"Admin", "Agent", *(each.removeprefix("profile-") for one in users for each in one.security_profile_ids)}
    instance = LiveInstance(INSTANCE, INSTANCE_ARN, "acme", "ACTIVE", "SAML", {}, (), (), None)
    made = LiveAccount(
        account_id=ACCOUNT,
        region=REGION,
        partition="aws",
        instance=instance,
        users={one.name: one for one in users},
        profiles={f"profile-{name}": LiveProfile(f"profile-{name}", name, None) for name in names},
        routing_profiles={ROUTING: "Basic Routing Profile"},
        hierarchy_groups={},
        saml_providers={one.arn: one for one in providers},
        roles={one.arn: one for one in roles},
    )
    return replace(made, **changes)


def org(apps: list[LiveApp], groups: list[LiveGroup], people: list[LivePerson], **changes: Any) -> LiveOrg:
    """An org with these."""
    made = LiveOrg(
        url="https://acme.okta.com",
        apps=tuple(apps),
        groups={one.id: one for one in groups},
        rules=(),
        people={one.id: one for one in people},
    )
    return replace(made, **changes)


ADA, BO, CY = (person(f"{name}@example.com") for name in ("Ada.Admin", "bo.agent", "cy.agent"))
USERS = [
    user(ADA.login, "Admin"),
    user(BO.login),
    user(CY.login, phone_type="DESK_PHONE", desk_phone_number="+12065550100"),
]
ADMINS, AGENTS = group("Contact Centre Admins", ADA), group("Contact Centre Agents", BO, CY)


def app_user(one: LivePerson, scope: str = "GROUP", *roles: str, name: str | None = None) -> LiveAppUser:
    """An assignment."""
    return LiveAppUser(one.id, scope, name or one.login, "ACTIVE", roles[0] if roles else None, roles)


def walkthrough() -> tuple[LiveAccount, LiveOrg]:
    """The published walkthrough: two apps with API integration, one person one by one."""
    admin = app(
        "0oaadmin000000000001",
        "Amazon Connect Administrator",
        relay_state(),
        settings={"identityProviderArn": arn("saml-provider/Okta_Connect_Admin"), "sessionDuration": 3600},
        features=frozenset({"PUSH_NEW_USERS"}),
        users=(app_user(ADA, "USER", "Okta_Role"),),
    )
    ccp = app(
        "0oaccp00000000000001",
        "Amazon Connect Contact Control Panel",
        relay_state("?destination=%2Fccp-v2"),
        settings={"identityProviderArn": arn("saml-provider/Okta_Connect_CCP"), "sessionDuration": 3600},
        features=frozenset({"PUSH_NEW_USERS"}),
        groups=(LiveAppGroup(AGENTS.id, "Okta_CCP_Role", ("Okta_CCP_Role",)),),
        users=(app_user(BO, "GROUP", "Okta_CCP_Role"), app_user(CY, "GROUP", "Okta_CCP_Role")),
    )
    reader = policy("okta_cli_policy", "iam:ListRoles", "*")
    key = LiveAccessKey("AKIAEXAMPLE", True, datetime(2024, 1, 1, tzinfo=UTC), None)
    api_user = LiveApiUser(arn("user/okta_cli_user"), "okta_cli_user", "/", (key,), (reader,), None, {})
    made = account(
        USERS,
        [provider("Okta_Connect_Admin", admin.id), provider("Okta_Connect_CCP", ccp.id)],
        [role("Okta_Role", "Okta_Connect_Admin"), role("Okta_CCP_Role", "Okta_Connect_CCP")],
        api_user=api_user,
    )
    return made, org([admin, ccp], [AGENTS], [ADA, BO, CY])


def custom() -> tuple[LiveAccount, LiveOrg]:
    """One custom SAML app, its role and policy under a path."""
    one = custom_app(
        "0oacustom00000000001",
        "Connect",
        relay_state(),
        "role/sso/Connect",
        "saml-provider/Okta",
        groups=(LiveAppGroup(AGENTS.id, None, ()),),
        users=(app_user(ADA, "USER"), app_user(BO), app_user(CY)),
    )
    condition = {"StringEquals": {"connect:InstanceId": INSTANCE}}
    allows = policy("Connect_Sign_In", "connect:GetFederationToken", "*", "/sso/", Condition=condition)
    made = account(USERS, [provider("Okta", one.id)], [role("Connect", "Okta", path="/sso/", policies=(allows,))])
    return made, org([one], [AGENTS], [ADA, BO, CY])


def mapping() -> tuple[LiveAccount, LiveOrg]:
    """The catalogue's app with roles from group names; its role group is filled by a rule on the department."""
    role_group = group(f"aws#acme#Connect_Agents#{ACCOUNT}", BO, CY)
    one = app(
        "0oamapping0000000001",
        "Amazon Connect",
        relay_state("?destination=%2Fccp-v2"),
        settings={
            "identityProviderArn": arn("saml-provider/Okta"),
            "useGroupMapping": True,
            "groupFilter": GROUP_FILTER,
            "sessionDuration": 3600,
        },
        groups=(LiveAppGroup(AGENTS.id, None, ()),),
        users=(app_user(BO), app_user(CY)),
    )
    rule = LiveRule("0pr11111111111111111", "Sales", "ACTIVE", 'user.department=="Sales"', (role_group.id,))
    made = account(USERS[1:], [provider("Okta", one.id)], [role("Connect_Agents", "Okta")])
    return made, org([one], [AGENTS, role_group], [BO, CY], rules=(rule,))


WAYS: Mapping[str, Any] = {"api_integration": walkthrough, "saml_app": custom, "group_mapping": mapping}
"""The three ways, by `okta.role_assignment`."""
