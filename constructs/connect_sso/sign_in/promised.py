"""A sign-in as an environment file promises it: what an apply makes, before there is anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connect_sso.iam import policies
from connect_sso.iam.documents import read_policy
from connect_sso.sign_in.model import (
    ConnectUser,
    DirectRoute,
    GroupRoute,
    Instance,
    OktaApp,
    Role,
    SamlProvider,
    SignIn,
)

if TYPE_CHECKING:
    from connect_sso.environment.loading import LoadedEnvironment
    from connect_sso.environment.model import Environment

UNKNOWN_INSTANCE_ID = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of an instance that is still to be made."""


def promised_sign_in(loaded: LoadedEnvironment) -> SignIn:
    """The sign-in of a valid environment."""
    assert loaded.environment is not None, "only valid environments are walked"
    promise = _Promise(loaded, loaded.environment)
    return SignIn(
        source=loaded.file,
        instance=promise.instance(),
        providers=promise.providers(),
        roles=promise.roles(),
        apps=promise.apps(),
        users=promise.users(),
        users_are_complete=True,
    )


class _Promise:
    """The parts of a sign-in, each with the line of the file that promises it."""

    def __init__(self, loaded: LoadedEnvironment, environment: Environment) -> None:
        self._loaded = loaded
        self._environment = environment
        self._instance_id = environment.connect.instance_id or UNKNOWN_INSTANCE_ID
        self._instance_arn = environment.instance_arn(self._instance_id)

    def instance(self) -> Instance:
        is_there = self._environment.connect.instance_id is not None
        return Instance(
            where=self._loaded.where("connect", "instance_id" if is_there else "alias"),
            id=self._instance_id,
            arn=self._instance_arn,
            region=self._environment.aws.region,
            # A new one is made so; an existing one is checked by the plan.
            is_saml=None if is_there else True,
        )

    def providers(self) -> dict[str, SamlProvider]:
        found = {}
        for key, app in self._environment.apps.items():
            arn = self._environment.provider_arn(app)
            where = self._loaded.where("apps", key, "saml_provider")
            found[arn] = SamlProvider(where, arn, metadata=None, metadata_of=key)
        return found

    def roles(self) -> dict[str, Role]:
        environment = self._environment
        permission = read_policy(
            policies.as_iam_reads(policies.federation(self._instance_arn)), environment.federation.policy
        )
        found: dict[str, Role] = {}
        for key, app in environment.apps.items():
            arn = environment.role_arn(app)
            if arn not in found:
                found[arn] = Role(
                    where=self._loaded.where("apps", key, "role"),
                    name=app.role,
                    arn=arn,
                    trust=read_policy(environment.trust(app.role), f"the trust policy of {app.role}"),
                    max_session_duration=environment.role_session_duration(app.role),
                    permissions=(permission,),
                    unread_boundary=environment.federation.permissions_boundary or "",
                )
        return found

    def apps(self) -> dict[str, OktaApp]:
        environment, where = self._environment, self._loaded.where
        direct = self._direct_routes()
        return {
            key: OktaApp(
                key=key,
                where=where("apps", key, of_key=True),
                label=app.label,
                active=True,
                issuer=None,
                metadata=None,
                recipient=environment.aws.sign_in_endpoint,
                audience=environment.aws.partition.audience,
                provider_arn=environment.provider_arn(app),
                role_arn=environment.role_arn(app),
                role_problem="",
                session_duration=environment.session_duration(app),
                session_name_from=environment.okta.username_attribute,
                session_tags=tuple(app.session_tags),
                relay_state=environment.relay_state(app, self._instance_id),
                direct=direct[key],
                groups=tuple(
                    GroupRoute(group, where("apps", key, "groups", position))
                    for position, group in enumerate(app.groups)
                ),
            )
            for key, app in environment.apps.items()
        }

    def _direct_routes(self) -> dict[str, dict[str, DirectRoute]]:
        direct: dict[str, dict[str, DirectRoute]] = {key: {} for key in self._environment.apps}
        for index, user in enumerate(self._environment.users):
            for position, key in enumerate(user.apps):
                where = self._loaded.where("users", index, "apps", position)
                direct[key][user.username.lower()] = DirectRoute(user.username, where)
        return direct

    def users(self) -> dict[str, ConnectUser]:
        people = [(person, self._loaded.file) for person in self._loaded.people]
        people += [(person, str(self._loaded.crowd_path)) for person in self._loaded.crowd]
        return {
            person.username: ConnectUser(person.username, f"{file}:{person.line}", person.security_profiles)
            for person, file in people
        }
