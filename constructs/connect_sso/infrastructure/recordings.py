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
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
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

from connect_sso.environment.derived_names import STORAGE_FOLDERS, storage_prefix
from connect_sso.iam import policies
from connect_sso.infrastructure.addresses import named
from connect_sso.infrastructure.protection import protected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdktf import TerraformResource

    from connect_sso.environment.values import StorageKind
    from connect_sso.infrastructure.instance import Instance

NAME: Final = "recordings"

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

ASSOCIATION_ADDRESSES: Final = tuple(f"aws_connect_instance_storage_config.{kind}" for kind in STORAGE_FOLDERS)
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
        retention: Mapping[StorageKind, int],
        protect: bool,
    ) -> None:
        """Declare them.

        Args:
            instance: what stores there.
            environment: the environment's name, a part of each prefix.
            bucket: the bucket's name.
            bucket_arn: its ARN.
            account_root_arn: the account, whose IAM policies decide about the key.
            kinds: what is stored.
            retention: days after which a kind is deleted; the others are kept.
            protect: whether Terraform refuses to destroy bucket and key.
        """
        super().__init__(scope, construct_id)
        key = RecordingsKey(self, "key", environment=environment, account_root_arn=account_root_arn, protect=protect)
        named(KmsAlias(self, "key-alias", name=f"alias/{bucket}", target_key_id=key.key_id), NAME)
        store = named(S3Bucket(self, "bucket", bucket=bucket, lifecycle=protected(protect)), NAME)
        prefixes = {kind: storage_prefix(environment, kind) for kind in sorted(kinds)}
        expiry = {prefixes[kind]: days for kind, days in sorted(retention.items())}
        locks = BucketLocks(self, bucket=store.id, bucket_arn=bucket_arn, key=key, expiry=expiry)
        instance_id, bucket_id, key_arn = instance.id, locks.bucket, key.key_arn
        for kind in sorted(kinds):
            StorageAssociation(
                self,
                kind,
                instance_id=instance_id,
                kind=kind,
                bucket=bucket_id,
                prefix=prefixes[kind],
                key_arn=key_arn,
                # Nothing is recorded into a bucket that is not yet locked.
                after=locks.all,
            )


class RecordingsElsewhere(Construct):
    """The instance told to use a bucket and a key that are there already."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: Instance,
        environment: str,
        bucket: str,
        key_arn: str,
        kinds: Sequence[StorageKind],
    ) -> None:
        """Declare the associations; bucket and key stay as they are."""
        super().__init__(scope, construct_id)
        for kind in sorted(kinds):
            StorageAssociation(
                self,
                kind,
                instance_id=instance.id,
                kind=kind,
                bucket=bucket,
                prefix=storage_prefix(environment, kind),
                key_arn=key_arn,
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

    def __init__(
        self, scope: Construct, *, bucket: str, bucket_arn: str, key: RecordingsKey, expiry: Mapping[str, int]
    ) -> None:
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
        self._clean_up(expiry)

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

    def _clean_up(self, expiry: Mapping[str, int]) -> None:
        """Unfinished uploads go after a week; what lies under a prefix of `expiry` after so many days, its versions a day later."""
        unfinished = S3BucketLifecycleConfigurationRule(
            id="abort-unfinished-uploads",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            abort_incomplete_multipart_upload=[
                S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
            ],
        )
        expired = [
            S3BucketLifecycleConfigurationRule(
                id=f"delete-{folder.rpartition('/')[2]}",
                status="Enabled",
                filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=f"{folder}/")],
                expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
                # The bucket keeps versions: what expires is only marked as deleted until its versions go too.
                noncurrent_version_expiration=[
                    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
                ],
            )
            for folder, days in expiry.items()
        ]
        rules = [unfinished, *expired]
        named(S3BucketLifecycleConfiguration(self._scope, "lifecycle", bucket=self.bucket, rule=rules), NAME)


class StorageAssociation(ConnectInstanceStorageConfig):
    """The instance told to store one kind of thing in a bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance_id: str,
        kind: StorageKind,
        bucket: str,
        prefix: str,
        key_arn: str,
        after: Sequence[TerraformResource] = (),
    ) -> None:
        """Declare the association.

        Args:
            instance_id: the instance's bare id.
            kind: what is stored.
            bucket: where.
            prefix: under which beginning of the objects' keys.
            key_arn: what encrypts it.
            after: what must be there before.
        """
        encryption = ConnectInstanceStorageConfigStorageConfigS3ConfigEncryptionConfig(
            encryption_type="KMS",
            # The full ARN: the provider refuses an id or an alias.
            key_id=key_arn,
        )
        s3 = ConnectInstanceStorageConfigStorageConfigS3Config(
            bucket_name=bucket,
            bucket_prefix=prefix,
            encryption_config=encryption,
        )
        super().__init__(
            scope,
            construct_id,
            instance_id=instance_id,
            resource_type=kind.upper(),
            storage_config=ConnectInstanceStorageConfigStorageConfig(storage_type="S3", s3_config=s3),
            depends_on=after or None,
        )
        named(self, kind)
