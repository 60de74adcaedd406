"""The environment file as typed, frozen models: the one place that knows its keys and their defaults.

What concerns a single value is in `values`, what concerns several is in `rules`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from connect_sso.environment.derived_names import role_group
from connect_sso.environment.state import State
from connect_sso.environment.users import User
from connect_sso.environment.values import (
    FROM_LIST,
    UNIQUE,
    AccountId,
    AdoptedPart,
    Alias,
    AppName,
    AttributeName,
    BaseUrl,
    BucketName,
    CsvFile,
    Days,
    Destination,
    ExternalId,
    IamPath,
    IamUserName,
    InstanceId,
    KmsKeyArn,
    OrgName,
    PolicyArn,
    PolicyName,
    PrincipalArn,
    ProviderConstraint,
    Region,
    RoleArn,
    RoleAssignment,
    RoleName,
    RoleSessionName,
    SamlProviderName,
    Section,
    SessionDuration,
    SessionTagName,
    StorageKind,
    Tags,
    text,
)
from connect_sso.facts import sessions
from connect_sso.facts.partitions import Partition, partition_of
from connect_sso.facts.relay_state import relay_state
from connect_sso.iam import policies

WIZARD_STORAGE: Final[tuple[StorageKind, ...]] = ("call_recordings", "chat_transcripts", "scheduled_reports")
"""What the console's wizard stores for a new instance, but for e-mail messages: docs/decisions/deviations.md."""


class AssumeRole(Section):
    """A role that the AWS provider takes on, with the credentials that it finds."""

    role_arn: RoleArn = Field(
        description="The role's ARN, in aws.account_id.", examples=["arn:aws:iam::111122223333:role/terraform"]
    )
    external_id: ExternalId | None = Field(default=None, description="What the role's trust policy asks for.")
    session_name: RoleSessionName | None = Field(default=None, description="What CloudTrail shows.")


class Aws(Section):
    """The AWS side: account, region, sign-in endpoint."""

    account_id: AccountId = Field(
        description="The account, in quotes; the plan refuses every other one.", examples=["111122223333"]
    )
    region: Region = Field(description="A region where Amazon Connect runs.", examples=["us-east-1"])
    allow_unlisted_region: bool = Field(
        default=False, description="Accept a region that is newer than the built-in list."
    )
    sign_in: Literal["regional", "global"] = Field(
        default="regional", description="The SAML endpoint Okta posts to; every trust policy admits both."
    )
    tags: Tags = Field(default={}, description="Tags of everything on the AWS side.")
    assume_role: AssumeRole | None = Field(default=None, description="A role that Terraform takes on for the AWS side.")

    @property
    def partition(self) -> Partition:
        """The partition of the region."""
        return partition_of(self.region)

    @property
    def sign_in_endpoint(self) -> str:
        """The assertion consumer service Okta posts to, an https URL."""
        if self.sign_in == "regional":
            return self.partition.regional_endpoint(self.region)
        return self.partition.global_endpoint


class ProfileAttribute(Section):
    """An attribute of Okta's user profile, built in or the company's own."""

    attribute: AttributeName = Field(
        description="Its variable name, as Okta's profile editor shows it. Whoever may write it decides as whom a person signs in.",
        examples=["employeeNumber"],
    )


UsernameSource: TypeAlias = Annotated[
    Annotated[Literal["login", "email"], Tag("common")] | Annotated[ProfileAttribute, Tag("profile")],
    Discriminator(lambda value: "profile" if isinstance(value, dict | ProfileAttribute) else "common"),
]


class Okta(Section):
    """The Okta side: the org, and how it learns which role a person gets."""

    org_name: OrgName = Field(description="acme in acme.okta.com.", examples=["acme"])
    base_url: BaseUrl = Field(
        description="okta.com, oktapreview.com, okta-emea.com, okta-gov.com or okta.mil; the org's own, also where it has a custom domain.",
        examples=["okta.com"],
    )
    role_assignment: RoleAssignment = Field(
        description="How Okta learns which role a person gets.", examples=["saml_app"]
    )
    username: UsernameSource = Field(
        default="login", description="The attribute of Okta's profile that equals the Connect user name."
    )
    profile_mappings: bool = Field(
        default=False,
        description="Also keep what Okta copies from a person's profile into the app's (names, e-mail addresses, mobile phone); needs an Organization Administrator. Not with saml_app.",
    )

    @property
    def username_attribute(self) -> str:
        """The variable name of the attribute that `username` names."""
        return self.username.attribute if isinstance(self.username, ProfileAttribute) else self.username


class ExistingStore(Section):
    """A bucket and a key that are there already, and that Terraform leaves as they are."""

    bucket: BucketName = Field(description="The bucket's name.", examples=["acme-recordings"])
    kms_key_arn: KmsKeyArn = Field(
        description="The ARN of the key that encrypts what is stored.",
        examples=["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )


Retention: TypeAlias = Annotated[
    Annotated[Days, Tag("all")] | Annotated[dict[StorageKind, Days], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, dict) else "all"),
]


class Connect(Section):
    """The Amazon Connect instance: a new one by its alias, or an existing one by its id."""

    alias: Alias | None = Field(
        default=None,
        description="A new SAML instance; the alias is unique across all accounts and can never be changed.",
    )
    instance_id: InstanceId | None = Field(
        default=None, description="An existing SAML instance; nothing of it is changed."
    )
    inbound_calls: bool = True
    outbound_calls: bool = True
    early_media: bool = True
    contact_lens: bool = True
    flow_logs: bool = False
    storage: Annotated[tuple[StorageKind, ...], FROM_LIST, UNIQUE] | None = Field(
        default=None,
        description="What the instance stores, in one bucket; [] for nothing. New instance: as the wizard; existing one: nothing.",
    )
    protect: bool = Field(
        default=True, description="Refuse to destroy or replace the instance, the recordings' bucket and their key."
    )
    recordings: ExistingStore | None = Field(
        default=None, description="Store in this bucket, and manage neither bucket nor key."
    )
    retention_days: Retention | None = Field(
        default=None,
        description="Delete what is stored after so many days: one number for all kinds, or one per kind. Off by default.",
        examples=[365],
    )
    user_settings: Literal["enforced", "initial"] = Field(
        default="enforced",
        description="initial: after creation, routing profile, phone and names are the supervisors' and agents' own.",
    )

    @property
    def storage_kinds(self) -> tuple[StorageKind, ...]:
        """What is stored, with the default of a new or existing instance filled in."""
        if self.storage is not None:
            return self.storage
        return () if self.instance_id else WIZARD_STORAGE

    @property
    def retention(self) -> dict[StorageKind, int]:
        """Days after which each kind is deleted; nothing where it is kept."""
        days = self.retention_days
        if isinstance(days, int):
            return dict.fromkeys(self.storage_kinds, days)
        return days or {}


class Emergency(Section):
    """A way in to the instance's administration without Okta, for an hour, with MFA."""

    role: RoleName = Field(description="The IAM role's name; its policy has the same.", examples=["Connect_Emergency"])
    trusted: Annotated[tuple[PrincipalArn, ...], Field(min_length=1), FROM_LIST, UNIQUE] = Field(
        description="Who may take the role: ARNs of IAM roles and users.",
        examples=[["arn:aws:iam::111122223333:role/on-call"]],
    )


class Federation(Section):
    """The permission to sign in, and for how long."""

    policy: PolicyName = "okta_federation_policy"
    session_duration: SessionDuration = Field(
        default=sessions.LONGEST,
        description="Seconds: the role's maximum and the assertion's; an app may have its own.",
    )
    path: IamPath = Field(
        default="/",
        description="The IAM path of roles, policies and the API user; part of every role's ARN.",
        examples=["/sso/"],
    )
    permissions_boundary: PolicyArn | None = Field(
        default=None, description="The ARN of the policy that bounds the roles and the API user."
    )
    emergency: Emergency | None = Field(default=None, description="A way in without Okta, off by default.")


class ApiIntegration(Section):
    """The IAM user whose key lets Okta read the account's roles; only with role_assignment: api_integration."""

    user: IamUserName = "okta_cli_user"
    policy: PolicyName = "okta_cli_policy"
    access_key: bool = Field(
        default=False, description="true: Terraform makes the key, and its secret lies in the state."
    )


class App(Section):
    """One Okta app: a tile that opens one page of Amazon Connect through one role."""

    label: Annotated[str, text(1, 100)] = Field(
        description="The tile's label.", examples=["Amazon Connect Administrator"]
    )
    destination: Destination = Field(
        description="admin, ccp, agent_workspace, a path, or an https URL, whose origin is then approved.",
        examples=["admin"],
    )
    saml_provider: SamlProviderName = Field(
        description="The IAM SAML provider's name.", examples=["Okta_Connect_Admin"]
    )
    role: RoleName = Field(
        description="The IAM role's name; two apps that name one role share it.", examples=["Okta_Role"]
    )
    groups: Annotated[tuple[Annotated[str, text(1, 255)], ...], FROM_LIST, UNIQUE] = Field(
        default=(), description="Existing Okta groups, by their exact names, that get the app."
    )
    authentication_policy: Annotated[str, text(1, 255)] | None = Field(
        default=None,
        description="An existing Okta authentication policy, by its exact name; only in an org on Okta Identity Engine.",
    )
    session_duration: SessionDuration | None = Field(
        default=None, description="Seconds, in place of federation.session_duration."
    )
    session_tags: Annotated[dict[SessionTagName, Annotated[str, text(1, 1024)]], Field(max_length=50)] = Field(
        default={}, description="Session tag to Okta expression; only with role_assignment: saml_app."
    )


class Providers(Section):
    """Other releases of the two providers than those the bindings were made for."""

    aws: ProviderConstraint | None = None
    okta: ProviderConstraint | None = None


Adopted: TypeAlias = Annotated[
    Annotated[bool, Tag("all")] | Annotated[tuple[AdoptedPart, ...], FROM_LIST, UNIQUE, Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, list | tuple | dict) else "all"),
]


class Environment(Section):
    """One environment: one Amazon Connect instance and the Okta apps that open it."""

    adopted: Adopted = Field(
        default=False,
        description="What was set up by hand and taken over stays as it was found, where this file has no words for it: all of it, or the parts named.",
        examples=[True, ["apps", "trust"]],
    )
    aws: Aws
    okta: Okta
    state: State = Field(default="local", description="Where Terraform keeps what it made.")
    connect: Connect
    federation: Federation = Federation()
    api_integration: ApiIntegration = ApiIntegration()
    apps: Annotated[dict[AppName, App], Field(min_length=1)] = Field(
        description="The Okta apps, each under a name of its own that is a Terraform name too."
    )
    users: Annotated[tuple[User, ...], FROM_LIST] = Field(
        default=(), description="Connect users in the environment's own plan."
    )
    users_file: CsvFile | None = Field(
        default=None, description="The crowd: a CSV beside this file, with a stack and a state of its own."
    )
    providers: Providers = Providers()

    def leaves(self, part: AdoptedPart) -> bool:
        """Whether what was found in a part stays as it was: docs/existing-company.md says what that is."""
        return self.adopted if isinstance(self.adopted, bool) else part in self.adopted

    def iam_arn(self, resource: str) -> str:
        """The ARN of something of IAM's in this account, such as `root` or `role/NAME`."""
        return self.aws.partition.arn("iam", resource, account=self.aws.account_id)

    def provider_arn(self, app: App) -> str:
        """The ARN of the app's SAML provider, known before there is one."""
        return self.iam_arn(f"saml-provider/{app.saml_provider}")

    def role_arn(self, app: App) -> str:
        """The ARN of the app's role, known before there is one."""
        return self.iam_arn(f"role{self.federation.path}{app.role}")

    def instance_arn(self, instance_id: str) -> str:
        """The ARN of a Connect instance in this account and region."""
        aws = self.aws
        return aws.partition.arn("connect", f"instance/{instance_id}", account=aws.account_id, region=aws.region)

    def role_group(self, environment: str, app: str) -> str:
        """The Okta group whose members get the role of the app called `app`, in `group_mapping` mode.

        Args:
            environment: the environment's name, which its file bears and does not hold.
            app: the app's name.
        """
        return role_group(environment, app, self.apps[app].role, self.aws.account_id)

    def relay_state(self, app: App, instance_id: str) -> str:
        """Where the app's sign-ins land: a URL, with an id (or a Terraform reference to it) of the instance."""
        return relay_state(region=self.aws.region, instance_id=instance_id, destination=app.destination)

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The names of the roles, sorted, each with the names of its apps, sorted."""
        names = sorted({app.role for app in self.apps.values()})
        return {role: tuple(sorted(name for name, app in self.apps.items() if app.role == role)) for role in names}

    def session_duration(self, app: App) -> int:
        """Seconds that a sign-in through the app lasts at most."""
        return app.session_duration or self.federation.session_duration

    def role_session_duration(self, role: str) -> int:
        """Seconds that a session of the role called `role` may last: as long as the longest of its apps."""
        return max(self.session_duration(self.apps[name]) for name in self.roles[role])

    def trust(self, role: str) -> policies.Policy:
        """The trust policy of the role called `role`: the SAML providers of its apps, at every endpoint AWS may receive them at."""
        apps = [self.apps[name] for name in self.roles[role]]
        return policies.trust(
            # ARNs in clear rather than references: the plan's reader sees at once whom the role trusts.
            saml_providers=[self.provider_arn(app) for app in apps],
            endpoints=self.aws.partition.accepted_endpoints(self.aws.region),
            tag_session=any(app.session_tags for app in apps),
        )
