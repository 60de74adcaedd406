"""The failure catalogue, and the page that is made from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from connect_sso.decode.failures import BY_CODE, CATALOGUE, KnownFailure, Needs
from connect_sso.decode.message import meant_by
from connect_sso.decode.troubleshooting import page
from tests.conftest import ROOT, Golden

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ROOT / "docs"
entries = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)


def test_the_troubleshooting_page_is_the_catalogue(golden: Golden) -> None:
    """Somebody who searches the page and somebody who runs `decode` must be told the same."""
    golden.check(DOCS / "troubleshooting.md", page())


def test_codes_are_unique() -> None:
    """A code is what scripts and people refer to."""
    assert len(BY_CODE) == len(CATALOGUE)


@entries
def test_an_entry_says_everything(entry: KnownFailure) -> None:
    """Cause, confirmation, fix and source: with one of them missing, an entry is a guess."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.code)
    for text in (entry.title, entry.cause, entry.confirm, entry.fix, *entry.messages):
        assert text
        assert text == text.strip()
    assert entry.source.startswith("https://")
    assert entry.needs


@entries
def test_the_message_of_an_entry_leads_to_it(entry: KnownFailure) -> None:
    """Whoever pastes what the page showed finds the entry, whichever of its messages that was."""
    for message in entry.messages:
        assert entry in meant_by(message)
        assert entry in meant_by(f"Error: {message.rstrip(chr(46))}!")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("she gets Access denied", "user-not-onboarded"),
        ("she gets Access denied", "federation-token-denied"),
        ("AccessDenied", "role-not-found"),
        ("account has been authenticated but not onboarded", "user-name-case"),
        ("Acess Denied. Your acount has been authenticated", "user-not-onboarded"),
        ("ERROR: Session Expired!", "session-expired"),
        ("Response signature invalid (Service: AWSSecurityTokenService; Status Code: 400)", "certificate-rotated"),
        ("404", "relay-state-arn"),
        ("user sees: invalid SAML response", "role-attribute-missing"),
        ("Issuer not present in specified provider", "metadata-of-other-app"),
        ("MaxSessionDuration", "duration-too-long"),
        ("Specified provider doesn’t exist", "provider-not-found"),
        ("it just opens the AWS console home page", "relay-state-missing"),
    ],
)
def test_words_that_people_use_lead_to_the_entry(said: str, code: str) -> None:
    """People shorten, misspell, shout, and quote half."""
    assert code in {entry.code for entry in meant_by(said)}


@pytest.mark.parametrize("said", ["", "   ", "the printer is on fire", "hello", "?!", "a user said it"])
def test_other_words_lead_nowhere(said: str) -> None:
    """A wrong hint costs more than none."""
    assert meant_by(said) == []


def test_a_whole_message_leads_to_its_own_causes_only() -> None:
    """Both sentences begin with "Access denied": the whole sentence tells them apart."""
    codes = {
        entry.code for entry in meant_by("Access denied, Please contact your AWS account administrator for assistance.")
    }
    assert codes == {"federation-token-denied", "relay-state-instance"}


@pytest.mark.parametrize("name", ["troubleshooting.md", "signing-certificate-rotation.md", "why-cant-ada-sign-in.md"])
def test_links_between_the_pages_lead_somewhere(name: str) -> None:
    """Nobody who is looking for help at eight in the morning needs a dead link."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for token in MarkdownIt().parse(text):
        for child in token.children or []:
            target = str(child.attrs.get("href", ""))
            if not target or target.startswith("http"):
                continue
            file, _, anchor = target.partition("#")
            linked = DOCS / file if file else DOCS / name
            assert linked.exists(), target
            assert not anchor or f'id="{anchor}"' in linked.read_text(encoding="utf-8"), target


@pytest.mark.parametrize(
    "path", [*sorted(DOCS.glob("*rotation*.md")), DOCS / "why-cant-ada-sign-in.md"], ids=lambda path: path.name
)
def test_codes_in_the_other_pages_exist(path: Path) -> None:
    """A renamed code must not live on in prose."""
    for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`|\[([a-z]+(?:-[a-z]+)+)\]", path.read_text(encoding="utf-8")):
        assert (code[0] or code[1]) in BY_CODE


def test_every_entry_but_those_of_other_places_is_seen_in_a_response_or_relay_state() -> None:
    """Where a message is all that there can be, that is said, and only there."""
    only_message = {entry.code for entry in CATALOGUE if set(entry.needs) == {Needs.MESSAGE}}
    assert only_message == {
        "two-roles-for-one-user",
        "session-expired",
        "resiliency-user-missing",
        "resiliency-no-distribution-group",
        "email-not-allowed",
        "alias-taken",
    }
