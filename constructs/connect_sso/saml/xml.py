"""XML from outside, read so that it can neither reach the network nor exhaust the machine.

SAML forbids document type declarations nowhere, but nobody sends them, and they are what entity expansion and external
entities need: a document that has one is refused before and after parsing.
"""

from __future__ import annotations

import re

from lxml import etree

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
"""Namespaces, as lxml writes them before a name."""

MAX_XML_BYTES = 2_000_000
"""AWS takes 100,000 characters of base64, so 75,000 bytes; IAM metadata is a few thousand."""

_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class UnreadableXmlError(ValueError):
    """The text is not XML that is safe to read; the message says why, in one line."""


def parse_xml(text: bytes) -> etree._Element:
    """The root element of `text`, comments and processing instructions kept (they can hide things, so they must show).

    Raises:
        UnreadableXmlError: not well-formed, too large, nested too deeply, or with a document type declaration.
    """
    if len(text) > MAX_XML_BYTES:
        raise UnreadableXmlError(f"it is larger than {MAX_XML_BYTES:,} bytes")
    if _DECLARATION.search(text):
        raise UnreadableXmlError("it has a document type declaration, which a SAML message never has")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(text, parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        # libxml2's own limit on depth (256 levels) and on text length ends up here as well.
        raise UnreadableXmlError(f"it is not well-formed XML ({_one_line(error)})") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        # In another encoding than ASCII's relatives the search above sees nothing.
        raise UnreadableXmlError("it has a document type declaration, which a SAML message never has")
    return root


def text_of(element: etree._Element) -> str:
    """The whole text in `element`, as canonicalization sees it: a comment does not cut it short.

    `element.text` would end at the first comment, which is how `ada@example.com<!-- -->.evil.example` once passed for
    Ada in several SAML libraries.
    """
    return str(element.xpath("string(.)"))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
