"""Recordings: what is made or moved is compared with what stood for the same target, and no rule hides another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.review.plans import created, destroyed, found, plan, replaced, standing, updated
from tests.review.test_findings import BLOCK, BUCKET, CALLS, TLS, encrypted, policy, stored

BUCKET_IS_THERE = standing("aws_s3_bucket.recordings", **BUCKET)
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::recordings/*"}
OWNED = {"bucket": "recordings", "rule": [{"object_ownership": "BucketOwnerEnforced"}]}
SEALED = {"bucket": "recordings", "rule": encrypted("aws:kms", "key-1")}
VERSIONED = {"bucket": "recordings", "versioning_configuration": [{"status": "Enabled"}]}
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
KEY = standing("aws_kms_key.k", arn=KEY_ARN, key_id="1")
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
STRANGER = ROOT | {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}


def elsewhere(kind: str, before: dict[str, Any], **after: Any) -> dict[str, Any]:
    """One that is destroyed here and made there, for the same target."""
    return plan(BUCKET_IS_THERE, destroyed(f"{kind}.here", **before), created(f"{kind}.there", **(before | after)))


def codes(data: dict[str, Any]) -> set[str]:
    return {code for code, _ in found(data)}


DANGEROUS: dict[str, tuple[dict[str, Any], str]] = {
    "a bucket policy": (elsewhere("aws_s3_bucket_policy", {"bucket": "recordings", "policy": policy(TLS)}, policy=policy(TLS, OPEN)), "permission-widened"),
    "a bucket policy where none was": (plan(BUCKET_IS_THERE, created("aws_s3_bucket_policy.p", bucket="recordings", policy=policy(OPEN))), "permission-widened"),
    "a bucket policy that loses its Deny": (elsewhere("aws_s3_bucket_policy", {"bucket": "recordings", "policy": policy(TLS, OPEN)}, policy=policy(OPEN)), "encryption-weakened"),
    "a block on public access": (elsewhere("aws_s3_bucket_public_access_block", BLOCK, block_public_acls=False), "public-access"),
    "ownership": (elsewhere("aws_s3_bucket_ownership_controls", OWNED, rule=[{"object_ownership": "ObjectWriter"}]), "public-access"),
    "ownership where none was": (plan(BUCKET_IS_THERE, created("aws_s3_bucket_ownership_controls.o", **OWNED | {"rule": [{"object_ownership": "ObjectWriter"}]})), "public-access"),
    "encryption": (elsewhere("aws_s3_bucket_server_side_encryption_configuration", SEALED, rule=encrypted("AES256")), "encryption-weakened"),
    "versioning": (elsewhere("aws_s3_bucket_versioning", VERSIONED, versioning_configuration=[{"status": "Suspended"}]), "storage-weakened"),
    "a guard that is given to another bucket": (plan(BUCKET_IS_THERE, replaced("aws_s3_bucket_public_access_block.b", BLOCK, bucket="other")), "public-access"),
    "a key policy": (plan(KEY, destroyed("aws_kms_key_policy.a", key_id="1", policy=policy(ROOT)), created("aws_kms_key_policy.b", key_id=KEY_ARN, policy=policy(ROOT, STRANGER))), "permission-widened"),
    "a key policy where none was": (plan(KEY, created("aws_kms_key_policy.b", key_id="1", policy=policy(ROOT, STRANGER))), "permission-widened"),
    "a new key for strangers": (plan(KEY, created("aws_kms_key.new", policy=policy(STRANGER))), "permission-widened"),
    "a key policy that goes": (plan(KEY, destroyed("aws_kms_key_policy.a", key_id="1", policy=policy(ROOT))), "encryption-weakened"),
    "a place of storage": (elsewhere("aws_connect_instance_storage_config", CALLS | {"storage_config": stored("recordings", "key-1")}, storage_config=stored("elsewhere", "key-1")), "storage-weakened"),
    "a place of storage where none was": (plan(BUCKET_IS_THERE, created("aws_connect_instance_storage_config.c", **CALLS, storage_config=stored("strangers", "key-1"))), "storage-weakened"),
    "a stream in place of a bucket": (plan(updated("aws_connect_instance_storage_config.c", CALLS | {"storage_config": stored("recordings", "key-1")}, storage_config=[{"storage_type": "KINESIS_STREAM", "s3_config": []}])), "storage-weakened"),
    "app settings": (plan(destroyed("okta_app_saml_app_settings.a", app_id="0oa1", settings=json.dumps({"identityProviderArn": "a"})), created("okta_app_saml_app_settings.b", app_id="0oa1", settings=json.dumps({"identityProviderArn": "b"}))), "assertion-changed"),
    "replication that is redirected": (plan(updated("aws_s3_bucket.recordings", BUCKET | {"replication_configuration": [{"role": "a", "rules": [{"destination": [{"bucket": "a"}]}]}]}, replication_configuration=[{"role": "a", "rules": [{"destination": [{"bucket": "b"}]}]}])), "storage-weakened"),
    "replication from the start": (plan(created("aws_s3_bucket.new", bucket="new", replication_configuration=[{"role": "a"}])), "storage-weakened"),
    "encryption in the bucket itself": (plan(updated("aws_s3_bucket.recordings", BUCKET | {"server_side_encryption_configuration": [{"rule": ["kms"]}]}, server_side_encryption_configuration=[{"rule": ["AES256"]}])), "encryption-weakened"),
    "versioning in the bucket itself": (plan(updated("aws_s3_bucket.recordings", BUCKET | {"versioning": [{"enabled": True}]}, versioning=[{"enabled": False}])), "storage-weakened"),
    "lifecycle rules in the bucket itself": (plan(updated("aws_s3_bucket.recordings", BUCKET, lifecycle_rule=[{"enabled": True, "expiration": [{"days": 1}]}])), "storage-weakened"),
    "a policy in the bucket itself": (plan(updated("aws_s3_bucket.recordings", BUCKET | {"policy": ""}, policy=policy(OPEN))), "permission-widened"),
}  # fmt: skip


@pytest.mark.parametrize("name", DANGEROUS)
def test_less_than_what_stood_for_the_same_target(name: str) -> None:
    """The address says nothing."""
    data, code = DANGEROUS[name]
    assert code in codes(data)


HARMLESS: dict[str, dict[str, Any]] = {
    "a bucket policy that asks for TLS": plan(BUCKET_IS_THERE, created("aws_s3_bucket_policy.p", bucket="recordings", policy=policy(TLS))),
    "the same block elsewhere": elsewhere("aws_s3_bucket_public_access_block", BLOCK),
    "the same policy elsewhere": elsewhere("aws_s3_bucket_policy", {"bucket": "recordings", "policy": policy(TLS)}),
    "the same ownership elsewhere": elsewhere("aws_s3_bucket_ownership_controls", OWNED),
    "the same encryption elsewhere": elsewhere("aws_s3_bucket_server_side_encryption_configuration", SEALED),
    "the same versioning elsewhere": elsewhere("aws_s3_bucket_versioning", VERSIONED),
    "a new key with the default policy": plan(KEY, created("aws_kms_key.new", policy=policy(ROOT))),
    "the same place of storage elsewhere": elsewhere("aws_connect_instance_storage_config", CALLS | {"storage_config": stored("recordings", "key-1")}),
    "a new kind in our bucket": plan(BUCKET_IS_THERE, created("aws_connect_instance_storage_config.c", **CALLS, storage_config=stored("recordings", "key-1"))),
    "tags of a bucket": plan(updated("aws_s3_bucket.recordings", BUCKET | {"versioning": [{"enabled": True}]}, tags={"team": "a"})),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_as_much_as_what_stood_is_none(name: str) -> None:
    """Moved without a `moved` block, or new and ours."""
    assert codes(HARMLESS[name]) == set()


def rule(block: str = "expiration", status: str = "Enabled", prefix: str = "", **values: Any) -> dict[str, Any]:
    """A lifecycle rule."""
    return {"id": "r", "status": status, "filter": [{"prefix": prefix}], block: [values]}


FORMER = "noncurrent_version_expiration"

RULES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], bool]] = {
    "hidden by a narrower one": ([rule(prefix="tmp/", days=1)], [rule(prefix="tmp/", days=1), rule(days=30)], True),
    "hidden by one for former versions": ([rule(FORMER, noncurrent_days=1)], [rule(FORMER, noncurrent_days=1), rule(days=30)], True),
    "hidden by a shorter one that goes": ([rule(prefix="tmp/", days=1)], [rule(days=30)], True),
    "hidden by one that is disabled": ([rule(status="Disabled", days=1)], [rule(days=1)], True),
    "wider": ([rule(prefix="a/", days=30)], [rule(prefix="", days=30)], True),
    "shorter": ([rule(days=30)], [rule(days=29)], True),
    "fewer former versions kept": ([rule(FORMER, noncurrent_days=9, newer_noncurrent_versions=5)], [rule(FORMER, noncurrent_days=9)], True),
    "a date": ([rule(days=30)], [rule(date="2030-01-01T00:00:00Z")], True),
    "without its condition": ([{"status": "Enabled", "filter": [{"tag": [{"key": "a", "value": "b"}]}], "expiration": [{"days": 3}]}], [rule(days=3)], True),
    "narrower": ([rule(days=30)], [rule(prefix="a/", days=30)], False),
    "longer": ([rule(days=30)], [rule(days=31)], False),
    "another name and order": ([rule(days=30), rule(FORMER, noncurrent_days=1)], [rule(FORMER, noncurrent_days=1), rule(days=30) | {"id": "x"}], False),
    "markers only": ([], [rule(expired_object_delete_marker=True)], False),
    "unfinished uploads": ([], [{"status": "Enabled", "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}]}], False),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_lifecycle_rules(name: str) -> None:
    """Each deletion is held against those that did as much before; none hides another."""
    before, after, is_finding = RULES[name]
    there = {"bucket": "recordings", "rule": before}
    data = plan(updated("aws_s3_bucket_lifecycle_configuration.l", there, rule=after))
    assert codes(data) == ({"storage-weakened"} if is_finding else set())


def test_people_whom_a_rule_left_out_are_taken_in_by_another() -> None:
    """The rule is destroyed here, and made there without those whom it left out."""
    before = {
        "status": "ACTIVE",
        "expression_value": 'isMemberOfAnyGroup("g1")',
        "group_assignments": ["g2"],
        "users_excluded": ["00u1"],
    }
    data = plan(
        standing("okta_app_saml.admin", id="0oa1", label="Admin", status="ACTIVE", default_relay_state=""),
        standing("okta_app_group_assignment.a", app_id="0oa1", group_id="g2"),
        destroyed("okta_group_rule.here", **before),
        created("okta_group_rule.there", **(before | {"users_excluded": []})),
    )
    assert ("admin-app-assigned", "okta_group_rule.there") in found(data)
