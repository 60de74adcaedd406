"""Which role an app's people get, by whom they are given it, and what IAM lets them do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connect_sso.adopt.model import Aside, CannotAdoptError
from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.sign_in.app_settings import plain_role, role_group_parts

if TYPE_CHECKING:
    from connect_sso.live.model import LiveAccount, LiveApp, LiveGroup, LiveOrg, LiveRole, LiveRule, LiveSamlProvider


def role_named(name: str, app: LiveApp, account: LiveAccount) -> LiveRole:
    """The role of that name.

    Raises:
        CannotAdoptError: there is none.
    """
    role = next((role for role in account.roles.values() if role.name == name), None)
    if role is None:
        raise CannotAdoptError(
            f"the app {app.label!r} gives the role {name}, and no role of that name trusts its SAML provider"
        )
    return role


def role_of_assignments(app: LiveApp, provider: LiveSamlProvider, account: LiveAccount) -> LiveRole:
    """The one role that the assignments carry (`api_integration`); where they carry none, the one that trusts the provider.

    Raises:
        CannotAdoptError: there is none, or there are several.
    """
    label = app.label
    carried = [(each.role, each.saml_roles) for each in app.groups or ()]
    carried += [(each.role, each.saml_roles) for each in app.users or ()]
    names = sorted({plain_role(name) for role, several in carried for name in (role, *several) if name})
    if len(names) > 1:
        raise CannotAdoptError(
            f"the assignments of the app {label!r} carry {len(names)} roles ({', '.join(names)}), and in an environment an app has one"
        )
    if not names:
        trusting = sorted(role.name for role in account.roles.values() if _names_provider(role, provider))
        if len(trusting) != 1:
            raise CannotAdoptError(
                f"which role the app {label!r} gives cannot be told: no assignment of it carries one, and "
                f"{', '.join(trusting) or 'no role'} {'trust' if len(trusting) > 1 else 'trusts'} {provider.name}"
            )
        names = trusting
    return role_named(names[0], app, account)


def _names_provider(role: LiveRole, provider: LiveSamlProvider) -> bool:
    return role.trust is not None and any(
        statement.allows and f"Federated:{provider.arn}" in statement.whose.values
        for statement in role.trust.statements
    )


def role_of_groups(
    app: LiveApp, provider: LiveSamlProvider, account: LiveAccount, org: LiveOrg
) -> tuple[LiveRole, LiveGroup]:
    """The one role that groups' names carry (`group_mapping`), and the group.

    A filter may fit the groups of other apps and accounts as well: only a role of this account that trusts the app's
    provider is one that somebody gets through the app.

    Raises:
        CannotAdoptError: there is none, or there are several.
    """
    label = app.label
    trusting = {role.name for role in account.roles.values() if _names_provider(role, provider)}
    found = [
        (group, parts["role"])
        for group in org.groups.values()
        if (parts := role_group_parts(app.settings, [group.name])) is not None
        and parts.get("role") in trusting
        and parts.get("accountid") in {None, account.account_id}
    ]
    roles = sorted({role for _, role in found})
    if not roles:
        raise CannotAdoptError(
            f"which role the app {label!r} gives cannot be told: no group fits its group filter, the account "
            f"{account.account_id} and a role that trusts {provider.name}"
        )
    if len(roles) > 1:
        raise CannotAdoptError(
            f"the app {label!r} gives {len(roles)} roles by groups ({', '.join(roles)}), and in an environment an app has one"
        )
    if len(found) > 1:
        assigned = {each.group_id for each in app.groups or ()}
        found = [(group, role) for group, role in found if group.id in assigned] or found
    if len(found) > 1:
        names = ", ".join(sorted(group.name for group, _ in found))
        raise CannotAdoptError(
            f"several groups carry the role {roles[0]} of the app {label!r} ({names}), and in an environment one does"
        )
    return role_named(roles[0], app, account), found[0][0]


def groups_of(
    app: LiveApp, role_group: LiveGroup | None, org: LiveOrg
) -> tuple[list[LiveGroup], LiveRule | None, list[Aside]]:
    """The groups that the file names, the rule that fills the role group from them, and what stays outside.

    Args:
        app: the app.
        role_group: its role group, with `group_mapping`.
        org: the org, with the rules that fill the group.

    Raises:
        CannotAdoptError: a group could not be read.
    """
    assigned = [_group(org, each.group_id, app.label) for each in app.groups or ()]
    if role_group is None:
        return sorted(assigned, key=lambda group: group.name), None, []
    asides = [
        Aside(
            f"the group {group.name!r}, which has the app {app.label!r}",
            "with group mapping the file knows the role group alone; the assignment stays as it is",
        )
        for group in assigned
        if group.id != role_group.id
    ]
    rules = [rule for rule in org.rules or () if role_group.id in rule.group_ids]
    for rule in rules:
        source = groups_in_rule(rule.expression)
        if source and rule.status == "ACTIVE" and rule.group_ids == (role_group.id,) and len(rules) == 1:
            named = [org.groups.get(each) for each in source]
            if all(named):
                return sorted(filter(None, named), key=lambda group: group.name), rule, asides
        asides.append(
            Aside(
                f"the group rule {rule.name!r}, which fills {role_group.name}",
                f"a file can only say members of groups, and it says {rule.expression} ({rule.status.lower()}); it goes on as it is",
            )
        )
    return [], None, asides


def _group(org: LiveOrg, group_id: str, label: str) -> LiveGroup:
    group = org.groups.get(group_id)
    if group is None:
        raise CannotAdoptError(f"a group that has the app {label!r} could not be read: {group_id}")
    return group
