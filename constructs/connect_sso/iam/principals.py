"""Principals of policies: names, of which one may be within another or be the same caller.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from connect_sso.facts.arns import read_arn
from connect_sso.iam.budget import Budget


def is_named(principal: str, names: frozenset[str]) -> bool:
    """Whether a principal (`KIND:name`) is surely among these, by its name, its kind or as everyone."""
    kind = principal.partition(":")[0]
    return not names.isdisjoint({principal, f"{kind}:*", "*"})


def may_be_one(matching: Sequence[frozenset[str]], others: Iterable[str], budget: Budget) -> bool:
    """Whether some caller goes by a name of each of `matching`, and surely by none of `others`.

    Raises:
        InDoubtError: it takes longer than the budget allows.
    """
    excluded = frozenset(others)
    if "*" in excluded:
        return False
    demanding = [names for names in matching if "*" not in names]

    def may_be(chosen: tuple[str, ...], rest: Sequence[frozenset[str]]) -> bool:
        if not rest:
            return True
        budget.spend(len(rest[0]) * (len(chosen) + 1))
        return any(
            may_be((*chosen, name), rest[1:])
            for name in rest[0]
            if not is_named(name, excluded) and all(_may_be_same(name, other) for other in chosen)
        )

    return may_be((), sorted(demanding, key=len))


def _may_be_same(one: str, other: str) -> bool:
    """Whether one caller can go by both names; true in doubt.

    An account is all of its users and roles, a role is its sessions, and a session is known by the role and by the
    identity provider that it came from.
    """
    if one == other:
        return True
    (kind, name), (other_kind, other_name) = (
        text.split(":", 1) if ":" in text else (text, "") for text in (one, other)
    )
    if kind != other_kind:
        # A service calls as itself only.
        return "Service" not in {kind, other_kind}
    if "*" in {name, other_name}:
        return True
    if kind != "AWS":
        return False
    account, other_account = _account(name), _account(other_name)
    if account is None or other_account is None:
        return True
    return account == other_account and not (_is_one_of_many(name) and _is_one_of_many(other_name))


def _account(name: str) -> str | None:
    arn = read_arn(name)
    return arn.account if arn is not None and arn.service in {"iam", "sts"} and arn.account.isdigit() else None


def _is_one_of_many(name: str) -> bool:
    """Whether it is a user or a role, of which a caller is one at most; a session is one of its role."""
    arn = read_arn(name)
    return (
        arn is not None
        and arn.service == "iam"
        and arn.account.isdigit()
        and arn.kind in {"user", "role"}
        and re.fullmatch(r"[^*?]+", arn.name) is not None
    )
