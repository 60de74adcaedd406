"""Would IAM allow it: how patterns match."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.iam.documents import read_policy
from connect_sso.iam.evaluation import Request, evaluate


def allows(pattern: str, resource: str, version: str = "2012-10-17", **context: str) -> bool | None:
    """Whether a permission on a pattern covers a resource."""
    statement = {"Effect": "Allow", "Action": "a:X", "Resource": pattern}
    document = json.dumps({"Version": version, "Statement": statement})
    request = Request("a:X", resource, context={f"aws:{key}": (value,) for key, value in context.items()})
    return evaluate([read_policy(document, "here")], request).allowed


def matches(pattern: str, text: str) -> bool:
    """What `*` and `?` mean, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return matches(pattern[1:], text) or (bool(text) and matches(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])


@given(st.text("ab*?", min_size=1, max_size=7), st.text("ab", min_size=1, max_size=7))
def test_wildcards_match_as_they_are_defined(pattern: str, text: str) -> None:
    """Held against the definition itself."""
    assert allows(pattern, text) == matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("user/${aws:userid}", "user/AROA:ada", True),
        ("user/${aws:userid}", "user/AROA:bo", False),
        ("*/${aws:userid}*", "user/AROA:ada/x", True),
        ("user/${*}", "user/*", True),
        ("user/${*}", "user/x", False),
        ("user/${aws:other}", "user/", False),
    ],
)
def test_variables_stand_for_their_values(pattern: str, resource: str, *, expected: bool) -> None:
    """`${aws:userid}` is the role's id and the session's name, in which a star is no wildcard."""
    assert allows(pattern, resource, userid="AROA:ada") is expected


def test_variables_are_text_in_the_older_version() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
    assert allows("user/${aws:userid}", "user/AROA:ada", "2008-10-17", userid="AROA:ada") is False
    assert allows("user/${aws:userid}", "user/${aws:userid}", "2008-10-17", userid="AROA:ada") is True


def trusts(principal: object, asks: str) -> bool | None:
    """Whether a trust policy for `principal` lets `asks` in."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return evaluate([read_policy(document, "here")], Request("sts:AssumeRoleWithSAML", principal=asks)).allowed


def test_a_principal_is_its_kind_and_its_name() -> None:
    """A service is not the identity provider of the same name."""
    assert trusts({"Federated": "cognito.example"}, "Federated:cognito.example") is True
    assert trusts({"Service": "cognito.example"}, "Federated:cognito.example") is False
    assert trusts({"Federated": "*"}, "Federated:cognito.example") is True
    assert trusts("*", "Federated:cognito.example") is True


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    """A policy that somebody wrote must not hold the command up."""
    start = time.process_time()
    assert allows("*a" * 30 + "*b", "a" * 5000) is False
    assert time.process_time() - start < 2
