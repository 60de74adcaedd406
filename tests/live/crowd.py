"""A walkthrough company with thousands of agents, put straight into the accounts' memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.cloud import uuid
from tests.sandbox.companies import AGENTS, EMPTY, Company, walkthrough
from tests.sandbox.http.serving import Accounts

CONNECT_USER = "aws_connect_user"


def login(number: int) -> str:
    """The login of an agent."""
    return f"agent.{number:05}@contact-centre.example.com"


def crowded(start: Callable[..., Accounts], people: int) -> tuple[Accounts, Company]:
    """The company with so many agents more, in Okta and in Connect; nothing of that is in the logs of calls."""
    agents: list[dict[str, Any]] = [
        {
            "login": login(number),
            "first_name": "Agent",
            "last_name": f"Number {number}",
            "department": "Sales",
            "groups": ["Everyone", AGENTS],
        }
        for number in range(people)
    ]
    # The group has to be the directory's own for its members to be.
    running = start(company=EMPTY | {"okta_users": agents})
    made = walkthrough(running)
    template = next(running.cloud.all(CONNECT_USER))
    for number in range(people):
        name = login(number)
        user = {"id": f"{made.instance_id}:{uuid(name)}", "user_id": uuid(name), "name": name}
        arn = template["arn"].replace(template["user_id"], uuid(name))
        running.cloud.put(CONNECT_USER, f"{made.instance_id}/{name}", template | user | {"arn": arn})
    running.aws.calls.clear()
    running.org.calls.clear()
    return running, made
