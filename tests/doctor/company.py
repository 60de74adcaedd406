"""The healthy company of `values`, made in accounts that are running, through the services' APIs alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from connect_sso.doctor.diagnosing import Health, diagnose_live
from connect_sso.doctor.examination import Examination
from connect_sso.environment.derived_names import bucket_name, group_rule, storage_prefix
from connect_sso.environment.loading import LoadedEnvironment
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.iam import policies
from connect_sso.live.environment import read_environment
from tests.doctor.values import company_settings, company_sign_on
from tests.sandbox.cloud import Cloud
from tests.sandbox.http.okta_apps import enable_api_integration
from tests.sandbox.http.serving import Accounts

FORM = {
    "subjectNameIdTemplate": "${user.userName}",
    "subjectNameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "responseSigned": True,
    "assertionSigned": True,
    "signatureAlgorithm": "RSA_SHA256",
    "digestAlgorithm": "SHA256",
    "honorForceAuthn": False,
    "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
}
"""What every custom app says of how it signs."""


class LivingCompany:
    """Accounts that are filled as an environment says."""

    def __init__(self, accounts: Accounts, loaded: LoadedEnvironment, members: dict[str, tuple[str, ...]]) -> None:
        assert loaded.environment is not None
        self.accounts, self.loaded, self.environment = accounts, loaded, loaded.environment
        region = self.environment.aws.region
        self.iam, self.connect = accounts.client("iam", region), accounts.client("connect", region)
        self.people: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.apps: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self._directory(members)
        self._instance()
        self._policy()
        for key in self.environment.apps:
            self._app(key)
        self._roles()
        if self.environment.okta.role_assignment == "api_integration":
            self._api_user()

    def okta(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A request to the org that has to work."""
        response = self.accounts.okta(method, f"/api/v1{path}", body, **query)
        assert response.ok, f"{method} {path}: {response.text}"
        return response.json() if response.content else None

    # --- Okta --------------------------------------------------------------------------------------------------

    def person(self, login: str) -> None:
        """Somebody new."""
        profile = {"login": login, "email": login.lower(), "firstName": "A", "lastName": "Person"}
        self.people[login] = self.okta("POST", "/users", {"profile": profile})["id"]

    def group(self, name: str, members: tuple[str, ...] = ()) -> str:
        """A new group."""
        self.groups[name] = self.okta("POST", "/groups", {"profile": {"name": name}})["id"]
        for login in members:
            self.join(name, login)
        return self.groups[name]

    def join(self, group: str, login: str) -> None:
        """Somebody gets into a group."""
        self.okta("PUT", f"/groups/{self.groups[group]}/users/{self.people[login]}")

    def leave(self, group: str, login: str) -> None:
        """Somebody gets out of a group."""
        self.okta("DELETE", f"/groups/{self.groups[group]}/users/{self.people[login]}")

    def _directory(self, members: dict[str, tuple[str, ...]]) -> None:
        for login in dict.fromkeys(
            [*(user.username for user in self.environment.users), *(name for each in members.values() for name in each)]
        ):
            self.person(login)
        for name, logins in members.items():
            self.group(name, logins)

    def _app(self, key: str) -> None:
        environment, app = self.environment, self.environment.apps[key]
        mode = environment.okta.role_assignment
        sign_on: dict[str, Any] = {"defaultRelayState": environment.relay_state(app, self.instance_id)}
        body: dict[str, Any] = {
            "label": app.label,
            "signOnMode": "SAML_2_0",
            "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
        }
        if mode == "saml_app":
            body["settings"] = {"signOn": FORM | sign_on | company_sign_on(environment, app)}
        else:
            body |= {"name": "amazon_aws"}
            body["settings"] = {"app": company_settings(self.loaded.name, environment, key), "signOn": sign_on}
        self.apps[key] = self.okta("POST", "/apps", body)["id"]
        self._assign(key)
        if mode == "api_integration":
            enable_api_integration(self.accounts.cloud, self.apps[key])
        self.iam.create_saml_provider(Name=app.saml_provider, SAMLMetadataDocument=self.metadata(key))

    def metadata(self, key: str) -> str:
        """An app's metadata, as a browser saves it."""
        return self.accounts.okta("GET", f"/api/v1/apps/{self.apps[key]}/sso/saml/metadata").text + "\n"

    def _assign(self, key: str) -> None:
        environment, app = self.environment, self.environment.apps[key]
        named = [user.username for user in environment.users if key in user.apps]
        profile = (
            {"profile": {"role": app.role, "samlRoles": [app.role]}}
            if environment.okta.role_assignment == "api_integration"
            else {}
        )
        if environment.okta.role_assignment != "group_mapping":
            for group in app.groups:
                self.okta("PUT", f"/apps/{self.apps[key]}/groups/{self.groups[group]}", profile)
            for login in named:
                given = {"id": self.people[login], "scope": "USER", **profile}
                self.okta("POST", f"/apps/{self.apps[key]}/users", given)
            return
        role_group = self.group(environment.role_group(self.loaded.name, key), tuple(named))
        self.okta("PUT", f"/apps/{self.apps[key]}/groups/{role_group}", {})
        ids = ", ".join(f'"{self.groups[name]}"' for name in sorted(app.groups))
        rule = {
            "type": "group_rule",
            "name": group_rule(self.loaded.name, key),
            "conditions": {"expression": {"value": f"isMemberOfAnyGroup({ids})", "type": "urn:okta:expression:1.0"}},
            "actions": {"assignUserToGroups": {"groupIds": [role_group]}},
        }
        self.rule = self.okta("POST", "/groups/rules", rule)["id"]
        self.okta("POST", f"/groups/rules/{self.rule}/lifecycle/activate")

    # --- AWS ---------------------------------------------------------------------------------------------------

    def _instance(self) -> None:
        environment, region = self.environment, self.environment.aws.region
        made = self.connect.create_instance(
            IdentityManagementType="SAML",
            InstanceAlias=environment.connect.alias,
            InboundCallsEnabled=True,
            OutboundCallsEnabled=True,
        )
        self.instance_id, self.instance_arn = made["Id"], made["Arn"]
        self.here = {"InstanceId": self.instance_id}
        bucket = bucket_name(self.loaded.name, environment.aws.account_id, region)
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        self.accounts.client("s3", region).create_bucket(Bucket=bucket, **where)
        key = self.accounts.client("kms", region).create_key()["KeyMetadata"]["Arn"]
        for kind in environment.connect.storage_kinds:
            s3 = {
                "BucketName": bucket,
                "BucketPrefix": storage_prefix(self.loaded.name, kind),
                "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": key},
            }
            config = {"StorageType": "S3", "S3Config": s3}
            self.connect.associate_instance_storage_config(**self.here, ResourceType=kind.upper(), StorageConfig=config)
        for app in environment.apps.values():
            if is_custom_page(app.destination):
                self.connect.associate_approved_origin(**self.here, Origin=approved_origin(app.destination))
        self.profiles = {
            each["Name"]: each["Id"]
            for each in self.connect.list_security_profiles(**self.here)["SecurityProfileSummaryList"]
        }
        for person in (*self.loaded.people, *self.loaded.crowd):
            self.user(person.username, *person.security_profiles)

    def user(self, name: str, *profiles: str) -> None:
        """A new Connect user."""
        (routing,) = self.connect.list_routing_profiles(**self.here)["RoutingProfileSummaryList"]
        self.users[name] = self.connect.create_user(
            **self.here,
            Username=name,
            IdentityInfo={"FirstName": "A", "LastName": "Person"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[self.profiles[each] for each in profiles],
            RoutingProfileId=routing["Id"],
        )["UserId"]

    def _policy(self) -> None:
        document = policies.policy_json(policies.federation(self.instance_arn)).replace("$${", "${")
        name = self.environment.federation.policy
        self.policy_arn: str = self.iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]

    def _roles(self) -> None:
        for name in self.environment.roles:
            self.role(name)

    def role(self, name: str) -> None:
        """The role as the file says."""
        self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(self.environment.trust(name)),
            MaxSessionDuration=self.environment.role_session_duration(name),
        )
        self.iam.attach_role_policy(RoleName=name, PolicyArn=self.policy_arn)

    def no_role(self, name: str) -> None:
        """Delete it."""
        self.iam.detach_role_policy(RoleName=name, PolicyArn=self.policy_arn)
        self.iam.delete_role(RoleName=name)

    def _api_user(self) -> None:
        integration = self.environment.api_integration
        self.iam.create_user(UserName=integration.user)
        document = policies.policy_json(policies.role_reader())
        reads = self.iam.create_policy(PolicyName=integration.policy, PolicyDocument=document)["Policy"]["Arn"]
        self.iam.attach_user_policy(UserName=integration.user, PolicyArn=reads)
        self.reads_arn: str = reads
        self.key: str = self.iam.create_access_key(UserName=integration.user)["AccessKey"]["AccessKeyId"]

    # --- the doctor --------------------------------------------------------------------------------------------

    def examined(self, now: datetime | None = None, user: str | None = None) -> Health:
        """What the doctor says of it."""
        reading = read_environment(self.loaded)
        case = Examination(self.loaded, reading.account, reading.org, now or datetime.now(UTC), reading.looked_up)
        return diagnose_live(case, user)


@contextmanager
def restored(cloud: Cloud) -> Iterator[None]:
    """Whatever is changed in Okta and Connect meanwhile is as before afterwards."""
    before = {(kind, key): body for kind, key, body in cloud.objects()}
    try:
        yield
    finally:
        for kind, key, _ in list(cloud.objects()):
            if (kind, key) not in before:
                cloud.remove(kind, key)
        for (kind, key), body in before.items():
            cloud.put(kind, key, body)
