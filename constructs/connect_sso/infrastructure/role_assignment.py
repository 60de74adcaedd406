"""The three ways Okta learns which role a person gets, one class each. Only here is it asked which one it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cdktf import TerraformOutput
from constructs import Construct

from connect_sso.environment.derived_names import group_rule
from connect_sso.facts.escaping import literal
from connect_sso.facts.okta_apps import catalogue_settings
from connect_sso.infrastructure import manual_steps
from connect_sso.infrastructure.catalogue_app import CatalogueApp, api_integration_check, app_settings_json
from connect_sso.infrastructure.federation import ApiIntegrationUser
from connect_sso.infrastructure.okta_apps import CustomSamlApp
from connect_sso.infrastructure.okta_assignments import (
    GroupAssignments,
    Groups,
    People,
    PersonAssignments,
    RoleGroup,
    RoleGroupAssignment,
    RoleGroupMembers,
    RoleGroupRule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from cdktf import TerraformStack

    from connect_sso.environment.model import App, Environment
    from connect_sso.environment.values import RoleAssignment
    from connect_sso.infrastructure.okta_apps import EveryApp, FederationApp


class Mode(ABC):
    """What depends on the way: the kind of app, who is assigned to it and how, and what is left to do by hand."""

    def __init__(self, stack: TerraformStack, *, name: str, environment: Environment) -> None:
        """Remember where to declare, and for which environment."""
        self.stack = stack
        self.name = name
        self.environment = environment

    @abstractmethod
    def declare_app(self, app: App, **every_app: Unpack[EveryApp]) -> FederationApp:
        """Declare the Okta app."""

    @abstractmethod
    def assign(self, okta_app: FederationApp, app: App) -> None:
        """Give the app to its groups and to the people who have it one by one."""

    def checks(self, okta_apps: Mapping[str, FederationApp]) -> dict[str, object]:
        """`check` blocks, by name."""
        return {"people_without_access": self.people.left_out()} if self.names_in_okta else {}

    def precondition(self) -> dict[str, str] | None:
        """What must hold before anything is changed."""
        return self.people.somebody_is_found() if self.names_in_okta else None

    def steps_by_hand(self) -> list[str]:
        """What no API can do; also declares what those steps need."""
        return []

    @cached_property
    def group_names(self) -> Sequence[str]:
        """The existing groups of all apps, each once."""
        return sorted({group for app in self.environment.apps.values() for group in app.groups})

    @cached_property
    def groups(self) -> Groups:
        """The existing groups of all apps; declared when an app first asks for one."""
        return Groups(self.stack, "okta-groups", names=self.group_names)

    @cached_property
    def names_in_okta(self) -> Mapping[str, str]:
        """Everybody who is assigned one by one: Connect user name to the name in Okta."""
        return {user.username: user.okta_login or user.username for user in self.environment.users if user.apps}

    @cached_property
    def people(self) -> People:
        """Everybody who is assigned one by one; declared when an app first asks for one."""
        return People(
            self.stack,
            "okta-users",
            names=self.names_in_okta,
            attribute=self.environment.okta.username_attribute,
        )

    def members(self, app: str) -> list[str]:
        """The user names of those who are assigned to an app one by one."""
        return [user.username for user in self.environment.users if app in user.apps]

    def _assign_directly(self, okta_app: FederationApp, app: App, *, role: str | None) -> None:
        key = okta_app.key
        if app.groups:
            GroupAssignments(self.stack, f"groups.{key}", app=okta_app, groups=self.groups, names=app.groups, role=role)
        if usernames := self.members(key):
            PersonAssignments(
                self.stack, f"people.{key}", app=okta_app, people=self.people, usernames=usernames, role=role
            )

    def _catalogue_app(self, app: App, every_app: EveryApp, *, role_group: str | None) -> CatalogueApp:
        aws = self.environment.aws
        settings = catalogue_settings(
            partition=aws.partition,
            saml_provider=app.saml_provider,
            saml_provider_arn=self.environment.provider_arn(app),
            role_path=self.environment.federation.path,
            sign_in_endpoint=aws.sign_in_endpoint,
            session_duration=self.environment.session_duration(app),
            role_group=role_group,
        )
        return CatalogueApp(self.stack, f"okta.{every_app['key']}", settings=app_settings_json(settings), **every_app)


class SamlAppMode(Mode):
    """`saml_app`: a custom SAML app whose attribute statements carry its one role. Assignments carry nothing."""

    def declare_app(self, app: App, **every_app: Unpack[EveryApp]) -> FederationApp:
        aws = self.environment.aws
        return CustomSamlApp(
            self.stack,
            f"okta.{every_app['key']}",
            sign_in_endpoint=aws.sign_in_endpoint,
            audience=aws.partition.audience,
            role_arn=self.environment.role_arn(app),
            saml_provider_arn=self.environment.provider_arn(app),
            session_duration=self.environment.session_duration(app),
            session_tags=app.session_tags,
            **every_app,
        )

    def assign(self, okta_app: FederationApp, app: App) -> None:
        self._assign_directly(okta_app, app, role=None)


class GroupMappingMode(Mode):
    """`group_mapping`: the catalogue app reads the role from the name of a role group; whoever is in that group has it."""

    def declare_app(self, app: App, **every_app: Unpack[EveryApp]) -> FederationApp:
        return self._catalogue_app(app, every_app, role_group=self.environment.role_group(self.name, every_app["key"]))

    def assign(self, okta_app: FederationApp, app: App) -> None:
        key = okta_app.key
        scope = Construct(self.stack, f"role-group.{key}")
        group = RoleGroup(scope, "group", app=okta_app, name=self.environment.role_group(self.name, key))
        RoleGroupAssignment(scope, "assignment", app=okta_app, role_group=group)
        if app.groups:
            RoleGroupRule(
                scope,
                "rule",
                role_group=group,
                name=group_rule(self.name, key),
                groups=self.groups,
                names=app.groups,
            )
        if usernames := self.members(key):
            RoleGroupMembers(scope, "members", role_group=group, people=self.people, usernames=usernames)


class ApiIntegrationMode(Mode):
    """`api_integration`: the catalogue app imports the account's roles, and each assignment carries one."""

    def declare_app(self, app: App, **every_app: Unpack[EveryApp]) -> FederationApp:
        return self._catalogue_app(app, every_app, role_group=None)

    def assign(self, okta_app: FederationApp, app: App) -> None:
        self._assign_directly(okta_app, app, role=app.role)

    def checks(self, okta_apps: Mapping[str, FederationApp]) -> dict[str, object]:
        return super().checks(okta_apps) | {
            f"api_integration_{key}": api_integration_check(okta_app, label=self.environment.apps[key].label)
            for key, okta_app in okta_apps.items()
        }

    def steps_by_hand(self) -> list[str]:
        integration = self.environment.api_integration
        user = ApiIntegrationUser(
            self.stack,
            "api-integration",
            user=integration.user,
            policy=integration.policy,
            access_key=integration.access_key,
            path=self.environment.federation.path,
            permissions_boundary=self.environment.federation.permissions_boundary,
        )
        key = user.access_key
        if key is not None:
            what_for = "For Okta's API integration."
            TerraformOutput(self.stack, "access_key_id", value=key.id, description=what_for)
            TerraformOutput(self.stack, "access_key_secret", value=key.secret, sensitive=True, description=what_for)
        return [
            manual_steps.enable_api_integration(
                environment=self.name,
                labels=[literal(app.label) for app in self.environment.apps.values()],
                integration=integration,
                access_key_id=key.id if key else None,
            )
        ]


BY_NAME: Final[Mapping[RoleAssignment, type[Mode]]] = {
    "saml_app": SamlAppMode,
    "group_mapping": GroupMappingMode,
    "api_integration": ApiIntegrationMode,
}
"""The value of `okta.role_assignment` to its class."""
