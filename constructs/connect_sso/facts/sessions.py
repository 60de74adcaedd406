"""What AWS says of a role's session: its name and how long it lasts."""

from __future__ import annotations

import string
from typing import Final

NAME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "_+=,.@-")
"""What a RoleSessionName or a SourceIdentity is made of.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

SHORTEST: Final = 900
"""Seconds that an assertion may ask for, at the least.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

LONGEST: Final = 43_200
"""Seconds that an assertion may ask for, and a role may allow, at the most (same page)."""

ROLE_SHORTEST: Final = 3600
"""Seconds of a role's longest session, at the least: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

DEFAULT: Final = 3600
"""Seconds of a session whose assertion names no duration (the page of `SHORTEST`); Okta's catalogue app asks for as many."""


def is_name(text: str) -> bool:
    """Whether AWS takes it as a RoleSessionName or as a SourceIdentity: 2 to 64 of `NAME_CHARACTERS`."""
    return 2 <= len(text) <= 64 and NAME_CHARACTERS.issuperset(text)
