"""What the first apply does besides importing, told before there is a plan.

`adopted: true` leaves as they were found all attributes that the file has no words for, so what is left is what this file holds.
The lab holds it to the plans of the real providers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from connect_sso.adopt.model import ContactCentre, ExistingApp, FirstChange
from connect_sso.environment.derived_names import role_address
from connect_sso.environment.imports import address_of
from connect_sso.environment.model import ApiIntegration, Federation
from connect_sso.facts.group_rules import any_of_groups
from connect_sso.facts.okta_profile import user_name_template
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.facts.relay_state import relay_state
from connect_sso.text import count

if TYPE_CHECKING:
    from connect_sso.live.model import LiveOrg

NOBODY = "nobody"


def first_changes(centre: ContactCentre, org: LiveOrg) -> list[FirstChange]:
    """What the first apply makes or changes, sorted by address.

    Args:
        centre: what is taken over.
        org: the org it was found in.
    """
    found = [*_policy(centre), *_api_integration(centre), *_origins(centre)]
    for app in centre.apps:
        found += [*_app(app, centre), *_metadata(app), *_role_group(app, centre), *_people(app, centre, org)]
    return sorted(found, key=lambda change: (change.address, change.attribute))


def _made(address: str, what: str, why: str, noticed: str = NOBODY) -> FirstChange:
    return FirstChange(address, "", "", what, why, noticed)


def _policy(centre: ContactCentre) -> Iterator[FirstChange]:
    name = centre.policy.name if centre.policy else Federation().policy
    if centre.policy is None:
        yield _made(
            address_of("aws_iam_policy", "federation"),
            f"the policy {name}",
            "none of the roles' policies is one of the account's own, under their path, that allows sign-in to this instance",
        )
    for role in {app.role.arn: app.role for app in centre.apps}.values():
        if centre.policy is None or all(policy.arn != centre.policy.arn for policy in role.policies or ()):
            yield _made(
                address_of("aws_iam_role_policy_attachment", role_address(role.name)),
                f"{name} attached to {role.name}",
                "the file has one policy for all roles; what is attached already stays",
                "nobody, unless the role let nobody sign in before",
            )


def _api_integration(centre: ContactCentre) -> Iterator[FirstChange]:
    if centre.role_assignment != "api_integration":
        return
    defaults, name, why = ApiIntegration(), "api_integration", "none was found that Okta's API integration may be using"
    user = centre.api_user.name if centre.api_user else defaults.user
    policy = centre.api_policy.name if centre.api_policy else defaults.policy
    if centre.api_user is None:
        yield _made(address_of("aws_iam_user", name), f"the IAM user {user}", why)
    if centre.api_user is None or centre.api_policy is None:
        why = why if centre.api_user is None else "no policy of the user is the account's own and lets it list roles"
        yield _made(address_of("aws_iam_policy", name), f"the policy {policy}", why)
        yield _made(address_of("aws_iam_user_policy_attachment", name), f"{policy} attached to {user}", why)


def _origins(centre: ContactCentre) -> Iterator[FirstChange]:
    for origin in sorted({approved_origin(app.destination) for app in centre.apps if is_custom_page(app.destination)}):
        yield _made(
            address_of("cloudcontrolapi_resource", "approved_origins", origin),
            f"the approved origin {origin}",
            "nobody can import one",
        )


def _app(app: ExistingApp, centre: ContactCentre) -> Iterator[FirstChange]:
    address, live = address_of("okta_app_saml", app.key), app.live
    state = relay_state(region=centre.region, instance_id=centre.instance.id, destination=app.destination)
    before = live.sign_on.get("defaultRelayState") or ""
    if before != state:
        yield FirstChange(
            address, "default_relay_state", before, state, "the same page, as AWS documents its address", NOBODY
        )
    template = user_name_template(centre.username)
    if live.user_name_template != template:
        yield FirstChange(
            address,
            "user_name_template",
            live.user_name_template,
            template,
            "the app's user name becomes the session name, as okta.username says",
            "nobody: the session name is in the assertion already",
        )


def _metadata(app: ExistingApp) -> Iterator[FirstChange]:
    before, after = app.saml_provider.document, app.live.metadata_document
    if before == after:
        return
    address = address_of("aws_iam_saml_provider", app.key)
    theirs, ours = app.saml_provider.metadata, app.live.metadata
    if before.strip() == after.strip():
        end = "ends with a line break, as a browser saves it" if before != before.strip() else "has spaces around it"
        yield FirstChange(address, "saml_metadata_document", end, "Okta's own bytes", "the same metadata", NOBODY)
    elif theirs is not None and ours is not None and set(theirs.certificates) == set(ours.certificates):
        yield FirstChange(
            address,
            "saml_metadata_document",
            "the same issuer and certificates, written otherwise",
            "Okta's own bytes",
            "the document is Okta's from now on",
            NOBODY,
        )
    else:
        yield FirstChange(
            address,
            "saml_metadata_document",
            "other certificates, or metadata that could not be read",
            "Okta's own",
            "what Okta signs with today and what IAM accepts are not the same",
            "everybody who signs in through the app: they can do so afterwards",
        )


def _role_group(app: ExistingApp, centre: ContactCentre) -> Iterator[FirstChange]:
    if app.role_group is None:
        return
    if app.rule is not None:
        expression = any_of_groups(group.id for group in app.groups)
        if app.rule.expression != expression:
            yield FirstChange(
                address_of("okta_group_rule", app.key),
                "expression_value",
                app.rule.expression,
                expression,
                "the same groups in another order",
                "nobody; Okta runs the rule anew",
            )
        if not centre.adopted:
            yield FirstChange(
                address_of("okta_group_rule", app.key),
                "remove_assigned_users",
                "not read by the import",
                "true",
                "whom the rule has put into the group leaves it with the rule, as the stacks make it",
                "nobody; while Okta changes the rule it adds nobody new",
            )
    if all(each.group_id != app.role_group.id for each in app.live.groups or ()):
        has_it = {each.person_id for each in app.live.users or ()}
        new = sorted(person.login for person in app.role_group.members or () if person.id not in has_it)
        shown = ", ".join(new[:10]) + (f" and {len(new) - 10:,} more" if len(new) > 10 else "")
        yield _made(
            address_of("okta_app_group_assignment", app.key),
            f"the app {app.live.label!r} for the group {app.role_group.name}",
            "whoever is in the role group has the app; today it is assigned to other groups or people, who keep it",
            f"{count(len(new), 'person', 'people')} of the role group who did not have the tile: {shown}"
            if new
            else NOBODY,
        )
    if members := [person for person in centre.people if app.key in person.apps]:
        yield FirstChange(
            address_of("okta_group_memberships", app.key),
            "users",
            "not read by the import",
            count(len(members), "person", "people"),
            "they are in the group already, and the file names them",
            NOBODY,
        )


def _people(app: ExistingApp, centre: ContactCentre, org: LiveOrg) -> Iterator[FirstChange]:
    """The app's own names of people who have it one by one, which follow the file."""
    if app.role_group is not None:
        return
    by_id = {each.person_id: each.user_name for each in app.live.users or ()}
    for person in centre.people:
        if (identifier := person.apps.get(app.key)) and identifier in org.people:
            before = by_id.get(identifier, "")
            if before != person.user.name:
                yield FirstChange(
                    address_of("okta_app_user", app.key, person.user.name),
                    "username",
                    before,
                    person.user.name,
                    "the app's user name becomes the Connect user name",
                    "nobody: the session name is in the assertion already",
                )
