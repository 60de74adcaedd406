"""What supervisors set by hand and a plan would take from them can be read: by name, old and new."""

from __future__ import annotations

from typing import Any

import pytest

from tests.review.plans import plan, reviewed, updated

GROUP = {
    "address": "data.aws_connect_user_hierarchy_group.north",
    "mode": "data",
    "type": "aws_connect_user_hierarchy_group",
    "values": {"hierarchy_group_id": "h1", "name": "North"},
}
PHONE = {"phone_type": "SOFT_PHONE", "after_contact_work_time_limit": 30, "auto_accept": True}
BEFORE: dict[str, Any] = {
    "name": "Bo@example.com",
    "security_profile_ids": [],
    "hierarchy_group_id": "h1",
    "identity_info": [{"first_name": "Bo", "secondary_email": "bo@home.example"}],
    "phone_config": [PHONE],
    "tags": {"team": "north"},
    "tags_all": {"team": "north", "environment": "prod"},
}


def lines(**after: Any) -> list[str]:
    """What is said about Bo."""
    report = reviewed(
        plan(updated("aws_connect_user.bo", BEFORE, **after), planned_values={"root_module": {"resources": [GROUP]}})
    )
    assert not report.findings
    assert all(line.who == "Bo@example.com" and line.change == "changes" for line in report.access)
    return [line.what.plain() for line in report.access]


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (
            {"phone_config": [PHONE | {"after_contact_work_time_limit": 0}]},
            "after-contact work (seconds): 0 instead of 30",
        ),
        ({"phone_config": [PHONE | {"auto_accept": False}]}, "contacts accepted automatically: false instead of true"),
        ({"identity_info": [{"first_name": "Bo"}]}, "secondary e-mail address: (not set) instead of bo@home.example"),
        ({"hierarchy_group_id": None}, 'hierarchy group: (not set) instead of "North"'),
        ({"tags": None}, 'tag "team": (not set) instead of "north"'),
        ({"tags": {"team": "south"}}, 'tag "team": "south" instead of "north"'),
    ],
)
def test_what_is_lost_is_said(after: dict[str, Any], says: str) -> None:
    """Nothing to decide, and there for whoever looks."""
    assert lines(**after) == [says]


def test_what_means_the_same_is_no_change() -> None:
    """Not set and empty, and the environment's own tags."""
    identity = [{"first_name": "Bo", "secondary_email": "bo@home.example", "email": ""}]
    assert lines(identity_info=identity, tags_all={"team": "north", "environment": "other"}) == []
