"""Changes of the synthesized stacks, each with what the review must say about it: the findings and nothing else.

Each change is made to a deployed stack's `cdk.tf.json`; the real Terraform plans it in the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Edit = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Scenario:
    """One change of a deployed environment."""

    name: str
    environment: str
    edit: Edit
    findings: frozenset[tuple[str, str]] = frozenset()
    """Code and address of everything that a person must decide."""
    close_to: frozenset[str] = frozenset()
    """Codes that the change comes close to: none of its findings may have one."""
    options: tuple[str, ...] = ()
    """Further options for `terraform plan`."""


def the(stack: dict[str, Any], address: str) -> dict[str, Any]:
    """A resource (or, with `data.`, a data source) block of the stack, which may be changed."""
    kind, _, rest = address.partition(".")
    tree = stack["data"] if kind == "data" else stack["resource"]
    if kind == "data":
        kind, _, rest = rest.partition(".")
    block: dict[str, Any] = tree[kind][rest]
    return block


def setting(address: str, **values: Any) -> Edit:
    """Set attributes of one resource."""
    return lambda stack: the(stack, address).update(values)


def without(address: str, *attributes: str) -> Edit:
    """Remove attributes of one resource, or, when none is named, the resource."""

    def edit(stack: dict[str, Any]) -> None:
        if attributes:
            for attribute in attributes:
                del the(stack, address)[attribute]
        else:
            kind, _, name = address.partition(".")
            del stack["resource"][kind][name]
            if not stack["resource"][kind]:
                del stack["resource"][kind]

    return edit


def adding(address: str, **values: Any) -> Edit:
    """Add a resource."""
    kind, _, name = address.partition(".")
    return lambda stack: stack["resource"].setdefault(kind, {}).update({name: values})


def all_of(*edits: Edit) -> Edit:
    """Several edits, one after the other."""
    return lambda stack: [edit(stack) for edit in edits]


def in_json(address: str, attribute: str, change: Callable[[Any], object]) -> Edit:
    """Change the JSON document in an attribute."""

    def edit(stack: dict[str, Any]) -> None:
        block = the(stack, address)
        document = json.loads(block[attribute])
        change(document)
        block[attribute] = json.dumps(document)

    return edit


def statement(change: Callable[[dict[str, Any]], object]) -> Callable[[Any], object]:
    """A change of a policy document's first statement."""
    return lambda document: change(document["Statement"][0])


def people(change: Callable[[dict[str, list[str]]], object]) -> Edit:
    """Change who is a Connect user with which security profiles."""

    def edit(stack: dict[str, Any]) -> None:
        local, output = stack["locals"]["people"], stack["output"]["people"]["value"]
        change(output)
        for username in set(local) - set(output):
            del local[username]
        for username, profiles in output.items():
            local.setdefault(username, dict(next(iter(local.values()), PERSON)))["security_profiles"] = profiles
        profiles = sorted({profile for names in output.values() for profile in names})
        the(stack, "data.aws_connect_security_profile.security_profiles")["for_each"] = {
            name: name for name in profiles
        }

    return edit


PERSON = {
    "first_name": "Cy",
    "last_name": "Agent",
    "phone_type": "SOFT_PHONE",
    "routing_profile": "Basic Routing Profile",
}

CROWD = 50
"""How many agents the crowd's stack has: a tenth of them is as many as it takes for a mass removal."""


def crowd(count: int) -> Edit:
    """Make the first so many agents the crowd, in place of those of the CSV."""
    names = [f"agent.{number:02}@example.com" for number in range(count)]
    return lambda stack: stack["locals"].update(
        people={name: PERSON | {"security_profiles": ["Agent"]} for name in names}
    )


TRUST = "aws_iam_role.Okta_Role"
FEDERATION = "aws_iam_policy.federation"
BUCKET = "connect-dev-111122223333-us-east-1"


def _more_people(stack: dict[str, Any]) -> None:
    """Twelve agents besides the two people of the file, so that a tenth is more than one."""
    people(lambda who: who.update({f"agent{number:02}@example.com": ["Agent"] for number in range(12)}))(stack)


def assign(app: str, group: str) -> Edit:
    """Assign an existing Okta group to an app."""

    def edit(stack: dict[str, Any]) -> None:
        the(stack, f"okta_app_group_assignment.{app}")["for_each"][group] = group
        the(stack, "data.okta_group.groups")["for_each"][group] = group

    return edit


def authentication_policy(app: str, name: str, *, read_only: bool = False) -> Edit:
    """Look an authentication policy up, and, unless `read_only`, make it the app's."""

    def edit(stack: dict[str, Any]) -> None:
        stack["data"].setdefault("okta_policy", {})["factors"] = {"name": name, "type": "ACCESS_POLICY"}
        if not read_only:
            the(stack, app)["authentication_policy"] = "${data.okta_policy.factors.id}"

    return edit


def _second_statement(document: Any) -> None:
    document["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}
    )


def _reworded_trust(document: Any) -> None:
    """The same trust, written differently in every way that means nothing."""
    [entry] = document["Statement"]
    entry["Sid"] = "Renamed"
    entry["Action"] = ["sts:AssumeRoleWithSAML"]
    [entry["Principal"]["Federated"]] = entry["Principal"]["Federated"]
    entry["Condition"]["StringEquals"]["SAML:aud"].reverse()
    document["Statement"] = entry


def _remove_app(stack: dict[str, Any]) -> None:
    for kind in ("okta_app_saml", "okta_app_group_assignment", "aws_iam_saml_provider"):
        del stack["resource"][kind]["ccp"]
    del stack["resource"]["aws_iam_role"]["Okta_CCP_Role"]
    del stack["resource"]["aws_iam_role_policy_attachment"]["Okta_CCP_Role"]
    del stack["output"]["apps"]["value"]["ccp"]
    stack["output"].pop("by_hand", None)
    stack["check"].pop("api_integration_ccp", None)


def _rename_saml_provider(stack: dict[str, Any]) -> None:
    the(stack, "aws_iam_saml_provider.ccp")["name"] = "Okta_Other"
    the(stack, "aws_iam_saml_provider.ccp").pop("lifecycle")


SCENARIOS = (
    # --- what needs a decision -----------------------------------------------------------------------------------
    Scenario(
        "alias",
        "dev",
        setting("aws_connect_instance.instance", instance_alias="acme-contact-other"),
        frozenset(
            {
                ("instance-replaced", "aws_connect_instance.instance"),
                ("permission-widened", FEDERATION),
                ("relay-state-changed", "okta_app_saml.admin"),
                ("relay-state-changed", "okta_app_saml.ccp"),
            }
        ),
    ),
    Scenario(
        "alias-refused",
        "prod",
        setting("aws_connect_instance.instance", instance_alias="acme-contact-other"),
        frozenset({("instance-replaced", "aws_connect_instance.instance")}),
    ),
    Scenario(
        "trust-and-permissions",
        "dev",
        all_of(
            in_json(TRUST, "assume_role_policy", statement(lambda entry: entry.pop("Condition"))),
            in_json("aws_iam_role.Okta_CCP_Role", "assume_role_policy", _second_statement),
            in_json(FEDERATION, "policy", statement(lambda entry: entry.update(Resource="*"))),
            in_json(
                "aws_iam_policy.api_integration",
                "policy",
                statement(lambda entry: entry["Action"].append("iam:CreateAccessKey")),
            ),
            adding(
                "aws_iam_role_policy_attachment.more",
                role="Okta_Role",
                policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
            ),
            setting(
                "aws_iam_role.Okta_CCP_Role",
                inline_policy=[
                    {
                        "name": "more",
                        "policy": '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}',
                    }
                ],
            ),
            adding("aws_iam_access_key.second", user="${aws_iam_user.api_integration.name}"),
            lambda stack: stack["output"].update(
                second={"value": "${aws_iam_access_key.second.secret}", "sensitive": True}
            ),
        ),
        frozenset(
            {
                ("trust-widened", TRUST),
                ("trust-widened", "aws_iam_role.Okta_CCP_Role"),
                ("permission-widened", FEDERATION),
                ("permission-widened", "aws_iam_policy.api_integration"),
                ("permission-widened", "aws_iam_role_policy_attachment.more"),
                ("permission-widened", "aws_iam_role.Okta_CCP_Role"),
                ("access-key-created", "aws_iam_access_key.second"),
                ("secret-read", "output.second"),
            }
        ),
    ),
    Scenario(
        "okta-app-settings",
        "prod",
        all_of(
            setting("okta_app_saml.ccp", sso_url="https://signin.aws.amazon.com/saml"),
            setting("okta_app_saml.ccp", recipient="https://signin.aws.amazon.com/saml"),
            setting("okta_app_saml.ccp", audience="urn:example:other"),
            setting("okta_app_saml.ccp", key_name="2027", key_years_valid=5),
            setting("okta_app_saml.admin", default_relay_state="https://eu-west-2.console.aws.amazon.com/"),
            lambda stack: the(stack, "okta_app_saml.admin")["attribute_statements"][1].update(values=["user.email"]),
            setting("okta_app_saml.admin", implicit_assignment=True),
        ),
        frozenset(
            {
                ("access-lost", "okta_app_saml.admin"),
                ("access-lost", "okta_app_saml.ccp"),
                ("last-administrator", 'aws_connect_user.users["Ada.Admin@example.com"]'),
                ("endpoint-changed", "okta_app_saml.ccp"),
                ("audience-changed", "okta_app_saml.ccp"),
                ("signing-changed", "okta_app_saml.ccp"),
                ("relay-state-changed", "okta_app_saml.admin"),
                ("session-name-changed", "okta_app_saml.admin"),
                ("app-open-to-all", "okta_app_saml.admin"),
            }
        ),
    ),
    Scenario(
        "catalogue-app-settings",
        "dev",
        all_of(
            in_json(
                "okta_app_saml.ccp",
                "app_settings_json",
                lambda settings: settings.update(overrideAcsURL="https://us-west-2.signin.aws.amazon.com/saml"),
            ),
            in_json("okta_app_saml.admin", "app_settings_json", lambda settings: settings.update(joinAllRoles=True)),
            setting("okta_app_saml.admin", status="INACTIVE"),
            setting("okta_app_saml.ccp", user_name_template="$${source.email}"),
        ),
        frozenset(
            {
                ("access-lost", "okta_app_saml.ccp"),
                ("endpoint-changed", "okta_app_saml.ccp"),
                ("session-name-changed", "okta_app_saml.ccp"),
                ("assertion-changed", "okta_app_saml.admin"),
                ("app-deactivated", "okta_app_saml.admin"),
                ("last-administrator", 'okta_app_group_assignment.admin["Contact Centre Admins"]'),
            }
        ),
    ),
    Scenario(
        "metadata",
        "dev",
        setting(
            "aws_iam_saml_provider.ccp",
            saml_metadata_document='${replace(okta_app_saml.ccp.metadata, okta_app_saml.ccp.entity_key, "exkOther")}',
        ),
        frozenset({("access-lost", "okta_app_saml.ccp"), ("metadata-changed", "aws_iam_saml_provider.ccp")}),
    ),
    Scenario(
        "app-replaced",
        "dev",
        setting("okta_app_saml.ccp", preconfigured_app="amazon_aws_sso"),
        frozenset({("app-replaced", "okta_app_saml.ccp"), ("metadata-changed", "aws_iam_saml_provider.ccp")}),
    ),
    Scenario(
        "saml-provider-and-role-replaced",
        "dev",
        all_of(_rename_saml_provider, setting("aws_iam_role.Okta_CCP_Role", name="Okta_Other_Role")),
        frozenset(
            {
                ("access-lost", "okta_app_saml.ccp"),
                ("saml-provider-replaced", "aws_iam_saml_provider.ccp"),
                ("role-replaced", "aws_iam_role.Okta_CCP_Role"),
            }
        ),
    ),
    Scenario(
        "app-removed",
        "dev",
        _remove_app,
        frozenset(
            {
                ("app-destroyed", "okta_app_saml.ccp"),
                ("saml-provider-destroyed", "aws_iam_saml_provider.ccp"),
                ("role-destroyed", "aws_iam_role.Okta_CCP_Role"),
            }
        ),
    ),
    Scenario(
        "admin-group-and-profile",
        "dev",
        all_of(
            assign("admin", "Contact Centre Supervisors"),
            people(lambda who: who.update({"Bo.Agent@example.com": ["Agent", "Admin"]})),
        ),
        frozenset(
            {
                ("admin-app-assigned", 'okta_app_group_assignment.admin["Contact Centre Supervisors"]'),
                ("admin-profile-gained", 'aws_connect_user.users["Bo.Agent@example.com"]'),
            }
        ),
    ),
    Scenario(
        "admin-group-by-mapping",
        "staging",
        all_of(
            lambda stack: the(stack, "okta_group_rule.admin").update(
                expression_value='isMemberOfAnyGroup("${data.okta_group.groups["Contact Centre Admins"].id}",'
                ' "${data.okta_group.groups["Contact Centre Agents"].id}")'
            ),
            setting("okta_group.workspace", name="aws#staging-workspace#Other_Role#444455556666"),
        ),
        frozenset(
            {
                ("admin-app-assigned", "okta_group_rule.admin"),
                ("assertion-changed", "okta_group.workspace"),
                ("access-lost", "okta_app_saml.workspace"),
            },
        ),
    ),
    Scenario(
        "last-administrator",
        "dev",
        people(lambda who: who.update({"Ada.Admin@example.com": ["Agent"]})),
        frozenset({("last-administrator", 'aws_connect_user.users["Ada.Admin@example.com"]')}),
    ),
    Scenario(
        "storage",
        "dev",
        all_of(
            setting("aws_s3_bucket_public_access_block.recordings", block_public_policy=False),
            without("aws_s3_bucket_policy.recordings"),
            lambda stack: the(stack, "aws_s3_bucket_server_side_encryption_configuration.recordings").update(
                rule=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
            ),
            setting("aws_s3_bucket_versioning.recordings", versioning_configuration={"status": "Suspended"}),
            setting("aws_kms_key.recordings", enable_key_rotation=False, deletion_window_in_days=7),
            in_json(
                "aws_kms_key.recordings",
                "policy",
                statement(lambda entry: entry.update(Principal={"AWS": ["111122223333", "444455556666"]})),
            ),
            lambda stack: the(stack, "aws_connect_instance_storage_config.call_recordings")["storage_config"][
                "s3_config"
            ].pop("encryption_config"),
            lambda stack: [
                block.pop("depends_on") for block in stack["resource"]["aws_connect_instance_storage_config"].values()
            ],
        ),
        frozenset(
            {
                ("public-access", "aws_s3_bucket_public_access_block.recordings"),
                ("encryption-weakened", "aws_s3_bucket_policy.recordings"),
                ("encryption-weakened", "aws_s3_bucket_server_side_encryption_configuration.recordings"),
                ("storage-weakened", "aws_s3_bucket_versioning.recordings"),
                ("encryption-weakened", "aws_kms_key.recordings"),
                ("storage-weakened", "aws_kms_key.recordings"),
                ("permission-widened", "aws_kms_key.recordings"),
                ("encryption-weakened", "aws_connect_instance_storage_config.call_recordings"),
            }
        ),
    ),
    Scenario(
        "forgotten",
        "dev",
        all_of(
            without("aws_kms_alias.recordings"),
            lambda stack: stack.update(removed=[{"from": "aws_kms_alias.recordings", "lifecycle": {"destroy": False}}]),
        ),
        frozenset({("forgotten", "aws_kms_alias.recordings")}),
    ),
    Scenario(
        "destroyed",
        "dev",
        all_of(),
        frozenset(
            {
                ("instance-destroyed", "aws_connect_instance.instance"),
                ("saml-provider-destroyed", "aws_iam_saml_provider.admin"),
                ("saml-provider-destroyed", "aws_iam_saml_provider.ccp"),
                ("role-destroyed", "aws_iam_role.Okta_Role"),
                ("role-destroyed", "aws_iam_role.Okta_CCP_Role"),
                ("app-destroyed", "okta_app_saml.admin"),
                ("app-destroyed", "okta_app_saml.ccp"),
                ("last-administrator", 'aws_connect_user.users["Ada.Admin@example.com"]'),
                ("last-administrator", 'okta_app_group_assignment.admin["Contact Centre Admins"]'),
                ("storage-destroyed", "aws_s3_bucket.recordings"),
                ("storage-destroyed", "aws_kms_key.recordings"),
            }
        ),
        close_to=frozenset({"mass-removal"}),
        options=("-destroy",),
    ),
    Scenario(
        "roles-sessions-and-factors",
        "dev",
        all_of(
            in_json(
                "okta_app_group_assignment.ccp", "profile", lambda profile: profile["samlRoles"].append("Okta_Role")
            ),
            in_json("okta_app_saml.ccp", "app_settings_json", lambda values: values.update(sessionDuration=86400)),
            authentication_policy("okta_app_saml.admin", "Password only"),
        ),
        frozenset(
            {
                ("access-lost", "okta_app_saml.ccp"),
                ("role-assigned", 'okta_app_group_assignment.ccp["Contact Centre Agents"]'),
                ("session-lengthened", "okta_app_saml.ccp"),
                ("authentication-policy-changed", "okta_app_saml.admin"),
            }
        ),
    ),
    Scenario(
        "crowd-cut-short",
        "prod-users",
        crowd(CROWD - 6),
        frozenset({("mass-removal", "aws_connect_user.users")}),
    ),
    # --- what comes close and does not ---------------------------------------------------------------------------
    Scenario(
        "label",
        "dev",
        setting("okta_app_saml.ccp", label="Contact Control Panel"),
        close_to=frozenset({"app-destroyed", "app-deactivated", "app-replaced", "audience-changed"}),
    ),
    Scenario(
        "telephony",
        "dev",
        setting("aws_connect_instance.instance", contact_flow_logs_enabled=True),
        close_to=frozenset({"instance-destroyed", "instance-replaced"}),
    ),
    Scenario(
        "administration-handed-over",
        "dev",
        people(lambda who: who.update({"Ada.Admin@example.com": ["Agent"], "Bo.Agent@example.com": ["Admin"]})),
        # He has the profile, and still only the agents' app.
        frozenset(
            {
                ("admin-profile-gained", 'aws_connect_user.users["Bo.Agent@example.com"]'),
                ("last-administrator", 'aws_connect_user.users["Ada.Admin@example.com"]'),
            }
        ),
    ),
    Scenario(
        "administration-shared",
        "dev",
        people(lambda who: who.update({"Ada.Admin@example.com": ["Admin", "Agent"]})),
        close_to=frozenset({"last-administrator", "access-lost", "access-in-doubt"}),
    ),
    Scenario(
        "a-tenth-of-the-crowd",
        "prod-users",
        crowd(CROWD - 5),
        close_to=frozenset({"mass-removal", "access-lost-by-many"}),
    ),
    Scenario(
        "harmless-iam",
        "dev",
        all_of(
            in_json(TRUST, "assume_role_policy", _reworded_trust),
            setting("aws_iam_role.Okta_CCP_Role", description="Other words"),
            in_json(
                "aws_iam_role.Okta_CCP_Role",
                "assume_role_policy",
                statement(lambda entry: entry["Condition"]["StringEquals"]["SAML:aud"].pop(0)),
            ),
            in_json(
                "aws_iam_policy.api_integration",
                "policy",
                statement(lambda entry: entry.update(Action="iam:ListRoles")),
            ),
            setting(
                "aws_iam_saml_provider.ccp",
                tags={"team": "contact-centre"},
                saml_metadata_document=r'${replace(okta_app_saml.ccp.metadata, "><", ">\n  <")}',
            ),
            setting("aws_iam_access_key.api_integration", status="Inactive"),
            lambda stack: stack["output"].update(key_of={"value": "${aws_iam_access_key.api_integration.user}"}),
        ),
        close_to=frozenset(
            {
                "saml-provider-destroyed",
                "saml-provider-replaced",
                "role-destroyed",
                "role-replaced",
                "trust-widened",
                "permission-widened",
                "session-lengthened",
                "access-key-created",
                "secret-read",
                "metadata-changed",
            }
        ),
    ),
    Scenario(
        "harmless-catalogue-app",
        "dev",
        all_of(
            in_json("okta_app_saml.ccp", "app_settings_json", lambda values: values.update(sessionDuration=3600)),
            in_json("okta_app_group_assignment.ccp", "profile", lambda profile: profile.update(samlRoles=[])),
            authentication_policy("okta_app_saml.ccp", "Any two factors", read_only=True),
        ),
        findings=frozenset({("access-lost", "okta_app_saml.ccp")}),
        close_to=frozenset({"role-assigned", "session-lengthened", "authentication-policy-changed"}),
    ),
    Scenario(
        "harmless-okta",
        "prod",
        all_of(
            lambda stack: the(stack, "okta_app_saml.ccp")["attribute_statements"].reverse(),
            setting("okta_app_saml.ccp", hide_ios=True, enduser_note="Use a headset"),
            lambda stack: the(stack, "okta_app_saml.admin")["attribute_statements"][2].update(values=['"3600"']),
        ),
        close_to=frozenset(
            {
                "signing-changed",
                "endpoint-changed",
                "relay-state-changed",
                "assertion-changed",
                "session-name-changed",
                "session-lengthened",
                "app-open-to-all",
            }
        ),
    ),
    Scenario(
        "agents-come-and-go",
        "dev",
        all_of(
            _more_people,
            people(lambda who: who.pop("Bo.Agent@example.com")),
            assign("ccp", "Contact Centre Supervisors"),
            lambda stack: the(stack, "okta_app_group_assignment.ccp")["for_each"].pop("Contact Centre Agents"),
        ),
        findings=frozenset({("access-lost", 'okta_app_group_assignment.ccp["Contact Centre Agents"]')}),
        close_to=frozenset({"admin-app-assigned", "admin-profile-gained", "last-administrator", "mass-removal"}),
    ),
    Scenario(
        "harmless-storage",
        "dev",
        all_of(
            in_json(
                "aws_s3_bucket_policy.recordings", "policy", statement(lambda entry: entry.update(Sid="HttpsOnly"))
            ),
            setting("aws_kms_key.recordings", description="Recordings"),
            setting("aws_s3_bucket.recordings", tags={"team": "contact-centre"}),
        ),
        close_to=frozenset({"storage-destroyed", "encryption-weakened", "public-access", "storage-weakened"}),
    ),
    Scenario(
        "moved",
        "dev",
        all_of(
            lambda stack: stack["resource"]["aws_s3_bucket_versioning"].update(
                renamed=stack["resource"]["aws_s3_bucket_versioning"].pop("recordings")
            ),
            lambda stack: stack.update(
                moved=[{"from": "aws_s3_bucket_versioning.recordings", "to": "aws_s3_bucket_versioning.renamed"}]
            ),
            lambda stack: [
                block.pop("depends_on") for block in stack["resource"]["aws_connect_instance_storage_config"].values()
            ],
        ),
        close_to=frozenset({"forgotten", "storage-weakened"}),
    ),
    Scenario(
        "other-resource",
        "dev",
        adding("terraform_data.note", input="nothing to do with sign-in"),
        close_to=frozenset({"unknown-resource", "new-environment"}),
    ),
)
"""Every scenario; those without findings come close to one and are none."""
