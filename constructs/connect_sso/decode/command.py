"""`connect-sso decode`: what does this captured response say, and why does it not sign its person in?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from lxml import etree

from connect_sso.decode import difference
from connect_sso.decode.assertion import read_assertion, read_envelope
from connect_sso.decode.capture import MAX_FILE_BYTES, Capture, read_capture
from connect_sso.decode.coverage import examine
from connect_sso.decode.diagnosis import diagnose
from connect_sso.decode.event_diagnosis import diagnose_event
from connect_sso.decode.events import Became, Event
from connect_sso.decode.findings import Diagnosis, Mask
from connect_sso.decode.message import found_in, meant_by, with_message
from connect_sso.decode.rendering import Decoded, as_json, as_text
from connect_sso.decode.signature import KnownKey
from connect_sso.environment.loading import LoadedEnvironment, load_one
from connect_sso.errors import EXIT_DECIDE, Failure, UsageFailure
from connect_sso.saml.certificates import read_certificates
from connect_sso.saml.encryption import CannotDecryptError, decrypt_assertion, read_private_key
from connect_sso.saml.metadata import read_metadata
from connect_sso.saml.xml import SAML, SAMLP, UnreadableXmlError, parse_xml
from connect_sso.sign_in.deployed import deployed_sign_in
from connect_sso.sign_in.promised import promised_sign_in
from connect_sso.terraform.show import read_state

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from connect_sso.sign_in.model import SignIn

REDACTED = "[redacted]"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_MAX_SEALED = 5


@click.command()
@click.argument("file", required=False)
@click.option("--env", "environment", metavar="ENV", help="Compare with what this environment's file promises.")
@click.option(
    "--state",
    "states",
    metavar="STATE.json",
    multiple=True,
    help="Compare with `terraform show -json` of a state; once more for the crowd's.",
)
@click.option(
    "--certificate",
    "certificates",
    metavar="FILE",
    multiple=True,
    help="The certificate that the app signs with (PEM, DER or base64).",
)
@click.option(
    "--metadata", "metadata", metavar="FILE", multiple=True, help="The app's metadata, for the certificates in it."
)
@click.option(
    "--decrypt-key", metavar="FILE", help="The private key (PEM or DER, RSA) that opens an encrypted assertion."
)
@click.option("--message", metavar="TEXT", help="The error text that the person saw; FILE may be left out then.")
@click.option(
    "--diff", "pair", nargs=2, metavar="GOOD BAD", help="Compare two captures: only what differs, and what it means."
)
@click.option("--redact", is_flag=True, help="Mask names of people: NameID, session name, tag values.")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    file: str | None,
    environment: str | None,
    states: tuple[str, ...],
    certificates: tuple[str, ...],
    metadata: tuple[str, ...],
    decrypt_key: str | None,
    message: str | None,
    pair: tuple[str, str] | None,
    redact: bool,
    output_format: str,
) -> None:
    """Say what a captured SAML response holds, and which known failure it leads to.

    FILE is what you have: a HAR or SAML-tracer's export, a saved page, the form body, the SAMLResponse in base64, the
    XML, or an event of CloudTrail or of Okta's System Log; - is standard input. A response is a credential until it
    expires: nothing of it is stored. Exits 0 where it can sign in, 3 where it cannot, 1 where the file contains neither.

    \b
    Example:
      connect-sso decode sign-in.har --env prod --state state.json
      connect-sso decode --diff worked.har failed.har
      connect-sso decode --message "Access Denied. Your account has been authenticated"
    """
    if pair and (file is not None or message is not None):
        raise UsageFailure("--diff takes the two files itself; leave out FILE and --message")
    if file is None and message is None and not pair:
        raise UsageFailure("give the file with the captured response, or --message with what the person saw")
    if message is not None and not meant_by(message):
        unknown = "no known failure has a message like this one; docs/troubleshooting.md lists them all"
        if file is None:
            raise Failure(unknown)
        print(f"connect-sso: {unknown}", file=sys.stderr)
        message = None
    loaded = load_one(environment) if environment else None
    sides = _sides(loaded, states)
    given = [*_given_certificates(certificates), *_given_metadata(metadata)]
    private_key = _private_key(decrypt_key) if decrypt_key else None
    mask: Mask = _masked if redact else _as_it_is
    if pair:
        sys.exit(_diff(pair, sides, given, private_key, mask, output_format))
    decoded: Decoded | Event | None = None
    diagnosis = Diagnosis((), (), frozenset())
    if file is not None:
        capture = read_capture(_read(file))
        if isinstance(capture, Event):
            decoded, diagnosis = capture, diagnose_event(capture, sides, mask)
            # The words of the log stand for many causes; what was found beside them is one.
            message = message or (capture.reason if not diagnosis.findings and meant_by(capture.reason) else None)
        else:
            decoded, diagnosis = _decode(capture, sides, given, private_key, mask)
            message = message or found_in(capture.answers)
    diagnosis = with_message(diagnosis, message)
    if output_format == "json":
        rendered = as_json(decoded, diagnosis, mask)
    else:
        rendered = as_text(decoded, diagnosis, [side.source for side in sides], mask)
    sys.stdout.write(_redacted(rendered, decoded) if redact else rendered)
    if diagnosis.findings or (isinstance(decoded, Event) and decoded.became is Became.REFUSED):
        sys.exit(EXIT_DECIDE)


def _diff(
    pair: tuple[str, str],
    sides: list[SignIn],
    given: list[KnownKey],
    private_key: RSAPrivateKey | None,
    mask: Mask,
    output_format: str,
) -> int:
    """Prints what differs between two captures, and returns the exit code."""
    decoded = []
    for file in pair:
        capture = read_capture(_read(file))
        if isinstance(capture, Event):
            raise Failure(f"{file}: holds an event; --diff compares two responses")
        decoded.append(_decode(capture, sides, given, private_key, mask))
    (good, of_good), (bad, of_bad) = decoded
    found = difference.differences(good, bad, mask)
    rendered = (difference.as_json if output_format == "json" else difference.as_text)(found, of_good, of_bad)
    if mask is _masked:
        rendered = _redacted(_redacted(rendered, good), bad)
    sys.stdout.write(rendered)
    return EXIT_DECIDE if found else 0


def _as_it_is(name: str) -> str:
    return name


def _masked(_name: str) -> str:
    return REDACTED


def _sides(loaded: LoadedEnvironment | None, states: tuple[str, ...]) -> list[SignIn]:
    """What to compare with: what is there first, then what was promised."""
    sides = []
    if states:
        keys = {app.label: key for key, app in loaded.environment.apps.items()} if loaded and loaded.environment else {}
        deployments = [read_state(state) for state in states]
        # Without the environment's file nobody tells whether there is a crowd with a state of its own.
        complete = len(states) > 1 or loaded is None or not loaded.crowd
        sides.append(deployed_sign_in(deployments, keys=keys, users_are_complete=complete))
    if loaded is not None:
        sides.append(promised_sign_in(loaded))
    return sides


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Failure(f"{file}: cannot be read: {error.strerror}") from None


def _given_certificates(files: tuple[str, ...]) -> list[KnownKey]:
    keys = []
    for file in files:
        found = read_certificates(_read(file))
        if not found:
            raise Failure(f"{file}: contains no X.509 certificate; give it as PEM, DER or base64")
        keys += [KnownKey(certificate, file) for certificate in found]
    return keys


def _given_metadata(files: tuple[str, ...]) -> list[KnownKey]:
    keys = []
    for file in files:
        try:
            found = read_metadata(_read(file).decode("utf-8-sig", "replace"))
        except ValueError as error:
            raise Failure(f"{file}: is not the metadata of an identity provider: {error}") from None
        keys += [KnownKey(certificate, file) for certificate in found.certificates]
    return keys


def _private_key(file: str) -> RSAPrivateKey:
    try:
        return read_private_key(_read(file))
    except ValueError as error:
        raise Failure(f"{file}: {error}") from None


def _decode(
    capture: Capture,
    sides: list[SignIn],
    given: list[KnownKey],
    private_key: RSAPrivateKey | None,
    mask: Mask,
) -> tuple[Decoded, Diagnosis]:
    root = _root(capture)
    known = [
        KnownKey(certificate, provider.where)
        for side in sides
        for provider in side.providers.values()
        if provider.metadata
        for certificate in provider.metadata.certificates
    ]
    opened, problems = _opened(root, private_key)
    evidence = examine(root, [*given, *known], opened)
    envelope = read_envelope(evidence.response)
    assertion = None if evidence.assertion is None else read_assertion(evidence.assertion)
    decoded = Decoded(capture, evidence, envelope, assertion)
    diagnosis = diagnose(capture, evidence, envelope, assertion, sides, given, mask)
    return decoded, replace(diagnosis, notes=(*problems, *diagnosis.notes))


def _opened(root: etree._Element, key: RSAPrivateKey | None) -> tuple[list[etree._Element], list[str]]:
    """What is in the encrypted assertions, and why some of it could not be read."""
    opened, problems = [], []
    for sealed in list(root.iter(f"{SAML}EncryptedAssertion"))[:_MAX_SEALED] if key else []:
        assert key is not None
        try:
            opened.append(decrypt_assertion(sealed, key))
        except CannotDecryptError as error:
            problems.append(f"The key does not open the encrypted assertion: {error}.")
    return opened, problems


def _root(capture: Capture) -> etree._Element:
    try:
        root = parse_xml(capture.xml)
        if root.tag == f"{_SOAP}Envelope" and (inner := root.find(f"{_SOAP}Body/{SAMLP}Response")) is not None:
            # A client that is no browser gets the response wrapped like this (SAML's enhanced client profile).
            root = parse_xml(etree.tostring(inner, encoding="UTF-8", with_tail=False))
    except UnreadableXmlError as error:
        raise Failure(f"the file contains no SAML response that can be read: {error}") from None
    if root.tag in {f"{SAMLP}Response", f"{SAML}Assertion", f"{SAML}EncryptedAssertion"}:
        return root
    name = str(root.tag).rpartition("}")[2][:60]
    if name in {"AuthnRequest", "LogoutRequest", "LogoutResponse"}:
        raise Failure(
            f"the file contains a SAML {name}; the SAMLResponse is what goes to AWS after the sign-in at Okta"
        )
    if name == "EntityDescriptor":
        raise Failure("the file contains SAML metadata, not a response; capture the sign-in itself")
    raise Failure(f"the file contains no SAML response: its XML is a {name}")


def _redacted(text: str, decoded: Decoded | Event | None) -> str:
    """A second look, should a name have come in by another way, such as a tag or another attribute."""
    assertion = decoded.claims if isinstance(decoded, Event) else decoded.assertion if decoded else None
    if assertion is None:
        return text
    names = {assertion.name_id, *assertion.session_name, assertion.source_identity or ""}
    if isinstance(decoded, Event):
        names.add(decoded.done_by or "")
    for name in sorted((name for name in names if len(name) > 3), key=len, reverse=True):
        text = text.replace(name, REDACTED)
    return text
