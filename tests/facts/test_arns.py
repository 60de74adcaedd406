"""ARNs are read in one place: an account or a region in the wrong part is another thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.facts.arns import Arn, read_arn
from connect_sso.facts.partitions import PARTITIONS, Partition

ROLE = "arn:aws:iam::111122223333:role/sso/connect/Okta_Role"


def test_the_parts_of_an_arn() -> None:
    """A role's path belongs to its name; a colon may stand in the resource."""
    arn = read_arn(ROLE)
    assert arn == Arn("aws", "iam", "", "111122223333", "role/sso/connect/Okta_Role")
    assert (arn.kind, arn.name) == ("role", "sso/connect/Okta_Role")
    log = read_arn("arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/connect/a")
    assert log is not None
    assert (log.partition, log.region, log.resource) == ("aws-us-gov", "us-gov-west-1", "log-group:/aws/connect/a")
    managed = read_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert managed is not None
    assert (managed.account, managed.kind) == ("aws", "policy")
    bucket = read_arn("arn:aws:s3:::recordings")
    assert bucket is not None
    assert (bucket.kind, bucket.name, bucket.account) == ("recordings", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arn",
        "arn:aws:iam::111122223333",
        "arn:aws:iam::111122223333:",
        "arn:*:iam::111122223333:role/x",
        "arn:aws:iam::1111*:role/x",
        "arn:aws:iam::11112222333:role/x",
        "arn:aws:iam::१११११११११११११:role/x",
        "${aws_iam_role.x.arn}",
        " arn:aws:iam::111122223333:role/x",
    ],
)
def test_what_is_no_arn(text: str) -> None:
    """A pattern matches many, and a reference is not known yet."""
    assert read_arn(text) is None


@given(st.sampled_from(PARTITIONS), st.from_regex(r"[0-9]{12}", fullmatch=True), st.text(min_size=1))
def test_what_is_written_is_read(partition: Partition, account: str, name: str) -> None:
    """As the stack writes them."""
    arn = read_arn(partition.arn("iam", f"role/{name}", account=account))
    assert arn == Arn(partition.name, "iam", "", account, f"role/{name}")
    assert arn.name == name
