"""The environment file as typed, frozen models: the one place that knows its keys, their forms and their defaults.

What concerns a single value is checked here, what concerns several is in `environment_rules`.
"""

from __future__ import annotations

import os
import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from connect_sso.environment.derived_names import role_group
from connect_sso.environment.people import (
    DEFAULT_ROUTING_PROFILE,
    SOFTPHONE,
    Person,
    control_character_problem,
    normalized,
    person_name_problem,
    phone_problem,
    profile_name_problem,
    username_problem,
)
from connect_sso.facts.partitions import Partition, partition_of
from connect_sso.facts.relay_state import destination_problem, relay_state
from connect_sso.iam import policies

# No plugin of pydantic's has anything to do here, and looking for one reads the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

RoleAssignment: TypeAlias = Literal["api_integration", "group_mapping", "saml_app"]
StorageKind: TypeAlias = Literal[
    "call_recordings",
    "chat_transcripts",
    "scheduled_reports",
    "contact_evaluations",
    "email_messages",
    "screen_recordings",
]
WIZARD_STORAGE: Final[tuple[StorageKind, ...]] = ("call_recordings", "chat_transcripts", "scheduled_reports")
"""What the console's wizard stores for a new instance."""


def _pattern(pattern: str, explanation: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def matches(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {explanation}")
        return value

    return AfterValidator(matches)


def _without_problem(find: Any, *, clean: Any = None) -> AfterValidator:
    """A validator from a function that returns what is wrong, or None."""

    def check(value: Any) -> Any:
        if clean is not None:
            value = clean(value)
        problem = find(value)
        if problem:
            raise ValueError(problem)
        return value

    return AfterValidator(check)


def _sized(value: str, low: int, high: int) -> str | None:
    if not low <= len(value) <= high:
        return f"{low} to {high} characters are needed, this has {len(value)}"
    if value != value.strip():
        return "must not begin or end with a space"
    return control_character_problem(value)


def _text(low: int, high: int) -> AfterValidator:
    return _without_problem(lambda value: _sized(value, low, high))


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value!r} is there twice")
        seen.add(value)
    return values


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", value):
        raise ValueError(f"{value!r} is not an AWS region, such as us-east-1")
    return value


def _org_name(value: str) -> str:
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", value) and not value.endswith("-admin"):
        return value
    host = re.sub(r"^https?://", "", value.lower()).split("/")[0]
    if "." not in host and host.endswith("-admin"):
        raise ValueError(f"{value} is the address of the org's admin console; the org is {host.removesuffix('-admin')}")
    if "." in host:
        org, _, base = host.partition(".")
        raise ValueError(f"only the first part of the org's address: {org} (the rest, {base}, is okta.base_url)")
    raise ValueError(f"{value!r} is not the first part of an Okta org's address, such as acme in acme.okta.com")


def _base_url(value: str) -> str:
    if org := re.fullmatch(r"[^.]+\.((okta|oktapreview|okta-emea|okta-gov)\.com)", value):
        raise ValueError(f"only the domain: {org[1]} (what stands before it is okta.org_name)")
    if re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", value):
        return value
    host = re.sub(r"^[a-z]+://", "", value.lower()).split("/")[0].split(":")[0]
    hint = f"; just the domain: {host}" if host != value and "." in host else ", such as okta.com"
    raise ValueError(f"{value!r} is not a domain{hint}")


def _session_duration(value: int) -> int:
    if not 3600 <= value <= 43200:
        raise ValueError(f"3600 to 43200 seconds (1 to 12 hours) are possible for a role's session, not {value}")
    return value


def _provider_constraint(value: str) -> str:
    release = r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?"
    if not re.fullmatch(rf"(= ?)?{release}|~> ?[0-9]+\.[0-9]+(\.[0-9]+)?", value):
        raise ValueError(f"{value!r} is neither an exact release (6.12.0) nor a pessimistic constraint (~> 6.12)")
    return value


def _relative_file(value: str) -> str:
    parts = re.split(r"[/\\]", value)
    if value.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", value) or ".." in parts or not value.strip():
        raise ValueError("must be a file beside this one (no absolute path, no ..)")
    if not value.lower().endswith(".csv"):
        raise ValueError("must be a .csv file")
    return value


def _as_tuple(value: Any) -> Any:
    # YAML has lists; the frozen models keep tuples.
    return tuple(value) if isinstance(value, list) else value


FromList = BeforeValidator(_as_tuple)

TERRAFORM_NAME: Final = r"[A-Za-z_][A-Za-z0-9_-]*"
"""What Terraform takes as a resource's name: https://developer.hashicorp.com/terraform/language/syntax/configuration."""

AccountId = Annotated[str, _pattern(r"[0-9]{12}", "an AWS account id, 12 digits in quotes")]
Region = Annotated[str, AfterValidator(_region)]
# https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateInstance.html allows 1 to 45, the provider wants two
# and would let through up to 64 and a hyphen at the end: this is what both take.
Alias = Annotated[
    str,
    _pattern(
        r"(?!d-)[0-9A-Za-z]([0-9A-Za-z-]{0,43}[0-9A-Za-z])",
        "an instance alias: 2 to 45 letters, digits and hyphens, no hyphen first or last, not beginning with d-",
    ),
]
Uuid = Annotated[
    str,
    _pattern(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "an instance id: the bare UUID (the part after instance/ in its ARN), lower case",
    ),
]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
SamlProviderName = Annotated[
    str, _pattern(r"[A-Za-z0-9_.-]{1,128}", "a SAML provider's name: 1 to 128 letters, digits and . _ -")
]
PolicyName = Annotated[
    str, _pattern(r"[A-Za-z0-9_+=,.@-]{1,128}", "an IAM policy's name: 1 to 128 letters, digits and _ + = , . @ -")
]
IamUserName = Annotated[
    str, _pattern(r"[A-Za-z0-9_+=,.@-]{1,64}", "an IAM user's name: 1 to 64 letters, digits and _ + = , . @ -")
]
RoleName = Annotated[
    str,
    _pattern(
        r"[A-Za-z_][A-Za-z0-9_-]{0,63}",
        "a role's name here: 1 to 64 letters, digits, _ and -, beginning with a letter or _ (it is a Terraform name too)",
    ),
]
AppName = Annotated[
    str,
    _pattern(
        r"[A-Za-z_][A-Za-z0-9_-]{0,63}",
        "a name for an app: letters, digits, _ and -, beginning with a letter or _ (it is a Terraform name too)",
    ),
]
Username = Annotated[str, _without_problem(username_problem)]
PersonName = Annotated[str, _without_problem(person_name_problem, clean=normalized)]
ProfileName = Annotated[str, _without_problem(profile_name_problem)]
SecurityProfiles = Annotated[
    tuple[ProfileName, ...], FromList, Field(min_length=1, max_length=10), AfterValidator(_unique)
]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TagKey = Annotated[
    str,
    _pattern(
        r"(?!(?i:aws:))[\w .:/=+@-]{1,128}",
        "a tag's key: 1 to 128 letters, digits, spaces and . : / = + - @ _, not beginning with aws:",
    ),
]
# AWS takes an empty value, but with one among the default tags the AWS provider changes the recordings' bucket in every plan.
TagValue = Annotated[
    str, _pattern(r"[\w .:/=+@-]{1,256}", "a tag's value: 1 to 256 letters, digits, spaces and . : / = + - @ _")
]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
SessionTagName = Annotated[
    str,
    _pattern(r"(?!(?i:aws:))[\w.:/=+@-]{1,128}", "a session tag's name: 1 to 128 letters, digits and . : / = + - @ _"),
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Aws(_Model):
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
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=50)] = Field(
        default={}, description="Tags of everything on the AWS side."
    )

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


class Okta(_Model):
    """The Okta side: the org, and how it learns which role a person gets."""

    org_name: Annotated[str, AfterValidator(_org_name)] = Field(description="acme in acme.okta.com.", examples=["acme"])
    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        description="okta.com, oktapreview.com, okta-emea.com, ...", examples=["okta.com"]
    )
    role_assignment: RoleAssignment = Field(
        description="How Okta learns which role a person gets.", examples=["saml_app"]
    )
    username: Literal["login", "email"] = Field(
        default="login", description="The Okta attribute that equals the Connect user name."
    )


class CloudState(_Model):
    """State in HCP Terraform, or another server of its API."""

    organization: Annotated[
        str, _pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "an organization's name: up to 40 letters, digits, _ and -")
    ]
    workspace: Annotated[str, _pattern(r"[A-Za-z0-9_-]{1,84}", "a workspace's name: up to 84 letters, digits, _ and -")]
    project: Annotated[str, _text(3, 40)] | None = None
    hostname: (
        Annotated[
            str,
            _pattern(
                r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?",
                "a host name, with a port if needed",
            ),
        ]
        | None
    ) = None


class S3State(_Model):
    """State in an S3 bucket, locked by a lock file beside it."""

    bucket: Annotated[
        str,
        _pattern(
            r"(?!.*\.\.)(?![0-9.]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "a bucket's name: 3 to 63 lower-case letters, digits, . and -",
        ),
    ]
    region: Region
    key: (
        Annotated[
            str, _pattern(r"(?!/)[A-Za-z0-9!_.*'()/-]{1,512}(?<!/)", "an object key, such as connect-sso/prod.tfstate")
        ]
        | None
    ) = None
    kms_key_id: Annotated[str, _text(1, 2048)] | None = None


class RemoteState(_Model):
    """One of the two remote places for the state."""

    cloud: CloudState | None = None
    s3: S3State | None = None


State: TypeAlias = Annotated[
    Annotated[Literal["local"], Tag("local")] | Annotated[RemoteState, Tag("remote")],
    Discriminator(lambda value: "remote" if isinstance(value, dict | RemoteState) else "local"),
]


class Connect(_Model):
    """The Amazon Connect instance: a new one by its alias, or an existing one by its id."""

    alias: Alias | None = Field(
        default=None,
        description="A new SAML instance; the alias is unique across all accounts and can never be changed.",
    )
    instance_id: Uuid | None = Field(default=None, description="An existing SAML instance; nothing of it is changed.")
    inbound_calls: bool = True
    outbound_calls: bool = True
    early_media: bool = True
    contact_lens: bool = True
    flow_logs: bool = False
    storage: Annotated[tuple[StorageKind, ...], FromList, AfterValidator(_unique)] | None = Field(
        default=None,
        description="What the instance stores, in one bucket; [] for nothing. New instance: as the wizard; existing one: nothing.",
    )
    protect: bool = Field(
        default=True, description="Refuse to destroy or replace the instance, the recordings' bucket and their key."
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


class Federation(_Model):
    """The permission to sign in, and for how long."""

    policy: PolicyName = "okta_federation_policy"
    session_duration: Annotated[int, AfterValidator(_session_duration)] = Field(
        default=43200,
        json_schema_extra={"minimum": 3600, "maximum": 43200},
        description="Seconds: the role's maximum and the assertion's.",
    )


class ApiIntegration(_Model):
    """The IAM user whose key lets Okta read the account's roles; only with role_assignment: api_integration."""

    user: IamUserName = "okta_cli_user"
    policy: PolicyName = "okta_cli_policy"
    access_key: bool = Field(
        default=False, description="true: Terraform makes the key, and its secret lies in the state."
    )


class App(_Model):
    """One Okta app: a tile that opens one page of Amazon Connect through one role."""

    label: Annotated[str, _text(1, 100)] = Field(
        description="The tile's label.", examples=["Amazon Connect Administrator"]
    )
    destination: Annotated[str, _without_problem(destination_problem)] = Field(
        description="admin, ccp, agent_workspace, a path, or the https URL of an approved origin.", examples=["admin"]
    )
    saml_provider: SamlProviderName = Field(
        description="The IAM SAML provider's name.", examples=["Okta_Connect_Admin"]
    )
    role: RoleName = Field(
        description="The IAM role's name; two apps that name one role share it.", examples=["Okta_Role"]
    )
    groups: Annotated[tuple[Annotated[str, _text(1, 255)], ...], FromList, AfterValidator(_unique)] = Field(
        default=(), description="Existing Okta groups, by their exact names, that get the app."
    )
    authentication_policy: Annotated[str, _text(1, 255)] | None = Field(
        default=None, description="An existing Okta authentication policy, by its exact name."
    )
    session_tags: Annotated[dict[SessionTagName, Annotated[str, _text(1, 1024)]], Field(max_length=50)] = Field(
        default={}, description="Session tag to Okta expression; only with role_assignment: saml_app."
    )


class DeskPhone(_Model):
    """A desk phone instead of the softphone in the browser."""

    desk_phone: Annotated[str, _without_problem(phone_problem)]


Phone: TypeAlias = Annotated[
    Annotated[Literal["softphone"], Tag("softphone")] | Annotated[DeskPhone, Tag("desk")],
    Discriminator(lambda value: "desk" if isinstance(value, dict | DeskPhone) else "softphone"),
]


class User(_Model):
    """A Connect user who is written in the environment file."""

    username: Username = Field(description="Exactly as in Okta, case included.", examples=["Ada.Admin@example.com"])
    first_name: PersonName = Field(examples=["Ada"])
    last_name: PersonName = Field(examples=["Admin"])
    security_profiles: SecurityProfiles = Field(
        description="1 to 10 security profiles of the instance, by their exact names.", examples=[["Admin"]]
    )
    routing_profile: ProfileName = DEFAULT_ROUTING_PROFILE
    phone: Phone = SOFTPHONE
    apps: Annotated[tuple[AppName, ...], FromList, AfterValidator(_unique)] = Field(
        default=(), description="Apps this person is assigned one by one; leave out where a group does it."
    )

    def as_person(self, line: int) -> Person:
        """The Connect side of this user."""
        return Person(
            username=self.username,
            first_name=self.first_name,
            last_name=self.last_name,
            security_profiles=self.security_profiles,
            routing_profile=self.routing_profile,
            desk_phone=self.phone.desk_phone if isinstance(self.phone, DeskPhone) else None,
            line=line,
        )


class Providers(_Model):
    """Other releases of the two providers than those the bindings were made for."""

    aws: Annotated[str, AfterValidator(_provider_constraint)] | None = None
    okta: Annotated[str, AfterValidator(_provider_constraint)] | None = None


class Environment(_Model):
    """One environment: one Amazon Connect instance and the Okta apps that open it."""

    aws: Aws
    okta: Okta
    state: State = Field(default="local", description="Where Terraform keeps what it made.")
    connect: Connect
    federation: Federation = Federation()
    api_integration: ApiIntegration = ApiIntegration()
    apps: Annotated[dict[AppName, App], Field(min_length=1)] = Field(
        description="The Okta apps, each under a name of its own that is a Terraform name too."
    )
    users: Annotated[tuple[User, ...], FromList] = Field(
        default=(), description="Connect users in the environment's own plan."
    )
    users_file: Annotated[str, AfterValidator(_relative_file)] | None = Field(
        default=None, description="The crowd: a CSV beside this file, with a stack and a state of its own."
    )
    providers: Providers = Providers()

    def iam_arn(self, resource: str) -> str:
        """The ARN of something of IAM's in this account, such as `root` or `role/NAME`."""
        return self.aws.partition.arn("iam", resource, account=self.aws.account_id)

    def provider_arn(self, app: App) -> str:
        """The ARN of the app's SAML provider, known before there is one."""
        return self.iam_arn(f"saml-provider/{app.saml_provider}")

    def role_arn(self, app: App) -> str:
        """The ARN of the app's role, known before there is one."""
        return self.iam_arn(f"role/{app.role}")

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

    def trust(self, role: str) -> policies.Policy:
        """The trust policy of the role called `role`: the SAML providers of its apps, at every endpoint AWS may receive them at."""
        apps = [self.apps[name] for name in self.roles[role]]
        return policies.trust(
            # ARNs in clear rather than references: the plan's reader sees at once whom the role trusts.
            saml_providers=[self.provider_arn(app) for app in apps],
            endpoints=self.aws.partition.accepted_endpoints(self.aws.region),
            tag_session=any(app.session_tags for app in apps),
        )
