"""Signed SAML responses made on the spot, as Okta makes them, with a real XML signature library and throw-away keys."""

from __future__ import annotations

import base64
import datetime
import html
import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

ISSUED = datetime.datetime(2026, 11, 24, 10, 0, 0, tzinfo=datetime.UTC)
ACCOUNT = "111122223333"
INSTANCE_ID = "2fb42df9-78a2-4e74-a572-c8af67ed289b"
REGION = "eu-central-1"
RECIPIENT = f"https://{REGION}.signin.aws.amazon.com/saml"
ISSUER = "http://www.okta.com/exkadmin0000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Okta_Role"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta_Connect_Admin"
RELAY_STATE = f"https://{REGION}.console.aws.amazon.com/connect/federate/{INSTANCE_ID}"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
DS = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True)
class Signer:
    """A key with its certificate, such as an Okta app has."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def base64(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


@lru_cache
def signer(name: str = "acme", *, days: int = 3650) -> Signer:
    """One key per name: making them is the slow part."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = ISSUED - datetime.timedelta(days=30)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Signer(key, certificate)


def metadata(*signers: Signer, issuer: str = ISSUER) -> str:
    """Identity provider metadata as Okta serves it, padded to IAM's minimum by its own length."""
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{each.base64}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for each in signers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<md:EntityDescriptor entityID="{issuer}" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
        '<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{keys}<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        'Location="https://acme.okta.com/app/amazon_aws/exk/sso/saml"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


def _time(at: datetime.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True)
class Response:
    """What to put into a response; the defaults sign in."""

    issuer: str = ISSUER
    recipient: str | None = RECIPIENT
    destination: str = RECIPIENT
    audience: str | None = "urn:amazon:webservices"
    name_id: str | None = "Ada.Admin@example.com"
    session_name: str | None = "Ada.Admin@example.com"
    roles: tuple[str, ...] = (f"{ROLE},{PROVIDER}",)
    role_attribute: str = "Role"
    duration: str | None = "43200"
    tags: dict[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    not_before: datetime.datetime = ISSUED - datetime.timedelta(minutes=5)
    not_on_or_after: datetime.datetime = ISSUED + datetime.timedelta(minutes=5)
    with_assertion: bool = True
    signer: Signer = field(default_factory=signer)
    sign_response: bool = True
    sign_assertion: bool = True
    sha1: bool = False
    with_certificate: bool = True

    def unsigned(self) -> etree._Element:
        """The Response element before signing."""
        attributes = ""

        def attribute(name: str, *values: str) -> str:
            inner = "".join(
                '<saml2:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" '
                f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">{value}</saml2:AttributeValue>'
                for value in values
            )
            return (
                f'<saml2:Attribute Name="{ATTRIBUTES}{name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified">'
                f"{inner}</saml2:Attribute>"
            )

        if self.roles:
            attributes += attribute(self.role_attribute, *self.roles)
        if self.session_name is not None:
            attributes += attribute("RoleSessionName", self.session_name)
        if self.duration is not None:
            attributes += attribute("SessionDuration", self.duration)
        for name, value in self.tags.items():
            attributes += attribute(f"PrincipalTag:{name}", value)
        if self.source_identity is not None:
            attributes += attribute("SourceIdentity", self.source_identity)
        name_id = (
            f'<saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{self.name_id}</saml2:NameID>'
            if self.name_id is not None
            else ""
        )
        recipient = f' Recipient="{self.recipient}"' if self.recipient is not None else ""
        audience = (
            f"<saml2:AudienceRestriction><saml2:Audience>{self.audience}</saml2:Audience></saml2:AudienceRestriction>"
            if self.audience is not None
            else ""
        )
        end, start = _time(self.not_on_or_after), _time(self.not_before)
        issuer = f'<saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">{self.issuer}</saml2:Issuer>'
        assertion = (
            f'<saml2:Assertion ID="id-assertion" IssueInstant="{_time(ISSUED)}" Version="2.0" '
            f'xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}'
            f'<saml2:Subject>{name_id}<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml2:SubjectConfirmationData NotOnOrAfter="{end}"{recipient}/></saml2:SubjectConfirmation></saml2:Subject>'
            f'<saml2:Conditions NotBefore="{start}" NotOnOrAfter="{end}">{audience}</saml2:Conditions>'
            f'<saml2:AuthnStatement AuthnInstant="{_time(ISSUED)}"><saml2:AuthnContext><saml2:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>"
            f"<saml2:AttributeStatement>{attributes}</saml2:AttributeStatement></saml2:Assertion>"
            if self.with_assertion
            else ""
        )
        return etree.fromstring(
            f'<saml2p:Response Destination="{self.destination}" ID="id-response" IssueInstant="{_time(ISSUED)}" Version="2.0" '
            f'xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol">{issuer}'
            f'<saml2p:Status><saml2p:StatusCode Value="{self.status}"/></saml2p:Status>{assertion}</saml2p:Response>'
        )

    def element(self) -> etree._Element:
        """The signed Response element."""
        root = self.unsigned()
        assertion = root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
        if self.sign_assertion and assertion is not None:
            signed = sign(assertion, self.signer, sha1=self.sha1, with_certificate=self.with_certificate)
            root.replace(assertion, signed)
        if self.sign_response:
            root = sign(root, self.signer, sha1=self.sha1, with_certificate=self.with_certificate)
        return root

    def xml(self) -> bytes:
        return etree.tostring(self.element(), xml_declaration=True, encoding="UTF-8")

    def base64(self) -> str:
        return base64.b64encode(self.xml()).decode()

    def form(self, relay_state: str = RELAY_STATE) -> bytes:
        return urlencode({"SAMLResponse": self.base64(), "RelayState": relay_state}).encode()

    def har(
        self,
        *,
        at: datetime.datetime = ISSUED,
        relay_state: str = RELAY_STATE,
        answer: str = "",
        extra: tuple[dict[str, Any], ...] = (),
    ) -> bytes:
        return json.dumps(
            {
                "log": {
                    "version": "1.2",
                    "entries": [*extra, har_entry(self, at=at, relay_state=relay_state, answer=answer)],
                }
            }
        ).encode()

    def but(self, **changes: Any) -> Response:
        """This response with something else in it."""
        return replace(self, **changes)


def har_entry(
    response: Response,
    *,
    at: datetime.datetime = ISSUED,
    relay_state: str = RELAY_STATE,
    url: str = RECIPIENT,
    answer: str = "",
) -> dict[str, Any]:
    """One request of a HAR export, as Chrome writes it."""
    return {
        "startedDateTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request": {
            "method": "POST",
            "url": url,
            "postData": {
                "mimeType": "application/x-www-form-urlencoded",
                "text": response.form(relay_state).decode(),
                "params": [
                    {"name": "SAMLResponse", "value": quote(response.base64(), safe="")},
                    {"name": "RelayState", "value": quote(relay_state, safe="")},
                ],
            },
        },
        "response": {"status": 200, "content": {"mimeType": "text/html", "text": answer}},
    }


def tracer(response: Response, *, mask: str = "{hash:0f1e2d}", relay_state: str = RELAY_STATE) -> bytes:
    """An export of SAML-tracer; its default masks the form's values, and keeps the decoded response."""
    form = [["SAMLResponse", mask or response.base64()], ["RelayState", mask or relay_state]]
    headers = [
        {"name": "Content-Type", "value": "text/html"},
        {"name": "Date", "value": "Tue, 24 Nov 2026 10:00:04 GMT"},
    ]
    posted = {
        "method": "POST",
        "url": RECIPIENT,
        "requestId": "102",
        "protocol": "SAML-P",
        "requestHeaders": [],
        "get": [],
        "post": form,
        "saml": response.xml().decode(),
        "responseStatus": 200,
        "responseHeaders": headers,
    }
    opened = {
        "method": "GET",
        "url": "https://acme.okta.com/app/sso/saml",
        "requestId": "101",
        "get": [["SAMLRequest", mask or "fZ"]],
        "saml": '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        "responseHeaders": [],
    }
    return json.dumps({"requests": [opened, posted], "timestamp": "2026-11-24T10:01:00.000Z"}, indent=2).encode()


def saved_page(*forms: tuple[Response, str, str]) -> bytes:
    """A saved page: for each form the response, where it goes to, and the relay state."""
    inner = "".join(
        f'<form id="appForm{number}" action="{html.escape(action)}" method="POST">'
        f'<input name="SAMLResponse" type="hidden" value="{response.base64().replace("+", "&#x2b;")}"/>'
        f'<INPUT type="hidden" name="RelayState" value="{html.escape(relay_state)}"></form>'
        for number, (response, action, relay_state) in enumerate(forms)
    )
    return f"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>{inner}</body></html>".encode()


def sign(
    element: etree._Element,
    by: Signer,
    *,
    sha1: bool = False,
    with_certificate: bool = True,
    reference: str | None = None,
) -> etree._Element:
    """An enveloped signature as the element's second child, after the issuer, where SAML wants it.

    `reference` is the URI that it names, by default the element's ID; empty for the whole document.
    """
    place = etree.SubElement(element, f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
    element.remove(place)
    element.insert(1, place)
    xml_signer = _Sha1Signer if sha1 else XMLSigner
    signed: etree._Element = xml_signer(
        signature_algorithm=SignatureMethod.RSA_SHA1 if sha1 else SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA1 if sha1 else DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    ).sign(
        element,
        key=by.key,
        cert=[by.certificate],
        reference_uri=element.get("ID"),
    )
    if reference is not None:
        named = signed.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo/{{{DS}}}Reference")
        assert named is not None
        named.set("URI", reference)
        sign_again(signed, by)
    if not with_certificate:
        signature = signed.find(f"{{{DS}}}Signature")
        assert signature is not None
        for key_info in signature.findall(f"{{{DS}}}KeyInfo"):
            signature.remove(key_info)
    return signed


def sign_again(element: etree._Element, by: Signer) -> None:
    """The value of the element's signature, made anew after its SignedInfo was changed."""
    signature = element.find(f"{{{DS}}}Signature")
    assert signature is not None
    information, value = signature.find(f"{{{DS}}}SignedInfo"), signature.find(f"{{{DS}}}SignatureValue")
    assert information is not None
    assert value is not None
    canonical = etree.tostring(information, method="c14n", exclusive=True)
    value.text = base64.b64encode(by.key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())).decode()


class _Sha1Signer(XMLSigner):
    """Signs with SHA-1, which the library refuses to anybody but this."""

    def check_deprecated_methods(self) -> None:
        pass
