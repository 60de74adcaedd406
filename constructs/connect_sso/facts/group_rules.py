"""Okta's group rules: whom their expression takes in."""

from __future__ import annotations

import re


def groups_in_rule(expression: str) -> tuple[str, ...] | None:
    """The ids of the groups whose members a group rule takes in; None where it is another expression.

    The functions: https://developer.okta.com/docs/reference/okta-expression-language/#group-functions
    """
    match = re.fullmatch(r'\s*isMemberOfAnyGroup\(((?>\s*"[^"]*"\s*,?)*+)\)\s*', expression)
    return tuple(re.findall(r'"([^"]*)"', match[1])) if match is not None else None
