"""Encrypted assertions: how one is encrypted and for whom, and what is inside where the key is at hand.

https://www.w3.org/TR/xmlenc-core1/. No kept library for Python does this without a native xmlsec, so what SAML uses of it
is here, on top of `cryptography`: one assertion, one key, RSA for the key and AES for the content.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from lxml import etree

from connect_sso.saml.certificates import Certificate, read_certificate
from connect_sso.saml.xml import DS, MAX_XML_BYTES, SAML, UnreadableXmlError, parse_xml, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_XENC = "http://www.w3.org/2001/04/xmlenc#"
_XENC11 = "http://www.w3.org/2009/xmlenc11#"
_E = f"{{{_XENC}}}"

_CBC = {f"{_XENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_GCM = {f"{_XENC11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
"""Key lengths in bytes."""
_GCM_NONCE = 12
_BLOCK = 16
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    f"{_XENC}sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    f"{_XENC}sha512": hashes.SHA512,
}
_MASKS: Mapping[str, type[hashes.HashAlgorithm]] = {
    f"{_XENC11}mgf1sha1": hashes.SHA1,
    f"{_XENC11}mgf1sha256": hashes.SHA256,
    f"{_XENC11}mgf1sha384": hashes.SHA384,
    f"{_XENC11}mgf1sha512": hashes.SHA512,
}


class CannotDecryptError(ValueError):
    """The assertion cannot be decrypted; the message says why, in one line."""


@dataclass(frozen=True)
class Encryption:
    """How an assertion is encrypted."""

    content: str
    """The algorithm, such as `aes256-gcm`; empty where it is not said."""
    key: str
    """Such as `rsa-oaep-mgf1p`."""
    certificates: tuple[Certificate, ...]
    """For whom: of the private key that opens it."""


def read_private_key(data: bytes) -> RSAPrivateKey:
    """An RSA key from a file, PEM or DER.

    Raises:
        ValueError: it is none, or has a password; the message says so, in one line.
    """
    load = load_pem_private_key if data.lstrip().startswith(b"-----") else load_der_private_key
    try:
        key = load(data.strip() if data.lstrip().startswith(b"-----") else data, password=None)
    except TypeError:
        raise ValueError("it has a password; give it without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it is not a private key in PEM or DER") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("it is not an RSA key, which SAML encryption needs")
    return key


def how_encrypted(encrypted: etree._Element) -> Encryption:
    """What an EncryptedAssertion tells from outside."""
    data, sealed_keys = encrypted.find(f"{_E}EncryptedData"), _sealed_keys(encrypted)
    found = [read_certificate(text_of(each)) for key in sealed_keys for each in key.iter(f"{DS}X509Certificate")]
    return Encryption(
        content=_short(_algorithm(data)),
        key=_short(_algorithm(sealed_keys[0])) if sealed_keys else "",
        certificates=tuple(certificate for certificate in found if certificate is not None),
    )


def decrypt_assertion(encrypted: etree._Element, key: RSAPrivateKey) -> etree._Element:
    """The Assertion inside an EncryptedAssertion, as a document of its own.

    Raises:
        CannotDecryptError: it is for another key, damaged, or encrypted in a way that is not known here.
    """
    data = encrypted.find(f"{_E}EncryptedData")
    if data is None:
        raise CannotDecryptError("there is no EncryptedData in it")
    content_key = _content_key(_sealed_keys(encrypted), key)
    return _assertion(_content(_algorithm(data), content_key, _cipher_value(data)), data)


def _sealed_keys(encrypted: etree._Element) -> list[etree._Element]:
    """Beside the data or inside of it; a RetrievalMethod only points from one to the other."""
    return list(encrypted.iter(f"{_E}EncryptedKey"))[:10]


def _content_key(sealed_keys: list[etree._Element], key: RSAPrivateKey) -> bytes:
    if not sealed_keys:
        raise CannotDecryptError("there is no EncryptedKey in it")
    for sealed in sealed_keys:
        try:
            return key.decrypt(_cipher_value(sealed), _padding(sealed))
        except ValueError as error:
            if isinstance(error, CannotDecryptError):
                raise
    raise CannotDecryptError("it is encrypted for another key")


def _padding(sealed: etree._Element) -> padding.AsymmetricPadding:
    algorithm = _algorithm(sealed)
    if algorithm == f"{_XENC}rsa-1_5":
        return padding.PKCS1v15()
    if algorithm not in {f"{_XENC}rsa-oaep-mgf1p", f"{_XENC11}rsa-oaep"}:
        raise CannotDecryptError(f"its key is encrypted with {_short(algorithm) or 'nothing that it names'}")
    method = sealed.find(f"{_E}EncryptionMethod")
    assert method is not None
    digest, mask = method.find(f"{DS}DigestMethod"), method.find(f"{{{_XENC11}}}MGF")
    digest_hash = _HASHES.get(str(digest.get("Algorithm"))) if digest is not None else hashes.SHA1
    mask_hash = _MASKS.get(str(mask.get("Algorithm"))) if mask is not None else hashes.SHA1
    if digest_hash is None or mask_hash is None:
        raise CannotDecryptError("its key is encrypted with a digest that is not known here")
    parameters = method.find(f"{_E}OAEPparams")
    label = None if parameters is None else _decoded(text_of(parameters))
    return padding.OAEP(padding.MGF1(mask_hash()), digest_hash(), label)


def _content(algorithm: str, key: bytes, sealed: bytes) -> bytes:
    length = _CBC.get(algorithm) or _GCM.get(algorithm)
    if length is None:
        raise CannotDecryptError(f"it is encrypted with {_short(algorithm) or 'nothing that it names'}")
    if len(key) != length:
        raise CannotDecryptError(f"its key has {len(key)} bytes, and {_short(algorithm)} takes {length}")
    if algorithm in _GCM:
        try:
            return AESGCM(key).decrypt(sealed[:_GCM_NONCE], sealed[_GCM_NONCE:], None)
        except (InvalidTag, ValueError):
            raise CannotDecryptError("its content was changed or cut off after it was encrypted") from None
    if len(sealed) < 2 * _BLOCK or len(sealed) % _BLOCK:
        raise CannotDecryptError("its content is cut off")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(sealed[:_BLOCK])).decryptor()
    padded = decryptor.update(sealed[_BLOCK:]) + decryptor.finalize()
    # Of XML Encryption's padding only the last byte has a meaning: its length.
    if not 1 <= padded[-1] <= _BLOCK:
        raise CannotDecryptError("its content was changed or cut off after it was encrypted")
    return padded[: -padded[-1]]


def _assertion(text: bytes, data: etree._Element) -> etree._Element:
    try:
        return _one_assertion(parse_xml(text.strip()))
    except UnreadableXmlError:
        pass
    # What was encrypted may lean on prefixes that the response around it declares.
    declared = "".join(f' xmlns{f":{name}" if name else ""}="{uri}"' for name, uri in data.nsmap.items())
    try:
        around = parse_xml(f"<around{declared}>".encode() + text + b"</around>")
    except UnreadableXmlError as error:
        raise CannotDecryptError(f"what is inside cannot be read: {error}") from None
    return _one_assertion(
        parse_xml(etree.tostring(around[0], encoding="UTF-8", with_tail=False)) if len(around) else around
    )


def _one_assertion(root: etree._Element) -> etree._Element:
    if root.tag != f"{SAML}Assertion":
        raise CannotDecryptError(f"what is inside is not an Assertion, but {etree.QName(root).localname[:40]}")
    return root


def _cipher_value(element: etree._Element) -> bytes:
    value = element.find(f"{_E}CipherData/{_E}CipherValue")
    if value is None:
        raise CannotDecryptError("its content is not in the response (no CipherValue)")
    decoded = _decoded(text_of(value))
    if len(decoded) > MAX_XML_BYTES:
        raise CannotDecryptError(f"it is larger than {MAX_XML_BYTES:,} bytes")
    return decoded


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CannotDecryptError("its content is not base64") from None


def _algorithm(element: etree._Element | None) -> str:
    method = element.find(f"{_E}EncryptionMethod") if element is not None else None
    return str(method.get("Algorithm", "")) if method is not None else ""


def _short(algorithm: str) -> str:
    return algorithm.rpartition("#")[2][:60]
