"""What an engineer has in hand: base64, a form body, XML or a HAR export, read into one SAML message.

Nothing of it is written anywhere: until it expires, a captured response signs its person in.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from connect_sso.errors import Failure
from connect_sso.saml.xml import MAX_XML_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES = 100_000_000
"""A HAR of a long session, with pictures, stays below."""

_FIELD = re.compile(
    r"""(?<![A-Za-z0-9_])(?P<name>SAMLResponse|RelayState)["']?\s*[=:\t]\s*["']?(?P<value>[^&\s"'<>]*)"""
)
# No < inside: a text of nothing but unclosed tags must not be searched again and again.
_INPUT = re.compile(r"<input\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(name|value)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]+={0,2}")
_ANSWER_BYTES = 1_000_000


@dataclass(frozen=True)
class Capture:
    """One captured SAML response with what its file tells about the moment."""

    xml: bytes
    form: str
    """The form of the file in a few words, such as `a HAR export`."""
    base64_length: int | None
    """Characters of base64 as they were sent; None where only the XML is there."""
    relay_state: str | None
    """None: this form of file cannot tell. Empty: no relay state was sent."""
    captured_at: datetime | None
    """When the browser sent it, in UTC, by the browser's clock; only a HAR tells."""
    posted_to: str | None
    """The address it was posted to; only a HAR tells."""
    answers: tuple[str, ...] = ()
    """Pages that came back from then on, as text; only a HAR tells, and only with content."""


def read_capture(data: bytes) -> Capture:
    """The SAML response in `data`, whatever form of file it is.

    Raises:
        Failure: there is none in it; the message says what was found instead.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Failure(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB; export only the sign-in's requests")
    if data.lstrip().startswith(b"<"):
        # As bytes: what encoding they are in is the XML declaration's to say.
        return _from_markup(data)
    text = _text(data).strip()
    if not text:
        raise Failure("the file is empty")
    if text.startswith("{"):
        return _from_har(text)
    if text.startswith("<"):
        return _from_markup(text.encode())
    if "SAMLResponse" in text:
        return _from_form(text)
    if re.match(r"SAMLRequest\s*[=:]", text):
        raise Failure("the file holds a SAMLRequest; the SAMLResponse is what goes to AWS after the sign-in at Okta")
    return _from_encoded(text, form="base64", relay_state=None)


def _text(data: bytes) -> str:
    """Decoded by its byte order mark; PowerShell writes UTF-16."""
    encoding = "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Failure("the file is not text: give the form's base64, a form body, XML or a HAR export") from None


def _from_markup(data: bytes) -> Capture:
    """XML, or a saved page whose form holds the response."""
    text = data.decode("utf-8", "replace").lstrip()
    for tag in _INPUT.findall(text):
        fields = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(tag)}
        if fields.get("name") == "SAMLResponse":
            return _from_encoded(
                html.unescape(fields.get("value", "")), form="a saved page", relay_state=_relay_state_input(text)
            )
    if re.match(r"<(!doctype\s+html|html)\b", text, re.IGNORECASE):
        raise Failure("the file is a web page without a SAMLResponse field; save the request that follows it, as a HAR")
    return Capture(xml=data.strip(), form="XML", base64_length=None, relay_state=None, captured_at=None, posted_to=None)


def _relay_state_input(text: str) -> str:
    for tag in _INPUT.findall(text):
        fields = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(tag)}
        if fields.get("name") == "RelayState":
            return html.unescape(fields.get("value", ""))
    return ""


def _from_form(text: str) -> Capture:
    """A form body, also as developer tools show it (a field a line) or inside a copied curl command."""
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        fields.setdefault(match["name"], match["value"])
    if not fields.get("SAMLResponse"):
        raise Failure("the SAMLResponse field is empty; copy the whole form body")
    # A + in a form body is a space, but here it is one of a relay state's characters at most.
    relay_state = unquote(fields.get("RelayState", ""))
    return _from_encoded(fields["SAMLResponse"], form="a form body", relay_state=relay_state)


def _from_encoded(
    value: str,
    *,
    form: str,
    relay_state: str | None,
    captured_at: datetime | None = None,
    posted_to: str | None = None,
    answers: tuple[str, ...] = (),
) -> Capture:
    """From the base64 text, URL-encoded or not (once or twice), wrapped into lines or not."""
    compact = value.strip().strip("\"'")
    for _ in range(2):
        if "%" in compact:
            compact = unquote(compact)
    # A + that somebody decoded as a form's space comes back; line breaks go.
    compact = re.sub(r"(?<=[^\s]) (?=[^\s])", "+", compact) if " " in compact and "\n" not in compact else compact
    compact = re.sub(r"\s+", "", compact)
    if not _BASE64.fullmatch(compact):
        raise Failure("the file holds no SAML response: it is neither base64, a form body, XML nor a HAR export")
    padded = compact.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        decoded = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except binascii.Error:
        raise Failure("the base64 text is cut off or damaged; copy the whole SAMLResponse value") from None
    if not decoded.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and not decoded.startswith(
        (b"\xff\xfe", b"\xfe\xff")
    ):
        decoded = _inflated(decoded)
    return Capture(
        xml=decoded,
        form=form,
        base64_length=len(compact),
        relay_state=relay_state,
        captured_at=captured_at,
        posted_to=posted_to,
        answers=answers,
    )


def _inflated(data: bytes) -> bytes:
    """Decompressed, as SAML's redirect binding compresses; never more than an XML document may have."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflater.decompress(data, MAX_XML_BYTES + 1)
    except zlib.error:
        text = b""
    if len(text) > MAX_XML_BYTES:
        raise Failure(f"the compressed response unpacks to more than {MAX_XML_BYTES:,} bytes; it is not read")
    if not text.lstrip().startswith(b"<"):
        raise Failure("the file holds no SAML response: its base64 does not decode to XML")
    return text


# --- HAR -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Posted:
    """One request of a HAR that carried a SAML response."""

    value: str
    relay_state: str
    url: str
    captured_at: datetime | None
    position: int


def _from_har(text: str) -> Capture:
    try:
        har: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise Failure("the file looks like JSON, but is no complete HAR export; export it once more") from None
    log = har.get("log") if isinstance(har, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise Failure('the file is JSON, but no HAR export: "log.entries" is missing')
    posted = [found for position, entry in enumerate(entries) if (found := _posted(entry, position))]
    if not posted:
        raise Failure(
            f"none of the HAR's {len(entries)} requests carries a SAMLResponse; start recording before the tile "
            "in Okta is opened, keep the log across pages, and export it with content"
        )
    # A sign-in to Okta may itself be SAML; what goes to AWS counts, and of several attempts the last.
    chosen = next((found for found in reversed(posted) if _is_aws_sign_in(found.url)), posted[-1])
    count = f" (the last of {len(posted)} responses in it)" if len(posted) > 1 else ""
    return _from_encoded(
        chosen.value,
        form=f"a HAR export{count}",
        relay_state=chosen.relay_state,
        captured_at=chosen.captured_at,
        posted_to=chosen.url,
        answers=tuple(_answers(entries[chosen.position :])),
    )


def _posted(entry: Any, position: int) -> _Posted | None:
    request = _dict(_dict(entry).get("request"))
    body = _dict(request.get("postData"))
    fields: dict[str, str] = {}
    parameters = body.get("params")
    for parameter in parameters if isinstance(parameters, list) else []:
        name, value = _dict(parameter).get("name"), _dict(parameter).get("value")
        if isinstance(name, str) and isinstance(value, str):
            fields.setdefault(name, value)
    if "SAMLResponse" not in fields and isinstance(body.get("text"), str):
        fields = {match["name"]: match["value"] for match in _FIELD.finditer(body["text"])}
    if not fields.get("SAMLResponse"):
        return None
    url = request.get("url")
    return _Posted(
        value=fields["SAMLResponse"],
        # Browsers differ in whether `params` are decoded; an address that still is encoded has no :// in it.
        relay_state=_decoded_relay_state(fields.get("RelayState", "")),
        url=url if isinstance(url, str) else "",
        captured_at=_moment(_dict(entry).get("startedDateTime")),
        position=position,
    )


def _decoded_relay_state(value: str) -> str:
    return value if "://" in value else unquote(value)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _is_aws_sign_in(url: str) -> bool:
    host = _host(url)
    return host.endswith(".sign-in.connect.aws") or (_is_aws(host) and "signin" in host.split("."))


def _answers(entries: list[Any]) -> Iterator[str]:
    """The pages that AWS and Connect answered with, from the response on: one may hold the message people saw."""
    for entry in entries:
        url = _dict(_dict(entry).get("request")).get("url")
        content = _dict(_dict(_dict(entry).get("response")).get("content"))
        text = content.get("text")
        if not isinstance(url, str) or not isinstance(text, str) or len(text) > _ANSWER_BYTES:
            continue
        if not re.search(r"(html|plain|json)", str(content.get("mimeType", ""))) or not _is_aws(_host(url)):
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


def _is_aws(host: str) -> bool:
    return host.endswith((".aws.amazon.com", ".amazonaws-us-gov.com", ".connect.aws", ".awsapps.com"))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
