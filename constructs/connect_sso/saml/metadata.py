"""SAML identity provider metadata: who signs (the issuer), and with which certificates."""

from __future__ import annotations

from dataclasses import dataclass

from connect_sso.saml.certificates import Certificate, read_certificate
from connect_sso.saml.xml import DS, METADATA, UnreadableXmlError, parse_xml, text_of


@dataclass(frozen=True)
class Metadata:
    """An identity provider's metadata, as an IAM SAML provider holds it."""

    issuer: str
    """The entityID, which each of its assertions names as Issuer."""
    certificates: tuple[Certificate, ...]
    """Those for signing; there may be several while a certificate is rotated."""


def read_metadata(text: str) -> Metadata:
    """The metadata in `text`.

    Raises:
        ValueError: it is no metadata of an identity provider; the message says why, in one line.
    """
    try:
        root = parse_xml(text.strip().encode())
    except UnreadableXmlError as error:
        raise ValueError(str(error)) from None
    if root.tag != f"{METADATA}EntityDescriptor":
        raise ValueError("it is not a SAML EntityDescriptor")
    issuer = root.get("entityID", "")
    if not issuer:
        raise ValueError("it names no entityID")
    certificates = tuple(
        certificate
        for key in root.findall(f"{METADATA}IDPSSODescriptor/{METADATA}KeyDescriptor")
        # A key without a use is for both signing and encryption.
        if key.get("use", "signing") == "signing"
        for element in key.iter(f"{DS}X509Certificate")
        if (certificate := read_certificate(text_of(element))) is not None
    )
    if not certificates:
        raise ValueError("it has no signing certificate")
    return Metadata(issuer=issuer, certificates=certificates)
