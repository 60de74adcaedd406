"""Amazon Connect over HTTP: instances, users, profiles, hierarchy, approved origins.

Which requests there are, and what they and their answers look like, botocore's description says; what is refused, the types of the
plugin door. https://docs.aws.amazon.com/connect/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import datetime
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

from tests.sandbox.aws.account import NOW, Account
from tests.sandbox.aws.connect import PROFILES, TYPES, instance, profiles
from tests.sandbox.cloud import uuid
from tests.sandbox.http.model import Model, NotModelled, aws_error, not_authorized
from tests.sandbox.http.shapes import ServiceError, service
from tests.sandbox.plugin import Refused, Values

INSTANCE = "aws_connect_instance"
STORAGE = "aws_connect_instance_storage_config"
USER = "aws_connect_user"
STRUCTURE = "connect_hierarchy_structure"
GROUP = "connect_hierarchy_group"
ORIGIN = "connect_approved_origin"

ATTRIBUTES = {
    "INBOUND_CALLS": "inbound_calls_enabled",
    "OUTBOUND_CALLS": "outbound_calls_enabled",
    "CONTACTFLOW_LOGS": "contact_flow_logs_enabled",
    "CONTACT_LENS": "contact_lens_enabled",
    "AUTO_RESOLVE_BEST_VOICES": "auto_resolve_best_voices_enabled",
    "EARLY_MEDIA": "early_media_enabled",
    "MULTI_PARTY_CONFERENCE": "multi_party_conference_enabled",
}
"""What InstanceAttributeType calls what the provider has arguments for."""

OTHER_ATTRIBUTES = ("USE_CUSTOM_TTS_VOICES", "HIGH_VOLUME_OUTBOUND", "ENHANCED_CONTACT_MONITORING")
LEVELS = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")
CREATED = datetime.datetime.fromisoformat(NOW)
PAGE = 100
"""How many items a list has that is not told how many."""

QUEUE = "BasicQueue"
"""The queue that comes with every instance."""


@dataclass
class Quota:
    """So many calls a second for each operation, in each account and region; a burst may be above that.

    https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html#api-throttling-quotas
    """

    rate: float = 2
    burst: float = 5
    _left: dict[object, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: object) -> bool:
        """Whether one more call is within the quota."""
        with self._lock:
            now = time.monotonic()
            left, since = self._left.get(key, (self.burst, now))
            left = min(self.burst, left + (now - since) * self.rate)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            return left >= 1


class Connect:
    """The service.

    Args:
        quota: how many calls there may be, or None for any number.
        setting_up: seconds that a new instance is being created.
        denied: the actions that nobody may.
    """

    def __init__(
        self, quota: Quota | None = None, setting_up: float = 0, denied: Collection[str] = frozenset()
    ) -> None:
        self.service = service("connect")
        self.quota = quota
        self.setting_up = setting_up
        self.denied = denied
        self._born: dict[str, float] = defaultdict(float)

    def __call__(self, request: Request, account: Account) -> tuple[str, Response]:
        """The operation that a request asked for, and the answer."""
        operation, parameters = self.service.read(request)
        try:
            if (action := f"connect:{operation.name}") in self.denied:
                raise ServiceError("AccessDeniedException", not_authorized(action))
            self.service.check(operation, parameters)
            if self.quota and not self.quota.take((account.account_id, account.region, operation.name)):
                raise ServiceError("TooManyRequestsException", "Too Many Requests")
            return operation.name, self.service.answer(operation, self.perform(account, operation.name, parameters))
        except ServiceError as error:
            return operation.name, self.service.error(operation, error)

    def perform(self, account: Account, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Do what an operation does, whoever asks for it.

        Raises:
            ServiceError: it is refused.
        """
        method: Callable[..., Any] | None = getattr(_Requests, operation, None)
        if method is None:
            raise NotModelled(f"connect {operation}")
        try:
            return method(_Requests(self, account), **parameters)
        except Refused as refusal:
            raise ServiceError(*aws_error(refusal, "InvalidParameterException")) from refusal

    def is_ready(self, identifier: str) -> bool:
        """Whether an instance is no longer being created."""
        return time.monotonic() >= self._born[identifier]

    def begin(self, identifier: str) -> None:
        """Note that an instance is being created from now on."""
        self._born[identifier] = time.monotonic() + self.setting_up


class _Requests:
    """The operations by name; the parameters are those of the API."""

    def __init__(self, connect: Connect, account: Account) -> None:
        self.connect = connect
        self.account = account
        self.cloud = account.cloud
        self.model = Model("aws", account.cloud, account, TYPES)

    # Instances

    def CreateInstance(
        self,
        *,
        IdentityManagementType: str,
        InboundCallsEnabled: bool,
        OutboundCallsEnabled: bool,
        InstanceAlias: str | None = None,
        Tags: dict[str, str] | None = None,
        ClientToken: str = "",
    ) -> Values:
        if InstanceAlias is None:
            raise ServiceError("InvalidRequestException", "InstanceAlias is required for this directory type")
        try:
            body = self.model.create(
                INSTANCE,
                identity_management_type=IdentityManagementType,
                instance_alias=InstanceAlias,
                inbound_calls_enabled=InboundCallsEnabled,
                outbound_calls_enabled=OutboundCallsEnabled,
                tags=Tags or None,
            )
        except Refused as refusal:  # this operation knows InvalidRequestException alone
            raise ServiceError("InvalidRequestException", aws_error(refusal, "")[1]) from refusal
        self.connect.begin(body["id"])
        return {"Id": body["id"], "Arn": body["arn"]}

    def DescribeInstance(self, *, InstanceId: str) -> Values:
        body = self._instance(InstanceId)
        return {"Instance": self._summary(body) | {"Tags": _tags(body)}}

    def ListInstances(self, **page: Any) -> Values:
        here = self.account.arn("connect", "instance/")
        made = [body for body in self.cloud.all(INSTANCE) if body["arn"].startswith(here)]
        everything = [*made, *self.cloud.company["connect_instances"]]
        return _page("InstanceSummaryList", [self._summary(body) for body in everything], **page)

    def DeleteInstance(self, *, InstanceId: str, ClientToken: str = "") -> None:
        body = self._instance(InstanceId)
        for type_name in (USER, STORAGE, GROUP, ORIGIN, *PROFILES.values()):
            for inner in self.model.all(type_name, instance_id=InstanceId):
                self.cloud.remove(type_name, _key(inner))
        self.model.delete(INSTANCE, body)

    def DescribeInstanceAttribute(self, *, InstanceId: str, AttributeType: str) -> Values:
        return {"Attribute": {"AttributeType": AttributeType, "Value": self._attribute(InstanceId, AttributeType)}}

    def ListInstanceAttributes(self, *, InstanceId: str, **page: Any) -> Values:
        kinds = (*ATTRIBUTES, *OTHER_ATTRIBUTES)
        found = [{"AttributeType": kind, "Value": self._attribute(InstanceId, kind)} for kind in kinds]
        return _page("Attributes", found, **page)

    def UpdateInstanceAttribute(
        self, *, InstanceId: str, AttributeType: str, Value: str, ClientToken: str = ""
    ) -> None:
        body = self._instance(InstanceId)
        if AttributeType not in ATTRIBUTES:
            raise NotModelled(f"connect instance attribute {AttributeType}")
        self.model.update(INSTANCE, body, **{ATTRIBUTES[AttributeType]: Value.lower() == "true"})

    # Storage

    def AssociateInstanceStorageConfig(
        self, *, InstanceId: str, ResourceType: str, StorageConfig: Values, ClientToken: str = ""
    ) -> Values:
        self._instance(InstanceId)
        body = self.model.create(
            STORAGE, instance_id=InstanceId, resource_type=ResourceType, storage_config=[_storage(StorageConfig)]
        )
        return {"AssociationId": body["association_id"]}

    def DescribeInstanceStorageConfig(self, *, InstanceId: str, AssociationId: str, ResourceType: str) -> Values:
        return {"StorageConfig": _storage_answer(self._storage(InstanceId, AssociationId, ResourceType))}

    def ListInstanceStorageConfigs(self, *, InstanceId: str, ResourceType: str, **page: Any) -> Values:
        self._instance(InstanceId)
        found = self.model.all(STORAGE, instance_id=InstanceId, resource_type=ResourceType)
        return _page("StorageConfigs", [_storage_answer(body) for body in found], **page)

    def UpdateInstanceStorageConfig(
        self, *, InstanceId: str, AssociationId: str, ResourceType: str, StorageConfig: Values, ClientToken: str = ""
    ) -> None:
        body = self._storage(InstanceId, AssociationId, ResourceType)
        self.model.update(STORAGE, body, storage_config=[_storage(StorageConfig)])

    def DisassociateInstanceStorageConfig(
        self, *, InstanceId: str, AssociationId: str, ResourceType: str, ClientToken: str = ""
    ) -> None:
        self.model.delete(STORAGE, self._storage(InstanceId, AssociationId, ResourceType))

    # Origins

    def ListApprovedOrigins(self, *, InstanceId: str, **page: Any) -> Values:
        self._instance(InstanceId)
        return _page("Origins", [body["origin"] for body in self.model.all(ORIGIN, instance_id=InstanceId)], **page)

    def AssociateApprovedOrigin(self, *, InstanceId: str, Origin: str, ClientToken: str = "") -> None:
        self._instance(InstanceId)
        if self.model.all(ORIGIN, instance_id=InstanceId, origin=Origin):
            raise ServiceError("ResourceConflictException", f"{Origin} is an approved origin already")
        self._put(ORIGIN, uuid(ORIGIN, InstanceId, Origin), instance_id=InstanceId, origin=Origin)

    def DisassociateApprovedOrigin(self, *, InstanceId: str, Origin: str, ClientToken: str = "") -> None:
        self._instance(InstanceId)
        for body in self.model.all(ORIGIN, instance_id=InstanceId, origin=Origin):
            self.cloud.remove(ORIGIN, _key(body))

    # Users

    def CreateUser(
        self,
        *,
        InstanceId: str,
        Username: str,
        PhoneConfig: Values | None = None,
        SecurityProfileIds: list[str],
        RoutingProfileId: str,
        IdentityInfo: Values | None = None,
        Password: str | None = None,
        DirectoryUserId: str | None = None,
        HierarchyGroupId: str | None = None,
        Tags: dict[str, str] | None = None,
    ) -> Values:
        self._instance(InstanceId)
        self._group_exists(InstanceId, HierarchyGroupId)
        body = self.model.create(
            USER,
            instance_id=InstanceId,
            name=Username,
            identity_info=[_identity(IdentityInfo or {})],
            phone_config=[_phone(PhoneConfig or {"PhoneType": "SOFT_PHONE"})],
            security_profile_ids=SecurityProfileIds,
            routing_profile_id=RoutingProfileId,
            hierarchy_group_id=HierarchyGroupId,
            password=Password,
            directory_user_id=DirectoryUserId,
            tags=Tags or None,
        )
        self.cloud.put(USER, f"{InstanceId}/{Username}", body | {"password": None})
        return {"UserId": body["user_id"], "UserArn": body["arn"]}

    def DescribeUser(self, *, InstanceId: str, UserId: str) -> Values:
        body = self._user(InstanceId, UserId)
        identity: Values = next(iter(body["identity_info"]), {})
        whole = {"Email": identity.get("email"), "SecondaryEmail": identity.get("secondary_email")}
        found = _user_answer(body)
        found["IdentityInfo"] |= {name: value for name, value in whole.items() if value}
        return {"User": found | {"LastModifiedTime": CREATED, "LastModifiedRegion": self.account.region}}

    def ListUsers(self, *, InstanceId: str, **page: Any) -> Values:
        self._instance(InstanceId)
        found = [
            self._listed(body["user_id"], body["arn"]) | {"Username": body["name"]}
            for body in self.model.all(USER, instance_id=InstanceId)
        ]
        return _page("UserSummaryList", found, **page)

    def SearchUsers(
        self, *, InstanceId: str, SearchCriteria: Values | None = None, SearchFilter: Values | None = None, **page: Any
    ) -> Values:
        self._instance(InstanceId)
        if SearchFilter:
            raise NotModelled("connect SearchUsers with a SearchFilter")
        found = [
            _user_answer(body)
            for body in self.model.all(USER, instance_id=InstanceId)
            if _matches(body, SearchCriteria or {})
        ]
        return _page("Users", found, **page) | {"ApproximateTotalCount": len(found)}

    def UpdateUserIdentityInfo(self, *, InstanceId: str, UserId: str, IdentityInfo: Values) -> None:
        self.model.update(USER, self._user(InstanceId, UserId), identity_info=[_identity(IdentityInfo)])

    def UpdateUserPhoneConfig(self, *, InstanceId: str, UserId: str, PhoneConfig: Values) -> None:
        self.model.update(USER, self._user(InstanceId, UserId), phone_config=[_phone(PhoneConfig)])

    def UpdateUserRoutingProfile(self, *, InstanceId: str, UserId: str, RoutingProfileId: str) -> None:
        self.model.update(USER, self._user(InstanceId, UserId), routing_profile_id=RoutingProfileId)

    def UpdateUserSecurityProfiles(self, *, InstanceId: str, UserId: str, SecurityProfileIds: list[str]) -> None:
        self.model.update(USER, self._user(InstanceId, UserId), security_profile_ids=SecurityProfileIds)

    def UpdateUserHierarchy(self, *, InstanceId: str, UserId: str, HierarchyGroupId: str | None = None) -> None:
        self._group_exists(InstanceId, HierarchyGroupId)
        self.model.update(USER, self._user(InstanceId, UserId), hierarchy_group_id=HierarchyGroupId)

    def DeleteUser(self, *, InstanceId: str, UserId: str) -> None:
        self.model.delete(USER, self._user(InstanceId, UserId))

    # Profiles

    def ListSecurityProfiles(self, *, InstanceId: str, **page: Any) -> Values:
        return _page("SecurityProfileSummaryList", self._profile_list(InstanceId, "security_profiles"), **page)

    def DescribeSecurityProfile(self, *, InstanceId: str, SecurityProfileId: str) -> Values:
        body = self._profile(InstanceId, "security_profiles", SecurityProfileId)
        return {
            "SecurityProfile": {
                "Id": SecurityProfileId,
                "Arn": self._inner(InstanceId, "security-profile", SecurityProfileId),
                "SecurityProfileName": body["name"],
                "Description": body["description"] or None,
                "Tags": _tags(body),
                "OrganizationResourceId": InstanceId,
                "LastModifiedTime": CREATED,
                "LastModifiedRegion": self.account.region,
            }
        }

    def ListSecurityProfilePermissions(self, *, InstanceId: str, SecurityProfileId: str, **page: Any) -> Values:
        body = self._profile(InstanceId, "security_profiles", SecurityProfileId)
        return _page("Permissions", body["permissions"], **page)

    def CreateSecurityProfile(
        self,
        *,
        InstanceId: str,
        SecurityProfileName: str,
        Description: str = "",
        Permissions: list[str] | None = None,
        Tags: dict[str, str] | None = None,
    ) -> Values:
        identifier = self._make_profile(
            InstanceId, "security_profiles", SecurityProfileName, Description, Tags, permissions=Permissions or []
        )
        arn = self._inner(InstanceId, "security-profile", identifier)
        return {"SecurityProfileId": identifier, "SecurityProfileArn": arn}

    def ListRoutingProfiles(self, *, InstanceId: str, **page: Any) -> Values:
        return _page("RoutingProfileSummaryList", self._profile_list(InstanceId, "routing_profiles"), **page)

    def DescribeRoutingProfile(self, *, InstanceId: str, RoutingProfileId: str) -> Values:
        body = self._profile(InstanceId, "routing_profiles", RoutingProfileId)
        everybody = self.model.all(USER, instance_id=InstanceId, routing_profile_id=RoutingProfileId)
        return {
            "RoutingProfile": {
                "InstanceId": InstanceId,
                "RoutingProfileId": RoutingProfileId,
                "RoutingProfileArn": self._inner(InstanceId, "routing-profile", RoutingProfileId),
                "Name": body["name"],
                "Description": body["description"],
                "DefaultOutboundQueueId": body.get("queue", uuid("queue", InstanceId, QUEUE)),
                "MediaConcurrencies": body.get("media", [{"Channel": "VOICE", "Concurrency": 1}]),
                "NumberOfAssociatedQueues": 0 if "queue" in body else 1,
                "NumberOfAssociatedUsers": len(everybody),
                "Tags": _tags(body),
                "LastModifiedTime": CREATED,
                "LastModifiedRegion": self.account.region,
            }
        }

    def ListRoutingProfileQueues(self, *, InstanceId: str, RoutingProfileId: str, **page: Any) -> Values:
        body = self._profile(InstanceId, "routing_profiles", RoutingProfileId)
        queue = uuid("queue", InstanceId, QUEUE)
        with_each = {
            "QueueId": queue,
            "QueueArn": self._inner(InstanceId, "queue", queue),
            "QueueName": QUEUE,
            "Priority": 1,
            "Delay": 0,
            "Channel": "VOICE",
        }
        return _page("RoutingProfileQueueConfigSummaryList", [] if "queue" in body else [with_each], **page)

    def CreateRoutingProfile(
        self,
        *,
        InstanceId: str,
        Name: str,
        Description: str,
        DefaultOutboundQueueId: str,
        MediaConcurrencies: list[Values],
        Tags: dict[str, str] | None = None,
    ) -> Values:
        if DefaultOutboundQueueId != uuid("queue", InstanceId, QUEUE):
            raise ServiceError("ResourceNotFoundException", f"queue {DefaultOutboundQueueId}")
        media = {"queue": DefaultOutboundQueueId, "media": MediaConcurrencies}
        identifier = self._make_profile(InstanceId, "routing_profiles", Name, Description, Tags, **media)
        arn = self._inner(InstanceId, "routing-profile", identifier)
        return {"RoutingProfileId": identifier, "RoutingProfileArn": arn}

    def ListQueues(self, *, InstanceId: str, QueueTypes: list[str] | None = None, **page: Any) -> Values:
        self._instance(InstanceId)
        queue = uuid("queue", InstanceId, QUEUE)
        listed = self._listed(queue, self._inner(InstanceId, "queue", queue))
        standard = [] if QueueTypes and "STANDARD" not in QueueTypes else [listed]
        return _page("QueueSummaryList", [one | {"Name": QUEUE, "QueueType": "STANDARD"} for one in standard], **page)

    # Hierarchy

    def DescribeUserHierarchyStructure(self, *, InstanceId: str) -> Values:
        self._instance(InstanceId)
        found = self.cloud.get(STRUCTURE, InstanceId) or {"levels": {}}
        return {
            "HierarchyStructure": {
                level: {
                    "Id": self._level(InstanceId, level),
                    "Arn": self._inner(InstanceId, "agent-group-level", self._level(InstanceId, level)),
                    "Name": name,
                    "LastModifiedTime": CREATED,
                    "LastModifiedRegion": self.account.region,
                }
                for level, name in found["levels"].items()
            }
        }

    def UpdateUserHierarchyStructure(self, *, InstanceId: str, HierarchyStructure: Values) -> None:
        self._instance(InstanceId)
        levels = {level: given["Name"] for level, given in HierarchyStructure.items() if given and given.get("Name")}
        in_use = {_depth(self.cloud, body) for body in self.model.all(GROUP, instance_id=InstanceId)}
        if any(LEVELS[depth] not in levels for depth in in_use):
            raise ServiceError("ResourceInUseException", "a level that has groups cannot be removed")
        self._put(STRUCTURE, InstanceId, key=InstanceId, levels=levels)

    def CreateUserHierarchyGroup(
        self, *, InstanceId: str, Name: str, ParentGroupId: str | None = None, Tags: dict[str, str] | None = None
    ) -> Values:
        self._instance(InstanceId)
        self._group_exists(InstanceId, ParentGroupId)
        if self.model.all(GROUP, instance_id=InstanceId, name=Name, parent=ParentGroupId):
            raise ServiceError("DuplicateResourceException", f"a group {Name} exists there")
        identifier = uuid(GROUP, InstanceId, ParentGroupId, Name)
        values: Values = {"instance_id": InstanceId, "name": Name, "parent": ParentGroupId, "tags": Tags or {}}
        depth = _depth(self.cloud, values)
        levels = (self.cloud.get(STRUCTURE, InstanceId) or {"levels": {}})["levels"]
        if depth >= len(LEVELS) or LEVELS[depth] not in levels:
            raise ServiceError("InvalidRequestException", f"the hierarchy has no level {depth + 1}")
        self._put(GROUP, identifier, **values)
        return {
            "HierarchyGroupId": identifier,
            "HierarchyGroupArn": self._inner(InstanceId, "agent-group", identifier),
        }

    def DescribeUserHierarchyGroup(self, *, InstanceId: str, HierarchyGroupId: str) -> Values:
        self._instance(InstanceId)
        self._group_exists(InstanceId, HierarchyGroupId)
        way = list(reversed(list(_ancestry(self.cloud, HierarchyGroupId))))
        return {
            "HierarchyGroup": self._group(way[-1])
            | {
                "LevelId": self._level(InstanceId, LEVELS[len(way) - 1]),
                "HierarchyPath": {level: self._group(body) for level, body in zip(LEVELS, way, strict=False)},
                "Tags": way[-1]["tags"],
            }
        }

    def ListUserHierarchyGroups(self, *, InstanceId: str, **page: Any) -> Values:
        self._instance(InstanceId)
        found = [self._group(body) for body in self.model.all(GROUP, instance_id=InstanceId)]
        return _page("UserHierarchyGroupSummaryList", found, **page)

    def SearchUserHierarchyGroups(
        self, *, InstanceId: str, SearchCriteria: Values | None = None, SearchFilter: Values | None = None, **page: Any
    ) -> Values:
        self._instance(InstanceId)
        if SearchCriteria or SearchFilter:
            raise NotModelled("connect SearchUserHierarchyGroups with a search")
        found = [
            self.DescribeUserHierarchyGroup(InstanceId=InstanceId, HierarchyGroupId=body["id"])["HierarchyGroup"]
            for body in self.model.all(GROUP, instance_id=InstanceId)
        ]
        return _page("UserHierarchyGroups", found, **page) | {"ApproximateTotalCount": len(found)}

    # Tags

    def TagResource(self, *, resourceArn: str, tags: dict[str, str]) -> None:
        type_name, body = self._tagged(resourceArn)
        self._retag(type_name, body, _tags(body) | tags)

    def UntagResource(self, *, resourceArn: str, tagKeys: list[str]) -> None:
        type_name, body = self._tagged(resourceArn)
        self._retag(type_name, body, {name: value for name, value in _tags(body).items() if name not in tagKeys})

    def ListTagsForResource(self, *, resourceArn: str) -> Values:
        return {"tags": _tags(self._tagged(resourceArn)[1])}

    # What the operations share

    def _instance(self, identifier: str) -> Values:
        body = instance(self.account, identifier.rpartition("/")[2])  # an id or an ARN, as the API takes both
        if body is None or not body.get("arn", self.account.arn("connect", "")).startswith(
            self.account.arn("connect", "")
        ):
            raise ServiceError("ResourceNotFoundException", f"instance {identifier}")
        return body

    def _summary(self, body: Values) -> Values:
        ready = self.connect.is_ready(body["id"])
        created = body.get("created_time")
        return {
            "Id": body["id"],
            "Arn": body.get("arn", self.account.arn("connect", f"instance/{body['id']}")),
            "IdentityManagementType": body["identity_management_type"],
            "InstanceAlias": body["instance_alias"],
            "CreatedTime": datetime.datetime.fromisoformat(created) if created else CREATED,
            "ServiceRole": body.get("service_role"),
            "InstanceStatus": body["status"] if ready else "CREATION_IN_PROGRESS",
            "InboundCallsEnabled": body["inbound_calls_enabled"],
            "OutboundCallsEnabled": body["outbound_calls_enabled"],
            "InstanceAccessUrl": f"https://{body['instance_alias']}.my.connect.aws",
        }

    def _attribute(self, instance_id: str, kind: str) -> str:
        body = self._instance(instance_id)
        default = self.model.defaults(INSTANCE).get(ATTRIBUTES.get(kind, ""), False)
        return str(bool(body.get(ATTRIBUTES.get(kind, ""), default))).lower()

    def _storage(self, instance_id: str, association_id: str, resource_type: str) -> Values:
        self._instance(instance_id)
        found = self.model.all(
            STORAGE, instance_id=instance_id, association_id=association_id, resource_type=resource_type
        )
        if not found:
            raise ServiceError("ResourceNotFoundException", f"association {association_id}")
        return found[0]

    def _user(self, instance_id: str, user_id: str) -> Values:
        self._instance(instance_id)
        found = self.model.all(USER, instance_id=instance_id, user_id=user_id)
        if not found:
            raise ServiceError("ResourceNotFoundException", f"user {user_id}")
        return found[0]

    def _inner(self, instance_id: str, kind: str, identifier: str) -> str:
        return self.account.arn("connect", f"instance/{instance_id}/{kind}/{identifier}")

    def _listed(self, identifier: str, arn: str) -> Values:
        modified = {"LastModifiedTime": CREATED, "LastModifiedRegion": self.account.region}
        return {"Id": identifier, "Arn": arn, **modified}

    def _profiles(self, instance_id: str, kind: str) -> dict[str, Values]:
        self._instance(instance_id)
        return profiles(self.account, kind, instance_id)

    def _profile(self, instance_id: str, kind: str, identifier: str) -> Values:
        found = self._profiles(instance_id, kind)
        if identifier not in found:
            raise ServiceError("ResourceNotFoundException", f"{kind.removesuffix('s').replace('_', ' ')} {identifier}")
        return found[identifier]

    def _profile_list(self, instance_id: str, kind: str) -> list[Values]:
        arn = kind.removesuffix("s").replace("_", "-")
        return [
            self._listed(identifier, self._inner(instance_id, arn, identifier)) | {"Name": body["name"]}
            for identifier, body in self._profiles(instance_id, kind).items()
        ]

    def _make_profile(
        self, instance_id: str, kind: str, name: str, description: str, tags: dict[str, str] | None, **more: Any
    ) -> str:
        if any(body["name"] == name for body in self._profiles(instance_id, kind).values()):
            raise ServiceError("DuplicateResourceException", f"a profile {name} exists")
        identifier = uuid("made", kind, instance_id, name)
        values: Values = {"instance_id": instance_id, "name": name, "description": description, "tags": tags or {}}
        self._put(PROFILES[kind], identifier, **values, **more)
        return identifier

    def _level(self, instance_id: str, level: str) -> str:
        return uuid("level", instance_id, level)

    def _group(self, body: Values) -> Values:
        arn = self._inner(body["instance_id"], "agent-group", body["id"])
        return self._listed(body["id"], arn) | {"Name": body["name"]}

    def _group_exists(self, instance_id: str, identifier: str | None) -> None:
        if identifier and not self.model.all(GROUP, instance_id=instance_id, id=identifier):
            raise ServiceError("ResourceNotFoundException", f"hierarchy group {identifier}")

    def _put(self, type_name: str, identifier: str, key: str | None = None, **values: Any) -> None:
        values |= {"id": identifier, "arn": self.account.arn("connect", f"{type_name}/{identifier}")}
        self.cloud.put(type_name, key or _key(values), values)

    def _tagged(self, arn: str) -> tuple[str, Values]:
        for type_name in (INSTANCE, USER):
            for body in self.cloud.all(type_name):
                if body["arn"] == arn:
                    return type_name, body
        raise ServiceError("ResourceNotFoundException", arn)

    def _retag(self, type_name: str, body: Values, tags: dict[str, str]) -> None:
        self.cloud.put(type_name, TYPES[type_name].key(self.account, body), body | {"tags": tags, "tags_all": tags})


def _key(body: Mapping[str, Any]) -> str:
    """How objects are found that have no type in the plugin door; users and storage are found as that finds them."""
    if "user_id" in body:
        return f"{body['instance_id']}/{body['name']}"
    return f"{body['instance_id']}/{body.get('resource_type') or body['id']}"


def _tags(body: Values) -> dict[str, str]:
    return dict(body.get("tags_all") or body.get("tags") or {})


def _page(name: str, items: list[Any], MaxResults: int = PAGE, NextToken: str | None = None) -> Values:
    """One page of a list, and the token of the next, where there is one."""
    try:
        start = int(base64.urlsafe_b64decode(NextToken)) if NextToken else 0
    except ValueError as error:
        raise ServiceError("InvalidRequestException", "NextToken is not valid") from error
    end = start + MaxResults
    token = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
    return {name: items[start:end], "NextToken": token}


def _identity(given: Values) -> Values:
    names = {"FirstName": "first_name", "LastName": "last_name", "Email": "email", "SecondaryEmail": "secondary_email"}
    return {ours: given.get(theirs) for theirs, ours in names.items()}


def _phone(given: Values) -> Values:
    return {
        "phone_type": given["PhoneType"],
        "auto_accept": given.get("AutoAccept", False),
        "after_contact_work_time_limit": given.get("AfterContactWorkTimeLimit", 0),
        "desk_phone_number": given.get("DeskPhoneNumber"),
    }


def _user_answer(body: Values) -> Values:
    """A user as both DescribeUser and SearchUsers answer; e-mail addresses are DescribeUser's alone."""
    identity: Values = next(iter(body["identity_info"]), {})
    phone: Values = next(iter(body["phone_config"]), {})
    return {
        "Id": body["user_id"],
        "Arn": body["arn"],
        "Username": body["name"],
        "IdentityInfo": {"FirstName": identity.get("first_name"), "LastName": identity.get("last_name")},
        "PhoneConfig": {
            "PhoneType": phone.get("phone_type"),
            "AutoAccept": bool(phone.get("auto_accept")),
            "AfterContactWorkTimeLimit": phone.get("after_contact_work_time_limit") or 0,
            "DeskPhoneNumber": phone.get("desk_phone_number") or None,
        },
        "DirectoryUserId": body["directory_user_id"],
        "SecurityProfileIds": body["security_profile_ids"],
        "RoutingProfileId": body["routing_profile_id"],
        "HierarchyGroupId": body["hierarchy_group_id"] or None,
        "Tags": _tags(body),
    }


SEARCHED: dict[str, Callable[[Values], str]] = {
    "Username": lambda body: str(body["name"]),
    "FirstName": lambda body: str(body["identity_info"][0]["first_name"]),
    "LastName": lambda body: str(body["identity_info"][0]["last_name"]),
    "RoutingProfileId": lambda body: str(body["routing_profile_id"]),
    "ResourceId": lambda body: str(body["user_id"]),
}
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EXACT": lambda held, asked: held == asked,
    "STARTS_WITH": str.startswith,
    "CONTAINS": lambda held, asked: asked in held,
}


def _matches(body: Values, criteria: Values) -> bool:
    """Whether a user meets search criteria; without regard to case, as the API documents of StringCondition."""
    for kind, wanted in criteria.items():
        if kind == "AndConditions":
            met = all(_matches(body, one) for one in wanted)
        elif kind == "OrConditions":
            met = any(_matches(body, one) for one in wanted)
        elif kind == "StringCondition" and wanted["FieldName"] in SEARCHED:
            compare = COMPARISONS[wanted["ComparisonType"]]
            met = compare(SEARCHED[wanted["FieldName"]](body).lower(), wanted["Value"].lower())
        elif kind == "HierarchyGroupCondition" and wanted["HierarchyGroupMatchType"] == "EXACT":
            met = body["hierarchy_group_id"] == wanted["Value"]
        else:
            raise NotModelled(f"connect SearchUsers with {kind} {wanted}")
        if not met:
            return False
    return True


def _storage(given: Values) -> Values:
    s3 = given.get("S3Config")
    if given["StorageType"] != "S3" or s3 is None:
        raise NotModelled(f"connect storage in {given['StorageType']}")
    encryption = s3.get("EncryptionConfig")
    return {
        "storage_type": "S3",
        "s3_config": [
            {
                "bucket_name": s3["BucketName"],
                "bucket_prefix": s3["BucketPrefix"],
                "encryption_config": []
                if encryption is None
                else [{"encryption_type": encryption["EncryptionType"], "key_id": encryption["KeyId"]}],
            }
        ],
    }


def _storage_answer(body: Values) -> Values:
    (config,) = body["storage_config"]
    (s3,) = config["s3_config"]
    answer = {"BucketName": s3["bucket_name"], "BucketPrefix": s3["bucket_prefix"]}
    for encryption in s3["encryption_config"]:
        answer["EncryptionConfig"] = {"EncryptionType": encryption["encryption_type"], "KeyId": encryption["key_id"]}
    return {"AssociationId": body["association_id"], "StorageType": "S3", "S3Config": answer}


def _ancestry(cloud: Any, identifier: str | None) -> Iterator[Values]:
    while identifier:
        body = cloud.by_id(GROUP, identifier)
        yield body
        identifier = body["parent"]


def _depth(cloud: Any, body: Values) -> int:
    return len(list(_ancestry(cloud, body["parent"])))
