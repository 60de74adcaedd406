"""The command itself: exit codes, accepted findings, secrets, hostile plans. No Terraform needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connect_sso.review
from connect_sso.review.page import review_page
from tests.conftest import ROOT, Golden
from tests.review.plans import change, destroyed, plan

SECRET = "hunter2-very-secret"


def review(data: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on standard input."""
    text = data if isinstance(data, str) else json.dumps(data)
    command = [sys.executable, "-m", "connect_sso.cli", "review", "-", *arguments]
    return subprocess.run(command, input=text, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)


DESTROYED = destroyed("aws_iam_saml_provider.admin", name="Okta", arn="arn:aws:iam::111122223333:saml-provider/Okta")


def test_nothing_to_decide() -> None:
    """A plan that changes nothing."""
    assert review(plan()).returncode == 0


def test_something_to_decide_until_it_is_accepted() -> None:
    """By code, or by code and address; another address does not help."""
    assert review(plan(DESTROYED)).returncode == 3
    for accepted in ("saml-provider-destroyed", "saml-provider-destroyed:aws_iam_saml_provider.admin"):
        done = review(plan(DESTROYED), "--accept", accepted, "--accepted-by", "Ada Admin")
        assert done.returncode == 0
        assert "Ada Admin" in done.stdout
    assert review(plan(DESTROYED), "--accept", "saml-provider-destroyed:aws_iam_saml_provider.ccp").returncode == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format_version": "2.0"}',
        "{}",
        "[" * 100_000,
        '{"format_version": "1.2", "resource_changes": 5}',
    ],
)
def test_what_is_no_plan(text: str) -> None:
    """One clear line, exit code 1, no traceback."""
    done = review(text)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_secret_gets_through(form: str) -> None:
    """Neither variables, which Terraform prints in clear, nor sensitive values, also nested ones and outputs."""
    user = change(
        "okta_user.x",
        ["update"],
        {"a": {"b": "old"}, "password": "old"},
        {"a": {"b": SECRET}, "password": SECRET},
        after_sensitive={"a": {"b": True}, "password": True},
    )
    output = {
        "s": {
            "actions": ["create"],
            "before": None,
            "after": SECRET,
            "after_unknown": False,
            "before_sensitive": False,
            "after_sensitive": True,
        }
    }
    data = plan(user, variables={"okta_api_token": {"value": SECRET}}, output_changes=output)
    done = review(data, "--format", form)
    assert done.returncode in {0, 3}, done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_the_json_has_the_published_form() -> None:
    """Other tools read it."""
    schema = json.loads((Path(connect_sso.review.__file__).parent / "review.schema.json").read_text(encoding="utf-8"))
    found = json.loads(review(plan(DESTROYED), "--format", "json").stdout)
    jsonschema.validate(found, schema)
    assert found["version"] == 1
    assert [(finding["code"], finding["address"]) for finding in found["findings"]] == [
        ("saml-provider-destroyed", "aws_iam_saml_provider.admin")
    ]


@settings(max_examples=15, deadline=None)
@given(st.text(st.sampled_from("|`<>@#[]()!*_\n\r\u202e\x1b abc"), min_size=1, max_size=30))
def test_no_markup_gets_through(label: str) -> None:
    """A label cannot break the table, ping people, or write to the terminal."""
    app = change(
        "okta_app_saml.admin",
        ["update"],
        {"label": "old", "id": "0oa"},
        {"label": f"<img>@someone {label}", "id": "0oa"},
    )
    done = review(plan(app), "--format", "markdown")
    assert done.returncode in {0, 3}, done.stderr
    assert "<img>" not in done.stdout
    assert "\x1b" not in review(plan(app)).stdout


def test_the_page_has_every_code(golden: Golden) -> None:
    """docs/review.md and the catalogue agree."""
    golden.check(ROOT / "docs" / "review.md", review_page())
