"""X.509 certificates as SAML carries them: base64 in metadata and in signatures."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_PEM = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----")


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
    """The certificate in `text`, or None where it is none.

    It may be PEM, base64 of DER, wrapped or not, and base64 of PEM, as some identity providers have it in signatures.
    """
    der = _der(text)
    return None if der is None else _certificate(der)


def read_certificates(data: bytes) -> tuple[Certificate, ...]:
    """The certificates in a file: PEM (several, too), DER, or the bare base64; none where it holds none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = [_certificate(data)]
    else:
        found = [read_certificate(block) for block in _PEM.findall(text) or [text]]
    return tuple(certificate for certificate in found if certificate is not None)


def key_sha256(key: PublicKeyTypes) -> str:
    """The fingerprint of a public key: 64 lower-case hexadecimal digits."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _der(text: str) -> bytes | None:
    for _ in range(2):
        body = "".join(line for line in text.splitlines() if "-----" not in line)
        try:
            decoded = base64.b64decode("".join(body.split()), validate=True)
        except ValueError:
            return None
        if not decoded.startswith(b"-----BEGIN"):
            return decoded
        text = decoded.decode("ascii", "replace")
    return None


def _certificate(der: bytes) -> Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            sha256=hashlib.sha256(der).hexdigest(),
            subject=certificate.subject.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key_sha256=key_sha256(certificate.public_key()),
            x509=certificate,
        )
    except Exception:
        # Whatever is wrong with it (and the library has many words for that), it is no certificate to compare with.
        return None
