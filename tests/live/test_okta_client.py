"""How an Okta org is asked: who asks, pages, limits, failures, and that nothing but reading is sent."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.errors import Failure
from connect_sso.live import okta_client, permissions
from connect_sso.live.okta_answers import next_page
from connect_sso.live.okta_client import OktaClient, open_org, org_behind_proxy
from connect_sso.live.okta_credentials import ServiceApp, Token, credentials
from connect_sso.live.org import read_org
from connect_sso.live.reading import Denied, Missing
from tests.sandbox.companies import group_mapping, walkthrough
from tests.sandbox.http.okta import Limit
from tests.sandbox.http.serving import TOKEN, Accounts

Answer = tuple[int, dict[str, str], Any]
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def org(answer: Callable[[str, str], Answer]) -> Iterator[tuple[OktaClient, list[tuple[str, str, dict[str, str]]]]]:
    """A server on loopback that answers what `answer` says to a method and path, its client, and what it was asked."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = answer(self.command, self.path)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    slept: list[float] = []
    try:
        client = OktaClient("acme.okta.com", f"http://127.0.0.1:{server.server_port}", slept.append)
        client.identify(Token("SSWS", "OKTA_API_TOKEN", "invented-secret"))
        client.slept = slept  # type: ignore[attr-defined]
        yield client, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def slept(client: OktaClient) -> list[float]:
    """How long it has waited, each time."""
    found: list[float] = client.slept  # type: ignore[attr-defined]
    return found


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert "invented-secret" not in text
    return text


# Who asks


def test_the_order_of_the_provider() -> None:
    everything = {
        "OKTA_ACCESS_TOKEN": "access",
        "OKTA_API_TOKEN": "api",
        "OKTA_API_CLIENT_ID": "0oa",
        "OKTA_API_PRIVATE_KEY": PEM,
        "OKTA_API_PRIVATE_KEY_ID": "kid",
        "OKTA_API_SCOPES": "okta.apps.read, okta.groups.manage",
    }
    assert credentials(everything) == Token("Bearer", "OKTA_ACCESS_TOKEN", "access")
    del everything["OKTA_ACCESS_TOKEN"]
    assert credentials(everything) == Token("SSWS", "OKTA_API_TOKEN", "api")
    del everything["OKTA_API_TOKEN"]
    app = credentials(everything)
    assert isinstance(app, ServiceApp)
    assert (app.client_id, app.key_id) == ("0oa", "kid")
    assert app.scopes == frozenset({"okta.apps.read", "okta.groups.manage"})
    assert "BEGIN" not in repr(app)
    assert "api" not in repr(Token("SSWS", "OKTA_API_TOKEN", "api")).replace("OKTA_API_TOKEN", "").lower()


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "there are no Okta credentials"),
        ({"OKTA_API_TOKEN": "two\nlines"}, "OKTA_API_TOKEN holds characters"),
        ({"OKTA_API_PRIVATE_KEY": PEM}, "OKTA_API_CLIENT_ID is not"),
        ({"OKTA_API_PRIVATE_KEY": "/no/such/file", "OKTA_API_CLIENT_ID": "0oa"}, "nor a file"),
        ({"OKTA_API_PRIVATE_KEY": PEM[:200], "OKTA_API_CLIENT_ID": "0oa"}, "is not a private key"),
        ({"OKTA_API_PRIVATE_KEY": "{}", "OKTA_API_CLIENT_ID": "0oa"}, "is not a private key"),
    ],
)
def test_credentials_that_are_none(variables: dict[str, str], says: str) -> None:
    with pytest.raises(Failure, match=says) as caught:
        credentials(variables)
    assert PEM[40:80] not in one_line(caught.value)


def jwk() -> str:
    from jwt.algorithms import RSAAlgorithm

    return str(RSAAlgorithm.to_jwk(KEY))


def test_a_key_in_each_form(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PEM)
    traditional = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    for form in (PEM, f"\n{PEM}\n", traditional, str(tmp_path / "key.pem"), jwk()):
        app = credentials({"OKTA_API_PRIVATE_KEY": form, "OKTA_API_CLIENT_ID": "0oa"})
        assert isinstance(app, ServiceApp)
        assert app.key.private_numbers() == KEY.private_numbers()
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(Failure, match="not a private RSA key"):
        credentials({"OKTA_API_PRIVATE_KEY": curve.decode(), "OKTA_API_CLIENT_ID": "0oa"})


def service(running: Accounts, monkeypatch: pytest.MonkeyPatch, granted: str, told: str = "") -> OktaClient:
    """The org, asked by a service app that is granted these scopes, and told to ask for those."""
    running.tokens.services["0oaservice"] = (PUBLIC.decode(), frozenset(granted.split()))
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)
    monkeypatch.setenv("OKTA_API_CLIENT_ID", "0oaservice")
    monkeypatch.setenv("OKTA_API_PRIVATE_KEY", PEM)
    monkeypatch.setenv("OKTA_API_PRIVATE_KEY_ID", "kid")
    monkeypatch.setenv("OKTA_API_SCOPES", told.replace(" ", ","))
    running.org.calls.clear()
    return open_org("acme", "okta.com")


READ = " ".join(scope.name for scope in permissions.OKTA)


def test_a_service_app_reads(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    made = walkthrough(running)
    client = service(running, monkeypatch, READ)
    found = read_org(client, apps=[app.label for app in made.apps])
    assert len(found.apps) == 2
    assert found.unread == ()
    assert [call.operation for call in running.org.calls if "GET" not in call.operation] == ["POST /oauth2/v1/token"]


def test_a_service_app_of_terraform_reads(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may manage may read: the scopes that the provider is told will do where the narrower ones are not granted."""
    running = start()
    made = group_mapping(running)
    scopes = "okta.apps.manage okta.groups.manage okta.users.read okta.policies.read"
    client = service(running, monkeypatch, scopes, scopes)
    found = read_org(client, apps=[made.apps[0].label], groups=[made.apps[0].role_group or ""])
    assert found.unread == ()
    assert found.rules
    # What the provider is not told to ask for is not asked for either.
    with pytest.raises(Failure, match=r"grants the service app 0oaservice none of the scopes that reading needs"):
        service(running, monkeypatch, "okta.apps.manage")


@pytest.mark.parametrize("missing", [scope.area for scope in permissions.OKTA])
def test_a_missing_scope_is_named(
    start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    running = start()
    made = walkthrough(running)
    granted = " ".join(scope.name for scope in permissions.OKTA if scope.area != missing)
    client = service(running, monkeypatch, granted)
    found = read_org(client, apps=[app.label for app in made.apps])
    assert {one.needs for one in found.unread} == {f"okta.{missing}.read"}
    assert all("0oaservice is not granted it" in one.why for one in found.unread)
    assert len(found.apps) == (0 if missing == "apps" else 2)


@pytest.mark.parametrize("area", [scope.area for scope in permissions.OKTA])
def test_a_missing_role_is_named(start: Callable[..., Accounts], area: str) -> None:
    running = start()
    made = walkthrough(running)
    running.org.denied.add(area)
    found = read_org(open_org("acme", "okta.com"), apps=[app.label for app in made.apps])
    assert {one.needs for one in found.unread} == {"the role Read-Only Administrator"}
    assert all("You do not have permission" in one.why for one in found.unread)


def test_an_access_token_without_a_scope(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a token that somebody else got, the org says what it lacks."""
    running = start()
    made = walkthrough(running)
    client = service(running, monkeypatch, READ)
    token = client._grant(ServiceApp("0oaservice", "kid", frozenset(), KEY), ["okta.apps.read", "okta.groups.read"])
    monkeypatch.setenv("OKTA_ACCESS_TOKEN", str(token))
    found = read_org(open_org("acme", "okta.com"), apps=[app.label for app in made.apps])
    assert {one.needs for one in found.unread} == {"okta.policies.read", "okta.users.read"}
    assert all("OKTA_ACCESS_TOKEN" in one.why for one in found.unread)


def test_a_wrong_key(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start()
    other = rsa.generate_private_key(65537, 2048).public_key()
    pem = other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    running.tokens.services["0oaservice"] = (pem.decode(), frozenset(READ.split()))
    monkeypatch.delenv("OKTA_API_TOKEN")
    monkeypatch.setenv("OKTA_API_CLIENT_ID", "0oaservice")
    monkeypatch.setenv("OKTA_API_PRIVATE_KEY", PEM)
    with pytest.raises(Failure, match=r"acme.okta.com does not take the service app 0oaservice \(invalid_client\)"):
        open_org("acme", "okta.com")


def test_dpop_is_said_to_be_missing() -> None:
    refuse = {"error": "invalid_dpop_proof"}
    with org(lambda method, path: (400, {}, refuse)) as (client, _), pytest.raises(Failure, match="requires DPoP"):
        client._grant(ServiceApp("0oa", "kid", frozenset(), KEY), ["okta.apps.read"])


def test_an_assertion_is_valid_once_and_for_minutes() -> None:
    app = ServiceApp("0oa", "kid", frozenset(), KEY)
    first, second = (app.assertion("https://acme.okta.com/oauth2/v1/token") for _ in range(2))
    head, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in first.split(".")[:2]
    )
    assert (head["alg"], head["kid"]) == ("RS256", "kid")
    assert claims["iss"] == claims["sub"] == "0oa"
    assert claims["aud"] == "https://acme.okta.com/oauth2/v1/token"
    assert 0 < claims["exp"] - time.time() <= 300
    assert first != second


# Which org


def test_a_wrong_token(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    monkeypatch.setenv("OKTA_API_TOKEN", "invented-secret")
    client = open_org("acme", "okta.com")
    with pytest.raises(Failure) as caught:
        read_org(client, apps=["Amazon Connect"])
    assert one_line(caught.value) == (
        "acme.okta.com does not take OKTA_API_TOKEN: it is wrong, expired or revoked, or of another org (E0000011)"
    )


def test_another_org(start: Callable[..., Accounts]) -> None:
    running = start(org="other.okta.com")
    with pytest.raises(Failure) as caught:
        open_org("acme", "okta.com")
    assert (
        "asked at what OKTA_HTTP_PROXY names, is the Okta org other.okta.com, and the file is of acme.okta.com"
        in str(caught.value)
    )
    assert [call.operation for call in running.org.calls] == ["GET /.well-known/okta-organization"]


def test_a_custom_domain_is_the_org_too() -> None:
    links = {"organization": {"href": "https://acme.okta.com"}, "alternate": {"href": "https://login.example.com"}}
    with org(lambda method, path: (200, {}, {"_links": links})) as (client, _):
        hosts = client.public_hosts()
        assert hosts == {"acme.okta.com", "login.example.com"}
        client.hold_to(hosts)
        client.host = "login.example.com"
        client.hold_to(hosts)
        client.host = "other.okta.com"
        with pytest.raises(Failure, match=r"is the Okta org acme.okta.com, and the file is of other.okta.com"):
            client.hold_to(hosts)


def test_an_org_without_a_public_page_is_known_by_its_links() -> None:
    """Something between us and the org may let the API alone through."""
    links = {
        "self": {"href": "http://127.0.0.1:8080/api/v1/apps/0oa"},
        "appLinks": [],
        "metadata": {"href": "https://acme.okta.com/api/v1/apps/0oa/sso/saml/metadata"},
    }
    with org(lambda method, path: (404, {}, b"<html>")) as (client, _):
        assert client.public_hosts() == client.linked_hosts() == set()
        client.hold_to(frozenset())
    with org(lambda method, path: (200, {}, [{"id": "0oa", "_links": links}])) as (client, _):
        assert client.linked_hosts() == {"acme.okta.com"}
    silent: Iterator[Answer] = iter(
        [(200, {}, []), (200, {}, [{"id": "0oa"}]), (200, {}, [{"id": "0oa", "_links": []}])]
    )
    with org(lambda method, path: next(silent)) as (client, _):
        assert [client.linked_hosts() for _ in range(3)] == [frozenset()] * 3


def test_the_org_behind_the_proxy(start: Callable[..., Accounts], monkeypatch: pytest.MonkeyPatch) -> None:
    start(org="other.okta.com")
    assert org_behind_proxy() == "other.okta.com"
    monkeypatch.delenv("OKTA_HTTP_PROXY")
    assert org_behind_proxy() is None


def test_a_place_that_is_no_org() -> None:
    hotel = b"<html>Sign in to the hotel's network"
    with org(lambda method, path: (200, {}, hotel)) as (client, _), pytest.raises(Failure, match="other than JSON"):
        client.public_hosts()
    with org(lambda method, path: (302, {"Location": "https://elsewhere.example/"}, b"")) as (client, asked):
        with pytest.raises(Failure, match="redirects to another place"):
            client.public_hosts()
        assert len(asked) == 1


def test_a_proxy_that_is_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("127.0.0.1:8080", "ftp://127.0.0.1", "http://"):
        with pytest.raises(Failure, match="OKTA_HTTP_PROXY is not a URL"):
            open_org("acme", "okta.com", {"OKTA_API_TOKEN": "x", "OKTA_HTTP_PROXY": value})


# What is sent


def test_nothing_but_reading_is_sent() -> None:
    with org(lambda method, path: (200, {}, {})) as (client, asked):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            with pytest.raises(RuntimeError):
                client._once(method, "/api/v1/apps/0oa", {}, "application/json", None)
        with pytest.raises(RuntimeError):
            client._once("POST", "/api/v1/apps?x=/oauth2/v1/token", {}, "application/json", None)
        assert not asked
        assert client.get("/api/v1/apps/0oa") == {}
        assert asked[0][2]["authorization"] == "SSWS invented-secret"


def test_netrc_does_not_speak_for_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with org(lambda method, path: (200, {}, {})) as (client, asked):
        client.get("/api/v1/apps/0oa")
        OktaClient("acme.okta.com", client._base).get("/api/v1/apps/0oa")
    assert asked[0][2]["authorization"] == "SSWS invented-secret"
    assert "authorization" not in asked[1][2]


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request arrives at the proxy, for the org's host."""
    with org(lambda method, path: (200, {}, {"proxied": True})) as (client, asked):
        monkeypatch.setenv("http_proxy", client._base)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        beyond = OktaClient("acme.okta.example", "http://acme.okta.example")
        assert beyond.get("/api/v1/apps/0oa") == {"proxied": True}
        assert asked[0][1] == "http://acme.okta.example/api/v1/apps/0oa"


# Pages


def paged(count: int, *, host: str = "https://acme.okta.com") -> Callable[[str, str], Answer]:
    """A list of so many pages; its links have the org's own host, as Okta's have."""

    def answer(method: str, path: str) -> Answer:
        number = int(parse_qs(urlsplit(path).query).get("after", ["0"])[0])
        links = [f'<{host}/api/v1/groups?limit=2>; rel="self"']
        if number + 1 < count:
            links.append(f'<{host}/api/v1/groups?after={number + 1}&limit=2>; rel="next"')
        return 200, {"Link": ", ".join(links)}, [{"id": str(number)}]

    return answer


def test_pages_are_asked_for_at_the_same_place() -> None:
    with org(paged(4)) as (client, asked):
        assert [item["id"] for item in client.pages("/api/v1/groups", limit=2)] == ["0", "1", "2", "3"]
        assert [path for _, path, _ in asked][1:] == [f"/api/v1/groups?after={number}&limit=2" for number in (1, 2, 3)]


def test_pages_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    always = {"Link": '<https://acme.okta.com/api/v1/groups?after=1>; rel="next"'}
    with org(lambda method, path: (200, always, [])) as (client, asked):
        with pytest.raises(Failure, match="without an end"):
            list(client.pages("/api/v1/groups"))
        assert len(asked) == 2
    monkeypatch.setattr(okta_client, "MOST_PAGES", 3)
    with org(paged(10)) as (client, _), pytest.raises(Failure, match="without an end"):
        list(client.pages("/api/v1/groups"))


def test_a_page_that_is_no_list() -> None:
    with org(lambda method, path: (200, {}, {"id": 1})) as (client, _), pytest.raises(Failure, match="than a list"):
        list(client.pages("/api/v1/groups"))
    for items in (["00g"], [{"name": "x"}], [{"id": 1}], [None]):
        with (
            org(lambda method, path, items=items: (200, {}, items)) as (client, _),  # type: ignore[misc]
            pytest.raises(Failure, match="a list of something else"),
        ):
            list(client.pages("/api/v1/groups"))
    with org(lambda method, path: (200, {}, [])) as (client, _), pytest.raises(Failure, match="than an object"):
        client.get("/api/v1/groups/00g")


URLS = st.from_regex(r"\Ahttps://acme\.okta\.com/[a-z0-9/]{1,20}\?after=[A-Za-z0-9%;,=&._-]{0,20}\Z")
RELATIONS = st.sampled_from(["self", "prev", "first", "nextish", "last", "xnext", "next-archive"])


@given(
    st.lists(st.tuples(URLS, RELATIONS), max_size=4),
    URLS,
    st.integers(0, 4),
    st.sampled_from(['rel="next"', "rel=next", 'title="a, <b>"; rel="next"', 'REL = "prev next"']),
)
def test_the_next_page_is_found_among_links(others: list[tuple[str, str]], url: str, at: int, relation: str) -> None:
    links = [f'<{other}>; rel="{name}"' for other, name in others]
    assert next_page(", ".join(links)) is None
    links.insert(at, f"<{url}>; {relation}")
    assert next_page(", ".join(links)) == url.removeprefix("https://acme.okta.com").removesuffix("?")


@given(st.text(max_size=200))
def test_a_strange_link_is_no_crash(header: str) -> None:
    found = next_page(header)
    assert found is None or isinstance(found, str)


# Limits and failures


def test_a_limit_is_waited_for_by_the_orgs_clock() -> None:
    """Our clock may be wrong: the time of the answer counts."""
    answers = iter(
        [
            (429, {"X-Rate-Limit-Reset": "1000000030", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"}, {}),
            (429, {"Retry-After": "7"}, {}),
            (429, {}, {}),
            (200, {}, {"done": True}),
        ]
    )
    with org(lambda method, path: next(answers)) as (client, asked):
        assert client.get("/api/v1/apps/0oa") == {"done": True}
        assert slept(client) == [31.0, 7.0, 5.0]
        assert len(asked) == 4


def test_a_limit_that_does_not_end() -> None:
    with org(lambda method, path: (429, {"Retry-After": "60"}, {"errorCode": "E0000047"})) as (client, _):
        with pytest.raises(Failure) as caught:
            client.get("/api/v1/apps/0oa")
        assert sum(slept(client)) == 180
        assert "too many requests (429) for 180 seconds" in one_line(caught.value)


def test_the_limit_of_the_sandbox_is_kept(start: Callable[..., Accounts]) -> None:
    running = start()
    made = walkthrough(running)
    running.org.limit = Limit(requests=4, seconds=1)
    found = read_org(open_org("acme", "okta.com"), apps=[app.label for app in made.apps])
    assert found.unread == ()
    assert any(call.status == 429 for call in running.org.calls)


def test_an_org_that_fails_is_asked_again() -> None:
    answers: Iterator[Answer] = iter([(503, {}, b"<html>"), (500, {}, {}), (200, {}, {"done": True})])
    with org(lambda method, path: next(answers)) as (client, _):
        assert client.get("/api/v1/apps/0oa") == {"done": True}
        assert slept(client) == [1.0, 2.0]
    with org(lambda method, path: (502, {}, b"")) as (client, asked):
        with pytest.raises(Failure, match=r"acme.okta.com.* answered with 502, 4 times"):
            client.get("/api/v1/apps/0oa")
        assert len(asked) == 4
    with org(lambda method, path: (501, {}, b"")) as (client, asked):  # it will not be otherwise the next time
        with pytest.raises(Failure, match=r"answered /api/v1/apps/0oa with 501"):
            client.get("/api/v1/apps/0oa")
        assert len(asked) == 1


def test_an_org_that_is_not_there() -> None:
    with org(lambda method, path: (200, {}, {})) as (client, _):
        pass
    with pytest.raises(Failure, match=r"could not be reached, 4 times"):
        client.get("/api/v1/apps/0oa")


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in okta_client.CERTIFICATES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(Failure, match=r"or SSL_CERT_FILE names a file that cannot be read"):
        OktaClient("acme.okta.com", "https://127.0.0.1:9").get("/api/v1/apps/0oa")


def test_an_answer_that_breaks_off() -> None:
    """It is asked for again, and half of it is not taken for all."""
    asked = 0

    def half(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"id')
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            nonlocal asked
            for _ in range(4):
                half(server.accept()[0])
                asked += 1

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = OktaClient("acme.okta.com", f"http://127.0.0.1:{server.getsockname()[1]}", lambda _: None)
        with pytest.raises(Failure, match="4 times"):
            list(client.pages("/api/v1/groups"))
        thread.join(10)
    assert asked == 4


def test_an_answer_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(okta_client, "LARGEST_ANSWER", 100_000)
    with org(lambda method, path: (200, {}, b" " * 200_000)) as (client, _), pytest.raises(Failure, match="more than"):
        client.get("/api/v1/apps/0oa")


def test_an_answer_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(okta_client, "WHOLE_ANSWER", -1)
    with org(lambda method, path: (200, {}, b"[]")) as (client, _), pytest.raises(Failure, match="more than can be"):
        client.get("/api/v1/apps/0oa")


def test_errors_are_told_apart() -> None:
    error = {"errorCode": "E0000031", "errorSummary": "Invalid\nsearch"}
    with org(lambda method, path: (400, {}, error)) as (client, _):
        with pytest.raises(Failure) as caught:
            client.get("/api/v1/users")
        assert one_line(caught.value) == (
            "reading needs okta.users.read: acme.okta.com answered /api/v1/users with 400 E0000031: Invalid search"
        )
    with org(lambda method, path: (404, {}, {})) as (client, _), pytest.raises(Missing):
        client.get("/api/v1/groups/00g")
    with org(lambda method, path: (403, {}, [])) as (client, _), pytest.raises(Denied):
        client.get("/api/v1/groups/00g")


def test_a_token_is_in_no_message(start: Callable[..., Accounts]) -> None:
    """Whatever goes wrong: the token is sent, and never said."""
    running = start()
    client = open_org("acme", "okta.com")
    assert TOKEN not in repr(client.__dict__)
    running.org.denied |= {"apps"}
    found = read_org(client, apps=["x"])
    assert TOKEN not in repr(found)


def test_requests_are_what_they_are() -> None:
    """What our subclass relies on: every way of sending goes through `send`."""
    assert requests.Session.request is okta_client._Only.request
