"""Who gets an app in Okta: groups, people one by one, and role groups; and the check that names agree with Connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_okta.app_group_assignment import AppGroupAssignment
from cdktf_cdktf_provider_okta.app_user import AppUser
from cdktf_cdktf_provider_okta.data_okta_group import DataOktaGroup
from cdktf_cdktf_provider_okta.data_okta_user import DataOktaUser, DataOktaUserSearch
from cdktf_cdktf_provider_okta.data_okta_users import DataOktaUsers
from cdktf_cdktf_provider_okta.group import Group
from cdktf_cdktf_provider_okta.group_memberships import GroupMemberships
from cdktf_cdktf_provider_okta.group_rule import GroupRule

from connect_sso.environment.derived_names import terraform_name
from connect_sso.facts.escaping import literal, quoted
from connect_sso.facts.okta_profile import terraform_expression
from connect_sso.infrastructure.addresses import address, named, one_per
from connect_sso.infrastructure.catalogue_app import person_profile, role_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cdktf import TerraformLocal
    from constructs import Construct

    from connect_sso.infrastructure.okta_apps import FederationApp

EACH = "each.key"
"""The key of the instance of a `for_each`, in a Terraform expression."""


class Groups(DataOktaGroup):
    """Existing Okta groups, found by their exact names."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Iterable[str]) -> None:
        super().__init__(
            scope,
            construct_id,
            name="${each.key}",
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    # The provider takes a group that only begins with the name when it is the one that Okta's search returns.
                    Postcondition(
                        condition="${self.name == each.key}",
                        error_message='There is no Okta group "${each.key}"; the nearest that Okta found is "${self.name}". '
                        "Write the group's exact name, or create it first.",
                    )
                ]
            ),
        )
        named(self, "groups")
        one_per(self, names)
        self._address = address(self)

    def id_of(self, group: str) -> str:
        """A reference to a group's id.

        Args:
            group: a Terraform expression of its name: EACH, or a quoted text.
        """
        return f"${{{self._address}[{group}].id}}"


class People(DataOktaUser):
    """The people who are assigned one by one, looked up in Okta: the plan stops where a name differs from Connect's.

    Okta's search ignores case and Connect does not: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, usernames: Iterable[str], attribute: str) -> None:
        what = {"email": "e-mail address"}.get(attribute, attribute)
        value = terraform_expression("self", attribute)
        super().__init__(
            scope,
            construct_id,
            search=[DataOktaUserSearch(name=f"profile.{attribute}", value="${each.key}", comparison="eq")],
            # Two calls per person less.
            skip_groups=True,
            skip_roles=True,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition=f"${{{value} == each.key}}",
                        error_message=f'The Okta {what} is "${{{value}}}", the Connect user name is "${{each.key}}": '
                        "they must be the same, case included, or the person is refused at sign-in. "
                        f'Write "${{{value}}}" as the username in the environment file.',
                    ),
                    Postcondition(
                        condition='${self.status != "DEPROVISIONED"}',
                        error_message='"${each.key}" is deactivated in Okta and cannot be assigned to an app. '
                        "Activate the person there, or remove the user from the environment file.",
                    ),
                ]
            ),
        )
        named(self, "users")
        one_per(self, usernames)
        self.attribute: str = attribute
        """The attribute of Okta's profile that equals the Connect user name."""
        self._address = address(self)

    def looked_up(self, username: str) -> str:
        """The Terraform expression of one person as Okta knows them.

        Args:
            username: a Terraform expression of the name: EACH, or a quoted text.
        """
        return f"{self._address}[{username}]"


class GroupAssignments(AppGroupAssignment):
    """Existing groups that get an app."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        app: FederationApp,
        groups: Groups,
        names: Iterable[str],
        role: str | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            app_id=app.id,
            group_id=groups.id_of(EACH),
            profile=role_profile(role) if role else None,
            # Okta numbers the groups of an app by itself.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["priority"]),
        )
        named(self, app.key)
        one_per(self, names)


class PersonAssignments(AppUser):
    """People who get an app one by one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        app: FederationApp,
        people: People,
        usernames: Iterable[str],
        role: str | None,
    ) -> None:
        person = people.looked_up(EACH)
        super().__init__(
            scope,
            construct_id,
            app_id=app.id,
            user_id=f"${{{person}.id}}",
            username=f"${{{terraform_expression(person, people.attribute)}}}",
            profile=person_profile(role, person) if role else None,
            # The provider would move an assignment to a new app with a call that only works for existing assignments.
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=[f"{address(app)}.id"]),
        )
        named(self, app.key)
        one_per(self, usernames)


class RoleGroup(Group):
    """The Okta group whose members get an app's role (`group_mapping`)."""

    def __init__(self, scope: Construct, construct_id: str, *, app: FederationApp, name: str) -> None:
        super().__init__(
            scope,
            construct_id,
            name=name,
            # By its key: a new label of the app is to change nothing else.
            description=f"Gets the app {app.key} and its role; filled by Terraform",
        )
        named(self, app.key)
        self.key: str = app.key
        self.group_id: str = self.id


class RoleGroupAssignment(AppGroupAssignment):
    """A role group that gets its app."""

    def __init__(self, scope: Construct, construct_id: str, *, app: FederationApp, role_group: RoleGroup) -> None:
        super().__init__(
            scope,
            construct_id,
            app_id=app.id,
            group_id=role_group.group_id,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["priority"]),
        )
        named(self, app.key)


class RoleGroupRule(GroupRule):
    """Fills a role group with the members of existing groups."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role_group: RoleGroup,
        name: str,
        groups: Groups,
        names: Iterable[str],
    ) -> None:
        ids = ", ".join(f'"{groups.id_of(quoted(group))}"' for group in sorted(names))
        super().__init__(
            scope,
            construct_id,
            name=name,
            status="ACTIVE",
            expression_type="urn:okta:expression:1.0",
            expression_value=f"isMemberOfAnyGroup({ids})",
            group_assignments=[role_group.group_id],
            # Without it, people whom the rule put there would keep the role when the rule goes.
            remove_assigned_users=True,
        )
        named(self, role_group.key)


class RoleGroupMembers(GroupMemberships):
    """People who are in a role group one by one."""

    def __init__(
        self, scope: Construct, construct_id: str, *, role_group: RoleGroup, people: People, usernames: Iterable[str]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            group_id=role_group.group_id,
            users=[f"${{{people.looked_up(quoted(name))}.id}}" for name in sorted(usernames)],
        )
        named(self, role_group.key)


class GroupMembers(DataOktaUsers):
    """The members of existing groups: one list call per group.

    They are data sources of the stack, not of the `check` that reads them: one of a check's own would leave no plan ever
    empty.
    """

    def __init__(self, scope: Construct, construct_id: str, *, groups: Groups, names: Iterable[str]) -> None:
        super().__init__(scope, construct_id, group_id=groups.id_of(EACH))
        named(self, "members")
        one_per(self, names)


def group_member_checks(
    *,
    members: GroupMembers,
    groups: Sequence[str],
    attribute: str,
    connect_user_names: TerraformLocal,
    by_lower_case: TerraformLocal,
) -> dict[str, object]:
    """`check` blocks that warn about each member of a group whose name in Okta is not exactly a Connect user's.

    A `check` only warns: the plan goes on, since a group may well hold people who are not yet in Connect.

    Args:
        members: the members of all groups.
        groups: the groups' names.
        attribute: the attribute of Okta that equals the Connect user name.
        connect_user_names: the names of all Connect users.
        by_lower_case: the same, by their lower-case spelling.
    """
    checks: dict[str, object] = {}
    taken: set[str] = set()
    for name in sorted(groups):
        label = terraform_name(name, taken)
        taken.add(label)
        logins = f"[for user in {address(members)}[{quoted(name)}].users : {terraform_expression('user', attribute)}]"
        unknown = f"setsubtract({logins}, {address(connect_user_names)})"
        # "ada@example.com (in Connect: Ada@example.com)" where only the case differs.
        in_connect = f"{address(by_lower_case)}[lower(name)]"
        spelled = f'[for name in sort({unknown}) : try("${{name}} (in Connect: ${{{in_connect}}})", name)]'
        checks[f"members_of_{label}"] = {
            "assert": [
                {
                    "condition": f"${{length({unknown}) == 0}}",
                    "error_message": f'Members of the Okta group "{literal(name)}" who are no Connect users in exactly this '
                    f'spelling, and would be refused at sign-in: ${{join(", ", {spelled})}}',
                }
            ]
        }
    return checks
