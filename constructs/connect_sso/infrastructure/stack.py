"""The two stacks of an environment. They only wire: what a part is stands in the part's own module."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdktf import TerraformLocal, TerraformOutput, TerraformStack

from connect_sso.environment.derived_names import bucket_name, crowd_stack
from connect_sso.facts.escaping import literal
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.infrastructure import instance as instances
from connect_sso.infrastructure import recordings
from connect_sso.infrastructure.addresses import move, named
from connect_sso.infrastructure.adoption import as_found_checks, leave_as_found
from connect_sso.infrastructure.backend import keep_state, use_aws, use_okta
from connect_sso.infrastructure.connect_users import ConnectUsers, people_map
from connect_sso.infrastructure.federation import EmergencyAccess, FederationPolicy, FederationProvider, FederationRole
from connect_sso.infrastructure.okta_apps import KIND_MARKER_ADDRESS, AuthenticationPolicy
from connect_sso.infrastructure.origins import ApprovedOrigins
from connect_sso.infrastructure.profile_mappings import AppProfileMapping, UserProfile, mapping_addresses
from connect_sso.infrastructure.protection import forget
from connect_sso.infrastructure.role_assignment import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from connect_sso.environment.model import App, Environment
    from connect_sso.environment.people import Person
    from connect_sso.infrastructure.okta_apps import FederationApp

CROWD_FILE = "crowd.json"
"""Beside a crowd's cdk.tf.json: the map of its users."""


class ConnectSsoStack(TerraformStack):
    """One environment: the instance, the apps on both sides, and the people of the YAML file."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        people: Sequence[Person],
    ) -> None:
        """Declare the stack.

        Args:
            scope: the app.
            name: the environment's and the stack's name.
            environment: a valid environment.
            people: the people of the YAML file.
        """
        super().__init__(scope, name)
        self._name = name
        self._environment = environment
        keep_state(self, environment, name=name, crowd=False)
        use_aws(self, environment)
        use_okta(self, environment)

        self._instance = self._declare_instance()
        self._instance_id: str = self._instance.id
        self._declare_recordings()
        self._forget_what_is_no_longer_made()

        assignment = BY_NAME[environment.okta.role_assignment]
        self._assignment = assignment(self, name=name, environment=environment)
        self._okta_apps = {key: self._declare_app(key, app) for key, app in environment.apps.items()}
        self._saml_providers = {key: self._declare_saml_provider(key, app) for key, app in environment.apps.items()}
        self._map_profiles()
        self._roles = self._declare_roles()
        self._declare_emergency_access()
        self._approve_origins()
        for key, app in environment.apps.items():
            self._assignment.assign(self._okta_apps[key], app)
        self._declare_people(people)
        self._outputs(people)
        checks = self._assignment.checks(self._okta_apps) | as_found_checks(environment, self._okta_apps)
        if checks:
            self.add_override("check", checks)  # cdktf has no construct for them
        leave_as_found(self, environment)

    def _declare_instance(self) -> instances.Instance:
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
        if existing := connect.recordings:
            recordings.RecordingsElsewhere(
                self,
                "recordings",
                instance=self._instance,
                environment=self._name,
                bucket=existing.bucket,
                key_arn=existing.kms_key_arn,
                kinds=connect.storage_kinds,
            )
            return
        bucket = bucket_name(self._name, aws.account_id, aws.region)
        recordings.Recordings(
            self,
            "recordings",
            instance=self._instance,
            environment=self._name,
            bucket=bucket,
            bucket_arn=aws.partition.arn("s3", bucket),
            account_root_arn=self._environment.iam_arn("root"),
            kinds=connect.storage_kinds,
            retention=connect.retention,
            protect=connect.protect,
        )

    def _forget_what_is_no_longer_made(self) -> None:
        connect = self._environment.connect
        addresses = [KIND_MARKER_ADDRESS]
        if not self._environment.okta.profile_mappings:
            addresses += mapping_addresses(self._environment.apps)
        if connect.instance_id:
            addresses.append(instances.ADDRESS)
        if (connect.recordings or not connect.storage_kinds) and connect.protect:
            addresses += recordings.BUCKET_ADDRESSES
        if connect.instance_id and connect.storage is None:
            # Nothing is said about an existing instance's storage, so it goes on storing where it does.
            addresses += recordings.ASSOCIATION_ADDRESSES
        forget(self, addresses)

    def _declare_app(self, key: str, app: App) -> FederationApp:
        environment = self._environment
        policy = None
        if app.authentication_policy is not None:
            policy = AuthenticationPolicy(self, f"authentication-policy.{key}", app=key, name=app.authentication_policy)
        return self._assignment.declare_app(
            app,
            key=key,
            label=app.label,
            relay_state=environment.relay_state(app, self._instance_id),
            username=environment.okta.username_attribute,
            authentication_policy=policy,
        )

    def _map_profiles(self) -> None:
        if self._environment.okta.profile_mappings:
            source = UserProfile(self, "user-profile")
            for key, app in self._okta_apps.items():
                AppProfileMapping(self, f"profile-mapping.{key}", app=app, source=source)

    def _declare_saml_provider(self, key: str, app: App) -> FederationProvider:
        return FederationProvider(
            self,
            f"saml-provider.{key}",
            app=self._okta_apps[key],
            name=app.saml_provider,
            expected_arn=self._environment.provider_arn(app),
        )

    def _declare_roles(self) -> dict[str, FederationRole]:
        environment = self._environment
        federation = environment.federation
        policy = FederationPolicy(
            self, "federation-policy", name=federation.policy, path=federation.path, instance=self._instance
        )
        return {
            role: FederationRole(
                self,
                f"role.{role}",
                name=role,
                trust=environment.trust(role),
                saml_providers=[self._saml_providers[key] for key in apps],
                session_duration=environment.role_session_duration(role),
                policy=policy,
                path=federation.path,
                permissions_boundary=federation.permissions_boundary,
            )
            for role, apps in environment.roles.items()
        }

    def _declare_emergency_access(self) -> None:
        federation = self._environment.federation
        if emergency := federation.emergency:
            EmergencyAccess(
                self,
                "emergency-access",
                role=emergency.role,
                trusted=emergency.trusted,
                instance=self._instance,
                path=federation.path,
                permissions_boundary=federation.permissions_boundary,
            )

    def _approve_origins(self) -> None:
        destinations = [app.destination for app in self._environment.apps.values()]
        if origins := {approved_origin(destination) for destination in destinations if is_custom_page(destination)}:
            ApprovedOrigins(self, "approved-origins", instance=self._instance, origins=origins)

    def _declare_people(self, people: Sequence[Person]) -> None:
        by_name = named(TerraformLocal(self, "people-map", people_map(people)), "people")  # the output has its name
        if people:
            users = ConnectUsers(
                self,
                "connect-users",
                instance=self._instance,
                people=people,
                people_map=by_name,
                enforce_settings=self._environment.connect.user_settings == "enforced",
                one_by_one=True,
            )
            move(self, users.moves)

    def _outputs(self, people: Sequence[Person]) -> None:
        environment = self._environment
        TerraformOutput(
            self,
            "apps",
            description="Where each app opens, and what it signs in with.",
            value={
                key: {
                    "label": literal(app.label),
                    # For the review of a first plan, in which the relay state is not known yet.
                    "destination": literal(app.destination),
                    "opens": self._okta_apps[key].embed_url,
                    "role_arn": self._roles[app.role].arn,
                    "saml_provider_arn": self._saml_providers[key].arn,
                }
                for key, app in environment.apps.items()
            },
        )
        people_output = TerraformOutput(
            self,
            "people",
            description="The people of the environment file, and their security profiles by name.",
            value={person.username: sorted(person.security_profiles) for person in people},
        )
        if precondition := self._assignment.precondition():
            people_output.add_override("precondition", [precondition])  # cdktf drops an output's own
        steps = self._assignment.steps_by_hand()
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
        by_name = TerraformLocal(self, "people", f'${{jsondecode(file("${{path.module}}/{CROWD_FILE}"))}}')
        self.files: dict[str, str] = {CROWD_FILE: _one_line_each(people_map(crowd))}
        """What Terraform reads beside the JSON, by file name."""
        ConnectUsers(
            self,
            "connect-users",
            instance=instance,
            people=crowd,
            people_map=by_name,
            enforce_settings=connect.user_settings == "enforced",
            # Terraform compares each moved block with each other: with ten thousand that is half a minute of computing in every plan.
            one_by_one=False,
        )


def _one_line_each(people: dict[str, dict[str, object]]) -> str:
    """JSON with a person a line, so that a diff of it names the people who changed."""
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(person, ensure_ascii=False)}" for name, person in people.items()
    )
    return f"{{\n{lines}\n}}\n"
