"""Each fault planted alone in running accounts is the one finding; taken back, the company is healthy again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect_sso.live import permissions
from tests.doctor.company import LivingCompany, restored
from tests.doctor.values import ADA, BO, CY, MODES, Told, company, told
from tests.sandbox.http.aws import READS
from tests.sandbox.http.serving import accounts

DI = "di.agent@example.com"
AGENTS, ADMINS = "Contact Centre Agents", "Contact Centre Admins"
MEMBERS = {ADMINS: (), AGENTS: (BO, CY)}
APP = "the Okta app 'Connect Contact Control Panel'"
ROLE, PROVIDER, ROLE_NAME = "the role Okta_CCP_Role", "the SAML provider Okta_Connect_CCP", "Okta_CCP_Role"
ROLE_GROUP_NAME = "aws#test-ccp#Okta_CCP_Role#111122223333"
ROLE_GROUP = f"the role group {ROLE_GROUP_NAME!r}"
API_USER = "the IAM user okta_cli_user"
INSTANCE = "the Connect instance acme-test"
EMPTY: dict[str, Any] = {
    "connect_instances": [],
    "okta_groups": ["Everyone"],
    "okta_users": [],
}


@pytest.fixture(scope="module", params=MODES)
def living(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingCompany]:
    """The healthy company in one of the three ways of role assignment; started once."""
    from tests.sandbox.companies import EMPTY as FIRST_DAY

    folder = tmp_path_factory.mktemp("accounts")
    with pytest.MonkeyPatch.context() as patch, accounts(folder / "cloud", company={**FIRST_DAY, **EMPTY}) as running:
        for name in ("AWS_PROFILE", "OKTA_ACCESS_TOKEN", "OKTA_API_CLIENT_ID", "HTTPS_PROXY", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        for name, value in running.variables().items():
            patch.setenv(name, value)
        patch.setattr("connect_sso.live.aws.CONNECT_RATE", 1e9)
        changes = {"apps__desk": DESK} if request.param == "saml_app" else {}
        yield LivingCompany(running, company(folder, request.param, **changes), MEMBERS)


DESK = {
    "label": "Desk",
    "destination": "https://desk.example.com/start",
    "saml_provider": "Okta_Desk",
    "role": "Okta_Desk_Role",
    "groups": [],
}

Plant = Callable[[LivingCompany], AbstractContextManager[None] | None]
"""Plants a fault; what it returns takes back what is IAM's."""


def test_the_healthy_company(living: LivingCompany) -> None:
    health = living.examined()
    assert told(health) == [], [each.evidence for each in health.findings]
    assert health.unread == ()
    assert health.people == 3


def test_an_examination_only_reads(living: LivingCompany) -> None:
    """And asks AWS for nothing that the documentation does not list."""
    living.accounts.aws.calls.clear()
    living.accounts.org.calls.clear()
    living.examined()
    always = {(one.service.replace("-", ""), one.operation) for one in permissions.AWS if one.always}
    assert {(call.service, call.operation) for call in living.accounts.aws.calls} <= always
    assert all(READS.match(call.operation) for call in living.accounts.calls)
    assert living.accounts.org.calls


# --- how a fault is planted --------------------------------------------------------------------------------------------


def status(login: str, change: str) -> Plant:
    return lambda it: it.okta("POST", f"/users/{it.people[login]}/lifecycle/{change}")


def changed_app(key: str = "ccp", **parts: Any) -> Plant:
    """The app with other values, by the path of each."""

    def plant(it: LivingCompany) -> None:
        body = it.okta("GET", f"/apps/{it.apps[key]}")
        for path, value in parts.items():
            *parents, last = path.split("__")
            target = body
            for each in parents:
                target = target[each]
            target[last] = value
        it.okta("PUT", f"/apps/{it.apps[key]}", body)

    return plant


def statement(name: str, value: str) -> Plant:
    def plant(it: LivingCompany) -> None:
        body = it.okta("GET", f"/apps/{it.apps['ccp']}")
        for each in body["settings"]["signOn"]["attributeStatements"]:
            if each["name"].endswith(f"/{name}"):
                each["values"] = [value]
        it.okta("PUT", f"/apps/{it.apps['ccp']}", body)

    return plant


def deleted_app(it: LivingCompany) -> None:
    it.okta("POST", f"/apps/{it.apps['ccp']}/lifecycle/deactivate")
    it.okta("DELETE", f"/apps/{it.apps['ccp']}")


def profiles(name: str, *held: str) -> Plant:
    return lambda it: it.connect.update_user_security_profiles(
        **it.here, UserId=it.users[name], SecurityProfileIds=[it.profiles[each] for each in held]
    )


def another_user(name: str, *held: str, without: str = "") -> Plant:
    def plant(it: LivingCompany) -> None:
        if without:
            it.connect.delete_user(**it.here, UserId=it.users[without])
        before = dict(it.users)
        it.user(name, *held)
        it.users = before

    return plant


def no_user(name: str) -> Plant:
    return lambda it: it.connect.delete_user(**it.here, UserId=it.users[name])


def joined(login: str, *groups: str) -> Plant:
    def plant(it: LivingCompany) -> None:
        it.person(login)
        for group in groups:
            it.join(group, login)

    return plant


def logs_in_as(login: str, new: str) -> Plant:
    return lambda it: it.okta("POST", f"/users/{it.people[login]}", {"profile": {"login": new}})


def in_cloud(kind: str, **values: Any) -> Plant:
    """What no API of the services does: the object is another one."""

    def plant(it: LivingCompany) -> None:
        key, body = next((key, body) for each, key, body in it.accounts.cloud.objects() if each == kind)
        it.accounts.cloud.put(kind, key, body | values)

    return plant


def storage(**values: Any) -> Plant:
    def plant(it: LivingCompany) -> None:
        listed = it.connect.list_instance_storage_configs(**it.here, ResourceType="CALL_RECORDINGS")
        config = listed["StorageConfigs"][0]
        association = config.pop("AssociationId")
        config["S3Config"] |= values
        it.connect.update_instance_storage_config(
            **it.here, AssociationId=association, ResourceType="CALL_RECORDINGS", StorageConfig=config
        )

    return plant


def no_storage(it: LivingCompany) -> None:
    listed = it.connect.list_instance_storage_configs(**it.here, ResourceType="CALL_RECORDINGS")
    association = listed["StorageConfigs"][0]["AssociationId"]
    it.connect.disassociate_instance_storage_config(
        **it.here, AssociationId=association, ResourceType="CALL_RECORDINGS"
    )


@contextmanager
def no_provider(it: LivingCompany) -> Iterator[None]:
    arn = it.environment.provider_arn(it.environment.apps["ccp"])
    document = it.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"]
    it.iam.delete_saml_provider(SAMLProviderArn=arn)
    yield
    it.iam.create_saml_provider(Name="Okta_Connect_CCP", SAMLMetadataDocument=document)


@contextmanager
def other_metadata(it: LivingCompany) -> Iterator[None]:
    arn = it.environment.provider_arn(it.environment.apps["ccp"])
    it.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=it.metadata("admin"))
    yield
    it.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=it.metadata("ccp"))


def new_key(it: LivingCompany) -> None:
    made = it.okta("POST", f"/apps/{it.apps['ccp']}/credentials/keys/generate", validityYears=10)
    changed_app(credentials__signing={"kid": made["kid"]})(it)


@contextmanager
def no_role(it: LivingCompany) -> Iterator[None]:
    it.no_role(ROLE_NAME)
    yield
    it.role(ROLE_NAME)


def trust(**changes: Any) -> Plant:
    @contextmanager
    def plant(it: LivingCompany) -> Iterator[None]:
        good = it.environment.trust(ROLE_NAME)
        bad = json.loads(json.dumps(good))
        bad["Statement"][0] |= changes
        it.iam.update_assume_role_policy(RoleName=ROLE_NAME, PolicyDocument=json.dumps(bad))
        yield
        it.iam.update_assume_role_policy(RoleName=ROLE_NAME, PolicyDocument=json.dumps(good))

    return plant


@contextmanager
def detached(it: LivingCompany) -> Iterator[None]:
    it.iam.detach_role_policy(RoleName=ROLE_NAME, PolicyArn=it.policy_arn)
    yield
    it.iam.attach_role_policy(RoleName=ROLE_NAME, PolicyArn=it.policy_arn)


def document(effect: str, action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})


@contextmanager
def denied(it: LivingCompany) -> Iterator[None]:
    it.iam.put_role_policy(
        RoleName=ROLE_NAME, PolicyName="no", PolicyDocument=document("Deny", "connect:GetFederationToken")
    )
    yield
    it.iam.delete_role_policy(RoleName=ROLE_NAME, PolicyName="no")


@contextmanager
def bounded(it: LivingCompany) -> Iterator[None]:
    made = it.iam.create_policy(PolicyName="boundary", PolicyDocument=document("Allow", "s3:*"))["Policy"]["Arn"]
    it.iam.put_role_permissions_boundary(RoleName=ROLE_NAME, PermissionsBoundary=made)
    yield
    it.iam.delete_role_permissions_boundary(RoleName=ROLE_NAME)
    it.iam.delete_policy(PolicyArn=made)


@contextmanager
def shorter(it: LivingCompany) -> Iterator[None]:
    it.iam.update_role(RoleName=ROLE_NAME, MaxSessionDuration=3600)
    yield
    it.iam.update_role(RoleName=ROLE_NAME, MaxSessionDuration=it.environment.role_session_duration(ROLE_NAME))


@contextmanager
def inactive_key(it: LivingCompany) -> Iterator[None]:
    it.iam.update_access_key(UserName="okta_cli_user", AccessKeyId=it.key, Status="Inactive")
    yield
    it.iam.update_access_key(UserName="okta_cli_user", AccessKeyId=it.key, Status="Active")


@contextmanager
def second_key(it: LivingCompany) -> Iterator[None]:
    made = it.iam.create_access_key(UserName="okta_cli_user")["AccessKey"]["AccessKeyId"]
    yield
    it.iam.delete_access_key(UserName="okta_cli_user", AccessKeyId=made)


@contextmanager
def reads_nothing(it: LivingCompany) -> Iterator[None]:
    it.iam.detach_user_policy(UserName="okta_cli_user", PolicyArn=it.reads_arn)
    yield
    it.iam.attach_user_policy(UserName="okta_cli_user", PolicyArn=it.reads_arn)


def assigned_to(group: str, **body: Any) -> Plant:
    def plant(it: LivingCompany) -> None:
        found = it.okta("GET", "/groups", q=group)
        it.okta("PUT", f"/apps/{it.apps['ccp']}/groups/{found[0]['id']}", body)

    return plant


def other_group(it: LivingCompany) -> None:
    group = it.okta("POST", "/groups", {"profile": {"name": "Others"}})["id"]
    it.okta("PUT", f"/apps/{it.apps['ccp']}/groups/{group}", {})


def lost_the_app(group: str) -> Plant:
    return lambda it: it.okta("DELETE", f"/apps/{it.apps['ccp']}/groups/{it.groups[group]}")


def switched_rule(it: LivingCompany) -> None:
    it.okta("POST", f"/groups/rules/{it.rule}/lifecycle/deactivate")


def no_rule(it: LivingCompany) -> None:
    switched_rule(it)
    it.okta("DELETE", f"/groups/rules/{it.rule}")


RELAY = "https://us-west-2.console.aws.amazon.com/connect/federate/11111111-98a2-4e74-8572-c8af67ed289b"
ENDPOINT = "https://us-west-2.signin.aws.amazon.com/saml"

FAULTS: list[tuple[str, str, Plant, list[Told]]] = [
    # people
    ("any", "left", status(BO, "deactivate"), [Told("person-deactivated", BO)]),
    ("any", "away", status(BO, "suspend"), [Told("person-suspended", BO)]),
    ("any", "the administrator left", status(ADA, "deactivate"), [Told("person-deactivated", ADA)]),
    (
        "any",
        "deleted",
        lambda it: (status(BO, "deactivate")(it), it.okta("DELETE", f"/users/{it.people[BO]}"))[0],
        [Told("person-gone", BO)],
    ),
    ("any", "out of the group", lambda it: it.leave(AGENTS, BO), [Told("person-in-no-group", BO)]),
    ("any", "joined", joined(DI, AGENTS), [Told("member-not-in-connect", DI)]),
    ("any", "renamed in letters", logs_in_as(BO, "Bo.Agent@example.com"), [Told("name-case-differs", BO)]),
    (
        "any",
        "Connect in other letters",
        another_user("Bo.Agent@example.com", "Agent", without=BO),
        [Told("name-case-differs", "Bo.Agent@example.com")],
    ),
    ("saml_app", "renamed", logs_in_as(ADA, "ada.baker@example.com"), [Told("person-renamed", ADA)]),
    ("any", "in the file alone", no_user(BO), [Told("user-not-made", BO)]),
    ("any", "in Connect alone", another_user(DI, "Agent"), [Told("user-not-in-file", DI)]),
    ("any", "a strange administrator", another_user(DI, "Admin"), [Told("administrator-added", DI)]),
    ("any", "twice", another_user("BO.agent@example.com", "Agent"), [Told("user-twice", "BO.agent@example.com")]),
    ("any", "other profiles", profiles(BO, "QualityAnalyst"), [Told("security-profiles-differ", BO)]),
    ("any", "an administrator by hand", profiles(BO, "Agent", "Admin"), [Told("administrator-added", BO)]),
    # Okta
    ("any", "an app is gone", deleted_app, [Told("app-missing", APP)]),
    (
        "any",
        "an app is inactive",
        lambda it: it.okta("POST", f"/apps/{it.apps['ccp']}/lifecycle/deactivate"),
        [Told("app-inactive", APP)],
    ),
    ("any", "an app is renamed", changed_app(label="Telephone"), [Told("app-renamed", APP)]),
    ("any", "no relay state", changed_app(settings__signOn__defaultRelayState=""), [Told("app-relay-state", APP)]),
    ("any", "another instance", changed_app(settings__signOn__defaultRelayState=RELAY), [Told("app-relay-state", APP)]),
    (
        "saml_app",
        "another endpoint",
        changed_app(settings__signOn__ssoAcsUrl="https://signin.aws.amazon.com/saml"),
        [Told("app-endpoint", APP)],
    ),
    (
        "saml_app",
        "another recipient",
        changed_app(settings__signOn__recipient="https://signin.aws.amazon.com/saml"),
        [Told("app-endpoint", APP)],
    ),
    (
        "group_mapping",
        "another endpoint",
        changed_app(settings__app__overrideAcsURL="https://signin.aws.amazon.com/saml"),
        [Told("app-endpoint", APP)],
    ),
    ("saml_app", "another audience", changed_app(settings__signOn__audience=ENDPOINT), [Told("app-audience", APP)]),
    ("saml_app", "another session name", statement("RoleSessionName", "user.email"), [Told("app-session-name", APP)]),
    (
        "api_integration",
        "another name",
        changed_app(credentials__userNameTemplate={"template": "${source.email}", "type": "BUILT_IN"}),
        [Told("app-session-name", APP)],
    ),
    (
        "saml_app",
        "another role",
        statement(
            "Role", '"arn:aws:iam::111122223333:role/Other,arn:aws:iam::111122223333:saml-provider/Okta_Connect_CCP"'
        ),
        [Told("app-role", APP)],
    ),
    (
        "api_integration",
        "another provider",
        changed_app(settings__app__identityProviderArn="arn:aws:iam::111122223333:saml-provider/Other"),
        [Told("app-role", APP)],
    ),
    (
        "group_mapping",
        "roles from assignments",
        changed_app(settings__app__useGroupMapping=False),
        [Told("app-role", APP)],
    ),
    (
        "api_integration",
        "another length",
        changed_app(settings__app__sessionDuration=3600),
        [Told("app-session-duration", APP)],
    ),
    (
        "api_integration",
        "the integration is off",
        lambda it: it.accounts.cloud.put(
            "okta_app_saml",
            it.apps["ccp"],
            (it.accounts.cloud.by_id("okta_app_saml", it.apps["ccp"]) or {}) | {"features": []},
        ),
        [Told("api-integration-off", APP)],
    ),
    ("saml_app", "a group lost the app", lost_the_app(AGENTS), [Told("group-without-app", APP)]),
    ("api_integration", "a group lost the app", lost_the_app(AGENTS), [Told("group-without-app", APP)]),
    ("group_mapping", "a role group lost the app", lost_the_app(ROLE_GROUP_NAME), [Told("group-without-app", APP)]),
    ("any", "everyone has an app", assigned_to("Everyone"), [Told("assigned-to-everyone", APP)]),
    ("any", "another group has an app", other_group, [Told("assigned-to-another-group", APP)]),
    (
        "api_integration",
        "a group with another role",
        assigned_to(AGENTS, profile={"role": "Other", "samlRoles": ["Other"]}),
        [Told("group-role", APP)],
    ),
    (
        "saml_app",
        "not by name",
        lambda it: it.okta("DELETE", f"/apps/{it.apps['admin']}/users/{it.people[ADA]}"),
        [Told("assignment-missing", ADA)],
    ),
    (
        "api_integration",
        "by name with another role",
        lambda it: it.okta(
            "POST",
            f"/apps/{it.apps['admin']}/users/{it.people[ADA]}",
            {"profile": {"role": "Other", "samlRoles": ["Other"]}},
        ),
        [Told("assignment-role", ADA)],
    ),
    (
        "group_mapping",
        "not in the role group",
        lambda it: it.leave("aws#test-admin#Okta_Role#111122223333", ADA),
        [Told("assignment-missing", ADA)],
    ),
    (
        "saml_app",
        "by hand",
        lambda it: it.okta("POST", f"/apps/{it.apps['ccp']}/users", {"id": it.people[BO], "scope": "USER"}),
        [Told("assigned-by-hand", BO)],
    ),
    ("group_mapping", "by hand", lambda it: it.join(ROLE_GROUP_NAME, ADA), [Told("assigned-by-hand", ADA)]),
    (
        "any",
        "a group is renamed",
        lambda it: it.okta("PUT", f"/groups/{it.groups[AGENTS]}", {"profile": {"name": "Agents"}}),
        [Told("group-missing", f"the Okta group {AGENTS!r}")],
    ),
    (
        "group_mapping",
        "the role group is gone",
        lambda it: it.okta("DELETE", f"/groups/{it.groups[ROLE_GROUP_NAME]}"),
        [Told("role-group-missing", APP)],
    ),
    ("group_mapping", "the rule is inactive", switched_rule, [Told("role-group-rule-inactive", ROLE_GROUP)]),
    (
        "group_mapping",
        "the rule is gone",
        no_rule,
        [Told("role-group-rule-missing", ROLE_GROUP)],
    ),
    (
        "group_mapping",
        "the rule is invalid",
        lambda it: it.accounts.cloud.put(
            "okta_group_rule",
            "acme.okta.com/connect-sso test-ccp",
            (it.accounts.cloud.by_id("okta_group_rule", it.rule) or {}) | {"status": "INVALID"},
        ),
        [Told("role-group-rule-invalid", ROLE_GROUP)],
    ),
    # IAM
    ("any", "a provider is gone", no_provider, [Told("saml-provider-missing", PROVIDER)]),
    ("any", "another app's metadata", other_metadata, [Told("saml-provider-other-app", PROVIDER)]),
    ("any", "another key", new_key, [Told("certificate-not-held", PROVIDER)]),
    ("any", "a role is gone", no_role, [Told("role-missing", ROLE)]),
    (
        "any",
        "another provider is trusted",
        trust(Principal={"Federated": "arn:aws:iam::111122223333:saml-provider/Okta_Connect_Admin"}),
        [Told("trust-provider", ROLE)],
    ),
    (
        "any",
        "an endpoint is not trusted",
        trust(Condition={"StringEquals": {"SAML:aud": ENDPOINT}}),
        [Told("trust-endpoint", ROLE)],
    ),
    ("any", "no permission", detached, [Told("permission-missing", ROLE)]),
    ("any", "denied", denied, [Told("permission-denied", ROLE)]),
    ("any", "bounded", bounded, [Told("permission-bounded", ROLE)]),
    ("any", "shorter", shorter, [Told("role-duration", ROLE)]),
    ("api_integration", "an inactive key", inactive_key, [Told("api-key-inactive", API_USER)]),
    ("api_integration", "two keys", second_key, [Told("api-key-second", API_USER)]),
    ("api_integration", "the API user may not", reads_nothing, [Told("api-user-permission", API_USER)]),
    # Connect
    (
        "any",
        "the instance is gone",
        lambda it: it.connect.delete_instance(**it.here),
        [Told("instance-missing", INSTANCE)],
    ),
    (
        "any",
        "another alias",
        in_cloud("aws_connect_instance", instance_alias="acme-other"),
        [Told("instance-other-alias", INSTANCE)],
    ),
    (
        "any",
        "not SAML",
        in_cloud("aws_connect_instance", identity_management_type="CONNECT_MANAGED"),
        [Told("instance-not-saml", INSTANCE)],
    ),
    (
        "saml_app",
        "an origin is not approved",
        lambda it: it.connect.disassociate_approved_origin(**it.here, Origin="https://desk.example.com"),
        [Told("origin-missing", "the origin https://desk.example.com")],
    ),
    (
        "any",
        "stored elsewhere",
        storage(BucketPrefix="elsewhere"),
        [Told("storage-elsewhere", "the storage of call_recordings")],
    ),
    ("any", "stored nowhere", no_storage, [Told("storage-missing", "the storage of call_recordings")]),
]


@pytest.mark.parametrize(
    ("mode", "plant", "findings"),
    [(mode, plant, findings) for mode, _, plant, findings in FAULTS],
    ids=[f"{name} ({mode})" for mode, name, *_ in FAULTS],
)
def test_a_fault_is_the_one_finding(living: LivingCompany, mode: str, plant: Plant, findings: list[Told]) -> None:
    """And before and after it the company is healthy."""
    if mode not in {"any", living.environment.okta.role_assignment}:
        pytest.skip("of another way of role assignment")
    with restored(living.accounts.cloud):
        planted = plant(living)
        if isinstance(planted, AbstractContextManager):
            with planted:
                health = living.examined()
        else:
            health = living.examined()
        assert told(health) == findings, [each.evidence for each in health.findings]
    assert living.examined().healthy


def test_what_time_brings(living: LivingCompany) -> None:
    """A key grows old, certificates expire: the clock is all that changes."""
    keys = living.environment.okta.role_assignment == "api_integration"
    now = datetime.now(UTC)
    assert told(living.examined(now + timedelta(days=80))) == []
    unused = [Told("api-key-unused", API_USER)] if keys else []
    assert told(living.examined(now + timedelta(days=100))) == unused
    old = [Told("api-key-old", API_USER)] if keys else []
    assert told(living.examined(now + timedelta(days=400))) == old
    end = max(
        certificate.not_after
        for each in living.iam.list_saml_providers()["SAMLProviderList"]
        for certificate in certificates_of(living, each["Arn"])
    )
    assert told(living.examined(end - timedelta(days=40))) == old
    codes = {each.code for each in living.examined(end - timedelta(days=20)).findings}
    assert codes == {"certificate-expires", *(each.code for each in old)}


def certificates_of(living: LivingCompany, arn: str) -> Any:
    from connect_sso.saml.metadata import read_metadata

    document = living.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"]
    return read_metadata(document).certificates
