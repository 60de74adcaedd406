"""Security profiles: what the built-in ones open, and what a profile's permissions say."""

from __future__ import annotations

import pytest

from connect_sso.facts.pages import ADMINISTRATION, AGENT_WORKSPACE, CCP, CUSTOM_PAGE, Page
from connect_sso.facts.profiles import BUILT_IN, is_powerful, opening


@pytest.mark.parametrize(
    ("profiles", "page", "ok"),
    [
        (("Admin",), ADMINISTRATION, True),
        (("Admin",), CCP, True),
        (("Agent",), CCP, True),
        (("Agent",), AGENT_WORKSPACE, True),
        (("Agent",), ADMINISTRATION, False),
        (("Agent", "CallCenterManager"), ADMINISTRATION, True),
        (("CallCenterManager",), CCP, None),
        (("QualityAnalyst",), ADMINISTRATION, True),
        (("Team Leads",), ADMINISTRATION, None),
        (("Agent", "Team Leads"), ADMINISTRATION, None),
        (("Admin",), CUSTOM_PAGE, None),
        ((), ADMINISTRATION, False),
    ],
)
def test_what_the_built_in_profiles_open(profiles: tuple[str, ...], page: Page, ok: bool | None) -> None:
    """As documented; everything else is unknown rather than guessed."""
    assert opening(profiles, page, {}).ok is ok


def test_who_decides_is_said() -> None:
    """The profile that opens the page; all that might; all that do not."""
    assert opening(("Agent", "Admin"), ADMINISTRATION, {}).decided_by == ("Admin",)
    assert opening(("Agent", "A", "B"), ADMINISTRATION, {}).decided_by == ("A", "B")
    assert opening(("Agent",), ADMINISTRATION, {}).decided_by == ("Agent",)


def test_permissions_count_more_than_a_name() -> None:
    """Terraform reads the permissions with the profile, and a built-in profile can be changed."""
    permissions = {
        "Team Leads": frozenset({"BasicAgentAccess", "AccessMetrics"}),
        "Talkers": frozenset({"BasicAgentAccess"}),
        "Agent": frozenset({"Users.View"}),
    }
    assert opening(("Team Leads",), ADMINISTRATION, permissions).ok is True
    assert opening(("Talkers",), ADMINISTRATION, permissions).ok is False
    assert opening(("Talkers",), CCP, permissions).ok is True
    assert opening(("Agent",), CCP, permissions).ok is False
    assert opening(("Agent",), ADMINISTRATION, permissions).ok is True


def test_who_gives_rights_to_others() -> None:
    """A powerful built-in profile counts as such whatever is read of it: whoever may change it may change it back."""
    assert {name for name in BUILT_IN if is_powerful(name, None)} == {"Admin", "CallCenterManager"}
    assert is_powerful("Agent", None) is False
    assert is_powerful("Agent", frozenset({"Users.Edit"})) is True
    assert is_powerful("Admin", frozenset()) is True
    assert is_powerful("Team Leads", frozenset({"Users.View"})) is False
    assert is_powerful("Team Leads", None) is None
