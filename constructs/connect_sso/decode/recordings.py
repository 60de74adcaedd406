"""What a browser recorded: a HAR export, or an export of SAML-tracer. Of several responses, the last one to AWS.

https://w3c.github.io/web-performance/specs/HAR/Overview.html
https://github.com/simplesamlphp/SAML-tracer/blob/master/src/SAMLTraceIO.js
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from connect_sso.errors import Failure
from connect_sso.facts.partitions import is_aws_host

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD = re.compile(
    r"""(?<![A-Za-z0-9_])(?P<name>SAMLResponse|RelayState)["']?\s*[=:\t]\s*["']?(?P<value>[^&\s"'<>]*)"""
)
"""A form's field, as bodies, addresses, developer tools and copied commands have it."""

_ANSWER_BYTES = 1_000_000
_MASKED = re.compile(r"\{hash:[0-9A-Za-z]*\}|\*+|\{overwritten\}")


@dataclass(frozen=True)
class Posted:
    """One response that a recording has."""

    encoded: str
    """The form's value; empty where only the XML is there."""
    xml: str
    """What SAML-tracer decoded, and keeps where it masks the form."""
    relay_state: str | None
    """None where it is masked."""
    url: str
    at: datetime | None
    answers: tuple[str, ...] = ()
    """Pages that came back from then on, as text."""


def last_in_har(har: dict[str, Any]) -> tuple[Posted, int]:
    """The response that counts in a HAR export, and how many there are.

    Raises:
        Failure: there is none.
    """
    entries = _dict(har.get("log")).get("entries")
    if not isinstance(entries, list):
        raise Failure('the file is JSON, but no HAR export: "log.entries" is missing')
    posted = [(found, position) for position, entry in enumerate(entries) if (found := _in_entry(entry))]
    if not posted:
        raise Failure(
            f"none of the HAR's {len(entries)} requests carries a SAMLResponse; start recording before the tile "
            "in Okta is opened, keep the log across pages, and export it with content"
        )
    chosen, position = _last_to_aws(posted)
    answers = tuple(_answers(entries[position:]))
    return Posted(chosen.encoded, "", chosen.relay_state, chosen.url, chosen.at, answers), len(posted)


def last_in_trace(trace: dict[str, Any]) -> tuple[Posted, int]:
    """The response that counts in an export of SAML-tracer, and how many there are.

    Raises:
        Failure: there is none.
    """
    requests = trace.get("requests")
    requests = requests if isinstance(requests, list) else []
    posted = [(found, position) for position, each in enumerate(requests) if (found := _in_trace(_dict(each)))]
    if not posted:
        raise Failure(
            f"none of the {len(requests)} requests that SAML-tracer recorded carries a SAMLResponse; open it before the "
            "tile in Okta is opened, and export once more"
        )
    return _last_to_aws(posted)[0], len(posted)


def is_aws_sign_in(url: str) -> bool:
    """Whether an address is one that takes responses for AWS."""
    host = _host(url)
    return host.endswith(".sign-in.connect.aws") or (is_aws_host(host) and "signin" in host.split("."))


def decoded_relay_state(value: str) -> str:
    """As it was meant: tools differ in whether they decode it, and an address that still is encoded has no :// in it."""
    return value if "://" in value else unquote(value)


def utc(text: Any) -> datetime | None:
    """A moment in ISO 8601 with an offset, in UTC; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _last_to_aws(posted: list[tuple[Posted, int]]) -> tuple[Posted, int]:
    # A sign-in to Okta may itself be SAML; what goes to AWS counts, and of several attempts the last.
    return next((found for found in reversed(posted) if is_aws_sign_in(found[0].url)), posted[-1])


def _in_entry(entry: Any) -> Posted | None:
    request = _dict(_dict(entry).get("request"))
    body = _dict(request.get("postData"))
    fields: dict[str, str] = {}
    for listed in (body.get("params"), request.get("queryString")):
        for parameter in listed if isinstance(listed, list) else []:
            name, value = _dict(parameter).get("name"), _dict(parameter).get("value")
            if isinstance(name, str) and isinstance(value, str):
                fields.setdefault(name, value)
    if "SAMLResponse" not in fields and isinstance(body.get("text"), str):
        fields = {match["name"]: match["value"] for match in FIELD.finditer(body["text"])}
    if not fields.get("SAMLResponse"):
        return None
    return Posted(
        encoded=fields["SAMLResponse"],
        xml="",
        relay_state=decoded_relay_state(fields.get("RelayState", "")),
        url=_text(request.get("url")),
        at=utc(_dict(entry).get("startedDateTime")),
    )


def _in_trace(request: dict[str, Any]) -> Posted | None:
    fields: dict[str, str] = {}
    for listed in (request.get("post"), request.get("get")):
        for pair in listed if isinstance(listed, list) else []:
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
                fields.setdefault(pair[0], pair[1])
    xml = _text(request.get("saml"))
    encoded = fields.get("SAMLResponse", "")
    if _MASKED.fullmatch(encoded):
        encoded = ""
    if not encoded and not re.search(r"<([\w.-]+:)?(Response|Assertion|EncryptedAssertion)[\s>]", xml[:4000]):
        return None
    relay_state = fields.get("RelayState")
    masked = relay_state is not None and _MASKED.fullmatch(relay_state)
    return Posted(
        encoded=encoded,
        xml=xml,
        relay_state=None if masked else decoded_relay_state(relay_state or ""),
        url=_text(request.get("url")),
        at=_answered(request.get("responseHeaders")),
    )


def _answered(headers: Any) -> datetime | None:
    """When the response came back, by the answering server's clock: the recording itself has no moment."""
    for header in headers if isinstance(headers, list) else []:
        # Before its release 1.0, each header was a pair.
        name, value = (
            (_dict(header).get("name"), _dict(header).get("value")) if isinstance(header, dict) else (None, None)
        )
        if isinstance(header, list) and len(header) == 2:
            name, value = header
        if isinstance(name, str) and name.lower() == "date" and isinstance(value, str):
            try:
                return parsedate_to_datetime(value).astimezone(UTC)
            except (ValueError, OverflowError):
                return None
    return None


def _answers(entries: list[Any]) -> Iterator[str]:
    """The pages that AWS and Connect answered with, from the response on: one may hold the message people saw."""
    for entry in entries:
        url = _dict(_dict(entry).get("request")).get("url")
        content = _dict(_dict(_dict(entry).get("response")).get("content"))
        text = content.get("text")
        if not isinstance(url, str) or not isinstance(text, str) or len(text) > _ANSWER_BYTES:
            continue
        if not re.search(r"(html|plain|json)", str(content.get("mimeType", ""))) or not is_aws_host(_host(url)):
            continue
        if content.get("encoding") == "base64":
            try:
                text = base64.b64decode(text).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                continue
        yield html.unescape(re.sub(r"<[^<>]*>", " ", text))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
