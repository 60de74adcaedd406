"""A sign-in as Terraform says it really is, from `terraform show -json` of a state or a plan.

Things are recognised by their type and their values, not by their addresses, so that a sign-in that was imported or
renamed is read as well; where a plan does not know a value yet, the address is what is left to go by.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE, posts_to
from connect_sso.facts.okta_people import BARRED
from connect_sso.facts.okta_profile import attribute_of, user_name_template, value_of
from connect_sso.iam import policies
from connect_sso.iam.documents import Policy, read_policy
from connect_sso.saml.metadata import Metadata, read_metadata
from connect_sso.sign_in.app_settings import (
    NO_ASSIGNMENT_NAMES_A_ROLE,
    NO_GROUP_FITS,
    catalogue_audience,
    duration_of,
    maps_groups,
    pair_of,
    plain_role,
    session_name_of,
    session_tags,
    statements_of,
)
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
    from collections.abc import Iterable, Iterator, Mapping

    from connect_sso.terraform.deployment import Deployment, Resource


def deployed_sign_in(
    deployments: Iterable[Deployment], *, keys: Mapping[str, str] | None = None, users_are_complete: bool
) -> SignIn:
    """The sign-in that these states (the environment's, the crowd's) or plans describe together.

    Args:
        deployments: what Terraform shows.
        keys: the environment file's app names by label, so that both are spoken of in the same words.
        users_are_complete: whether they hold every Connect user.
    """
    deployments = list(deployments)
    return _Reader(deployments, keys or {}).sign_in(users_are_complete)


class _Reader:
    """Looks one deployment's things up by id; holds nothing else."""

    def __init__(self, deployments: list[Deployment], keys: Mapping[str, str]) -> None:
        self._source = " and ".join(deployment.file for deployment in deployments)
        self._resources = [resource for deployment in deployments for resource in deployment.resources]
        self._region = next((deployment.region for deployment in deployments if deployment.region), None)
        self._keys = keys
        self._people = {identifier: person for person in self._looked_up() if (identifier := person.text("id"))}
        self._group_names = {
            identifier: group.text("name") or group.address
            for data in (True, False)
            for group in self._of("okta_group", data=data)
            if (identifier := group.text("id"))
        }

    def sign_in(self, users_are_complete: bool) -> SignIn:
        roles = [role for resource in self._of("aws_iam_role") if (role := self._role(resource))]
        apps = self._apps(roles)
        return SignIn(
            source=self._source,
            instance=self._instance(),
            providers={
                provider.arn: provider
                for each in self._of("aws_iam_saml_provider")
                if (provider := self._provider(each))
            },
            roles={role.arn: role for role in roles},
            apps=apps,
            users={user.name: user for user in self._users()},
            users_are_complete=users_are_complete,
            profile_permissions={
                name: frozenset(profile.texts("permissions"))
                for data in (True, False)
                for profile in self._of("aws_connect_security_profile", data=data)
                if (name := profile.text("name")) and profile.texts("permissions")
            },
        )

    def _of(self, kind: str, *, data: bool = False) -> Iterator[Resource]:
        return (resource for resource in self._resources if resource.type == kind and resource.is_data == data)

    # --- AWS ---------------------------------------------------------------------------------------------------

    def _instance(self) -> Instance | None:
        found = next(self._of("aws_connect_instance"), None) or next(self._of("aws_connect_instance", data=True), None)
        if found is None:
            return None
        arn = found.text("arn")
        management = found.text("identity_management_type")
        return Instance(
            where=found.address,
            id=found.text("id") or found.text("instance_id"),
            arn=arn,
            region=arn.split(":")[3] if arn and arn.count(":") >= 5 else self._region,
            is_saml=None if management is None else management == "SAML",
        )

    def _provider(self, resource: Resource) -> SamlProvider | None:
        arn, document = (
            resource.text("arn") or self._computed_arn(resource, "saml-provider"),
            resource.text("saml_metadata_document"),
        )
        if arn is None:
            return None
        metadata, problem = _metadata(document)
        return SamlProvider(resource.address, arn, metadata, problem)

    def _computed_arn(self, resource: Resource, kind: str) -> str | None:
        """A planned thing's ARN: its name in the account of the assertions, or of anything that tells one."""
        name = resource.text("name")
        suffix = f":{kind}{resource.text('path') or '/'}{name}"
        known = next((arn for arn in self._planned_arns() if arn.endswith(suffix)), None)
        if known or name is None:
            return known
        prefix = next((arn.rpartition(":")[0] for arn in self._planned_arns()), None)
        return prefix + suffix if prefix else None

    def _planned_arns(self) -> Iterator[str]:
        """The IAM ARNs that the Okta apps send: they are readable in a plan."""
        for app in self._of("okta_app_saml"):
            provider, role = self._pair_of(app)
            yield from (arn for arn in (provider, role) if arn)

    def _role(self, resource: Resource) -> Role | None:
        name = resource.text("name")
        arn = resource.text("arn") or self._computed_arn(resource, "role")
        if name is None or arn is None:
            return None
        duration = resource.values.get("max_session_duration")
        trust = resource.text("assume_role_policy")
        permissions, unread = self._permissions(resource, name)
        boundary = self._boundary(resource)
        return Role(
            where=resource.address,
            name=name,
            arn=arn,
            trust=_policy(trust, f"{resource.address}'s trust policy"),
            max_session_duration=duration if isinstance(duration, int) else None,
            permissions=permissions,
            unread_permissions=unread,
            boundary=boundary,
            unread_boundary="" if boundary else resource.text("permissions_boundary") or "",
        )

    def _boundary(self, role: Resource) -> Policy | None:
        arn = role.text("permissions_boundary")
        for policy in (*self._of("aws_iam_policy"), *self._of("aws_iam_policy", data=True)) if arn else ():
            if policy.text("arn") == arn:
                return _policy(policy.text("policy"), policy.address)
        return None

    def _permissions(self, role: Resource, name: str) -> tuple[tuple[Policy, ...], tuple[str, ...]]:
        documents: list[tuple[str, str | None]] = []
        policies = {
            arn: policy
            for policy in (*self._of("aws_iam_policy"), *self._of("aws_iam_policy", data=True))
            if (arn := policy.text("arn"))
        }
        attached: dict[str, str] = {}
        for attachment in self._of("aws_iam_role_policy_attachment"):
            if (attachment.text("role") or attachment.name) == name:
                policy_arn = attachment.text("policy_arn")
                if policy_arn is None:
                    # Planned: which policy it will be is known by nothing but the plan's one policy for federation.
                    documents += [
                        (policy.address, policy.text("policy"))
                        for policy in self._of("aws_iam_policy")
                        if _may_federate(policy)
                    ]
                else:
                    attached[policy_arn] = attachment.address
        for attachment in self._of("aws_iam_policy_attachment"):
            if name in attachment.texts("roles") and (policy_arn := attachment.text("policy_arn")):
                attached[policy_arn] = attachment.address
        for policy_arn in role.texts("managed_policy_arns"):
            attached.setdefault(policy_arn, role.address)
        for policy_arn in attached:
            policy = policies.get(policy_arn)
            documents.append((policy.address, policy.text("policy")) if policy else (policy_arn, None))
        documents += [
            (inline.address, inline.text("policy"))
            for inline in self._of("aws_iam_role_policy")
            if inline.text("role") == name
        ]
        documents += [
            (f"{role.address}'s inline policy {each.get('name', '')}".strip(), each.get("policy"))
            for each in role.values.get("inline_policy") or []
            if isinstance(each, dict) and each.get("policy")
        ]
        read = [(where, _policy(text, where) if isinstance(text, str) else None) for where, text in documents]
        return tuple(policy for _, policy in read if policy), tuple(where for where, policy in read if policy is None)

    def _users(self) -> Iterator[ConnectUser]:
        profiles = {
            identifier: name
            for data in (True, False)
            for profile in self._of("aws_connect_security_profile", data=data)
            if (identifier := profile.text("security_profile_id")) and (name := profile.text("name"))
        }
        for user in self._of("aws_connect_user"):
            if name := user.text("name"):
                known = tuple(sorted(profiles.get(each, each) for each in user.texts("security_profile_ids")))
                yield ConnectUser(name, user.address, known if "security_profile_ids" in user.values else None)

    # --- Okta --------------------------------------------------------------------------------------------------

    def _apps(self, roles: list[Role]) -> dict[str, OktaApp]:
        """The apps by key; where two would have the same (in modules, or repeated), the address is the second one's."""
        apps: dict[str, OktaApp] = {}
        for resource in self._of("okta_app_saml"):
            app = self._app(resource, roles)
            apps.setdefault(app.key, app)
            if apps[app.key] is not app:
                apps[app.where] = replace(app, key=app.where)
        return apps

    def _app(self, resource: Resource, roles: list[Role]) -> OktaApp:
        settings = _json_object(resource.text("app_settings_json"))
        metadata, _ = _metadata(resource.text("metadata"))
        provider_arn, role_arn = self._pair_of(resource)
        problem = ""
        if role_arn is None and settings:
            role_arn, problem = self._role_by_assignment(resource, settings, provider_arn, roles)
        label = resource.text("label") or ""
        status = resource.text("status")
        statements = _statements(resource)
        template = resource.text("user_name_template") or user_name_template("login")
        session_name = session_name_of(settings, statements, template)
        attribute = attribute_of(session_name) or session_name
        return OktaApp(
            key=self._keys.get(label, resource.name),
            where=resource.address,
            label=label,
            active=None if status is None else status == "ACTIVE",
            issuer=resource.text("entity_url") or (metadata.issuer if metadata else None),
            metadata=metadata,
            recipient=posts_to(settings) if settings else _known_text(resource, "recipient"),
            audience=catalogue_audience(provider_arn) if settings else _known_text(resource, "audience"),
            provider_arn=provider_arn,
            role_arn=role_arn,
            role_problem=problem,
            session_duration=duration_of(settings, statements),
            session_name_from=attribute,
            session_tags=session_tags(statements),
            relay_state=_known_text(resource, "default_relay_state"),
            awaits_api_integration=_awaits_api_integration(resource, settings),
            direct={
                route.session_name.lower(): route
                for route in self._direct(resource, attribute, by_app_name=bool(settings))
            },
            groups=tuple(self._groups(resource, settings, attribute)),
        )

    def _pair_of(self, app: Resource) -> tuple[str | None, str | None]:
        """The SAML provider and the role that an app sends, as far as its own settings tell."""
        settings = _json_object(app.text("app_settings_json"))
        groups = (self._assigned_group_name(assignment) for assignment in self._assignments(app))
        return pair_of(settings, _statements(app), (name for name in groups if name))

    def _role_by_assignment(
        self, app: Resource, settings: Mapping[str, Any], provider_arn: str | None, roles: list[Role]
    ) -> tuple[str | None, str]:
        """The role that the assignments' profiles name (`api_integration`), and why there is none."""
        if maps_groups(settings):
            return None, NO_GROUP_FITS
        names = {name for each in (*self._assignments(app), *self._app_users(app)) for name in _profile_roles(each)}
        unknown = any("profile" not in each.values for each in (*self._assignments(app), *self._app_users(app)))
        if not names:
            return None, "" if unknown else NO_ASSIGNMENT_NAMES_A_ROLE
        name = plain_role(min(names))
        known = next((role.arn for role in roles if role.name == name), None)
        prefix = provider_arn.rpartition(":")[0] if provider_arn else None
        return known or (f"{prefix}:role/{name}" if prefix else None), ""

    def _assignments(self, app: Resource) -> Iterator[Resource]:
        return self._belonging(app, "okta_app_group_assignment")

    def _app_users(self, app: Resource) -> Iterator[Resource]:
        return self._belonging(app, "okta_app_user")

    def _belonging(self, app: Resource, kind: str) -> Iterator[Resource]:
        identifier = app.text("id")
        for resource in self._of(kind):
            of_app = resource.text("app_id")
            if of_app == identifier if of_app is not None else resource.name == app.name:
                yield resource

    def _assigned_group_name(self, assignment: Resource) -> str | None:
        identifier = assignment.text("group_id")
        if identifier is not None:
            return self._group_names.get(identifier)
        if assignment.index is not None:
            return assignment.index
        return next((group.text("name") for group in self._of("okta_group") if group.name == assignment.name), None)

    def _direct(self, app: Resource, attribute: str, *, by_app_name: bool) -> Iterator[DirectRoute]:
        for each in self._app_users(app):
            person = self._people.get(each.text("user_id") or "")
            own, of_app = value_of(person.values, attribute) if person else None, each.text("username")
            # The catalogue app sends the person's name in the app, a custom one what its statement says.
            sent = (of_app or own if by_app_name else own or of_app) or each.index
            if sent:
                yield DirectRoute(sent, each.address, _may_sign_in(person))
        groups = {assignment.text("group_id") or assignment.name for assignment in self._assignments(app)}
        for membership in self._of("okta_group_memberships"):
            if (membership.text("group_id") or membership.name) not in groups:
                continue
            for identifier in membership.texts("users"):
                person = self._people.get(identifier)
                sent = value_of(person.values, attribute) if person else None
                if sent:
                    yield DirectRoute(sent, membership.address, _may_sign_in(person))

    def _groups(self, app: Resource, settings: Mapping[str, Any], attribute: str) -> Iterator[GroupRoute]:
        filled_by_rule: dict[str, list[Resource]] = {}
        for rule in self._of("okta_group_rule"):
            for target in rule.texts("group_assignments") or (rule.name,):
                filled_by_rule.setdefault(target, []).append(rule)
        managed = {identifier for group in self._of("okta_group") if (identifier := group.text("id"))}
        for assignment in self._assignments(app):
            identifier = assignment.text("group_id")
            if identifier not in managed and not (identifier is None and assignment.index is None):
                yield self._group(
                    identifier, self._assigned_group_name(assignment) or "", assignment.address, attribute
                )
                continue
            # A role group, filled by rules from groups that are somebody else's.
            for rule in filled_by_rule.get(identifier or assignment.name, []):
                if rule.text("status") not in {None, "ACTIVE"}:
                    continue
                expression = rule.text("expression_value") or ""
                excluded = frozenset(rule.texts("users_excluded"))
                sources = groups_in_rule(expression)
                if sources is None:
                    yield GroupRoute(f"that the rule {expression} fills", rule.address)
                for source in sources or ():
                    name = self._group_names.get(source, source)
                    yield self._group(source, name, rule.address, attribute, excluded)

    def _looked_up(self) -> Iterator[Resource]:
        """The people who were looked up one by one: earlier releases did it with another data source."""
        yield from self._of("okta_user", data=True)
        for found in self._of("okta_users", data=True):
            if found.values.get("search"):
                people = found.values.get("users") or []
                yield from (replace(found, values=person) for person in people if isinstance(person, dict))

    def _group(
        self, identifier: str | None, name: str, where: str, attribute: str, excluded: frozenset[str] = frozenset()
    ) -> GroupRoute:
        members: dict[str, str] | None = None
        for listed in self._of("okta_users", data=True):
            if listed.values.get("search"):
                continue  # someone who was looked up
            of_group = listed.text("group_id")
            if (of_group is not None and of_group == identifier) or (of_group is None and listed.index == name):
                people = [person for person in listed.values.get("users") or [] if isinstance(person, dict)]
                members = {
                    str(sent).lower(): str(sent)
                    for person in people
                    if (sent := value_of(person, attribute) or person.get("login")) and person.get("id") not in excluded
                }
        return GroupRoute(name, where, members, identifier)


def _known_text(resource: Resource, key: str) -> str | None:
    """A string value; empty where it is null, and None only where it is not known yet."""
    return resource.text(key) or "" if key in resource.values else None


def _awaits_api_integration(app: Resource, settings: Mapping[str, Any]) -> bool:
    """Whether Okta still has to be given access to the roles: the app's features then lack what that step adds."""
    by_assignment = bool(settings) and not maps_groups(settings)
    return by_assignment and "features" in app.values and API_INTEGRATION_FEATURE not in app.texts("features")


def _policy(text: str | None, where: str) -> Policy | None:
    if text is None:
        return None
    try:
        return read_policy(text, where)
    except ValueError:
        return Policy(where, ())


def _metadata(document: str | None) -> tuple[Metadata | None, str]:
    if document is None:
        return None, ""
    try:
        return read_metadata(document), ""
    except ValueError as error:
        return None, str(error)


def _may_federate(policy: Resource) -> bool:
    text = policy.text("policy")
    return text is None or policies.FEDERATE.partition(":")[2] in text


def _may_sign_in(person: Resource | None) -> bool:
    status = person.text("status") if person else None
    return status not in BARRED


def _json_object(text: str | None) -> dict[str, Any]:
    try:
        parsed = json.loads(text) if text else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _statements(app: Resource) -> dict[str, str]:
    return statements_of(app.values.get("attribute_statements"))


def _profile_roles(assignment: Resource) -> list[str]:
    profile = _json_object(assignment.text("profile"))
    roles = profile.get("samlRoles")
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
