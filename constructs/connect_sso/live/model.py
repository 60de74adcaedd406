"""What was read from the live accounts, as values: an AWS account with its Connect instance, and an Okta org.

`live.account` and `live.org` fill them; `doctor`, `adopt` and `sign_in.live` ask them. What could not be read is None, and listed
in `unread` with the permission or scope that it needs. Of a person nothing is kept but what is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connect_sso.facts.okta_people import BARRED, STAGED
from connect_sso.iam.documents import Policy
from connect_sso.saml.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of an account that could not be read."""

    part: str
    """What it is, to go on with "could not be read": `the policies of the role Okta_Role`."""
    needs: str
    """The permission or scope that reading needs: `iam:GetRolePolicy`, `okta.groups.read`."""
    why: str
    """What the service said, in one line."""
    about: str = ""
    """Which thing it is: the ARN or id of a role, SAML provider, app or group, or one of `INSTANCE`, `USERS`, `API_USER`."""


INSTANCE, USERS, API_USER = "instance", "users", "API user"
"""What `Unread.about` calls the things that an account has one of."""


# AWS


@dataclass(frozen=True, slots=True)
class LiveStorage:
    """Where an instance stores one kind of thing."""

    association_id: str
    kind: str
    """Connect's resource type, such as `CALL_RECORDINGS`."""
    storage_type: str
    """`S3`, `KINESIS_STREAM`, …"""
    bucket: str | None
    prefix: str | None
    kms_key_arn: str | None


@dataclass(frozen=True, slots=True)
class LiveInstance:
    """An Amazon Connect instance."""

    id: str
    arn: str
    alias: str | None
    status: str
    """`ACTIVE`, `CREATION_IN_PROGRESS`, `CREATION_FAILED`."""
    identity_management: str
    """`SAML`, `CONNECT_MANAGED`, `EXISTING_DIRECTORY`."""
    attributes: Mapping[str, bool]
    """By Connect's attribute type, such as `INBOUND_CALLS`; what was not read is not there."""
    storage: tuple[LiveStorage, ...] | None
    origins: tuple[str, ...] | None
    """Approved origins, as `https://host`."""
    user_quota: int | None
    """The applied quota of users per instance, where Service Quotas may be asked."""


@dataclass(frozen=True, slots=True)
class LiveUser:
    """A user of the instance. Everything from `first_name` on is None unless settings were asked for."""

    id: str
    name: str
    security_profile_ids: tuple[str, ...]
    first_name: str | None = None
    last_name: str | None = None
    routing_profile_id: str | None = None
    phone_type: str | None = None
    """`SOFT_PHONE` or `DESK_PHONE`."""
    desk_phone_number: str | None = None
    hierarchy_group_id: str | None = None
    tags: Mapping[str, str] | None = None
    after_contact_work_seconds: int | None = None
    auto_accept: bool | None = None


@dataclass(frozen=True)
class LiveProfile:
    """A security profile of the instance."""

    id: str
    name: str
    permissions: frozenset[str] | None
    """None where they were not read."""


@dataclass(frozen=True)
class LiveSamlProvider:
    """An IAM SAML provider."""

    arn: str
    name: str
    document: str
    """Its metadata as IAM holds it, byte for byte."""
    metadata: Metadata | None
    problem: str
    """Why the metadata cannot be read; empty where it can."""


@dataclass(frozen=True)
class LivePolicy:
    """A managed or inline policy."""

    name: str
    arn: str | None
    """None for an inline policy."""
    path: str
    description: str | None
    policy: Policy | None
    """None where its text could not be read."""
    document: str
    """Its default version's text as IAM holds it."""


@dataclass(frozen=True)
class LiveRole:
    """An IAM role that a SAML provider may be trusted by."""

    arn: str
    name: str
    path: str
    description: str | None
    max_session_duration: int
    """Seconds."""
    trust: Policy | None
    trust_document: str
    policies: tuple[LivePolicy, ...] | None
    """Attached and inline; None where they could not be listed."""
    boundary_arn: str | None
    boundary: LivePolicy | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LiveAccessKey:
    """An access key of the API user; the secret is not to be had."""

    id: str
    active: bool
    created: datetime
    last_used: datetime | None
    last_used_known: bool = True


@dataclass(frozen=True)
class LiveApiUser:
    """The IAM user whose key lets Okta read the account's roles."""

    arn: str
    name: str
    path: str
    keys: tuple[LiveAccessKey, ...] | None
    policies: tuple[LivePolicy, ...] | None
    boundary_arn: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LiveAccount:
    """An AWS account, in one region, as far as sign-in goes."""

    account_id: str
    region: str
    partition: str
    """`aws`, `aws-us-gov`."""
    instance: LiveInstance | None
    """None where the one that was asked for is not there."""
    users: Mapping[str, LiveUser] | None
    """By name; None where they could not be read."""
    profiles: Mapping[str, LiveProfile]
    """By id."""
    routing_profiles: Mapping[str, str]
    """Names by id; empty unless settings were asked for."""
    hierarchy_groups: Mapping[str, tuple[str, ...]]
    """Paths of names by id; empty unless settings were asked for."""
    saml_providers: Mapping[str, LiveSamlProvider]
    """By ARN: those that were asked for, or all."""
    roles: Mapping[str, LiveRole]
    """By ARN."""
    missing_roles: tuple[str, ...] = ()
    """ARNs that were asked for and do not exist. A role of that name under another path is in `roles`."""
    missing_saml_providers: tuple[str, ...] = ()
    """ARNs that were asked for and do not exist."""
    api_user: LiveApiUser | None = None
    """None where none was asked for, or it is not there."""
    unread: tuple[Unread, ...] = ()

    def could_not_read(self, about: str) -> bool:
        """Whether a thing is absent here because it could not be read; see `Unread.about`."""
        return any(unread.about == about for unread in self.unread)


# Okta


@dataclass(frozen=True, slots=True)
class LivePerson:
    """Somebody in Okta: no attribute but these is kept."""

    id: str
    login: str
    name_source: str | None
    """The value of the attribute that the environment takes the Connect name from; None where the profile has none."""
    status: str
    """Okta's: `ACTIVE`, `SUSPENDED`, `DEPROVISIONED`, …"""

    @property
    def may_sign_in(self) -> bool:
        """Whether Okta lets the person sign in, now or after a step of the person's own (a new password, say).

        https://developer.okta.com/docs/concepts/user-status/
        """
        return self.status not in {*BARRED, STAGED}


@dataclass(frozen=True, slots=True)
class LiveAppUser:
    """An assignment of a person to an app, by hand or through a group."""

    person_id: str
    scope: str
    """`USER` or `GROUP`."""
    user_name: str
    """The app's user name for the person: what the assertion carries."""
    status: str
    role: str | None
    saml_roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveAppGroup:
    """An assignment of a group to an app."""

    group_id: str
    role: str | None
    saml_roles: tuple[str, ...]


@dataclass(frozen=True)
class LiveGroup:
    """A group of the org."""

    id: str
    name: str
    description: str | None
    type: str
    """`OKTA_GROUP`, `APP_GROUP`, `BUILT_IN`."""
    members: tuple[LivePerson, ...] | None
    """None where they could not be read, or were not asked for."""


@dataclass(frozen=True)
class LiveRule:
    """A group rule."""

    id: str
    name: str
    status: str
    """`ACTIVE`, `INACTIVE`, `INVALID`."""
    expression: str
    group_ids: tuple[str, ...]


@dataclass(frozen=True)
class LiveApp:
    """A SAML app of the org."""

    id: str
    label: str
    name: str
    """The catalogue's, `amazon_aws` for AWS Account Federation; Okta's own for a custom app."""
    status: str
    """`ACTIVE` or `INACTIVE`."""
    sign_on_mode: str
    """`SAML_2_0`, …"""
    catalogue: bool
    """Whether it is the catalogue's AWS Account Federation."""
    settings: Mapping[str, Any]
    """`settings.app`: identityProviderArn, groupFilter, roleValuePattern, sessionDuration, …; without credentials of the API integration."""
    sign_on: Mapping[str, Any]
    """`settings.signOn`: relay state, ACS URL, recipient, audience, attribute statements, …"""
    user_name_template: str
    features: frozenset[str]
    """Provisioning features, such as `PUSH_NEW_USERS`: API integration is on."""
    metadata: Metadata | None
    metadata_document: str
    """As Okta serves it for the active signing key."""
    metadata_problem: str
    authentication_policy_id: str | None
    authentication_policy: str | None
    """Its name; None where it could not be read or the org has none (before Identity Engine)."""
    groups: tuple[LiveAppGroup, ...] | None
    users: tuple[LiveAppUser, ...] | None
    """All assignments, also those that came through a group."""
    presentation: Mapping[str, Any] | None = None
    """`accessibility`, `visibility` and `notes`: how people and administrators see it; None where nobody looked."""

    @property
    def active(self) -> bool:
        """Whether it signs people in."""
        return self.status == "ACTIVE"


@dataclass(frozen=True)
class LiveOrg:
    """An Okta org, as far as sign-in goes."""

    url: str
    """`https://acme.okta.com`."""
    apps: tuple[LiveApp, ...]
    groups: Mapping[str, LiveGroup]
    """By id: those that are assigned to the apps or were asked for by name, with their members."""
    rules: tuple[LiveRule, ...] | None
    """Those that fill one of `groups`."""
    people: Mapping[str, LivePerson] = field(default_factory=dict)
    """By id: members, people assigned one by one, and those that were looked up by login."""
    unread: tuple[Unread, ...] = ()

    def could_not_read(self, about: str) -> bool:
        """Whether a thing is absent here because it could not be read; see `Unread.about`."""
        return any(unread.about == about for unread in self.unread)
