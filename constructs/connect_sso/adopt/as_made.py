"""Whether what was found is what the stacks themselves make: then nothing of it need be left as it was found.

Where that cannot be seen it is taken for something else, since `adopted` costs nothing and its absence may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connect_sso.environment.derived_names import group_rule, role_group, role_group_description
from connect_sso.facts.okta_apps import CUSTOM_SIGN_ON, STATEMENT_NAMESPACE, STATEMENT_TYPE, catalogue_settings
from connect_sso.iam import policies
from connect_sso.iam.documents import Statement, read_policy
from connect_sso.saml.attributes import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connect_sso.adopt.model import ContactCentre, ExistingApp
    from connect_sso.environment.model import Environment
    from connect_sso.iam.documents import Policy
    from connect_sso.live.model import LivePolicy, LiveRole


def is_as_made(environment: Environment, centre: ContactCentre) -> bool:
    """Whether the stacks of the environment would change nothing of what was found.

    Args:
        environment: the file that was written for it.
        centre: what was found.
    """
    tags = common_tags(centre)
    roles = {app.role.arn: app.role for app in centre.apps}.values()
    return (
        all(_app(app, environment, centre) and _assignments(app, centre) for app in centre.apps)
        and all(_role(role, environment, tags) for role in roles)
        and _says(centre.policy, policies.federation(centre.instance.arn))
        and _api_user(environment, centre, tags)
    )


def common_tags(centre: ContactCentre) -> dict[str, str]:
    """The tags that everything has whose tags were read: what `aws.tags` gives all that the stacks make."""
    tagged: list[Mapping[str, str]] = [app.role.tags for app in centre.apps]
    tagged += [person.user.tags or {} for person in centre.people]
    tagged += [centre.api_user.tags] if centre.api_user else []
    first, *others = tagged
    return {key: value for key, value in sorted(first.items()) if all(each.get(key) == value for each in others)}


def _role(role: LiveRole, environment: Environment, tags: Mapping[str, str]) -> bool:
    return (
        role.description is None
        and dict(role.tags) == tags
        and role.boundary_arn == environment.federation.permissions_boundary
        and role.max_session_duration == environment.role_session_duration(role.name)
        and _is(role.trust, environment.trust(role.name))
    )


def _api_user(environment: Environment, centre: ContactCentre, tags: Mapping[str, str]) -> bool:
    if centre.role_assignment != "api_integration":
        return True
    user = centre.api_user
    return (
        user is not None
        and user.path == environment.federation.path
        and user.boundary_arn == environment.federation.permissions_boundary
        and dict(user.tags) == tags
        and _says(centre.api_policy, policies.role_reader())
    )


def _says(policy: LivePolicy | None, made: policies.Policy) -> bool:
    return policy is not None and _is(policy.policy, made)


def _is(found: Policy | None, made: policies.Policy) -> bool:
    """Whether a policy says what the stacks would write, the names of its statements included."""
    return found is not None and _with_names(found.statements) == _with_names(
        read_policy(policies.as_iam_reads(made), "").statements
    )


def _with_names(statements: Iterable[Statement]) -> list[tuple[Statement, str]]:
    return [(statement, statement.label) for statement in statements]


def _app(app: ExistingApp, environment: Environment, centre: ContactCentre) -> bool:
    if not _plain(app.live.presentation):
        return False
    return _custom(app, environment) if not app.live.catalogue else _catalogue(app, environment, centre)


def _catalogue(app: ExistingApp, environment: Environment, centre: ContactCentre) -> bool:
    written = environment.apps[app.key]
    made = catalogue_settings(
        partition=environment.aws.partition,
        saml_provider=written.saml_provider,
        saml_provider_arn=environment.provider_arn(written),
        role_path=environment.federation.path,
        sign_in_endpoint=environment.aws.sign_in_endpoint,
        session_duration=environment.session_duration(written),
        role_group=environment.role_group(centre.name, app.key) if app.role_group else None,
    )
    return {name: value for name, value in app.live.settings.items() if value is not None} == made


def _custom(app: ExistingApp, environment: Environment) -> bool:
    written, endpoint, found = environment.apps[app.key], environment.aws.sign_in_endpoint, app.live.sign_on
    made: dict[str, Any] = {
        **CUSTOM_SIGN_ON,
        **dict.fromkeys(("ssoAcsUrl", "recipient", "destination"), endpoint),
        "audience": environment.aws.partition.audience,
    }
    sent = statements(
        role_arn=environment.role_arn(written),
        saml_provider_arn=environment.provider_arn(written),
        username=environment.okta.username_attribute,
        session_duration=environment.session_duration(written),
        session_tags=written.session_tags,
    )
    return (
        all(found.get(name) == value for name, value in made.items())
        and [_statement(one) for one in found.get("attributeStatements") or ()] == [(*one,) for one in _made(sent)]
        and not any(found.get(name) for name in _NOT_SET)
        and not (found.get("slo") or {}).get("enabled")
    )


_NOT_SET = ("acsEndpoints", "inlineHooks", "requestCompressed", "samlSignedRequestEnabled", "spIssuer")
"""Settings of a custom app that the stacks leave at their defaults, which are empty or false."""


def _statement(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one.get("name"), one.get("type"), one.get("namespace"), tuple(one.get("values") or ())


def _made(sent: Mapping[str, str]) -> Iterable[tuple[Any, ...]]:
    return ((name, STATEMENT_TYPE, STATEMENT_NAMESPACE, (expression,)) for name, expression in sent.items())


def _plain(presentation: Mapping[str, Any] | None) -> bool:
    """Whether nobody has changed how the app is shown."""
    if presentation is None:
        return False
    accessibility, visibility = presentation["accessibility"], presentation["visibility"]
    return (
        not any(accessibility.get(name) for name in ("selfService", "errorRedirectUrl", "loginRedirectUrl"))
        and not visibility.get("autoSubmitToolbar")
        and not any((visibility.get("hide") or {}).values())
        and all((visibility.get("appLinks") or {}).values())
        and not any(presentation["notes"].values())
    )


def _assignments(app: ExistingApp, centre: ContactCentre) -> bool:
    """Whether the assignments carry what the stacks give them."""
    if app.role_group is not None:
        return (
            app.role_group.name == role_group(centre.name, app.key, app.role.name, centre.account_id)
            and app.role_group.description == role_group_description(app.key)
            and (app.rule is None or app.rule.name == group_rule(centre.name, app.key))
        )
    role = app.role.name if centre.role_assignment == "api_integration" else None
    wanted = (role, (role,) if role else ())
    one_by_one = {identifier for person in centre.people if (identifier := person.apps.get(app.key))}
    carried = [(each.role, each.saml_roles) for each in app.live.groups or ()]
    carried += [(each.role, each.saml_roles) for each in app.live.users or () if each.person_id in one_by_one]
    return all(each == wanted for each in carried)
