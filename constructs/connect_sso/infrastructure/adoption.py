"""What was set up by hand and taken over stays as it was found, where the environment file has no words for it.

docs/existing-company.md says what that means for whoever works with such an environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdktf import TerraformResource

from connect_sso.environment.derived_names import role_address
from connect_sso.facts.escaping import quoted
from connect_sso.infrastructure.addresses import address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdktf import TerraformStack

    from connect_sso.environment.model import App, Environment
    from connect_sso.environment.values import AdoptedPart
    from connect_sso.infrastructure.okta_apps import FederationApp

OURS: Final = "emergency-access"
"""The construct that is never found: a way in without Okta is made as the file says."""

_TAGGED: Final = ("aws_iam_policy", "aws_iam_role", "aws_iam_saml_provider", "aws_iam_user")

_OKTA_APP: Final = (
    "accessibility_error_redirect_url",
    "accessibility_login_redirect_url",
    "accessibility_self_service",
    "acs_endpoints",
    "admin_note",
    "app_links_json",
    "app_settings_json",
    "assertion_signed",
    "attribute_statements",
    "audience",
    "authn_context_class_ref",
    "auto_submit_toolbar",
    "destination",
    "digest_algorithm",
    "enduser_note",
    "hide_ios",
    "hide_web",
    "honor_force_authn",
    "idp_issuer",
    "implicit_assignment",
    "inline_hook_id",
    "logo",
    "recipient",
    "request_compressed",
    "response_signed",
    "saml_signed_request_enabled",
    "signature_algorithm",
    "single_logout_certificate",
    "single_logout_issuer",
    "single_logout_url",
    "sp_issuer",
    "sso_url",
    "subject_name_id_format",
    "subject_name_id_template",
    "user_name_template_push_status",
    "user_name_template_suffix",
)
"""All of an app but its label, its landing page, who Okta says the person is, and its authentication policy."""

LEFT: Final[dict[AdoptedPart, dict[str, tuple[str, ...]]]] = {
    "apps": {
        "okta_app_group_assignment": ("profile",),
        "okta_app_saml": _OKTA_APP,
        "okta_app_user": ("profile",),
        "okta_group": ("custom_profile_attributes", "description", "name"),
        "okta_group_rule": ("name", "remove_assigned_users", "users_excluded"),
    },
    "permissions": {"aws_iam_policy": ("policy",)},
    "roles": {
        "aws_iam_role": ("description", "max_session_duration", "permissions_boundary"),
        "aws_iam_user": ("path", "permissions_boundary"),
    },
    "tags": dict.fromkeys(_TAGGED, ("tags", "tags_all")),
    "trust": {"aws_iam_role": ("assume_role_policy",)},
}
"""The parts that `adopted` may name: resource type to the attributes that Terraform leaves as they were found."""


def leave_as_found(stack: TerraformStack, environment: Environment) -> None:
    """Have the stack's resources keep what `adopted` names, besides what they leave alone anyway.

    What the file does say is kept by Terraform all the same: a permissions boundary, and `aws.tags` besides the tags that are there.
    """
    said = {"permissions_boundary"} if environment.federation.permissions_boundary else set()
    if environment.aws.tags:
        said.add("tags_all")
    left: dict[str, set[str]] = {}
    for part, kinds in LEFT.items():
        if environment.leaves(part):
            for kind, attributes in kinds.items():
                left.setdefault(kind, set()).update(set(attributes) - said)
    if not left:
        return
    for element in stack.node.find_all():
        if TerraformResource.is_terraform_resource(element) and OURS not in element.node.path.split("/"):
            resource: Any = element
            if names := left.get(resource.terraform_resource_type):
                already = resource.lifecycle.ignore_changes if resource.lifecycle else None
                resource.add_override("lifecycle.ignore_changes", sorted({*(already or ()), *names}))


def as_found_checks(environment: Environment, okta_apps: Mapping[str, FederationApp]) -> dict[str, object]:
    """`check` blocks that warn, at every plan, where what stays as it was found is not what the file says by now.

    Terraform changes nothing of it, and would else say nothing either.
    """
    found: dict[str, list[dict[str, str]]] = {}
    for role in environment.roles:
        found[f"as_found_role_{role_address(role)}"] = list(_role(environment, role))
    for key, app in environment.apps.items():
        found[f"as_found_app_{key}"] = list(_app(environment, key, app, address(okta_apps[key])))
    return {name: {"assert": asserts} for name, asserts in found.items() if asserts}


def _role(environment: Environment, role: str) -> Iterator[dict[str, str]]:
    iam_role = f"aws_iam_role.{role_address(role)}"
    if environment.leaves("trust"):
        for key in environment.roles[role]:
            arn = environment.provider_arn(environment.apps[key])
            yield _assert(
                f"strcontains({iam_role}.assume_role_policy, {quoted(arn)})",
                f"The trust policy of the role {role} does not name {arn}, through which the app {key} signs in",
                "trust",
            )
    if environment.leaves("roles"):
        seconds = environment.role_session_duration(role)
        yield _assert(
            f"{iam_role}.max_session_duration >= {seconds}",
            f"The role {role} allows shorter sessions than the {seconds} seconds that the file says",
            "roles",
        )


def _app(environment: Environment, key: str, app: App, okta_app: str) -> Iterator[dict[str, str]]:
    if not environment.leaves("apps"):
        return
    seconds, provider = environment.session_duration(app), environment.provider_arn(app)
    mode = environment.okta.role_assignment
    if mode == "saml_app":
        statements = f"jsonencode({okta_app}.attribute_statements)"
        sends_provider = f"strcontains({statements}, {quoted(provider)})"
        sends_role = f"strcontains({statements}, {quoted(environment.role_arn(app))})"
        lasts = (
            f'anytrue([for each in {okta_app}.attribute_statements : endswith(each.name, "/SessionDuration") && '
            f'trim(join("", each.values), "\\"") == "{seconds}"])'
        )
    else:
        settings = f"jsondecode({okta_app}.app_settings_json)"
        sends_provider = f'strcontains(try({settings}.identityProviderArn, ""), {quoted(provider)})'
        lasts = f"try({settings}.sessionDuration == {seconds}, false)"
        assigned = f"okta_app_group_assignment.{key}"
        if mode == "group_mapping":
            sends_role = f"strcontains(okta_group.{key}.name, {quoted(f'#{app.role}#')})"
        else:
            sends_role = (
                f'alltrue([for each in {assigned} : strcontains(coalesce(each.profile, "-"), {quoted(app.role)})])'
            )
    yield _assert(sends_provider, f"The Okta app {key} does not send the SAML provider {provider}", "apps")
    if mode != "api_integration" or app.groups:
        yield _assert(sends_role, f"The Okta app {key} does not send the role {app.role}", "apps")
    yield _assert(lasts, f"The Okta app {key} does not ask for the {seconds} seconds that the file says", "apps")


def _assert(condition: str, what: str, part: AdoptedPart) -> dict[str, str]:
    return {
        "condition": f"${{{condition}}}",
        "error_message": f"{what}, and the file's word does not count: it stays as it was found. Take {part} out of `adopted` "
        "in the environment file to have Terraform set it (docs/existing-company.md).",
    }
