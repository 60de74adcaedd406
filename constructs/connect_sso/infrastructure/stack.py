"""The two stacks of an environment. They only wire: what a part is stands in the part's own module."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdktf import TerraformLocal, TerraformOutput, TerraformStack

from connect_sso.environment.derived_names import bucket_name, crowd_stack, group_rule
from connect_sso.facts.escaping import literal
from connect_sso.infrastructure import instance as instances
from connect_sso.infrastructure import manual_steps, recordings
from connect_sso.infrastructure.addresses import named
from connect_sso.infrastructure.app_settings import app_settings_json
from connect_sso.infrastructure.backend import keep_state, use_aws, use_okta
from connect_sso.infrastructure.connect_users import ConnectUsers, people_map
from connect_sso.infrastructure.federation import ApiIntegrationUser, FederationPolicy, FederationRole, SamlProvider
from connect_sso.infrastructure.okta_apps import (
    AppKind,
    AuthenticationPolicy,
    CatalogueApp,
    CustomSamlApp,
    api_integration_check,
)
from connect_sso.infrastructure.okta_assignments import (
    GroupAssignments,
    GroupMembers,
    Groups,
    People,
    PersonAssignments,
    RoleGroup,
    group_member_checks,
)
from connect_sso.infrastructure.protection import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from connect_sso.environment.model import App, Environment
    from connect_sso.environment.people import Person
    from connect_sso.infrastructure.okta_apps import EveryApp, OktaApp

CROWD_FILE = "crowd.json"
"""Beside a crowd's cdk.tf.json: the map of its users."""

CROWD_NAMES_FILE = "crowd_names.json"
"""Beside an environment's cdk.tf.json: the crowd's user names, for the checks of group members."""


class ConnectSsoStack(TerraformStack):
    """One environment: the instance, the apps on both sides, and the people of the YAML file."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        people: Sequence[Person],
        crowd: Sequence[Person],
    ) -> None:
        """Declare the stack.

        Args:
            scope: the app.
            name: the environment's and the stack's name.
            environment: a valid environment.
            people: the people of the YAML file.
            crowd: the people of the CSV, of whom only the names matter here.
        """
        super().__init__(scope, name)
        self._name = name
        self._environment = environment
        self.files: dict[str, str] = {}
        """What Terraform reads beside the JSON, by file name; it lies in the stack's own folder."""
        keep_state(self, environment, name=name, crowd=False)
        use_aws(self, environment)
        use_okta(self, environment)

        instance = self._declare_instance()
        self._instance_id: str = instance.id
        self._instance_arn: str = instance.arn
        self._declare_recordings()
        self._forget_what_is_no_longer_made()

        self._checks: dict[str, object] = {}
        self._saml_providers: dict[str, SamlProvider] = {}
        self._okta_apps: dict[str, OktaApp] = {}
        kind = AppKind(self, "app-kind", kind="custom" if self._mode == "saml_app" else "catalogue")
        for app_name, app in environment.apps.items():
            self._declare_app(app_name, app, kind)
        self._roles = self._declare_roles()
        self._assign()
        self._declare_people(people, crowd)
        self._outputs(people)
        if self._checks:
            self.add_override("check", self._checks)  # cdktf has no construct for them

    @property
    def _mode(self) -> str:
        return self._environment.okta.role_assignment

    def _declare_instance(self) -> instances.NewInstance | instances.ExistingInstance:
        connect = self._environment.connect
        if connect.alias is None:
            return instances.ExistingInstance(self, "instance", instance_id=connect.instance_id)
        return instances.NewInstance(
            self,
            "instance",
            alias=connect.alias,
            inbound_calls=connect.inbound_calls,
            outbound_calls=connect.outbound_calls,
            early_media=connect.early_media,
            contact_lens=connect.contact_lens,
            flow_logs=connect.flow_logs,
            protect=connect.protect,
        )

    def _declare_recordings(self) -> None:
        aws, connect = self._environment.aws, self._environment.connect
        if not connect.storage_kinds:
            return
        bucket = bucket_name(self._name, aws.account_id, aws.region)
        recordings.Recordings(
            self,
            "recordings",
            instance_id=self._instance_id,
            environment=self._name,
            bucket=bucket,
            bucket_arn=aws.partition.arn("s3", bucket),
            account_root_arn=self._environment.iam_arn("root"),
            kinds=connect.storage_kinds,
            protect=connect.protect,
        )

    def _forget_what_is_no_longer_made(self) -> None:
        connect = self._environment.connect
        addresses: list[str] = []
        if connect.instance_id:
            addresses.append(instances.ADDRESS)
        if not connect.storage_kinds and connect.protect:
            addresses += recordings.BUCKET_ADDRESSES
        if connect.instance_id and connect.storage is None:
            # Nothing is said about an existing instance's storage, so it goes on storing where it does.
            addresses += recordings.ASSOCIATION_ADDRESSES
        forget(self, addresses)

    def _declare_app(self, app_name: str, app: App, kind: AppKind) -> None:
        environment = self._environment
        aws = environment.aws
        provider_arn = environment.provider_arn(app)
        policy = None
        if app.authentication_policy is not None:
            policy = AuthenticationPolicy(
                self, f"authentication-policy.{app_name}", app=app_name, name=app.authentication_policy
            )
        every_app: EveryApp = {
            "key": app_name,
            "label": app.label,
            "relay_state": environment.relay_state(app, self._instance_id),
            "username": environment.okta.username,
            "authentication_policy": policy,
            "kind": kind,
        }
        okta_app: OktaApp
        if self._mode == "saml_app":
            okta_app = CustomSamlApp(
                self,
                f"okta.{app_name}",
                sign_in_endpoint=aws.sign_in_endpoint,
                audience=aws.partition.audience,
                role_arn=environment.role_arn(app),
                saml_provider_arn=provider_arn,
                session_duration=environment.federation.session_duration,
                session_tags=app.session_tags,
                **every_app,
            )
        else:
            settings = app_settings_json(
                partition=aws.partition,
                saml_provider=app.saml_provider,
                saml_provider_arn=provider_arn,
                sign_in_endpoint=aws.sign_in_endpoint,
                session_duration=environment.federation.session_duration,
                role_group=environment.role_group(self._name, app_name) if self._mode == "group_mapping" else None,
            )
            okta_app = CatalogueApp(self, f"okta.{app_name}", settings=settings, **every_app)
        self._okta_apps[app_name] = okta_app
        self._saml_providers[app_name] = SamlProvider(
            self,
            f"saml-provider.{app_name}",
            app=app_name,
            name=app.saml_provider,
            metadata=okta_app.metadata,
            expected_arn=provider_arn,
        )
        if self._mode == "api_integration":
            self._checks[f"api_integration_{app_name}"] = api_integration_check(key=app_name, label=app.label)

    def _declare_roles(self) -> dict[str, FederationRole]:
        environment = self._environment
        policy = FederationPolicy(
            self, "federation-policy", name=environment.federation.policy, instance_arn=self._instance_arn
        )
        policy_arn = policy.arn
        return {
            role: FederationRole(
                self,
                f"role.{role}",
                name=role,
                trust=environment.trust(role),
                saml_providers=[self._saml_providers[name] for name in apps],
                session_duration=environment.federation.session_duration,
                policy_arn=policy_arn,
            )
            for role, apps in environment.roles.items()
        }

    def _assign(self) -> None:
        environment = self._environment
        attribute = environment.okta.username
        members = {
            name: [user.username for user in environment.users if name in user.apps] for name in environment.apps
        }
        groups = sorted({group for app in environment.apps.values() for group in app.groups})
        if groups:
            Groups(self, "okta-groups", names=groups)
        if assigned := {username for usernames in members.values() for username in usernames}:
            People(self, "okta-users", usernames=assigned, attribute=attribute)
        for name, app in environment.apps.items():
            okta_app = self._okta_apps[name]
            if self._mode == "group_mapping":
                RoleGroup(
                    self,
                    f"role-group.{name}",
                    app=okta_app,
                    group=environment.role_group(self._name, name),
                    rule=group_rule(self._name, name),
                    groups=app.groups,
                    usernames=members[name],
                )
                continue
            role = app.role if self._mode == "api_integration" else None
            if app.groups:
                GroupAssignments(self, f"groups.{name}", app=okta_app, groups=app.groups, role=role)
            if members[name]:
                PersonAssignments(
                    self, f"people.{name}", app=okta_app, usernames=members[name], attribute=attribute, role=role
                )

    def _declare_people(self, people: Sequence[Person], crowd: Sequence[Person]) -> None:
        named(TerraformLocal(self, "people-map", people_map(people)), "people")  # the output has its name
        if people:
            ConnectUsers(
                self,
                "connect-users",
                instance_id=self._instance_id,
                people=people,
                people_map="local.people",
                enforce_settings=self._environment.connect.user_settings == "enforced",
            )
        groups = {group for app in self._environment.apps.values() for group in app.groups}
        if not groups:
            return
        names = "keys(local.people)"
        if crowd:
            self.files[CROWD_NAMES_FILE] = json.dumps(sorted(person.username for person in crowd), indent=0) + "\n"
            names = f'concat({names}, jsondecode(file("${{path.module}}/{CROWD_NAMES_FILE}")))'
        TerraformLocal(self, "connect_user_names", f"${{{names}}}")
        TerraformLocal(
            self, "connect_user_names_by_lower_case", "${{for name in local.connect_user_names : lower(name) => name}}"
        )
        GroupMembers(self, "group-members", groups=groups)
        self._checks |= group_member_checks(
            groups=groups, attribute=self._environment.okta.username, connect_user_names="local.connect_user_names"
        )

    def _outputs(self, people: Sequence[Person]) -> None:
        environment = self._environment
        TerraformOutput(
            self,
            "apps",
            description="Where each app opens, and what it signs in with.",
            value={
                name: {
                    "label": literal(app.label),
                    # For the review of a first plan, in which the relay state is not known yet.
                    "destination": literal(app.destination),
                    "opens": self._okta_apps[name].embed_url,
                    "role_arn": self._roles[app.role].arn,
                    "saml_provider_arn": self._saml_providers[name].arn,
                }
                for name, app in environment.apps.items()
            },
        )
        TerraformOutput(
            self,
            "people",
            description="The people of the environment file, and their security profiles by name.",
            value={person.username: sorted(person.security_profiles) for person in people},
        )
        labels = [literal(app.label) for app in environment.apps.values()]
        steps = manual_steps.custom_pages((literal(app.label), app.destination) for app in environment.apps.values())
        if self._mode == "api_integration":
            integration = environment.api_integration
            user = ApiIntegrationUser(
                self,
                "api-integration",
                user=integration.user,
                policy=integration.policy,
                access_key=integration.access_key,
            )
            key = user.access_key
            if key is not None:
                TerraformOutput(self, "access_key_id", value=key.id, description="For Okta's API integration.")
                TerraformOutput(
                    self,
                    "access_key_secret",
                    value=key.secret,
                    sensitive=True,
                    description="For Okta's API integration.",
                )
            steps.insert(
                0,
                manual_steps.enable_api_integration(
                    environment=self._name,
                    labels=labels,
                    integration=integration,
                    access_key_id=key.id if key else None,
                ),
            )
        if steps:
            TerraformOutput(self, "by_hand", value="\n\n".join(steps), description="What no API can do.")


class CrowdStack(TerraformStack):
    """An environment's crowd: many Connect users, in a state of their own, so that no other change reads them all.

    Connect answers two requests a second: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
    """

    def __init__(self, scope: Construct, name: str, *, environment: Environment, crowd: Sequence[Person]) -> None:
        """Declare the stack of the environment called `name`."""
        super().__init__(scope, crowd_stack(name))
        keep_state(self, environment, name=name, crowd=True)
        use_aws(self, environment)
        connect = environment.connect
        instance = instances.ExistingInstance(self, "instance", instance_id=connect.instance_id, alias=connect.alias)
        # The map stays out of the JSON: ten thousand people would take seconds on their way through jsii.
        TerraformLocal(self, "people", f'${{jsondecode(file("${{path.module}}/{CROWD_FILE}"))}}')
        self.files: dict[str, str] = {CROWD_FILE: _one_line_each(people_map(crowd))}
        """What Terraform reads beside the JSON, by file name."""
        ConnectUsers(
            self,
            "connect-users",
            instance_id=instance.id,
            people=crowd,
            people_map="local.people",
            enforce_settings=connect.user_settings == "enforced",
        )


def _one_line_each(people: dict[str, dict[str, object]]) -> str:
    """JSON with a person a line, so that a diff of it names the people who changed."""
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(person, ensure_ascii=False)}" for name, person in people.items()
    )
    return f"{{\n{lines}\n}}\n"
