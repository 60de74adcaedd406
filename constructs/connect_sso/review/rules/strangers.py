"""Findings about what this review cannot judge: types it does not know, and what Terraform forgets or puts off."""

from __future__ import annotations

from collections.abc import Iterator

from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.words import words
from connect_sso.review.world import World
from connect_sso.terraform.plan import Change

GUARDED = (
    *("aws_connect_", "aws_iam_", "aws_kms_", "aws_s3_", "okta_"),
    *("awscc_connect_", "awscc_iam_", "awscc_kms_", "awscc_s3_"),
    *("aws_cloudcontrolapi_", "aws_cloudformation_"),  # which may make any of the others
    *("aws_identitystore_", "aws_rolesanywhere_", "aws_ssoadmin_"),
)
"""What the types begin with that decide who signs in, and who may read the recordings."""

KNOWN = frozenset(
    {
        "aws_connect_instance",
        "aws_connect_instance_storage_config",
        "aws_connect_security_profile",
        "aws_connect_user",
        "aws_iam_access_key",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_saml_provider",
        "aws_iam_user",
        "aws_iam_user_policy",
        "aws_iam_user_policy_attachment",
        "aws_kms_alias",
        "aws_kms_key",
        "aws_kms_key_policy",
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "okta_app_access_policy_assignment",
        "okta_app_group_assignment",
        "okta_app_group_assignments",
        "okta_app_saml",
        "okta_app_saml_app_settings",
        "okta_app_signon_policy",
        "okta_app_signon_policy_rule",
        "okta_app_user",
        "okta_group",
        "okta_group_memberships",
        "okta_group_rule",
    }
)
"""The types that the rules and the access section understand."""


def findings(world: World) -> Iterator[Finding]:
    """Findings about strangers, and about what is forgotten or deferred."""
    for change in world.plan.changes:
        if not change.changes_something or not change.type.startswith(GUARDED):
            continue
        if change.forgets:
            # People who move to another stack's state are forgotten by the thousand; the access section counts them.
            if change.type != "aws_connect_user":
                says = words("Terraform forgets it ({}): it stays as it is and is no longer managed.", change.type)
                yield Finding("forgotten", change.address, says, reason_of(change))
        elif change.type not in KNOWN:
            yield Finding(
                "unknown-resource", change.address, words(f"{{}} is {_verb(change)}.", change.type), reason_of(change)
            )
    for change in world.plan.deferred:
        if change.managed and change.type.startswith(GUARDED):
            yield Finding(
                "deferred-change",
                change.address,
                words("Terraform puts off a change of this resource ({}).", change.type),
            )


def _verb(change: Change) -> str:
    if change.replaces:
        return "destroyed and recreated"
    if change.creates:
        return "made"
    return "destroyed" if change.deletes else "changed"
