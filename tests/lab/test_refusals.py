"""What must not happen is refused with the real providers too, in words that say what is wrong; what AWS and Okta put off is waited for."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connect_sso.terraform.credentials import explain
from tests.environment_files import loaded, minimal
from tests.lab.terraform import Lab
from tests.sandbox.cloud import COMPANY
from tests.sandbox.http.aws import access_key
from tests.sandbox.http.connect import Quota
from tests.sandbox.http.okta import Limit

pytestmark = [pytest.mark.terraform, pytest.mark.long]

MANAGED_BY_CONNECT = "7d9a6b30-52c8-4e7f-8f0e-6a1b2c3d4e5f"


def small(**changes: Any) -> dict[str, Any]:
    """An environment without storage."""
    return minimal(connect__storage=[], **changes)


def words(text: str) -> str:
    """Terraform's message without its frame and line breaks."""
    return re.sub(r"[│╷╵\s]+", " ", text)


def company(**changes: Any) -> dict[str, Any]:
    """The made-up company with parts of it replaced."""
    result: dict[str, Any] = json.loads(COMPANY.read_text("utf-8"))
    return result | changes


PREFIX = company(
    okta_groups=["Everyone", "Contact Centre Admins (EMEA)"],
    okta_users=[{"login": "Ada.Admin@example.com", "first_name": "Ada", "last_name": "Admin", "groups": ["Everyone"]}],
)
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "a login in another case": (
        small(users__0__username="ada.admin@example.com"),
        {},
        ('"Ada.Admin@example.com"', '"ada.admin@example.com"'),
    ),
    "nobody of those logins": (
        small(users=[minimal(users__0__username=f"{name}@example.com")["users"][0] for name in "xy"]),
        {},
        ("the credentials may not see them",),
    ),
    "a group that only begins with the name": (
        small(),
        {"company": PREFIX},
        ('"Contact Centre Admins"', '"Contact Centre Admins (EMEA)"'),
    ),
    "no such group": (small(apps__admin__groups=["Nobody's Group"]), {}, ("Nobody's Group",)),
    "an instance that is not SAML": (
        minimal(connect={"instance_id": MANAGED_BY_CONNECT}),
        {},
        ("CONNECT_MANAGED", "SAML"),
    ),
    "an unknown policy for the app": (
        small(apps__admin__authentication_policy="No Such Policy"),
        {},
        ("No Such Policy",),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_plan_that_is_refused(lab: Callable[..., Lab], what: str) -> None:
    data, options, says = REFUSED[what]
    refused = lab(**options).one(data).plan(check=False)
    assert refused.code == 1, refused.text
    assert all(part in words(refused.text) for part in says), refused.text


@contextmanager
def sts_that_refuses(code: str) -> Iterator[str]:
    """AWS STS on loopback, which takes no credentials: its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error></ErrorResponse>"
            self.send_response(403)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Nothing: a test's output is its own."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


UNKNOWN_APP = {
    "OKTA_API_TOKEN": "",
    "OKTA_API_CLIENT_ID": "0oaInvented",
    "OKTA_API_PRIVATE_KEY_ID": "invented",
    "OKTA_API_SCOPES": "okta.apps.manage,okta.groups.manage,okta.policies.read,okta.users.read",
}
REFUSED_CREDENTIALS: dict[str, tuple[dict[str, str], str]] = {
    "Okta's API token": (
        {"OKTA_API_TOKEN": "00invented-wrong"},
        "acme.okta.com does not take the token in OKTA_API_TOKEN",
    ),
    "Okta's access token": (
        {"OKTA_API_TOKEN": "", "OKTA_ACCESS_TOKEN": "invented-wrong"},
        "acme.okta.com does not take the token in OKTA_ACCESS_TOKEN",
    ),
    "Okta's service app": (
        UNKNOWN_APP,
        "acme.okta.com gives the service app of OKTA_API_CLIENT_ID (0oaInvented) no access",
    ),
    "another account": ({"AWS_ACCESS_KEY_ID": access_key("444455556666")}, "are of account 444455556666"),
    "AWS, unknown": ({"AWS_ENDPOINT_URL_STS": "InvalidClientTokenId"}, "AWS does not take the credentials"),
    "AWS, expired": ({"AWS_ENDPOINT_URL_STS": "ExpiredToken"}, "have expired"),
}


@pytest.mark.parametrize("what", REFUSED_CREDENTIALS)
def test_credentials_that_are_refused(
    lab: Callable[..., Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """One sentence is made of what the real providers say, and no secret is in either."""
    given, sentence = REFUSED_CREDENTIALS[what]
    if "OKTA_API_CLIENT_ID" in given:
        key = rsa.generate_private_key(65537, 2048)
        given = given | {
            "OKTA_API_PRIVATE_KEY": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        }
    environment = loaded(tmp_path, small()).environment
    assert environment is not None
    running = lab()
    stack = running.one(small())
    with ExitStack() as context:
        if code := given.get("AWS_ENDPOINT_URL_STS"):
            given = given | {"AWS_ENDPOINT_URL_STS": context.enter_context(sts_that_refuses(code))}
        refused = stack.run("plan", "-input=false", check=False, **given)
    assert refused.code == 1
    for name, value in (running.environment() | given).items():
        monkeypatch.setenv(name, value)
    said = explain(refused.text, environment)
    assert said is not None, refused.text
    assert sentence in said
    assert "\n" not in said
    assert "invented-wrong" not in said + refused.text


def test_an_unknown_security_profile(lab: Callable[..., Lab]) -> None:
    """A new instance's profiles are known when it is there: the apply stops before the user is made."""
    failed = lab().one(small(users__0__security_profiles=["No Such Profile"])).apply(check=False)
    assert failed.code == 1
    assert "No Such Profile" in failed.text


def test_a_protected_instance(lab: Callable[..., Lab]) -> None:
    """Another alias would replace it."""
    running = lab()
    running.one(small()).apply()
    refused = running.one(small(connect__alias="acme-other")).plan(check=False)
    assert refused.code == 1
    assert "Instance cannot be destroyed" in words(refused.text)


def test_services_that_take_their_time(lab: Callable[..., Lab]) -> None:
    """Connect throttles, IAM catches up later, an instance and a rule take a while: one apply all the same."""
    running = lab(quota=Quota(), lag=2, rule_delay=2, setting_up=5)
    stack = running.one(small(okta__role_assignment="group_mapping"))
    stack.apply()
    second = stack.plan()
    assert second.is_empty, second.text
    assert {400, 404} & {call.status for call in running.accounts.calls if call.service == "iam"}, (
        "IAM was never behind"
    )


def test_a_rate_limit(lab: Callable[..., Lab]) -> None:
    """The provider waits, half a minute each time, and goes on."""
    running = lab(limit=Limit(requests=2, seconds=5))
    plan = running.one(small()).plan()
    assert set(plan.changes.values()) == {"create"}
    assert 429 in {call.status for call in running.accounts.calls}, "the limit was never reached"
