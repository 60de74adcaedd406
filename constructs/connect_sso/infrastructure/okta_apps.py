"""The Okta side of an app: the catalogue's AWS app, or a custom SAML app, one tile each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from cdktf import TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_okta.app_saml import AppSaml, AppSamlAttributeStatements
from cdktf_cdktf_provider_okta.data_okta_policy import DataOktaPolicy

from connect_sso.facts.escaping import literal
from connect_sso.infrastructure.addresses import named
from connect_sso.infrastructure.app_settings import CATALOGUE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

USER_NAME_TEMPLATES: Final = {"login": "${source.login}", "email": "${source.email}"}
"""Okta attribute to the template that fills an app's user name with it; both are built in.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/
"""

_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"


class AppKind(TerraformResource):
    """Marks which kind of Okta app the environment uses, so that another kind means new apps.

    An app cannot turn from one kind into the other, but the provider would try to update it in place.
    """

    def __init__(self, scope: Construct, construct_id: str, *, kind: str) -> None:
        # Not cdktf's DataResource, which starts Terraform at every synthesis to ask for its version.
        super().__init__(scope, construct_id, terraform_resource_type="terraform_data")
        named(self, "app_kind")
        self.add_override("input", {"okta_app": kind})
        self.replaces: Final = ["terraform_data.app_kind"]
        """For `replace_triggered_by`."""


class AuthenticationPolicy(DataOktaPolicy):
    """An existing app sign-in policy of Okta, found by its name."""

    def __init__(self, scope: Construct, construct_id: str, *, app: str, name: str) -> None:
        super().__init__(scope, construct_id, name=literal(name), type="ACCESS_POLICY")
        named(self, app)


class EveryApp(TypedDict):
    """What every kind of app is given."""

    key: str
    """In the environment file."""
    label: str
    relay_state: str
    username: str
    """The attribute of Okta that people sign in with, `login` or `email`."""
    authentication_policy: AuthenticationPolicy | None
    kind: AppKind


class OktaApp(AppSaml):
    """One `okta_app_saml`. The subclasses say which kind."""

    def __init__(self, scope: Construct, construct_id: str, app: EveryApp, **of_its_kind: Any) -> None:
        policy = app["authentication_policy"]
        super().__init__(
            scope,
            construct_id,
            label=literal(app["label"]),
            status="ACTIVE",
            default_relay_state=app["relay_state"],
            user_name_template=literal(USER_NAME_TEMPLATES[app["username"]]),
            user_name_template_type="BUILT_IN",
            authentication_policy=policy.id if policy else None,
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=app["kind"].replaces),
            **of_its_kind,
        )
        self.key: str = app["key"]
        named(self, self.key)


class CatalogueApp(OktaApp):
    """Okta's catalogue app "AWS Account Federation".

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: str, **app: Unpack[EveryApp]) -> None:
        super().__init__(scope, construct_id, app, preconfigured_app=CATALOGUE_NAME, app_settings_json=settings)


def api_integration_check(*, key: str, label: str) -> dict[str, object]:
    """A `check` block that warns, at every plan, until somebody has enabled the app's API integration by hand."""
    return {
        "assert": [
            {
                "condition": f'${{contains(okta_app_saml.{key}.features, "PUSH_NEW_USERS")}}',
                "error_message": f'API integration of the Okta app "{literal(label)}" is not enabled yet, and Okta has no '
                "API for it: the output by_hand says what to enter in its admin console.",
            }
        ]
    }


class CustomSamlApp(OktaApp):
    """A custom SAML 2.0 app whose attribute statements carry the app's one role.

    The attributes: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        sign_in_endpoint: str,
        audience: str,
        role_arn: str,
        saml_provider_arn: str,
        session_duration: int,
        session_tags: Mapping[str, str],
        **app: Unpack[EveryApp],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            app,
            sso_url=sign_in_endpoint,
            recipient=sign_in_endpoint,
            destination=sign_in_endpoint,
            audience=audience,
            subject_name_id_template=literal("${user.userName}"),
            subject_name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            response_signed=True,
            assertion_signed=True,
            signature_algorithm="RSA_SHA256",
            digest_algorithm="SHA256",
            honor_force_authn=False,
            authn_context_class_ref="urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            attribute_statements=_statements(
                {
                    # Text in quotes is a constant to Okta's expression language.
                    "Role": f'"{role_arn},{saml_provider_arn}"',
                    "RoleSessionName": f"user.{app['username']}",
                    "SessionDuration": f'"{session_duration}"',
                    **{f"PrincipalTag:{tag}": expression for tag, expression in sorted(session_tags.items())},
                }
            ),
        )


def _statements(attributes: Mapping[str, str]) -> Sequence[AppSamlAttributeStatements]:
    return [
        AppSamlAttributeStatements(
            name=f"{_ATTRIBUTE}{literal(name)}",
            type="EXPRESSION",
            namespace="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
            values=[literal(expression)],
        )
        for name, expression in attributes.items()
    ]
