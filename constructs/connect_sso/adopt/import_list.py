"""The addresses of what is taken over in the stacks, and its ids for the providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connect_sso.environment.derived_names import USERS, role_address
from connect_sso.environment.imports import PERSON, address_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from connect_sso.adopt.model import ContactCentre, ExistingApp

PARTS: Final[Mapping[str, str]] = {
    "okta": "okta_",
    "iam": "aws_iam_",
    "connect": "aws_connect_instance",
    "users": f"{PERSON}.",
}
"""The parts that can be taken over one by one: what the addresses of each begin with.

Of `connect` nothing is imported: `connect.instance_id` leaves the instance, its storage and its origins alone.
"""


def imports_of(centre: ContactCentre, parts: Collection[str] = ()) -> dict[str, str]:
    """Address to import id of everything that is taken over, or of these parts of it."""
    everything = sorted([*_okta(centre), *_iam(centre), *_api_integration(centre), *_users(centre)])
    return {address: identifier for address, identifier in everything if not parts or part_of(address) in parts}


def part_of(address: str) -> str:
    """The part that an address belongs to."""
    return next(part for part, start in PARTS.items() if address.startswith(start))


def _okta(centre: ContactCentre) -> Iterator[tuple[str, str]]:
    for app in centre.apps:
        yield address_of("okta_app_saml", app.key), app.live.id
        if app.role_group is None:
            for group in app.groups:
                yield address_of("okta_app_group_assignment", app.key, group.name), f"{app.live.id}/{group.id}"
        else:
            yield from _role_group(app, app.role_group.id)
        own = [person for person in centre.people if app.key in person.apps]
        if own and app.role_group is None:
            for person in own:
                address = address_of("okta_app_user", app.key, person.user.name)
                yield address, f"{app.live.id}/{person.apps[app.key]}"
        elif own and app.role_group is not None:
            yield address_of("okta_group_memberships", app.key), app.role_group.id


def _role_group(app: ExistingApp, group_id: str) -> Iterator[tuple[str, str]]:
    yield address_of("okta_group", app.key), group_id
    if any(each.group_id == group_id for each in app.live.groups or ()):
        yield address_of("okta_app_group_assignment", app.key), f"{app.live.id}/{group_id}"
    if app.rule is not None:
        yield address_of("okta_group_rule", app.key), app.rule.id


def _iam(centre: ContactCentre) -> Iterator[tuple[str, str]]:
    policy = centre.policy.arn if centre.policy else None
    if policy:
        yield address_of("aws_iam_policy", "federation"), policy
    for app in centre.apps:
        role = app.role
        yield address_of("aws_iam_saml_provider", app.key), app.saml_provider.arn
        yield address_of("aws_iam_role", role_address(role.name)), role.name
        if policy and any(each.arn == policy for each in role.policies or ()):
            yield address_of("aws_iam_role_policy_attachment", role_address(role.name)), f"{role.name}/{policy}"


def _api_integration(centre: ContactCentre) -> Iterator[tuple[str, str]]:
    name = "api_integration"
    if centre.api_user is not None:
        yield address_of("aws_iam_user", name), centre.api_user.name
        if centre.api_policy is not None and centre.api_policy.arn:
            yield address_of("aws_iam_policy", name), centre.api_policy.arn
            attachment = f"{centre.api_user.name}/{centre.api_policy.arn}"
            yield address_of("aws_iam_user_policy_attachment", name), attachment


def _users(centre: ContactCentre) -> Iterator[tuple[str, str]]:
    for person in centre.people:
        yield (
            address_of(PERSON, USERS, person.user.name),
            f"{centre.instance.id}:{person.user.id}",
        )
