"""Hidden is not equal: what is marked as sensitive is compared by its real values, and what becomes unknown is said."""

from __future__ import annotations

from typing import Any

import pytest

from connect_sso.review.render_text import render_text
from tests.review.plans import between, found, plan, reviewed, updated
from tests.review.test_lost_access import ADA, world

SECRET = "hunter2"


def hidden(address: str, name: str, value: Any, both: bool = True) -> dict[str, Any]:
    """A plan that changes one attribute behind `sensitive()`."""
    before, after = world(), world()
    after[address][name] = value
    data = between(before, after)
    for entry in data["resource_changes"]:
        if entry["address"] == address:
            entry["change"] |= {"after_sensitive": {name: True}, "before_sensitive": {name: True} if both else {}}
    return data


CASES = [
    ("aws_iam_saml_provider.ccp", "saml_metadata_document", f"<EntityDescriptor entityID='{SECRET}'/>"),
    ("aws_iam_role.Okta_Role", "permissions_boundary", f"arn:aws:iam::111122223333:policy/{SECRET}"),
    ("aws_iam_role.Okta_Role", "assume_role_policy", '{"Statement": []}'),
    (ADA, "security_profile_ids", ["p-agent", SECRET]),
    ("okta_app_saml.ccp", "default_relay_state", f"https://{SECRET}.example"),
    ("okta_app_saml.ccp", "label", SECRET),
]


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("address", "name", "value"), CASES)
def test_a_change_behind_a_mark_is_a_finding(address: str, name: str, value: Any, both: bool) -> None:
    """The raw values are in the plan; they are compared and not shown."""
    data = hidden(address, name, value, both)
    assert ("hidden-change", address) in found(data)
    assert SECRET not in render_text(reviewed(data), width=80, colour=False)


@pytest.mark.parametrize(("address", "name"), [(address, name) for address, name, _ in CASES])
def test_a_mark_alone_is_none(address: str, name: str) -> None:
    """Someone wrote `sensitive()` around what is there."""
    data = hidden(address, name, world()[address][name])
    for entry in data["resource_changes"]:
        if entry["address"] == address:
            entry["change"]["actions"] = ["update"]
    assert not {code for code, at in found(data) if at == address}


BLOCK = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


def test_a_block_on_public_access_that_is_lifted_behind_marks() -> None:
    """Both sides look alike."""
    marks = {"block_public_policy": True}
    entry = updated("aws_s3_bucket_public_access_block.b", {"bucket": "b"} | BLOCK, block_public_policy=False)
    entry["change"] |= {"before_sensitive": marks, "after_sensitive": marks}
    assert ("hidden-change", "aws_s3_bucket_public_access_block.b") in found(plan(entry))


def becoming_unknown(references: list[str], *, configured: bool = True) -> set[str]:
    """The findings where a user's routing is known only after the apply."""
    unknown = {ADA: {"security_profile_ids": True}}
    after = world()
    after[ADA].pop("security_profile_ids")
    block: dict[str, Any] = {"mode": "managed", "type": "aws_connect_user", "name": "users"}
    block["expressions"] = {"security_profile_ids": {"references": references}} if configured else {}
    data = between(world(), after, unknown, configuration={"root_module": {"resources": [block]}})
    return {code for code, _ in found(data)}


def test_what_becomes_unknown_is_a_finding() -> None:
    """It may be anything: here even the profile of an administrator."""
    assert becoming_unknown(["terraform_data.d.output", "terraform_data.d"]) & {"hidden-change", "admin-profile-gained"}


def test_a_value_that_the_provider_reads_back_is_none() -> None:
    """A provider upgrade makes computed values unknown."""
    before, after = world(), world()
    after["aws_iam_role.Okta_Role"].pop("arn")
    data = between(
        before, after, {"aws_iam_role.Okta_Role": {"arn": True}}, configuration={"root_module": {"resources": []}}
    )
    assert found(data) == set()
