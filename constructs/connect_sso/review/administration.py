"""What leads into the administration of an instance, and what gives rights there."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from connect_sso.terraform.plan import Mark, Value

ADMIN_PROFILE = "Admin"
"""The built-in security profile that may do everything.

https://docs.aws.amazon.com/connect/latest/adminguide/default-security-profiles.html
"""

POWERFUL_PROFILES = frozenset({ADMIN_PROFILE, "CallCenterManager"})
"""Built-in profiles with administrative rights: CallCenterManager manages users (same page)."""

HARMLESS_PROFILES = frozenset({"Agent", "QualityAnalyst"})
"""Built-in profiles without administrative rights (same page)."""

ADMIN_PERMISSIONS = frozenset(
    {
        "SecurityProfiles.Create",
        "SecurityProfiles.Edit",
        "Users.Create",
        "Users.Edit",
        "Users.EditPermission",
    }
)
"""Permissions of a custom profile that let its user give rights, to others or to themselves.

https://docs.aws.amazon.com/connect/latest/adminguide/security-profile-list.html
"""


def opens_administration(relay_state: Value) -> bool | None:
    """Whether a relay state leads to the admin website (or, being empty, to the AWS console); None if not known.

    It does unless it asks for the agents' pages or for a page outside Amazon Connect:
    https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """
    if isinstance(relay_state, Mark):
        return None
    if not isinstance(relay_state, str) or not relay_state:
        return True
    destinations = parse_qs(urlsplit(relay_state).query).get("destination", [""]) if _is_url(relay_state) else [""]
    destination = unquote(destinations[0]).strip()
    if re.match(r"https://", destination, re.IGNORECASE):
        if not _is_url(destination) or not re.search(
            r"\.(my\.connect\.aws|awsapps\.com)$", urlsplit(destination).netloc.lower()
        ):
            return False
        destination = urlsplit(destination).path  # the instance's own pages, written as a whole address
    path = re.sub(r"/{2,}", "/", destination.split("?")[0].split("#")[0].lower()).removeprefix("/connect")
    return re.match(r"/(ccp(-v2)?|agent-app(-v2)?)(/|$)", path) is None or ".." in path


def _is_url(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
