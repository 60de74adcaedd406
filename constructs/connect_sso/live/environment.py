"""Both accounts of one environment, read as far as its sign-in goes: what the file names, and who is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial

from connect_sso.environment.loading import LoadedEnvironment
from connect_sso.environment.model import Environment
from connect_sso.facts.relay_state import HoldsArnError, NotConnectError, read_relay_state
from connect_sso.live.account import read_account
from connect_sso.live.aws import open_account
from connect_sso.live.model import INSTANCE, LiveAccount, LiveApp, LiveOrg
from connect_sso.live.okta_client import OktaClient, open_org
from connect_sso.live.org import apps_naming, look_up, read_org
from connect_sso.live.reading import Parts, Progress, silent


@dataclass(frozen=True)
class LiveReading:
    """What was read."""

    account: LiveAccount
    org: LiveOrg
    looked_up: AbstractSet[str]
    """Names that the org was asked for one by one: who is not among `org.people` is not in it."""


def read_environment(
    loaded: LoadedEnvironment, progress: Progress = silent, *, people_alone: bool = False
) -> LiveReading:
    """Everything of both accounts that the environment's sign-in depends on, without a call for each person.

    Args:
        loaded: the environment, valid.
        progress: is told what is read and how much of it there is so far.
        people_alone: leave out what says nothing about people: IAM, and where the instance stores.

    Raises:
        Failure: one of them cannot be asked, in one line. What may not be read is listed in `unread` instead.
    """
    environment = loaded.environment
    assert environment is not None, "only valid environments are read"
    client = open_org(environment.okta.org_name, environment.okta.base_url)
    aws = open_account(environment.aws.region, environment.aws.account_id, environment.aws.assume_role)
    org = _org(client, loaded, environment, progress)
    keyed = environment.okta.role_assignment == "api_integration"
    read = partial(
        read_account,
        aws,
        storage_kinds=[] if people_alone else [kind.upper() for kind in environment.connect.storage_kinds],
        saml_providers=[] if people_alone else [environment.provider_arn(app) for app in environment.apps.values()],
        roles=[] if people_alone else [environment.role_arn(app) for app in environment.apps.values()],
        api_user=environment.api_integration.user if keyed and not people_alone else None,
        progress=progress,
    )
    account = read(instance=environment.connect.alias or environment.connect.instance_id or "")
    if account.instance is None and not account.could_not_read(INSTANCE):
        # The file's alias is wrong, or the apps open another instance: then that one is the evidence.
        for identifier in dict.fromkeys(_opened(org.apps)):
            other = read(instance=identifier)
            if other.instance is not None:
                account = other
                break
    names = [person.username for person in (*loaded.people, *loaded.crowd)]
    logins = [user.okta_login for user in environment.users if user.okta_login]
    org, looked_up = _with(client, org, environment, [*names, *(account.users or ()), *logins], progress)
    return LiveReading(account, org, looked_up)


def _org(client: OktaClient, loaded: LoadedEnvironment, environment: Environment, progress: Progress) -> LiveOrg:
    labels = [app.label for app in environment.apps.values()]
    groups = [group for app in environment.apps.values() for group in app.groups]
    if environment.okta.role_assignment == "group_mapping":
        groups += [environment.role_group(loaded.name, key) for key in environment.apps]
    read = partial(
        read_org,
        client,
        groups=list(dict.fromkeys(groups)),
        group_ids=list(imported_groups(loaded).values()),
        name_source=environment.okta.username_attribute,
        rules=environment.okta.role_assignment == "group_mapping",
        progress=progress,
    )
    org = read(apps=labels)
    missing = [app for app in environment.apps.values() if app.label not in {each.label for each in org.apps}]
    if missing and not any(org.could_not_read(label) for label in labels):
        # Somebody may have given it another label: then it still names its SAML provider.
        identifiers = apps_naming(client, [environment.provider_arn(app) for app in missing])
        if identifiers:
            org = read(apps=[*(each.id for each in org.apps), *identifiers])
    return org


def imported_groups(loaded: LoadedEnvironment) -> dict[str, str]:
    """The ids of role groups that were there before the environment, by the app's key: they have names of their own."""
    return {each.name: each.id for each in loaded.imports if each.type == "okta_group"}


def _opened(apps: Collection[LiveApp]) -> Iterator[str]:
    """The ids of the instances that the apps open."""
    for app in apps:
        try:
            yield read_relay_state(str(app.sign_on.get("defaultRelayState") or "")).instance_id
        except (HoldsArnError, NotConnectError):
            continue


def _with(
    client: OktaClient, org: LiveOrg, environment: Environment, names: Collection[str], progress: Progress
) -> tuple[LiveOrg, AbstractSet[str]]:
    """The org with the people of these names who are in none of its groups and apps; and the names that it was asked for."""
    attribute = environment.okta.username_attribute
    known = {text.lower() for person in org.people.values() for text in (person.login, person.name_source) if text}
    wanted = [name for name in dict.fromkeys(names) if name.lower() not in known]
    if not wanted:
        return org, frozenset()
    progress("people by name", len(wanted))
    parts = Parts()
    # A Connect name may be an attribute that somebody has changed: then it is still the login.
    found = [
        parts.read("people by name", partial(look_up, client, each, wanted, attribute))
        for each in dict.fromkeys((attribute, "login"))
    ]
    if any(people is None for people in found):
        return replace(org, unread=(*org.unread, *parts.unread)), frozenset()
    people = {person.id: person for each in found for person in each or ()}
    return replace(org, people={**people, **org.people}), frozenset(wanted)
