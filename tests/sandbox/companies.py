"""Companies whose sign-in somebody has set up in the consoles, made here through the services' APIs alone: what this project never made.

Each function fills accounts that are running (`accounts(folder, company=EMPTY)`) and says what it has made. They are what a company
has two years after it followed the published walkthrough, or the custom app of Okta's wizard, or group mapping: policies without
descriptions, one sign-in endpoint in the trust, sessions of an hour, metadata as a browser saved it, agents whose supervisors have
set them up, profiles of its own, and people who have left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.cloud import COMPANY
from tests.sandbox.http.okta_apps import enable_api_integration
from tests.sandbox.http.serving import Accounts

EMPTY: dict[str, Any] = {
    **json.loads(COMPANY.read_text("utf-8")),
    "connect_instances": [],
    "okta_groups": ["Everyone"],
    "okta_users": [],
}
"""An org and an account on their first day."""

GLOBAL_ENDPOINT = "https://signin.aws.amazon.com/saml"
HOUR = 3600
DEFAULT_GROUP_FILTER = r"^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$"
"""What Okta's documentation of group mapping recommends, unanchored to any app."""


@dataclass(frozen=True)
class Person:
    """Somebody in Okta, and in Connect."""

    login: str
    first_name: str
    last_name: str
    groups: tuple[str, ...]
    security_profile: str
    department: str = ""
    status: str = "ACTIVE"
    in_connect: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    """What a supervisor has set: the arguments of CreateUser that differ."""


ADMINS, AGENTS = "Contact Centre Admins", "Contact Centre Agents"
PEOPLE = (
    Person("Ada.Admin@example.com", "Ada", "Admin", (ADMINS,), "Admin"),
    Person(
        "bo.agent@example.com",
        "Bo",
        "Agent",
        (AGENTS,),
        "Agent",
        "Sales",
        settings={
            "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 30},
            "Tags": {"team": "sales"},
        },
    ),
    Person(
        "cy.agent@example.com",
        "Cy",
        "Agent",
        (AGENTS,),
        "Agent",
        "Sales",
        settings={"PhoneConfig": {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+12065550100"}},
    ),
    Person("di.lead@example.com", "Di", "Lead", (AGENTS,), "Team lead", "Sales"),
    Person("ed.away@example.com", "Ed", "Away", (AGENTS,), "Agent", "Sales", status="SUSPENDED"),
    Person("flo.left@example.com", "Flo", "Left", (AGENTS,), "Agent", "Sales", status="DEPROVISIONED"),
    Person("gus.new@example.com", "Gus", "New", (AGENTS,), "Agent", "Sales", in_connect=False),
)
"""Everybody: one administrator, agents, a team lead, one suspended, one who has left and is still in Connect, one not yet in Connect."""


@dataclass(frozen=True)
class App:
    """An app of Okta, and what it signs in to."""

    key: str
    label: str
    id: str
    role: str
    saml_provider: str
    destination: str
    groups: tuple[str, ...]
    """Whose members have the app."""
    users: tuple[str, ...] = ()
    """Who has it one by one."""
    role_group: str | None = None
    """The group that carries the role, with group mapping."""


@dataclass(frozen=True)
class Company:
    """What was made."""

    name: str
    role_assignment: str
    region: str
    instance_id: str
    alias: str
    policy: str
    apps: tuple[App, ...]
    users: dict[str, str]
    """Connect users: their ids by name."""
    groups: dict[str, str]
    """Okta groups: their ids by name."""
    people: tuple[Person, ...] = PEOPLE
    path: str = "/"
    """Of the roles and policies."""
    api_user: str | None = None
    api_policy: str | None = None
    rule: str | None = None
    """The id of the group rule that fills the role group."""

    def sign_ins(self) -> Iterator[tuple[str, str, bool]]:
        """Each app's label with each login, and whether that person lands in Connect."""
        for app in self.apps:
            for person in self.people:
                has = set(app.groups) & set(person.groups) or person.login in app.users
                yield app.label, person.login, bool(has and person.status == "ACTIVE" and person.in_connect)


class _Consoles:
    """The consoles of one company: each method is what somebody clicked."""

    def __init__(self, accounts: Accounts, region: str, alias: str) -> None:
        self.accounts = accounts
        self.region = region
        self.iam = accounts.client("iam", region)
        self.connect = accounts.client("connect", region)
        self.groups: dict[str, str] = {}
        self.logins: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.instance: dict[str, Any] = self.connect.create_instance(
            IdentityManagementType="SAML", InstanceAlias=alias, InboundCallsEnabled=True, OutboundCallsEnabled=True
        )
        self.alias = alias

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return str(self.instance["Id"])

    def okta(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """A request to the org that has to work."""
        response = self.accounts.okta(method, path, body, **query)
        assert response.ok, f"{method} {path}: {response.text}"
        return response.json() if response.content else None

    def arn(self, resource: str) -> str:
        """An ARN of IAM."""
        return f"arn:aws:iam::{self.accounts.account_id}:{resource}"

    # Okta

    def group(self, name: str) -> str:
        """Make a group, described as people do: not at all."""
        identifier: str = self.okta("POST", "/api/v1/groups", {"profile": {"name": name}})["id"]
        self.groups[name] = identifier
        return identifier

    def person(self, person: Person) -> None:
        """Make somebody, with the groups; who has left was there once."""
        profile = {
            "login": person.login,
            "email": person.login.lower(),
            "firstName": person.first_name,
            "lastName": person.last_name,
            "department": person.department,
        }
        self.logins[person.login] = self.okta("POST", "/api/v1/users", {"profile": profile})["id"]
        for name in person.groups:
            self.okta("PUT", f"/api/v1/groups/{self.groups[name]}/users/{self.logins[person.login]}")

    def leave(self, person: Person) -> None:
        """What becomes of those who are away, or have left."""
        change = {"SUSPENDED": "suspend", "DEPROVISIONED": "deactivate"}.get(person.status)
        if change:
            self.okta("POST", f"/api/v1/users/{self.logins[person.login]}/lifecycle/{change}")

    def app(self, body: dict[str, Any]) -> str:
        """Add an app."""
        identifier: str = self.okta("POST", "/api/v1/apps", {"signOnMode": "SAML_2_0", **body})["id"]
        return identifier

    def metadata(self, app_id: str) -> str:
        """An app's metadata as a browser saves it: with a newline at the end."""
        return self.accounts.okta("GET", f"/api/v1/apps/{app_id}/sso/saml/metadata").text + "\n"

    def relay_state(self, destination: str = "") -> str:
        """Where Connect takes people in."""
        query = f"?destination={destination}" if destination else ""
        return f"https://{self.region}.console.aws.amazon.com/connect/federate/{self.instance_id}{query}"

    # AWS

    def policy(self, name: str, action: str | list[str], resource: str, path: str = "/", **more: Any) -> str:
        """Make a policy, without a description."""
        statement = {"Sid": "Statement1", "Effect": "Allow", "Action": action, "Resource": resource, **more}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made: str = self.iam.create_policy(PolicyName=name, Path=path, PolicyDocument=document)["Policy"]["Arn"]
        return made

    def role(self, name: str, saml_provider: str, policy: str, path: str = "/") -> None:
        """Make a role for SAML, as IAM's wizard does: one endpoint, an hour."""
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithSAML",
            "Principal": {"Federated": self.arn(f"saml-provider/{saml_provider}")},
            "Condition": {"StringEquals": {"SAML:aud": GLOBAL_ENDPOINT}},
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
        self.iam.attach_role_policy(RoleName=name, PolicyArn=policy)

    def saml_provider(self, name: str, app_id: str) -> None:
        """Upload an app's metadata."""
        self.iam.create_saml_provider(Name=name, SAMLMetadataDocument=self.metadata(app_id))

    def storage(self) -> None:
        """What the instance's wizard makes: a bucket, and where the recordings go."""
        bucket = f"amazon-connect-{self.instance_id[:12]}"
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.accounts.client("s3", self.region).create_bucket(Bucket=bucket, **where)
        for kind, prefix in (("CALL_RECORDINGS", "CallRecordings"), ("CHAT_TRANSCRIPTS", "ChatTranscripts")):
            config = {"BucketName": bucket, "BucketPrefix": f"connect/{self.alias}/{prefix}"}
            self.connect.associate_instance_storage_config(
                InstanceId=self.instance_id, ResourceType=kind, StorageConfig={"StorageType": "S3", "S3Config": config}
            )

    def staff(self) -> None:
        """The instance's own profiles and hierarchy, and everybody who works there, or did."""
        here = {"InstanceId": self.instance_id}
        self.connect.create_security_profile(
            **here, SecurityProfileName="Team lead", Description="", Permissions=["BasicAgentAccess", "AccessMetrics"]
        )
        levels = {"LevelOne": {"Name": "Site"}, "LevelTwo": {"Name": "Team"}}
        self.connect.update_user_hierarchy_structure(**here, HierarchyStructure=levels)
        site = self.connect.create_user_hierarchy_group(**here, Name="Leeds")["HierarchyGroupId"]
        team = self.connect.create_user_hierarchy_group(**here, Name="Sales", ParentGroupId=site)["HierarchyGroupId"]
        profiles = self.connect.list_security_profiles(**here)["SecurityProfileSummaryList"]
        by_name = {profile["Name"]: profile["Id"] for profile in profiles}
        (routing,) = self.connect.list_routing_profiles(**here)["RoutingProfileSummaryList"]
        for person in PEOPLE:
            if person.in_connect:
                given = {
                    "Username": person.login,
                    "IdentityInfo": {"FirstName": person.first_name, "LastName": person.last_name},
                    "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
                    "SecurityProfileIds": [by_name[person.security_profile]],
                    "RoutingProfileId": routing["Id"],
                    **({"HierarchyGroupId": team} if person.department else {}),
                    **person.settings,
                }
                self.users[person.login] = self.connect.create_user(**here, **given)["UserId"]

    def directory(self) -> None:
        """Okta's groups and people."""
        for name in (ADMINS, AGENTS):
            self.group(name)
        for person in PEOPLE:
            self.person(person)


def walkthrough(accounts: Accounts) -> Company:
    """The published walkthrough, name by name: the catalogue's app twice, with API integration and the key of an IAM user."""
    consoles = _Consoles(accounts, "us-west-2", "acme-walkthrough")
    consoles.directory()
    consoles.storage()
    consoles.staff()
    resource = f"{consoles.instance['Arn']}/user/${{aws:userid}}"
    policy = consoles.policy("okta_federation_policy", "connect:GetFederationToken", resource)
    consoles.iam.create_user(UserName="okta_cli_user")
    reads = consoles.policy("okta_cli_policy", ["iam:ListRoles", "iam:ListAccountAliases"], "*")
    consoles.iam.attach_user_policy(UserName="okta_cli_user", PolicyArn=reads)
    consoles.iam.create_access_key(UserName="okta_cli_user")
    apps = []
    for key, label, role, provider, destination, group, users in (
        (
            "admin",
            "Amazon Connect Administrator",
            "Okta_Role",
            "Okta_Connect_Admin",
            "",
            ADMINS,
            ("Ada.Admin@example.com",),
        ),
        ("ccp", "Amazon Connect Contact Control Panel", "Okta_CCP_Role", "Okta_Connect_CCP", "%2Fccp-v2", AGENTS, ()),
    ):
        settings = {"identityProviderArn": consoles.arn(f"saml-provider/{provider}"), "sessionDuration": HOUR}
        app = consoles.app(
            {
                "name": "amazon_aws",
                "label": label,
                "settings": {"app": settings, "signOn": {"defaultRelayState": consoles.relay_state(destination)}},
            }
        )
        consoles.saml_provider(provider, app)
        consoles.role(role, provider, policy)
        enable_api_integration(accounts.cloud, app)
        profile = {"role": role, "samlRoles": [role]}
        if not users:
            consoles.okta("PUT", f"/api/v1/apps/{app}/groups/{consoles.groups[group]}", {"profile": profile})
        for login in users:
            assigned = {"id": consoles.logins[login], "scope": "USER", "profile": profile}
            consoles.okta("POST", f"/api/v1/apps/{app}/users", assigned)
        page = {"": "admin", "%2Fccp-v2": "/ccp-v2"}[destination]
        apps.append(App(key, label, app, role, provider, page, () if users else (group,), users))
    return _done(
        consoles,
        "walkthrough",
        "api_integration",
        tuple(apps),
        "okta_federation_policy",
        api=("okta_cli_user", "okta_cli_policy"),
    )


def custom_app(accounts: Accounts) -> Company:
    """One app of Okta's wizard for custom SAML, a role and a policy under a path, the policy with a condition in place of a resource."""
    consoles = _Consoles(accounts, "eu-west-2", "acme-custom")
    consoles.directory()
    consoles.staff()
    consoles.connect.associate_approved_origin(InstanceId=consoles.instance_id, Origin="https://agents.example.com")
    role, provider = consoles.arn("role/sso/Connect"), consoles.arn("saml-provider/Okta")
    statements = {
        "https://aws.amazon.com/SAML/Attributes/Role": f"{provider},{role}",
        "https://aws.amazon.com/SAML/Attributes/RoleSessionName": "user.login",
        "https://aws.amazon.com/SAML/Attributes/SessionDuration": str(HOUR),
    }
    app = consoles.app(
        {
            "label": "Connect",
            "settings": {
                "signOn": {
                    "defaultRelayState": consoles.relay_state(),
                    "ssoAcsUrl": GLOBAL_ENDPOINT,
                    "recipient": GLOBAL_ENDPOINT,
                    "destination": GLOBAL_ENDPOINT,
                    "audience": "urn:amazon:webservices",
                    "subjectNameIdTemplate": "${user.userName}",
                    "subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
                    "responseSigned": True,
                    "assertionSigned": True,
                    "signatureAlgorithm": "RSA_SHA256",
                    "digestAlgorithm": "SHA256",
                    "honorForceAuthn": True,
                    "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
                    "attributeStatements": [
                        {"type": "EXPRESSION", "name": name, "values": [value]} for name, value in statements.items()
                    ],
                }
            },
        }
    )
    consoles.saml_provider("Okta", app)
    condition = {"Condition": {"StringEquals": {"connect:InstanceId": consoles.instance_id}}}
    policy = consoles.policy("Connect_Sign_In", "connect:GetFederationToken", "*", "/sso/", **condition)
    consoles.role("Connect", "Okta", policy, "/sso/")
    consoles.okta("PUT", f"/api/v1/apps/{app}/groups/{consoles.groups[AGENTS]}", {})
    consoles.okta(
        "POST", f"/api/v1/apps/{app}/users", {"id": consoles.logins["Ada.Admin@example.com"], "scope": "USER"}
    )
    apps = (App("connect", "Connect", app, "Connect", "Okta", "admin", (AGENTS,), ("Ada.Admin@example.com",)),)
    return _done(consoles, "custom app", "saml_app", apps, "Connect_Sign_In", path="/sso/")


def group_mapping(accounts: Accounts) -> Company:
    """The catalogue's app with roles from group names, its role group filled by a rule on the department."""
    consoles = _Consoles(accounts, "us-west-2", "acme-groups")
    consoles.directory()
    consoles.staff()
    resource = f"{consoles.instance['Arn']}/user/${{aws:userid}}"
    policy = consoles.policy("okta_federation_policy", "connect:GetFederationToken", resource)
    settings = {
        "identityProviderArn": consoles.arn("saml-provider/Okta"),
        "useGroupMapping": True,
        "groupFilter": DEFAULT_GROUP_FILTER,
        "roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}",
        "sessionDuration": HOUR,
    }
    app = consoles.app(
        {
            "name": "amazon_aws",
            "label": "Amazon Connect",
            "settings": {"app": settings, "signOn": {"defaultRelayState": consoles.relay_state("%2Fccp-v2")}},
        }
    )
    consoles.saml_provider("Okta", app)
    consoles.role("Connect_Agents", "Okta", policy)
    name = f"aws#acme#Connect_Agents#{accounts.account_id}"
    target = consoles.group(name)
    condition = {"expression": {"value": 'user.department=="Sales"', "type": "urn:okta:expression:1.0"}}
    actions = {"assignUserToGroups": {"groupIds": [target]}}
    body = {"type": "group_rule", "name": "Sales to Connect", "conditions": condition, "actions": actions}
    rule: str = consoles.okta("POST", "/api/v1/groups/rules", body)["id"]
    consoles.okta("POST", f"/api/v1/groups/rules/{rule}/lifecycle/activate")
    consoles.okta("PUT", f"/api/v1/apps/{app}/groups/{consoles.groups[AGENTS]}", {})
    apps = (App("agents", "Amazon Connect", app, "Connect_Agents", "Okta", "/ccp-v2", (AGENTS,), (), name),)
    return _done(consoles, "group mapping", "group_mapping", apps, "okta_federation_policy", rule=rule)


def _done(
    consoles: _Consoles,
    name: str,
    role_assignment: str,
    apps: tuple[App, ...],
    policy: str,
    *,
    path: str = "/",
    api: tuple[str, str] | None = None,
    rule: str | None = None,
) -> Company:
    """What was made; two years later some have left."""
    for person in PEOPLE:
        consoles.leave(person)
    return Company(
        name=name,
        role_assignment=role_assignment,
        region=consoles.region,
        instance_id=consoles.instance_id,
        alias=consoles.alias,
        policy=policy,
        apps=apps,
        users=consoles.users,
        groups=consoles.groups,
        path=path,
        api_user=api[0] if api else None,
        api_policy=api[1] if api else None,
        rule=rule,
    )


COMPANIES: dict[str, Callable[[Accounts], Company]] = {
    "walkthrough": walkthrough,
    "custom_app": custom_app,
    "group_mapping": group_mapping,
}
"""The three companies, by the name of what they followed."""
