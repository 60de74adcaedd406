"""What must not happen is refused with the real providers too, in words that say what is wrong; what AWS and Okta put off is waited for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.lab.terraform import Lab
from tests.sandbox.cloud import COMPANY
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


def test_the_wrong_account(lab: Callable[..., Lab]) -> None:
    stack = lab().one(small())
    stack.options = {"account": "444455556666"}
    refused = stack.plan(check=False)
    assert refused.code == 1
    assert "444455556666" in refused.text


def test_a_token_that_okta_does_not_know(lab: Callable[..., Lab]) -> None:
    """And none of it is in what Terraform says."""
    refused = lab().one(small()).run("plan", "-no-color", check=False, OKTA_API_TOKEN="00invented-wrong")
    assert refused.code == 1
    assert "401" in refused.text
    assert "00invented-wrong" not in refused.text


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
