"""Each finding code has a plan that triggers it and one that comes close: made by Terraform, or by hand below.

What Terraform makes is in scenarios.py. Here is what it cannot be brought to do in the sandbox, and what is varied more
cheaply than with a plan of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_sso.review.findings import CODES
from tests.conftest import ROOT
from tests.review.plans import INSTANCE, change, created, destroyed, found, plan, replaced, reviewed, standing, updated
from tests.review.scenarios import SCENARIOS, Scenario

FIRST_PLAN = "new-environment"
"""Its plans are the environments' first ones: `test_the_first_plan_is_one_finding`."""

ELSEWHERE = {"access-lost-by-many", "hidden-change", "runs-commands", "provider-changed"}
"""Their plans are in test_lost_access.py, test_hidden.py and test_closed_world.py."""


@dataclass(frozen=True)
class Case:
    """A plan made by hand, with all that must be found in it."""

    name: str
    plan: dict[str, Any]
    findings: frozenset[tuple[str, str]] = frozenset()
    close_to: frozenset[str] = frozenset()


def case(name: str, *changes: dict[str, Any], close_to: str = "", says: str = "", **more: Any) -> Case:
    """A case whose findings (codes, with spaces between) are all at the address of the first change."""
    findings = frozenset((code, changes[0]["address"]) for code in says.split())
    return Case(name, plan(*changes, **more), findings, frozenset(close_to.split()))


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROLE = {
    "name": "Okta_Role",
    "assume_role_policy": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithSAML"}),
    "max_session_duration": 28800,
}
EMERGENCY = policy({"Effect": "Allow", "Action": "connect:AdminGetEmergencyAccessToken", "Resource": "*"})


def trusting(*roles: str) -> str:
    principals = [f"arn:aws:iam::111122223333:role/{role}" for role in roles]
    return policy({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"})


EMERGENCY_ROLE = {"name": "E", "assume_role_policy": trusting("one", "other"), "max_session_duration": 3600}
APP = {
    "id": "0oa1",
    "label": "CCP",
    "status": "ACTIVE",
    "default_relay_state": "https://example.com/?destination=%2Fccp-v2",
}
RULE = {"status": "ACTIVE", "expression_value": 'isMemberOfAnyGroup("g1")', "group_assignments": ["g2"]}
BUCKET = {"bucket": "recordings", "id": "recordings"}
KEY = {"arn": "arn:aws:kms:us-east-1:111122223333:key/1", "enable_key_rotation": True, "deletion_window_in_days": 20}
BLOCK = {"bucket": "recordings"} | dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::recordings/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
CALLS = {"instance_id": INSTANCE, "resource_type": "CALL_RECORDINGS"}


def stored(bucket: str, key: str | None = None) -> list[dict[str, Any]]:
    """The storage configuration of one kind of recordings."""
    encryption = [{"key_id": key}] if key else []
    return [{"s3_config": [{"bucket_name": bucket, "encryption_config": encryption}], "storage_type": "S3"}]


def ending(days: int) -> dict[str, Any]:
    """A lifecycle rule that deletes."""
    return {"id": "end", "status": "Enabled", "expiration": [{"days": days}]}


def configured(kind: str, name: str, attribute: str) -> dict[str, Any]:
    """A configuration in which an attribute of one resource refers to something."""
    expressions = {attribute: {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}}
    block = {"mode": "managed", "type": kind, "name": name, "expressions": expressions}
    return {"root_module": {"resources": [block]}}


def lasting(seconds: int | str) -> dict[str, Any]:
    """The attribute statement that says how long a session lasts."""
    return {"name": "https://aws.amazon.com/SAML/Attributes/SessionDuration", "values": [f"{seconds}"]}


def encrypted(algorithm: str, key: str | None = None) -> list[dict[str, Any]]:
    """A bucket's default encryption."""
    return [{"apply_server_side_encryption_by_default": [{"sse_algorithm": algorithm, "kms_master_key_id": key}]}]


ORIGIN = {
    "type_name": "AWS::Connect::ApprovedOrigin",
    "desired_state": '{"InstanceId": "arn:aws:connect:us-east-1:111122223333:instance/x", "Origin": "https://a.example"}',
}


def looked_up(found: list[dict[str, str]]) -> dict[str, Any]:
    """Who was searched by a name."""
    values = {"search": [{"name": "profile.login", "value": "Ada"}], "users": found}
    block = {"mode": "data", "type": "okta_users", "name": "people", "index": "Ada", "values": values}
    return block | {"address": 'data.okta_users.people["Ada"]'}


def mapping(attribute: str, expression: str) -> dict[str, str]:
    """An entry of a profile mapping."""
    return {"id": attribute, "expression": expression, "push_status": "PUSH"}


CASES: tuple[Case, ...] = (
    case("an origin", created("aws_cloudcontrolapi_resource.o", **ORIGIN), says="origin-approved"),
    case(
        "an origin that is known only after the apply",
        created("aws_cloudcontrolapi_resource.o", type_name=ORIGIN["type_name"]),
        says="origin-approved",
    ),
    *(
        case(
            f"somebody loses an app, {how}",
            destroyed("okta_app_user.a", app_id="0oa1", user_id="00u1", username="Ada"),
            standing("okta_app_saml.a", id="0oa1", label="A"),
            standing("okta_app_user.b", app_id="0oa1", user_id="00u2", username="Bo"),
            prior_state={"values": {"root_module": {"resources": [looked_up(found)]}}},
            **expected,
        )
        for how, found, expected in (
            ("and is not found", [], {"says": "person-not-found"}),
            ("and is there", [{"id": "00u1", "login": "Ada"}], {"close_to": "person-not-found"}),
        )
    ),
    case(
        "a mapping that says who a person is",
        created("okta_profile_mapping.a", target_id="0oa1", mappings=[mapping("email", "user.email")]),
        standing("okta_app_saml.a", id="0oa1", label="A"),
        close_to="profile-mapping-changed",
    ),
    *(
        case(
            f"a mapping of {attribute}, {how}",
            changed,
            standing("okta_app_saml.a", id="0oa1", label="A"),
            says="profile-mapping-changed",
        )
        for attribute in ("samlRoles", "userName")
        for how, changed in {
            "new": created("okta_profile_mapping.a", target_id="0oa1", mappings=[mapping(attribute, "user.title")]),
            "from elsewhere": updated(
                "okta_profile_mapping.a",
                {"target_id": "0oa1", "mappings": [mapping(attribute, "user.title")]},
                mappings=[mapping(attribute, "user.nickName")],
            ),
        }.items()
    ),
    case(
        "a mapping of what a statement sends",
        created("okta_profile_mapping.a", target_id="0oa1", mappings=[mapping("team", "user.department")]),
        standing(
            "okta_app_saml.a", id="0oa1", label="A", attribute_statements=[{"name": "Team", "values": ["appuser.team"]}]
        ),
        says="profile-mapping-changed",
    ),
    case(
        "a mapping that clears the others",
        created("okta_profile_mapping.a", target_id="0oa1", mappings=[], delete_when_absent=True),
        standing("okta_app_saml.a", id="0oa1", label="A"),
        says="profile-mapping-changed",
    ),
    case(
        "a mapping that is cleared",
        destroyed("okta_profile_mapping.a", target_id="0oa1", mappings=[]),
        standing("okta_app_saml.a", id="0oa1", label="A"),
        says="profile-mapping-changed",
    ),
    case(
        "a mapping that goes with its app",
        destroyed("okta_app_saml.a", id="0oa1", label="A"),
        destroyed("okta_profile_mapping.a", target_id="0oa1", mappings=[]),
        close_to="profile-mapping-changed",
        says="app-destroyed",
    ),
    case("an origin that goes", destroyed("aws_cloudcontrolapi_resource.o", **ORIGIN), close_to="origin-approved"),
    # --- the contact centre --------------------------------------------------------------------------------------
    case(
        "an instance left over from a replacement",
        change("aws_connect_instance.instance", ["delete"], {"id": "i", "instance_alias": "old"}, None)
        | {"deposed": "1a2b3c4d"},
        says="instance-destroyed",
    ),
    case(
        "an instance of another kind of resource",
        destroyed("terraform_data.aws_connect_instance", input="i"),
        close_to="instance-destroyed",
    ),
    case(
        "an instance looked up anew",
        change("data.aws_connect_instance.instance", ["read"], None, {"id": "i"}),
        close_to="instance-replaced",
    ),
    # --- AWS -----------------------------------------------------------------------------------------------------
    case(
        "a provider made anew",
        replaced("aws_iam_saml_provider.admin", {"name": "Okta"}, name="Other"),
        says="saml-provider-replaced",
    ),
    case("a role made anew", replaced("aws_iam_role.r", ROLE, name="Other"), says="role-replaced"),
    case(
        "longer sessions of a role",
        updated("aws_iam_role.r", ROLE, max_session_duration=43200),
        says="session-lengthened",
    ),
    case(
        "shorter sessions of a role",
        updated("aws_iam_role.r", ROLE, max_session_duration=3600),
        close_to="session-lengthened",
    ),
    case("a key that is made", created("aws_iam_access_key.k", user="u"), says="access-key-created"),
    case(
        "a key that works again",
        updated("aws_iam_access_key.k", {"user": "u", "status": "Inactive"}, status="Active"),
        says="access-key-created",
    ),
    case("a key that is destroyed", destroyed("aws_iam_access_key.k", user="u"), close_to="access-key-created"),
    case(
        "a role without its boundary",
        updated(
            "aws_iam_role.r",
            ROLE | {"permissions_boundary": "arn:aws:iam::111122223333:policy/b"},
            permissions_boundary=None,
        ),
        says="permission-widened",
    ),
    case(
        "a role with a new boundary",
        updated("aws_iam_role.r", ROLE, permissions_boundary="arn:aws:iam::111122223333:policy/b"),
        close_to="permission-widened",
        says="access-in-doubt",
    ),
    case(
        "a new role with what its provider will read back",
        change(
            "aws_iam_role.r", ["create"], None, ROLE, after_unknown={"inline_policy": True, "managed_policy_arns": True}
        ),
        configuration={"root_module": {"resources": [{"mode": "managed", "type": "aws_iam_role", "name": "r"}]}},
        says="trust-widened",
        close_to="permission-widened",
    ),
    *(
        case(
            f"a new role with {attribute} known after apply",
            change("aws_iam_role.r", ["create"], None, ROLE, after_unknown={attribute: unknown}),
            configuration=configured("aws_iam_role", "r", attribute),
            says="trust-widened permission-widened",
        )
        for attribute, unknown in (
            ("inline_policy", True),
            ("inline_policy", [{"policy": True}]),
            ("managed_policy_arns", True),
            ("managed_policy_arns", [True]),
        )
    ),
    # --- Okta ----------------------------------------------------------------------------------------------------
    case(
        "another certificate",
        updated("okta_app_saml.ccp", APP | {"key_id": "old"}, key_id="new"),
        says="signing-changed",
    ),
    case(
        "a weaker signature",
        updated("okta_app_saml.ccp", APP | {"signature_algorithm": "RSA_SHA256"}, signature_algorithm="RSA_SHA1"),
        says="signing-changed",
    ),
    case(
        "only the response is signed",
        updated("okta_app_saml.ccp", APP | {"assertion_signed": True}, assertion_signed=False),
        says="signing-changed",
    ),
    case(
        "the assertion is signed as well",
        updated("okta_app_saml.ccp", APP | {"assertion_signed": False}, assertion_signed=True),
        close_to="signing-changed",
    ),
    case(
        "metadata only",
        updated("okta_app_saml.ccp", APP | {"metadata": "<a/>"}, metadata="<b/>"),
        says="metadata-changed",
    ),
    case(
        "another endpoint",
        updated(
            "okta_app_saml.ccp",
            APP | {"acs_endpoints": ["https://a.example/saml"]},
            acs_endpoints=["https://b.example/saml"],
        ),
        says="endpoint-changed",
    ),
    case(
        "endpoints in another order",
        updated(
            "okta_app_saml.ccp",
            APP
            | {
                "acs_endpoints_indices": [
                    {"index": 0, "url": "https://a.example"},
                    {"index": 1, "url": "https://b.example"},
                ]
            },
            acs_endpoints_indices=[{"index": 1, "url": "https://b.example"}, {"index": 0, "url": "https://a.example"}],
        ),
        close_to="endpoint-changed",
    ),
    case(
        "no audience is no audience",
        updated("okta_app_saml.ccp", APP | {"audience": None}, audience=""),
        close_to="audience-changed",
    ),
    case(
        "another audience",
        updated("okta_app_saml.ccp", APP | {"audience": "urn:amazon:webservices"}, audience=""),
        says="audience-changed",
    ),
    case(
        "people add it themselves",
        updated("okta_app_saml.ccp", APP, accessibility_self_service=True),
        says="app-open-to-all",
    ),
    case(
        "people no longer add it themselves",
        updated("okta_app_saml.ccp", APP | {"accessibility_self_service": True}, accessibility_self_service=False),
        close_to="app-open-to-all",
    ),
    case(
        "active again",
        updated("okta_app_saml.ccp", APP | {"status": "INACTIVE"}, status="ACTIVE"),
        close_to="app-deactivated",
    ),
    case(
        "a policy that is destroyed",
        destroyed("okta_app_signon_policy.p", name="Two factors"),
        says="authentication-policy-changed",
    ),
    case(
        "a rule that changes",
        updated("okta_app_signon_policy_rule.r", {"name": "r", "factor_mode": "2FA"}, factor_mode="1FA"),
        says="authentication-policy-changed",
    ),
    case(
        "a policy that is read",
        change("data.okta_policy.p", ["read"], None, {"name": "Two factors"}),
        close_to="authentication-policy-changed",
    ),
    case(
        "a role for one more person",
        updated(
            "okta_app_user.u",
            {"app_id": "0oa1", "username": "Ada", "user_id": "00u1", "profile": '{"role": "A"}'},
            profile='{"role": "B"}',
        ),
        standing("okta_app_saml.ccp", **APP),
        says="role-assigned",
    ),
    case(
        "a role that is known after apply",
        change(
            "okta_app_user.u",
            ["update"],
            {"app_id": "0oa1", "username": "Ada", "user_id": "00u1", "profile": '{"role": "A"}'},
            {"app_id": "0oa1", "username": "Ada", "user_id": "00u1"},
            after_unknown={"profile": True},
        ),
        standing("okta_app_saml.ccp", **APP),
        says="role-assigned",
    ),
    case(
        "emergency access goes",
        change("aws_iam_policy.e", ["delete"], {"name": "E", "policy": EMERGENCY}, None),
        says="emergency-access-changed",
    ),
    case(
        "emergency access for fewer people, which widens nothing",
        updated("aws_iam_role.E", EMERGENCY_ROLE, assume_role_policy=trusting("one")),
        standing("aws_iam_policy.e", name="E", arn="arn:aws:iam::111122223333:policy/E", policy=EMERGENCY),
        standing("aws_iam_role_policy_attachment.E", role="E", policy_arn="arn:aws:iam::111122223333:policy/E"),
        says="emergency-access-changed",
    ),
    case(
        "a role that has no emergency access, for fewer people",
        updated("aws_iam_role.E", EMERGENCY_ROLE, assume_role_policy=trusting("one")),
        close_to="emergency-access-changed",
    ),
    case(
        "no session duration, which is an hour",
        updated("okta_app_saml.ccp", APP | {"attribute_statements": [lasting(43200)]}, attribute_statements=[]),
        close_to="session-lengthened",
    ),
    case(
        "a session duration that is an expression",
        updated(
            "okta_app_saml.ccp",
            APP | {"attribute_statements": [lasting(43200)]},
            attribute_statements=[lasting("user.duration")],
        ),
        says="session-lengthened",
    ),
    case(
        "a session duration that is no number",
        updated(
            "okta_app_saml.ccp",
            APP | {"app_settings_json": '{"sessionDuration": 3600}'},
            app_settings_json='{"sessionDuration": NaN}',
        ),
        says="session-lengthened",
    ),
    case(
        "a profile with another department",
        updated(
            "okta_app_user.u",
            {"app_id": "0oa1", "username": "Ada", "user_id": "00u1", "profile": '{"role": "A"}'},
            profile='{"role": "A", "department": "B"}',
        ),
        standing("okta_app_saml.ccp", **APP),
        close_to="role-assigned",
    ),
    case(
        "another way to what they had",
        created(
            "okta_group_rule.r", status="ACTIVE", expression_value='isMemberOfAnyGroup("g1")', group_assignments=["g2"]
        ),
        destroyed("okta_app_group_assignment.a", app_id="0oa1", group_id="g1"),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing("okta_app_saml.admin", **APP | {"default_relay_state": ""}),
        close_to="admin-app-assigned last-administrator",
    ),
    case(
        "a way to what nobody had",
        created(
            "okta_group_rule.r", status="ACTIVE", expression_value='isMemberOfAnyGroup("g1")', group_assignments=["g2"]
        ),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing("okta_app_saml.admin", **APP | {"default_relay_state": ""}),
        says="admin-app-assigned app-open-to-all",
    ),
    case(
        "a way to a page that nobody here knows",
        created("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing(
            "okta_app_saml.admin", **APP | {"default_relay_state": "https://example.com/?destination=%2Fagent-app"}
        ),
        says="admin-app-assigned app-open-to-all",
    ),
    case(
        "the last way to a page that nobody here knows",
        destroyed("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing(
            "okta_app_saml.admin", **APP | {"default_relay_state": "https://example.com/?destination=%2Fagent-app"}
        ),
        says="last-administrator",
    ),
    case(
        "the catalogue's app becomes a custom one",
        replaced(
            "okta_app_saml.ccp",
            APP | {"preconfigured_app": "amazon_aws", "audience": ""},
            preconfigured_app="",
            audience="urn:amazon:webservices",
        ),
        says="app-replaced",
        close_to="audience-changed",
    ),
    case(
        "a custom app is made anew with another audience",
        replaced("okta_app_saml.ccp", APP | {"audience": "a"}, audience="b"),
        says="app-replaced audience-changed",
    ),
    case(
        "no longer left out by a rule",
        updated("okta_group_rule.r", RULE | {"users_excluded": ["00u1"]}, users_excluded=[]),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing("okta_app_saml.admin", **APP | {"default_relay_state": ""}),
        says="admin-app-assigned",
    ),
    case(
        "left out by a rule",
        updated("okta_group_rule.r", RULE | {"users_excluded": None}, users_excluded=["00u1"]),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing("okta_app_saml.admin", **APP | {"default_relay_state": ""}),
        close_to="admin-app-assigned",
    ),
    case(
        "no longer left out by a rule that leads to the agents' page",
        updated("okta_group_rule.r", RULE | {"users_excluded": ["00u1"]}, users_excluded=[]),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        standing("okta_app_saml.ccp", **APP),
        close_to="admin-app-assigned",
    ),
    # --- recordings ----------------------------------------------------------------------------------------------
    case("another bucket", replaced("aws_s3_bucket.b", BUCKET, bucket="other"), says="storage-destroyed"),
    case("a key that goes", destroyed("aws_kms_key.k", **KEY), says="storage-destroyed"),
    case("an alias that goes", destroyed("aws_kms_alias.k", name="alias/recordings"), close_to="storage-destroyed"),
    case(
        "the rule on when recordings end",
        updated("aws_s3_bucket_lifecycle_configuration.b", {"bucket": "b", "rule": []}, rule=[{"id": "x"}]),
        close_to="storage-weakened",
    ),
    case("a shorter wait", updated("aws_kms_key.k", KEY, deletion_window_in_days=7), says="storage-weakened"),
    case("a longer wait", updated("aws_kms_key.k", KEY, deletion_window_in_days=30), close_to="storage-weakened"),
    case(
        "a key that no longer rotates",
        updated("aws_kms_key.k", KEY, enable_key_rotation=False),
        says="encryption-weakened",
    ),
    case("a key that is made", created("aws_kms_key.k", **KEY), close_to="encryption-weakened"),
    case(
        "public policies",
        updated("aws_s3_bucket_public_access_block.b", BLOCK, block_public_policy=False),
        says="public-access",
    ),
    case(
        "a new bucket that is less than private",
        created("aws_s3_bucket_public_access_block.b", **BLOCK | {"block_public_acls": None}),
        says="public-access",
    ),
    case(
        "a new bucket that is private",
        created("aws_s3_bucket_public_access_block.b", **BLOCK),
        close_to="public-access",
    ),
    case(
        "an access list for everyone",
        updated("aws_s3_bucket.b", BUCKET | {"acl": "private"}, acl="public-read"),
        says="public-access",
    ),
    case(
        "access lists count",
        updated(
            "aws_s3_bucket_ownership_controls.b",
            {"bucket": "b", "rule": [{"object_ownership": "BucketOwnerEnforced"}]},
            rule=[{"object_ownership": "ObjectWriter"}],
        ),
        says="public-access",
    ),
    case(
        "access lists no longer count",
        updated(
            "aws_s3_bucket_ownership_controls.b",
            {"bucket": "b", "rule": [{"object_ownership": "ObjectWriter"}]},
            rule=[{"object_ownership": "BucketOwnerEnforced"}],
        ),
        close_to="public-access",
    ),
    case(
        "no more TLS",
        destroyed("aws_s3_bucket_policy.b", bucket="recordings", policy=policy(TLS)),
        says="encryption-weakened",
    ),
    case(
        "a policy that only allowed",
        destroyed("aws_s3_bucket_policy.b", bucket="recordings", policy=policy(TLS | {"Effect": "Allow"})),
        close_to="encryption-weakened",
    ),
    case(
        "Amazon's own key",
        updated(
            "aws_s3_bucket_server_side_encryption_configuration.b",
            {"bucket": "b", "rule": encrypted("aws:kms", "k")},
            rule=encrypted("AES256"),
        ),
        says="encryption-weakened",
    ),
    case(
        "a key at last",
        updated(
            "aws_s3_bucket_server_side_encryption_configuration.b",
            {"bucket": "b", "rule": encrypted("AES256")},
            rule=encrypted("aws:kms", "k"),
        ),
        close_to="encryption-weakened",
    ),
    case(
        "recordings go elsewhere",
        updated(
            "aws_connect_instance_storage_config.c",
            CALLS | {"storage_config": stored("a", "k")},
            storage_config=stored("b", "k"),
        ),
        says="storage-weakened",
    ),
    case(
        "recordings with a key at last",
        updated(
            "aws_connect_instance_storage_config.c",
            CALLS | {"storage_config": stored("a")},
            storage_config=stored("a", "k"),
        ),
        close_to="encryption-weakened",
    ),
    case(
        "recordings without a key",
        updated(
            "aws_connect_instance_storage_config.c",
            CALLS | {"storage_config": stored("a", "k")},
            storage_config=stored("a"),
        ),
        says="encryption-weakened",
    ),
    case(
        "the guards go with their bucket",
        destroyed("aws_s3_bucket.b", **BUCKET),
        destroyed("aws_s3_bucket_public_access_block.b", **BLOCK),
        says="storage-destroyed",
        close_to="public-access",
    ),
    # --- what cannot be judged -----------------------------------------------------------------------------------
    case(
        "a stranger among Okta's resources",
        created("okta_trusted_origin.t", origin="https://example.com"),
        says="unknown-resource",
    ),
    case(
        "a stranger among Connect's", updated("aws_connect_queue.q", {"name": "q"}, name="r"), says="unknown-resource"
    ),
    case(
        "a stranger among IAM's", destroyed("aws_iam_role_policies_exclusive.x", role_name="r"), says="unknown-resource"
    ),
    case(
        "a stranger that stays",
        standing("okta_trusted_origin.t", origin="https://example.com"),
        close_to="unknown-resource",
    ),
    case(
        "a stranger that is read",
        change("data.okta_trusted_origins.t", ["read"], None, {"id": "x"}),
        close_to="unknown-resource",
    ),
    case(
        "another service's resource", created("aws_ssm_parameter.p", name="p", type="String"), says="unknown-resource"
    ),
    case(
        "an app that works again",
        updated("okta_app_saml.ccp", APP | {"status": "INACTIVE"}, status="ACTIVE"),
        standing("okta_app_group_assignment.b", app_id="0oa1", group_id="g2"),
        says="app-activated",
    ),
    case(
        "an app that works again for nobody",
        updated("okta_app_saml.ccp", APP | {"status": "INACTIVE"}, status="ACTIVE"),
        close_to="app-activated",
    ),
    case("nothing outside the state", created("time_static.t"), close_to="unknown-resource runs-commands"),
    case(
        "a mark alone",
        updated("okta_group.g", {"name": "g"}) | {"sensitive": {"name": True}},
        close_to="hidden-change provider-changed",
    ),
    case("forgotten", change("okta_app_saml.ccp", ["forget"], APP, None), says="forgotten"),
    case(
        "people who move to another state",
        change("aws_connect_user.u", ["forget"], {"name": "Bo"}, None),
        close_to="forgotten mass-removal",
    ),
    Case(
        "put off",
        plan(
            deferred_changes=[
                {"reason": "provider_config_unknown", "resource_change": created("okta_app_saml.admin", label="Admin")}
            ]
        ),
        frozenset({("deferred-change", "okta_app_saml.admin")}),
    ),
    Case(
        "reading put off",
        plan(
            deferred_changes=[
                {
                    "reason": "provider_config_unknown",
                    "resource_change": change("data.okta_group.g", ["read"], None, {}),
                }
            ]
        ),
        close_to=frozenset({"deferred-change"}),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_the_expected_findings(case: Case) -> None:
    """A finding too few lets a lock-out through; one too many teaches reviewers to wave findings through."""
    assert found(case.plan) == case.findings


MODULE = 'module.connect["eu"]'


def in_module(data: dict[str, Any]) -> dict[str, Any]:
    """The same plan with all of its resources in a module, under other names than ours."""

    def moved(entry: dict[str, Any]) -> dict[str, Any]:
        places = {key: f"{MODULE}.{entry[key]}" for key in ("address", "previous_address") if key in entry}
        return entry | places | {"module_address": MODULE}

    root = data["prior_state"]["values"]["root_module"]
    child = {"address": MODULE, "resources": [moved(resource) for resource in root["resources"]]}
    call = {"module_calls": {"connect": {"module": data.get("configuration", {}).get("root_module", {})}}}
    return data | {
        "resource_changes": [moved(entry) for entry in data["resource_changes"]],
        "deferred_changes": [
            entry | {"resource_change": moved(entry["resource_change"])} for entry in data.get("deferred_changes", [])
        ],
        "prior_state": {"values": {"root_module": {"child_modules": [child]}}},
        "configuration": {"root_module": call},
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_modules_hide_nothing(case: Case) -> None:
    """Findings go by what a resource is, wherever in the configuration it stands."""
    assert found(in_module(case.plan)) == {(code, f"{MODULE}.{address}") for code, address in case.findings}


EVERYTHING: tuple[Case | Scenario, ...] = (*CASES, *SCENARIOS)


def test_every_code_is_triggered_and_nearly_triggered() -> None:
    """A new kind of finding needs a plan that shows it and one that comes close and does not."""
    triggered = {code for each in EVERYTHING for code, _ in each.findings} | {FIRST_PLAN, *ELSEWHERE}
    missed = {code for each in EVERYTHING for code in each.close_to}
    assert triggered == set(CODES)
    assert missed == set(CODES)


@pytest.mark.parametrize("each", EVERYTHING, ids=lambda each: each.name)
def test_what_comes_close_is_none(each: Case | Scenario) -> None:
    """A near miss that is a finding would prove nothing."""
    assert not each.close_to & {code for code, _ in each.findings}


# --- the first plan ----------------------------------------------------------------------------------------------


def first_plan(destination: str, relay_state: str | None = None) -> dict[str, Any]:
    """A plan of an app and a group's assignment, nothing of which is there yet."""
    app = {"label": "The app", "status": "ACTIVE"} | ({"default_relay_state": relay_state} if relay_state else {})
    unknown = {"id": True} if relay_state else {"id": True, "default_relay_state": True}
    group = {"group_id": "Agents"}
    return plan(
        change(
            "aws_connect_instance.instance", ["create"], None, {"instance_alias": "acme"}, after_unknown={"id": True}
        ),
        change("okta_app_saml.x", ["create"], None, app, after_unknown=unknown),
        change("okta_app_group_assignment.x", ["create"], None, group, after_unknown={"app_id": True}),
        prior_state={},
        output_changes={
            "apps": {
                "actions": ["create"],
                "before": None,
                "after": {"x": {"label": "The app", "destination": destination}},
                "after_unknown": {"x": {"opens": True}},
            }
        },
    )


@pytest.mark.parametrize(
    ("destination", "relay_state", "says"),
    [
        ("admin", None, '"The app" (opens the administration) for "Agents"'),
        ("/users", None, '"The app" (may open the administration) for "Agents"'),
        ("ccp", None, '"The app" for "Agents"'),
        ("https://desk.example.com/home", None, '"The app" for "Agents"'),
        ("ccp", "https://us-east-1.console.aws.amazon.com/connect/federate/i", "(opens the administration)"),
        ("nonsense", None, '"The app" (page known after apply) for "Agents"'),
        ("/\ud800", None, '"The app" (page known after apply) for "Agents"'),
    ],
)
def test_a_first_plan_names_the_app_that_opens_the_administration(
    destination: str, relay_state: str | None, says: str
) -> None:
    """The relay state is unknown before the instance has an id; the stack's output says where the app is to lead.

    What the plan itself knows counts more than what the stack says about itself.
    """
    [finding] = reviewed(first_plan(destination, relay_state)).findings
    assert finding.code == FIRST_PLAN
    assert says in finding.details[0].plain()


# --- what the details say ----------------------------------------------------------------------------------------


def test_an_endpoint_that_no_role_trusts_is_named() -> None:
    """Without an override the catalogue app posts to the global endpoint, which a role may not list."""
    before = {"awsEnvironmentType": "aws.amazon", "overrideAcsURL": "https://us-west-2.signin.aws.amazon.com/saml"}
    trust = json.dumps({"Statement": [], "Comment": "AssumeRoleWithSAML", "x": before["overrideAcsURL"]})
    data = plan(
        updated(
            "okta_app_saml.ccp",
            APP | {"app_settings_json": json.dumps(before)},
            app_settings_json=json.dumps(before | {"overrideAcsURL": ""}),
        ),
        standing("aws_iam_role.r", name="Okta_Role", assume_role_policy=trust),
    )
    [finding] = reviewed(data).findings
    assert [line.plain() for line in finding.details] == [
        "overrideAcsURL: (empty) instead of https://us-west-2.signin.aws.amazon.com/saml",
        'the trust policy of the role "Okta_Role" does not list https://signin.aws.amazon.com/saml',
    ]


# --- security profiles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "permissions", "is_finding"),
    [
        ("Admin", None, True),
        ("CallCenterManager", [], True),
        ("Agent", None, False),
        ("Agent", ["BasicAgentAccess", "Users.Edit"], True),
        ("Desk", ["BasicAgentAccess"], False),
        ("Desk", ["SecurityProfiles.Edit"], True),
        ("Desk", None, True),
        ("Desk admins", None, True),
        ("Desk admins", ["BasicAgentAccess"], False),
    ],
)
def test_what_a_profile_allows_decides_and_not_its_name(
    name: str, permissions: list[str] | None, is_finding: bool
) -> None:
    """The lookup of a profile holds its permissions; without them the built-in names count, and a telling name."""
    values = {"security_profile_id": "p1", "name": name} | (
        {"permissions": permissions} if permissions is not None else {}
    )
    profile = {"address": "data.aws_connect_security_profile.p", "mode": "data", "type": "aws_connect_security_profile"}
    data = plan(created("aws_connect_user.u", name="Cy", security_profile_ids=["p1"]))
    data["prior_state"]["values"]["root_module"]["resources"].append(profile | {"values": values})
    assert found(data) == ({("admin-profile-gained", "aws_connect_user.u")} if is_finding else set())


# --- removals --------------------------------------------------------------------------------------------------


def user(number: int) -> dict[str, Any]:
    return {"name": f"agent.{number}@example.com", "security_profile_ids": ["p"], "id": f"{INSTANCE}:{number}"}


def users(gone: int, total: int) -> Iterator[dict[str, Any]]:
    for number in range(total):
        values = user(number)
        address = f"aws_connect_user.users[{json.dumps(values['name'])}]"
        yield destroyed(address, **values) if number < gone else standing(address, **values)


@given(st.integers(0, 12), st.integers(0, 120))
def test_a_mass_removal_is_more_than_a_tenth_and_at_least_five(gone: int, others: int) -> None:
    """Both edges: a small team that shrinks, and the natural coming and going of a large one, ask nothing of anybody."""
    total = gone + others
    expected = {("mass-removal", "aws_connect_user.users")} if gone >= 5 and gone > total / 10 else set()
    assert found(plan(*users(gone, total))) == expected


@pytest.mark.parametrize(
    ("gone", "total", "is_one"),
    [(4, 4, False), (5, 5, True), (5, 49, True), (5, 50, False), (6, 50, True), (100, 1000, False)],
)
def test_the_edges_of_a_mass_removal(gone: int, total: int, is_one: bool) -> None:
    """The same by example."""
    assert bool(found(plan(*users(gone, total)))) == is_one


def test_users_who_are_made_anew_are_not_removed() -> None:
    """A user whose instance is replaced keeps its name; that the instance goes is the finding."""
    changes = [
        replaced(f"aws_connect_user.users[{json.dumps(user(number)['name'])}]", user(number), instance_id="other")
        for number in range(10)
    ]
    anew = replaced("aws_connect_instance.instance", {"id": INSTANCE, "instance_alias": "a"}, instance_alias="b")
    assert found(plan(anew, *changes)) == {("instance-replaced", "aws_connect_instance.instance")}
    assert found(plan(*changes)) == {("access-lost-by-many", "aws_connect_user.users")}


def test_a_search_for_a_code_finds_who_emits_it() -> None:
    """Each stands as a literal where its finding is made, beside the catalogue."""
    folder = ROOT / "constructs" / "connect_sso" / "review"
    rules = [file.read_text("utf-8") for file in (*(folder / "rules").glob("*.py"), folder / "report.py")]
    for code in CODES:
        assert any(f'"{code}"' in text for text in rules), code
    assert not any('Finding(f"' in text or re.search(r'code\s*=\s*f"', text) for text in rules)
