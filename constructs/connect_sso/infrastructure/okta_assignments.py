"""Who gets an app in Okta: groups, people one by one, and role groups.

No member of a group is read: every data source of the provider keeps whole profiles, and the state would hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import Postcondition, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_okta.app_group_assignment import AppGroupAssignment
from cdktf_cdktf_provider_okta.app_user import AppUser
from cdktf_cdktf_provider_okta.data_okta_group import DataOktaGroup
from cdktf_cdktf_provider_okta.data_okta_user import DataOktaUser, DataOktaUserSearch
from cdktf_cdktf_provider_okta.group import Group
from cdktf_cdktf_provider_okta.group_memberships import GroupMemberships
from cdktf_cdktf_provider_okta.group_rule import GroupRule

from connect_sso.facts.escaping import quoted
from connect_sso.facts.group_rules import any_of_groups
from connect_sso.facts.okta_people import BARRED
from connect_sso.facts.okta_profile import terraform_expression
from connect_sso.infrastructure.addresses import address, named, one_per
from connect_sso.infrastructure.catalogue_app import person_profile, role_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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

    def __init__(self, scope: Construct, construct_id: str, *, names: Mapping[str, str], attribute: str) -> None:
        """Declare the look-ups.

        Args:
            names: Connect user names to the names in Okta; they are the same but for those whose login has changed.
            attribute: the attribute of Okta's profile that holds the latter.
        """
        what = {"email": "e-mail address"}.get(attribute, attribute)
        value = terraform_expression("self", attribute)
        super().__init__(
            scope,
            construct_id,
            search=[DataOktaUserSearch(name=f"profile.{attribute}", value="${each.value}", comparison="eq")],
            # Two calls per person less.
            skip_groups=True,
            skip_roles=True,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition=f"${{{value} == each.value}}",
                        error_message=f'The Okta {what} is "${{{value}}}", the environment file has "${{each.value}}": '
                        "they must be the same, case included, or the person is refused at sign-in. "
                        f'Write "${{{value}}}" there.',
                    ),
                ]
            ),
        )
        named(self, "users")
        self.add_override("for_each", dict(sorted(names.items())))
        self._attribute = attribute
        self._renamed = any(name != in_okta for name, in_okta in names.items())
        self._address = address(self)

    def looked_up(self, username: str) -> str:
        """The Terraform expression of one person as Okta knows them.

        Args:
            username: a Terraform expression of the name: EACH, or a quoted text.
        """
        return f"{self._address}[{username}]"

    def app_user_name(self) -> str:
        """The Terraform expression of what the app calls the person of an instance: their Connect user name."""
        return EACH if self._renamed else terraform_expression(self.looked_up(EACH), self._attribute)

    def admitted(self, usernames: Iterable[str]) -> str:
        """A Terraform expression of those of the people, as a list of names, whom Okta lets in.

        Someone who has left must not stop every plan of the environment, so there is no assignment and no error.
        """
        names = ", ".join(quoted(name) for name in sorted(usernames))
        return f"[for name in [{names}] : name if !{_barred(self.looked_up('name'))}]"

    def left_out(self) -> dict[str, object]:
        """A `check` block that names, at every plan, who is deactivated or suspended in Okta and so gets no app."""
        barred = (
            f'[for name, person in {self._address} : "${{name}} (${{lower(person.status)}})" if {_barred("person")}]'
        )
        return {
            "assert": [
                {
                    "condition": f"${{length({barred}) == 0}}",
                    "error_message": "Deactivated or suspended in Okta, and therefore without the apps that the environment "
                    f'file gives them: ${{join(", ", {barred})}}. Take their apps out of the file, or activate them in Okta.',
                }
            ]
        }


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
            username=f"${{{people.app_user_name()}}}",
            profile=person_profile(role, person) if role else None,
            # The provider would move an assignment to a new app with a call that only works for existing assignments.
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=[f"{address(app)}.id"]),
        )
        named(self, app.key)
        self.add_override("for_each", f"${{toset({people.admitted(usernames)})}}")


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
        super().__init__(
            scope,
            construct_id,
            name=name,
            status="ACTIVE",
            expression_type="urn:okta:expression:1.0",
            expression_value=any_of_groups(groups.id_of(quoted(group)) for group in sorted(names)),
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
            users=Token.as_list(f"${{[for name in {people.admitted(usernames)} : {people.looked_up('name')}.id]}}"),
        )
        named(self, role_group.key)


def _barred(person: str) -> str:
    statuses = ", ".join(quoted(status) for status in BARRED)
    return f"contains([{statuses}], {person}.status)"
