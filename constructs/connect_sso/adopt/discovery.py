"""What the live accounts hold, understood as one environment."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connect_sso.adopt import apps as of_apps
from connect_sso.adopt import outside
from connect_sso.adopt.model import CannotAdoptError, ContactCentre
from connect_sso.adopt.people import people_of
from connect_sso.adopt.reasons import Reasons
from connect_sso.facts.partitions import partition_of
from connect_sso.iam.evaluation import Request, evaluate
from connect_sso.sign_in.model import Instance, Role, permission_decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connect_sso.adopt.apps import AppReading
    from connect_sso.live.model import LiveAccount, LiveApiUser, LiveInstance, LiveOrg, LivePolicy, LiveRole


def discover(name: str, account: LiveAccount, org: LiveOrg, *, keys: Mapping[str, str] | None = None) -> ContactCentre:
    """The contact centre that these accounts hold.

    Args:
        name: what the environment will be called.
        account: with its instance, the SAML providers and roles of the apps, and the users with their settings.
        org: with the apps that are to be taken over, their groups, rules and people.
        keys: app keys by label, where a file has them already.

    Raises:
        CannotAdoptError: it cannot be said in an environment file, with every reason.
    """
    reasons = Reasons()
    found_instance = reasons.of(_saml_instance, account)
    readings = [reading for app in org.apps if (reading := reasons.of(of_apps.read_app, app))]
    kinds = sorted({reading.role_assignment for reading in readings})
    if len(kinds) > 1:
        reasons.add(
            f"the apps learn the role in {len(kinds)} ways ({', '.join(kinds)}), and an environment has one "
            "(okta.role_assignment): adopt them into environments of their own"
        )
    instance = reasons.given(found_instance)
    sign_in = reasons.of(of_apps.sign_in_of, readings, partition_of(account.region), account.region)
    username = reasons.of(of_apps.username_of, readings)
    understood = [found for reading in readings if (found := reasons.of(of_apps.understand, reading, account, org))]
    reasons.of(_one_provider_each, readings)
    path = reasons.given(reasons.of(_path, [app.role for app, _ in understood]))
    apps = of_apps.with_keys([app for app, _ in understood], name, keys or {})
    attribute = reasons.given(username)
    people, people_outside = people_of(apps, account, org, role_assignment=kinds[0], username=attribute)
    roles = list({app.role.arn: app.role for app in apps}.values())
    api_user = account.api_user if kinds[0] == "api_integration" else None
    org_name, _, base_url = (urlsplit(org.url).hostname or "").partition(".")
    centre = ContactCentre(
        name=name,
        account_id=account.account_id,
        region=account.region,
        org_name=org_name,
        base_url=base_url,
        role_assignment=kinds[0],
        username=attribute,
        sign_in=reasons.given(sign_in),
        instance=instance,
        path=path,
        permissions_boundary=_boundary(roles, api_user),
        policy=_sign_in_policy(roles, instance, path),
        api_user=api_user,
        api_policy=_role_reader(api_user, path) if api_user else None,
        apps=tuple(apps),
        people=people,
        asides=(*(aside for _, asides in understood for aside in asides), *people_outside),
    )
    return outside.with_the_rest(centre, account, org)


def _saml_instance(account: LiveAccount) -> LiveInstance:
    instance = account.instance
    if instance is None:
        raise CannotAdoptError(f"there is no such Amazon Connect instance in {account.region} of {account.account_id}")
    if instance.identity_management != "SAML":
        raise CannotAdoptError(
            f"the instance {instance.alias or instance.id} does not sign in by SAML (it is {instance.identity_management}), "
            "and that can never be changed: https://docs.aws.amazon.com/connect/latest/adminguide/connect-identity-management.html"
        )
    if instance.status != "ACTIVE":
        raise CannotAdoptError(f"the instance {instance.alias or instance.id} is not active (it is {instance.status})")
    return instance


def _one_provider_each(readings: Sequence[AppReading]) -> None:
    labels: dict[str, list[str]] = defaultdict(list)
    for reading in readings:
        if reading.pair[0]:
            labels[reading.pair[0]].append(reading.app.label)
    shared = {arn: of_one for arn, of_one in labels.items() if len(of_one) > 1}
    if shared:
        raise CannotAdoptError(
            *(
                f"several apps name the SAML provider {arn.rpartition('/')[2]} ({', '.join(of_one)}), and it can hold the metadata of one"
                for arn, of_one in shared.items()
            )
        )


def _path(roles: Sequence[LiveRole]) -> str | None:
    paths = sorted({role.path for role in roles})
    if len(paths) > 1:
        raise CannotAdoptError(
            f"the roles are under different paths ({', '.join(paths)}), and an environment has one (federation.path)"
        )
    return paths[0] if paths else None


def _boundary(roles: Sequence[LiveRole], api_user: LiveApiUser | None) -> str | None:
    """What bounds all of them alike; None where there is nothing, or not the same."""
    bounds = {role.boundary_arn for role in roles} | ({api_user.boundary_arn} if api_user else set())
    return bounds.pop() if len(bounds) == 1 else None


def _sign_in_policy(roles: Sequence[LiveRole], instance: LiveInstance, path: str) -> LivePolicy | None:
    """The policy of the account's own under the roles' path that lets all of them, or most, sign in to the instance."""
    live = Instance("the instance", instance.id, instance.arn, None, True)
    counted: Counter[str] = Counter()
    policies: dict[str, LivePolicy] = {}
    for role in roles:
        for policy in role.policies or ():
            if policy.arn and _is_own(policy) and policy.path == path and policy.policy:
                alone = Role(role.name, role.name, role.arn, None, None, (policy.policy,))
                if permission_decision(alone, live).allowed:
                    counted[policy.arn] += 1
                    policies[policy.arn] = policy
    best = min(counted, key=lambda arn: (-counted[arn], arn), default=None)
    return policies[best] if best else None


def _role_reader(user: LiveApiUser, path: str) -> LivePolicy | None:
    """The API user's policy of the account's own that lets Okta read the roles."""
    for policy in sorted(user.policies or (), key=lambda policy: policy.arn or ""):
        if not (policy.arn and _is_own(policy) and policy.path == path and policy.policy):
            continue
        if evaluate([policy.policy], Request("iam:ListRoles")).allowed:
            return policy
    return None


def _is_own(policy: LivePolicy) -> bool:
    """Whether it is the account's, and not one that AWS keeps for everybody."""
    return policy.arn is not None and policy.arn.split(":")[4] != "aws"
