"""Whose account it is, and what all types of hashicorp/aws have in common: ARNs, tags, region."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import UNKNOWN, Refused, Values
from tests.sandbox.resources import Rule

ACCOUNT = "CONNECT_SSO_SANDBOX_ACCOUNT"
"""Environment variable: the account that the credentials belong to; without it, the one that the provider asks for."""

NOW = "2026-01-15T09:00:00Z"
"""The sandbox's clock stands still, so that two runs of it give the same bytes."""


@dataclass(frozen=True)
class Account:
    """Whom the credentials belong to, and what the provider block says."""

    cloud: Cloud
    account_id: str
    region: str
    partition: str
    default_tags: dict[str, str]

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """An ARN in this account."""
        region = self.region if regional else ""
        return f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"

    def has_bucket(self, name: str) -> bool:
        """Whether there is an S3 bucket of this name."""
        return self.cloud.get("aws_s3_bucket", name) is not None


def sign_in(cloud: Cloud, config: Values) -> Account:
    """The account of the provider block.

    Raises:
        Refused: it is not one that `allowed_account_ids` names.
    """
    allowed = config["allowed_account_ids"] or []
    account_id = os.environ.get(ACCOUNT) or (allowed[0] if allowed else "111122223333")
    if allowed and account_id not in allowed:
        raise Refused(f"AWS account ID not allowed: {account_id}")
    region = config["region"]
    if not isinstance(region, str):
        raise Refused("invalid AWS Region: ")
    tags = [block["tags"] or {} for block in config["default_tags"] or []]
    return Account(cloud, account_id, region, partition_of(region), tags[0] if tags else {})


def partition_of(region: str) -> str:
    """The partition that a region is in."""
    prefix = {"us-gov": "aws-us-gov", "cn-": "aws-cn"}
    return next((name for start, name in prefix.items() if region.startswith(start)), "aws")


def tags_all(account: Account, prior: Values | None, planned: Values) -> Values:
    """`tags_all` is the resource's tags over the provider's `default_tags`, known at plan time."""
    tags = planned["tags"]
    if tags is UNKNOWN or any(value is UNKNOWN for value in (tags or {}).values()):
        return {"tags_all": UNKNOWN}
    return {"tags_all": account.default_tags | (tags or {})}


def region_of(account: Account, prior: Values | None, planned: Values) -> Values:
    """`region` is the provider's unless the resource names one (since hashicorp/aws 6.0)."""
    return {"region": account.region if planned["region"] in (None, UNKNOWN) else planned["region"]}


def tags_and_region(account: Account, prior: Values | None, planned: Values) -> Values:
    """Both, for what is tagged and lives in a region."""
    return tags_all(account, prior, planned) | region_of(account, prior, planned)


def pattern(attribute: str, regex: str, says: str, source: str) -> Rule[Account]:
    """The rule that an attribute, where it is known, matches a regular expression as a whole."""
    compiled = re.compile(regex)
    return Rule(
        says, source, lambda _, values: is_text(values[attribute]) and not compiled.fullmatch(values[attribute])
    )


def is_text(value: object) -> bool:
    """Whether a value is a known string."""
    return isinstance(value, str)
