"""The optional keys that a company needs, all at once: one apply, an empty second plan, and a sign-in that trace finds whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso.sign_in.deployed import deployed_sign_in
from connect_sso.terraform.show import parse_state
from tests.environment_files import minimal
from tests.sandbox.cloud import COMPANY
from tests.terraform.conftest import MODES, World

pytestmark = pytest.mark.terraform

ACCOUNT = "111122223333"


def company(mode: str) -> dict[str, Any]:
    """A minimal environment with every rule of a company's IAM."""
    return minimal(
        okta__role_assignment=mode,
        aws__assume_role={"role_arn": f"arn:aws:iam::{ACCOUNT}:role/terraform", "external_id": "acme"},
        federation={
            "path": "/sso/connect/",
            "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            "emergency": {"role": "Connect.Emergency", "trusted": [f"arn:aws:iam::{ACCOUNT}:role/on-call"]},
        },
        connect__retention_days={"call_recordings": 365},
        apps__admin__role="Okta+Role@acme",
        apps__admin__session_duration=3600,
    )


@pytest.mark.parametrize("mode", MODES)
def test_one_apply_is_enough(world: World, mode: str) -> None:
    """And the app sends the role by its whole ARN, path included."""
    stack = world.stack(company(mode))
    stack.apply()
    second = stack.plan()
    assert second.is_empty, second.text
    state = parse_state(json.dumps(stack.show()).encode(), "the state")
    sign_in = deployed_sign_in([state], users_are_complete=True)
    (app,) = sign_in.apps.values()
    assert app.role_arn == f"arn:aws:iam::{ACCOUNT}:role/sso/connect/Okta+Role@acme"
    assert app.role_arn in sign_in.roles
    assert app.session_duration == sign_in.roles[app.role_arn].max_session_duration == 3600


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("attribute", ["employeeNumber", "badge"])
def test_people_by_another_attribute(tmp_path: Path, mode: str, attribute: str) -> None:
    """Names of an existing instance cannot be changed, so Okta's side follows them: in the plan, and for trace."""
    people = json.loads(COMPANY.read_text("utf-8"))
    (ada,) = (person for person in people["okta_users"] if person["login"] == "Ada.Admin@example.com")
    ada |= {"employee_number": "AA-0017", "custom_profile_attributes": json.dumps({"badge": "AA-0017"})}
    data = minimal(okta__role_assignment=mode, okta__username={"attribute": attribute}, users__0__username="AA-0017")
    stack = World(tmp_path, company=people).stack(data)
    stack.apply()
    assert stack.plan().is_empty
    state = parse_state(json.dumps(stack.show()).encode(), "the state")
    (app,) = deployed_sign_in([state], users_are_complete=True).apps.values()
    assert app.session_name_from == attribute
    assert "AA-0017" in {route.session_name for route in app.direct.values()}


def test_a_person_whose_login_has_changed_keeps_the_connect_name(tmp_path: Path) -> None:
    """The app calls them by it, so that is what the assertion carries."""
    people = json.loads(COMPANY.read_text("utf-8"))
    (ada,) = (person for person in people["okta_users"] if person["login"] == "Ada.Admin@example.com")
    ada["login"] = "Ada.Married@example.com"
    data = minimal(okta__role_assignment="api_integration", users__0__okta_login="Ada.Married@example.com")
    stack = World(tmp_path, company=people).stack(data)
    stack.apply()
    assert stack.plan().is_empty
    assert stack.value('okta_app_user.admin["Ada.Admin@example.com"]', "username") == "Ada.Admin@example.com"
    state = parse_state(json.dumps(stack.show()).encode(), "the state")
    (app,) = deployed_sign_in([state], users_are_complete=True).apps.values()
    assert [route.session_name for route in app.direct.values()] == ["Ada.Admin@example.com"]


@pytest.mark.parametrize("mode", ["api_integration", "group_mapping"])
def test_profile_mappings_come_and_are_forgotten(world: World, mode: str) -> None:
    """The provider would clear the whole mapping when it goes, so it never goes without its app."""
    data = minimal(okta__role_assignment=mode, okta__profile_mappings=True)
    stack = world.stack(data)
    stack.apply()
    assert stack.plan().is_empty
    expressions = {one["id"]: one["expression"] for one in stack.value("okta_profile_mapping.admin", "mappings")}
    assert expressions["email"] == "user.email"
    assert not {"role", "samlRoles"} & expressions.keys()
    stack = world.stack(minimal(okta__role_assignment=mode))
    plan = stack.plan()
    assert plan.changes == {"okta_profile_mapping.admin": "forget"}
    stack.apply(plan.file.name)
    assert list(world.sandbox.cloud.all("okta_profile_mapping"))


def test_our_bucket_becomes_somebody_elses(world: World) -> None:
    """Named as an existing one, it and its key are forgotten, not destroyed, and go on being stored into."""
    data = company("saml_app")
    stack = world.stack(data)
    stack.apply()
    store = {
        "bucket": stack.value("aws_s3_bucket.recordings", "id"),
        "kms_key_arn": stack.value("aws_kms_key.recordings", "arn"),
    }
    del data["connect"]["retention_days"]
    stack = world.stack(data | {"connect": data["connect"] | {"recordings": store}})
    plan = stack.plan()
    assert not {"create", "update", "delete"} & set(plan.changes.values()), plan.text
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    assert not [address for address in stack.resources() if address.startswith(("aws_s3_", "aws_kms_"))]
    (config,) = stack.value("aws_connect_instance_storage_config.call_recordings", "storage_config")
    assert config["s3_config"][0]["bucket_name"] == store["bucket"]
