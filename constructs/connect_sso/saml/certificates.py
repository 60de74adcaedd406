"""X.509 certificates as SAML carries them: base64 in metadata and in signatures."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Certificate:
    """A certificate, with what a person compares."""

    sha256: str
    """Its fingerprint: 64 lower-case hexadecimal digits."""
    subject: str
    not_before: datetime
    not_after: datetime
    """Both in UTC."""
    key_sha256: str
    """The fingerprint of the public key: a certificate made anew for the same key still verifies its signatures."""
    x509: x509.Certificate = field(repr=False, compare=False)

    @property
    def short(self) -> str:
        """The fingerprint's beginning, long enough to tell certificates apart."""
        return self.sha256[:16]


def read_certificate(text: str) -> Certificate | None:
    """The certificate in `text` (base64 of DER, wrapped or not, or PEM), or None where it is none."""
    body = "".join(line for line in text.splitlines() if "-----" not in line)
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        subject = certificate.subject.rfc4514_string()
    except Exception:
        return None
    return Certificate(
        sha256=hashlib.sha256(der).hexdigest(),
        subject=subject,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_sha256=hashlib.sha256(key).hexdigest(),
        x509=certificate,
    )
