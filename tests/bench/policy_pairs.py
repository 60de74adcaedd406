"""Pairs of policies with the answer whether the second allows more: small ones of the kinds that two public sets hold.

The structures, not the documents, are those of https://github.com/vlab-cs-ucsb/quacky (`samples/…/exp_single` and their
mutations, whose answers in `results/icse22/raw_csv/encoding_mutations` a solver proved) and of
https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples (references and candidates with the
answer of IAM Access Analyzer). `python -m tests.bench.originals` measures the originals themselves.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]

QUACKY, ACCESS_ANALYZER = "pairs like quacky's", "pairs like Access Analyzer's samples"


@dataclass(frozen=True)
class Pair:
    """Two documents, and whether the later one allows what the earlier one does not."""

    of: str
    like: str
    """The folder or file of the original set whose structure it has."""
    before: str
    after: str
    more: bool


def allow(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> Statement:
    """A statement that allows."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition} | more
    return {name: value for name, value in statement.items() if value is not None}


def deny(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> Statement:
    """A statement that denies."""
    return allow(action, resource, condition, **more) | {"Effect": "Deny"}


def document(statements: Sequence[Statement]) -> str:
    """The policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


MFA_MISSING = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
AT_HOME = {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}
MINE = {"StringEquals": {"ec2:ResourceTag/Owner": "${aws:username}"}}
SMALL = {"StringEquals": {"ec2:InstanceType": ["t3.nano", "t3.micro"]}}
SMALLER = {"StringEquals": {"ec2:InstanceType": "t3.nano"}}
BY_PATTERN = {"StringLike": {"ec2:InstanceType": "t3.*"}}
NOT_BY_PATTERN = {"StringNotLike": {"ec2:InstanceType": "t3.*"}}
THIS_YEAR = {
    "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
    "DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"},
}
THIS_SPRING = {
    "DateGreaterThan": {"aws:CurrentTime": "2026-03-01T00:00:00Z"},
    "DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"},
}
BUCKET = "arn:aws:s3:::calls"
INSTANCES, VOLUMES = "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:volume/*"

LADDERS: dict[str, Sequence[Sequence[Statement]]] = {
    "s3/exp_single/s3_allow_all_except_delete": [
        [allow("s3:GetObject"), deny("s3:Delete*")],
        [allow("s3:*"), deny("s3:Put*", BUCKET + "/*"), deny("s3:Delete*")],
        [allow("s3:*"), deny("s3:Delete*")],
        [allow("s3:*"), deny("s3:DeleteBucket")],
        [allow("s3:*")],
    ],
    "s3/exp_single (a folder of one's own)": [
        [allow("s3:GetObject", BUCKET + "/home/${aws:username}/in")],
        [allow("s3:GetObject", BUCKET + "/home/${aws:username}/*")],
        [allow("s3:GetObject", BUCKET + "/home/*")],
        [allow("s3:Get*", BUCKET + "/*")],
    ],
    "ec2/exp_single/ec2_require_mfa_session_token": [
        [allow("ec2:*"), deny("ec2:*", "*", MFA_MISSING)],
        [allow("ec2:*"), deny(["ec2:StopInstances", "ec2:TerminateInstances"], "*", MFA_MISSING)],
        [allow("ec2:*"), deny("ec2:TerminateInstances", "*", MFA_MISSING)],
        [allow("ec2:*")],
    ],
    "ec2/exp_single/ec2_terminate_instance_ip": [
        [allow("ec2:TerminateInstances", INSTANCES), deny("ec2:*", "*", AT_HOME)],
        [allow("ec2:TerminateInstances"), deny("ec2:TerminateInstances", "*", AT_HOME)],
        [allow("ec2:TerminateInstances"), deny("ec2:TerminateInstances", INSTANCES, AT_HOME)],
        [allow("ec2:TerminateInstances")],
    ],
    "ec2/exp_single/ec2_allow_ebs_volume_owners": [
        [allow("ec2:AttachVolume", VOLUMES, MINE)],
        [allow(["ec2:AttachVolume", "ec2:DetachVolume"], VOLUMES, MINE)],
        [allow("ec2:*Volume", VOLUMES, MINE)],
        [allow("ec2:*Volume", VOLUMES)],
    ],
    "ec2/exp_single/ec2_prevent_running_classic": [
        [allow("ec2:RunInstances", INSTANCES, SMALLER)],
        [allow("ec2:RunInstances", INSTANCES, SMALL)],
        [allow("ec2:RunInstances", INSTANCES, BY_PATTERN)],
        [allow("ec2:RunInstances", INSTANCES)],
    ],
    "ec2/exp_single/ec2_allow_some_instances": [
        [allow("ec2:RunInstances"), deny("ec2:RunInstances", "*", NOT_BY_PATTERN), deny("ec2:*", VOLUMES)],
        [allow("ec2:RunInstances"), deny("ec2:RunInstances", "*", NOT_BY_PATTERN)],
        [allow("ec2:RunInstances")],
    ],
    "iam/exp_single/iam_role_policy_modify_iam_but_not_own_policies": [
        [allow("iam:PutRolePolicy", None, NotResource="arn:aws:iam::111122223333:*")],
        [allow(["iam:PutRolePolicy", "iam:PassRole"], None, NotResource="arn:aws:iam::111122223333:role/*")],
        [allow("iam:*", None, NotResource="arn:aws:iam::111122223333:role/mine")],
        [allow("iam:*")],
    ],
    "benchmark/s3_date_time_constraint": [
        [allow("s3:GetObject", BUCKET + "/*", THIS_SPRING)],
        [allow("s3:GetObject", BUCKET + "/*", THIS_YEAR)],
        [allow("s3:GetObject", BUCKET + "/*")],
    ],
}
"""Documents of which each allows more than the one before it."""

ALIKE: dict[str, Sequence[Sequence[Statement]]] = {
    "mutations (a Deny that hits nothing)": [
        [allow("s3:GetObject", BUCKET + "/*")],
        [allow("s3:GetObject", BUCKET + "/*"), deny("s3:Put*")],
        [allow("s3:GetObject", BUCKET + "/*"), deny("s3:*", "arn:aws:s3:::logs/*"), deny("ec2:*")],
    ],
    "mutations (one Allow in several)": [
        [allow("ec2:*Instances", INSTANCES)],
        [allow("ec2:*Instances", INSTANCES, BY_PATTERN), allow("ec2:*Instances", INSTANCES, NOT_BY_PATTERN)],
        [allow("ec2:*Instances", INSTANCES), allow("ec2:StopInstances", "arn:aws:ec2:*:*:instance/i-0")],
    ],
    "mutations (a Deny in several)": [
        [allow("s3:*"), deny(["s3:DeleteBucket", "s3:DeleteObject"])],
        [allow("s3:*"), deny("s3:DeleteObject"), deny("s3:DeleteBucket")],
        [allow(None, NotAction=["s3:DeleteBucket", "s3:DeleteObject"]), deny(None, NotAction="s3:*")],
    ],
}
"""Documents that all allow the same."""

SENSITIVE = "arn:aws:iam::*:role/sensitive"
TAGGED = {"StringEquals": {"aws:RequestTag/team": "contact-centre"}}
TAG_MISSING = {"Null": {"aws:RequestTag/team": "true"}}
PROVIDER = {"Federated": "arn:aws:iam::111122223333:saml-provider/Okta"}
SAML = "sts:AssumeRoleWithSAML"

REFERENCES: dict[str, tuple[Sequence[Statement], Sequence[tuple[bool, Sequence[Statement]]]]] = {
    "identity-policies/check-access-to-sensitive-resource": (
        [allow("*"), deny(["iam:PassRole", "iam:UpdateRole"], SENSITIVE)],
        [
            (False, [allow("iam:PassRole", "arn:aws:iam::*:role/other")]),
            (False, [allow("iam:GetRole", SENSITIVE)]),
            (False, [allow(None, None, NotAction="iam:*", NotResource="arn:aws:s3:::x")]),
            (False, [allow("iam:*", None, NotResource=SENSITIVE)]),
            (False, [allow("iam:*"), deny("iam:*", SENSITIVE)]),
            (True, [allow("iam:PassRole", SENSITIVE)]),
            (True, [allow("iam:UpdateRole", "arn:aws:iam::*:role/sens*")]),
            (True, [allow("iam:*"), deny("iam:PassRole", SENSITIVE)]),
            (True, [allow(None, NotAction="iam:PassRole")]),
        ],
    ),
    "identity-policies/check-for-tag-based-access": (
        [allow("*"), deny("ec2:RunInstances", "*", TAG_MISSING)],
        [
            (False, [allow("ec2:RunInstances", "*", TAGGED)]),
            (False, [allow("ec2:DescribeInstances")]),
            (False, [allow("ec2:RunInstances"), deny("ec2:RunInstances", "*", TAG_MISSING)]),
            (False, [allow("ec2:*", "*", {"Null": {"aws:RequestTag/team": "false"}})]),
            (True, [allow("ec2:RunInstances")]),
            (True, [allow("ec2:RunInstances", "*", {"StringEqualsIfExists": {"aws:RequestTag/team": "x"}})]),
            (True, [allow("ec2:RunInstances", "*", {"StringEquals": {"aws:RequestTag/unit": "x"}})]),
        ],
    ),
    "resource-policies/role-trust-policies/allowlist-federated-access-saml": (
        [
            allow(SAML, None, Principal=PROVIDER),
            allow(None, None, Principal="*", NotAction=[SAML, "sts:AssumeRoleWithWebIdentity"]),
        ],
        [
            (False, [allow(SAML, None, Principal=PROVIDER)]),
            (False, [allow("sts:AssumeRole", None, Principal={"Service": "connect.amazonaws.com"})]),
            (False, [allow(["sts:AssumeRole", "sts:TagSession"], None, Principal={"AWS": "444455556666"})]),
            (False, [allow("sts:*", None, Principal=PROVIDER), deny("sts:*Web*", None, Principal="*")]),
            (True, [allow(SAML, None, Principal={"Federated": "arn:aws:iam::111122223333:saml-provider/other"})]),
            (True, [allow("sts:AssumeRoleWithWebIdentity", None, Principal={"Federated": "accounts.example"})]),
            (True, [allow("sts:*", None, Principal="*")]),
            (
                True,
                [
                    allow(SAML, None, Principal={"Federated": "*"}),
                    deny(SAML, None, Principal={"Federated": "arn:aws:iam::111122223333:saml-provider/other"}),
                ],
            ),
        ],
    ),
    "resource-policies/role-trust-policies/allowlist-account-principals": (
        [
            allow("sts:AssumeRole", None, Principal={"AWS": ["111122223333", "444455556666"]}),
            allow(None, None, Principal="*", NotAction="sts:AssumeRole"),
        ],
        [
            (False, [allow("sts:AssumeRole", None, Principal={"AWS": "444455556666"})]),
            # Not proved: a role that is named needs no permission of its own account, one that is not named does.
            (False, [allow("sts:AssumeRole", None, Principal={"AWS": "arn:aws:iam::444455556666:role/ada"})]),
            (True, [allow("sts:AssumeRole", None, Principal={"AWS": "123456789012"})]),
            (True, [allow("sts:AssumeRole", None, Principal="*")]),
        ],
    ),
}
"""Reference policies with candidates, and whether each allows what the reference does not."""


def pairs() -> Iterator[Pair]:
    """All pairs."""
    for like, ladder in LADDERS.items():
        for (low, lower), (high, higher) in itertools.permutations(enumerate(ladder), 2):
            yield Pair(QUACKY, like, document(lower), document(higher), high > low)
    for like, same in ALIKE.items():
        for one, other in itertools.permutations(same, 2):
            yield Pair(QUACKY, like, document(one), document(other), more=False)
    for like, (reference, candidates) in REFERENCES.items():
        for more, candidate in candidates:
            yield Pair(ACCESS_ANALYZER, like, document(reference), document(candidate), more)
