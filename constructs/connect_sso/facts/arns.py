"""The parts of an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARN = re.compile(
    r"arn:(?P<partition>[\w-]+):(?P<service>[\w-]+):(?P<region>[\w-]*):(?P<account>[0-9]{12}|aws|):(?P<resource>.+)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Arn:
    """The name of one thing in AWS."""

    partition: str
    service: str
    region: str
    """Empty for what has none, such as everything in IAM."""
    account: str
    """12 digits, `aws` for what AWS keeps for everybody, or empty."""
    resource: str

    @property
    def kind(self) -> str:
        """What it is: `role` in `role/sso/Okta_Role`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """What it is called, its path included: `sso/Okta_Role` in `role/sso/Okta_Role`; empty where it has only a name."""
        return self.resource.partition("/")[2]


def read_arn(text: str) -> Arn | None:
    """The parts of an ARN; None for anything else, and where a part but the resource is a pattern or a variable."""
    match = _ARN.fullmatch(text)
    return Arn(**match.groupdict()) if match else None
