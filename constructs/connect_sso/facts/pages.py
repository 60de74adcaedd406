"""Where a relay state leads: its parts, and what is wrong with it in itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from connect_sso.facts.partitions import COMMERCIAL, GOVCLOUD, Partition

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True)
class Landing:
    """The parts of a relay state that leads to Amazon Connect."""

    partition: Partition
    region: str | None
    """None in GovCloud, whose console address need not name one."""
    instance_id: str
    destination: str
    """The decoded path or URL; empty for the administration."""


class NotConnectError(ValueError):
    """The relay state leads somewhere else; the message says why."""


class HoldsArnError(ValueError):
    """The relay state has the instance's ARN where its bare id belongs."""


def read_relay_state(relay_state: str) -> Landing:
    """The parts of `relay_state`.

    Raises:
        HoldsArnError: it holds an ARN.
        NotConnectError: it is no address of Amazon Connect in the AWS console.
    """
    if "arn:" in unquote(relay_state):
        raise HoldsArnError("it holds the instance's ARN where the bare id belongs")
    try:
        url = urlsplit(relay_state)
        host = (url.hostname or "").lower()
    except ValueError:
        raise NotConnectError("it is no URL") from None
    found = _console(host)
    if url.scheme != "https" or found is None:
        raise NotConnectError(
            "it does not begin with an AWS console address, such as https://REGION.console.aws.amazon.com"
        )
    partition, region = found
    match = re.fullmatch(rf"/connect/federate/({_UUID})/?", url.path)
    if match is None:
        raise NotConnectError(
            "after the console's address it does not read /connect/federate/ and an instance id (a UUID)"
        )
    return Landing(partition, region, match[1].lower(), parse_qs(url.query).get("destination", [""])[0])


def _console(host: str) -> tuple[Partition, str | None] | None:
    for partition in (COMMERCIAL, GOVCLOUD):
        if host == partition.console_host:
            return partition, None
        region, _, rest = host.partition(".")
        if region and rest == partition.console_host.removeprefix("{region}."):
            return partition, region
    return None


def page_name(destination: str) -> str:
    """What a destination opens, in the words that people use."""
    path = destination.rstrip("/")
    if not path:
        return "the administration"
    if path.startswith("https://"):
        return f"the custom page {path}"
    if re.match(r"(/connect)?/ccp(-v2)?(/|$)", path):
        return "the Contact Control Panel"
    if path.startswith("/agent-app-v2"):
        return "the agent workspace"
    return f"the page {path}"
