"""Certificates: the SAML metadata of an Okta app with a real self-signed one, and the one that the plugin shows Terraform."""

from __future__ import annotations

import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>\
<md:EntityDescriptor entityID="{entity_id}" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">\
<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>\
<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>\
<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{sign_on_url}"/>\
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sign_on_url}"/>\
</md:IDPSSODescriptor></md:EntityDescriptor>"""


def _self_signed(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, subject: x509.Name, years: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * years))
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def plugin_pair() -> dict[str, str]:
    """A `key` and `certificate` for a plugin on this machine, as PEM, and the certificate as the handshake wants it (`der`)."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _self_signed(key, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]), 10)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return {"key": _pem(key), "certificate": pem, "der": der.rstrip("=")}


def signing_pair(org: str, key_id: str, years: int = 10) -> tuple[str, str]:
    """A new signing key and its certificate, as Okta makes one for each app.

    Args:
        org: the org's name, the certificate's common name.
        key_id: tells this key from the app's others in the certificate's subject.
        years: how long the certificate is valid.

    Returns:
        The private key as PEM, and the certificate as the base64 text that metadata holds.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Okta"),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, key_id),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, org),
        ]
    )
    certificate = _self_signed(key, subject, years).sign(key, hashes.SHA256())
    return _pem(key), base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def document(entity_id: str, sign_on_url: str, certificate: str) -> str:
    """The metadata document, with that one certificate."""
    return TEMPLATE.format(entity_id=entity_id, sign_on_url=sign_on_url, certificate=certificate)
