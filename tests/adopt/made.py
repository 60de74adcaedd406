"""An environment as the accounts would hold it after an apply: the values that are read of what the stacks make."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from connect_sso.environment.derived_names import group_rule, role_group_description
from connect_sso.environment.loading import LoadedEnvironment
from connect_sso.environment.model import App, Environment
from connect_sso.environment.people import Person
from connect_sso.facts.group_rules import any_of_groups
from connect_sso.facts.okta_apps import CUSTOM_SIGN_ON, STATEMENT_NAMESPACE, STATEMENT_TYPE, catalogue_settings
from connect_sso.facts.okta_profile import user_name_template
from connect_sso.iam import policies
from connect_sso.iam.documents import read_policy
from connect_sso.live.model import (
    LiveAccount,
    LiveApiUser,
    LiveApp,
    LiveAppGroup,
    LiveAppUser,
    LiveGroup,
    LiveOrg,
    LivePerson,
    LivePolicy,
    LiveRole,
    LiveRule,
    LiveUser,
)
from connect_sso.saml.attributes import statements
from tests.adopt import found

PRESENTATION: dict[str, dict[str, Any]] = {
    "accessibility": {"selfService": False},
    "visibility": {"hide": {"web": False, "iOS": False}, "appLinks": {"login": True}},
    "notes": {"admin": None, "enduser": None},
}


def identifier(kind: str, text: str) -> str:
    """An id of Okta's, which follows from a name."""
    return kind + hashlib.sha256(text.encode()).hexdigest()[:17]


class Made:
    """What the stacks of an environment make, and the org's groups, each with everybody whom the file does not name one by one."""

    def __init__(self, loaded: LoadedEnvironment) -> None:
        assert loaded.environment is not None, loaded.errors
        self.name = loaded.name
        self.environment: Environment = loaded.environment
        self.people = [*loaded.people, *loaded.crowd]
        self.one_by_one = {user.username: set(user.apps) for user in loaded.environment.users}
        self.in_okta = {
            person.username: LivePerson(identifier("00u", person.username), person.username, person.username, "ACTIVE")
            for person in self.people
        }
        agents = tuple(self.in_okta[name] for name in self.in_okta if not self.one_by_one.get(name))
        self.groups = {
            name: LiveGroup(identifier("00g", name), name, None, "OKTA_GROUP", agents)
            for app in self.environment.apps.values()
            for name in app.groups
        }

    def accounts(self) -> tuple[LiveAccount, LiveOrg]:
        """Both sides."""
        environment, apps = self.environment, [self.app(key, app) for key, app in self.environment.apps.items()]
        integrated = environment.okta.role_assignment == "api_integration"
        region = environment.aws.region
        arn = environment.instance_arn(found.INSTANCE)
        account = found.account(
            [self.user(person) for person in self.people],
            [
                replace(found.provider(written.saml_provider, app.id, end=""), arn=environment.provider_arn(written))
                for app, written in zip(apps, environment.apps.values(), strict=True)
            ],
            [self.role(name) for name in environment.roles],
            api_user=self.api_user() if integrated else None,
        )
        assert account.instance is not None
        account = replace(
            account,
            account_id=environment.aws.account_id,
            region=region,
            instance=replace(account.instance, arn=arn),
            routing_profiles={f"routing-{person.routing_profile}": person.routing_profile for person in self.people},
        )
        role_groups = [group for key in environment.apps if (group := self.role_group(key))]
        rules = [
            LiveRule(
                identifier("0pr", key),
                group_rule(self.name, key),
                "ACTIVE",
                any_of_groups(self.groups[name].id for name in sorted(app.groups)),
                (group.id,),
            )
            for key, app in environment.apps.items()
            if app.groups and (group := self.role_group(key))
        ]
        org = found.org(apps, [*self.groups.values(), *role_groups], [*self.in_okta.values()], rules=tuple(rules))
        return account, replace(org, url=f"https://{environment.okta.org_name}.{environment.okta.base_url}")

    def user(self, person: Person) -> LiveUser:
        """As Connect has somebody."""
        return replace(
            found.user(person.username, *person.security_profiles),
            first_name=person.first_name,
            last_name=person.last_name,
            routing_profile_id=f"routing-{person.routing_profile}",
            phone_type="DESK_PHONE" if person.desk_phone else "SOFT_PHONE",
            desk_phone_number=person.desk_phone,
            tags=dict(self.environment.aws.tags),
        )

    def policy(self, name: str, document: policies.Policy) -> LivePolicy:
        """As IAM has it, under the environment's path."""
        path = self.environment.federation.path
        text = json.dumps(policies.as_iam_reads(document))
        return LivePolicy(
            name, self.environment.iam_arn(f"policy{path}{name}"), path, "ours", read_policy(text, name), text
        )

    def role(self, name: str) -> LiveRole:
        """A role with its one policy."""
        environment = self.environment
        federation = environment.federation
        trust = environment.trust(name)
        arn = environment.instance_arn(found.INSTANCE)
        return LiveRole(
            arn=environment.iam_arn(f"role{federation.path}{name}"),
            name=name,
            path=federation.path,
            description=None,
            max_session_duration=environment.role_session_duration(name),
            trust=read_policy(trust, name),
            trust_document=json.dumps(trust),
            policies=(self.policy(federation.policy, policies.federation(arn)),),
            boundary_arn=federation.permissions_boundary,
            boundary=None,
            tags=dict(environment.aws.tags),
        )

    def api_user(self) -> LiveApiUser:
        """The user of API integration."""
        environment, integration = self.environment, self.environment.api_integration
        path, boundary = environment.federation.path, environment.federation.permissions_boundary
        arn = environment.iam_arn(f"user{path}{integration.user}")
        reader = self.policy(integration.policy, policies.role_reader())
        return LiveApiUser(arn, integration.user, path, (), (reader,), boundary, dict(environment.aws.tags))

    def role_group(self, key: str) -> LiveGroup | None:
        """Whose members get the role, with group mapping."""
        environment = self.environment
        if environment.okta.role_assignment != "group_mapping":
            return None
        name = environment.role_group(self.name, key)
        members = {one.id: one for group in environment.apps[key].groups for one in self.groups[group].members or ()}
        members |= {self.in_okta[who].id: self.in_okta[who] for who, apps in self.one_by_one.items() if key in apps}
        described = role_group_description(key)
        return LiveGroup(identifier("00g", name), name, described, "OKTA_GROUP", tuple(members.values()))

    def app(self, key: str, app: App) -> LiveApp:
        """An app of Okta with its assignments."""
        environment, role_group = self.environment, self.role_group(key)
        integrated = environment.okta.role_assignment == "api_integration"
        carried: tuple[str | None, tuple[str, ...]] = (app.role, (app.role,)) if integrated else (None, ())
        groups = [role_group] if role_group else [self.groups[name] for name in app.groups]
        users = {
            one.id: LiveAppUser(one.id, "GROUP", one.login, "ACTIVE", *carried)
            for group in groups
            for one in group.members or ()
        }
        if role_group is None:
            for who, apps in self.one_by_one.items():
                if key in apps:
                    one = self.in_okta[who]
                    users[one.id] = LiveAppUser(one.id, "USER", one.login, "ACTIVE", *carried)
        made = found.app(
            identifier("0oa", key),
            app.label,
            environment.relay_state(app, found.INSTANCE),
            user_name_template=user_name_template(environment.okta.username_attribute),
            features=frozenset({"PUSH_NEW_USERS"}) if integrated else frozenset(),
            groups=tuple(LiveAppGroup(group.id, *carried) for group in groups),
            users=tuple(users.values()),
            presentation=PRESENTATION,
        )
        return (
            self.custom(made, app) if environment.okta.role_assignment == "saml_app" else self.catalogue(made, key, app)
        )

    def catalogue(self, made: LiveApp, key: str, app: App) -> LiveApp:
        """As Okta answers for the catalogue's app."""
        environment, group = self.environment, self.role_group(key)
        settings = catalogue_settings(
            partition=environment.aws.partition,
            saml_provider=app.saml_provider,
            saml_provider_arn=environment.provider_arn(app),
            role_path=environment.federation.path,
            sign_in_endpoint=environment.aws.sign_in_endpoint,
            session_duration=environment.session_duration(app),
            role_group=group.name if group else None,
        )
        return replace(made, settings={**settings, "accountID": None})

    def custom(self, made: LiveApp, app: App) -> LiveApp:
        """As Okta answers for a custom app."""
        environment = self.environment
        sent = statements(
            role_arn=environment.role_arn(app),
            saml_provider_arn=environment.provider_arn(app),
            username=environment.okta.username_attribute,
            session_duration=environment.session_duration(app),
            session_tags=app.session_tags,
        )
        stated = [
            {"name": name, "type": STATEMENT_TYPE, "namespace": STATEMENT_NAMESPACE, "values": [expression]}
            for name, expression in sent.items()
        ]
        endpoint = environment.aws.sign_in_endpoint
        sign_on = {
            **made.sign_on,
            **CUSTOM_SIGN_ON,
            **dict.fromkeys(("ssoAcsUrl", "recipient", "destination"), endpoint),
            "audience": environment.aws.partition.audience,
            "attributeStatements": stated,
        }
        return replace(made, catalogue=False, name="acme_1", sign_on=sign_on)
