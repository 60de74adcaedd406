"""Names that follow from an environment: bucket, role groups, rules, states. Deterministic, and within each vendor's limits."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from connect_sso.environment.values import StorageKind

ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
"""What an environment may be called: it is a stack, a folder, a state, and part of Okta group names."""

TERRAFORM_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
"""What Terraform takes as a resource's name: https://developer.hashicorp.com/terraform/language/syntax/configuration."""

CROWD_SUFFIX = "-users"

USERS = "users"
"""The Terraform name of the block of everybody of whom the file says no setting, and of a whole crowd."""

STORAGE_FOLDERS: Final[dict[StorageKind, str]] = {
    "call_recordings": "CallRecordings",
    "chat_transcripts": "ChatTranscripts",
    "contact_evaluations": "ContactEvaluations",
    "email_messages": "EmailMessages",
    "scheduled_reports": "Reports",
    "screen_recordings": "ScreenRecordings",
}
"""Storage kind to the folder that the console's wizard names for it."""


def crowd_stack(environment: str) -> str:
    """The name of the stack that holds an environment's crowd."""
    return environment + CROWD_SUFFIX


def bucket_name(environment: str, account_id: str, region: str) -> str:
    """The recordings' bucket: 3 to 63 lower-case letters, digits and hyphens, with the account so that it is unique.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    readable = re.sub(r"[^a-z0-9]+", "-", environment.lower()).strip("-")
    suffix = f"-{account_id}-{region}"
    limit = 63 - len("connect-") - len(suffix)
    if readable != environment or len(readable) > limit:
        # The spelling was changed, so another environment's may become the same: a digest keeps them apart.
        digest = hashlib.sha256(environment.encode()).hexdigest()[:6]
        readable = f"{readable[: limit - 7].strip('-')}-{digest}"
    return f"connect-{readable}{suffix}"


def storage_prefix(environment: str, kind: StorageKind) -> str:
    """Where a kind lies in the recordings' bucket."""
    return f"connect/{environment}/{STORAGE_FOLDERS[kind]}"


def role_group(environment: str, app: str, role: str, account_id: str) -> str:
    """The Okta group whose members get `role` through `app` in `group_mapping` mode.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-enable-role-based.htm
    """
    return f"aws#{environment}-{app}#{role}#{account_id}"


def role_group_description(app: str) -> str:
    """What Okta shows of a role group. By the app's key: a new label of the app is to change nothing else."""
    return f"Gets the app {app} and its role; filled by Terraform"


def group_rule(environment: str, app: str) -> str:
    """The Okta group rule that fills a role group; at most 50 bytes, unique in the org.

    https://developer.okta.com/docs/api/openapi/okta-management/management/tag/GroupRule/
    """
    name = f"connect-sso {environment}-{app}"
    if len(name) <= 50:
        return name
    return f"{name[:41]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def role_address(role: str) -> str:
    """A role's name in Terraform: the same, or where that cannot be, one that no other role can take from it."""
    if re.fullmatch(TERRAFORM_NAME, role):
        return role
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", role)
    start = "" if re.match(r"[A-Za-z_]", readable) else "_"
    return f"{start}{readable}_{hashlib.sha256(role.encode()).hexdigest()[:8]}"


def user_address(username: str, *, apart: bool) -> str:
    """Where a Connect user stands in Terraform.

    Args:
        username: the Connect user name.
        apart: whether the YAML file says any setting of the person, see `environment.people.LEFT_ALONE`: they then have a block to
            themselves. People of a crowd never have.
    """
    return f'aws_connect_user.{own_block(username) if apart else USERS}["{username}"]'


def own_block(username: str) -> str:
    """The Terraform name of a person's own block, readable and unlike that of every other person and of `USERS`."""
    return "user-" + username.translate(_IN_OWN_BLOCK)


_IN_OWN_BLOCK = str.maketrans({".": "_", "@": "--", "_": "-u", "-": "-d"})
"""What a user name may have besides letters and digits; a hyphen is always followed by what it stands for."""


def terraform_name(text: str, taken: set[str]) -> str:
    """`text` as a Terraform name, with a digest where its spelling had to change into one that is already `taken`."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    if not re.match(r"[A-Za-z_]", name):
        name = "_" + name
    if name in taken:
        name += "_" + hashlib.sha256(text.encode()).hexdigest()[:8]
    return name


def s3_keys(environment: str, key: str | None) -> tuple[str, str]:
    """The S3 keys of an environment's state and of its crowd's, which lies beside it."""
    key = key or f"connect-sso/{environment}.tfstate"
    stem, dot, extension = key.rpartition(".tfstate")
    if dot and not extension:
        return key, f"{stem}{CROWD_SUFFIX}.tfstate"
    return key, key + CROWD_SUFFIX
