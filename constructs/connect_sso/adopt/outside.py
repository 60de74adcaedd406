"""What exists beside the contact centre's file, and what a person should look at before the first apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from connect_sso.adopt.model import Aside, ContactCentre
from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.facts.partitions import partition_of
from connect_sso.sign_in.model import Instance, Role, permission_decision, trust_decision, trust_request

if TYPE_CHECKING:
    from connect_sso.live.model import LiveAccount, LiveOrg, LiveRole


def with_the_rest(centre: ContactCentre, account: LiveAccount, org: LiveOrg) -> ContactCentre:
    """The contact centre with everything else that was seen and stays outside, and what nobody could look at."""
    found = [
        *_no_sign_in(centre),
        *_role_policies(centre),
        *_other_roles(centre, account),
        *_boundaries(centre),
        *_api_integration(centre),
        *_storage(centre),
        *_origins(centre),
        *(
            Aside(unread.part, f"could not be read, which needs {unread.needs}: {unread.why}")
            for unread in (*account.unread, *org.unread)
        ),
    ]
    return replace(centre, asides=(*centre.asides, *found))


def _roles(centre: ContactCentre) -> list[LiveRole]:
    return list({app.role.arn: app.role for app in centre.apps}.values())


def _no_sign_in(centre: ContactCentre) -> Iterator[Aside]:
    """Sign-ins that do not work today, and that taking over does not mend."""
    partition = partition_of(centre.region)
    endpoint = partition.regional_endpoint(centre.region) if centre.sign_in == "regional" else partition.global_endpoint
    instance = Instance(centre.instance.id, centre.instance.id, centre.instance.arn, centre.region, True)
    for app in centre.apps:
        live = app.role
        texts = [policy.policy for policy in live.policies or () if policy.policy]
        unread = tuple(policy.name for policy in live.policies or () if policy.policy is None)
        role = Role(live.name, live.name, live.arn, live.trust, live.max_session_duration, tuple(texts), unread)
        if trust_decision(role, trust_request(app.saml_provider.arn, endpoint)).allowed is False:
            yield Aside(
                f"the trust of the role {live.name}",
                f"does not let the app {app.live.label!r} in today (as {endpoint}); taking over does not change that",
                decide=True,
            )
        if permission_decision(role, instance).allowed is False:
            yield Aside(
                f"the permissions of the role {live.name}",
                "do not let anybody sign in to this instance today; the policy of the file will",
                decide=True,
            )


def _role_policies(centre: ContactCentre) -> Iterator[Aside]:
    for role in _roles(centre):
        for policy in role.policies or ():
            if centre.policy is None or policy.arn != centre.policy.arn:
                kind = "managed" if policy.arn else "inline"
                yield Aside(f"the {kind} policy {policy.name} of the role {role.name}", "stays with the role as it is")


def _other_roles(centre: ContactCentre, account: LiveAccount) -> Iterator[Aside]:
    providers = {app.saml_provider.arn: app.saml_provider.name for app in centre.apps}
    taken = {app.role.arn for app in centre.apps}
    for role in sorted(account.roles.values(), key=lambda role: role.name):
        if role.arn in taken or role.trust is None:
            continue
        named = sorted(
            name
            for arn, name in providers.items()
            if any(each.allows and f"Federated:{arn}" in each.whose.values for each in role.trust.statements)
        )
        if named:
            yield Aside(f"the role {role.name}", f"trusts {', '.join(named)} as well; stays as it is")


def _boundaries(centre: ContactCentre) -> Iterator[Aside]:
    for role in _roles(centre):
        if role.boundary_arn and role.boundary_arn != centre.permissions_boundary:
            yield Aside(
                f"the permissions boundary of the role {role.name}",
                "is not that of all roles and the API user, and the file says one for all; it stays while adopted",
            )


def _api_integration(centre: ContactCentre) -> Iterator[Aside]:
    if centre.role_assignment != "api_integration":
        return
    for app in centre.apps:
        if API_INTEGRATION_FEATURE not in app.live.features:
            yield Aside(
                f"API integration of the app {app.live.label!r}",
                "does not seem to be enabled, or does not create users; every plan will say how to enable it",
                decide=True,
            )
    if centre.api_user is None:
        yield Aside(
            "the IAM user of Okta's API integration",
            "no API tells which one it is, and none was found that has a key and may list roles; the first apply would make "
            "the one of api_integration.user: name the existing one there and import it",
            decide=True,
        )


def _storage(centre: ContactCentre) -> Iterator[Aside]:
    for kind in centre.instance.storage or ():
        where = f" in {kind.bucket}" if kind.bucket else ""
        yield Aside(
            f"the storage of {kind.kind}", f"goes on{where}; the file says nothing of it, so Terraform leaves it alone"
        )


def _origins(centre: ContactCentre) -> Iterator[Aside]:
    wanted = {approved_origin(app.destination) for app in centre.apps if is_custom_page(app.destination)}
    for origin in centre.instance.origins or ():
        if origin in wanted:
            yield Aside(
                f"the approved origin {origin}",
                "Amazon Connect approves an origin once and nobody can import one: take it back in the console right "
                "before the first apply, which approves it again",
                decide=True,
            )
        else:
            yield Aside(f"the approved origin {origin}", "stays approved")
