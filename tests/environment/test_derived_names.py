"""Names that follow from an environment's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.environment.derived_names import (
    ENVIRONMENT_NAME,
    TERRAFORM_NAME,
    USERS,
    bucket_name,
    group_rule,
    own_block,
    role_address,
    s3_keys,
    terraform_name,
)
from connect_sso.facts.names import IAM_ROLE
from connect_sso.facts.partitions import CONNECT_REGIONS

NAMES = st.from_regex(ENVIRONMENT_NAME, fullmatch=True)
APPS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", fullmatch=True)


@given(NAMES, st.sampled_from(CONNECT_REGIONS))
def test_a_bucket_name_is_within_s3s_rules(name: str, region: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
    bucket = bucket_name(name, "111122223333", region)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", bucket)
    assert not bucket.endswith("-s3alias")


@given(NAMES, NAMES)
def test_two_environments_never_share_a_bucket(one: str, other: str) -> None:
    """Also where their names become the same once they are within S3's rules."""
    if one != other:
        assert bucket_name(one, "111122223333", "us-east-1") != bucket_name(other, "111122223333", "us-east-1")


@given(NAMES, APPS)
def test_a_group_rules_name_has_at_most_50_bytes(name: str, app: str) -> None:
    """The provider refuses more."""
    assert len(group_rule(name, app).encode()) <= 50


@given(st.lists(st.text(min_size=1, max_size=10), unique=True, max_size=8))
def test_terraform_names_are_legal_and_unique(names: list[str]) -> None:
    """Group names become the names of check blocks."""
    taken: set[str] = set()
    for name in names:
        label = terraform_name(name, taken)
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", label)
        assert label not in taken
        taken.add(label)


@given(st.from_regex(IAM_ROLE.pattern, fullmatch=True), st.from_regex(IAM_ROLE.pattern, fullmatch=True))
def test_a_roles_address_is_legal_and_its_own(role: str, other: str) -> None:
    """Whatever IAM takes, and whichever roles there are besides: adding one never renames another."""
    address = role_address(role)
    assert re.fullmatch(TERRAFORM_NAME, address)
    if other != role:
        assert role_address(other) != address
    assert role_address("Okta_Role") == "Okta_Role"


USERNAMES = st.from_regex(r"[A-Za-z0-9_.@-]{1,100}", fullmatch=True)


@given(USERNAMES, USERNAMES)
def test_a_persons_own_block_is_legal_and_their_own(one: str, other: str) -> None:
    """Names are told apart by case too, and none is that of the block of all."""
    assert re.fullmatch(TERRAFORM_NAME, own_block(one))
    assert own_block(one) != USERS
    assert (own_block(one) == own_block(other)) == (one == other)


@pytest.mark.parametrize(("one", "other"), [("a.b", "a_b"), ("a@b", "a--b"), ("a-ub", "a_b"), ("a--b", "a-d-db")])
def test_names_that_look_alike_have_blocks_of_their_own(one: str, other: str) -> None:
    """What stands for a character may itself be in a name."""
    assert own_block(one) != own_block(other)


def test_the_crowds_state_lies_beside_the_environments() -> None:
    """As the design says: K.tfstate and K-users.tfstate."""
    assert s3_keys("prod", None) == ("connect-sso/prod.tfstate", "connect-sso/prod-users.tfstate")
    assert s3_keys("prod", "a/b") == ("a/b", "a/b-users")
