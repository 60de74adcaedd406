"""Findings about the recordings: buckets, keys, and what protects them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from connect_sso.facts.partitions import PARTITIONS
from connect_sso.iam.comparison import Difference, Part
from connect_sso.iam.documents import Statement
from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.policy_changes import Unclear, documents, lines, policy_gains
from connect_sso.review.words import Words, one_line_json, words
from connect_sso.review.world import World, target_of
from connect_sso.terraform.plan import UNKNOWN, Change, Mark, Side, Value

PUBLIC_ACCESS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
SAFE_ACLS = frozenset({"", "private", "bucket-owner-full-control", "bucket-owner-read", "log-delivery-write"})

_GUARDS = {
    "aws_s3_bucket_public_access_block": ("public-access", "block on public access"),
    "aws_s3_bucket_ownership_controls": ("public-access", "rule that access lists do not count"),
    "aws_s3_bucket_server_side_encryption_configuration": ("encryption-weakened", "default encryption"),
    "aws_s3_bucket_policy": ("encryption-weakened", "bucket policy"),
    "aws_s3_bucket_versioning": ("storage-weakened", "versioning"),
    "aws_kms_key_policy": ("encryption-weakened", "key policy"),
    "aws_connect_instance_storage_config": ("storage-weakened", "place of storage"),
}
"""What protects a bucket, with the code for its end and what to call it."""


def findings(world: World) -> Iterator[Finding]:
    """Findings about storage that goes, or is protected less than before."""
    yield from _destroyed(world)
    yield from _guards_removed(world)
    yield from _buckets(world)
    yield from _lifecycle(world)
    yield from _public_access(world)
    yield from _encryption(world)
    yield from _versioning(world)
    yield from _keys(world)
    yield from _storage_configs(world)
    yield from _resource_policies(world)


def _changed(world: World, kind: str) -> Iterator[Change]:
    """Changes of a type that leave an object behind, each with what stood for its target before."""
    return (
        world.against_what_stood(change)
        for change in world.plan.of(kind)
        if change.changes_something and change.after is not None
    )


def _destroyed(world: World) -> Iterator[Finding]:
    for change in world.plan.changes:
        if not change.managed or not change.deletes:
            continue
        again = " and makes a new one" if change.replaces else ""
        if change.type == "aws_s3_bucket":
            says = words(f"Terraform destroys the bucket {{}}{again}.", change.old().get("bucket"))
        elif change.type == "aws_kms_key":
            days = change.old().get("deletion_window_in_days") or 30
            says = words(
                f"Terraform schedules the deletion of the key {{}} in {{}} days{again}.", change.old().get("arn"), days
            )
        else:
            continue
        yield Finding("storage-destroyed", change.address, says, reason_of(change))


def _guards_removed(world: World) -> Iterator[Finding]:
    gone = {
        identifier
        for kind, name in (("aws_s3_bucket", "bucket"), ("aws_connect_instance", "id"))
        for change in world.plan.of(kind)
        if change.deletes and isinstance(identifier := change.old().get(name), str)
    }
    for kind, (code, noun) in _GUARDS.items():
        standing = {target_of(kind, side) for side in world.after[kind].values()}
        for change in world.plan.of(kind):
            if not change.deletes or target_of(kind, change.old()) in standing:
                continue
            if change.old().text("bucket") in gone or change.old().text("instance_id") in gone:
                continue  # what it protected goes as well, which is a graver finding
            if change.replaces and target_of(kind, change.new()) is None:
                continue  # for something that is made anew as well
            if kind == "aws_s3_bucket_policy" and not policy_gains(change.old().get("policy"), None):
                continue  # it only allowed things
            says = words(f"The {noun} of {{}} is taken away.", _target(change.old()))
            yield Finding(code, change.address, says, reason_of(change))


def _target(side: Side) -> str | Mark:
    value = side.get("bucket") or side.get("resource_type") or side.get("key_id")
    return value if isinstance(value, (str, Mark)) else UNKNOWN


INLINE = {
    "server_side_encryption_configuration": ("encryption-weakened", "default encryption"),
    "versioning": ("storage-weakened", "versioning"),
    "lifecycle_rule": ("storage-weakened", "lifecycle rules"),
    "replication_configuration": ("storage-weakened", "replication"),
    "object_lock_configuration": ("storage-weakened", "object lock"),
    "logging": ("storage-weakened", "access log"),
    "website": ("public-access", "website"),
    "cors_rule": ("public-access", "rules for other origins"),
}
"""The arguments of a bucket that have a resource of their own by now, and still work in it.

https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/resources/s3_bucket#argument-reference
"""


def _inline(change: Change) -> Iterator[Finding]:
    """What changes in a bucket itself: nothing of ours is written there, and what is read back changes with its own resource."""
    old, new = change.old(), change.new()
    for name, (code, noun) in INLINE.items():
        if not new.is_unknown(name) and (old.values.get(name) or None) != (new.values.get(name) or None):
            says = words(f"The {noun} of the bucket {{}} changes in the bucket itself ({name}).", new.get("bucket"))
            yield Finding(code, change.address, says)
    if not new.is_unknown("policy") and (more := policy_gains(old.get("policy") or None, new.get("policy") or None)):
        says = words("The bucket policy of {} allows more than before.", new.get("bucket"))
        yield Finding("permission-widened", change.address, says, details=tuple(lines(more)))


def _buckets(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_s3_bucket"):
        old, new = change.old(), change.new()
        if new.get("force_destroy") is True and old.get("force_destroy") is not True and change.before is not None:
            says = words(
                "The bucket {} may from now on be destroyed with all that is in it (force_destroy).", new.get("bucket")
            )
            yield Finding("storage-weakened", change.address, says)
        acl = new.get("acl")
        if acl != old.get("acl") and isinstance(acl, str) and acl not in SAFE_ACLS:
            yield Finding(
                "public-access", change.address, words("The bucket {} gets the access list {}.", new.get("bucket"), acl)
            )

        for uri in sorted(_granted(new) - _granted(old)):
            says = words("The bucket {} is opened to {}.", new.get("bucket"), uri)
            yield Finding("public-access", change.address, says)
        yield from _inline(change)


def _granted(bucket: Side) -> set[str]:
    """Everyone, or everyone with an AWS account, where the bucket's access list names them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups
    """
    grants = bucket.get("grant")
    uris = [grant.get("uri") for grant in grants if isinstance(grant, dict)] if isinstance(grants, list) else []
    return {
        uri for uri in uris if isinstance(uri, str) and uri.endswith(("/global/AllUsers", "/global/AuthenticatedUsers"))
    }


def _lifecycle(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_s3_bucket_lifecycle_configuration"):
        before, after = _deletions(change.old()), _deletions(change.new())
        for deletion in after:
            if any(earlier.covers(deletion) for earlier in before):
                continue
            where = words(" below {}", deletion.prefix) if deletion.prefix else words("")
            what = "former versions" if deletion.of_former_versions else "recordings"
            days = words("at once") if deletion.days == 0 else words("after {} days", deletion.days)
            says = words(f"From now on a rule of {{}} deletes {what}{{}} {{}}.", _target(change.new()), where, days)
            yield Finding("storage-weakened", change.address, says, details=tuple(map(_in_words, before)))


@dataclass(frozen=True)
class Deletion:
    """What a lifecycle rule deletes.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """

    of_former_versions: bool
    prefix: str
    condition: str
    """What else an object must meet (tags, sizes), as JSON."""
    days: int
    """A date, or what is not known, is 0: at once."""
    kept_versions: int
    """How many former versions are kept all the same."""

    def covers(self, other: Deletion) -> bool:
        """Whether this one has deleted all that the other deletes, and no later."""
        return (
            self.of_former_versions == other.of_former_versions
            and other.prefix.startswith(self.prefix)
            and self.condition in ("", other.condition)
            and self.days <= other.days
            and self.kept_versions <= other.kept_versions
        )


def _in_words(deletion: Deletion) -> Words:
    what = "former versions" if deletion.of_former_versions else "recordings"
    return words(f"until now it deletes {what} below {{}} after {{}} days", deletion.prefix or "/", deletion.days)


def _deletions(side: Side) -> list[Deletion]:
    found: list[Deletion] = []
    rules = side.get("rule")
    if isinstance(rules, Mark):
        return [Deletion(former, "", "", 0, 0) for former in (False, True)]
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict) or rule.get("status") == "Disabled":
            continue
        prefix, condition = _filter(Side(rule))
        for block, attribute in (("expiration", "days"), ("noncurrent_version_expiration", "noncurrent_days")):
            expiration = Side(rule).block(block)
            if expiration is None:
                continue
            days, kept = expiration.get(attribute), expiration.get("newer_noncurrent_versions")
            if isinstance(days, int) and days > 0:
                after = days
            elif expiration.get("date") or isinstance(days, Mark):
                after = 0
            else:
                continue  # markers of deleted objects only
            former = block.startswith("noncurrent")
            found.append(Deletion(former, prefix, condition, after, kept if isinstance(kept, int) else 0))
    return found


def _filter(rule: Side) -> tuple[str, str]:
    """The prefix that a rule is for, and its other conditions; a prefix that is not known is every one."""
    block = rule.block("filter")
    inner = block.block("and") if block is not None else None
    parts = [part.values for part in (inner, block) if part is not None]
    prefix = next((part["prefix"] for part in parts if part.get("prefix")), rule.values.get("prefix")) or ""
    other = {name: value for part in parts for name, value in part.items() if name not in ("prefix", "and") and value}
    return (prefix if isinstance(prefix, str) else ""), (one_line_json(other) if other else "")


def _public_access(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_s3_bucket_public_access_block"):
        old, new = change.old(), change.new()
        # S3 blocks public access of a new bucket by itself: less than that is less than before.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        lifted = [
            name
            for name in PUBLIC_ACCESS
            if new.get(name) is not True and (old.get(name) is True or change.before is None)
        ]
        if lifted:
            details = tuple(words(f"{name}: {{}}", new.get(name)) for name in lifted)
            yield Finding(
                "public-access",
                change.address,
                words("The block on public access of {} is lifted.", _target(new)),
                details=details,
            )
    for change in _changed(world, "aws_s3_bucket_ownership_controls"):
        old_rule, new_rule = change.old().block("rule"), change.new().block("rule")
        before = old_rule.get("object_ownership") if old_rule else None
        after = new_rule.get("object_ownership") if new_rule else None
        if change.before is None:
            before = "BucketOwnerEnforced"  # of every bucket since 2023
        if before == "BucketOwnerEnforced" and after != before:
            says = words("Access lists count again in {} ({} instead of {}).", _target(change.new()), after, before)
            yield Finding("public-access", change.address, says)


def _encryption(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_s3_bucket_server_side_encryption_configuration"):
        if change.before is None or change.after is None:
            continue
        old, new = _default_encryption(change.before), _default_encryption(change.after)
        if old == new and UNKNOWN not in new:
            continue
        details = []
        if (
            old[0] != new[0]
            and not (old[0] in (None, "AES256") and new[0] in ("aws:kms", "aws:kms:dsse"))
            and new[0] != "aws:kms:dsse"
        ):
            details.append(words("algorithm: {} instead of {}", new[0], old[0]))
        if old[1] and old[1] != new[1]:
            details.append(words("key: {} instead of {}", new[1], old[1]))
        if details:
            says = words("New recordings in {} are encrypted differently.", _target(change.after))
            yield Finding("encryption-weakened", change.address, says, details=tuple(details))


def _default_encryption(side: Side) -> tuple[Value, Value]:
    """The algorithm and the key of a bucket's default encryption."""
    rule = side.block("rule")
    default = rule.block("apply_server_side_encryption_by_default") if rule else None
    if default is None:
        value = side.get("rule")
        return (value, value) if isinstance(value, Mark) else (None, None)
    return default.get("sse_algorithm"), default.get("kms_master_key_id") or None


def _versioning(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_s3_bucket_versioning"):
        old, new = change.old().block("versioning_configuration"), change.new().block("versioning_configuration")
        for attribute in ("status", "mfa_delete"):
            before, after = old.get(attribute) if old else None, new.get(attribute) if new else None
            if before == "Enabled" and after != "Enabled" and after is not UNKNOWN:
                what = "Versioning" if attribute == "status" else "The second factor for deleting versions"
                yield Finding(
                    "storage-weakened",
                    change.address,
                    words(f"{what} of {{}} is {{}} instead of {{}}.", _target(change.new()), after, before),
                )


def _keys(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_kms_key"):
        if change.before is None:
            continue
        old, new = change.old(), change.new()
        for attribute, what in (
            ("is_enabled", "is disabled: what it encrypted cannot be read"),
            ("enable_key_rotation", "no longer rotates"),
        ):
            if old.get(attribute) is True and new.get(attribute) is not True:
                yield Finding("encryption-weakened", change.address, words(f"The key {{}} {what}.", old.get("arn")))
        before, after = old.get("deletion_window_in_days"), new.get("deletion_window_in_days")
        if isinstance(after, (int, float)) and after < (before if isinstance(before, (int, float)) else 30):
            says = words(
                "A deletion of the key {} could be stopped for {} days only, instead of {}.",
                old.get("arn"),
                after,
                before or 30,
            )
            yield Finding("storage-weakened", change.address, says)
        if (
            new.get("bypass_policy_lockout_safety_check") is True
            and old.get("bypass_policy_lockout_safety_check") is not True
        ):
            yield Finding(
                "encryption-weakened",
                change.address,
                words("The key {} may get a policy that locks everyone out.", old.get("arn")),
            )


def _storage_configs(world: World) -> Iterator[Finding]:
    for change in _changed(world, "aws_connect_instance_storage_config"):
        kind = change.new().get("resource_type")
        old, new = _storage(change.old()), _storage(change.new())
        if new is None or isinstance(new.get("s3_config"), Mark):
            says = words("Where {} are stored from now on is {}.", kind, UNKNOWN)
            yield Finding("storage-weakened", change.address, says)
            continue
        s3, old_s3 = new.block("s3_config"), old.block("s3_config") if old else None
        if s3 is None:
            says = words("{} do not go to a bucket from now on, but to {}.", kind, new.get("storage_type"))
            yield Finding("storage-weakened", change.address, says)
            continue
        bucket = s3.get("bucket_name")
        ours = {side.get("bucket") for side in world.after["aws_s3_bucket"].values()}
        if old_s3 is None and isinstance(bucket, str) and bucket not in ours:
            says = words("{} go to the bucket {}, which this plan does not manage.", kind, bucket)
            yield Finding("storage-weakened", change.address, says)
        key, old_key = _encryption_key(s3), _encryption_key(old_s3) if old_s3 else None
        if key is None:
            if old_key is not None or change.before is None:
                yield Finding(
                    "encryption-weakened", change.address, words("{} are stored without a key of their own.", kind)
                )
        elif old_key is not None and key != old_key:
            says = words("{} are encrypted with {} instead of {}.", kind, key, old_key)
            yield Finding("encryption-weakened", change.address, says)
        if old_s3 is not None and s3.get("bucket_name") != old_s3.get("bucket_name"):
            says = words(
                "{} go to the bucket {} instead of {}.", kind, s3.get("bucket_name"), old_s3.get("bucket_name")
            )
            yield Finding("storage-weakened", change.address, says)


def _storage(side: Side) -> Side | None:
    return side.block("storage_config")


def _encryption_key(s3: Side) -> Value:
    encryption = s3.block("encryption_config")
    if encryption is not None:
        return encryption.get("key_id")
    value = s3.get("encryption_config")
    return value if isinstance(value, Mark) else None


def _resource_policies(world: World) -> Iterator[Finding]:
    for kind, noun in (
        ("aws_s3_bucket_policy", "bucket policy of"),
        ("aws_kms_key_policy", "policy of the key"),
        ("aws_kms_key", "policy of the key"),
    ):
        for change in _changed(world, kind):
            old, new = change.old().get("policy"), change.new().get("policy")
            if kind == "aws_kms_key" and (
                new is None or (new is UNKNOWN and not world.plan.references(change, "policy"))
            ):
                continue  # not set: AWS's default policy, computed
            if change.before is None and kind != "aws_s3_bucket_policy":
                old = _key_policy(world, change)
            elif change.before is not None:
                old, new = documents(change.before, change.after)
            more = policy_gains(old, new)
            if more:
                target = change.new().get("bucket") or change.new().get("key_id") or change.new().get("arn")
                code = "encryption-weakened" if any(_asked_for_tls(each) for each in more) else "permission-widened"
                yield Finding(
                    code,
                    change.address,
                    words(f"The {noun} {{}} allows more than before.", target),
                    details=tuple(lines(more)),
                )


def _key_policy(world: World, change: Change) -> Value:
    """The policy that a key has so far: its own, or the default one that lets its account decide.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    for side in world.before["aws_kms_key"].values():
        if change.new().get("key_id") in (side.get("key_id"), side.get("arn"), side.get("id")) and side.get("policy"):
            return side.get("policy")
    roots = [f"arn:{partition.name}:iam::{account}:root" for partition in PARTITIONS for account in world.accounts]
    statement = {"Effect": "Allow", "Principal": {"AWS": roots}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _asked_for_tls(difference: Difference | Unclear) -> bool:
    return isinstance(difference, Difference) and (
        isinstance(rule := difference.before, Statement)
        and difference.part is Part.DENY
        and any(condition.key.lower() == "aws:securetransport" for condition in rule.conditions)
    )
