"""The relay state: the page in Amazon Connect that a sign-in lands on, one fixed URL per Okta app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from connect_sso.facts.names import INSTANCE_ID
from connect_sso.facts.pages import CCP, DESTINATIONS, Page, page_of
from connect_sso.facts.partitions import PARTITIONS, Partition, partition_of
from connect_sso.text import nearest

_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


def relay_state(*, region: str, instance_id: str, destination: str) -> str:
    """The relay state of an app, an https URL.

    Args:
        region: the instance's region; it must be this one, not the user's.
        instance_id: the instance's bare id (a UUID, or a Terraform reference to it): an ARN leads to a 404.
        destination: `admin`, `ccp`, `agent_workspace`, a path, or an https URL, whose origin is then approved.

    The destination must be URL-encoded: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """
    federate = f"{partition_of(region).console_url(region)}/connect/federate/{instance_id}"
    target = DESTINATIONS.get(destination, destination)
    if not target:
        return federate
    # Only the CCP is documented with new_domain; the agent workspace exists on the new domain alone.
    suffix = "&new_domain=true" if destination == CCP.destination else ""
    return f"{federate}?destination={quote(target, safe='')}{suffix}"


def destination_problem(destination: str) -> str | None:
    """What is wrong with a destination as written, in one sentence, or None when it is one."""
    if destination in DESTINATIONS:
        return None
    names = ", ".join(DESTINATIONS)
    if any(character.isspace() or not character.isprintable() for character in destination):
        return "must not contain spaces or control characters"
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
        return f"must be one of {names}, a path that begins with /, or an https URL{hint}"
    if url.username is not None or "\\" in destination:
        return "must not contain a user name"
    if not _HOST.fullmatch(host):
        return f"{host} is not a host's name (write an international one in its ASCII form, xn--...)"
    return None


@dataclass(frozen=True, slots=True)
class RelayState:
    """The parts of a relay state that leads to Amazon Connect."""

    partition: Partition
    region: str | None
    """None in GovCloud, whose console address need not name one."""
    instance_id: str
    destination: str
    """The decoded path or URL; empty for the administration."""
    page: Page | None
    """What it opens; None where that is not known."""


class NotConnectError(ValueError):
    """The relay state leads somewhere else; the message says why."""


class HoldsArnError(ValueError):
    """The relay state has the instance's ARN where its bare id belongs."""


def read_relay_state(relay_state: str) -> RelayState:
    """The parts of `relay_state`.

    Raises:
        HoldsArnError: it holds an ARN.
        NotConnectError: it is no address of Amazon Connect in the AWS console.
    """
    if "arn:" in unquote(relay_state):
        raise HoldsArnError("it has the instance's ARN where only the id belongs")
    try:
        url = urlsplit(relay_state)
        host = (url.hostname or "").lower()
    except ValueError:
        raise NotConnectError("it is not a URL") from None
    found = _console(host)
    if url.scheme != "https" or found is None:
        raise NotConnectError(
            "it does not begin with an AWS console address, such as https://REGION.console.aws.amazon.com"
        )
    partition, region = found
    match = re.fullmatch(rf"/connect/federate/((?i:{INSTANCE_ID.pattern}))/?", url.path)
    if match is None:
        raise NotConnectError(
            "after the console's address it does not read /connect/federate/ and an instance id (a UUID)"
        )
    return RelayState(partition, region, match[1].lower(), _asked_for(url.query)[0], page_asked_for(relay_state))


def page_asked_for(relay_state: str) -> Page | None:
    """The page that a relay state asks for, whether or not it leads to Amazon Connect; None where that is not known."""
    try:
        destinations = _asked_for(urlsplit(relay_state).query)
    except ValueError:
        return None
    return page_of(destinations[0]) if len(set(destinations)) == 1 else None


def _asked_for(query: str) -> list[str]:
    return parse_qs(query).get("destination", [""])


def _console(host: str) -> tuple[Partition, str | None] | None:
    for partition in PARTITIONS:
        if host == partition.console_host:
            return partition, None
        region, _, rest = host.partition(".")
        if region and rest == partition.console_host.removeprefix("{region}."):
            return partition, region
    return None
