"""Environment files for companies that were set up by hand, with thousands of agents besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connect_sso.environment.loading import LoadedEnvironment
from tests.environment_files import loaded
from tests.live.crowd import login
from tests.sandbox.companies import HOUR, Company


def company_file(made: Company, account_id: str) -> dict[str, Any]:
    """The environment that says what the company has; who has left is not in it, who is away is."""
    staff = [person for person in made.people if person.in_connect and person.status != "DEPROVISIONED"]
    data: dict[str, Any] = {
        "adopted": True,
        "aws": {"account_id": account_id, "region": made.region, "sign_in": "global"},
        "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": made.role_assignment},
        "connect": {"instance_id": made.instance_id},
        "federation": {"policy": made.policy, "session_duration": HOUR, "path": made.path},
        "apps": {
            app.key: {
                "label": app.label,
                "destination": app.destination,
                "saml_provider": app.saml_provider,
                "role": app.role,
                "groups": list(app.groups),
            }
            for app in made.apps
        },
        "users": [
            {
                "username": person.login,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "security_profiles": [person.security_profile],
                **({"apps": keys} if (keys := [app.key for app in made.apps if person.login in app.users]) else {}),
            }
            for person in staff
        ],
    }
    if made.api_user:
        data["api_integration"] = {"user": made.api_user, "policy": made.api_policy}
    return data


def crowd_file(folder: Path, made: Company, people: int, account_id: str) -> LoadedEnvironment:
    """The environment, with so many agents in its CSV: `crowded` makes them as copies of the first Connect user, the administrator."""
    lines = [f"{login(number)},Agent,Number {number},Admin" for number in range(people)]
    csv = "\n".join(["username,first_name,last_name,security_profiles", *lines]) + "\n"
    found = loaded(folder, company_file(made, account_id) | {"users_file": "agents.csv"}, csv=csv)
    assert not found.errors, found.errors[:3]
    return found
