"""What a policy document allows that another one does not: by example, and held against a small evaluator of its own.

What cannot be proved to be equal or narrower must be reported; what only is written differently must not.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.iam.comparison import Difference, Part, gains, losses
from connect_sso.iam.documents import LONGEST_DOCUMENT, Element, read, read_policy
from connect_sso.iam.evaluation import Request, evaluate
from connect_sso.review.policy_changes import in_words, policy_gains, policy_losses
from connect_sso.review.policy_changes import lines as in_lines

ADMIN, CCP = (f"arn:aws:iam::111122223333:saml-provider/{name}" for name in ("Okta_Connect_Admin", "Okta_Connect_CCP"))
REGIONAL, GLOBAL = "https://us-west-2.signin.aws.amazon.com/saml", "https://signin.aws.amazon.com/saml"


def document(*statements: Mapping[str, Any], version: str | None = "2012-10-17") -> str:
    return json.dumps(({"Version": version} if version else {}) | {"Statement": [*statements]})


def trust(**changed: Any) -> dict[str, Any]:
    """The trust of a role for sign-in; None takes an element away."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": ADMIN},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": [REGIONAL, GLOBAL]}},
    } | changed
    return {name: value for name, value in statement.items() if value is not None}


def permission(**changed: Any) -> dict[str, Any]:
    """The permission to enter one instance; None takes an element away."""
    statement = {
        "Effect": "Allow",
        "Action": "connect:GetFederationToken",
        "Resource": "arn:aws:connect:us-west-2:111122223333:instance/i/user/${aws:userid}",
    } | changed
    return {name: value for name, value in statement.items() if value is not None}


def lines(before: str, after: str) -> list[str]:
    return [line.plain() for line in in_lines(gains(read(before), read(after)))]


def alone(before: str, after: str) -> list[str]:
    """The same, for documents beside which nothing stands."""
    return [line.plain() for line in in_lines(gains(read(before), read(after), beside=()))]


def condition(operator: str, *values: str, key: str = "SAML:aud") -> dict[str, Any]:
    return {operator: {key: [*values]}}


TLS = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
       "Condition": {"Bool": {"aws:SecureTransport": False}}}  # fmt: skip

WIDER = {
    "another principal": (trust(), trust(Principal={"Federated": [ADMIN, CCP]})),
    "the other principal": (trust(), trust(Principal={"Federated": CCP})),
    "everyone": (trust(), trust(Principal="*")),
    "everyone in AWS": (trust(), trust(Principal={"AWS": "*"})),
    "every federated principal": (trust(), trust(Principal={"Federated": "*"})),
    "all but one": (trust(), trust(Principal=None, NotPrincipal={"Federated": CCP})),
    "all but fewer": (
        trust(Principal=None, NotPrincipal={"Federated": [ADMIN, CCP]}),
        trust(Principal=None, NotPrincipal={"Federated": CCP}),
    ),
    "an account, of which one user was excepted": (
        trust(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/ada"}),
        trust(Principal={"AWS": "111122223333"}),
    ),
    "everyone in AWS instead of every federated principal": (
        trust(Principal={"Federated": "*"}),
        trust(Principal={"AWS": "*"}),
    ),
    "an identity provider of a service's name": (
        trust(Principal={"Service": "cognito-identity.amazonaws.com"}),
        trust(Principal={"Federated": "cognito-identity.amazonaws.com"}),
    ),
    "session tags": (trust(), trust(Action=["sts:AssumeRoleWithSAML", "sts:TagSession"])),
    "an action with a wildcard": (trust(), trust(Action="sts:AssumeRole*")),
    "an action with a question mark": (trust(), trust(Action="sts:AssumeRoleWithSAM?")),
    "all but one action": (permission(), permission(Action=None, NotAction="iam:*")),
    "all but fewer actions": (
        permission(Action=None, NotAction=["iam:*", "sts:*"]),
        permission(Action=None, NotAction="iam:*"),
    ),
    "all but one action, of all of a service": (
        permission(Action="iam:*"),
        permission(Action=None, NotAction="iam:CreateUser"),
    ),
    "every resource": (permission(), permission(Resource="*")),
    "every user": (permission(), permission(Resource="arn:aws:connect:us-west-2:111122223333:instance/i/user/*")),
    "all but one resource": (permission(), permission(Resource=None, NotResource="arn:aws:s3:::b")),
    "a resource that was excepted": (
        permission(Resource=None, NotResource="arn:aws:s3:::b/*"),
        permission(Resource="arn:aws:s3:::b/x"),
    ),
    "one that may have been excepted": (
        permission(Resource=None, NotResource="arn:aws:s3:::b/${aws:userid}"),
        permission(Resource="arn:aws:s3:::b/x"),
    ),
    "a resource in another case": (permission(Resource="arn:aws:s3:::b/x"), permission(Resource="arn:aws:s3:::b/X")),
    "one character that is any text": (permission(Resource="b/?"), permission(Resource="b/${aws:userid}")),
    "a variable that is a star": (permission(Resource="b/${*}"), permission(Resource="b/${aws:userid}")),
    "a variable that meant itself": (
        document(permission(), version="2008-10-17"),
        document(permission(), version="2012-10-17"),
    ),
    "no condition": (trust(), trust(Condition=None)),
    "an empty condition": (trust(), trust(Condition={})),
    "another audience": (trust(), trust(Condition=condition("StringEquals", REGIONAL, GLOBAL, "https://other.example"))),
    "the other audience": (trust(), trust(Condition=condition("StringEquals", "https://other.example"))),
    "an audience by pattern": (trust(), trust(Condition=condition("StringLike", "https://*"))),
    "an audience in any case": (trust(), trust(Condition=condition("StringEqualsIgnoreCase", REGIONAL, GLOBAL))),
    "an audience if there is one": (trust(), trust(Condition=condition("StringEqualsIfExists", REGIONAL, GLOBAL))),
    "any of its audiences": (trust(), trust(Condition=condition("ForAnyValue:StringEquals", REGIONAL, GLOBAL))),
    "all of its audiences, also of none": (
        trust(Condition=condition("ForAnyValue:StringEquals", REGIONAL)),
        trust(Condition=condition("ForAllValues:StringEquals", REGIONAL)),
    ),
    "another key": (trust(), trust(Condition=condition("StringEquals", REGIONAL, GLOBAL, key="SAML:iss"))),
    "one of two conditions": (
        trust(Condition={"StringEquals": {"SAML:aud": REGIONAL, "SAML:iss": "x"}}),
        trust(Condition={"StringEquals": {"SAML:aud": REGIONAL}}),
    ),
    "fewer exceptions": (
        trust(Condition=condition("StringNotEquals", REGIONAL, GLOBAL)),
        trust(Condition=condition("StringNotEquals", REGIONAL)),
    ),
    "the opposite": (trust(), trust(Condition=condition("StringNotEquals", REGIONAL, GLOBAL))),
    "a longer time": (
        permission(Condition=condition("NumericLessThan", "300", key="aws:MultiFactorAuthAge")),
        permission(Condition=condition("NumericLessThan", "3000", key="aws:MultiFactorAuthAge")),
    ),
    "an ARN by pattern": (
        permission(Condition=condition("ArnLike", "arn:aws:iam::111122223333:role/a*", key="aws:PrincipalArn")),
        permission(Condition=condition("ArnLike", "arn:aws:iam::*:role/a*", key="aws:PrincipalArn")),
    ),
    "an ARN whose pattern ends at a colon": (
        permission(Condition=condition("ArnLike", "arn:aws:iam:*:role/a", key="aws:PrincipalArn")),
        permission(Condition=condition("ArnLike", "arn:aws:iam::111122223333:role/a", key="aws:PrincipalArn")),
    ),
    "a user of an account that was excepted": (
        trust(Principal=None, NotPrincipal={"AWS": ["111122223333", "arn:aws:iam::111122223333:user/ada"]}),
        trust(Principal={"AWS": "arn:aws:iam::111122223333:user/ada"}),
    ),
    "characters that nobody uses": (
        permission(Resource=["x", "xx*", "x\U000f0000*"]),
        permission(Resource="x*"),
    ),
    "no longer forbidden, by a short ARN": (
        (permission(Resource="arn:aws:sqs"), permission(Effect="Deny", Resource="arn:aws:sqs:*:*:secret")),
        (permission(Resource="arn:aws:sqs"),),
    ),
    "no longer forbidden but to an account": (
        (permission(Principal={"AWS": "111122223333"}), permission(Effect="Deny", Principal="*")),
        (
            permission(Principal={"AWS": "111122223333"}),
            permission(Effect="Deny", Principal=None, NotPrincipal={"AWS": "111122223333"}),
        ),
    ),
    "no longer forbidden": ((TLS, permission()), (permission(),)),
    "forbidden to fewer": ((TLS,), (TLS | {"Principal": {"AWS": "111122223333"}},)),
    "forbidden for less": ((TLS,), (TLS | {"Action": "s3:GetObject"},)),
    "forbidden more rarely": (
        (TLS,),
        (TLS | {"Condition": {"Bool": {"aws:SecureTransport": False}, "StringEquals": {"aws:userid": "x"}}},),
    ),
    "allowed instead of forbidden": ((TLS,), (TLS | {"Effect": "Allow"},)),
    "another statement": ((trust(),), (trust(), trust(Principal={"AWS": "444455556666"}, Action="sts:AssumeRole"))),
    "two halves crossed": (
        (permission(Action="a:X", Resource="x"), permission(Action="a:Y", Resource="y")),
        (permission(Action=["a:X", "a:Y"], Resource=["x", "y"]),),
    ),
}  # fmt: skip

NOT_WIDER = {
    "a pattern with the same text": (trust(), trust(Condition=condition("StringLike", REGIONAL, GLOBAL))),
    "covered by two together": (
        (permission(Resource="a*"), permission(Resource=None, NotResource="a*")),
        (permission(Resource="*"),),
    ),
    "the same": (trust(), trust()),
    "fewer principals": (trust(Principal={"Federated": [ADMIN, CCP]}), trust()),
    "a list of one": (trust(), trust(Principal={"Federated": [ADMIN]}, Action=["sts:AssumeRoleWithSAML"])),
    "another order": (trust(), trust(Condition=condition("StringEquals", GLOBAL, REGIONAL))),
    "another name": (trust(), trust(Sid="Renamed")),
    "an action in another case": (trust(), trust(Action="STS:assumerolewithsaml")),
    "a key in another case": (trust(), trust(Condition=condition("StringEquals", REGIONAL, GLOBAL, key="saml:AUD"))),
    "an action of those with a wildcard": (trust(Action="sts:*"), trust(Action=["sts:AssumeRole*", "sts:TagSession"])),
    "everyone in other words": (trust(Principal="*"), trust(Principal={"AWS": "*"})),
    "an account in other words": (
        trust(Principal={"AWS": "111122223333"}),
        trust(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
    ),
    "one audience fewer": (trust(), trust(Condition=condition("StringEquals", GLOBAL))),
    "an audience of those by pattern": (trust(Condition=condition("StringLike", "https://*/saml")), trust()),
    "an audience always": (trust(Condition=condition("StringEqualsIfExists", REGIONAL, GLOBAL)), trust()),
    "an audience in one case": (trust(Condition=condition("StringEqualsIgnoreCase", REGIONAL, GLOBAL)), trust()),
    "one more condition": (trust(), trust(Condition={"StringEquals": {"SAML:aud": REGIONAL, "SAML:iss": "x"}})),
    "more exceptions": (
        trust(Condition=condition("StringNotEquals", REGIONAL)),
        trust(Condition=condition("StringNotEquals", REGIONAL, GLOBAL)),
    ),
    "a truth in other words": (
        permission(Condition={"Bool": {"aws:SecureTransport": True}}),
        permission(Condition={"Bool": {"aws:SecureTransport": ["true"]}}),
    ),
    "an ARN of those by pattern": (
        permission(Condition=condition("ArnLike", "arn:aws:iam::*:role/a*", key="aws:PrincipalArn")),
        permission(Condition=condition("ArnEquals", "arn:aws:iam::111122223333:role/ab", key="aws:PrincipalArn")),
    ),
    "all but more": (permission(Action=None, NotAction="iam:*"), permission(Action=None, NotAction=["iam:*", "sts:*"])),
    "one that was not excepted": (permission(Resource=None, NotResource="b/*"), permission(Resource="a/x")),
    "one user of all": (permission(Resource="b/user/*"), permission(Resource="b/user/${aws:userid}")),
    "forbidden": ((permission(),), (permission(), TLS)),
    "forbidden to more": ((TLS | {"Principal": {"AWS": "111122223333"}},), (TLS,)),
    "split in two": (
        (trust(Principal={"Federated": [ADMIN, CCP]}),),
        (trust(Principal={"Federated": CCP}), trust(Principal={"Federated": ADMIN})),
    ),
    "joined": (
        (trust(Principal={"Federated": CCP}), trust(Principal={"Federated": ADMIN})),
        (trust(Principal={"Federated": [ADMIN, CCP]}),),
    ),
    "one statement without a list": (
        document(trust()),
        json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": trust()}, indent=4),
    ),
}  # fmt: skip


def both(pair: tuple[Any, Any]) -> tuple[str, str]:
    before, after = (
        side if isinstance(side, str) else document(*side) if isinstance(side, tuple) else document(side)
        for side in pair
    )
    return before, after


@pytest.mark.parametrize("name", WIDER)
def test_what_admits_more_is_reported(name: str) -> None:
    """One that is missed lets somebody in whom nobody decided to let in."""
    assert lines(*both(WIDER[name]))


@pytest.mark.parametrize("name", NOT_WIDER)
def test_what_admits_no_more_is_not_reported(name: str) -> None:
    """A policy written differently asks nothing of a reviewer."""
    assert lines(*both(NOT_WIDER[name])) == []


ALLOWED = [each for each in WIDER if each not in {"forbidden to fewer", "forbidden for less", "forbidden more rarely"}]


@pytest.mark.parametrize("name", ALLOWED)
def test_what_admits_more_is_reported_where_nothing_stands_beside_it(name: str) -> None:
    """All but documents that only deny."""
    before, after = both(WIDER[name])
    if name == "no longer forbidden":
        assert alone(before, after) == []  # what was forbidden is S3's, what is allowed is Connect's
    else:
        assert alone(before, after)


REACH = {
    "a Deny of what is not allowed": ((permission(), TLS), (permission(),), False),
    "a Deny of what is allowed": (
        (permission(Action="s3:*", Resource="*"), TLS),
        (permission(Action="s3:*", Resource="*"),),
        True,
    ),
    "a Deny that another one covers": (
        (permission(Action="s3:Get*", Resource="*"), TLS, TLS | {"Action": "s3:GetObject"}),
        (permission(Action="s3:Get*", Resource="*"), TLS | {"Action": "s3:G*"}),
        False,
    ),
    "a Deny of other times": (
        (
            permission(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),
            permission(Effect="Deny", Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "600"}}),
        ),
        (permission(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),),
        False,
    ),
    "a Deny of some of these times": (
        (
            permission(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),
            permission(Effect="Deny", Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "200"}}),
        ),
        (permission(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}),),
        True,
    ),
    "a Deny of other addresses": (
        (
            permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            permission(Effect="Deny", Condition={"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/25", "192.0.2.128/25"]}}),
        ),
        (permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),),
        False,
    ),
    "a Deny of some of these addresses": (
        (
            permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            permission(Effect="Deny", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/25"}}),
        ),
        (permission(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),),
        True,
    ),
    "an Allow of a shorter time": (
        permission(Condition={"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}),
        permission(Condition={"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:00:00-00:30"}}),
        False,
    ),
    "an Allow of a longer time": (
        permission(Condition={"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}),
        permission(Condition={"DateLessThan": {"aws:CurrentTime": "2026-12-31T23:00:00-01:30"}}),
        True,
    ),
    "a second factor": (
        permission(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (permission(), permission(Effect="Deny", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
        False,
    ),
    "a second factor, if there may be one": (
        permission(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (permission(), permission(Effect="Deny", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
        True,
    ),
    "a tag that must be there": (
        (permission(), permission(Effect="Deny", Condition={"Null": {"aws:RequestTag/team": "true"}})),
        permission(Condition={"StringLike": {"aws:RequestTag/Team": "a*"}}),
        False,
    ),
    "a tag that may be there": (
        (permission(), permission(Effect="Deny", Condition={"Null": {"aws:RequestTag/team": "true"}})),
        permission(Condition={"StringNotLike": {"aws:RequestTag/Team": "a*"}}),
        True,
    ),
    "an operator that nobody knows": (
        (permission(), permission(Effect="Deny", Condition={"GeoEquals": {"aws:x": "here"}})),
        permission(Condition={"GeoEquals": {"aws:x": "there"}}),
        True,
    ),
    "values that nobody knows how to part": (
        permission(Condition={"GeoEquals": {"aws:x": ["here", "there"]}}, Action=["a:X", "a:Y"]),
        permission(Condition={"GeoEquals": {"aws:x": ["there", "here"]}}, Action=["a:X"]),
        False,
    ),
    "one that is the same": (
        permission(Condition={"GeoEquals": {"aws:x": "here"}}, Action=["a:X", "a:Y"]),
        permission(Condition={"GeoEquals": {"aws:x": "here"}}, Action="a:X"),
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REACH)
def test_what_is_denied_is_held_against_what_is_allowed(name: str) -> None:
    """Where nothing stands beside the document."""
    before, after, wider = REACH[name]
    assert bool(alone(*both((before, after)))) is wider


def test_a_line_names_what_is_new() -> None:
    """The reader sees the one value among the many that stay."""
    assert lines(*both(WIDER["another audience"])) == ["admits the sign-in endpoint https://other.example (SAML:aud)"]
    assert lines(*both(WIDER["another principal"])) == [f"admits {CCP}"]
    assert lines(*both(WIDER["everyone"])) == ["admits everyone (*)"]
    assert lines(*both(WIDER["session tags"])) == ["allows sts:TagSession"]
    assert lines(*both(WIDER["an audience if there is one"])) == [
        f"requires SAML:aud StringEqualsIfExists {GLOBAL}, {REGIONAL} instead of "
        f"SAML:aud StringEquals {GLOBAL}, {REGIONAL}"
    ]


def test_another_version_is_said_to_be_one() -> None:
    """Where a resource or a condition reads the same and no longer means the same."""
    says = ['reads "${…}" differently than before (another Version)']
    assert lines(*both(WIDER["a variable that meant itself"])) == says
    tagged = permission(
        Resource="*", Condition=condition("StringEquals", "${aws:username}", key="aws:ResourceTag/owner")
    )
    assert lines(document(tagged), document(tagged, version=None)) == says


def test_a_difference_is_a_value() -> None:
    """Who asks what differs looks at the parts, and never at a sentence."""
    before, after = both(WIDER["another principal"])
    [gain] = gains(read(before), read(after))
    assert (gain.gained, gain.part) == (True, Part.PRINCIPAL)
    assert isinstance(gain.after, Element)
    assert gain.after.values == {f"Federated:{CCP}"}
    assert losses(read(after), read(before)) == {gain.reversed()}


LOSSES = {
    "another operator": (
        trust(Condition=condition("NumericLessThan", "3", key="aws:x")),
        trust(Condition=condition("StringEquals", "a", key="aws:x")),
        ['requires aws:x StringEquals "a" instead of aws:x NumericLessThan "3"'],
    ),
    "one more condition": (trust(Condition=None), trust(), [f"now requires SAML:aud StringEquals {GLOBAL}, {REGIONAL}"]),
    "one audience fewer": (
        trust(),
        trust(Condition=condition("StringEquals", GLOBAL)),
        [f"no longer admits the sign-in endpoint {REGIONAL} (SAML:aud)"],
    ),
    "one principal fewer": (trust(Principal={"Federated": [ADMIN, CCP]}), trust(), [f"no longer admits {CCP}"]),
    "one action fewer": (permission(Action=["a:X", "a:Y"]), permission(Action="a:X"), ["no longer allows a:Y"]),
    "one resource fewer": (permission(Resource=["x:1", "x:2"]), permission(Resource="x:1"), ["no longer reaches x:2"]),
    "a statement fewer": (
        (trust(), permission(Action="a:X", Resource="x:1")),
        trust(),
        ["no longer allows a:X on x:1"],
    ),
    "forbidden": (permission(Action="a:X"), (permission(Action="a:X"), permission(Effect="Deny", Action="a:X", Resource="x:1")), ["now forbids a:X on x:1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_said_in_words_of_its_own(name: str) -> None:
    """What is taken away is no gain with another beginning."""
    before, after, expected = LOSSES[name]
    found = [line.plain() for line in in_lines(policy_losses(*both((before, after))))]
    assert found == expected


statement_pieces = st.sampled_from([*WIDER.values(), *NOT_WIDER.values()])


@given(statement_pieces, st.booleans())
def test_every_difference_has_words(pair: Any, swap: bool) -> None:
    """Gained or lost, each says something, and the two never the same unless it is a change of meaning."""
    before, after = (read(text) for text in both(pair))
    if swap:
        before, after = after, before
    for difference in gains(before, after) | losses(before, after):
        assert in_words(difference).plain()
        if difference.part not in {Part.CONDITION, Part.VERSION}:
            assert in_words(difference) != in_words(Difference(not difference.gained, *pieces(difference)))


def pieces(difference: Difference) -> tuple[Part, Any, Any]:
    """The part with both sides exchanged."""
    return difference.part, difference.after, difference.before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '"Allow"',
        "null",
        "[" * 5000,
        '{"Statement": [5]}',
        '{"Statement": {"Effect": "Perhaps", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow"}}',
        '{"Statement": {"Effect": "Allow", "Action": "a:X", "NotAction": "a:Y"}}',
        '{"Statement": {"Effect": "Allow", "Action": {"a": "b"}}}',
        '{"Statement": {"Effect": "Allow", "Action": "a:X", "Principal": "Ada"}}',
        '{"Statement": {"Effect": "Allow", "Action": "a:X", "Condition": []}}',
        '{"Statement": {"Effect": "Allow", "Action": "a:X", "Condition": {"StringEquals": "x"}}}',
        '{"Statement": {"Effect": "Allow", "Action": "a:X", "Condition": {"StringEquals": {"a": "1"}, "StringEquals": {}}}}',
        '{"Statement": {"Effect": "Allow", "Action": ' + "9" * 5000 + "}}",
        document(*[trust()] * 400),
    ],
    ids=range(17),
)
def test_what_cannot_be_read_is_reported(text: str) -> None:
    """A document that this cannot read may admit anybody; one that it could not read before covers nobody."""
    [line] = in_lines(policy_gains(document(trust()), text))
    assert line.plain().startswith("it cannot be read")
    assert policy_gains(text, document(trust()))


# --- held against an evaluator -----------------------------------------------------------------------------------

PRINCIPALS = ("A", "B", "C")
ACTIONS = ("s:A", "s:AB", "t:A")
RESOURCES = ("x", "y", "xy")
USERS = ("x", "y")
AUDIENCES: tuple[tuple[str, ...], ...] = ((), ("r",), ("R",), ("g",), ("r", "g"))


REQUESTS = list(itertools.product(PRINCIPALS, ACTIONS, RESOURCES, USERS, AUDIENCES))


def evaluated(policy: str) -> set[tuple[str, str, str, str, tuple[str, ...]]]:
    """All the requests of a small world that a document allows."""
    statements = json.loads(policy)["Statement"]
    allowed = set()
    for request in REQUESTS:
        effects = {statement["Effect"] for statement in statements if applies(statement, *request)}
        if effects == {"Allow"}:
            allowed.add(request)
    return allowed


def applies(
    statement: dict[str, Any], principal: str, action: str, resource: str, user: str, audiences: tuple[str, ...]
) -> bool:
    def listed(name: str, value: str, *, fold: bool = False) -> bool:
        patterns = statement.get(name, statement.get(f"Not{name}"))
        patterns = patterns["AWS"] if isinstance(patterns, dict) else patterns
        patterns = patterns if isinstance(patterns, list) else [patterns]
        return any(like(each.replace("${aws:username}", user), value, fold=fold) for each in patterns) == (
            name in statement
        )

    if not (listed("Principal", principal) and listed("Action", action, fold=True) and listed("Resource", resource)):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            have = (user,) if key == "aws:username" else audiences
            wanted = values if isinstance(values, list) else [values]
            if not met(operator, have, [value.replace("${aws:username}", user) for value in wanted]):
                return False
    return True


def met(operator: str, have: tuple[str, ...], wanted: list[str]) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    negated = "Not" in name
    if not have:
        return optional or (quantifier == "ForAllValues" if quantifier else negated)

    def one(value: str) -> bool:
        if "IgnoreCase" in name:
            return value.lower() in [each.lower() for each in wanted]
        if "Like" in name:
            return any(like(each, value) for each in wanted)
        return value in wanted

    results = [one(value) != negated for value in have]
    return all(results) if quantifier == "ForAllValues" or (negated and not quantifier) else any(results)


def like(pattern: str, value: str, *, fold: bool = False) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.IGNORECASE if fold else 0) is not None


def some(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=3))


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    """A statement of a policy over the small world."""
    entry: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    negated = draw(st.sampled_from(["", "", "", "", "", "Principal", "Action", "Resource"]))
    principals = draw(st.one_of(st.just("*"), some((*PRINCIPALS, "*")).map(lambda values: {"AWS": values})))
    choices = {
        "Principal": principals,
        "Action": draw(some(("s:A", "S:ab", "s:*", "*", "?:A", "t:A"))),
        "Resource": draw(some(("x", "y", "x*", "*", "?", "${aws:username}", "*${aws:username}", "${aws:username}*"))),
    }
    entry |= {f"Not{name}" if name == negated else name: value for name, value in choices.items()}
    operators = [
        f"{quantifier}{name}{end}"
        for quantifier, name, end in itertools.product(
            ("", "", "", "ForAnyValue:", "ForAllValues:"),
            ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"),
            ("", "", "IfExists"),
        )
    ]
    keys = st.dictionaries(
        st.sampled_from(["aud", "aws:username"]), some(("r", "g", "x", "*", "${aws:username}", "?")), max_size=2
    )
    found = draw(st.dictionaries(st.sampled_from(operators), keys, max_size=2))
    return entry | ({"Condition": found} if found else {})


policies = st.lists(statements(), max_size=3).map(lambda entries: document(*entries))


@settings(max_examples=50, deadline=None)
@given(policies)
def test_the_evaluation_says_the_same(policy: str) -> None:
    """The evaluation that the rest of the project asks, held against the one of these tests."""
    document = read_policy(policy, "here")
    allowed = {request for request in REQUESTS if evaluate([document], asked(*request)).allowed}
    assert allowed == evaluated(policy)


def asked(principal: str, action: str, resource: str, user: str, audiences: tuple[str, ...]) -> Request:
    """A request of the small world as the project has it."""
    return Request(action, resource, f"AWS:{principal}", {"aws:username": (user,), "aud": audiences})


@settings(max_examples=100, deadline=None)
@given(policies, policies, policies)
def test_nothing_that_is_newly_allowed_is_missed(before: str, after: str, beside: str) -> None:
    """Whatever an evaluation lets through newly, the comparison reports: it may report more, never less."""
    earlier, later, other = read(before), read(after), read(beside)
    if not gains(earlier, later, beside=()):
        assert evaluated(after) <= evaluated(before)
    if not gains(earlier, later, beside=other):
        assert evaluated(joined(after, beside)) <= evaluated(joined(before, beside))
    if not gains(earlier, later):
        assert gains(earlier, later, beside=other) == set()


def joined(*policies: str) -> str:
    """One document of all."""
    return document(*(entry for policy in policies for entry in json.loads(policy)["Statement"]))


def similar(policy: str, change: str) -> str:
    """The policy with one text of it exchanged."""
    old, _, new = change.partition("=")
    return policy.replace(f'"{old}"', f'"{new}"')


@settings(max_examples=100, deadline=None)
@given(
    policies,
    st.sampled_from(["x=x*", "x*=x", "s:A=s:*", "r=g", "${aws:username}=x", "Allow=Deny", "Deny=Allow", "A=B", "A=*"]),
)
def test_nothing_is_missed_in_a_small_change(before: str, change: str) -> None:
    """Two documents that have most in common, which random ones have not."""
    after = similar(before, change)
    if not gains(read(before), read(after), beside=()):
        assert evaluated(after) <= evaluated(before)
    if not losses(read(before), read(after), beside=()):
        assert evaluated(before) <= evaluated(after)


@settings(max_examples=30, deadline=None)
@given(policies, st.lists(statements(), max_size=2), st.randoms(use_true_random=False))
def test_taking_away_and_rewriting_are_never_reported(policy: str, more: list[dict[str, Any]], random: Any) -> None:
    """Fewer allowances, more prohibitions and another order allow no more."""
    before = json.loads(policy)["Statement"]
    after = [entry for entry in before if entry["Effect"] == "Deny" or random.random() < 0.7]
    after += [entry | {"Effect": "Deny"} for entry in more]
    random.shuffle(after)
    assert lines(document(*before), document(*after)) == []
    assert losses(read(document(*after)), read(document(*before))) == set()


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Allow", "Deny", "*", "a:*", "${x}", "111122223333"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Statement", "Effect", "Action", "NotAction", "Principal", "Resource", "Condition", "AWS", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=50, deadline=None)
@given(json_values, json_values)
def test_no_document_is_too_strange(before: Any, after: Any) -> None:
    """Whatever stands where a policy should, the answer is a list of lines."""
    for old, new in itertools.permutations((json.dumps(before), json.dumps(after))):
        assert isinstance(in_lines(policy_gains(old, new)), list)


# --- speed -------------------------------------------------------------------------------------------------------


MANY = [f"a:{number}" for number in range(3000)]

SLOW = {
    "values": (permission(Action=MANY), permission(Action=[f"{each}*" for each in MANY])),
    "stars": (permission(Resource="*a" * 200 + "b"), permission(Resource="a" * 20_000)),
    "combinations": (
        permission(Action=MANY[:300], Resource=MANY[:300]),
        permission(Action=MANY[:400], Resource=MANY[:400]),
    ),
    "statements": (
        tuple(permission(Action=each, Resource=each) for each in MANY[:600]),
        tuple(permission(Action=f"{each}x", Resource=each) for each in MANY[:600]),
    ),
    "texts that many patterns share": (
        permission(Resource=[f"{'*a' * (number % 90)}*b*{number}*" for number in range(250)]),
        permission(Resource=[f"*b{'?a*' * (number % 60)}*{number}*" for number in range(250)]),
    ),
    "ways of a pattern": (
        permission(Resource=[f"*a{'?' * number}b*" for number in range(40)]),
        permission(Resource="*a*b*a*b*"),
    ),
    "denials of every kind": (
        tuple(permission(Effect="Deny", Action=f"*{each}*", Resource=f"*{each}?") for each in MANY[:250]),
        (permission(Action="*", Resource="*"), *(permission(Effect="Deny", Action=f"{each}*") for each in MANY[:250])),
    ),
    "numbers of a condition": (
        permission(Condition=condition("NumericEquals", *map(str, range(3000)), key="n")),
        permission(Condition=condition("NumericEquals", *map(str, range(1, 3001)), key="n")),
    ),
    "patterns of a condition": (
        permission(Condition=condition("StringLike", *(f"{each}*" for each in MANY))),
        permission(Condition=condition("StringLike", *(f"{each}?" for each in MANY))),
    ),
}
"""Pairs of documents that a naive comparison takes for ever for."""


@pytest.mark.parametrize("name", SLOW)
def test_no_document_takes_for_ever(name: str) -> None:
    """A pull request must not be able to hold its own review up."""
    before, after = both(SLOW[name])
    assert max(len(before), len(after)) <= LONGEST_DOCUMENT
    start = time.process_time()
    assert lines(before, after)
    assert time.process_time() - start < 5
