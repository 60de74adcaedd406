"""A sign-in as an environment file promises it: what an apply makes, before there is anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connect_sso.environment.tree import place_of
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

UNKNOWN_INSTANCE_ID = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of an instance that is still to be made."""


def promised_sign_in(loaded: LoadedEnvironment) -> SignIn:
    """The sign-in of a valid environment."""
    environment = loaded.environment
    assert environment is not None, "only valid environments are walked"
    aws, partition = environment.aws, environment.aws.partition
    known_id = environment.connect.instance_id
    instance_id = known_id or UNKNOWN_INSTANCE_ID
    instance_arn = environment.instance_arn(instance_id)

    def at(*path: str | int) -> str:
        return f"{loaded.file}:{loaded.line(*path)}"

    def at_key(*path: str | int) -> str:
        return f"{loaded.file}:{place_of(loaded.tree, path, of_key=True).line if loaded.tree else 1}"

    roles: dict[str, Role] = {}
    for key, app in environment.apps.items():
        roles.setdefault(
            environment.role_arn(app),
            Role(
                where=at("apps", key, "role"),
                name=app.role,
                arn=environment.role_arn(app),
                trust=read_policy(environment.trust(app.role), f"the trust policy of {app.role}"),
                max_session_duration=environment.federation.session_duration,
                permissions=(
                    read_policy(_unescaped(policies.federation(instance_arn)), environment.federation.policy),
                ),
            ),
        )
    direct: dict[str, dict[str, DirectRoute]] = {key: {} for key in environment.apps}
    for index, user in enumerate(environment.users):
        for position, key in enumerate(user.apps):
            direct[key][user.username.lower()] = DirectRoute(user.username, at("users", index, "apps", position))
    apps = {
        key: OktaApp(
            key=key,
            where=at_key("apps", key),
            label=app.label,
            active=True,
            issuer=None,
            metadata=None,
            recipient=aws.sign_in_endpoint,
            audience=partition.audience,
            provider_arn=environment.provider_arn(app),
            role_arn=environment.role_arn(app),
            role_problem="",
            session_duration=environment.federation.session_duration,
            session_name_from=environment.okta.username,
            session_tags=tuple(app.session_tags),
            relay_state=environment.relay_state(app, instance_id),
            direct=direct[key],
            groups=tuple(
                GroupRoute(group, at("apps", key, "groups", position)) for position, group in enumerate(app.groups)
            ),
        )
        for key, app in environment.apps.items()
    }
    people = [(person, f"{loaded.file}:{person.line}") for person in loaded.people]
    people += [(person, f"{loaded.crowd_path}:{person.line}") for person in loaded.crowd]
    return SignIn(
        source=loaded.file,
        instance=Instance(
            where=at("connect", "instance_id" if known_id else "alias"),
            id=instance_id,
            arn=instance_arn,
            region=aws.region,
            # A new one is made so; an existing one is checked by the plan.
            is_saml=None if known_id else True,
        ),
        providers={
            arn: SamlProvider(at("apps", key, "saml_provider"), arn, metadata=None, metadata_of=key)
            for key, arn in ((key, environment.provider_arn(app)) for key, app in environment.apps.items())
        },
        roles=roles,
        apps=apps,
        users={
            person.username: ConnectUser(person.username, where, person.security_profiles) for person, where in people
        },
        users_are_complete=True,
    )


def _unescaped(policy: policies.Policy) -> policies.Policy:
    """The policy as IAM gets it, after Terraform has read its own escapes."""
    for statement in policy["Statement"]:
        statement["Resource"] = statement["Resource"].replace("$${", "${")
    return policy
