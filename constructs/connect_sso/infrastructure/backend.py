"""Where a stack's state is kept, and the two providers. No credentials: the providers read their own environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend, S3BackendAssumeRoleConfig, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderAssumeRole, AwsProviderDefaultTags
from cdktf_cdktf_provider_okta.provider import OktaProvider

from connect_sso.environment.derived_names import crowd_stack, s3_keys

if TYPE_CHECKING:
    from connect_sso.environment.model import Environment

TERRAFORM_VERSION = ">= 1.10.0"
"""The first with S3's own lock files; `removed` blocks came with 1.7. OpenTofu counts alike."""


def keep_state(stack: TerraformStack, environment: Environment, *, name: str, crowd: bool) -> None:
    """Add the backend of the environment's stack, or of its crowd's, which lies beside it."""
    terraform: dict[str, object] = {"required_version": TERRAFORM_VERSION}
    if environment.state == "local":
        # Relative to the stack's own folder, cdktf.out/stacks/NAME: three up is the project. An absolute path would
        # make the output differ from machine to machine.
        LocalBackend(stack, path=f"../../../terraform.{crowd_stack(name) if crowd else name}.tfstate")
    elif cloud := environment.state.cloud:
        CloudBackend(
            stack,
            hostname=cloud.hostname,
            organization=cloud.organization,
            workspaces=NamedCloudWorkspace(
                crowd_stack(cloud.workspace) if crowd else cloud.workspace, project=cloud.project
            ),
        )
    elif s3 := environment.state.s3:
        S3Backend(
            stack,
            bucket=s3.bucket,
            region=s3.region,
            key=s3_keys(name, s3.key)[crowd],
            encrypt=True,
            kms_key_id=s3.kms_key_id,
            assume_role=S3BackendAssumeRoleConfig(role_arn=s3.role_arn) if s3.role_arn else None,
        )
        # cdktf's backend does not know the argument yet.
        terraform["backend"] = {"s3": {"use_lockfile": True}}
    stack.add_override("terraform", terraform)


def use_aws(stack: TerraformStack, environment: Environment) -> None:
    """Add the AWS provider: one region, one account, and patience with Connect's two calls a second."""
    aws = environment.aws
    assumed = aws.assume_role
    AwsProvider(
        stack,
        "aws",
        region=aws.region,
        allowed_account_ids=[aws.account_id],
        assume_role=[
            AwsProviderAssumeRole(
                role_arn=assumed.role_arn, external_id=assumed.external_id, session_name=assumed.session_name
            )
        ]
        if assumed
        else None,
        retry_mode="adaptive",
        default_tags=[AwsProviderDefaultTags(tags=dict(sorted(aws.tags.items())))] if aws.tags else None,
    )
    if environment.providers.aws:
        stack.add_override("terraform.required_providers.aws.version", environment.providers.aws)


def use_okta(stack: TerraformStack, environment: Environment) -> None:
    """Add the Okta provider."""
    OktaProvider(stack, "okta", org_name=environment.okta.org_name, base_url=environment.okta.base_url)
    if environment.providers.okta:
        stack.add_override("terraform.required_providers.okta.version", environment.providers.okta)
