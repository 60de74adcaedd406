"""KMS keys and S3 buckets: where recordings and transcripts go."""

from __future__ import annotations

import string
from typing import Any

from tests.sandbox.aws.account import Account, is_text, pattern, region_of, tags_and_region
from tests.sandbox.cloud import letters, uuid
from tests.sandbox.plugin import Refused, Values
from tests.sandbox.resources import ResourceType, Rule


def _make_key(account: Account, values: Values, count: int) -> Values:
    identifier = uuid("key", account.account_id, account.region, values["description"], count)
    return {
        "id": identifier,
        "key_id": identifier,
        "arn": account.arn("kms", f"key/{identifier}"),
        "description": values["description"] if is_text(values["description"]) else "",
        "multi_region": False,
        "rotation_period_in_days": 365 if values["enable_key_rotation"] else 0,
    }


def _make_alias(account: Account, values: Values, count: int) -> Values:
    key = account.cloud.by_id("aws_kms_key", values["target_key_id"])
    key = key or next((one for one in account.cloud.all("aws_kms_key") if one["arn"] == values["target_key_id"]), None)
    if key is None:
        raise Refused(f"creating KMS Alias ({values['name']}): NotFoundException: key {values['target_key_id']}")
    return {
        "id": values["name"],
        "arn": account.arn("kms", values["name"]),
        "target_key_arn": key["arn"],
        "name_prefix": "",
    }


def _make_bucket(account: Account, values: Values, count: int) -> Values:
    bucket, suffix = values["bucket"], "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com"
    return {
        "id": bucket,
        "arn": f"arn:{account.partition}:s3:::{bucket}",
        "bucket_domain_name": f"{bucket}.s3.{suffix}",
        "bucket_regional_domain_name": f"{bucket}.s3.{account.region}.{suffix}",
        "bucket_region": account.region,
        "hosted_zone_id": "Z" + letters(string.ascii_uppercase, 13, "zone", account.region),
        "object_lock_enabled": False,
        "request_payer": "BucketOwner",
        "bucket_prefix": "",
    }


def _of_bucket(**differences: Any) -> ResourceType[Account]:
    """One of the settings of a bucket: a request that sets it, whether or not it was set."""
    return ResourceType(
        key=lambda account, values: values["bucket"],
        make=lambda account, values, count: {"id": values["bucket"]},
        derive=region_of,
        replace=frozenset({"bucket", "region"}),
        refused=(
            Rule(
                "NoSuchBucket: {bucket}",
                "S3 API reference, error codes",
                lambda account, values: not account.has_bucket(values["bucket"]),
            ),
        ),
        **differences,
    )


TYPES: dict[str, ResourceType[Account]] = {
    "aws_kms_key": ResourceType(
        key=lambda account, values: f"{account.account_id}/{values['id']}",
        name=lambda account, values: f"{account.account_id}/{account.region}/{values['description']}",
        make=_make_key,
        derive=tags_and_region,
        replace=frozenset(
            {"custom_key_store_id", "customer_master_key_spec", "key_usage", "multi_region", "region", "xks_key_id"}
        ),
        defaults={
            "bypass_policy_lockout_safety_check": False,
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "enable_key_rotation": False,
            "is_enabled": True,
            "key_usage": "ENCRYPT_DECRYPT",
        },
        as_json=frozenset({"policy"}),
        unread=frozenset({"bypass_policy_lockout_safety_check", "deletion_window_in_days"}),
    ),
    "aws_kms_alias": ResourceType(
        key=lambda account, values: f"{account.account_id}/{account.region}/{values['name']}",
        make=_make_alias,
        twice="creating KMS Alias ({name}): AlreadyExistsException: An alias with the name {name} already exists",
        derive=region_of,
        replace=frozenset({"name", "name_prefix", "region"}),
    ),
    "aws_s3_bucket": ResourceType(
        key=lambda account, values: values["bucket"],
        make=_make_bucket,
        twice="creating S3 Bucket ({bucket}): BucketAlreadyOwnedByYou",
        derive=tags_and_region,
        replace=frozenset({"bucket", "bucket_prefix", "object_lock_enabled", "region"}),
        defaults={"force_destroy": False},
        unread=frozenset({"force_destroy"}),
        checked=(
            pattern(
                "bucket",
                r"(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
                "invalid bucket name: {bucket}",
                "S3 user guide, general purpose bucket naming rules",
            ),
        ),
    ),
    "aws_s3_bucket_lifecycle_configuration": _of_bucket(),
    "aws_s3_bucket_ownership_controls": _of_bucket(),
    "aws_s3_bucket_policy": _of_bucket(as_json=frozenset({"policy"})),
    "aws_s3_bucket_public_access_block": _of_bucket(
        defaults={
            "block_public_acls": False,
            "block_public_policy": False,
            "ignore_public_acls": False,
            "restrict_public_buckets": False,
        },
        unread=frozenset({"skip_destroy"}),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket(),
    "aws_s3_bucket_versioning": _of_bucket(unread=frozenset({"mfa"})),
}
