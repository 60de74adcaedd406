"""Environment files for tests: a small valid one, and changes to it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from connect_sso.environment.loading import LoadedEnvironment, load

MINIMAL: dict[str, Any] = {
    "aws": {"account_id": "111122223333", "region": "us-west-2"},
    "okta": {"org_name": "acme", "base_url": "okta.com", "role_assignment": "saml_app"},
    "connect": {"alias": "acme-test"},
    "apps": {
        "admin": {
            "label": "Connect Administrator",
            "destination": "admin",
            "saml_provider": "Okta_Connect_Admin",
            "role": "Okta_Role",
            "groups": ["Contact Centre Admins"],
        }
    },
    "users": [
        {
            "username": "Ada.Admin@example.com",
            "first_name": "Ada",
            "last_name": "Admin",
            "security_profiles": ["Admin"],
            "apps": ["admin"],
        }
    ],
}


def minimal(**changes: Any) -> dict[str, Any]:
    """The minimal environment with changes by dotted path, `__` for the dot; a value of None removes the key.

    `minimal(okta__username="email", users=[])`
    """
    data = copy.deepcopy(MINIMAL)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target: Any = data
        for step in parents:
            target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
        if isinstance(target, list):
            target[int(last)] = value
        elif value is None:
            target.pop(last, None)
        else:
            target[last] = value
    return data


def write(folder: Path, name: str, data: dict[str, Any] | str) -> Path:
    """Write an environment file; its lines are those of `yaml.safe_dump` where `data` is not text."""
    path = folder / f"{name}.yaml"
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def loaded(
    folder: Path, data: dict[str, Any] | str, *, name: str = "test", csv: str | None = None
) -> LoadedEnvironment:
    """The environment as read from a file, with `agents.csv` beside it where `csv` is given."""
    if csv is not None:
        (folder / "agents.csv").write_text(csv, encoding="utf-8")
    return load(write(folder, name, data))


def messages(environment: LoadedEnvironment) -> list[str]:
    """Its errors as `key: message`."""
    return [f"{problem.key}: {problem.message}" for problem in environment.errors]
