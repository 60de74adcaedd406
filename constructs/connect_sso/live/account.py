"""An AWS account as it is: the Connect instance with its users, and the IAM side of sign-in.

    aws = open_account(environment.aws.region, environment.aws.account_id, environment.aws.assume_role)
    account = read_account(aws, instance="acme-contact-prod", saml_providers=arns, roles=arns)

`doctor` knows from the file what there should be, and names it; `adopt` finds it by the apps' metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from connect_sso.iam.documents import Policy
from connect_sso.live.aws import AwsClient
from connect_sso.live.federation import FederationReader
from connect_sso.live.instance import (
    STORAGE_KINDS,
    read_hierarchy_groups,
    read_instance,
    read_profiles,
    read_routing_profiles,
    read_users,
)
from connect_sso.live.model import LiveAccount, LiveApiUser
from connect_sso.live.reading import Parts, Progress, silent


def read_account(
    aws: AwsClient,
    *,
    instance: str,
    users: bool = True,
    settings: bool = False,
    permissions: bool = True,
    storage_kinds: Collection[str] = STORAGE_KINDS,
    saml_providers: Collection[str] | None = None,
    issuers: Collection[str] | None = None,
    roles: Collection[str] | None = None,
    api_user: str | None = None,
    api_user_may: Callable[[Policy], bool] | None = None,
    progress: Progress = silent,
) -> LiveAccount:
    """Everything of an account that sign-in depends on. No call is made for each user, or for each role of the account.

    Args:
        aws: the account, see `live.aws.open_account`.
        instance: the Connect instance's id or alias.
        users: whether to read the Connect users.
        settings: whether to keep the users' names, phone, hierarchy and tags, and to read routing profiles and hierarchy.
        permissions: whether to read what those security profiles allow that users have and that are not built in, a call each.
        storage_kinds: which kinds of storage to ask for, a call each.
        saml_providers: the ARNs of SAML providers; None for all.
        issuers: of those providers, keep the ones with metadata of these issuers (an app's entity id); None for all.
        roles: the ARNs of roles; None for those whose trust names one of the providers that were read.
        api_user: the name of the IAM user whose key Okta has, if it is known.
        api_user_may: finds that user where its name is not known: the first whose policies include one that this says yes to.
        progress: is told what is read and how much of it there is so far.

    Raises:
        Failure: AWS cannot be asked, in one line. What may not be read is listed in the account's `unread` instead.
    """
    parts = Parts()
    progress("Connect instance", 0)
    live = read_instance(aws, instance, parts, storage_kinds)
    everybody = read_users(aws, live.id, parts, progress, settings=settings) if live and users else None
    in_use = {one for user in (everybody or {}).values() for one in user.security_profile_ids} if permissions else ()
    profiles = read_profiles(aws, live.id, parts, in_use) if live else None
    routing = read_routing_profiles(aws, live.id, parts) if live and settings else {}
    hierarchy = read_hierarchy_groups(aws, live.id, parts) if live and settings else {}
    progress("IAM", 0)
    iam = FederationReader(aws, parts)
    providers, missing_providers = iam.saml_providers(saml_providers, issuers)
    found_roles, missing_roles = iam.roles(iam.trusting(providers) if roles is None else roles)
    return LiveAccount(
        account_id=aws.account_id,
        region=aws.region,
        partition=aws.partition,
        instance=live,
        users=everybody,
        profiles=profiles or {},
        routing_profiles=routing,
        hierarchy_groups=hierarchy,
        saml_providers=providers,
        roles=found_roles,
        missing_roles=missing_roles,
        missing_saml_providers=missing_providers,
        api_user=_api_user(iam, api_user, api_user_may),
        unread=tuple(parts.unread),
    )


def _api_user(iam: FederationReader, name: str | None, may: Callable[[Policy], bool] | None) -> LiveApiUser | None:
    if name is None and may is not None:
        name = next(iter(iam.users_who_may(may)), None)
    return iam.api_user(name) if name else None
