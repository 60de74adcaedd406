"""Two responses side by side: only what differs in what AWS or Connect reads."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from click.testing import CliRunner

from connect_sso.decode import command
from connect_sso.decode.failures import BY_CODE
from connect_sso.errors import Failure, UsageFailure
from tests.conftest import ROOT
from tests.decode.logs import assume_role, written
from tests.decode.responses import ISSUED, PROVIDER, RELAY_STATE, ROLE, Response, signer
from tests.decode.tampering import encrypted
from tests.running import Outcome

if TYPE_CHECKING:
    from tests.decode.conftest import Decode

SCHEMA = json.loads((ROOT / "constructs/connect_sso/decode/difference.schema.json").read_text(encoding="utf-8"))
GOOD = Response()


class Diff:
    """`diff(good, bad, "--redact")` with both in files."""

    def __init__(self, decode: Decode) -> None:
        self.decode = decode

    def __call__(self, good: bytes, bad: bytes, *options: str, form: str = "json") -> Outcome:
        files = []
        for name, data in (("good", good), ("bad", bad)):
            files.append(self.decode.folder / name)
            files[-1].write_bytes(data)
        return Outcome.of(command, "--diff", *map(str, files), *options, "--format", form)


@pytest.fixture
def diff(decode: Decode) -> Diff:
    return Diff(decode)


CHANGED: list[tuple[str, bytes, str]] = [
    ("session name", GOOD.but(session_name="ada.admin@example.com").har(), "user-name-case"),
    ("session name", GOOD.but(session_name="bo@example.com").har(), "user-not-onboarded"),
    ("NameID", GOOD.but(name_id="bo@example.com").har(), "name-id-missing"),
    ("roles", GOOD.but(roles=(f"{ROLE}2,{PROVIDER}",)).har(), "role-not-found"),
    ("issuer", GOOD.but(issuer="http://www.okta.com/exkother").har(), "metadata-of-other-app"),
    ("audience", GOOD.but(audience="https://signin.aws.amazon.com/saml").har(), "audience-wrong"),
    ("session duration", GOOD.but(duration="3600").har(), "duration-too-long"),
    ("session tags", GOOD.but(tags={"Team": "sales"}).har(), "tag-session-not-allowed"),
    ("source identity", GOOD.but(source_identity="ada").har(), "source-identity-not-allowed"),
    ("relay state", GOOD.har(relay_state=RELAY_STATE.replace("2fb42df9", "11111111")), "relay-state-instance"),
    ("sent", GOOD.har(at=ISSUED + datetime.timedelta(hours=1)), "response-expired"),
    ("signing certificate", GOOD.but(signer=signer("new")).har(), "certificate-rotated"),
    ("signed", GOOD.but(sign_response=False).har(), "signature-missing"),
    ("window", GOOD.but(not_before=ISSUED - datetime.timedelta(minutes=1)).har(), "window-empty"),
]


@pytest.mark.parametrize(("what", "bad", "code"), CHANGED, ids=[f"{what}, {code}" for what, _, code in CHANGED])
def test_one_thing_differs_and_is_the_only_one_shown(diff: Diff, what: str, bad: bytes, code: str) -> None:
    """With what it means, and the failure it leads to."""
    result = diff(GOOD.har(), bad)
    jsonschema.validate(result.json, SCHEMA)
    (found,) = result.json["differences"]
    assert (result.code, found["what"]) == (3, what)
    assert code in found["codes"]
    assert found["good"] != found["bad"]
    assert set(found["codes"]) <= set(BY_CODE)


def test_what_every_response_has_of_its_own_is_no_difference(diff: Diff) -> None:
    """The same person, an hour later: another ID, another time."""
    later = datetime.timedelta(hours=1)
    again = GOOD.but(not_before=GOOD.not_before + later, not_on_or_after=GOOD.not_on_or_after + later)
    result = diff(GOOD.har(), again.har(at=ISSUED + later))
    assert (result.code, result.json["differences"]) == (0, [])
    assert "Nothing" in diff(GOOD.har(), again.har(at=ISSUED + later), form="text").out


def test_what_a_form_of_file_cannot_tell_is_no_difference(diff: Diff) -> None:
    """A HAR beside bare XML."""
    assert diff(GOOD.har(), GOOD.xml()).code == 0


def test_a_failure_of_the_bad_one_alone_is_named(diff: Diff, decode: Decode) -> None:
    """With the state, what the good one proves to be right is not suspected."""
    result = diff(GOOD.har(), GOOD.but(session_name="ada.admin@example.com").har(), "--state", decode.state())
    assert [finding["code"] for finding in result.json["only_bad"]] == ["user-name-case"]
    assert result.json["only_good"] == []
    text = diff(GOOD.har(), GOOD.xml().replace(b"43200", b"43199"), form="text").out
    assert "Only the bad one: The signature is refuted [signature-broken]" in " ".join(text.split())


def test_an_encrypted_one_beside_a_plain_one(diff: Diff) -> None:
    """That it is encrypted is the difference."""
    found = {each["what"] for each in diff(GOOD.form(), encrypted(GOOD)).json["differences"]}
    assert "encryption" in found


@pytest.mark.parametrize("form", ["json", "text"])
def test_redacted_differences_name_nobody(diff: Diff, form: str) -> None:
    """For the ticket."""
    bad = GOOD.but(session_name="bo@example.com", name_id="bo@example.com", tags={"Mail": "bo@example.com"})
    result = diff(GOOD.har(), bad.har(), "--redact", form=form)
    assert result.code == 3
    assert "bo@example" not in result.out
    assert "Ada.Admin" not in result.out


def test_it_takes_two_responses(diff: Diff, decode: Decode, tmp_path: Any) -> None:
    """An event, a third file, a missing one: each is one line."""
    assert "holds an event" in diff(GOOD.har(), written(assume_role())).error
    file = tmp_path / "one"
    file.write_bytes(GOOD.har())
    both = CliRunner().invoke(command, [str(file), "--diff", str(file), str(file)])
    assert isinstance(both.exception, UsageFailure)
    missing = CliRunner().invoke(command, ["--diff", str(file), str(tmp_path / "nowhere")])
    assert isinstance(missing.exception, Failure)
