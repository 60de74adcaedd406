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

    from cdktf import TerraformResource

    from connect_sso.environment.values import StorageKind
    from connect_sso.infrastructure.instance import Instance

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
        instance: Instance,
        environment: str,
        bucket: str,
        bucket_arn: str,
        account_root_arn: str,
        kinds: Sequence[StorageKind],
        protect: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        key = RecordingsKey(self, "key", environment=environment, account_root_arn=account_root_arn, protect=protect)
        named(KmsAlias(self, "key-alias", name=f"alias/{bucket}", target_key_id=key.key_id), NAME)
        store = named(S3Bucket(self, "bucket", bucket=bucket, lifecycle=protected(protect)), NAME)
        locks = BucketLocks(self, bucket=store.id, bucket_arn=bucket_arn, key=key)
        instance_id = instance.id
        for kind in sorted(kinds):
            StorageAssociation(
                self,
                kind,
                instance_id=instance_id,
                kind=kind,
                prefix=f"connect/{environment}/{FOLDERS[kind]}",
                locks=locks,
                key=key,
            )


class RecordingsKey(KmsKey):
    """The key that encrypts what is stored."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: str, account_root_arn: str, protect: bool
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Amazon Connect recordings of {environment}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=policies.policy_json(policies.recordings_key(account_root_arn)),
            lifecycle=protected(protect),
        )
        named(self, NAME)
        self.key_arn: str = self.arn


class BucketLocks:
    """What a bucket needs before anything is stored in it: it is private, encrypted, versioned, and reached through TLS alone."""

    def __init__(self, scope: Construct, *, bucket: str, bucket_arn: str, key: RecordingsKey) -> None:
        self._scope = scope
        self.bucket = bucket
        """Its id, from the bucket itself."""
        public_access = self._no_public_access()
        self.all: Sequence[TerraformResource] = [
            public_access,
            self._tls_only(bucket_arn, after=public_access),
            self._encryption(key),
            self._versioning(),
        ]
        self._remove_unfinished_uploads()

    def _no_public_access(self) -> TerraformResource:
        block = S3BucketPublicAccessBlock(
            self._scope,
            "public-access-block",
            bucket=self.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        return named(block, NAME)

    def _tls_only(self, bucket_arn: str, *, after: TerraformResource) -> TerraformResource:
        policy = S3BucketPolicy(
            self._scope,
            "policy",
            bucket=self.bucket,
            policy=policies.policy_json(policies.tls_only(bucket_arn)),
            # S3 refuses two changes of one bucket's access at the same moment.
            depends_on=[after],
        )
        return named(policy, NAME)

    def _encryption(self, key: RecordingsKey) -> TerraformResource:
        by_default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="aws:kms", kms_master_key_id=key.key_arn
        )
        rule = S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
        )
        encryption = S3BucketServerSideEncryptionConfigurationA(
            self._scope, "encryption", bucket=self.bucket, rule=[rule]
        )
        return named(encryption, NAME)

    def _versioning(self) -> TerraformResource:
        versioning = S3BucketVersioningA(
            self._scope,
            "versioning",
            bucket=self.bucket,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        return named(versioning, NAME)

    def _remove_unfinished_uploads(self) -> None:
        rule = S3BucketLifecycleConfigurationRule(
            id="abort-unfinished-uploads",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            abort_incomplete_multipart_upload=[
                S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
            ],
        )
        named(S3BucketLifecycleConfiguration(self._scope, "lifecycle", bucket=self.bucket, rule=[rule]), NAME)


class StorageAssociation(ConnectInstanceStorageConfig):
    """The instance told to store one kind of thing in the bucket, once that is locked."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance_id: str,
        kind: StorageKind,
        prefix: str,
        locks: BucketLocks,
        key: RecordingsKey,
    ) -> None:
        encryption = ConnectInstanceStorageConfigStorageConfigS3ConfigEncryptionConfig(
            encryption_type="KMS",
            # The full ARN: the provider refuses an id or an alias.
            key_id=key.key_arn,
        )
        s3 = ConnectInstanceStorageConfigStorageConfigS3Config(
            bucket_name=locks.bucket,
            bucket_prefix=prefix,
            encryption_config=encryption,
        )
        super().__init__(
            scope,
            construct_id,
            instance_id=instance_id,
            resource_type=kind.upper(),
            storage_config=ConnectInstanceStorageConfigStorageConfig(storage_type="S3", s3_config=s3),
            # Nothing is recorded into a bucket that is not yet locked.
            depends_on=locks.all,
        )
        named(self, kind)
