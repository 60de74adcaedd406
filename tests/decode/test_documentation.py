"""The examples of docs/why-cant-ada-sign-in.md are run: each form of input that it shows leads to what it shows."""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from connect_sso.decode import command
from tests.conftest import ROOT
from tests.decode.deployed import resources, shown
from tests.decode.logs import NOT_AUTHORIZED, assume_role, console_login, okta, written
from tests.decode.responses import RECIPIENT, RELAY_STATE, ROLE, Response, metadata, saved_page, signer, tracer
from tests.decode.tampering import SAML, encrypted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = ROOT / "docs" / "why-cant-ada-sign-in.md"
HEADING = "## What people have at hand"

WORKED = Response()
FAILED = WORKED.but(session_name="ada.admin@example.com")
ENCRYPTED = WORKED.but(destination=f"{RECIPIENT}/acs/SAMLSPEXAMPLE", recipient=f"{RECIPIENT}/acs/SAMLSPEXAMPLE")


def _assertion() -> bytes:
    assertion = WORKED.but(sign_response=False, with_certificate=False).element().find(f"{SAML}Assertion")
    assert assertion is not None
    return etree.tostring(assertion)


FILES: dict[str, Callable[[], bytes]] = {
    "state.json": lambda: json.dumps(shown(resources())).encode(),
    "ada.har": FAILED.har,
    "worked.har": WORKED.har,
    "SAML-tracer-export.json": lambda: tracer(FAILED),
    "page.html": lambda: saved_page(
        (WORKED, "https://acme.okta.com/sso/saml2/x", ""), (FAILED, RECIPIENT, RELAY_STATE)
    ),
    "form.txt": lambda: WORKED.form(""),
    "response.txt": lambda: b64encode(WORKED.but(with_certificate=False).xml()),
    "assertion.xml": _assertion,
    "okta-metadata.xml": lambda: metadata(signer()).encode(),
    "encrypted.txt": lambda: encrypted(ENCRYPTED),
    "private.pem": lambda: signer("aws").key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "refused.json": lambda: written(assume_role(role=ROLE.replace("Okta_Role", "okta_role"), **NOT_AUTHORIZED)),
    "console-login.json": lambda: written(console_login(opens="https://console.aws.amazon.com/console/home")),
    "event-history.json": lambda: written(assume_role(name="ada.admin@example.com"), form="lookup-events"),
    "policy.json": lambda: written(
        okta("policy.evaluate_sign_on", "DENY", "Sign-on policy evaluation resulted in DENY")
    ),
    "membership.json": lambda: written(okta("application.user_membership.remove", "SUCCESS", by="boss@example.com")),
    "sso.json": lambda: written(okta("user.authentication.sso", "SUCCESS", name="ada.admin@example.com")),
}


def _examples() -> Iterator[tuple[str, list[str]]]:
    """Each command of the section, and the lines that the page shows of its output."""
    section = PAGE.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.MULTILINE):
        lines = [line[4:] for line in block.strip("\n").splitlines()]
        assert lines[0].startswith("connect-sso decode "), lines[0]
        yield lines[0], [line for line in lines[1:] if line]


EXAMPLES = list(_examples())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("line", "shown_lines"), EXAMPLES, ids=[line for line, _ in EXAMPLES])
def test_an_example_is_what_happens(line: str, shown_lines: list[str]) -> None:
    """Line by line, in this order; ... stands for any number of lines."""
    result = CliRunner().invoke(command, shlex.split(line)[2:])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    printed = [text.rstrip() for text in result.stdout.splitlines() if text.strip()]
    assert shown_lines
    position, skipping = 0, False
    for expected in shown_lines:
        if expected.strip() == "...":
            skipping = True
            continue
        while skipping and position < len(printed) and printed[position] != expected.rstrip():
            position += 1
        assert position < len(printed), f"not printed: {expected}"
        assert printed[position] == expected.rstrip()
        position, skipping = position + 1, False
    assert skipping or position == len(printed), f"also printed: {printed[position]}"


def test_each_form_of_input_has_an_example() -> None:
    """And each file that is made for them is used."""
    lines = " ".join(line for line, _ in EXAMPLES)
    for name in FILES:
        assert name in lines, name
