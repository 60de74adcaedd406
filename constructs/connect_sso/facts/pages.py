"""The pages that a sign-in can land on: the one table of them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from connect_sso.facts.partitions import INSTANCE_DOMAINS

_SAML = "https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html"
_PERMISSIONS = "https://docs.aws.amazon.com/connect/latest/adminguide/security-profile-list.html"


class PageKind(enum.Enum):
    """Whom a page is for."""

    ADMINISTRATION = "administration"
    AGENT = "agent"
    CUSTOM = "custom"
    """Outside Amazon Connect; the instance must list its origin."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or a group of pages that one permission opens."""

    name: str
    """In the words that people use."""
    kind: PageKind
    destination: str
    """Its name in an environment file, or an empty string."""
    path: str
    """What a relay state asks for, before it is encoded; empty for the administration."""
    roots: tuple[str, ...]
    """The first segments of the paths that lead here."""
    permission: str
    """The permission of a security profile that opens it, or an empty string where no single one does."""
    sources: tuple[str, ...]
    """Where AWS says so."""


ADMINISTRATION = Page(
    name="the administration",
    kind=PageKind.ADMINISTRATION,
    destination="admin",
    path="",
    roots=("",),
    permission="",
    sources=(_SAML,),
)
"""Where a sign-in lands that asks for no destination."""

CCP = Page(
    name="the Contact Control Panel",
    kind=PageKind.AGENT,
    destination="ccp",
    path="/ccp-v2/chat",
    roots=("ccp", "ccp-v2"),
    permission="BasicAgentAccess",
    sources=(
        _SAML,
        _PERMISSIONS,
        "https://docs.aws.amazon.com/connect/latest/adminguide/upgrade-browser-ccp.html",
    ),
)

AGENT_WORKSPACE = Page(
    name="the agent workspace",
    kind=PageKind.AGENT,
    destination="agent_workspace",
    path="/agent-app-v2",
    roots=("agent-app-v2",),
    permission="BasicAgentAccess",  # it contains the CCP
    sources=(
        _SAML,
        _PERMISSIONS,
        "https://docs.aws.amazon.com/connect/latest/adminguide/case-agent-experience.html",
    ),
)

CUSTOM_PAGE = Page(
    name="a custom page",
    kind=PageKind.CUSTOM,
    destination="",
    path="",
    roots=(),
    permission="",
    sources=(_SAML, "https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html"),
)
"""Any https address outside Amazon Connect."""

PAGES = (ADMINISTRATION, CCP, AGENT_WORKSPACE)
"""The pages of Amazon Connect that are known here; it has more, and AWS lists no paths of them."""

DESTINATIONS = {page.destination: page.path for page in PAGES}
"""The destinations that have a name in an environment file, with their path."""

_BY_ROOT = {root: page for page in PAGES for root in page.roots}

# An instance of the former domain has its pages below /connect:
# https://docs.aws.amazon.com/connect/latest/adminguide/update-your-connect-domain.html
_PATH = re.compile(r"(?:/connect(?=/))?(?:/(?P<root>[a-z0-9-]+)(?:/[A-Za-z0-9_-]+)*)?/?")
_INSTANCE_HOST = re.compile(rf"[a-z0-9-]+\.({'|'.join(map(re.escape, INSTANCE_DOMAINS))})", re.IGNORECASE)


def page_of(destination: str) -> Page | None:
    """The page that a destination opens; None where that is not known.

    Args:
        destination: a path, an https URL, or an empty string, decoded.
    """
    if not destination:
        return ADMINISTRATION
    path = destination
    if is_custom_page(destination):
        try:
            url = urlsplit(destination)
            host = url.hostname or ""
        except ValueError:
            return None
        if not _INSTANCE_HOST.fullmatch(host):
            return CUSTOM_PAGE
        path = url.path
    # An older page of AWS has the parameter new_domain encoded with the path, after an &.
    match = _PATH.fullmatch(re.split(r"[?#&]", path, maxsplit=1)[0])
    return _BY_ROOT.get(match["root"] or "") if match else None


def page_name(destination: str) -> str:
    """What a destination opens, in the words that people use."""
    page = page_of(destination)
    if page is None:
        return f"the page {destination}"
    return f"the custom page {destination}" if page is CUSTOM_PAGE else page.name


def is_custom_page(destination: str) -> bool:
    """Whether the destination is a whole address rather than a path, whose origin the instance must approve."""
    return destination.lower().startswith("https://")


APPROVED_ORIGIN_TYPE: Final = "AWS::Connect::ApprovedOrigin"
"""What Cloud Control calls one: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-connect-approvedorigin.html"""


def approved_origin(destination: str) -> str:
    """The origin (scheme, host and port) to approve for a custom page.

    https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html
    """
    url = urlsplit(destination)
    return f"{url.scheme}://{url.netloc}"
