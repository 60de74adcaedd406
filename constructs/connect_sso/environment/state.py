"""Where an environment's Terraform state is kept."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from connect_sso.environment.values import BucketName, ObjectKey, Region, RoleArn, Section, form, text


class CloudState(Section):
    """State in HCP Terraform, or another server of its API."""

    organization: Annotated[
        str, form(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "an organization's name: up to 40 letters, digits, _ and -")
    ]
    workspace: Annotated[str, form(r"[A-Za-z0-9_-]{1,84}", "a workspace's name: up to 84 letters, digits, _ and -")]
    project: Annotated[str, text(3, 40)] | None = None
    hostname: (
        Annotated[
            str,
            form(
                r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?",
                "a host name, with a port if needed",
            ),
        ]
        | None
    ) = None


class S3State(Section):
    """State in an S3 bucket, locked by a lock file beside it."""

    bucket: BucketName
    region: Region
    key: ObjectKey | None = None
    role_arn: RoleArn | None = Field(
        default=None, description="A role that Terraform takes on to reach the bucket, in whichever account it is."
    )
    kms_key_id: Annotated[str, text(1, 2048)] | None = None


class RemoteState(Section):
    """One of the two remote places for the state."""

    cloud: CloudState | None = None
    s3: S3State | None = None


State: TypeAlias = Annotated[
    Annotated[Literal["local"], Tag("local")] | Annotated[RemoteState, Tag("remote")],
    Discriminator(lambda value: "remote" if isinstance(value, dict | RemoteState) else "local"),
]
