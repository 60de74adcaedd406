"""What the plan must hold, in the synthesized JSON: one test for each thing that the walkthrough sets up by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.environment_files import minimal
from tests.synthesized import Synthesized, synthesized

INSTANCE_ID = "2fb42df9-78a2-4e74-8572-c8af67ed289b"
CCP = {
    "label": "CCP",
    "destination": "ccp",
    "saml_provider": "Okta_Connect_CCP",
    "role": "Okta_Role",
    "groups": ["Agents"],
}
CSV = "username,first_name,last_name,security_profiles\nbo@example.com,Bo,Agent,Agent\ncy@example.com,Cy,Agent,Agent|QualityAnalyst\n"


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    """Synthesize an environment that differs from the minimal one as said; its own stack."""

    def build(**changes: Any) -> Synthesized:
        return synthesized(tmp_path, minimal(**changes))["test"]

    return build


def test_a_new_instance_as_the_wizard_makes_it(stack: Any) -> None:
    """SAML, telephony on, Contact Lens on, flow logs off, protected."""
    instance = stack().resource("aws_connect_instance.instance")
    assert instance["identity_management_type"] == "SAML"
    assert instance["instance_alias"] == "acme-test"
    assert instance["lifecycle"] == {"prevent_destroy": True}
    on = ("inbound_calls_enabled", "outbound_calls_enabled", "early_media_enabled", "contact_lens_enabled")
    assert all(instance[key] is True for key in on)
    assert instance["contact_flow_logs_enabled"] is False


def test_protect_false_lets_everything_go(stack: Any) -> None:
    """And nothing is forgotten: what is no longer made is destroyed."""
    found = stack(connect__protect=False, connect__storage=[])
    assert "lifecycle" not in found.resource("aws_connect_instance.instance")
    forgotten = ["okta_profile_mapping.admin", "terraform_data.app_kind"]  # neither is ours to protect
    assert [block["from"] for block in found.json["removed"]] == forgotten


def test_an_existing_instance_is_checked_and_not_made(stack: Any) -> None:
    """By its id; a postcondition says so if it is not a SAML one; what an alias made before is forgotten."""
    found = stack(connect={"instance_id": INSTANCE_ID})
    assert "aws_connect_instance.instance" not in found.addresses()
    instance = found.resource("data.aws_connect_instance.instance")
    assert instance["instance_id"] == INSTANCE_ID
    (postcondition,) = instance["lifecycle"]["postcondition"]
    assert postcondition["condition"] == '${self.identity_management_type == "SAML"}'
    removed = {block["from"]: block["lifecycle"] for block in found.json["removed"]}
    assert {"aws_connect_instance.instance", "aws_s3_bucket.recordings", "aws_kms_key.recordings"} <= set(removed)
    assert all(lifecycle == {"destroy": False} for lifecycle in removed.values())


def test_storage_dropped_is_forgotten_with_its_locks(stack: Any) -> None:
    """A bucket that is kept keeps its policy, its encryption and its public access block."""
    removed = {block["from"] for block in stack(connect__storage=[]).json["removed"]}
    assert "aws_connect_instance.instance" not in removed
    assert {
        f"aws_s3_bucket{part}.recordings" for part in ("", "_policy", "_public_access_block", "_versioning")
    } <= removed


def test_storage_as_the_wizard_makes_it(stack: Any) -> None:
    """One locked bucket, a key of its own, a prefix per kind, the key by its full ARN."""
    found = stack()
    assert found.resource("aws_s3_bucket.recordings")["lifecycle"] == {"prevent_destroy": True}
    key = found.resource("aws_kms_key.recordings")
    assert key["enable_key_rotation"] is True
    assert key["lifecycle"] == {"prevent_destroy": True}
    assert json.loads(key["policy"])["Statement"]
    block = found.resource("aws_s3_bucket_public_access_block.recordings")
    assert all(
        block[name]
        for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    )
    (rule,) = found.resource("aws_s3_bucket_server_side_encryption_configuration.recordings")["rule"]
    assert rule["apply_server_side_encryption_by_default"] == {
        "sse_algorithm": "aws:kms",
        "kms_master_key_id": "${aws_kms_key.recordings.arn}",
    }
    assert found.resource("aws_s3_bucket_versioning.recordings")["versioning_configuration"] == {"status": "Enabled"}
    (cleanup,) = found.resource("aws_s3_bucket_lifecycle_configuration.recordings")["rule"]
    assert cleanup["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    prefixes = set()
    for kind in ("call_recordings", "chat_transcripts", "scheduled_reports"):
        config = found.resource(f"aws_connect_instance_storage_config.{kind}")
        assert config["resource_type"] == kind.upper()
        s3 = config["storage_config"]["s3_config"]
        assert s3["encryption_config"] == {"encryption_type": "KMS", "key_id": "${aws_kms_key.recordings.arn}"}
        prefixes.add(s3["bucket_prefix"])
    assert len(prefixes) == 3


def test_federation_policy_and_roles(stack: Any) -> None:
    """One role for two apps trusts both SAML providers, for twelve hours, with the one permission."""
    found = stack(apps__ccp=CCP)
    policy = json.loads(found.resource("aws_iam_policy.federation")["policy"])
    assert policy["Statement"][0]["Resource"] == "${aws_connect_instance.instance.arn}/user/$${aws:userid}"
    role = found.resource("aws_iam_role.Okta_Role")
    assert role["max_session_duration"] == 43200
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"]["Federated"] == [
        "arn:aws:iam::111122223333:saml-provider/Okta_Connect_Admin",
        "arn:aws:iam::111122223333:saml-provider/Okta_Connect_CCP",
    ]
    assert (
        found.resource("aws_iam_role_policy_attachment.Okta_Role")["policy_arn"] == "${aws_iam_policy.federation.arn}"
    )
    assert {address for address in found.addresses() if address.startswith("aws_iam_role.")} == {
        "aws_iam_role.Okta_Role"
    }


def test_okta_s_metadata_feeds_iam(stack: Any) -> None:
    """In the same plan; and the ARN that Okta was told is held to the real one."""
    provider = stack().resource("aws_iam_saml_provider.admin")
    assert provider["saml_metadata_document"] == "${okta_app_saml.admin.metadata}"
    (postcondition,) = provider["lifecycle"]["postcondition"]
    assert "arn:aws:iam::111122223333:saml-provider/Okta_Connect_Admin" in postcondition["condition"]


def test_the_api_integration_user_only_where_it_is_needed(stack: Any) -> None:
    """And its key only where it is asked for, the secret as a sensitive output."""
    assert not any("api_integration" in address for address in stack().addresses())
    found = stack(okta__role_assignment="api_integration")
    assert found.resource("aws_iam_user.api_integration")["name"] == "okta_cli_user"
    assert "aws_iam_access_key.api_integration" not in found.addresses()
    assert "access_key_secret" not in found.json["output"]


def test_an_access_key_is_asked_for(stack: Any) -> None:
    """Its secret is in no other place than a sensitive output."""
    found = stack(okta__role_assignment="api_integration", api_integration={"access_key": True})
    secret = "${aws_iam_access_key.api_integration.secret}"
    assert found.json["output"]["access_key_secret"]["sensitive"] is True
    assert json.dumps(found.json).count(secret) == 1
    assert "${aws_iam_access_key.api_integration.id}" in found.json["output"]["by_hand"]["value"]


LEFT_ALONE = {
    "phone_config[0].after_contact_work_time_limit",
    "phone_config[0].auto_accept",
    "identity_info[0].secondary_email",
    "hierarchy_group_id",
    "tags",
    "tags_all",
}


def test_users(stack: Any) -> None:
    """Names as written, bare profile ids, no e-mail, no password, hierarchy left alone."""
    found = stack(users__0__phone={"desk_phone": "+12065550100"})
    users = found.resource("aws_connect_user.users")
    assert users["name"] == "${each.key}"
    assert "security_profiles[name].security_profile_id]" in users["security_profile_ids"]
    assert users["routing_profile_id"].endswith(".routing_profile_id}")
    assert set(users["lifecycle"]["ignore_changes"]) == LEFT_ALONE
    assert set(users["identity_info"]) == {"first_name", "last_name"}
    assert "password" not in users
    (person,) = found.json["locals"]["people"].values()
    assert person["phone_type"] == "DESK_PHONE"
    assert person["desk_phone_number"] == "+12065550100"
    assert found.resource("data.aws_connect_security_profile.security_profiles")["for_each"] == {"Admin": "Admin"}


def test_profile_mappings(stack: Any) -> None:
    """Only where they are asked for; the company's own entries stay, also once they are no longer asked for."""
    found = stack(okta__role_assignment="group_mapping", okta__profile_mappings=True)
    mapping = found.resource("okta_profile_mapping.admin")
    assert (mapping["always_apply"], mapping["delete_when_absent"]) == (False, False)
    assert {one["id"]: one["expression"] for one in mapping["mappings"]} == {
        name: f"user.{name}" for name in ("email", "firstName", "lastName", "mobilePhone", "secondEmail")
    }
    assert "okta_profile_mapping.admin" not in {block["from"] for block in found.json["removed"]}
    without = stack(okta__role_assignment="group_mapping")
    assert "okta_profile_mapping.admin" not in without.addresses()
    assert {"from": "okta_profile_mapping.admin", "lifecycle": {"destroy": False}} in without.json["removed"]


def test_someone_with_a_setting_has_a_block_to_themselves(stack: Any) -> None:
    """Each person has two addresses at most, and there is a move to the one that the file wants."""
    found = stack(users__0__auto_accept=True)
    ada, own = 'users["Ada.Admin@example.com"]', 'user-Ada_Admin--example_com["Ada.Admin@example.com"]'
    assert "aws_connect_user.users" not in found.addresses()
    user = found.resource("aws_connect_user.user-Ada_Admin--example_com")
    assert user["for_each"] == {"Ada.Admin@example.com": "Ada.Admin@example.com"}
    assert set(user["lifecycle"]["ignore_changes"]) == LEFT_ALONE - {"phone_config[0].auto_accept"}
    assert found.json["moved"] == [{"from": f"aws_connect_user.{ada}", "to": f"aws_connect_user.{own}"}]
    assert stack().json["moved"] == [{"from": f"aws_connect_user.{own}", "to": f"aws_connect_user.{ada}"}]


def test_initial_user_settings_are_left_alone_afterwards(stack: Any) -> None:
    """Supervisors and agents own routing profile, phone and names."""
    users = stack(connect__user_settings="initial").resource("aws_connect_user.users")
    assert set(users["lifecycle"]["ignore_changes"]) == LEFT_ALONE | {
        "routing_profile_id",
        "phone_config[0].phone_type",
        "phone_config[0].desk_phone_number",
        "identity_info[0].first_name",
        "identity_info[0].last_name",
    }


def test_govcloud(stack: Any) -> None:
    """Endpoints, console, audience and ARNs are all its own."""
    found = stack(aws__region="us-gov-west-1", apps__ccp=CCP)
    app = found.resource("okta_app_saml.ccp")
    assert app["audience"] == "urn:amazon:webservices:govcloud"
    assert app["sso_url"] == "https://us-gov-west-1.signin.amazonaws-us-gov.com/saml"
    assert app["default_relay_state"].startswith("https://console.amazonaws-us-gov.com/connect/federate/")
    text = json.dumps(found.json)
    assert "arn:aws:" not in text
    assert "signin.aws.amazon.com" not in text


@pytest.mark.parametrize("mode", ["api_integration", "group_mapping"])
def test_a_catalogue_app(stack: Any, mode: str) -> None:
    """Label, relay state, ARN in clear, duration, regional endpoint, an explicit user name template."""
    app = stack(okta__role_assignment=mode).resource("okta_app_saml.admin")
    assert app["preconfigured_app"] == "amazon_aws"
    assert app["label"] == "Connect Administrator"
    assert app["default_relay_state"].endswith("/connect/federate/${aws_connect_instance.instance.id}")
    assert app["user_name_template"] == "$${source.login}"
    settings = json.loads(app["app_settings_json"])
    assert settings["identityProviderArn"] == "arn:aws:iam::111122223333:saml-provider/Okta_Connect_Admin"
    assert settings["overrideAcsURL"] == "https://us-west-2.signin.aws.amazon.com/saml"
    assert settings["useGroupMapping"] is (mode == "group_mapping")
    assert "lifecycle" not in app


def test_a_custom_saml_app(stack: Any) -> None:
    """Role, RoleSessionName, SessionDuration and session tags as attribute statements; then the trust allows tags."""
    found = stack(
        apps__admin__session_tags={"Team": 'String.substringBefore(user.login, "${x}")'}, okta__username="email"
    )
    app = found.resource("okta_app_saml.admin")
    statements = {
        statement["name"].rpartition("/")[2]: statement["values"] for statement in app["attribute_statements"]
    }
    assert statements == {
        "Role": [
            '"arn:aws:iam::111122223333:role/Okta_Role,arn:aws:iam::111122223333:saml-provider/Okta_Connect_Admin"'
        ],
        "RoleSessionName": ["user.email"],
        "SessionDuration": ['"43200"'],
        "PrincipalTag:Team": ['String.substringBefore(user.login, "$${x}")'],
    }
    assert app["user_name_template"] == "$${source.email}"
    assert {app[key] for key in ("sso_url", "recipient", "destination")} == {
        "https://us-west-2.signin.aws.amazon.com/saml"
    }
    (statement,) = json.loads(found.resource("aws_iam_role.Okta_Role")["assume_role_policy"])["Statement"]
    assert "sts:TagSession" in statement["Action"]


def test_an_authentication_policy_by_name(stack: Any) -> None:
    """The app gets the id of the policy that is called so."""
    found = stack(apps__admin__authentication_policy="Any two factors")
    assert found.resource("data.okta_policy.admin")["name"] == "Any two factors"
    assert found.resource("okta_app_saml.admin")["authentication_policy"] == "${data.okta_policy.admin.id}"


def test_groups_are_found_by_their_exact_name(stack: Any) -> None:
    """The provider would take one that only begins with it."""
    (postcondition,) = stack().resource("data.okta_group.groups")["lifecycle"]["postcondition"]
    assert postcondition["condition"] == "${self.name == each.key}"


def test_assignments_carry_the_role_with_api_integration(stack: Any) -> None:
    """By its plain name, for groups and for people."""
    found = stack(okta__role_assignment="api_integration")
    group = found.resource("okta_app_group_assignment.admin")
    assert json.loads(group["profile"]) == {"role": "Okta_Role", "samlRoles": ["Okta_Role"]}
    assert group["lifecycle"]["ignore_changes"] == ["priority"]
    assert 'samlRoles = ["Okta_Role"]' in found.resource("okta_app_user.admin")["profile"]


def test_assignments_carry_nothing_in_a_custom_app(stack: Any) -> None:
    """Its one role is in the attribute statements."""
    found = stack()
    assert "profile" not in found.resource("okta_app_group_assignment.admin")
    assert "profile" not in found.resource("okta_app_user.admin")


def test_role_groups_with_group_mapping(stack: Any) -> None:
    """A role group per app, filled by a rule from groups and by memberships from people, and nobody assigned directly."""
    found = stack(okta__role_assignment="group_mapping", apps__admin__groups=["B", "A"])
    group = found.resource("okta_group.admin")
    assert group["name"] == "aws#test-admin#Okta_Role#111122223333"
    assert "Connect Administrator" not in group["description"], "a new label would change the group as well"
    rule = found.resource("okta_group_rule.admin")
    assert (
        rule["expression_value"]
        == 'isMemberOfAnyGroup("${data.okta_group.groups["A"].id}", "${data.okta_group.groups["B"].id}")'
    )
    assert rule["remove_assigned_users"] is True
    members = found.resource("okta_group_memberships.admin")["users"]
    assert members.startswith('${[for name in [for name in ["Ada.Admin@example.com"] :')
    assert members.endswith("local.people_in_okta[name].id]}")
    assert found.resource("okta_app_group_assignment.admin")["group_id"] == "${okta_group.admin.id}"
    assert "okta_app_user.admin" not in found.addresses()


@pytest.mark.parametrize(
    ("username", "attribute", "value"),
    [
        ("login", "login", "person.login"),
        ("email", "email", "person.email"),
        ({"attribute": "employeeNumber"}, "employeeNumber", "person.employee_number"),
        ({"attribute": "badge"}, "badge", 'try(jsondecode(person.custom_profile_attributes)["badge"], "")'),
    ],
)
def test_the_truth_check(stack: Any, username: Any, attribute: str, value: str) -> None:
    """Who is assigned one by one is looked up by the attribute that must equal the Connect name, and compared exactly."""
    people = stack(okta__username=username).resource("data.okta_users.people")
    assert people["search"] == [{"comparison": "eq", "name": f"profile.{attribute}", "value": "${each.value}"}]
    spelling, *_ = people["lifecycle"]["postcondition"]
    assert f"for person in self.users : person.id if {value} == each.value" in spelling["condition"]
    assert "${each.value}" in spelling["error_message"]
    assert f"[for person in self.users : {value}]" in spelling["error_message"]


@pytest.mark.parametrize(("username", "kind"), [("email", "BUILT_IN"), ({"attribute": "badge"}, "CUSTOM")])
def test_an_apps_user_name_comes_from_the_same_attribute(stack: Any, username: Any, kind: str) -> None:
    """In the app, and in the assertion that a custom app sends."""
    attribute = username if isinstance(username, str) else username["attribute"]
    app = stack(okta__username=username).resource("okta_app_saml.admin")
    assert (app["user_name_template"], app["user_name_template_type"]) == (f"$${{source.{attribute}}}", kind)
    said = {each["name"].rpartition("/")[2]: each["values"] for each in app["attribute_statements"]}
    assert said["RoleSessionName"] == [f"user.{attribute}"]


def test_no_member_of_a_group_is_read(tmp_path: Path) -> None:
    """Every data source of the provider that lists people keeps their whole profiles."""
    stacks = synthesized(tmp_path, minimal(users_file="agents.csv", apps__ccp=CCP), csv=CSV)
    assert set(stacks["test"].json["data"]) >= {"okta_group", "okta_users"}
    for stack in stacks.values():
        # Who is assigned one by one is searched by name.
        assert not any("group_id" in listed for listed in stack.json["data"].get("okta_users", {}).values())
        assert not any(group.get("include_users") for group in stack.json["data"].get("okta_group", {}).values())


def test_who_may_not_sign_in_to_okta_is_left_out_and_named(stack: Any) -> None:
    """Deactivated, suspended or not there: no error, no assignment, and a warning."""
    found = stack()
    assert "contains(keys(local.people_in_okta), name)" in found.resource("okta_app_user.admin")["for_each"]
    assert 'contains(["DEPROVISIONED", "SUSPENDED"], person.status)' in found.json["locals"]["people_in_okta"]
    (warning,) = found.json["check"]["people_without_access"]["assert"]
    assert "people_in_okta" in warning["error_message"]
    assert "check" not in stack(users__0__apps=[]).json


def test_what_remains_to_do_is_checked(stack: Any) -> None:
    """API integration, until Okta says that it is enabled."""
    found = stack(okta__role_assignment="api_integration", apps__ccp=CCP)
    assert {"api_integration_admin", "api_integration_ccp"} <= set(found.json["check"])
    assert "PUSH_NEW_USERS" in found.json["check"]["api_integration_ccp"]["assert"][0]["condition"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("local", {"backend": {"local": {"path": "../../../terraform.test.tfstate"}}}),
        (
            {"s3": {"bucket": "acme-state", "region": "us-east-1", "kms_key_id": "alias/x"}},
            {
                "backend": {
                    "s3": {
                        "bucket": "acme-state",
                        "encrypt": True,
                        "key": "connect-sso/test.tfstate",
                        "kms_key_id": "alias/x",
                        "region": "us-east-1",
                        "use_lockfile": True,
                    }
                }
            },
        ),
        (
            {"s3": {"bucket": "acme-state", "region": "us-east-1", "role_arn": "arn:aws:iam::444455556666:role/state"}},
            {
                "backend": {
                    "s3": {
                        "assume_role": {"role_arn": "arn:aws:iam::444455556666:role/state"},
                        "bucket": "acme-state",
                        "encrypt": True,
                        "key": "connect-sso/test.tfstate",
                        "region": "us-east-1",
                        "use_lockfile": True,
                    }
                }
            },
        ),
        (
            {
                "cloud": {
                    "organization": "acme",
                    "workspace": "w",
                    "project": "Voice",
                    "hostname": "tfe.example.com:8443",
                }
            },
            {
                "cloud": {
                    "hostname": "tfe.example.com:8443",
                    "organization": "acme",
                    "workspaces": {"name": "w", "project": "Voice"},
                }
            },
        ),
    ],
)
def test_state(stack: Any, state: Any, expected: dict[str, Any]) -> None:
    """Local, S3 and HCP Terraform; no path of this machine."""
    terraform = stack(state=state).json["terraform"]
    assert {key: terraform.get(key) for key in expected} == expected


def test_names_may_be_those_of_our_own_parts(stack: Any) -> None:
    """Apps and roles are called as people like: also as something that the stack has anyway."""
    role = {"api": "group-users", "groups": "federation", "users": "group-api"}
    apps = {
        name: {"label": name, "destination": "ccp", "saml_provider": name, "role": role[name], "groups": ["G"]}
        for name in role
    }
    made = stack(okta__role_assignment="group_mapping", apps=apps, users__0__apps=list(apps))
    assert {f"aws_iam_role.{name}" for name in role.values()} <= made.addresses()
    assert {f"okta_group.{name}" for name in apps} <= made.addresses()


def test_outputs(stack: Any) -> None:
    """Where each app opens, ARNs, and people's profiles by name."""
    found = stack(
        apps__desk=CCP | {"label": "Desk ${x}", "destination": "https://desk.example.com/home", "saml_provider": "Desk"}
    )
    output = found.json["output"]
    assert output["apps"]["value"]["admin"]["opens"] == "${okta_app_saml.admin.embed_url}"
    assert {name: app["destination"] for name, app in output["apps"]["value"].items()} == {
        "admin": "admin",
        "desk": "https://desk.example.com/home",
    }
    assert output["people"]["value"] == {"Ada.Admin@example.com": ["Admin"]}
    assert output["apps"]["value"]["desk"]["label"] == "Desk $${x}"


@pytest.mark.parametrize("mode", ["group_mapping", "saml_app"])
def test_a_custom_page_s_origin_is_approved_and_nothing_stays_by_hand(stack: Any, mode: str) -> None:
    """Once for each origin, however many apps open a page of it."""
    pages = ("https://desk.example.com/home", "https://desk.example.com:8443/a?b=c", "https://desk.example.com/other")
    apps = {
        f"desk{number}": CCP
        | {"label": f"Desk {number}", "destination": page, "saml_provider": f"Desk{number}", "groups": [f"{number}"]}
        for number, page in enumerate(pages)
    }
    found = stack(okta__role_assignment=mode, **{f"apps__{key}": app for key, app in apps.items()})
    origins = found.resource("aws_cloudcontrolapi_resource.approved_origins")
    assert list(origins["for_each"]) == ["https://desk.example.com", "https://desk.example.com:8443"]
    assert origins["type_name"] == "AWS::Connect::ApprovedOrigin"
    assert "aws_connect_instance.instance.arn" in origins["desired_state"]
    assert "by_hand" not in found.json["output"]
    assert "aws_cloudcontrolapi_resource.approved_origins" not in stack().addresses()


def test_nothing_by_hand_nothing_said(stack: Any) -> None:
    """An output that says nothing would be noise."""
    assert "by_hand" not in stack().json["output"]


def test_other_provider_releases(stack: Any) -> None:
    """As the environment file says, instead of those the bindings were made for."""
    providers = stack(providers={"okta": "6.12.0", "aws": "~> 6.30"}).json["terraform"]["required_providers"]
    assert (providers["okta"]["version"], providers["aws"]["version"]) == ("6.12.0", "~> 6.30")


def test_no_credentials_and_the_right_account(stack: Any) -> None:
    """The providers read their own variables; the plan refuses every other account."""
    provider = stack(aws__tags={"team": "voice"}).json["provider"]
    assert provider["aws"] == [
        {
            "allowed_account_ids": ["111122223333"],
            "default_tags": [{"tags": {"team": "voice"}}],
            "region": "us-west-2",
            "retry_mode": "adaptive",
        }
    ]
    assert provider["okta"] == [{"base_url": "okta.com", "org_name": "acme"}]


def test_emergency_access_is_for_this_instance_with_mfa_and_for_an_hour(stack: Any) -> None:
    """Whoever may take the role is named; without the key there is no such role."""
    trusted = ["arn:aws:iam::111122223333:role/on-call", "arn:aws:iam::111122223333:user/eve"]
    found = stack(federation={"emergency": {"role": "Connect_Emergency", "trusted": trusted}, "path": "/sso/"})
    role = found.resource("aws_iam_role.Connect_Emergency")
    assert (role["max_session_duration"], role["path"]) == (3600, "/sso/")
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"AWS": trusted}
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    emergency, find = json.loads(found.resource("aws_iam_policy.emergency")["policy"])["Statement"]
    assert emergency["Action"] == "connect:AdminGetEmergencyAccessToken"
    assert emergency["Resource"] == "${aws_connect_instance.instance.arn}"
    assert all(action.split(":")[1].startswith(("Describe", "List")) for action in find["Action"])
    assert found.resource("aws_iam_role_policy_attachment.Connect_Emergency")["role"]
    assert "aws_iam_policy.emergency" not in stack().addresses()


def test_an_existing_bucket_is_used_and_not_managed(stack: Any) -> None:
    """Neither it nor its key is made; a bucket of ours that was there before is forgotten with its locks."""
    key = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab"
    found = stack(connect__recordings={"bucket": "acme-recordings", "kms_key_arn": key})
    assert not [address for address in found.addresses() if address.startswith(("aws_s3_", "aws_kms_"))]
    s3 = found.resource("aws_connect_instance_storage_config.call_recordings")["storage_config"]["s3_config"]
    assert (s3["bucket_name"], s3["bucket_prefix"]) == ("acme-recordings", "connect/test/CallRecordings")
    assert s3["encryption_config"] == {"encryption_type": "KMS", "key_id": key}
    assert {"aws_s3_bucket.recordings", "aws_kms_key.recordings"} <= {block["from"] for block in found.json["removed"]}


@pytest.mark.parametrize(
    ("retention", "deleted"),
    [
        (None, {}),
        (365, {"CallRecordings": 365, "ChatTranscripts": 365, "Reports": 365}),
        ({"chat_transcripts": 30}, {"ChatTranscripts": 30}),
    ],
)
def test_what_is_deleted_after_so_many_days(stack: Any, retention: Any, deleted: dict[str, int]) -> None:
    """With its versions, or nothing would really go."""
    found = stack(connect__retention_days=retention)
    _, *rules = found.resource("aws_s3_bucket_lifecycle_configuration.recordings")["rule"]
    assert {rule["filter"][0]["prefix"]: rule["expiration"][0]["days"] for rule in rules} == {
        f"connect/test/{folder}/": days for folder, days in deleted.items()
    }
    assert all(rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}] for rule in rules)


def test_a_role_that_terraform_takes_on(tmp_path: Path) -> None:
    """In both stacks: the crowd's users are made through it too."""
    role = {"role_arn": "arn:aws:iam::111122223333:role/terraform", "external_id": "acme", "session_name": "connect"}
    for made in synthesized(tmp_path, minimal(users_file="agents.csv", aws__assume_role=role), csv=CSV).values():
        assert made.json["provider"]["aws"][0]["assume_role"] == [role]


def test_the_crowd_has_a_stack_of_its_own(tmp_path: Path) -> None:
    """Its map lies in its own folder; the environment's own stack knows nothing of them."""
    stacks = synthesized(tmp_path, minimal(users_file="agents.csv"), csv=CSV)
    crowd, own = stacks["test-users"], stacks["test"]
    assert crowd.addresses() == {"aws_connect_user.users"}
    assert "okta" not in crowd.json["provider"]
    assert crowd.resource("data.aws_connect_instance.instance")["instance_alias"] == "acme-test"
    people = json.loads((crowd.folder / "crowd.json").read_text(encoding="utf-8"))
    assert list(people) == ["bo@example.com", "cy@example.com"]
    assert [path.name for path in own.folder.iterdir()] == ["cdk.tf.json"]
    assert list(own.json["locals"]["people"]) == ["Ada.Admin@example.com"]
    assert crowd.json["terraform"]["backend"]["local"]["path"] == "../../../terraform.test-users.tfstate"
    manifest = json.loads((tmp_path / "cdktf.out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["stacks"]["test-users"]["dependencies"] == ["test"]


def test_a_crowd_that_became_empty_keeps_its_stack(tmp_path: Path) -> None:
    """So that its last people are removed rather than left behind."""
    stacks = synthesized(tmp_path, minimal(users_file="agents.csv"), csv=CSV.partition("\n")[0] + "\n")
    assert stacks["test-users"].addresses() == {"aws_connect_user.users"}


def test_addresses_are_readable_and_order_means_nothing(tmp_path: Path) -> None:
    """No hashes; apps, groups and users in another order lead to the same bytes."""
    other = {
        "username": "Bo@example.com",
        "first_name": "Bo",
        "last_name": "B",
        "security_profiles": ["Agent", "Admin"],
        "apps": ["ccp", "admin"],
    }
    data = minimal(apps__ccp=CCP | {"groups": ["Agents", "Contact Centre Admins"]}, users__0__apps=["admin", "ccp"])
    data["users"].append(other)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = synthesized(tmp_path / "a", data)["test"]
    data["apps"] = dict(reversed(data["apps"].items()))
    data["apps"]["ccp"]["groups"].reverse()
    data["users"].reverse()
    data["users"][0]["security_profiles"].reverse()
    another = synthesized(tmp_path / "b", data)["test"]
    assert not [address for address in one.addresses() if re.search(r"_[0-9A-F]{8}$", address)]
    assert not re.search(r"_[0-9A-F]{8}[.\"}]", json.dumps(one.json))
    keep = ("resource", "data", "locals", "check", "provider", "terraform")
    assert {key: one.json[key] for key in keep} == {key: another.json[key] for key in keep}
    assert str(tmp_path) not in json.dumps(one.json)
