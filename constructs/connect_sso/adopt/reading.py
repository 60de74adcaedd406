"""What is read of both live accounts: first the apps, which name the SAML providers, then the account, then the apps' people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connect_sso.adopt.apps import AppReading
from connect_sso.environment.model import ApiIntegration
from connect_sso.errors import Failure
from connect_sso.iam.evaluation import Request, evaluate
from connect_sso.sign_in.app_settings import role_group_parts
from connect_sso.sign_in.live import settings_of
from connect_sso.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from connect_sso.environment.model import AssumeRole
    from connect_sso.iam.documents import Policy
    from connect_sso.live.aws import AwsClient
    from connect_sso.live.model import LiveAccount, LiveOrg, Unread
    from connect_sso.live.okta_client import OktaClient
    from connect_sso.live.reading import Progress

DISPENSABLE: Final = frozenset(
    {
        "connect:ListApprovedOrigins",
        "connect:ListInstanceAttributes",
        "connect:ListInstanceStorageConfigs",
        "connect:SearchUserHierarchyGroups",
        "iam:GetAccessKeyLastUsed",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
        "okta.policies.read",
        "servicequotas:GetServiceQuota",
    }
)
"""The rights without which an environment can be adopted all the same, and somebody is told what was not seen."""


@dataclass(frozen=True)
class Wanted:
    """What is to be read."""

    region: str
    instance: str
    """Id or alias."""
    org_name: str
    base_url: str
    apps: tuple[str, ...]
    """Labels or ids."""
    api_user: str | None = None
    """The IAM user whose key Okta has, where it is named."""
    account_id: str | None = None
    assume_role: AssumeRole | None = None


def read_accounts(wanted: Wanted, progress: Progress) -> tuple[LiveAccount, LiveOrg]:
    """Both accounts, as far as the apps reach.

    Args:
        wanted: what is to be read.
        progress: is told what is read.

    Raises:
        Failure: an account cannot be read, an app is not there, or which IAM user Okta uses is not clear.
    """
    # Only here: boto3 and requests take long to import.
    from connect_sso.live.account import read_account
    from connect_sso.live.aws import open_account
    from connect_sso.live.okta_client import open_org
    from connect_sso.live.org import read_org

    client = open_org(wanted.org_name, wanted.base_url)
    aws = open_account(wanted.region, wanted.account_id, wanted.assume_role)
    first = read_org(client, apps=wanted.apps, assignments=False, members=False, rules=False, progress=progress)
    _all_there(wanted, first)
    readings = [AppReading(app, *settings_of(app)) for app in first.apps]
    providers = {reading.pair[0] for reading in readings} - {None}
    integrated = any(reading.role_assignment == "api_integration" for reading in readings)
    account = read_account(
        aws,
        instance=wanted.instance,
        settings=True,
        permissions=False,
        saml_providers=[arn for arn in providers if arn],
        api_user=(wanted.api_user or _api_user(aws)) if integrated else None,
        progress=progress,
    )
    if integrated and wanted.api_user and account.api_user is None:
        raise Failure(
            f"there is no IAM user {wanted.api_user} in the account {account.account_id}, or it may not be read"
        )
    org = read_org(
        client,
        apps=[app.id for app in first.apps],
        groups=sorted(_role_groups(client, readings, {role.name for role in account.roles.values()})),
        name_source=next((name for reading in readings if (name := reading.username)), "login"),
        progress=progress,
    )
    fully_read([*account.unread, *org.unread])
    return account, org


def _all_there(wanted: Wanted, org: LiveOrg) -> None:
    """Every app that was named is there, once."""
    fully_read(org.unread)
    for name in wanted.apps:
        found = [app for app in org.apps if name in {app.label, app.id}]
        if not found:
            raise Failure(
                f"{wanted.org_name}.{wanted.base_url} has no app {name!r}; --app takes its exact label or its id"
            )
        if len(found) > 1:
            ids = ", ".join(sorted(app.id for app in found))
            raise Failure(f"{len(found)} apps are called {name!r}; name the one that is meant by its id ({ids})")


def fully_read(unread: Iterable[Unread]) -> None:
    """Go on only where nothing is missing that the file or the imports need.

    Raises:
        Failure: with everything that could not be read, and the rights that it needs.
    """
    missing = [one for one in unread if one.needs not in DISPENSABLE]
    if missing:
        lines = (visible(f"{one.part} could not be read, which needs {one.needs}: {one.why}") for one in missing)
        raise Failure("\n  ".join(["not everything could be read, and nothing was written:", *lines]))


def _role_groups(client: OktaClient, readings: Iterable[AppReading], roles: Collection[str]) -> Iterator[str]:
    """The names of the groups that carry one of these roles for an app with group mapping."""
    from connect_sso.live.org import groups_beginning
    from connect_sso.live.reading import Denied

    for reading in readings:
        if reading.role_assignment != "group_mapping":
            continue
        beginning = literal_beginning(str(reading.settings.get("groupFilter") or ""))
        try:
            found = groups_beginning(client, beginning) if beginning else []
        except Denied as denied:
            raise Failure(f"the groups could not be read, which needs {denied.needs}: {denied.why}") from None
        for group in found:
            parts = role_group_parts(reading.settings, [group.name])
            if parts is not None and parts.get("role") in roles:
                yield group.name


def literal_beginning(expression: str) -> str:
    """The letters that everything begins with that a regular expression fits, as far as they are plain to see."""
    beginning = ""
    if "|" in expression:
        return beginning
    for escaped, plain, repeated in _LETTER.findall(expression.removeprefix("^")):
        if not (escaped or plain) or repeated in {"?", "*", "{"}:
            break
        beginning += escaped or plain
        if repeated:
            break
    return beginning


_LETTER: Final = re.compile(r"(?:\\([^A-Za-z0-9])|([A-Za-z0-9_#: /-])|.)([?*+{]?)")
"""A letter of a regular expression, escaped or plain, or anything else; and what says how often."""


def _api_user(aws: AwsClient) -> str | None:
    """The one IAM user that may list roles and is no administrator; None where there is none.

    Raises:
        Failure: there are several, and none has the walkthrough's name.
    """
    from connect_sso.live.federation import FederationReader
    from connect_sso.live.reading import Parts

    found = FederationReader(aws, Parts()).users_who_may(may_list_roles)
    if len(found) > 1 and ApiIntegration().user not in found:
        raise Failure(f"several IAM users may list roles ({', '.join(found)}); say with --api-user whose key Okta has")
    return ApiIntegration().user if ApiIntegration().user in found else next(iter(found), None)


def may_list_roles(policy: Policy) -> bool:
    """Whether a policy lets Okta's API integration offer the account's roles, and is not an administrator's.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-generate-api-key.htm
    """
    return (
        evaluate([policy], Request("iam:ListRoles")).allowed is True
        and evaluate([policy], Request("iam:CreateUser")).allowed is False
    )
