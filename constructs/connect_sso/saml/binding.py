"""A SAML message as it travels: base64 in a form (POST binding), compressed in an address (redirect binding).

https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from urllib.parse import unquote

from connect_sso.saml.xml import MAX_XML_BYTES

_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]+={0,2}")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Raw as SAML has it, then with the headers that tools add: zlib's or gzip's.
_COMPRESSIONS = (-zlib.MAX_WBITS, zlib.MAX_WBITS | 32)


class UnreadableMessageError(ValueError):
    """There is no SAML message in the text; the message says what there is instead, in one line."""


@dataclass(frozen=True)
class Message:
    """A decoded message."""

    xml: bytes
    base64_length: int
    """Characters of base64, as they were sent."""


def decode_message(text: str) -> Message:
    """The message in `text`: base64, URL-encoded or not (once or twice), wrapped into lines or not, compressed or not.

    Raises:
        UnreadableMessageError: it is none of these.
    """
    compact = text.strip().strip("\"'")
    for _ in range(2):
        if "%" in compact:
            compact = unquote(compact)
    # A + that somebody decoded as a form's space comes back; line breaks go.
    compact = re.sub(r"(?<=[^\s]) (?=[^\s])", "+", compact) if " " in compact and "\n" not in compact else compact
    compact = re.sub(r"\s+", "", compact)
    if not _BASE64.fullmatch(compact):
        raise UnreadableMessageError("it is neither base64, a form body, XML nor a HAR export")
    padded = compact.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        decoded = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except binascii.Error:
        raise UnreadableMessageError(
            "the base64 text is cut off or damaged; copy the whole SAMLResponse value"
        ) from None
    xml = decoded if looks_like_xml(decoded) else inflated(decoded)
    if xml is None:
        raise UnreadableMessageError("its base64 does not decode to XML")
    return Message(xml, len(compact))


def looks_like_xml(data: bytes) -> bool:
    """Whether it begins like XML, or like text in Unicode, which the parser then tells apart."""
    return data.startswith(_BYTE_ORDER_MARKS[1:]) or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def inflated(data: bytes) -> bytes | None:
    """Decompressed XML, or None where it is none; never more than an XML document may have.

    Raises:
        UnreadableMessageError: it unpacks to more than that.
    """
    for window in _COMPRESSIONS:
        try:
            text = zlib.decompressobj(window).decompress(data, MAX_XML_BYTES + 1)
        except zlib.error:
            continue
        if len(text) > MAX_XML_BYTES:
            raise UnreadableMessageError(f"it unpacks to more than {MAX_XML_BYTES:,} bytes; it is not read")
        if looks_like_xml(text):
            return text
    return None
