"""`connect-sso review` of a plan with many people, held against only reading the same file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.bench_synth import MANY
from tests.bench.measure import Program, Row, medians

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = "import json, sys; json.load(open(sys.argv[1]))"

INSTANCE = "0c4f1e2a-7b1d-4d0a-9a53-3f2b8e6d1c55"
PROFILE = "5f2b8e6d-1c55-4d0a-9a53-0c4f1e2a7b1d"


def rows() -> Iterator[Row]:
    """Measure the review of a crowd's first plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(plan(MANY)), encoding="utf-8")
        # It exits with 3 where a person must decide; the wrapper makes that a success, for this file alone.
        review = Program.python(
            "-c",
            "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode not in (0, 3))",
            *Program.python("-m", "connect_sso.cli", "review", str(path)).arguments,
        )
        took, read = medians([review, Program.python("-c", READ, str(path))])
        peak = review.peak_megabytes()
    ratio = took / read
    yield Row(
        f"connect-sso review, {MANY:,} people / json.load of the same file",
        f"{ratio:.2f} ({took:.2f} s / {read:.2f} s)",
        "at most 3",
        ratio <= 3,
    )
    yield Row(f"connect-sso review, {MANY:,} people: peak memory", f"{peak:.0f} MB", "below 1,000 MB", peak < 1000)


def plan(count: int) -> dict[str, Any]:
    """A plan as `terraform show -json` prints it that makes so many Connect users."""
    users = [user(f"agent.{number}@example.com", number) for number in range(count)]
    planned = [
        {key: change[key] for key in ("address", "mode", "type", "name", "index", "provider_name")}
        | {"schema_version": 0, "values": change["change"]["after"], "sensitive_values": SENSITIVE}
        for change in users
    ]
    profile = {"instance_id": INSTANCE, "name": "Agent", "security_profile_id": PROFILE, "id": f"{INSTANCE}:{PROFILE}"}
    read: dict[str, Any] = {
        "address": 'data.aws_connect_security_profile.security_profiles["Agent"]',
        "mode": "data",
        "index": "Agent",
    }
    read |= {"type": "aws_connect_security_profile", "name": "security_profiles", "schema_version": 0}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": users,
        "prior_state": {"values": {"root_module": {"resources": [read | {"values": profile, "sensitive_values": {}}]}}},
        "configuration": {"root_module": {}},
    }


SENSITIVE = {"identity_info": [{}], "phone_config": [{}], "security_profile_ids": [False], "tags_all": {}}


def user(name: str, number: int) -> dict[str, Any]:
    """The creation of one Connect user."""
    after = {
        "directory_user_id": None,
        "hierarchy_group_id": None,
        "identity_info": [
            {"email": None, "first_name": "Agent", "last_name": f"Number {number}", "secondary_email": None}
        ],
        "instance_id": INSTANCE,
        "name": name,
        "password": None,
        "phone_config": [{"after_contact_work_time_limit": 0, "auto_accept": False, "phone_type": "SOFT_PHONE"}],
        "routing_profile_id": "9a533f2b-8e6d-4c55-8d0a-7b1d0c4f1e2a",
        "security_profile_ids": [PROFILE],
        "tags": None,
        "tags_all": {"environment": "prod", "managed-by": "terraform"},
    }
    change = {
        "actions": ["create"],
        "before": None,
        "after": after,
        "after_unknown": {"arn": True, "id": True, "user_id": True, "identity_info": [{}], "phone_config": [{}]},
        "before_sensitive": False,
        "after_sensitive": SENSITIVE,
    }
    return {
        "address": f'aws_connect_user.users["{name}"]',
        "mode": "managed",
        "type": "aws_connect_user",
        "name": "users",
        "index": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": change,
    }
