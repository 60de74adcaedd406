"""What a small change of the file, or of an account, changes in a plan with the real providers: exactly that."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.lab.sign_in import sign_in
from tests.lab.terraform import Lab

pytestmark = [pytest.mark.terraform, pytest.mark.long]

ADA, BO, CY = "Ada.Admin@example.com", "bo.agent@example.com", "cy.agent@example.com"
AGENT = {"last_name": "Agent", "security_profiles": ["Agent"]}


def base(**changes: Any) -> dict[str, Any]:
    """An instance without storage, one app and two people, changed by dotted path."""
    data = minimal(connect__storage=[])
    data["users"].append({"username": BO, "first_name": "Bo", **copy.deepcopy(AGENT)})
    for path, value in changes.items():
        *parents, last = path.split("__")
        target: Any = data
        for step in parents:
            target = (
                target[int(step) if isinstance(target, list) else step]
                if step in target or step.isdigit()
                else target.setdefault(step, {})
            )
        target[last] = value
    return data


def with_cy() -> dict[str, Any]:
    """One person more."""
    data = base()
    data["users"].append({"username": CY, "first_name": "Cy", **copy.deepcopy(AGENT)})
    return data


def without_bo() -> dict[str, Any]:
    """One person less."""
    data = base()
    del data["users"][1]
    return data


CHANGES: dict[str, tuple[Callable[[], dict[str, Any]], dict[str, str]]] = {
    "another security profile": (
        lambda: base(users__1__security_profiles=["CallCenterManager"]),
        {f'aws_connect_user.users["{BO}"]': "update"},
    ),
    "another name": (lambda: base(users__1__first_name="Beau"), {f'aws_connect_user.users["{BO}"]': "update"}),
    "a person more": (with_cy, {f'aws_connect_user.users["{CY}"]': "create"}),
    "a person less": (without_bo, {f'aws_connect_user.users["{BO}"]': "delete"}),
    "another label": (lambda: base(apps__admin__label="Connect"), {"okta_app_saml.admin": "update"}),
    "another page": (lambda: base(apps__admin__destination="ccp"), {"okta_app_saml.admin": "update"}),
    "shorter sessions": (
        lambda: base(federation={"session_duration": 3600}),
        {"aws_iam_role.Okta_Role": "update", "okta_app_saml.admin": "update"},
    ),
    "another group": (
        lambda: base(apps__admin__groups=["Contact Centre Supervisors"]),
        {
            'okta_app_group_assignment.admin["Contact Centre Admins"]': "delete",
            'okta_app_group_assignment.admin["Contact Centre Supervisors"]': "create",
        },
    ),
}


def unassign(lab: Lab) -> None:
    """Somebody takes the app from the group, in Okta's console."""
    (app,) = lab.accounts.okta("GET", "/api/v1/apps").json()
    (group,) = lab.accounts.okta("GET", f"/api/v1/apps/{app['id']}/groups").json()
    assert lab.accounts.okta("DELETE", f"/api/v1/apps/{app['id']}/groups/{group['id']}").ok


def delete_bo(lab: Lab) -> None:
    """Somebody deletes a user, in Connect's console."""
    connect = lab.accounts.client("connect")
    (instance,) = (
        one for one in connect.list_instances()["InstanceSummaryList"] if one["InstanceAlias"] == "acme-test"
    )
    users = connect.list_users(InstanceId=instance["Id"])["UserSummaryList"]
    (bo,) = (user for user in users if user["Username"] == BO)
    connect.delete_user(InstanceId=instance["Id"], UserId=bo["Id"])


def test_exactly_that(lab: Callable[..., Lab]) -> None:
    """Against one apply: each change of the file, then what somebody does in a console, which the next apply undoes."""
    running = lab()
    running.one(base()).apply()
    for what, (data, changes) in CHANGES.items():
        plan = running.one(data()).plan()
        assert plan.changes == changes, f"{what}: {plan.text}"
    stack = running.one(base())
    assert stack.plan().is_empty, "planning has changed something"
    unassign(running)
    delete_bo(running)
    plan = stack.plan()
    assert plan.changes == {
        'okta_app_group_assignment.admin["Contact Centre Admins"]': "create",
        f'aws_connect_user.users["{BO}"]': "create",
    }
    stack.apply(plan.file.name)
    assert stack.plan().is_empty


def test_an_origin_is_approved_and_taken_back(lab: Callable[..., Lab]) -> None:
    """Through Cloud Control, in the same apply as the app that opens it."""
    running = lab()
    page = "https://desk.example.com"
    stack = running.one(base(apps__admin__destination=f"{page}/home"))
    stack.apply()
    connect = running.accounts.client("connect")
    (instance,) = (
        one for one in connect.list_instances()["InstanceSummaryList"] if one["InstanceAlias"] == "acme-test"
    )
    assert connect.list_approved_origins(InstanceId=instance["Id"])["Origins"] == [page]
    assert stack.plan().is_empty
    origin = f'aws_cloudcontrolapi_resource.approved_origins["{page}"]'
    stack = running.one(base())
    plan = stack.plan()
    assert plan.changes == {"okta_app_saml.admin": "update", origin: "delete"}
    stack.apply(plan.file.name)
    assert connect.list_approved_origins(InstanceId=instance["Id"])["Origins"] == []
    assert stack.plan().is_empty


def test_profile_mappings(lab: Callable[..., Lab]) -> None:
    """What the company maps besides stays; what somebody changed by hand is put right; switched off, all of it stays."""
    running = lab()
    data = base(okta__role_assignment="group_mapping")
    running.one(data).apply()
    okta = running.accounts.okta
    (app,) = okta("GET", "/api/v1/apps").json()
    (mapping,) = okta("GET", "/api/v1/mappings", targetId=app["id"]).json()
    here = f"/api/v1/mappings/{mapping['id']}"
    theirs = {"expression": "user.title", "pushStatus": "DONT_PUSH"}
    assert okta("POST", here, {"properties": {"role": theirs}}).ok

    stack = running.one(base(okta__role_assignment="group_mapping", okta__profile_mappings=True))
    plan = stack.plan()
    assert plan.changes == {"okta_profile_mapping.admin": "create"}
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    mapped = okta("GET", here).json()["properties"]
    assert mapped["role"] == theirs
    assert mapped["email"] == {"expression": "user.email", "pushStatus": "PUSH"}

    assert okta("POST", here, {"properties": {"email": theirs, "idpRolePairs": theirs}}).ok
    plan = stack.plan()
    assert plan.changes == {"okta_profile_mapping.admin": "update"}
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    mapped = okta("GET", here).json()["properties"]
    assert (mapped["email"]["expression"], mapped["idpRolePairs"]) == ("user.email", theirs)

    stack = running.one(data)
    plan = stack.plan()
    assert plan.changes == {"okta_profile_mapping.admin": "forget"}
    stack.apply(plan.file.name)
    assert stack.plan().is_empty
    assert okta("GET", here).json()["properties"] == mapped


def test_a_hierarchy_group_by_path_and_by_id(lab: Callable[..., Lab]) -> None:
    """Of two groups of one name the provider finds neither, so each is named by its id."""
    running = lab()
    running.one(base()).apply()
    connect = running.accounts.client("connect")
    (instance,) = (
        one for one in connect.list_instances()["InstanceSummaryList"] if one["InstanceAlias"] == "acme-test"
    )
    here = {"InstanceId": instance["Id"]}
    connect.update_user_hierarchy_structure(
        HierarchyStructure={"LevelOne": {"Name": "Region"}, "LevelTwo": {"Name": "Team"}}, **here
    )
    ids: dict[str, str] = {}
    for region in ("Asia", "Europe"):
        parent = connect.create_user_hierarchy_group(Name=region, **here)["HierarchyGroupId"]
        made = connect.create_user_hierarchy_group(Name="Sales", ParentGroupId=parent, **here)
        ids[region] = made["HierarchyGroupId"]
    by_path = running.one(base(users__1__hierarchy_group=["Asia", "Sales"])).plan(check=False)
    assert "too many results: wanted 1, got 2" in by_path.text
    for identifier in (ids["Europe"], ids["Asia"]):
        stack = running.one(base(users__1__hierarchy_group=[identifier]))
        stack.apply()
        assert stack.plan().is_empty
        (bo,) = (user for user in connect.list_users(**here)["UserSummaryList"] if user["Username"] == BO)
        assert connect.describe_user(UserId=bo["Id"], **here)["User"]["HierarchyGroupId"] == identifier
    stack = running.one(base(users__1__hierarchy_group=["Asia"]))
    stack.apply()
    assert stack.plan().is_empty


def test_somebody_who_is_deleted_in_okta(lab: Callable[..., Lab]) -> None:
    """The plan goes on without their assignment, and names them."""
    running = lab()
    stack = running.one(base())
    stack.apply()
    for _ in range(2):  # the first one deactivates
        assert running.accounts.okta("DELETE", f"/api/v1/users/{ADA}").ok
    plan = stack.plan()
    assert f"{ADA} (not found)" in " ".join(plan.text.split())
    assert plan.changes in ({}, {f'okta_app_user.admin["{ADA}"]': "delete"})
    stack.apply(plan.file.name)
    assert stack.plan().is_empty


def test_a_setting_of_one_person(lab: Callable[..., Lab]) -> None:
    """Kept for that person alone; what supervisors set of the others stays, and nobody is made anew."""
    running = lab()
    running.one(base()).apply()
    connect = running.accounts.client("connect")
    (instance,) = (
        one for one in connect.list_instances()["InstanceSummaryList"] if one["InstanceAlias"] == "acme-test"
    )
    ids = {user["Username"]: user["Id"] for user in connect.list_users(InstanceId=instance["Id"])["UserSummaryList"]}
    for identifier in ids.values():
        phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 30}
        connect.update_user_phone_config(InstanceId=instance["Id"], UserId=identifier, PhoneConfig=phone)
    own = 'aws_connect_user.user-bo_agent--example_com["bo.agent@example.com"]'
    stack = running.one(base(users__1__auto_accept=False, users__1__tags={"Team": "Sales"}))
    plan = stack.plan()
    assert plan.changes == {own: "update"}
    stack.apply(plan.file.name)
    assert stack.plan().is_empty

    def live(name: str) -> dict[str, Any]:
        user: dict[str, Any] = connect.describe_user(InstanceId=instance["Id"], UserId=ids[name])["User"]
        return user

    assert live(BO)["PhoneConfig"] == {"PhoneType": "SOFT_PHONE", "AutoAccept": False, "AfterContactWorkTimeLimit": 30}
    assert live(BO)["Tags"] == {"Team": "Sales"}
    assert live(ADA)["PhoneConfig"]["AutoAccept"] is True
    stack = running.one(base())
    assert stack.plan().changes == {}
    stack.apply()
    assert live(BO)["PhoneConfig"]["AutoAccept"] is False
    assert live(BO)["Tags"] == {"Team": "Sales"}


def test_a_rotated_key_reaches_iam_in_the_next_apply(lab: Callable[..., Lab]) -> None:
    """Okta signs with a new key at once; until IAM has the new metadata, nobody signs in."""
    running = lab()
    stack = running.one(base())
    stack.apply()
    label = base()["apps"]["admin"]["label"]
    assert sign_in(running.accounts, label, ADA).landed
    (app,) = running.accounts.okta("GET", "/api/v1/apps").json()
    here = f"/api/v1/apps/{app['id']}"
    kid = running.accounts.okta("POST", f"{here}/credentials/keys/generate", validityYears=10).json()["kid"]
    app["credentials"]["signing"]["kid"] = kid
    assert running.accounts.okta("PUT", here, app).ok
    assert "no certificate" in sign_in(running.accounts, label, ADA).because
    plan = stack.plan()
    assert plan.changes == {"aws_iam_saml_provider.admin": "update"}
    stack.apply(plan.file.name)
    assert sign_in(running.accounts, label, ADA).landed
    assert stack.plan().is_empty
