"""What an engineer has in hand: base64, a form body, XML, a saved page, a browser's recording, events of a log.

Nothing of it is written anywhere: until it expires, a captured response signs its person in.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from connect_sso.decode.events import Event, last_event
from connect_sso.decode.recordings import (
    FIELD,
    Posted,
    decoded_relay_state,
    is_aws_sign_in,
    last_in_har,
    last_in_trace,
)
from connect_sso.errors import Failure
from connect_sso.saml.binding import UnreadableMessageError, decode_message, inflated

if TYPE_CHECKING:
    from datetime import datetime

MAX_FILE_BYTES = 100_000_000
"""A HAR of a long session, with pictures, stays below."""

# No < inside: a text of nothing but unclosed tags must not be searched again and again.
_TAG = re.compile(r"<(form|/form|input)\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(name|value|action)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml\b[^<>]*\?>")


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
    """When the browser sent it, in UTC; only a recording tells."""
    posted_to: str | None
    """The address it was posted to; only a recording or a saved page tells."""
    answers: tuple[str, ...] = ()
    """Pages that came back from then on, as text; only a HAR tells, and only with content."""


def read_capture(data: bytes) -> Capture | Event:
    """The SAML response in `data`, or the last event of a sign-in, whatever form of file it is.

    Raises:
        Failure: there is none in it; the message says what was found instead.
    """
    if len(data) > MAX_FILE_BYTES:
        raise Failure(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB; export only the sign-in's requests")
    if data.lstrip().startswith(b"<"):
        # As bytes: what encoding they are in is the XML declaration's to say.
        return _from_markup(data)
    text = _text(data)
    if text is None:
        compressed = _inflated(data)
        if compressed is None:
            raise Failure("the file is not text: give the form's base64, a form body, XML or a HAR export")
        return _from_markup(compressed)
    text = text.strip()
    if not text:
        raise Failure("the file is empty")
    if text.startswith(("{", "[")):
        return _from_json(text)
    if text.startswith("<"):
        # It was decoded here, so what its declaration says of the encoding is no longer so.
        return _from_markup(_XML_DECLARATION.sub("", text).encode())
    if "SAMLResponse" in text:
        return _from_form(text)
    if re.match(r"SAMLRequest\s*[=:]", text):
        raise Failure("the file contains a SAMLRequest; the SAMLResponse is what goes to AWS after the sign-in at Okta")
    return _from_encoded(text, form="base64", relay_state=None)


def _text(data: bytes) -> str | None:
    """Decoded by its byte order mark; PowerShell writes UTF-16. None where it is no text."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _inflated(data: bytes) -> bytes | None:
    try:
        return inflated(data)
    except UnreadableMessageError as error:
        raise Failure(f"the file contains no SAML response: {error}") from None


def _from_json(text: str) -> Capture | Event:
    document = _json(text)
    if isinstance(document, dict):
        if "log" in document:
            return _from_recording("a HAR export", *last_in_har(document))
        if isinstance(document.get("requests"), list):
            return _from_recording("an export of SAML-tracer", *last_in_trace(document))
        if isinstance(document.get("SAMLResponse"), str):
            relay_state = document.get("RelayState")
            return _from_encoded(
                document["SAMLResponse"],
                form="JSON",
                relay_state=decoded_relay_state(relay_state) if isinstance(relay_state, str) else None,
            )
    event = last_event(document)
    if event is None:
        raise Failure(
            'the file is JSON, but no HAR export ("log.entries" is missing), no export of SAML-tracer, and no event of '
            "a sign-in from CloudTrail or from Okta's System Log"
        )
    return event


def _json(text: str) -> Any:
    """One document, or one a line, as log files have them."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise Failure("the file looks like JSON, but is no complete one; export it once more") from None
    return lines


def _from_recording(form: str, posted: Posted, count: int) -> Capture:
    several = f" (the last of {count} responses in it)" if count > 1 else ""
    if not posted.encoded:
        return Capture(
            xml=_XML_DECLARATION.sub("", posted.xml).strip().encode(),
            form=form + several,
            base64_length=None,
            relay_state=posted.relay_state,
            captured_at=posted.at,
            posted_to=posted.url,
            answers=posted.answers,
        )
    return _from_encoded(
        posted.encoded,
        form=form + several,
        relay_state=posted.relay_state,
        captured_at=posted.at,
        posted_to=posted.url,
        answers=posted.answers,
    )


def _from_markup(data: bytes) -> Capture:
    """XML, or a saved page whose form holds the response."""
    text = data.decode("utf-8", "replace").lstrip()
    forms = _forms(text)
    if forms:
        chosen = next((each for each in reversed(forms) if is_aws_sign_in(each.url)), forms[-1])
        several = f" (the last of {len(forms)} responses in it)" if len(forms) > 1 else ""
        return _from_encoded(
            chosen.encoded,
            form="a saved page" + several,
            relay_state=chosen.relay_state,
            posted_to=chosen.url if "://" in chosen.url else None,
        )
    if re.match(r"<(!doctype\s+html|html)\b", text, re.IGNORECASE):
        raise Failure("the file is a web page without a SAMLResponse field; save the request that follows it, as a HAR")
    return Capture(xml=data.strip(), form="XML", base64_length=None, relay_state=None, captured_at=None, posted_to=None)


def _forms(text: str) -> list[Posted]:
    """The forms of a page that hold a response, each with the relay state beside it."""
    action, found = "", []
    fields: dict[str, str] = {}

    def close() -> None:
        if fields.get("SAMLResponse"):
            found.append(Posted(fields["SAMLResponse"], "", fields.get("RelayState", ""), action, None))

    for tag in _TAG.finditer(text):
        attributes = {
            name.lower(): html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag[0])
        }
        if tag[1].lower() != "input":
            close()
            action, fields = attributes.get("action", ""), {}
        elif attributes.get("name") in {"SAMLResponse", "RelayState"}:
            fields[attributes["name"]] = attributes.get("value", "")
    close()
    return found


def _from_form(text: str) -> Capture:
    """A form body, also as developer tools show it (a field a line) or inside a copied curl command."""
    fields: dict[str, str] = {}
    for match in FIELD.finditer(text):
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
    try:
        message = decode_message(value)
    except UnreadableMessageError as error:
        raise Failure(f"the file contains no SAML response: {error}") from None
    return Capture(
        xml=message.xml,
        form=form,
        base64_length=message.base64_length,
        relay_state=relay_state,
        captured_at=captured_at,
        posted_to=posted_to,
        answers=answers,
    )
