"""Which page is this? One answer for the walk, for the review and for what is written into a relay state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.facts.pages import (
    ADMINISTRATION,
    AGENT_WORKSPACE,
    CCP,
    CUSTOM_PAGE,
    PAGES,
    Page,
    PageKind,
    page_name,
    page_of,
)
from connect_sso.facts.relay_state import page_asked_for, read_relay_state, relay_state
from connect_sso.review.world import AppSide, opens_administration
from connect_sso.sign_in.model import ConnectUser, DirectRoute, OktaApp, SignIn
from connect_sso.sign_in.walk import Walker

INSTANCE = "2fb42df9-78a2-4e74-8572-c8af67ed289b"

PATHS: list[tuple[str, Page | None]] = [
    ("", ADMINISTRATION),
    ("/", ADMINISTRATION),
    ("/ccp-v2/chat", CCP),
    ("/ccp-v2/", CCP),
    ("/ccp-v2", CCP),
    ("/ccp-v2/chat?visible=false#top", CCP),
    ("/ccp-v2/chat&new_domain=true", CCP),
    ("/connect/ccp-v2", CCP),
    ("/connect/ccp", CCP),
    ("/agent-app-v2", AGENT_WORKSPACE),
    ("/agent-app-v2/scheduling", AGENT_WORKSPACE),
    ("/connect/agent-app-v2", AGENT_WORKSPACE),
    ("/connect/agent-app-v2/", AGENT_WORKSPACE),
    ("https://acme.my.connect.aws/agent-app-v2", AGENT_WORKSPACE),
    ("https://acme.awsapps.com/connect/ccp-v2", CCP),
    ("https://acme.my.connect.aws/", ADMINISTRATION),
    ("https://acme.my.connect.aws/users", None),
    ("https://desk.example.com/ccp-v2", CUSTOM_PAGE),
    ("https://my.connect.aws.example.com/", CUSTOM_PAGE),
    ("HTTPS://desk.example.com", CUSTOM_PAGE),
    ("https://[::1", None),
    ("http://desk.example.com", None),
    ("/agent-app", None),
    ("/agent-app-v2x", None),
    ("/connect/agent-app", None),
    ("/ccp-v3", None),
    ("/users", None),
    ("/connect", None),
    ("/connect/connect/ccp-v2", None),
    ("/CCP-V2", None),
    ("//ccp-v2", None),
    ("/ccp-v2/../users", None),
    ("/ccp-v2/%2e%2e/users", None),
    ("/ccp-v2\\..\\users", None),
    ("/ccp-v2/chat\n", None),
    ("ccp-v2", None),
]


# What follows from the page's kind: may an agent open it (as `trace` says), does it open the administration (as the review
# says; None needs a decision just as True does).
EXPECTED: dict[PageKind | None, tuple[bool | None, bool | None]] = {
    PageKind.ADMINISTRATION: (False, True),
    PageKind.AGENT: (True, False),
    PageKind.CUSTOM: (None, False),
    None: (None, None),
}


def spelled(destination: str) -> str:
    """A relay state that asks for a destination."""
    return relay_state(region="us-east-1", instance_id=INSTANCE, destination=destination)


@pytest.mark.parametrize(("destination", "page"), PATHS)
def test_one_answer_for_everybody(destination: str, page: Page | None) -> None:
    """The table, the reader of relay states, the walk and the review agree about every path."""
    opens_for_agent, administration = EXPECTED[page.kind if page else None]
    state = spelled(destination)
    assert page_of(destination) is page
    assert page_asked_for(state) is page
    assert read_relay_state(state).page is page
    assert walked(state) is opens_for_agent
    assert opens_administration(state) is administration
    assert AppSide("a", "The app", state, active=True, open_to_all=False).opens_administration is administration


def walked(state: str) -> bool | None:
    """The last hop of an agent's walk to where a relay state leads."""
    app = OktaApp(
        key="app",
        where="test.yaml:1",
        label="The app",
        active=True,
        issuer=None,
        metadata=None,
        recipient=None,
        audience=None,
        provider_arn=None,
        role_arn=None,
        role_problem="",
        session_duration=None,
        session_name_from="login",
        session_tags=(),
        relay_state=state,
        direct={"bo": DirectRoute("bo", "test.yaml:2")},
    )
    users = {"bo": ConnectUser("bo", "test.yaml:3", ("Agent",))}
    real = SignIn("test.yaml", None, {}, {}, {"app": app}, users, users_are_complete=True)
    return Walker(real, real).walk("bo").hops[-1].ok


def test_a_relay_state_that_names_two_destinations_is_not_known() -> None:
    """Which of the two counts, AWS does not say."""
    state = spelled("/ccp-v2/chat") + "&destination=%2Fusers"
    assert page_asked_for(state) is None
    assert opens_administration(state) is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_written_is_what_is_read(page: Page) -> None:
    """An environment's destination, through the relay state, is the page that it names; each stands on a page of AWS's."""
    assert read_relay_state(spelled(page.destination)).page is page
    assert opens_administration(spelled(page.destination)) is (page.kind is PageKind.ADMINISTRATION)
    assert page_of(page.path) is page
    assert all(source.startswith("https://docs.aws.amazon.com/connect/") for source in page.sources)


def test_a_page_has_the_name_that_people_use() -> None:
    """An address of the company's own stands for itself, and so does a path that nobody here knows."""
    assert page_name("/connect/agent-app-v2") == "the agent workspace"
    assert page_name("/agent-app") == "the page /agent-app"
    assert page_name("https://desk.example.com/a") == "the custom page https://desk.example.com/a"


@given(st.text(st.sampled_from("/.acpgent-v2x%?#&\\AC:sho"), max_size=24))
def test_no_path_is_too_strange(path: str) -> None:
    """A page for agents is only ever one whose first segment is in the table, and nothing climbs out of it."""
    page = page_of(path)
    if page is not None and page.kind is PageKind.AGENT:
        assert ".." not in path.split("?")[0].split("#")[0].split("&")[0]
        assert {"ccp", "ccp-v2", "agent-app-v2"} & set(
            path.replace("?", "/").replace("#", "/").replace("&", "/").split("/")[1:3]
        )
