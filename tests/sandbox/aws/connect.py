"""Amazon Connect: instances, their storage and users, and the profiles that come with an instance."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.sandbox.aws.account import NOW, Account, is_text, pattern, region_of, tags_and_region
from tests.sandbox.cloud import digest, uuid
from tests.sandbox.plugin import UNKNOWN, Refused, Values
from tests.sandbox.resources import ResourceType, Rule

API = "Amazon Connect API reference, "


def instance(account: Account, identifier: str) -> Values | None:
    """A Connect instance by id: one that Terraform made, or one that the company already had."""
    made = account.cloud.by_id("aws_connect_instance", identifier)
    had: list[Values] = account.cloud.company["connect_instances"]
    return made or next((item for item in had if item["id"] == identifier), None)


def _make_instance(account: Account, values: Values, count: int) -> Values:
    identifier = uuid("instance", account.account_id, account.region, values["instance_alias"], count)
    role = f"aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_{digest(identifier)[:20]}"
    return {
        "id": identifier,
        "arn": account.arn("connect", f"instance/{identifier}"),
        "created_time": NOW,
        "service_role": account.arn("iam", f"role/{role}", regional=False),
        "status": "ACTIVE",
    }


def _make_storage(account: Account, values: Values, count: int) -> Values:
    association = digest("association", values["instance_id"], values["resource_type"], count)
    return {
        "id": f"{values['instance_id']}:{association}:{values['resource_type']}",
        "association_id": association,
    }


def _make_user(account: Account, values: Values, count: int) -> Values:
    user = uuid("user", values["instance_id"], values["name"], count)
    return {
        "id": f"{values['instance_id']}:{user}",
        "user_id": user,
        "arn": account.arn("connect", f"instance/{values['instance_id']}/agent/{user}"),
        "directory_user_id": uuid("directory user", user),
    }


def _identity(values: Values) -> Values:
    blocks: list[Values] = values["identity_info"]
    return blocks[0] if blocks else {}


def _is_saml(account: Account, values: Values) -> bool:
    found = instance(account, values["instance_id"])
    return found is not None and found["identity_management_type"] == "SAML"


def _bad_user_name(account: Account, values: Values) -> bool:
    name = values["name"]
    if not re.fullmatch(r"[a-zA-Z0-9_.@-]{1,64}", name):
        return True
    return "@" in name and not re.fullmatch(r"[^@]+@[^@.]+(\.[^@.]+)+", name)


def profile_id(instance_id: str, kind: str, name: str) -> str:
    """The id of a security or routing profile that comes with every instance, or that the company has made there."""
    return uuid(kind, instance_id, name)


PROFILES = {"routing_profiles": "aws_connect_routing_profile", "security_profiles": "aws_connect_security_profile"}
"""The two kinds of profiles, and the type under which those are stored that were made in an instance."""


def profiles(account: Account, kind: str, instance_id: str) -> dict[str, Values]:
    """The security or routing profiles of an instance by id: those that come with each, and those that were made there."""
    with_each: dict[str, Any] = account.cloud.company[kind]
    result: dict[str, Values] = {
        profile_id(instance_id, kind, name): {"name": name, **profile} for name, profile in with_each.items()
    }
    made = (body for body in account.cloud.all(PROFILES[kind]) if body["instance_id"] == instance_id)
    return result | {body["id"]: body for body in made}


def _unknown_security_profile(account: Account, values: Values) -> bool:
    return not set(values["security_profile_ids"]) <= set(profiles(account, "security_profiles", values["instance_id"]))


def _unknown_routing_profile(account: Account, values: Values) -> bool:
    return values["routing_profile_id"] not in profiles(account, "routing_profiles", values["instance_id"])


def _approved_origin(values: Values) -> Values:
    """What Cloud Control is asked for; the sandbox knows the one type of it that the stacks use."""
    wanted: Values = json.loads(values["desired_state"])
    return wanted


TYPES: dict[str, ResourceType[Account]] = {
    "aws_cloudcontrolapi_resource": ResourceType(
        key=lambda account, values: "|".join(_approved_origin(values)[part] for part in ("InstanceId", "Origin")),
        make=lambda account, values, count: {
            "id": "|".join(_approved_origin(values)[part] for part in ("InstanceId", "Origin")),
            "properties": values["desired_state"],
            "schema": "{}",
        },
        derive=region_of,
        twice="creating Cloud Control API (AWS::Connect::ApprovedOrigin) Resource: AlreadyExists",
        replace=frozenset({"desired_state", "region", "type_name"}),
        refused=(
            Rule(
                "creating Cloud Control API Resource: the sandbox knows AWS::Connect::ApprovedOrigin alone, not {type_name}",
                "CloudFormation template reference",
                lambda account, values: values["type_name"] != "AWS::Connect::ApprovedOrigin",
            ),
            Rule(
                "creating Cloud Control API Resource: ValidationException: {desired_state}",
                "CloudFormation template reference, AWS::Connect::ApprovedOrigin: an instance's ARN, and an origin without a path",
                lambda account, values: (
                    not (
                        re.fullmatch(
                            r"arn:[a-z-]+:connect:[^:]+:[0-9]{12}:instance/[0-9a-f-]{36}",
                            _approved_origin(values)["InstanceId"],
                        )
                        and re.fullmatch(r"https://[^/?#]+", _approved_origin(values)["Origin"])
                    )
                ),
            ),
        ),
    ),
    "aws_connect_instance": ResourceType(
        key=lambda account, values: str(values["instance_alias"]).lower(),
        make=_make_instance,
        set_up_after=True,  # provider source, aws_connect_instance: its attributes are set once it is active
        twice="creating Connect Instance ({instance_alias}): InvalidRequestException: Invalid Input. Instance alias is already used.",
        derive=tags_and_region,
        replace=frozenset({"directory_id", "identity_management_type", "instance_alias", "region"}),
        defaults={
            "auto_resolve_best_voices_enabled": True,
            "contact_flow_logs_enabled": False,
            "contact_lens_enabled": True,
            "early_media_enabled": True,
            "multi_party_conference_enabled": False,
        },
        checked=(
            pattern(
                "instance_alias",
                r"(?!d-)[0-9A-Za-z]+[0-9A-Za-z-]+",
                "instance_alias must be 1 to 64 letters, digits and hyphens, must not begin with d-: {instance_alias}",
                "provider documentation, aws_connect_instance",
            ),
        ),
        refused=(
            pattern(
                "instance_alias",
                r"(?!d-)(?=.{1,45}$)[0-9a-zA-Z]+(-*[0-9a-zA-Z])*",
                "creating Connect Instance ({instance_alias}): InvalidRequestException: the alias is not valid",
                API + "CreateInstance: DirectoryAlias, at most 45 characters and no hyphen at either end",
            ),
        ),
    ),
    "aws_connect_instance_storage_config": ResourceType(
        key=lambda account, values: f"{values['instance_id']}/{values['resource_type']}",
        make=_make_storage,
        twice="ResourceConflictException: {resource_type} of this instance has a storage config",
        derive=region_of,
        replace=frozenset({"instance_id", "region", "resource_type"}),
        refused=(
            Rule(
                "ResourceNotFoundException: instance {instance_id}",
                API + "AssociateInstanceStorageConfig",
                lambda account, values: instance(account, values["instance_id"]) is None,
            ),
            Rule(
                "InvalidRequestException: the bucket does not exist",
                API + "AssociateInstanceStorageConfig: the resources must be there beforehand",
                lambda account, values: any(
                    not account.has_bucket(s3["bucket_name"])
                    for config in values["storage_config"]
                    for s3 in config["s3_config"]
                ),
            ),
            Rule(
                "InvalidParameterException: key_id is not the ARN of a KMS key",
                API + "EncryptionConfig: KeyId is the full ARN of the encryption key",
                lambda account, values: any(
                    not encryption["key_id"].startswith(account.arn("kms", "key/"))
                    for config in values["storage_config"]
                    for s3 in config["s3_config"]
                    for encryption in s3["encryption_config"]
                ),
            ),
        ),
    ),
    "aws_connect_user": ResourceType(
        key=lambda account, values: f"{values['instance_id']}/{values['name']}",
        make=_make_user,
        twice="creating Connect User ({name}): DuplicateResourceException",
        derive=tags_and_region,
        replace=frozenset({"instance_id", "name", "region"}),
        unread=frozenset({"password"}),
        checked=(
            Rule(
                "expected length of name to be in the range (1 - 100), got {name}",
                "provider documentation, aws_connect_user",
                lambda _, values: is_text(values["name"]) and not 1 <= len(values["name"]) <= 100,
            ),
        ),
        refused=(
            Rule(
                "creating Connect User ({name}): ResourceNotFoundException: instance {instance_id}",
                API + "CreateUser",
                lambda account, values: instance(account, values["instance_id"]) is None,
            ),
            Rule(
                "creating Connect User ({name}): InvalidRequestException: Email is not required for this directory type",
                API + 'UserIdentityInfo: "If you are using SAML ... and include this parameter, an error is returned"',
                lambda account, values: _is_saml(account, values) and bool(_identity(values).get("email")),
            ),
            Rule(
                "creating Connect User ({name}): InvalidRequestException: a password is not accepted for this directory type",
                API + 'CreateUser: Password, "otherwise, it is an error to include a password"',
                lambda account, values: _is_saml(account, values) and bool(values["password"]),
            ),
            Rule(
                "creating Connect User ({name}): InvalidRequestException: a directory user id is not accepted for this directory type",
                API
                + 'CreateUser: DirectoryUserId, "If you are using SAML ... and include this parameter, an error is returned"',
                lambda account, values: (
                    values["user_id"] is UNKNOWN  # afterwards each has one, Connect's own
                    and _is_saml(account, values)
                    and is_text(values["directory_user_id"])
                ),
            ),
            Rule(
                "creating Connect User ({name}): InvalidParameterException: a desk phone needs a number",
                API + "UserPhoneConfig, and provider documentation, aws_connect_user: required for DESK_PHONE",
                lambda account, values: any(
                    phone["phone_type"] == "DESK_PHONE" and not phone["desk_phone_number"]
                    for phone in values["phone_config"]
                ),
            ),
            Rule(
                "creating Connect User ({name}): InvalidParameterException: first and last name are required",
                API + "UserIdentityInfo: required where Connect or SAML manages identities",
                lambda account, values: not all(_identity(values).get(part) for part in ("first_name", "last_name")),
            ),
            Rule(
                "creating Connect User ({name}): InvalidParameterException: the user name is not valid",
                API + "CreateUser: Username, for SAML up to 64 of [a-zA-Z0-9_-.\\@]+, an @ only in an e-mail address",
                _bad_user_name,
            ),
            Rule(
                "creating Connect User ({name}): InvalidParameterException: 1 to 10 security profiles",
                API + "CreateUser: SecurityProfileIds",
                lambda account, values: not 1 <= len(values["security_profile_ids"]) <= 10,
            ),
            Rule(
                "creating Connect User ({name}): ResourceNotFoundException: security profile {security_profile_ids}",
                API + "CreateUser: SecurityProfileIds are ids of this instance's profiles",
                _unknown_security_profile,
            ),
            Rule(
                "creating Connect User ({name}): ResourceNotFoundException: routing profile {routing_profile_id}",
                API + "CreateUser: RoutingProfileId is the id of one of this instance's profiles",
                _unknown_routing_profile,
            ),
        ),
    ),
}


def _look_up_instance(account: Account, config: Values) -> Values:
    here = account.arn("connect", "instance/")
    instances = [found for found in account.cloud.all("aws_connect_instance") if found["arn"].startswith(here)]
    for found in [*instances, *account.cloud.company["connect_instances"]]:
        by_alias = config["instance_alias"] is not None and found["instance_alias"] == config["instance_alias"]
        if found["id"] == config["instance_id"] or by_alias:
            whole: Values = {"arn": here + found["id"], **found}
            return whole | {"instance_id": found["id"], "region": account.region, "tags": {}}
    raise Refused(f"reading Connect Instance ({config['instance_id'] or config['instance_alias']}): not found")


def _look_up_profile(kind: str, attribute: str, title: str) -> Any:
    def look_up(account: Account, config: Values) -> Values:
        if instance(account, config["instance_id"]) is None:
            raise Refused(f"ResourceNotFoundException: instance {config['instance_id']}")
        # By name, with regard to case (provider documentation, aws_connect_security_profile).
        for identifier, found in profiles(account, kind, config["instance_id"]).items():
            if config["name"] == found["name"] or config[attribute] == identifier:
                resource = f"instance/{config['instance_id']}/{title.lower().replace(' ', '-')}/{identifier}"
                profile: Values = {
                    "id": f"{config['instance_id']}:{identifier}",
                    "arn": account.arn("connect", resource),
                    attribute: identifier,
                    "region": account.region,
                    "tags": {},
                }
                return found | profile
        raise Refused(f"reading Connect {title} ({config['name']}): not found")

    return look_up


def _look_up_hierarchy_group(account: Account, config: Values) -> Values:
    """By its id, or the one of that name, wherever it is (the provider's data source aws_connect_user_hierarchy_group)."""
    paths: list[list[str]] = account.cloud.company.get("hierarchy_groups", [])
    wanted, name = config["hierarchy_group_id"], config["name"]
    if (wanted is None) == (name is None):
        raise Refused("one of `hierarchy_group_id,name` must be specified")
    found = [
        path
        for path in paths
        if path[-1] == name or (wanted and uuid("hierarchy group", config["instance_id"], *path) == wanted)
    ]
    if not found:
        raise Refused(f"reading Connect User Hierarchy Group ({wanted or name}) summary: empty result")
    if len(found) > 1:
        said = f"too many results: wanted 1, got {len(found)}"
        raise Refused(f"reading Connect User Hierarchy Group ({name}) summary: {said}")
    (path,) = found
    where = f"instance/{config['instance_id']}/agent-group"
    levels = [
        {"id": found, "name": name, "arn": account.arn("connect", f"{where}/{found}")}
        for depth, name in enumerate(path)
        for found in [uuid("hierarchy group", config["instance_id"], *path[: depth + 1])]
    ]
    numbers = ("one", "two", "three", "four", "five")
    identifier = levels[-1]["id"]
    return {
        "id": f"{config['instance_id']}:{identifier}",
        "arn": levels[-1]["arn"],
        "hierarchy_group_id": identifier,
        "hierarchy_path": [
            {f"level_{number}": levels[depth : depth + 1] for depth, number in enumerate(numbers)},
        ],
        "level_id": str(len(levels)),
        "region": account.region,
        "tags": {},
    }


LOOKUPS = {
    "aws_connect_instance": _look_up_instance,
    "aws_connect_user_hierarchy_group": _look_up_hierarchy_group,
    "aws_connect_routing_profile": _look_up_profile("routing_profiles", "routing_profile_id", "Routing Profile"),
    "aws_connect_security_profile": _look_up_profile("security_profiles", "security_profile_id", "Security Profile"),
}
