"""Okta's group rules: whom their expression takes in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def groups_in_rule(expression: str) -> tuple[str, ...] | None:
    """The ids of the groups whose members a group rule takes in; None where it is another expression.

    The functions: https://developer.okta.com/docs/reference/okta-expression-language/#group-functions
    """
    match = re.fullmatch(r'\s*isMemberOfAnyGroup\(((?>\s*"[^"]*"\s*,?)*+)\)\s*', expression)
    return tuple(re.findall(r'"([^"]*)"', match[1])) if match is not None else None


def any_of_groups(groups: Iterable[str]) -> str:
    """The expression of a rule that takes in the members of these groups, by their ids or by Terraform's references to them."""
    quoted = (f'"{group}"' for group in groups)
    return f"isMemberOfAnyGroup({', '.join(quoted)})"
