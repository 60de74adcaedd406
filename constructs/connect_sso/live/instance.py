"""The Amazon Connect instance of an account: what it is, who its users are, what their profiles allow."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from connect_sso.errors import Failure
from connect_sso.facts.profiles import BUILT_IN
from connect_sso.live.aws import AwsClient
from connect_sso.live.model import INSTANCE, USERS, LiveInstance, LiveProfile, LiveStorage, LiveUser, Unread
from connect_sso.live.reading import Denied, Missing, Parts, Progress

STORAGE_KINDS = (
    "CALL_RECORDINGS",
    "CHAT_TRANSCRIPTS",
    "SCHEDULED_REPORTS",
    "EMAIL_MESSAGES",
    "ATTACHMENTS",
    "SCREEN_RECORDINGS",
    "CONTACT_EVALUATIONS",
    "MEDIA_STREAMS",
    "CONTACT_TRACE_RECORDS",
    "AGENT_EVENTS",
    "REAL_TIME_CONTACT_ANALYSIS_CHAT_SEGMENTS",
    "REAL_TIME_CONTACT_ANALYSIS_VOICE_SEGMENTS",
)
"""What an instance may store. https://docs.aws.amazon.com/connect/latest/APIReference/API_ListInstanceStorageConfigs.html"""

USERS_PER_INSTANCE = "L-9A46857E"
"""The quota's code. https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html"""

MOST_USERS, MOST_LISTED, MOST_GROUPS, MOST_ORIGINS, MOST_INSTANCES = 500, 1000, 100, 25, 10
"""The most that a page of each list holds."""

_LEVELS = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")
_INSTANCE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_instance(aws: AwsClient, named: str) -> Mapping[str, Any] | None:
    """What AWS says of an instance, by its id, or by its alias without regard to case; None where there is none.

    Raises:
        Denied: these credentials may not look.
        Failure: AWS cannot be asked.
    """
    if _INSTANCE_ID.fullmatch(named):
        try:
            found: Mapping[str, Any] = aws.call("connect", "DescribeInstance", InstanceId=named)["Instance"]
        except Missing:
            return None
        return found
    everything = aws.pages("connect", "ListInstances", "InstanceSummaryList", MaxResults=MOST_INSTANCES)
    return next((one for one in everything if str(one.get("InstanceAlias", "")).lower() == named.lower()), None)


def read_instance(
    aws: AwsClient, named: str, parts: Parts, storage_kinds: Collection[str] = STORAGE_KINDS
) -> LiveInstance | None:
    """An instance with its settings; None where there is none, or it may not be read.

    Args:
        aws: the account.
        named: id or alias.
        parts: takes what could not be read.
        storage_kinds: which kinds of storage to ask for, a call each.

    Raises:
        Failure: AWS cannot be asked.
    """
    found = parts.read(f"the Connect instance {named}", lambda: find_instance(aws, named), INSTANCE)
    if found is None:
        return None
    identifier, here = str(found["Id"]), {"InstanceId": str(found["Id"])}
    attributes = parts.read_of(
        "what the instance has switched on",
        lambda: {
            str(one["AttributeType"]): str(one["Value"]).lower() == "true"
            for one in aws.pages("connect", "ListInstanceAttributes", "Attributes", **here)
        },
        "connect:ListInstanceAttributes",
    )
    storage = parts.read_of(
        "where the instance stores recordings",
        lambda: tuple(one for kind in storage_kinds for one in _storage(aws, identifier, kind)),
        "connect:ListInstanceStorageConfigs",
    )
    origins = parts.read_of(
        "the approved origins",
        lambda: tuple(aws.pages("connect", "ListApprovedOrigins", "Origins", MaxResults=MOST_ORIGINS, **here)),
        "connect:ListApprovedOrigins",
    )
    return LiveInstance(
        id=identifier,
        arn=str(found["Arn"]),
        alias=found.get("InstanceAlias"),
        status=str(found.get("InstanceStatus", "")),
        identity_management=str(found.get("IdentityManagementType", "")),
        attributes=attributes or {},
        storage=storage,
        origins=origins,
        user_quota=_quota(aws, str(found["Arn"]), parts),
    )


def _storage(aws: AwsClient, instance_id: str, kind: str) -> Iterator[LiveStorage]:
    listed = aws.pages(
        "connect", "ListInstanceStorageConfigs", "StorageConfigs", InstanceId=instance_id, ResourceType=kind
    )
    for one in listed:
        s3 = one.get("S3Config") or {}
        encryption = s3.get("EncryptionConfig") or (one.get("KinesisVideoStreamConfig") or {}).get("EncryptionConfig")
        yield LiveStorage(
            association_id=str(one["AssociationId"]),
            kind=kind,
            storage_type=str(one["StorageType"]),
            bucket=s3.get("BucketName"),
            prefix=s3.get("BucketPrefix"),
            kms_key_arn=(encryption or {}).get("KeyId"),
        )


def _quota(aws: AwsClient, instance_arn: str, parts: Parts) -> int | None:
    """How many users the instance may have; nothing depends on it, so nothing fails without it."""
    what, asked = "how many users the instance may have", {"ServiceCode": "connect", "QuotaCode": USERS_PER_INSTANCE}

    def ask() -> int:
        # The quota is each instance's own.
        answer = aws.call("service-quotas", "GetServiceQuota", **asked, ContextId=instance_arn)
        return int(answer["Quota"]["Value"])

    try:
        return parts.read(what, ask)
    except Missing:
        return None
    except Failure as failure:
        parts.unread.append(Unread(what, "servicequotas:GetServiceQuota", str(failure)))
        return None


def read_users(
    aws: AwsClient, instance_id: str, parts: Parts, progress: Progress, *, settings: bool
) -> dict[str, LiveUser] | None:
    """The users of an instance by name, by pages of 500; None where they may not be read, or not all of them were given.

    Args:
        aws: the account.
        instance_id: whose users.
        parts: takes what could not be read.
        progress: is told how many there are so far.
        settings: whether to keep what supervisors set, and names.

    Raises:
        Failure: AWS cannot be asked.
    """

    def every() -> dict[str, LiveUser]:
        found: dict[str, LiveUser] = {}
        profiles: dict[tuple[str, ...], tuple[str, ...]] = {}
        about = 0
        for answer in aws.answers("connect", "SearchUsers", InstanceId=instance_id, MaxResults=MOST_USERS):
            about = int(answer.get("ApproximateTotalCount") or 0)
            for one in answer.get("Users") or ():
                ids = tuple(one.get("SecurityProfileIds") or ())
                # Thousands have the same ones.
                user = _user(one, profiles.setdefault(ids, ids), settings=settings)
                found[user.name] = user
            progress("Connect users", len(found))
        # A search may not give everybody; whoever it leaves out must not count as gone.
        if len(found) < about and (left_out := names() - found.keys()):
            raise Denied("the rest of them", f"SearchUsers gave {len(found):,} users and left out {len(left_out):,}")
        return found

    def names() -> set[str]:
        listed = aws.pages("connect", "ListUsers", "UserSummaryList", InstanceId=instance_id, MaxResults=MOST_LISTED)
        return {str(one["Username"]) for one in listed}

    return parts.read("the Connect users", every, USERS)


def _user(one: Mapping[str, Any], profile_ids: tuple[str, ...], *, settings: bool) -> LiveUser:
    identifier, name = str(one["Id"]), str(one["Username"])
    if not settings:
        return LiveUser(identifier, name, profile_ids)
    identity, phone = one.get("IdentityInfo") or {}, one.get("PhoneConfig") or {}
    return LiveUser(
        id=identifier,
        name=name,
        security_profile_ids=profile_ids,
        first_name=identity.get("FirstName"),
        last_name=identity.get("LastName"),
        routing_profile_id=one.get("RoutingProfileId"),
        phone_type=phone.get("PhoneType"),
        desk_phone_number=phone.get("DeskPhoneNumber"),
        hierarchy_group_id=one.get("HierarchyGroupId"),
        tags=dict(one.get("Tags") or {}),
        after_contact_work_seconds=phone.get("AfterContactWorkTimeLimit"),
        auto_accept=phone.get("AutoAccept"),
    )


def read_profiles(
    aws: AwsClient, instance_id: str, parts: Parts, permissions_of: Collection[str] = ()
) -> dict[str, LiveProfile] | None:
    """The security profiles by id; None where they may not be listed.

    Args:
        aws: the account.
        instance_id: whose profiles.
        parts: takes what could not be read.
        permissions_of: the ids of those whose permissions are wanted; of built-in ones they are known, and not asked for.

    Raises:
        Failure: AWS cannot be asked.
    """
    here = {"InstanceId": instance_id, "MaxResults": MOST_LISTED}

    def permissions(identifier: str) -> frozenset[str]:
        asked = here | {"SecurityProfileId": identifier}
        return frozenset(aws.pages("connect", "ListSecurityProfilePermissions", "Permissions", **asked))

    def every() -> dict[str, LiveProfile]:
        found = {}
        for one in aws.pages("connect", "ListSecurityProfiles", "SecurityProfileSummaryList", **here):
            identifier, name = str(one["Id"]), str(one["Name"])
            own = identifier in permissions_of and name not in BUILT_IN
            allows = (
                parts.read(f"what the security profile {name} allows", partial(permissions, identifier))
                if own
                else None
            )
            found[identifier] = LiveProfile(identifier, name, allows)
        return found

    return parts.read("the security profiles", every)


def read_routing_profiles(aws: AwsClient, instance_id: str, parts: Parts) -> dict[str, str]:
    """The names of the routing profiles by id.

    Raises:
        Failure: AWS cannot be asked.
    """
    asked = {"InstanceId": instance_id, "MaxResults": MOST_LISTED}
    found = parts.read(
        "the routing profiles",
        lambda: {
            str(one["Id"]): str(one["Name"])
            for one in aws.pages("connect", "ListRoutingProfiles", "RoutingProfileSummaryList", **asked)
        },
    )
    return found or {}


def read_hierarchy_groups(aws: AwsClient, instance_id: str, parts: Parts) -> dict[str, tuple[str, ...]]:
    """The agents' hierarchy: by id the names on the way to each group, its own last.

    Raises:
        Failure: AWS cannot be asked.
    """
    asked = {"InstanceId": instance_id, "MaxResults": MOST_GROUPS}
    found = parts.read_of(
        "the agents' hierarchy",
        lambda: {
            str(one["Id"]): tuple(
                str(one["HierarchyPath"][level]["Name"]) for level in _LEVELS if one["HierarchyPath"].get(level)
            )
            for one in aws.pages("connect", "SearchUserHierarchyGroups", "UserHierarchyGroups", **asked)
        },
        "connect:SearchUserHierarchyGroups",
    )
    return found or {}
