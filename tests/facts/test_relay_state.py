"""Relay states: where a sign-in lands."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.facts.pages import approved_origin
from connect_sso.facts.relay_state import destination_problem, relay_state

INSTANCE = "2fb42df9-78a2-4e74-8572-c8af67ed289b"
FEDERATE = f"https://us-east-1.console.aws.amazon.com/connect/federate/{INSTANCE}"


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("admin", FEDERATE),
        ("ccp", f"{FEDERATE}?destination=%2Fccp-v2%2Fchat&new_domain=true"),
        ("agent_workspace", f"{FEDERATE}?destination=%2Fagent-app-v2"),
        ("/agent-app-v2/scheduling", f"{FEDERATE}?destination=%2Fagent-app-v2%2Fscheduling"),
        (
            "https://desk.example.com/home?a=b&c",
            f"{FEDERATE}?destination=https%3A%2F%2Fdesk.example.com%2Fhome%3Fa%3Db%26c",
        ),
    ],
)
def test_documented_forms(destination: str, expected: str) -> None:
    """The documented URLs, letter by letter."""
    assert relay_state(region="us-east-1", instance_id=INSTANCE, destination=destination) == expected


def test_govcloud_has_no_region_in_its_console() -> None:
    """GovCloud's console has one host."""
    state = relay_state(region="us-gov-west-1", instance_id=INSTANCE, destination="admin")
    assert state == f"https://console.amazonaws-us-gov.com/connect/federate/{INSTANCE}"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1).map(lambda text: "/" + text))
def test_a_path_arrives_as_it_was_written(path: str) -> None:
    """Whatever a path holds, it comes out of the query as one value, and nothing of it becomes another parameter."""
    if destination_problem(path) is not None:
        return
    query = urlsplit(relay_state(region="us-east-1", instance_id=INSTANCE, destination=path)).query
    assert parse_qs(query, strict_parsing=True) == {"destination": [path]}


@pytest.mark.parametrize(
    "destination",
    [
        "http://desk.example.com",
        "//evil.example",
        "javascript:alert(1)",
        "https://",
        "https://a@desk.example.com",
        "Admin",
        "",
        "/a b",
        "/a\nb",
        "https://[::1",
        "/\\evil.example",
        "https://x.example:99999",
        "HTTPS://desk.example.com",
        "https://.",
        "https://<script>.example.com",
        "https://exämple.com",
    ],
)
def test_what_is_no_destination(destination: str) -> None:
    """Only names, paths and https URLs: a relay state must not lead anywhere else."""
    assert destination_problem(destination) is not None


def test_approved_origin_is_without_the_path() -> None:
    """Amazon Connect approves origins, not pages."""
    assert approved_origin("https://desk.example.com:8443/home?x") == "https://desk.example.com:8443"
