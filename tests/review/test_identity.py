"""Who someone is, is decided by ids: never by a label, a `for_each` key or a name that stands beside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.review.plans import created, found, plan, reviewed, standing, updated

ADMIN_APP = standing(
    "okta_app_saml.admin",
    id="0oaadmin",
    label="Admin",
    status="ACTIVE",
    default_relay_state="https://us-east-1.console.aws.amazon.com/connect/federate/0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55",
)
BY_GROUP = 'okta_app_group_assignment.admin["Admins"]'
BY_NAME = 'okta_app_user.admin["Ada@example.com"]'


def looked_up(*people: tuple[str, str]) -> dict[str, Any]:
    """What the plan reads from Okta: people by id and login, and the groups g1 and g2, both called Admins."""
    resources = [
        {
            "address": f"data.okta_user.users[{json.dumps(login)}]",
            "mode": "data",
            "type": "okta_user",
            "name": "users",
            "index": login,
            "values": {"id": identifier, "login": login, "email": f"mail.{login}"},
        }
        for identifier, login in people
    ]
    resources += [
        {
            "address": f"data.okta_group.{name}",
            "mode": "data",
            "type": "okta_group",
            "name": name,
            "values": {"id": name, "name": "Admins"},
        }
        for name in ("g1", "g2")
    ]
    return {"planned_values": {"root_module": {"resources": resources}}}


PEOPLE = looked_up(("00uada", "Ada@example.com"), ("00ubo", "Bo@example.com"))


@pytest.mark.parametrize("group", ["g2", "00gstranger"])
def test_another_group_under_the_same_key_is_another_group(group: str) -> None:
    """A second group of the same name, and one that nobody knows: both get the app, and are shown as what they are."""
    entry = updated(BY_GROUP, {"app_id": "0oaadmin", "group_id": "g1"}, group_id=group)
    data = plan(ADMIN_APP, entry, **PEOPLE)
    assert ("admin-app-assigned", BY_GROUP) in found(data)
    if group == "00gstranger":
        assert any("00gstranger" in finding.says.plain() for finding in reviewed(data).findings)


def test_another_person_beside_the_same_user_name_is_another_person() -> None:
    """The name in the app stays; the person who gets it is someone else."""
    before = {"app_id": "0oaadmin", "user_id": "00uada", "username": "Ada@example.com"}
    entry = updated(BY_NAME, before, user_id="00umallory")
    assert ("admin-app-assigned", BY_NAME) in found(plan(ADMIN_APP, entry, **PEOPLE))


def test_the_same_group_under_another_key_is_the_same_group() -> None:
    """A name in the environment file changes with the name in Okta; who has the app does not."""
    entry = standing('okta_app_group_assignment.admin["Administrators"]', app_id="0oaadmin", group_id="g1") | {
        "previous_address": BY_GROUP
    }
    report = reviewed(plan(ADMIN_APP, entry, **PEOPLE))
    assert not report.findings
    assert not report.access


@pytest.mark.parametrize("username", ["Bo@example.com", "Eve@example.com"])
def test_a_user_name_that_is_another_persons_is_impersonation(username: str) -> None:
    """The catalogue app sends it as the session name, by which Connect knows people: on creation, and on a change."""
    bo = standing('aws_connect_user.users["Bo@example.com"]', name="Bo@example.com", security_profile_ids=[])
    mine = {"app_id": "0oaccp", "user_id": "00uada", "username": "Ada@example.com"}
    new = created(BY_NAME, **(mine | {"username": username}))
    changed = updated(BY_NAME, mine, username=username)
    for entry in (new, changed):
        assert ("session-name-changed", BY_NAME) in found(plan(bo, entry, **PEOPLE))


def test_the_user_name_of_a_person_nobody_knows_is_a_finding_where_it_is_somebodys() -> None:
    """Whose id it is cannot be told from the plan."""
    ada = standing('aws_connect_user.users["Ada@example.com"]', name="Ada@example.com", security_profile_ids=[])
    entry = created(BY_NAME, app_id="0oaccp", user_id="00umallory", username="Ada@example.com")
    assert ("session-name-changed", BY_NAME) in found(plan(ada, entry, **PEOPLE))


@pytest.mark.parametrize("username", ["Ada@example.com", "mail.Ada@example.com"])
def test_a_persons_own_name_is_none(username: str) -> None:
    """The login or the e-mail address, as the environment file says."""
    ada = standing('aws_connect_user.users["Ada@example.com"]', name=username, security_profile_ids=[])
    entry = created(BY_NAME, app_id="0oaccp", user_id="00uada", username=username)
    ccp = standing(
        "okta_app_saml.ccp",
        id="0oaccp",
        label="CCP",
        status="ACTIVE",
        default_relay_state="https://us-east-1.console.aws.amazon.com/connect/federate/0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55?destination=%2Fccp-v2%2Fchat",
    )
    assert not found(plan(ada, ccp, entry, **PEOPLE))
