"""A healthy company as values: what would be read of the accounts if all were as an environment file says."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connect_sso.doctor.diagnosing import Health, diagnose_live
from connect_sso.doctor.examination import Examination
from connect_sso.environment.derived_names import bucket_name, group_rule, storage_prefix
from connect_sso.environment.loading import LoadedEnvironment
from connect_sso.environment.model import App, Environment
from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE
from connect_sso.facts.okta_profile import expression, user_name_template
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.facts.profiles import BUILT_IN
from connect_sso.iam import policies
from connect_sso.iam.documents import read_policy
from connect_sso.live.model import (
    LiveAccessKey,
    LiveAccount,
    LiveApiUser,
    LiveApp,
    LiveAppGroup,
    LiveAppUser,
    LiveGroup,
    LiveInstance,
    LiveOrg,
    LivePerson,
    LivePolicy,
    LiveProfile,
    LiveRole,
    LiveRule,
    LiveSamlProvider,
    LiveStorage,
    LiveUser,
)
from connect_sso.saml import attributes as saml_attributes
from connect_sso.saml.certificates import read_certificate
from connect_sso.saml.metadata import Metadata
from tests.decode.responses import ISSUED, signer
from tests.environment_files import loaded, minimal

NOW = ISSUED + datetime.timedelta(days=100)
INSTANCE_ID = "2fb42df9-78a2-4e74-8572-c8af67ed289b"
CCP = {
    "label": "Connect Contact Control Panel",
    "destination": "ccp",
    "saml_provider": "Okta_Connect_CCP",
    "role": "Okta_CCP_Role",
    "groups": ["Contact Centre Agents"],
}
ADA, BO, CY = "Ada.Admin@example.com", "bo.agent@example.com", "cy.agent@example.com"
MEMBERS = {"Contact Centre Admins": (), "Contact Centre Agents": (BO, CY)}
CROWD = "username,first_name,last_name,security_profiles\nbo.agent@example.com,Bo,Agent,Agent\ncy.agent@example.com,Cy,Agent,Agent\n"
MODES = ("saml_app", "group_mapping", "api_integration")


def company(folder: Path, mode: str = "saml_app", **changes: Any) -> LoadedEnvironment:
    """An environment with an administrator who has her app by name, and two agents of the CSV who have theirs through a group."""
    more: dict[str, Any] = {"okta__role_assignment": mode, "users_file": "agents.csv", "apps__ccp": copy.deepcopy(CCP)}
    if mode == "api_integration":
        more["api_integration"] = {"user": "okta_cli_user", "policy": "okta_cli_policy"}
    found = loaded(folder, minimal(**{**more, **changes}), csv=CROWD)
    assert not found.errors, found.errors
    return found


def certificates(name: str, *, days: int = 3650) -> Metadata:
    """Metadata of an app with a certificate of its own."""
    certificate = read_certificate(signer(name, days=days).base64)
    assert certificate is not None
    return Metadata(f"http://www.okta.com/exk{name}", (certificate,))


def healthy(environment: LoadedEnvironment, members: Mapping[str, tuple[str, ...]] = MEMBERS) -> Examination:
    """The environment beside accounts in which all is as it says."""
    return _Company(environment, members).case()


class _Company:
    def __init__(self, environment: LoadedEnvironment, members: Mapping[str, tuple[str, ...]]) -> None:
        assert environment.environment is not None
        self.loaded, self.environment = environment, environment.environment
        self.mode = self.environment.okta.role_assignment
        logins = {user.username: user.okta_login or user.username for user in self.environment.users}
        names = dict.fromkeys([*logins.values(), *(name for group in members.values() for name in group)])
        self.people = {name: LivePerson(f"00u{name}", name, name, "ACTIVE") for name in names}
        self.logins = logins
        self.groups = {
            f"00g{name}": LiveGroup(
                f"00g{name}", name, None, "OKTA_GROUP", tuple(self.people[each] for each in members.get(name, ()))
            )
            for name in dict.fromkeys(name for app in self.environment.apps.values() for name in app.groups)
        }
        self.rules: list[LiveRule] = []
        self.apps = tuple(self.app(key, app) for key, app in self.environment.apps.items())

    def case(self) -> Examination:
        org = LiveOrg(
            url="https://acme.okta.com",
            apps=self.apps,
            groups=self.groups,
            rules=tuple(self.rules),
            people={person.id: person for person in self.people.values()},
        )
        return Examination(self.loaded, self.account(), org, NOW)

    def app(self, key: str, app: App) -> LiveApp:
        environment = self.environment
        catalogue, direct = self.mode != "saml_app", self.named(key)
        through = [person for name in app.groups for person in self.groups[f"00g{name}"].members or ()]
        roles = (app.role,) if self.mode == "api_integration" else ()
        if self.mode == "group_mapping":
            name = environment.role_group(self.loaded.name, key)
            group = LiveGroup(
                f"00g{name}", name, "Gets the app", "OKTA_GROUP", tuple(dict.fromkeys((*direct, *through)))
            )
            self.groups[group.id] = group
            ids = ", ".join(f'"00g{each}"' for each in sorted(app.groups))
            self.rules.append(
                LiveRule(
                    f"0pr{key}", group_rule(self.loaded.name, key), "ACTIVE", f"isMemberOfAnyGroup({ids})", (group.id,)
                )
            )
            groups: tuple[LiveAppGroup, ...] = (LiveAppGroup(group.id, None, ()),)
            users = [self.app_user(person, "GROUP") for person in group.members or ()]
        else:
            groups = tuple(LiveAppGroup(f"00g{each}", roles[0] if roles else None, roles) for each in app.groups)
            users = [self.app_user(person, "USER", roles) for person in direct]
            users += [self.app_user(person, "GROUP", roles) for person in through if person not in direct]
        relay_state = environment.relay_state(app, INSTANCE_ID)
        return LiveApp(
            id=f"0oa{key}",
            label=app.label,
            name="amazon_aws" if catalogue else "acme_connect_1",
            status="ACTIVE",
            sign_on_mode="SAML_2_0",
            catalogue=catalogue,
            settings=company_settings(self.loaded.name, environment, key) if catalogue else {},
            sign_on={"defaultRelayState": relay_state} | ({} if catalogue else company_sign_on(environment, app)),
            user_name_template=user_name_template(environment.okta.username_attribute),
            features=frozenset({API_INTEGRATION_FEATURE} if self.mode == "api_integration" else ()),
            metadata=certificates(key),
            metadata_document="",
            metadata_problem="",
            authentication_policy_id="rst1",
            authentication_policy=app.authentication_policy or "Default",
            groups=groups,
            users=tuple(users),
        )

    def named(self, key: str) -> list[LivePerson]:
        return [self.people[self.logins[user.username]] for user in self.environment.users if key in user.apps]

    def app_user(self, person: LivePerson, scope: str, roles: tuple[str, ...] = ()) -> LiveAppUser:
        names = {login: name for name, login in self.logins.items()}
        name = names.get(person.login, person.login)
        return LiveAppUser(person.id, scope, name, "ACTIVE", roles[0] if roles else None, roles)

    # AWS

    def account(self) -> LiveAccount:
        environment = self.environment
        profiles = {f"sp-{name}": LiveProfile(f"sp-{name}", name, None) for name in BUILT_IN}
        people = (*self.loaded.people, *self.loaded.crowd)
        names = dict.fromkeys(profile for person in people for profile in person.security_profiles)
        profiles |= {
            f"sp-{name}": LiveProfile(f"sp-{name}", name, frozenset()) for name in names if name not in BUILT_IN
        }
        return LiveAccount(
            account_id=environment.aws.account_id,
            region=environment.aws.region,
            partition=environment.aws.partition.name,
            instance=self.instance(),
            users={
                person.username: LiveUser(
                    f"id-{person.username}",
                    person.username,
                    tuple(f"sp-{profile}" for profile in person.security_profiles),
                )
                for person in people
            },
            profiles=profiles,
            routing_profiles={},
            hierarchy_groups={},
            saml_providers={
                environment.provider_arn(app): LiveSamlProvider(
                    environment.provider_arn(app), app.saml_provider, "", certificates(key), ""
                )
                for key, app in environment.apps.items()
            },
            roles={environment.role_arn(app): self.role(environment, app) for app in environment.apps.values()},
            api_user=self.api_user() if self.mode == "api_integration" else None,
        )

    def instance(self) -> LiveInstance:
        environment = self.environment
        aws, connect = environment.aws, environment.connect
        bucket = bucket_name(self.loaded.name, aws.account_id, aws.region)
        return LiveInstance(
            id=connect.instance_id or INSTANCE_ID,
            arn=environment.instance_arn(connect.instance_id or INSTANCE_ID),
            alias=connect.alias,
            status="ACTIVE",
            identity_management="SAML",
            attributes={},
            storage=tuple(
                LiveStorage(
                    f"as-{kind}",
                    kind.upper(),
                    "S3",
                    connect.recordings.bucket if connect.recordings else bucket,
                    storage_prefix(self.loaded.name, kind),
                    connect.recordings.kms_key_arn
                    if connect.recordings
                    else "arn:aws:kms:us-west-2:111122223333:key/1",
                )
                for kind in connect.storage_kinds
            ),
            origins=tuple(
                approved_origin(app.destination) for app in environment.apps.values() if is_custom_page(app.destination)
            ),
            user_quota=500,
        )

    def role(self, environment: Environment, app: App) -> LiveRole:
        arn = environment.instance_arn(environment.connect.instance_id or INSTANCE_ID)
        return LiveRole(
            arn=environment.role_arn(app),
            name=app.role,
            path=environment.federation.path,
            description=None,
            max_session_duration=environment.role_session_duration(app.role),
            trust=read_policy(environment.trust(app.role), f"the trust policy of the role {app.role}"),
            trust_document="",
            policies=(policy(environment.federation.policy, policies.federation(arn)),),
            boundary_arn=None,
            boundary=None,
            tags={},
        )

    def api_user(self) -> LiveApiUser:
        name = self.environment.api_integration.user
        return LiveApiUser(
            arn=self.environment.iam_arn(f"user/{name}"),
            name=name,
            path="/",
            keys=(access_key(),),
            policies=(policy(self.environment.api_integration.policy, policies.role_reader()),),
            boundary_arn=None,
            tags={},
        )


def company_settings(name: str, environment: Environment, key: str) -> dict[str, Any]:
    """The settings of a catalogue app."""
    app = environment.apps[key]
    group = environment.role_group(name, key)
    group_name, role, account = group.split("#")[1:]
    return {
        "identityProviderArn": environment.provider_arn(app),
        "useGroupMapping": environment.okta.role_assignment == "group_mapping",
        "groupFilter": rf"^aws\#{group_name}\#(?{{{{role}}}}{role})\#(?{{{{accountid}}}}{account})$",
        "roleValuePattern": ",".join(
            arn.replace(f":{account}:", ":${accountid}:").replace(f"/{app.role}", "/${role}")
            for arn in (environment.provider_arn(app), environment.role_arn(app))
        ),
        "sessionDuration": environment.session_duration(app),
        "overrideAcsURL": environment.aws.sign_in_endpoint,
        "awsEnvironmentType": "aws.amazon",
    }


def company_sign_on(environment: Environment, app: App) -> dict[str, Any]:
    """How a custom app signs on, but for its relay state."""
    endpoint = environment.aws.sign_in_endpoint
    statements = {
        saml_attributes.ROLE: f'"{environment.role_arn(app)},{environment.provider_arn(app)}"',
        saml_attributes.ROLE_SESSION_NAME: expression(environment.okta.username_attribute),
        saml_attributes.SESSION_DURATION: f'"{environment.session_duration(app)}"',
        **{f"{saml_attributes.PRINCIPAL_TAG}{tag}": value for tag, value in app.session_tags.items()},
    }
    return {
        "ssoAcsUrl": endpoint,
        "recipient": endpoint,
        "destination": endpoint,
        "audience": environment.aws.partition.audience,
        "attributeStatements": [{"name": name, "values": [value]} for name, value in statements.items()],
    }


def policy(name: str, document: policies.Policy) -> LivePolicy:
    """A managed policy, as IAM has it: without Terraform's escapes."""
    text = policies.policy_json(document).replace("$${", "${")
    return LivePolicy(
        name, f"arn:aws:iam::111122223333:policy/{name}", "/", None, read_policy(text, f"the policy {name}"), text
    )


def access_key(identifier: str = "AKIAEXAMPLE1", **changes: Any) -> LiveAccessKey:
    """A key that is used."""
    month = datetime.timedelta(days=30)
    return replace(LiveAccessKey(identifier, True, NOW - 2 * month, NOW - month), **changes)


# --- changes -----------------------------------------------------------------------------------------------------------

Change = Callable[[Any], Examination]
"""From an `Examination`, whose optional parts are all there, to another one."""


def account(**changes: Any) -> Change:
    """Other values of the account."""
    return lambda case: replace(case, account=replace(case.account, **changes))


def org(**changes: Any) -> Change:
    """Other values of the org."""
    return lambda case: replace(case, org=replace(case.org, **changes))


def instance(**changes: Any) -> Change:
    """Other values of the instance."""

    def change(case: Any) -> Examination:
        return account(instance=replace(case.account.instance, **changes))(case)

    return change


def app(key: str = "ccp", /, **changes: Any) -> Change:
    """Other values of an app."""
    return lambda case: org(
        apps=tuple(replace(each, **changes) if each.id == f"0oa{key}" else each for each in case.org.apps)
    )(case)


def setting(key: str = "ccp", /, **changes: Any) -> Change:
    """Other settings of a catalogue app, or of how a custom one signs on."""

    def change(case: Examination) -> Examination:
        found = next(each for each in case.org.apps if each.id == f"0oa{key}")
        if found.catalogue and "defaultRelayState" not in changes:
            return app(key, settings={**found.settings, **changes})(case)
        return app(key, sign_on={**found.sign_on, **changes})(case)

    return change


def statement(name: str, value: str | None, key: str = "ccp") -> Change:
    """Another attribute statement of a custom app, or none."""

    def change(case: Examination) -> Examination:
        found = next(each for each in case.org.apps if each.id == f"0oa{key}")
        kept = [each for each in found.sign_on["attributeStatements"] if each["name"] != saml_attributes.PREFIX + name]
        kept += [{"name": saml_attributes.PREFIX + name, "values": [value]}] if value is not None else []
        return setting(key, attributeStatements=kept)(case)

    return change


def role(name: str = "Okta_CCP_Role", /, **changes: Any) -> Change:
    """Other values of a role."""
    return lambda case: account(
        roles={arn: replace(each, **changes) if each.name == name else each for arn, each in case.account.roles.items()}
    )(case)


def provider(name: str = "Okta_Connect_CCP", /, **changes: Any) -> Change:
    """Other values of a SAML provider."""
    return lambda case: account(
        saml_providers={
            arn: replace(each, **changes) if each.name == name else each
            for arn, each in case.account.saml_providers.items()
        }
    )(case)


def user(name: str, /, **changes: Any) -> Change:
    """Another Connect user in place of this one; without changes there is none."""

    def change(case: Examination) -> Examination:
        users = dict(case.account.users or {})
        found = users.pop(name, None) or LiveUser(f"id-{name}", name, ("sp-Agent",))
        if changes:
            made = replace(found, **changes)
            users[made.name] = made
        return account(users=users)(case)

    return change


def one_more(name: str, profile: str = "Agent") -> Change:
    """One more Connect user."""
    return user(name, security_profile_ids=(f"sp-{profile}",))


def person(who: str, /, **changes: Any) -> Change:
    """Somebody in Okta who is another now, in every group and app; without changes the person is gone."""

    def change(case: Examination) -> Examination:
        old = next(each for each in case.org.people.values() if each.login == who)
        new = replace(old, **changes)
        people = {
            key: new if each is old else each for key, each in case.org.people.items() if changes or each is not old
        }
        groups = {
            key: replace(
                group,
                members=None
                if group.members is None
                else tuple(new if each == old else each for each in group.members if changes or each != old),
            )
            for key, group in case.org.groups.items()
        }
        barred = not changes or new.status == "DEPROVISIONED"
        apps = tuple(
            replace(each, users=tuple(one for one in each.users or () if one.person_id != old.id or not barred))
            for each in case.org.apps
        )
        return org(people=people, groups=groups, apps=apps)(case)

    return change


def member(group: str, name: str, *, also_in: tuple[str, ...] = ()) -> Change:
    """One more member of a group, who gets its apps."""

    def change(case: Examination) -> Examination:
        one = next((each for each in case.org.people.values() if each.login == name), None)
        one = one or LivePerson(f"00u{name}", name, name, "ACTIVE")
        groups = {
            key: replace(each, members=(*(each.members or ()), one)) if each.name in {group, *also_in} else each
            for key, each in case.org.groups.items()
        }
        return org(groups=groups, people={**case.org.people, one.id: one})(case)

    return change


def no_member(group: str, name: str) -> Change:
    """Somebody who is no longer in a group, and does not have its apps."""

    def change(case: Examination) -> Examination:
        groups = {
            key: replace(each, members=tuple(one for one in each.members or () if one.login != name))
            if each.name == group
            else each
            for key, each in case.org.groups.items()
        }
        apps = tuple(
            replace(each, users=tuple(one for one in each.users or () if one.user_name != name))
            for each in case.org.apps
        )
        return org(groups=groups, apps=apps)(case)

    return change


def looked_up(*names: str) -> Change:
    """Okta was asked for these names."""
    return lambda case: replace(case, looked_up=frozenset(names))


def then(*changes: Change) -> Change:
    """One change after the other."""

    def change(case: Examination) -> Examination:
        for each in changes:
            case = each(case)
        return case

    return change


@dataclass(frozen=True)
class Told:
    """A finding, as the tests name it."""

    code: str
    name: str


def told(health: Health) -> list[Told]:
    """The findings."""
    return [Told(each.code, each.name) for each in health.findings]


def diagnosed(case: Examination, **options: Any) -> Health:
    """What is wrong with it."""
    return diagnose_live(case, **options)
