"""Each fault alone is the one finding, and names who or what; beside each stands what looks like it and is healthy."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connect_sso.doctor.findings import CATALOGUE
from connect_sso.iam import policies
from connect_sso.live.model import INSTANCE, LiveAppGroup, LiveAppUser, LiveGroup, LiveProfile, Unread
from tests.doctor.values import (
    ADA,
    BO,
    CY,
    INSTANCE_ID,
    MODES,
    NOW,
    Change,
    Told,
    access_key,
    account,
    app,
    certificates,
    company,
    diagnosed,
    healthy,
    instance,
    looked_up,
    member,
    no_member,
    one_more,
    org,
    person,
    policy,
    provider,
    role,
    setting,
    statement,
    then,
    told,
    user,
)

APP, ADMIN_APP = "the Okta app 'Connect Contact Control Panel'", "the Okta app 'Connect Administrator'"
AGENTS = "Contact Centre Agents"
ROLE, PROVIDER = "the role Okta_CCP_Role", "the SAML provider Okta_Connect_CCP"
INSTANCE_NAME, API_USER = "the Connect instance acme-test", "the IAM user okta_cli_user"
ROLE_GROUP = "the role group 'aws#test-ccp#Okta_CCP_Role#111122223333'"
DIRECTORY = {"SUSPENDED": "person-suspended", "DEPROVISIONED": "person-deactivated", "STAGED": "person-not-activated"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"okta__username": "email"},
        {"okta__username": {"attribute": "employeeNumber"}},
        {"apps__ccp__destination": "https://desk.example.com/start"},
        {"federation__path": "/sso/"},
        {"aws__sign_in": "global"},
        {"aws__region": "us-gov-west-1", "aws__sign_in": "regional"},
        {"adopted": True},
        {"connect": {"instance_id": INSTANCE_ID}},
    ],
    ids=lambda changes: next(iter(changes), "as it is") if isinstance(changes, dict) else changes,
)
def test_the_healthy_company_is_healthy(folder: Path, mode: str, changes: dict[str, Any]) -> None:
    health = diagnosed(healthy(company(folder, mode, **changes)))
    assert told(health) == [], [each.evidence for each in health.findings]
    assert health.people == 3
    assert health.kept_out == 0


# --- people ------------------------------------------------------------------------------------------------------------

KEY = {"role_assignment": "api_integration"}
LATER = datetime.timedelta(days=400)


def renamed(old: str, new: str) -> Change:
    """Okta gives somebody another login; the app still has the user name of when it was assigned."""
    return person(old, login=new, name_source=new)


PEOPLE: list[tuple[str, Change, list[Told]]] = [
    ("left", person(BO, status="DEPROVISIONED"), [Told("person-deactivated", BO)]),
    ("is away", person(BO, status="SUSPENDED"), [Told("person-suspended", BO)]),
    ("not yet activated", person(BO, status="STAGED"), [Told("person-not-activated", BO)]),
    ("new password awaited", person(BO, status="PASSWORD_EXPIRED"), []),
    ("locked out", person(BO, status="LOCKED_OUT"), []),
    ("the administrator left", person(ADA, status="DEPROVISIONED"), [Told("person-deactivated", ADA)]),
    ("deleted", then(person(BO), looked_up(BO)), [Told("person-gone", BO)]),
    ("out of the group", no_member(AGENTS, BO), [Told("person-in-no-group", BO)]),
    ("joined", member(AGENTS, "di@example.com"), [Told("member-not-in-connect", "di@example.com")]),
    (
        "joined and left",
        then(member(AGENTS, "di@example.com"), person("di@example.com", status="DEPROVISIONED")),
        [],
    ),
    ("no name", person(BO, name_source=None), [Told("member-without-name", BO)]),
    ("in the file alone", user(BO), [Told("user-not-made", BO)]),
    ("in Connect alone", one_more("di@example.com"), [Told("user-not-in-file", "di@example.com")]),
    ("a strange administrator", one_more("di@example.com", "Admin"), [Told("administrator-added", "di@example.com")]),
    ("in other letters", user(BO, name="Bo.Agent@example.com"), [Told("name-case-differs", "Bo.Agent@example.com")]),
    (
        "in other letters in Okta",
        renamed(BO, "Bo.Agent@example.com"),
        [Told("name-case-differs", BO)],
    ),
    ("twice", one_more("BO.agent@example.com"), [Told("user-twice", "BO.agent@example.com")]),
    ("renamed", renamed(BO, "bo.baker@example.com"), [Told("person-renamed", BO)]),
    ("other profiles", user(BO, security_profile_ids=("sp-QualityAnalyst",)), [Told("security-profiles-differ", BO)]),
    ("more profiles", user(BO, security_profile_ids=("sp-Agent", "sp-Admin")), [Told("administrator-added", BO)]),
    (
        "left and has more rights",
        then(user(BO, security_profile_ids=("sp-Admin",)), person(BO, status="DEPROVISIONED")),
        [Told("administrator-added", BO), Told("person-deactivated", BO)],
    ),
    (
        "more rights of an administrator",
        user(ADA, security_profile_ids=("sp-Admin", "sp-CallCenterManager")),
        [Told("security-profiles-differ", ADA)],
    ),
    (
        "profiles in another order",
        user(BO, security_profile_ids=("sp-Agent", "sp-Agent")),
        [],
    ),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("change", "findings"), [case[1:] for case in PEOPLE], ids=[case[0] for case in PEOPLE])
def test_people(folder: Path, mode: str, change: Change, findings: list[Told]) -> None:
    """In each of the three ways of role assignment."""
    if mode == "group_mapping":
        change = _in_role_groups(change)
    got = diagnosed(change(healthy(company(folder, mode))))
    assert told(got) == findings, [each.evidence for each in got.findings]


def _in_role_groups(change: Change) -> Change:
    """What the rule does by itself: who joins or leaves the group of the file joins or leaves the role group."""

    def changed(case: Any) -> Any:
        before = {each.id for each in case.groups_by_name[AGENTS].members}
        after_case = change(case)
        source = next(each for each in after_case.org.groups.values() if each.name == AGENTS)
        now = {each.id: each for each in source.members or () if each.status != "DEPROVISIONED"}
        groups = {
            key: replace(
                group,
                members=(
                    *(one for one in group.members or () if one.id not in before),
                    *now.values(),
                ),
            )
            if group.name.startswith("aws#test-ccp#")
            else group
            for key, group in after_case.org.groups.items()
        }
        return org(groups=groups)(after_case)

    return changed


# --- Okta --------------------------------------------------------------------------------------------------------------

Case = tuple[str, str, Change, list[Told]]
"""The way of role assignment, what it is, what is changed, and what is found."""

PROVIDER_ARN = "arn:aws:iam::111122223333:saml-provider/"
OTHER_ROLE = "arn:aws:iam::111122223333:role/Other"


def label(text: str) -> Change:
    return app(label=text)


def without_app(key: str = "ccp") -> Change:
    return lambda case: org(apps=tuple(each for each in case.org.apps if each.id != f"0oa{key}"))(case)


def assigned(group: LiveGroup, *roles: str, key: str = "ccp") -> Change:
    """The app is assigned to one more group."""

    def change(case: Any) -> Any:
        live = next(each for each in case.org.apps if each.id == f"0oa{key}")
        groups = (*(live.groups or ()), LiveAppGroup(group.id, roles[0] if roles else None, roles))
        return then(org(groups={**case.org.groups, group.id: group}), app(key, groups=groups))(case)

    return change


def by_hand(login: str, *roles: str, key: str = "ccp") -> Change:
    """The app is assigned to somebody by name, or the assignment is another."""

    def change(case: Any) -> Any:
        live = next(each for each in case.org.apps if each.id == f"0oa{key}")
        one = next(each for each in case.org.people.values() if each.login == login)
        others = tuple(each for each in live.users or () if each.person_id != one.id)
        return app(key, users=(*others, LiveAppUser(one.id, "USER", login, "ACTIVE", None, roles)))(case)

    return change


def rule(**changes: Any) -> Change:
    return lambda case: org(
        rules=tuple(replace(each, **changes) if each.id == "0prccp" else each for each in case.org.rules)
    )(case)


EVERYONE = LiveGroup("00geveryone", "Everyone", None, "BUILT_IN", ())
OTHERS = LiveGroup("00gothers", "Others", None, "OKTA_GROUP", ())

OKTA: list[Case] = [
    ("any", "an app is gone", without_app(), [Told("app-missing", APP)]),
    ("any", "an app is inactive", app(status="INACTIVE", metadata=None), [Told("app-inactive", APP)]),
    ("any", "an app is renamed", label("Telephone"), [Told("app-renamed", APP)]),
    ("any", "no relay state", setting(defaultRelayState=""), [Told("app-relay-state", APP)]),
    (
        "any",
        "another page",
        setting(
            defaultRelayState=f"https://us-west-2.console.aws.amazon.com/connect/federate/{INSTANCE_ID}?destination=%2Fagent-app-v2"
        ),
        [Told("app-relay-state", APP)],
    ),
    (
        "any",
        "the same page with a slash",
        setting(
            defaultRelayState=f"https://us-west-2.console.aws.amazon.com/connect/federate/{INSTANCE_ID}?destination=%2Fccp-v2%2Fchat%2F&new_domain=true"
        ),
        [],
    ),
    (
        "any",
        "another instance",
        setting(
            defaultRelayState="https://us-west-2.console.aws.amazon.com/connect/federate/11111111-98a2-4e74-8572-c8af67ed289b?destination=%2Fccp-v2%2Fchat"
        ),
        [Told("app-relay-state", APP)],
    ),
    (
        "saml_app",
        "another endpoint",
        setting(ssoAcsUrl="https://signin.aws.amazon.com/saml"),
        [Told("app-endpoint", APP)],
    ),
    ("saml_app", "another recipient", setting(recipient="https://example.com/saml"), [Told("app-endpoint", APP)]),
    (
        "group_mapping",
        "another endpoint",
        setting(overrideAcsURL="https://signin.aws.amazon.com/saml"),
        [Told("app-endpoint", APP)],
    ),
    (
        "saml_app",
        "another audience",
        setting(audience="https://signin.aws.amazon.com/saml"),
        [Told("app-audience", APP)],
    ),
    ("saml_app", "another session name", statement("RoleSessionName", "user.email"), [Told("app-session-name", APP)]),
    ("saml_app", "no session name", statement("RoleSessionName", None), [Told("app-session-name", APP)]),
    ("group_mapping", "another name", app(user_name_template="${source.email}"), [Told("app-session-name", APP)]),
    (
        "saml_app",
        "another role",
        statement("Role", f'"{OTHER_ROLE},{PROVIDER_ARN}Okta_Connect_CCP"'),
        [Told("app-role", APP)],
    ),
    (
        "saml_app",
        "provider and role in the other order",
        statement("Role", f"{PROVIDER_ARN}Okta_Connect_CCP,arn:aws:iam::111122223333:role/Okta_CCP_Role"),
        [],
    ),
    (
        "group_mapping",
        "another role",
        setting(roleValuePattern=f"{PROVIDER_ARN}Okta_Connect_CCP,{OTHER_ROLE}"),
        [Told("app-role", APP)],
    ),
    ("group_mapping", "roles from assignments", setting(useGroupMapping=False), [Told("app-role", APP)]),
    (
        "api_integration",
        "another provider",
        setting(identityProviderArn=f"{PROVIDER_ARN}Other"),
        [Told("app-role", APP)],
    ),
    ("saml_app", "another length", statement("SessionDuration", '"3600"'), [Told("app-session-duration", APP)]),
    ("api_integration", "another length", setting(sessionDuration=3600), [Told("app-session-duration", APP)]),
    (
        "saml_app",
        "a session tag",
        statement("PrincipalTag:Team", "user.department"),
        [Told("app-session-tags", APP), Told("trust-tags", ROLE)],
    ),
    ("api_integration", "the integration is off", app(features=frozenset()), [Told("api-integration-off", APP)]),
    ("saml_app", "a group lost the app", app(groups=()), [Told("group-without-app", APP)]),
    ("api_integration", "a group lost the app", app(groups=()), [Told("group-without-app", APP)]),
    ("group_mapping", "a role group lost the app", app(groups=()), [Told("group-without-app", APP)]),
    (
        "api_integration",
        "a group with another role",
        app(groups=(LiveAppGroup(f"00g{AGENTS}", "Other", ("Other",)),)),
        [Told("group-role", APP)],
    ),
    (
        "api_integration",
        "a role with the account's name before it",
        app(groups=(LiveAppGroup(f"00g{AGENTS}", "Okta_CCP_Role", ("acme -- Okta_CCP_Role",)),)),
        [],
    ),
    ("any", "everyone", assigned(EVERYONE), [Told("assigned-to-everyone", APP)]),
    ("any", "another group", assigned(OTHERS), [Told("assigned-to-another-group", APP)]),
    ("saml_app", "by hand", by_hand(BO), [Told("assigned-by-hand", BO)]),
    ("api_integration", "by hand", by_hand(BO, "Okta_CCP_Role"), [Told("assigned-by-hand", BO)]),
    ("saml_app", "not by name", app("admin", users=()), [Told("assignment-missing", ADA)]),
    ("api_integration", "not by name", app("admin", users=()), [Told("assignment-missing", ADA)]),
    (
        "group_mapping",
        "not in the role group",
        no_member("aws#test-admin#Okta_Role#111122223333", ADA),
        [Told("assignment-missing", ADA)],
    ),
    (
        "api_integration",
        "by name with another role",
        by_hand(ADA, "Other", key="admin"),
        [Told("assignment-role", ADA)],
    ),
    (
        "group_mapping",
        "the role group is gone",
        lambda case: org(
            groups={key: each for key, each in case.org.groups.items() if not each.name.startswith("aws#test-ccp")},
        )(app(groups=())(case)),
        [Told("role-group-missing", APP)],
    ),
    (
        "group_mapping",
        "the rule is gone",
        lambda case: org(rules=tuple(each for each in case.org.rules if each.id != "0prccp"))(case),
        [Told("role-group-rule-missing", ROLE_GROUP)],
    ),
    ("group_mapping", "the rule is inactive", rule(status="INACTIVE"), [Told("role-group-rule-inactive", ROLE_GROUP)]),
    ("group_mapping", "the rule is invalid", rule(status="INVALID"), [Told("role-group-rule-invalid", ROLE_GROUP)]),
    (
        "group_mapping",
        "the rule is another",
        rule(expression='user.department=="Sales"'),
        [Told("role-group-rule-differs", ROLE_GROUP)],
    ),
    (
        "group_mapping",
        "the rule has one more group",
        rule(expression=f'isMemberOfAnyGroup("00g{AGENTS}", "00gothers")'),
        [Told("role-group-rule-differs", ROLE_GROUP)],
    ),
    ("group_mapping", "the rule is spelled otherwise", rule(expression=f' isMemberOfAnyGroup( "00g{AGENTS}" ) '), []),
    (
        "group_mapping",
        "the rule has not put somebody there",
        no_member("aws#test-ccp#Okta_CCP_Role#111122223333", BO),
        [Told("not-in-role-group", BO)],
    ),
    (
        "group_mapping",
        "put there by hand",
        member("aws#test-ccp#Okta_CCP_Role#111122223333", ADA),
        [Told("assigned-by-hand", ADA)],
    ),
]
OKTA_CASES = [(mode, *case[1:]) for case in OKTA for mode in (MODES if case[0] == "any" else [case[0]])]


@pytest.mark.parametrize(
    ("mode", "change", "findings"),
    [(mode, change, findings) for mode, _, change, findings in OKTA_CASES],
    ids=[f"{mode}: {name}" for mode, name, *_ in OKTA_CASES],
)
def test_okta(folder: Path, mode: str, change: Change, findings: list[Told]) -> None:
    got = diagnosed(change(healthy(company(folder, mode))))
    assert told(got) == findings, [each.evidence for each in got.findings]


def test_a_group_that_is_gone_is_one_finding(folder: Path) -> None:
    """What its members have lost is its consequence; that the app is no longer assigned to it, too."""
    case = healthy(company(folder))
    groups = {key: each for key, each in case.org.groups.items() if each.name != AGENTS}
    got = diagnosed(then(org(groups=groups), app(groups=(), users=()))(case))
    assert told(got) == [Told("group-missing", f"the Okta group {AGENTS!r}")]


def test_another_authentication_policy(folder: Path) -> None:
    case = healthy(company(folder, apps__ccp__authentication_policy="Any two factors"))
    assert told(diagnosed(case)) == []
    got = diagnosed(app(authentication_policy="Password only")(case))
    assert told(got) == [Told("app-authentication-policy", APP)]
    assert got.findings[0].evidence == "it has 'Password only', the file says 'Any two factors'"
    assert told(diagnosed(app(authentication_policy=None)(case))) == []


# --- IAM ---------------------------------------------------------------------------------------------------------------


def trusting(**changes: Any) -> Change:
    """Another trust policy of the role: the promised one with other parts."""

    def change(case: Any) -> Any:
        document = case.environment.trust("Okta_CCP_Role")
        document["Statement"][0] |= changes
        return role(trust=policies_read(document))(case)

    return change


def policies_read(document: policies.Policy) -> Any:
    return policy("trust", document).policy


def permitted(*documents: policies.Policy) -> Change:
    """Other permissions of the role."""
    return role(policies=tuple(policy(f"policy{number}", each) for number, each in enumerate(documents)))


def statement_of(effect: str, resource: str = "*") -> policies.Policy:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": "connect:GetFederationToken", "Resource": resource}],
    }


FEDERATION = policies.federation(f"arn:aws:connect:us-west-2:111122223333:instance/{INSTANCE_ID}")
ENDPOINTS = ["https://us-west-2.signin.aws.amazon.com/saml", "https://signin.aws.amazon.com/saml"]
BOUNDARY = {"boundary_arn": "arn:aws:iam::111122223333:policy/boundary"}


def signing(metadata: Any, *, on: str = "both") -> Change:
    """The app has this metadata, the provider, or both."""
    changes = [app(metadata=metadata)] * (on != "aws") + [provider(metadata=metadata)] * (on != "okta")
    return then(*changes)


def later(days: int) -> Change:
    return lambda case: replace(case, now=NOW + datetime.timedelta(days=days))


def keys(*held: Any) -> Change:
    return lambda case: account(api_user=replace(case.account.api_user, keys=held))(case)


def rotated(case: Any) -> Any:
    """AWS has the old and the new certificate, and Okta signs with the new one."""
    old, new = certificates("ccp"), certificates("ccp2")
    both = replace(old, certificates=(*old.certificates, *new.certificates))
    return then(app(metadata=replace(new, issuer=old.issuer)), provider(metadata=both))(case)


YEARS = 3650 - 30 - 100
"""Days from NOW until the certificates expire."""

IAM: list[Case] = [
    (
        "any",
        "a provider is gone",
        lambda case: account(
            saml_providers={k: v for k, v in case.account.saml_providers.items() if v.name != "Okta_Connect_CCP"},
            missing_saml_providers=(f"{PROVIDER_ARN}Okta_Connect_CCP",),
        )(case),
        [Told("saml-provider-missing", PROVIDER)],
    ),
    (
        "any",
        "metadata that is none",
        provider(metadata=None, problem="it is not well-formed XML"),
        [Told("saml-provider-unreadable", PROVIDER)],
    ),
    (
        "any",
        "another app's metadata",
        signing(certificates("admin"), on="aws"),
        [Told("saml-provider-other-app", PROVIDER)],
    ),
    (
        "any",
        "another certificate",
        app(metadata=replace(certificates("new"), issuer="http://www.okta.com/exkccp")),
        [Told("certificate-not-held", PROVIDER)],
    ),
    ("any", "a rotation under way", rotated, []),
    ("any", "a certificate expires", then(signing(certificates("ccp", days=155))), [Told("certificate-expires", APP)]),
    (
        "any",
        "a certificate has expired",
        then(signing(certificates("ccp", days=100))),
        [Told("certificate-expires", APP)],
    ),
    ("any", "a certificate that is good for two months", then(signing(certificates("ccp", days=190))), []),
    (
        "any",
        "a certificate that nothing signs with expires",
        then(
            lambda case: provider(
                metadata=replace(
                    certificates("ccp"),
                    certificates=(*certificates("ccp").certificates, *certificates("old", days=120).certificates),
                )
            )(case)
        ),
        [],
    ),
    (
        "any",
        "a role is gone",
        lambda case: account(
            roles={k: v for k, v in case.account.roles.items() if v.name != "Okta_CCP_Role"},
            missing_roles=("arn:aws:iam::111122223333:role/Okta_CCP_Role",),
        )(case),
        [Told("role-missing", ROLE)],
    ),
    (
        "any",
        "another provider is trusted",
        trusting(Principal={"Federated": f"{PROVIDER_ARN}Okta_Connect_Admin"}),
        [Told("trust-provider", ROLE)],
    ),
    ("any", "the trust denies", trusting(Effect="Deny"), [Told("trust-provider", ROLE)]),
    (
        "any",
        "one endpoint is not trusted",
        trusting(Condition={"StringEquals": {"SAML:aud": ENDPOINTS[0]}}),
        [Told("trust-endpoint", ROLE)],
    ),
    (
        "any",
        "the app's endpoint is not trusted",
        trusting(Condition={"StringEquals": {"SAML:aud": ENDPOINTS[1]}}),
        [Told("trust-endpoint", ROLE)],
    ),
    (
        "any",
        "endpoints by a pattern",
        trusting(Condition={"StringLike": {"SAML:aud": "https://*signin.aws.amazon.com/saml"}}),
        [],
    ),
    (
        "any",
        "the trust asks for more",
        trusting(Condition={"StringEquals": {"SAML:aud": ENDPOINTS, "saml:doc": "other"}}),
        [Told("trust-condition", ROLE)],
    ),
    ("any", "no permission", permitted(), [Told("permission-missing", ROLE)]),
    (
        "any",
        "a permission for another instance",
        permitted(policies.federation("arn:aws:connect:us-west-2:111122223333:instance/other")),
        [Told("permission-missing", ROLE)],
    ),
    (
        "any",
        "the second documented form",
        permitted(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "connect:GetFederationToken",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"connect:InstanceId": INSTANCE_ID}},
                    }
                ],
            }
        ),
        [],
    ),
    ("any", "denied", permitted(FEDERATION, statement_of("Deny")), [Told("permission-denied", ROLE)]),
    (
        "any",
        "bounded",
        role(
            **BOUNDARY,
            boundary=policy(
                "boundary",
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
            ),
        ),
        [Told("permission-bounded", ROLE)],
    ),
    (
        "any",
        "denied by the boundary",
        role(**BOUNDARY, boundary=policy("boundary", statement_of("Deny"))),
        [Told("permission-bounded", ROLE)],
    ),
    ("any", "bounded, and let through", role(**BOUNDARY, boundary=policy("boundary", statement_of("Allow"))), []),
    ("any", "a shorter maximum", role(max_session_duration=3600), [Told("role-duration", ROLE)]),
    ("api_integration", "no API user", account(api_user=None), [Told("api-user-missing", API_USER)]),
    (
        "api_integration",
        "the API user may not",
        lambda case: account(api_user=replace(case.account.api_user, policies=()))(case),
        [Told("api-user-permission", API_USER)],
    ),
    ("api_integration", "no key", keys(), [Told("api-key-missing", API_USER)]),
    (
        "api_integration",
        "no key and no integration yet",
        then(keys(), app(features=frozenset()), app("admin", features=frozenset())),
        [Told("api-integration-off", ADMIN_APP), Told("api-integration-off", APP)],
    ),
    ("api_integration", "an inactive key", keys(access_key(active=False)), [Told("api-key-inactive", API_USER)]),
    ("api_integration", "an old key", keys(access_key(created=NOW - LATER)), [Told("api-key-old", API_USER)]),
    ("api_integration", "a key of eleven months", keys(access_key(created=NOW - datetime.timedelta(days=330))), []),
    (
        "api_integration",
        "an unused key",
        keys(access_key(created=NOW - datetime.timedelta(days=120), last_used=None)),
        [Told("api-key-unused", API_USER)],
    ),
    (
        "api_integration",
        "a key of yesterday",
        keys(access_key(created=NOW - datetime.timedelta(days=1), last_used=None)),
        [],
    ),
    (
        "api_integration",
        "a key whose use is not known",
        keys(access_key(created=NOW - datetime.timedelta(days=120), last_used=None, last_used_known=False)),
        [],
    ),
    (
        "api_integration",
        "two keys",
        keys(access_key(), access_key("AKIAEXAMPLE2", active=False)),
        [Told("api-key-second", API_USER)],
    ),
    ("saml_app", "no API user, and none needed", account(api_user=None), []),
]
IAM_CASES = [(mode, *case[1:]) for case in IAM for mode in (MODES if case[0] == "any" else [case[0]])]


@pytest.mark.parametrize(
    ("mode", "change", "findings"),
    [(mode, change, findings) for mode, _, change, findings in IAM_CASES],
    ids=[f"{mode}: {name}" for mode, name, *_ in IAM_CASES],
)
def test_iam(folder: Path, mode: str, change: Change, findings: list[Told]) -> None:
    got = diagnosed(change(healthy(company(folder, mode))))
    assert told(got) == findings, [each.evidence for each in got.findings]


def test_a_role_without_a_permission_is_one_finding_however_many_have_it(folder: Path) -> None:
    """It says how many."""
    members = {AGENTS: (BO, CY)}
    got = diagnosed(permitted()(healthy(company(folder), members)))
    assert told(got) == [Told("permission-missing", ROLE)]
    assert got.kept_out == 2
    assert list(got.cannot_sign_in.values()) == [2]


def test_what_is_left_as_found_is_no_finding(folder: Path) -> None:
    """In an environment that was taken over, Terraform leaves it alone as well; whether people get in still counts."""
    case = healthy(company(folder, adopted=True, aws__sign_in="global"))
    one_endpoint = trusting(Condition={"StringEquals": {"SAML:aud": ENDPOINTS[1]}})
    assert told(diagnosed(then(one_endpoint, statement("SessionDuration", '"3600"'))(case))) == []
    other = trusting(Condition={"StringEquals": {"SAML:aud": ENDPOINTS[0]}})
    assert told(diagnosed(other(case))) == [Told("trust-endpoint", ROLE)]


# --- Connect -----------------------------------------------------------------------------------------------------------


def stored(**changes: Any) -> Change:
    return lambda case: instance(
        storage=tuple(
            replace(each, **changes) if each.kind == "CALL_RECORDINGS" else each
            for each in case.account.instance.storage
        )
    )(case)


CONNECT: list[tuple[str, Change, list[Told]]] = [
    ("gone", account(instance=None, users=None, profiles={}), [Told("instance-missing", INSTANCE_NAME)]),
    ("not SAML", instance(identity_management="CONNECT_MANAGED"), [Told("instance-not-saml", INSTANCE_NAME)]),
    ("not active", instance(status="CREATION_FAILED"), [Told("instance-not-active", INSTANCE_NAME)]),
    (
        "another alias",
        then(instance(alias="acme-other"), one_more("di@example.com")),
        [Told("instance-other-alias", INSTANCE_NAME)],
    ),
    ("the alias in capitals", instance(alias="ACME-test"), []),
    ("near the quota", instance(user_quota=3), [Told("users-near-quota", INSTANCE_NAME)]),
    ("a quota that is far", instance(user_quota=4), []),
    ("a quota that is not known", instance(user_quota=None), []),
    (
        "stored nowhere",
        lambda case: instance(storage=case.account.instance.storage[1:])(case),
        [Told("storage-missing", "the storage of call_recordings")],
    ),
    ("stored in another bucket", stored(bucket="other"), [Told("storage-elsewhere", "the storage of call_recordings")]),
    (
        "stored under another prefix",
        stored(prefix="other"),
        [Told("storage-elsewhere", "the storage of call_recordings")],
    ),
    ("stored without a key", stored(kms_key_arn=None), [Told("storage-elsewhere", "the storage of call_recordings")]),
    ("more origins", instance(origins=("https://desk.example.com", "https://other.example.com")), []),
]


@pytest.mark.parametrize(("change", "findings"), [case[1:] for case in CONNECT], ids=[case[0] for case in CONNECT])
def test_connect(folder: Path, change: Change, findings: list[Told]) -> None:
    got = diagnosed(change(healthy(company(folder))))
    assert told(got) == findings, [each.evidence for each in got.findings]


def test_an_origin_that_is_not_approved(folder: Path) -> None:
    case = healthy(company(folder, apps__ccp__destination="https://desk.example.com/start"))
    assert told(diagnosed(instance(origins=())(case))) == [
        Told("origin-missing", "the origin https://desk.example.com")
    ]


# --- what is not known -------------------------------------------------------------------------------------------------


def unread_everywhere(case: Any) -> Any:
    """Credentials that may read nothing: everything is None, and listed."""
    environment = case.environment
    arns = [environment.role_arn(app) for app in environment.apps.values()]
    arns += [environment.provider_arn(app) for app in environment.apps.values()]
    aws = [Unread("the Connect instance", "connect:ListInstances", "no", INSTANCE)]
    aws += [Unread(arn, "iam:GetRole", "no", arn) for arn in arns]
    aws += [Unread("the IAM user", "iam:GetUser", "no", "API user")]
    names = [app.label for app in environment.apps.values()] + [
        g for app in environment.apps.values() for g in app.groups
    ]
    okta = [Unread(name, "okta.apps.read", "no", name) for name in names]
    return then(
        account(instance=None, users=None, profiles={}, saml_providers={}, roles={}, api_user=None, unread=tuple(aws)),
        org(apps=(), groups={}, rules=None, people={}, unread=tuple(okta)),
    )(case)


@pytest.mark.parametrize("mode", MODES)
def test_what_could_not_be_read_is_no_finding(folder: Path, mode: str) -> None:
    """Neither is it health."""
    got = diagnosed(unread_everywhere(healthy(company(folder, mode))))
    assert told(got) == []
    assert got.unread
    assert got.healthy


PARTLY: list[Change] = [
    app(users=None),
    app(groups=None),
    app(metadata=None),
    role(policies=None),
    role(trust=None),
    instance(storage=None),
    instance(origins=None),
    account(users=None),
    account(profiles={}),
    org(rules=None),
    lambda case: org(groups={key: replace(each, members=None) for key, each in case.org.groups.items()})(case),
    lambda case: account(profiles={k: LiveProfile(k, v.name, None) for k, v in case.account.profiles.items()})(case),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("number", range(len(PARTLY)))
def test_a_part_that_could_not_be_read_is_no_finding(folder: Path, mode: str, number: int) -> None:
    """Nor does it make findings elsewhere."""
    got = diagnosed(PARTLY[number](healthy(company(folder, mode))))
    assert told(got) == [], [each.evidence for each in got.findings]


def test_each_kind_of_finding_has_a_case() -> None:
    """A new one needs one here."""
    cases = [case[2] for case in PEOPLE] + [case[3] for case in (*OKTA, *IAM)] + [case[2] for case in CONNECT]
    found = {each.code for findings in cases for each in findings}
    elsewhere = {
        "group-missing",
        "app-authentication-policy",
        "origin-missing",
        "page-shut",
        "sign-in-fails",
        "app-other-kind",
    }
    assert found | elsewhere == {trouble.code for trouble in CATALOGUE}


def test_who_is_in_a_role_group_by_a_rule_of_somebody_s_own_belongs_there(folder: Path) -> None:
    """Taken over as it was found: the file names no group, and the rule asks for an attribute."""
    case = healthy(company(folder, "group_mapping", adopted=True, apps__ccp__groups=[]))
    role_group = "aws#test-ccp#Okta_CCP_Role#111122223333"
    filled = then(
        rule(expression='user.department=="Sales"'),
        *(member(role_group, name) for name in (BO, CY)),
    )(case)
    assert told(diagnosed(filled)) == []
    assert told(diagnosed(member(role_group, "di@example.com")(filled))) == [
        Told("member-not-in-connect", "di@example.com")
    ]
    assert told(diagnosed(person(BO, status="SUSPENDED")(filled))) == [Told("person-suspended", BO)]


def test_a_login_that_is_not_the_connect_name(folder: Path) -> None:
    """`okta_login` says which person it is; the app's own user name is what the assertion carries."""
    new = "ada@new.example.com"
    case = healthy(company(folder, "api_integration", users__0__okta_login=new))
    assert told(diagnosed(case)) == []
    assert told(diagnosed(person(new, status="SUSPENDED")(case))) == [Told("person-suspended", ADA)]
    live = next(each for each in case.org.apps if each.id == "0oaadmin")
    sent = tuple(replace(each, user_name=new) for each in live.users or ())
    assert told(diagnosed(app("admin", users=sent)(case))) == [Told("person-renamed", ADA)]


@pytest.mark.parametrize("mode", MODES)
def test_a_connect_name_that_is_another_attribute(folder: Path, mode: str) -> None:
    """Logins are of no account then."""
    case = healthy(company(folder, mode, okta__username={"attribute": "employeeNumber"}))
    logins = then(*(person(name, login=f"other.{name}") for name in (ADA, BO, CY)))(case)
    assert told(diagnosed(logins)) == []
    changed = person(f"other.{BO}", name_source="4711")(logins)
    apps = tuple(
        replace(
            each,
            users=tuple(replace(one, user_name="4711") if one.user_name == BO else one for one in each.users or ()),
        )
        for each in changed.org.apps
    )
    found = told(diagnosed(then(org(apps=apps), looked_up(BO))(changed)))
    # Nothing says that the two are one: one has left, and one has joined.
    assert found == [Told("person-gone", BO), Told("member-not-in-connect", "4711")]
