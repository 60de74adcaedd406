"""Which pages a security profile opens, as far as that is known.

https://docs.aws.amazon.com/connect/latest/adminguide/default-security-profiles.html and
https://docs.aws.amazon.com/connect/latest/adminguide/security-profile-list.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Page = Literal["administration", "agent", "other"]

CCP_PERMISSION = "BasicAgentAccess"
"""Access to the Contact Control Panel, which the agent workspace contains."""

_AGENTS_ONLY = frozenset({CCP_PERMISSION, "OutboundCallAccess"})

# What AWS documents of the profiles that every instance has; nothing else is certain about them.
_BUILT_IN: dict[str, dict[Page, bool]] = {
    "Admin": {"administration": True, "agent": True, "other": True},
    "Agent": {"administration": False, "agent": True},
    "CallCenterManager": {"administration": True},
    "QualityAnalyst": {"administration": True},
}


def allows(
    profiles: tuple[str, ...], destination: str, permissions: Mapping[str, frozenset[str]]
) -> tuple[bool | None, str]:
    """Whether one of a person's security profiles opens a page; None where that cannot be known.

    Args:
        profiles: their names.
        destination: the relay state's, decoded; empty for the administration.
        permissions: what a profile really allows, by name, where the state tells.

    Returns:
        The answer, and its reason to end a sentence with.
    """
    if destination.startswith("https://"):
        return None, "the instance must have it as an approved origin, which only its console tells"
    page = _page(destination)
    answers = {name: _opens(name, page, permissions) for name in profiles}
    opening = [name for name, answer in answers.items() if answer]
    if opening:
        return True, f"{opening[0]} allows it"
    unknown = [name for name, answer in answers.items() if answer is None]
    if unknown:
        return None, f"what {', '.join(unknown)} allows is not known from here"
    if not profiles:
        return False, "no security profile"
    return False, f"{' and '.join(profiles)} {'do' if len(profiles) > 1 else 'does'} not allow it"


def _page(destination: str) -> Page:
    path = destination.rstrip("/")
    if not path:
        return "administration"
    return "agent" if re.match(r"(/connect)?/(ccp(-v2)?|agent-app-v2)(/|$)", path) else "other"


def _opens(profile: str, page: Page, permissions: Mapping[str, frozenset[str]]) -> bool | None:
    known = permissions.get(profile)
    if known is None:
        return _BUILT_IN.get(profile, {}).get(page)
    if page == "agent":
        return CCP_PERMISSION in known
    if page == "administration":
        return bool(known - _AGENTS_ONLY)
    return True if profile == "Admin" else None
