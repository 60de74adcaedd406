"""The relay state: the page in Amazon Connect that a sign-in lands on, one fixed URL per Okta app."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from connect_sso.facts.partitions import partition_of
from connect_sso.text import nearest

DESTINATIONS = {
    "admin": "",
    "ccp": "/ccp-v2/chat",
    "agent_workspace": "/agent-app-v2",
}
"""The destinations that have a name, with their path; the administration is where no destination is asked for.

https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
"""


_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


def relay_state(*, region: str, instance_id: str, destination: str) -> str:
    """The relay state of an app, an https URL.

    Args:
        region: the instance's region; it must be this one, not the user's.
        instance_id: the instance's bare id (a UUID, or a Terraform reference to it): an ARN leads to a 404.
        destination: `admin`, `ccp`, `agent_workspace`, a path, or the https URL of an approved origin.

    The destination must be URL-encoded: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """
    federate = f"{partition_of(region).console_url(region)}/connect/federate/{instance_id}"
    target = DESTINATIONS.get(destination, destination)
    if not target:
        return federate
    # Only the CCP is documented with new_domain; the agent workspace exists on the new domain alone.
    suffix = "&new_domain=true" if destination == "ccp" else ""
    return f"{federate}?destination={quote(target, safe='')}{suffix}"


def destination_problem(destination: str) -> str | None:
    """What is wrong with a destination as written, in one sentence, or None when it is one."""
    if destination in DESTINATIONS:
        return None
    names = ", ".join(DESTINATIONS)
    if any(character.isspace() or not character.isprintable() for character in destination):
        return "a destination has no spaces or control characters in it"
    if destination.startswith("/"):
        if destination.startswith("//") or "\\" in destination:
            return "a path begins with a single slash, such as /agent-app-v2/scheduling"
        return None
    try:
        url = urlsplit(destination)
        host, _port = url.hostname, url.port
    except ValueError:
        return "not a valid URL"
    if not destination.startswith("https://") or not host:
        hint = nearest(destination, DESTINATIONS)
        return f"one of {names}, a path that begins with / or an https URL is needed{hint}"
    if url.username is not None or "\\" in destination:
        return "an https URL here has no user name in it"
    if not _HOST.fullmatch(host):
        return f"{host} is not a host's name (write an international one in its ASCII form, xn--...)"
    return None


def is_custom_page(destination: str) -> bool:
    """Whether the destination is a page outside Amazon Connect, which the instance must list as an approved origin."""
    return destination.startswith("https://")


def approved_origin(destination: str) -> str:
    """The origin (scheme, host and port) to approve for a custom page.

    https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html
    """
    url = urlsplit(destination)
    return f"{url.scheme}://{url.netloc}"
