"""The Okta side of an app, one tile each: what every kind has, and the custom SAML app. The other kind is in catalogue_app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_okta.app_saml import AppSaml, AppSamlAttributeStatements
from cdktf_cdktf_provider_okta.data_okta_policy import DataOktaPolicy

from connect_sso.facts.escaping import literal
from connect_sso.facts.okta_apps import CATALOGUE_NAME, CUSTOM_SIGN_ON, STATEMENT_NAMESPACE, STATEMENT_TYPE
from connect_sso.facts.okta_profile import BUILT_IN_SOURCES, provider_name, user_name_template
from connect_sso.infrastructure.addresses import named
from connect_sso.saml import attributes as saml_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct


KIND_MARKER_ADDRESS: Final = "terraform_data.app_kind"
"""What earlier releases replaced apps by; it is forgotten, see docs/decisions/app-kind.md."""


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
    """The attribute of Okta's profile that equals the Connect user name."""
    authentication_policy: AuthenticationPolicy | None


class FederationApp(AppSaml):
    """One `okta_app_saml`. The subclasses say which kind."""

    def __init__(self, scope: Construct, construct_id: str, app: EveryApp, **of_its_kind: Any) -> None:
        policy = app["authentication_policy"]
        super().__init__(
            scope,
            construct_id,
            label=literal(app["label"]),
            status="ACTIVE",
            default_relay_state=app["relay_state"],
            user_name_template=literal(user_name_template(app["username"])),
            user_name_template_type="BUILT_IN" if app["username"] in BUILT_IN_SOURCES else "CUSTOM",
            authentication_policy=policy.id if policy else None,
            **of_its_kind,
        )
        self.key: str = app["key"]
        named(self, self.key)


class CustomSamlApp(FederationApp):
    """A custom SAML 2.0 app whose attribute statements carry the app's one role."""

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
            # The other way round the provider replaces the app by itself.
            lifecycle=TerraformResourceLifecycle(postcondition=[_is_no_catalogue_app(app)]),
            attribute_statements=_statements(
                saml_attributes.statements(
                    role_arn=role_arn,
                    saml_provider_arn=saml_provider_arn,
                    username=app["username"],
                    session_duration=session_duration,
                    session_tags=session_tags,
                )
            ),
            **{
                provider_name(name): literal(value) if isinstance(value, str) else value
                for name, value in CUSTOM_SIGN_ON.items()
            },
        )


def _is_no_catalogue_app(app: EveryApp) -> Postcondition:
    # What an app was made from stays in its state, and the provider plans an update in place that ends with an app of
    # neither kind.
    return Postcondition(
        condition=f'${{self.preconfigured_app != "{CATALOGUE_NAME}"}}',
        error_message=f'The Okta app "{literal(app["label"])}" is the catalogue\'s AWS app, which cannot become a custom one. To replace '
        "it (nobody signs in through it meanwhile, and its certificate is a new one), plan and apply with "
        f"-replace=okta_app_saml.{app['key']}",
    )


def _statements(expressions: Mapping[str, str]) -> Sequence[AppSamlAttributeStatements]:
    return [
        AppSamlAttributeStatements(
            name=literal(name),
            type=STATEMENT_TYPE,
            namespace=STATEMENT_NAMESPACE,
            values=[literal(expression)],
        )
        for name, expression in expressions.items()
    ]
