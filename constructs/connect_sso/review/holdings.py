"""Which policies each role and user has, before and after, and what else allows them something."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TypeAlias

from connect_sso.iam.documents import Statement, UnreadablePolicyError, read
from connect_sso.review.names import Address, resource_address
from connect_sso.review.world import World
from connect_sso.terraform.plan import UNKNOWN, Change, Mark, Side, Value

INLINE_TYPES = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user"}
"""Inline policies and the attribute that names whose they are."""

ATTACHMENT_TYPES = {"aws_iam_role_policy_attachment": "role", "aws_iam_user_policy_attachment": "user"}
"""Attachments of managed policies and the attribute that names to whom."""

RESOURCE_POLICIES = ("aws_s3_bucket_policy", "aws_kms_key", "aws_kms_key_policy")
"""What has a policy of its own, which may allow something to a role or user without any of theirs."""

_GROUPS = ("aws_iam_user_group_membership", "aws_iam_group_membership")

Beside: TypeAlias = "tuple[Statement, ...] | None"
"""The statements that stand beside a policy, for one who has it; None where the plan does not hold them all."""

ANYTHING_BESIDE: tuple[Beside, ...] = (None,)
NOTHING_BESIDE: tuple[Beside, ...] = ((),)

Key: TypeAlias = "tuple[str, str | Mark]"
"""What a policy is known by: `inline` and its name, or `managed` and its address in the plan or its ARN."""


class Holdings:
    """The policies of every role and user that the plan knows of."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.before = self._held(world.before, settled=True)
        """By owner (see `owner_of`), what the plan says is there; unknown documents as marks."""
        self.after = self._held(world.after, settled=False)
        self._listed = self._listed_by_roles()

    def _held(self, sides: Mapping[str, Mapping[Address, Side]], *, settled: bool) -> dict[str, dict[Key, Value]]:
        world = self._world
        found: dict[str, dict[Key, Value]] = {}
        for kind, attribute in INLINE_TYPES.items():
            for address, side in sides[kind].items():
                change = None if settled else world.change_at(address)
                owner = owner_of(world, side, attribute, change)
                found.setdefault(owner, {})[inline_key(side, address)] = side.get("policy")
        for kind, attribute in ATTACHMENT_TYPES.items():
            for address, side in sides[kind].items():
                change = None if settled else world.change_at(address)
                policy = attached_policy(world, side, change)
                document = self._document(policy, sides)
                found.setdefault(owner_of(world, side, attribute, change), {})["managed", policy] = document
        return found

    def _document(self, policy: str | Mark, sides: Mapping[str, Mapping[Address, Side]]) -> Value:
        known = {self._world.moved.get(address, address): side for address, side in sides["aws_iam_policy"].items()}
        side = known.get(policy) if isinstance(policy, str) else None
        return side.get("policy") if side is not None else UNKNOWN

    def _listed_by_roles(self) -> dict[str, dict[Key, Value]]:
        """What AWS says that roles have, by whomever it was attached."""
        world = self._world
        addresses = {
            arn: address
            for address, side in world.after["aws_iam_policy"].items()
            if isinstance(arn := side.get("arn"), str)
        }
        found: dict[str, dict[Key, Value]] = {}
        for sides in (world.before, world.after):
            for address, side in sides["aws_iam_role"].items():
                listed = found.setdefault(world.moved.get(address, address), {})
                arns = side.get("managed_policy_arns")
                for arn in arns if isinstance(arns, list) else ():
                    policy = addresses.get(arn, arn) if isinstance(arn, str) else UNKNOWN
                    listed["managed", policy] = self._document(policy, world.after)
                for name, document in inline_blocks(side).items():
                    if name:
                        listed["inline", name] = document
        return found

    def beside(self, change: Change) -> Collection[Beside]:
        """What stands beside the policy that a change is about, for each one who has it."""
        world = self._world
        if change.type in INLINE_TYPES:
            side = change.after or change.old()
            owner = owner_of(world, side, INLINE_TYPES[change.type], change)
            return {self.beside_one(owner, inline_key(side, change.address))}
        key: Key = ("managed", change.address)
        owners = [owner for owner, held in self.after.items() if key in held]
        # AWS counts all who have it, whoever attached it: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy
        known_before = sum(key in held for held in self.before.values())
        if not owners or change.old().get("attachment_count") != known_before:
            return ANYTHING_BESIDE
        return {self.beside_one(owner, key) for owner in owners}

    def beside_one(self, owner: str, key: Key) -> Beside:
        """What else `owner` has after the change besides the policy `key`."""
        world = self._world
        if owner not in world.after["aws_iam_role"] and owner not in world.after["aws_iam_user"]:
            return None
        if owner in world.after["aws_iam_user"] and any(True for _ in world.plan.of(*_GROUPS)):
            return None
        by_resources = self._allowed_by_resources
        if by_resources is None:
            return None
        found = [*by_resources]
        held, gone = self.after.get(owner, {}), self.before.get(owner, {})
        for other, document in held.items():
            if other != key:
                statements = _statements(document)
                if statements is None:
                    return None
                found += statements
        for other, document in self._listed.get(owner, {}).items():
            if other == key or other in held or other in gone:
                continue
            statements = _statements(document)
            if statements is None:
                return None
            # Whether it stays is not said here: what it denies is not counted on.
            found += (statement for statement in statements if statement.allows)
        return tuple(found)

    @cached_property
    def _allowed_by_resources(self) -> Beside:
        """What the policies of buckets and keys allow, to whomever."""
        found: list[Statement] = []
        for change in self._world.plan.of(*RESOURCE_POLICIES):
            document = change.new().get("policy")
            if document is None or (document is UNKNOWN and not self._world.plan.references(change, "policy")):
                continue  # AWS's default one, by which the account's own policies decide
            statements = _statements(document)
            if statements is None:
                return None
            found += (statement for statement in statements if statement.allows)
        return tuple(found)


@lru_cache(maxsize=1)
def holdings(world: World) -> Holdings:
    """The holdings of a world, worked out once."""
    return Holdings(world)


def _statements(document: Value) -> tuple[Statement, ...] | None:
    if not isinstance(document, str):
        return None
    try:
        return read(document)
    except UnreadablePolicyError:
        return None


def inline_blocks(side: Side) -> dict[str, Value]:
    """A role's own `inline_policy` blocks by name; a mark by an empty one."""
    blocks = side.get("inline_policy")
    found: dict[str, Value] = {}
    for block in blocks if isinstance(blocks, list) else [blocks] if isinstance(blocks, Mark) else []:
        if isinstance(block, Mark):
            found[""] = block
        elif isinstance(block, dict) and block.get("policy"):
            found[str(block.get("name") or "")] = block.get("policy")
    return found


def inline_key(side: Side, address: Address) -> Key:
    """What an inline policy is known by: its name, or where that is only known after apply its address."""
    name = side.get("name")
    return ("inline", name if isinstance(name, str) and name else address)


def owner_of(world: World, side: Side, attribute: str, change: Change | None = None) -> str:
    """Whose a policy is: the address of a role or user in the plan (stable when it is renamed), or its bare name."""
    name = side.get(attribute)
    kind = "aws_iam_role" if attribute == "role" else "aws_iam_user"
    if isinstance(name, str):
        for sides in (world.after[kind], world.before[kind]):
            for address, owner in sides.items():
                if owner.get("name") == name:
                    return world.moved.get(address, address)
        return name
    for address in _referred_to(world, attribute, change):
        if address in world.after[kind]:
            return address
    return str(name.value) if isinstance(name, Mark) else "?"


def attached_policy(world: World, side: Side, change: Change | None = None) -> str | Mark:
    """What is attached: the address of a policy in the plan, or the ARN of another one."""
    arn = side.get("policy_arn")
    if isinstance(arn, str):
        for sides in (world.after["aws_iam_policy"], world.before["aws_iam_policy"]):
            for address, attached in sides.items():
                if attached.get("arn") == arn:
                    return world.moved.get(address, address)
        return arn
    for address in _referred_to(world, "policy_arn", change):
        if address in world.after["aws_iam_policy"]:
            return address
    return arn if isinstance(arn, Mark) else UNKNOWN


def _referred_to(world: World, attribute: str, change: Change | None) -> Iterator[Address]:
    if change is not None:
        for reference in world.plan.references(change, attribute):
            yield resource_address(reference, change.module)
