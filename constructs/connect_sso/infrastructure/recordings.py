"""Where the instance stores recordings, transcripts and reports: one bucket, one key, a prefix per kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdktf_cdktf_provider_aws.connect_instance_storage_config import (
    ConnectInstanceStorageConfig,
    ConnectInstanceStorageConfigStorageConfig,
    ConnectInstanceStorageConfigStorageConfigS3Config,
    ConnectInstanceStorageConfigStorageConfigS3ConfigEncryptionConfig,
)
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA, S3BucketVersioningVersioningConfiguration
from constructs import Construct

from connect_sso.iam import policies
from connect_sso.infrastructure.addresses import named
from connect_sso.infrastructure.protection import protected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connect_sso.environment.values import StorageKind

NAME: Final = "recordings"

FOLDERS: Final[dict[StorageKind, str]] = {
    "call_recordings": "CallRecordings",
    "chat_transcripts": "ChatTranscripts",
    "contact_evaluations": "ContactEvaluations",
    "email_messages": "EmailMessages",
    "scheduled_reports": "Reports",
    "screen_recordings": "ScreenRecordings",
}
"""Storage kind to the folder that the console's wizard names for it."""

BUCKET_ADDRESSES: Final = tuple(
    f"{kind}.{NAME}"
    for kind in (
        "aws_kms_alias",
        "aws_kms_key",
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
    )
)
"""The bucket, its key, and everything that protects them: a bucket that is kept must keep its locks as well."""

ASSOCIATION_ADDRESSES: Final = tuple(f"aws_connect_instance_storage_config.{kind}" for kind in FOLDERS)
"""What makes the instance store into the bucket."""


class Recordings(Construct):
    """The bucket and key, and the instance told to use them.

    https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-instances.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance_id: str,
        environment: str,
        bucket: str,
        bucket_arn: str,
        account_root_arn: str,
        kinds: Sequence[StorageKind],
        protect: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        key = named(
            KmsKey(
                self,
                "key",
                description=f"Amazon Connect recordings of {environment}",
                enable_key_rotation=True,
                deletion_window_in_days=30,
                policy=policies.policy_json(policies.recordings_key(account_root_arn)),
                lifecycle=protected(protect),
            ),
            NAME,
        )
        key_arn = key.arn
        named(KmsAlias(self, "key-alias", name=f"alias/{bucket}", target_key_id=key.key_id), NAME)
        store = named(S3Bucket(self, "bucket", bucket=bucket, lifecycle=protected(protect)), NAME)
        bucket_id = store.id
        public_access = named(
            S3BucketPublicAccessBlock(
                self,
                "public-access-block",
                bucket=bucket_id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            NAME,
        )
        # S3 refuses two changes of one bucket at the same moment, so they follow each other.
        policy = named(
            S3BucketPolicy(
                self,
                "policy",
                bucket=bucket_id,
                policy=policies.policy_json(policies.tls_only(bucket_arn)),
                depends_on=[public_access],
            ),
            NAME,
        )
        encryption = named(
            S3BucketServerSideEncryptionConfigurationA(
                self,
                "encryption",
                bucket=bucket_id,
                rule=[
                    S3BucketServerSideEncryptionConfigurationRuleA(
                        apply_server_side_encryption_by_default=S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms", kms_master_key_id=key_arn
                        ),
                        bucket_key_enabled=True,
                    )
                ],
            ),
            NAME,
        )
        versioning = named(
            S3BucketVersioningA(
                self,
                "versioning",
                bucket=bucket_id,
                versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
            ),
            NAME,
        )
        named(
            S3BucketLifecycleConfiguration(
                self,
                "lifecycle",
                bucket=bucket_id,
                rule=[
                    S3BucketLifecycleConfigurationRule(
                        id="abort-unfinished-uploads",
                        status="Enabled",
                        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                        abort_incomplete_multipart_upload=[
                            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                        ],
                    )
                ],
            ),
            NAME,
        )
        for kind in sorted(kinds):
            named(
                ConnectInstanceStorageConfig(
                    self,
                    kind,
                    instance_id=instance_id,
                    resource_type=kind.upper(),
                    storage_config=ConnectInstanceStorageConfigStorageConfig(
                        storage_type="S3",
                        s3_config=ConnectInstanceStorageConfigStorageConfigS3Config(
                            bucket_name=bucket_id,
                            bucket_prefix=f"connect/{environment}/{FOLDERS[kind]}",
                            encryption_config=ConnectInstanceStorageConfigStorageConfigS3ConfigEncryptionConfig(
                                encryption_type="KMS",
                                # The full ARN: the provider refuses an id or an alias.
                                key_id=key_arn,
                            ),
                        ),
                    ),
                    # Nothing is recorded into a bucket that is not yet locked.
                    depends_on=[public_access, policy, encryption, versioning],
                ),
                kind,
            )
