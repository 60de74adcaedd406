"""Connect over HTTP, as boto3 sees it: what it holds, and each refusal with its code."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.http.connect import Connect, Quota, _Requests
from tests.sandbox.http.serving import Accounts, Defect, accounts
from tests.sandbox.http.shapes import Service, ServiceError, problems

ELSEWHERE = "0c4f1e2a-7b1d-4d0a-9a53-000000000000"


class Instance:
    """A SAML instance, and what is needed to fill it."""

    def __init__(self, running: Accounts) -> None:
        self.client = running.client("connect")
        made = self.client.create_instance(
            IdentityManagementType="SAML", InstanceAlias="acme", InboundCallsEnabled=True, OutboundCallsEnabled=True
        )
        self.id: str = made["Id"]
        self.arn: str = made["Arn"]
        self.profiles = {
            item["Name"]: item["Id"]
            for item in self.client.list_security_profiles(InstanceId=self.id)["SecurityProfileSummaryList"]
        }
        (self.routing,) = self.client.list_routing_profiles(InstanceId=self.id)["RoutingProfileSummaryList"]

    def user(self, name: str = "Ada.Admin@example.com", **changes: Any) -> str:
        """Make a user."""
        given = {
            "InstanceId": self.id,
            "Username": name,
            "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
            "IdentityInfo": {"FirstName": "Ada", "LastName": "Admin"},
            "SecurityProfileIds": [self.profiles["Agent"]],
            "RoutingProfileId": self.routing["Id"],
        }
        made: str = self.client.create_user(**{**given, **changes})["UserId"]
        return made

    def described(self, user_id: str) -> dict[str, Any]:
        """A user, whole."""
        found: dict[str, Any] = self.client.describe_user(InstanceId=self.id, UserId=user_id)["User"]
        return found


@pytest.fixture
def instance(running: Accounts) -> Instance:
    """An empty instance."""
    return Instance(running)


def refused(code: str) -> Any:
    """The error with this code."""
    return pytest.raises(ClientError, match=rf"\({code}\)")


def test_an_instance_is_what_was_asked_for(instance: Instance) -> None:
    found = instance.client.describe_instance(InstanceId=instance.id)["Instance"]
    assert (found["InstanceAlias"], found["IdentityManagementType"], found["InstanceStatus"]) == (
        "acme",
        "SAML",
        "ACTIVE",
    )
    instance.client.update_instance_attribute(InstanceId=instance.id, AttributeType="CONTACT_LENS", Value="false")
    listed = instance.client.list_instance_attributes(InstanceId=instance.id)["Attributes"]
    assert {item["AttributeType"]: item["Value"] for item in listed}["CONTACT_LENS"] == "false"
    instance.client.delete_instance(InstanceId=instance.id)
    with refused("ResourceNotFoundException"):
        instance.client.describe_instance(InstanceId=instance.id)


def test_an_instance_takes_a_while(start: Callable[..., Accounts]) -> None:
    instance = Instance(start(setting_up=0.3))

    def status() -> str:
        found: str = instance.client.describe_instance(InstanceId=instance.id)["Instance"]["InstanceStatus"]
        return found

    assert status() == "CREATION_IN_PROGRESS"
    time.sleep(0.4)
    assert status() == "ACTIVE"


def test_an_instance_is_of_its_region(running: Accounts, instance: Instance) -> None:
    with refused("ResourceNotFoundException"):
        running.client("connect", "eu-west-2").describe_instance(InstanceId=instance.id)


@pytest.mark.parametrize("alias", ["acme", "ACME", "d-acme", "acme-", "a" * 46])
def test_an_alias_that_is_taken_or_not_valid(instance: Instance, alias: str) -> None:
    with refused("InvalidRequestException"):
        instance.client.create_instance(
            IdentityManagementType="SAML", InstanceAlias=alias, InboundCallsEnabled=True, OutboundCallsEnabled=True
        )


def test_a_user_keeps_what_the_provider_never_asks(instance: Instance) -> None:
    """Wrap-up time, auto-accept, hierarchy: what agents' supervisors have set."""
    levels = {"LevelOne": {"Name": "Site"}, "LevelTwo": {"Name": "Team"}}
    instance.client.update_user_hierarchy_structure(InstanceId=instance.id, HierarchyStructure=levels)
    site = instance.client.create_user_hierarchy_group(InstanceId=instance.id, Name="Leeds")["HierarchyGroupId"]
    team = instance.client.create_user_hierarchy_group(InstanceId=instance.id, Name="Returns", ParentGroupId=site)
    phone = {
        "PhoneType": "DESK_PHONE",
        "DeskPhoneNumber": "+12065550100",
        "AfterContactWorkTimeLimit": 30,
        "AutoAccept": True,
    }
    user = instance.user(PhoneConfig=phone, HierarchyGroupId=team["HierarchyGroupId"], Tags={"team": "returns"})
    found = instance.described(user)
    assert found["PhoneConfig"] == phone
    assert found["Tags"] == {"team": "returns"}
    group = instance.client.describe_user_hierarchy_group(
        InstanceId=instance.id, HierarchyGroupId=found["HierarchyGroupId"]
    )["HierarchyGroup"]
    assert [level["Name"] for level in group["HierarchyPath"].values()] == ["Leeds", "Returns"]


def test_a_changed_user(instance: Instance) -> None:
    user, client = instance.user(), instance.client
    at = {"InstanceId": instance.id, "UserId": user}
    client.update_user_identity_info(
        **at, IdentityInfo={"FirstName": "Bo", "LastName": "B", "SecondaryEmail": "b@example.com"}
    )
    client.update_user_phone_config(**at, PhoneConfig={"PhoneType": "SOFT_PHONE", "AutoAccept": True})
    client.update_user_security_profiles(**at, SecurityProfileIds=[instance.profiles["Admin"]])
    client.tag_resource(resourceArn=instance.described(user)["Arn"], tags={"a": "1", "b": "2"})
    client.untag_resource(resourceArn=instance.described(user)["Arn"], tagKeys=["a"])
    found = instance.described(user)
    assert found["IdentityInfo"] == {"FirstName": "Bo", "LastName": "B", "SecondaryEmail": "b@example.com"}
    assert found["PhoneConfig"]["AutoAccept"]
    assert found["SecurityProfileIds"] == [instance.profiles["Admin"]]
    assert found["Tags"] == {"b": "2"}
    client.delete_user(**at)
    with refused("ResourceNotFoundException"):
        client.describe_user(**at)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"IdentityInfo": {"FirstName": "A", "LastName": "B", "Email": "a@example.com"}}, "InvalidRequestException"),
        ({"Password": "Invented-1"}, "InvalidRequestException"),
        ({"DirectoryUserId": "d-1"}, "InvalidRequestException"),
        ({"IdentityInfo": {"FirstName": "Ada"}}, "InvalidParameterException"),
        ({"Username": "ada@example"}, "InvalidParameterException"),
        ({"Username": "ada admin"}, "InvalidParameterException"),
        ({"SecurityProfileIds": [ELSEWHERE]}, "ResourceNotFoundException"),
        ({"RoutingProfileId": ELSEWHERE}, "ResourceNotFoundException"),
        ({"HierarchyGroupId": ELSEWHERE}, "ResourceNotFoundException"),
        ({"InstanceId": ELSEWHERE}, "ResourceNotFoundException"),
        ({"PhoneConfig": {"PhoneType": "DESK_PHONE"}}, "InvalidParameterException"),
        ({"PhoneConfig": {"PhoneType": "TELEX"}}, "InvalidParameterException"),
    ],
)
def test_a_user_that_connect_refuses(instance: Instance, changes: dict[str, Any], code: str) -> None:
    with refused(code):
        instance.user(**changes)


def test_names_differ_by_case(instance: Instance) -> None:
    instance.user()
    instance.user("ada.admin@example.com")
    with refused("DuplicateResourceException"):
        instance.user()


def test_lists_come_in_pages(instance: Instance) -> None:
    names = [f"agent{number}" for number in range(7)]
    for name in names:
        instance.user(name)
    pages = list(
        instance.client.get_paginator("list_users").paginate(InstanceId=instance.id, PaginationConfig={"PageSize": 3})
    )
    assert [len(page["UserSummaryList"]) for page in pages] == [3, 3, 1]
    assert [item["Username"] for page in pages for item in page["UserSummaryList"]] == names
    with refused("InvalidRequestException"):
        instance.client.list_users(InstanceId=instance.id, NextToken="invented")


def test_people_are_found_without_regard_to_case_and_without_e_mail(instance: Instance) -> None:
    instance.user(IdentityInfo={"FirstName": "Ada", "LastName": "Admin", "SecondaryEmail": "a@example.com"})
    instance.user("bo@example.com", IdentityInfo={"FirstName": "Bo", "LastName": "Agent"})
    condition = {"FieldName": "Username", "Value": "ADA", "ComparisonType": "STARTS_WITH"}
    found = instance.client.search_users(InstanceId=instance.id, SearchCriteria={"StringCondition": condition})
    assert [(user["Username"], user["IdentityInfo"]) for user in found["Users"]] == [
        ("Ada.Admin@example.com", {"FirstName": "Ada", "LastName": "Admin"})
    ]
    assert len(instance.client.search_users(InstanceId=instance.id)["Users"]) == 2


def test_profiles_of_its_own(instance: Instance) -> None:
    """A custom profile is found by users and lists, and a name is taken once."""
    given = {"InstanceId": instance.id, "SecurityProfileName": "Team lead", "Permissions": ["BasicAgentAccess"]}
    lead = instance.client.create_security_profile(**given)["SecurityProfileId"]
    assert instance.described(instance.user(SecurityProfileIds=[lead]))["SecurityProfileIds"] == [lead]
    held = instance.client.list_security_profile_permissions(InstanceId=instance.id, SecurityProfileId=lead)
    assert held["Permissions"] == ["BasicAgentAccess"]
    with refused("DuplicateResourceException"):
        instance.client.create_security_profile(**given)
    (queue,) = instance.client.list_queues(InstanceId=instance.id)["QueueSummaryList"]
    routing = instance.client.create_routing_profile(
        InstanceId=instance.id,
        Name="Chat",
        Description="Chat first",
        DefaultOutboundQueueId=queue["Id"],
        MediaConcurrencies=[{"Channel": "CHAT", "Concurrency": 2}],
    )["RoutingProfileId"]
    instance.user("chat@example.com", RoutingProfileId=routing)
    found = instance.client.describe_routing_profile(InstanceId=instance.id, RoutingProfileId=routing)
    assert found["RoutingProfile"]["NumberOfAssociatedUsers"] == 1


def test_origins(instance: Instance) -> None:
    at = {"InstanceId": instance.id, "Origin": "https://agents.example.com"}
    instance.client.associate_approved_origin(**at)
    assert instance.client.list_approved_origins(InstanceId=instance.id)["Origins"] == [at["Origin"]]
    with refused("ResourceConflictException"):
        instance.client.associate_approved_origin(**at)
    instance.client.disassociate_approved_origin(**at)
    assert instance.client.list_approved_origins(InstanceId=instance.id)["Origins"] == []


def test_origins_through_cloud_control(running: Accounts, instance: Instance) -> None:
    """The same origins as Connect's own; what became of a request is told with its token."""
    control = running.client("cloudcontrol")
    kind, origin = "AWS::Connect::ApprovedOrigin", "https://agents.example.com"
    state = json.dumps({"InstanceId": instance.arn, "Origin": origin})

    def outcome(event: dict[str, Any]) -> dict[str, Any]:
        assert event["ProgressEvent"]["OperationStatus"] == "IN_PROGRESS"
        token = event["ProgressEvent"]["RequestToken"]
        found: dict[str, Any] = control.get_resource_request_status(RequestToken=token)["ProgressEvent"]
        return found

    made = outcome(control.create_resource(TypeName=kind, DesiredState=state))
    assert (made["OperationStatus"], made["Identifier"]) == ("SUCCESS", f"{instance.arn}|{origin}")
    found = control.get_resource(TypeName=kind, Identifier=made["Identifier"])["ResourceDescription"]
    assert json.loads(found["Properties"]) == json.loads(state)
    assert instance.client.list_approved_origins(InstanceId=instance.id)["Origins"] == [origin]
    again = outcome(control.create_resource(TypeName=kind, DesiredState=state))
    assert (again["OperationStatus"], again["ErrorCode"]) == ("FAILED", "AlreadyExists")
    for status in ("SUCCESS", "FAILED"):
        gone = outcome(control.delete_resource(TypeName=kind, Identifier=made["Identifier"]))
        assert (gone["OperationStatus"], gone.get("ErrorCode")) == (status, None if status == "SUCCESS" else "NotFound")
    assert instance.client.list_approved_origins(InstanceId=instance.id)["Origins"] == []
    with refused("ResourceNotFoundException"):
        control.get_resource(TypeName=kind, Identifier=made["Identifier"])
    with refused("RequestTokenNotFoundException"):
        control.get_resource_request_status(RequestToken="unknown")


def test_the_schema_of_an_approved_origin(running: Accounts) -> None:
    """The AWS provider asks for it before it plans one; of another type the registry of these accounts knows nothing."""
    registry = running.client("cloudformation")
    found = registry.describe_type(Type="RESOURCE", TypeName="AWS::Connect::ApprovedOrigin")
    assert json.loads(found["Schema"])["primaryIdentifier"] == ["/properties/InstanceId", "/properties/Origin"]
    with refused("TypeNotFoundException"):
        registry.describe_type(Type="RESOURCE", TypeName="AWS::Connect::User")


def test_storage_needs_its_bucket(running: Accounts, instance: Instance) -> None:
    config = {"StorageType": "S3", "S3Config": {"BucketName": "acme-recordings", "BucketPrefix": "calls"}}
    given = {"InstanceId": instance.id, "ResourceType": "CALL_RECORDINGS", "StorageConfig": config}
    with refused("InvalidRequestException"):
        instance.client.associate_instance_storage_config(**given)
    where = {"LocationConstraint": "us-west-2"}
    running.client("s3").create_bucket(Bucket="acme-recordings", CreateBucketConfiguration=where)
    association = instance.client.associate_instance_storage_config(**given)["AssociationId"]
    with refused("ResourceConflictException"):
        instance.client.associate_instance_storage_config(**given)
    found = instance.client.describe_instance_storage_config(
        InstanceId=instance.id, AssociationId=association, ResourceType="CALL_RECORDINGS"
    )
    assert found["StorageConfig"]["S3Config"] == config["S3Config"]


def test_two_calls_a_second(start: Callable[..., Accounts]) -> None:
    """Above the burst a call is refused, and each operation has a quota of its own."""
    running = start(quota=Quota(rate=2, burst=2))
    plain = boto3.client(
        "connect",
        region_name="us-west-2",
        endpoint_url=running.aws_url,
        aws_access_key_id="AKIA111122223333LAB0",
        aws_secret_access_key="invented",
        config=Config(retries={"total_max_attempts": 1}),
    )
    plain.list_instances()
    plain.list_instances()
    with refused("TooManyRequestsException"):
        plain.list_instances()
    with refused("ResourceNotFoundException"):
        plain.describe_instance(InstanceId=ELSEWHERE)
    time.sleep(0.6)
    plain.list_instances()


def test_what_is_not_modelled_fails_the_test_that_asks(tmp_path: Any) -> None:
    with (
        pytest.raises(Defect, match="does not model connect ListPrompts"),
        accounts(tmp_path) as running,
        pytest.raises(ClientError, match="501"),
    ):
        running.client("connect").list_prompts(InstanceId=ELSEWHERE)


def test_an_answer_of_a_wrong_shape_fails_the_test_that_asks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Requests, "ListInstances", lambda self: {"InstanceSummaryList": [{"Alias": "acme"}]})
    with (
        pytest.raises(Defect, match="has no Alias"),
        accounts(tmp_path) as running,
        pytest.raises(ClientError, match="501"),
    ):
        running.client("connect").list_instances()


def test_a_wrong_code_fails_the_test_that_asks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise ServiceError("DuplicateResourceException", "")

    monkeypatch.setattr(_Requests, "ListInstances", refuse)
    with (
        pytest.raises(Defect, match="never answers with DuplicateResourceException"),
        accounts(tmp_path) as running,
        pytest.raises(ClientError, match="501"),
    ):
        running.client("connect").list_instances()


def test_every_operation_that_we_answer_is_connects() -> None:
    ours = {name for name in vars(_Requests) if name[0].isupper()}
    service: Service = Connect().service
    assert ours <= set(service.model.operation_names)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"Id": 1}, "should be a string"),
        ({"HierarchyGroupId": 1}, "should be a string"),
        ({"PhoneConfig": {"PhoneType": "TELEX"}}, "should be one of"),
        ({"PhoneConfig": {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": -1}}, "length or value"),
        ({"SecurityProfileIds": []}, "length or value"),
        ({"Username": "x" * 101}, "length or value"),
        ({"Nickname": "Ada"}, "has no Nickname"),
    ],
)
def test_what_a_shape_does_not_allow(value: dict[str, Any], says: str) -> None:
    shape = Connect().service.model.shape_for("User")
    assert any(says in problem for problem in problems(shape, value, strict=True))
