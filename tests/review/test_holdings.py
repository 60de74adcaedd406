"""A Deny that goes, held against what else the role or user is allowed."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.iam.documents import read_policy
from connect_sso.iam.evaluation import Request, evaluate
from tests.review.plans import World, between, found, reviewed

ROLE = "aws_iam_role.r"
INLINE = "aws_iam_role_policy.p"
ARN = "arn:aws:iam::111122223333:policy/p"


def document(*statements: tuple[str, str, str]) -> str:
    """A policy of statements: effect, action, resource."""
    entries = [
        {"Effect": effect, "Action": action, "Resource": resource, "Sid": f"S{number}"}
        for number, (effect, action, resource) in enumerate(statements)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": entries})


FEDERATE = ("Allow", "connect:GetFederationToken", "*")
READ = ("Allow", "s3:GetObject", "arn:aws:s3:::b/*")
DENY_READ = ("Deny", "s3:*", "arn:aws:s3:::b/secret/*")
DENY_WRITE = ("Deny", "s3:PutObject", "*")


def role(**more: Any) -> dict[str, Any]:
    """The role, with what AWS says that it has where `more` has it."""
    return {"name": "r", "assume_role_policy": document(("Allow", "sts:AssumeRole", "*"))} | more


def inline(policy: str) -> dict[str, Any]:
    """An inline policy of the role."""
    return {"role": "r", "name": "p", "policy": policy}


def managed(policy: str, *, attachments: int = 1) -> dict[str, Any]:
    """A managed policy, with the number of those who have it."""
    return {"name": "p", "arn": ARN, "policy": policy, "attachment_count": attachments}


def attachment(arn: str = ARN) -> dict[str, Any]:
    """The attachment of a managed policy to the role."""
    return {"role": "r", "policy_arn": arn}


def codes(before: World, after: World) -> set[tuple[str, str]]:
    """What a person must decide."""
    return found(between(before, after))


def test_a_deny_that_nothing_needed_may_go() -> None:
    """It forbade what the role is not allowed anyhow."""
    before = {ROLE: role(), INLINE: inline(document(FEDERATE, DENY_WRITE))}
    after = {ROLE: role(), INLINE: inline(document(FEDERATE))}
    assert codes(before, after) == set()
    assert reviewed(between(before, after)).access == ()


@pytest.mark.parametrize(
    ("beside", "widens"),
    [
        ({"aws_iam_role_policy.other": {"role": "r", "name": "o", "policy": document(READ)}}, True),
        ({"aws_iam_role_policy.other": {"role": "another", "name": "o", "policy": document(READ)}}, False),
        ({"aws_iam_role_policy.other": {"role": "r", "name": "o", "policy": document(READ, DENY_READ)}}, False),
        ({"aws_iam_role_policy.other": {"role": "r", "name": "o", "policy": "nonsense"}}, True),
        ({"aws_iam_policy.o": managed(document(READ)), "aws_iam_role_policy_attachment.o": attachment()}, True),
        ({"aws_iam_policy.o": managed(document(FEDERATE)), "aws_iam_role_policy_attachment.o": attachment()}, False),
        ({"aws_iam_role_policy_attachment.o": attachment("arn:aws:iam::aws:policy/ReadOnlyAccess")}, True),
        ({ROLE: role(managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])}, True),
        ({ROLE: role(inline_policy=[{"name": "console", "policy": document(READ)}])}, True),
        ({ROLE: role(inline_policy=[{"name": "p", "policy": document(FEDERATE, DENY_READ)}])}, False),
    ],
    ids=range(10),
)
def test_a_deny_is_held_against_the_roles_other_policies(beside: World, widens: bool) -> None:
    """What the plan does not hold may allow anything."""
    before = {ROLE: role(), INLINE: inline(document(FEDERATE, DENY_READ))} | beside
    after = {ROLE: role(), INLINE: inline(document(FEDERATE))} | beside
    assert codes(before, after) == ({("permission-widened", INLINE)} if widens else set())


def resource_policy(action: str) -> str:
    """A bucket's policy that allows the role something."""
    entry = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/r"},
        "Action": action,
        "Resource": "arn:aws:s3:::b/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": entry})


@pytest.mark.parametrize(
    ("action", "widens"), [("s3:GetObject", True), ("s3:*", True), ("s3:ListBucket", True), ("sqs:*", False)]
)
def test_a_deny_is_held_against_what_buckets_allow(action: str, widens: bool) -> None:
    """A bucket's policy allows without any of the role's."""
    bucket: World = {"aws_s3_bucket_policy.b": {"bucket": "b", "policy": resource_policy(action)}}
    before = {ROLE: role(), INLINE: inline(document(FEDERATE, DENY_READ))} | bucket
    after = {ROLE: role(), INLINE: inline(document(FEDERATE))} | bucket
    assert codes(before, after) == ({("permission-widened", INLINE)} if widens else set())


def test_policies_whose_names_are_not_known_yet_are_several() -> None:
    """Each has an address of its own."""
    new = {
        f"aws_iam_role_policy.{name}": {"role": "r", "policy": document(statement)}
        for name, statement in (("a", READ), ("b", FEDERATE))
    }
    before: World = {ROLE: role(), INLINE: inline(document(FEDERATE, DENY_READ))}
    after = {ROLE: role(), INLINE: inline(document(FEDERATE))} | new
    unknown = {address: {"name": True} for address in new}
    assert ("permission-widened", INLINE) in found(between(before, after, unknown))


def test_a_role_that_the_plan_does_not_hold_may_be_allowed_anything() -> None:
    """Then a Deny that goes stays a finding."""
    before, after = ({INLINE: inline(text)} for text in (document(FEDERATE, DENY_READ), document(FEDERATE)))
    assert codes(before, after) == {("permission-widened", INLINE)}


@pytest.mark.parametrize(
    ("attachments", "beside", "widens"),
    [
        (1, {}, False),
        (2, {}, True),
        (1, {"aws_iam_role_policy.other": {"role": "r", "name": "o", "policy": document(READ)}}, True),
        (
            2,
            {
                "aws_iam_user.u": {"name": "u"},
                "aws_iam_user_policy_attachment.u": {"user": "u", "policy_arn": ARN},
            },
            False,
        ),
        (
            2,
            {
                "aws_iam_user.u": {"name": "u"},
                "aws_iam_user_policy_attachment.u": {"user": "u", "policy_arn": ARN},
                "aws_iam_user_policy.u": {"user": "u", "name": "o", "policy": document(READ)},
            },
            True,
        ),
    ],
    ids=range(5),
)
def test_a_managed_policy_is_held_against_what_each_of_its_owners_has(
    attachments: int, beside: World, widens: bool
) -> None:
    """Whoever else it is attached to may be allowed anything."""
    standing: World = {ROLE: role(), "aws_iam_role_policy_attachment.p": attachment()} | beside
    policy = "aws_iam_policy.p"
    before = standing | {policy: managed(document(FEDERATE, DENY_READ), attachments=attachments)}
    after = standing | {policy: managed(document(FEDERATE), attachments=attachments)}
    assert codes(before, after) == ({("permission-widened", policy)} if widens else set())


OTHER: World = {"aws_iam_role_policy.other": {"role": "r", "name": "o", "policy": document(READ)}}


@pytest.mark.parametrize("beside", [OTHER, {}], ids=["allowed otherwise", "not allowed"])
def test_a_policy_that_denies_is_missed_when_it_goes(beside: World) -> None:
    """An inline policy that is destroyed and a managed one that is detached take their Deny with them."""
    standing: World = {ROLE: role(), "aws_iam_policy.p": managed(document(DENY_READ))} | beside
    attached = "aws_iam_role_policy_attachment.p"
    for address, gone in ((INLINE, inline(document(DENY_READ))), (attached, attachment())):
        expected = {("permission-widened", address)} if beside else set()
        assert codes(standing | {address: gone}, standing) == expected


def test_a_deny_that_moves_to_another_policy_stays() -> None:
    """What the role's other policy denies from now on needs no decision."""
    other = "aws_iam_role_policy.other"
    before = {
        ROLE: role(),
        INLINE: inline(document(DENY_READ)),
        other: {"role": "r", "name": "o", "policy": document(READ)},
    }
    after = {ROLE: role(), other: {"role": "r", "name": "o", "policy": document(READ, DENY_READ)}}
    assert codes(before, after) == set()


def test_a_role_that_goes_takes_its_policies_along() -> None:
    """Nobody is allowed more by a Deny of a role that is destroyed."""
    before = {ROLE: role(), INLINE: inline(document(READ, DENY_READ))}
    assert codes(before, {}) == {("role-destroyed", ROLE)}


@pytest.mark.parametrize(
    ("policy", "widens"),
    [
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", False),
        ("arn:aws:iam::aws:policy/AWSDenyAll", True),
        ("arn:aws:iam::111122223333:policy/of-others", True),
    ],
)
def test_what_an_unknown_policy_denied_is_in_doubt(policy: str, widens: bool) -> None:
    """AWS's own policies only allow, but for those named for what they deny."""
    address = "aws_iam_role_policy_attachment.o"
    standing: World = {ROLE: role()}
    expected = {("permission-widened", address)} if widens else set()
    assert codes(standing | {address: attachment(policy)}, standing) == expected


def test_a_block_of_the_role_that_denies_is_missed_when_it_goes() -> None:
    """A role's own `inline_policy` block."""
    before = role(inline_policy=[{"name": "d", "policy": document(DENY_READ)}, {"name": "a", "policy": document(READ)}])
    after = role(inline_policy=[{"name": "a", "policy": document(READ)}])
    assert codes({ROLE: before}, {ROLE: after}) == {("permission-widened", ROLE)}


def test_a_trust_policy_stands_alone() -> None:
    """A role is assumed by what its trust policy allows, so a Deny of what it does not allow may go."""

    def trusting(*statements: tuple[str, str]) -> dict[str, Any]:
        entries = [
            {
                "Effect": effect,
                "Principal": {"AWS": f"arn:aws:iam::111122223333:role/{name}"},
                "Action": "sts:AssumeRole",
            }
            for effect, name in statements
        ]
        return {"name": "r", "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": entries})}

    kept = ("Allow", "ada")
    assert codes({ROLE: trusting(kept, ("Deny", "bo"))}, {ROLE: trusting(kept)}) == set()
    assert codes({ROLE: trusting(kept, ("Deny", "ada"))}, {ROLE: trusting(kept)}) == {("trust-widened", ROLE)}


# --- any change of what a role has --------------------------------------------------------------------------------

ACTIONS = ("s:A", "s:B", "t:A")
RESOURCES = ("x", "y", "xy")

documents = st.lists(
    st.tuples(
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["s:A", "s:*", "*", "t:A"]),
        st.sampled_from(["x", "x*", "*", "y"]),
    ),
    min_size=1,
    max_size=2,
).map(lambda statements: document(*statements))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A role with some policies: inline ones, blocks of its own, and attached ones."""
    blocks = [{"name": "own", "policy": draw(documents)}] if draw(st.booleans()) else []
    world: World = {ROLE: role(inline_policy=blocks)}
    for name in ("p", "q"):
        if draw(st.booleans()):
            world[f"aws_iam_role_policy.{name}"] = {"role": "r", "name": name, "policy": draw(documents)}
    attached = draw(st.booleans())
    world["aws_iam_policy.m"] = managed(draw(documents))
    if attached:
        world["aws_iam_role_policy_attachment.m"] = attachment()
    return world


def allowed(world: World) -> set[tuple[str, str]]:
    """What the role is allowed."""
    texts = [block["policy"] for block in world[ROLE]["inline_policy"]]
    texts += [values["policy"] for address, values in world.items() if address.startswith("aws_iam_role_policy.")]
    if "aws_iam_role_policy_attachment.m" in world:
        texts.append(world["aws_iam_policy.m"]["policy"])
    held = [read_policy(text, "here") for text in texts]
    return {
        (action, resource)
        for action, resource in itertools.product(ACTIONS, RESOURCES)
        if evaluate(held, Request(action, resource)).allowed
    }


@settings(max_examples=100, deadline=None)
@given(worlds(), worlds())
def test_whatever_a_role_is_newly_allowed_is_found(before: World, after: World) -> None:
    """However its policies come, go and change."""
    for world in (before, after):
        world["aws_iam_policy.m"]["attachment_count"] = int("aws_iam_role_policy_attachment.m" in before)
    if not allowed(after) <= allowed(before):
        assert "permission-widened" in {code for code, _ in codes(before, after)}
