"""Security profiles: those that every instance has, which pages they open, and which permissions give rights to others.

https://docs.aws.amazon.com/connect/latest/adminguide/default-security-profiles.html and
https://docs.aws.amazon.com/connect/latest/adminguide/security-profile-list.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connect_sso.facts.pages import CCP, Page, PageKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

_AGENTS_ONLY = frozenset({CCP.permission, "OutboundCallAccess"})


@dataclass(frozen=True, slots=True)
class SecurityProfile:
    """A built-in security profile: what AWS documents of it, and no more is certain."""

    name: str
    opens: Mapping[PageKind, bool]
    """For the kinds of pages of which it is documented."""
    powerful: bool
    """Whether it gives rights to others; one that does not is harmless."""


BUILT_IN = {
    profile.name: profile
    for profile in (
        SecurityProfile("Admin", {PageKind.ADMINISTRATION: True, PageKind.AGENT: True}, powerful=True),
        SecurityProfile("CallCenterManager", {PageKind.ADMINISTRATION: True}, powerful=True),  # manages users
        SecurityProfile("QualityAnalyst", {PageKind.ADMINISTRATION: True}, powerful=False),
        SecurityProfile("Agent", {PageKind.ADMINISTRATION: False, PageKind.AGENT: True}, powerful=False),
    )
}
"""The profiles of every new instance, by name."""

ADMIN_PROFILE = BUILT_IN["Admin"].name
"""The one that may do everything."""

POWERFUL_PERMISSIONS = frozenset(
    {
        "SecurityProfiles.Create",
        "SecurityProfiles.Edit",
        "Users.Create",
        "Users.Edit",
        "Users.EditPermission",
    }
)
"""Permissions that let their user give rights, to others or to themselves."""


def is_powerful(profile: str, permissions: AbstractSet[str] | None) -> bool | None:
    """Whether a profile gives rights to others; None where that is not known.

    Args:
        profile: its name.
        permissions: what it really allows, where that is known. A powerful built-in one counts as such all the same.
    """
    built_in = BUILT_IN.get(profile)
    if built_in is not None and built_in.powerful:
        return True
    if permissions is not None:
        return not POWERFUL_PERMISSIONS.isdisjoint(permissions)
    return False if built_in is not None else None


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether one of a person's security profiles opens a page."""

    ok: bool | None
    """None: not known from here."""
    decided_by: tuple[str, ...]
    """The profile that opens it; those that might; or those that do not."""


def opening(profiles: tuple[str, ...], page: Page, permissions: Mapping[str, frozenset[str]]) -> Opening:
    """Whether one of `profiles` opens a page of Amazon Connect.

    Args:
        profiles: their names.
        page: the page.
        permissions: what a profile really allows, by name, where that is known.
    """
    answers = {name: _opens(name, page, permissions.get(name)) for name in profiles}
    for wanted in (True, None):
        found = [name for name, answer in answers.items() if answer is wanted]
        if found:
            return Opening(wanted, tuple(found[:1] if wanted else found))
    return Opening(False, profiles)


def _opens(profile: str, page: Page, permissions: AbstractSet[str] | None) -> bool | None:
    if permissions is None:
        return BUILT_IN[profile].opens.get(page.kind) if profile in BUILT_IN else None
    if page.permission:
        return page.permission in permissions
    return bool(permissions - _AGENTS_ONLY) if page.kind is PageKind.ADMINISTRATION else None
