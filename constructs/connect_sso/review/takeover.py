"""What a plan imports: by name, kind and id, and whether it also changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from connect_sso.review.words import Words, words
from connect_sso.review.world import World
from connect_sso.terraform.plan import Change
from connect_sso.text import count, visible

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_connect_instance": ("Connect instance", "instance_alias"),
    "aws_connect_instance_storage_config": ("storage association", "resource_type"),
    "aws_connect_user": ("Connect user", "name"),
    "aws_iam_access_key": ("access key", "user"),
    "aws_iam_policy": ("IAM policy", "name"),
    "aws_iam_role": ("role", "name"),
    "aws_iam_saml_provider": ("SAML provider", "name"),
    "aws_iam_user": ("IAM user", "name"),
    "aws_kms_alias": ("alias of a key", "name"),
    "aws_kms_key": ("KMS key", "description"),
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_s3_bucket_lifecycle_configuration": ("setting of a bucket", "bucket"),
    "aws_s3_bucket_policy": ("setting of a bucket", "bucket"),
    "aws_s3_bucket_public_access_block": ("setting of a bucket", "bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": ("setting of a bucket", "bucket"),
    "aws_s3_bucket_versioning": ("setting of a bucket", "bucket"),
    "okta_app_saml": ("Okta app", "label"),
    "okta_group": ("Okta group", "name"),
    "okta_group_rule": ("group rule", "name"),
}
"""Resource type to what a reader calls it, and the attribute with its name."""

_PAIRS: Final[Mapping[str, tuple[str, tuple[str, str], tuple[str, str]]]] = {
    "aws_iam_role_policy_attachment": ("policy attachment", ("IAM policy", "policy_arn"), ("role", "role")),
    "aws_iam_user_policy_attachment": ("policy attachment", ("IAM policy", "policy_arn"), ("IAM user", "user")),
    "okta_app_group_assignment": ("group assignment", ("app", "app_id"), ("group", "group_id")),
    "okta_app_user": ("personal assignment", ("app", "app_id"), ("person", "user_id")),
    "okta_group_memberships": ("members of the group", ("group", "group_id"), ("", "")),
}
"""What ties two things together: what a reader calls it, and both with the attribute that names each."""


@dataclass(frozen=True)
class Takeover:
    """One thing that is there already, and that Terraform manages from the apply on."""

    change: Change
    world: World

    @property
    def address(self) -> str:
        """Where it stands in the configuration."""
        return self.change.address

    @property
    def type(self) -> str:
        """Its resource type."""
        return self.change.type

    @property
    def id(self) -> str:
        """The id by which Terraform finds it."""
        return self.change.imported_id or ""

    @property
    def kind(self) -> str:
        """What a reader calls a thing of its type."""
        if self.type in _PAIRS:
            return _PAIRS[self.type][0]
        return _KINDS[self.type][0] if self.type in _KINDS else visible(self.type)

    @property
    def is_changed(self) -> bool:
        """Whether the plan also changes it, which is then a change like any other."""
        return self.change.changes_something

    @cached_property
    def name(self) -> Words:
        """Its name, as it stands now; its id where it has none."""
        live = self.change.old()
        if self.type in _PAIRS:
            _, (what, attribute), (to_what, to_attribute) = _PAIRS[self.type]
            first = self._named(what, live.get(attribute))
            return words("{} for {}", first, self._named(to_what, live.get(to_attribute))) if to_what else first
        attribute = _KINDS[self.type][1] if self.type in _KINDS else ""
        return words("{}", live.get(attribute) or self.id)

    def _named(self, what: str, value: object) -> Words:
        if not isinstance(value, str):
            return words("{}", self.id)
        if what == "app":
            return words("{}", self.world.label(self.world.app_of(value, self.change)))
        return words("{}", self.world.names.get(what, value) or self._key(what) or value)

    def _key(self, what: str) -> str | None:
        """Who it is for, where the plan holds no name for the id: the key of the instance, which is the group's or person's name."""
        return self.change.index if what in ("group", "person") and isinstance(self.change.index, str) else None


def takeovers(world: World) -> tuple[Takeover, ...]:
    """All that the plan imports, by type and address."""
    found = (Takeover(change, world) for change in world.plan.changes if change.imported_id is not None)
    return tuple(sorted(found, key=lambda each: (each.type, each.address)))


def by_kind(found: tuple[Takeover, ...]) -> dict[str, list[Takeover]]:
    """The same by what a reader calls it, people last: they are many."""
    groups: dict[str, list[Takeover]] = {}
    for each in sorted(found, key=lambda one: one.type == "aws_connect_user"):
        groups.setdefault(each.kind, []).append(each)
    return groups


def what_is_taken_over(found: tuple[Takeover, ...]) -> str:
    """How many, how many of them change, and what this review does not say."""
    changed = sum(each.is_changed for each in found)
    one = len(found) == 1
    as_they_are = (
        f"{'it stays as it is' if one else 'they stay as they are'}"
        if not changed
        else f"{changed:,} of them {'changes' if changed == 1 else 'change'} with it (~), see the rest"
        if not one
        else "it changes with it, see the rest"
    )
    return (
        f"{count(len(found), 'resource is', 'resources are')} there already, and Terraform manages {'it' if one else 'them'} from this "
        f"apply on; {as_they_are}. What {'it allows' if one else 'they allow'} today is not judged here, only what changes."
    )
