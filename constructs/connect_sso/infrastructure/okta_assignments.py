"""Who gets an app in Okta: groups, people one by one, and role groups.

No member of a group is read: every data source of the provider keeps whole profiles, and the state would hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import Postcondition, TerraformLocal, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_okta.app_group_assignment import AppGroupAssignment
from cdktf_cdktf_provider_okta.app_user import AppUser
from cdktf_cdktf_provider_okta.data_okta_group import DataOktaGroup
from cdktf_cdktf_provider_okta.data_okta_users import DataOktaUsers, DataOktaUsersSearch
from cdktf_cdktf_provider_okta.group import Group
from cdktf_cdktf_provider_okta.group_memberships import GroupMemberships
from cdktf_cdktf_provider_okta.group_rule import GroupRule

from connect_sso.environment.derived_names import role_group_description
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


class People(DataOktaUsers):
    """The people who are assigned one by one, looked up in Okta: the plan stops where a name differs from Connect's.

    Okta's search ignores case and Connect does not: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    Whoever is not there, or is not let in by Okta, has no assignment and stops nothing: someone who has left is not to stand
    in the way of every plan of the environment. A lookup of one person would end in an error, one that lists finds nobody.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Mapping[str, str], attribute: str) -> None:
        """Declare the look-ups.

        Args:
            names: Connect user names to the names in Okta; they are the same but for those whose login has changed.
            attribute: the attribute of Okta's profile that holds the latter.
        """
        what = {"email": "e-mail address"}.get(attribute, attribute)
        value = terraform_expression("person", attribute)
        found = (
            f'join(", ", [for person in self.users : {value}])'  # Terraform works it out also where nothing is wrong
        )
        of_that_name = f"for person in self.users : person.id if {value} == each.value"
        super().__init__(
            scope,
            construct_id,
            search=[DataOktaUsersSearch(name=f"profile.{attribute}", value="${each.value}", comparison="eq")],
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition=f"${{length(self.users) == 0 || length([{of_that_name}]) > 0}}",
                        error_message=f'The Okta {what} is "${{{found}}}", the environment file has "${{each.value}}": '
                        "they must be the same, case included, or the person is refused at sign-in. "
                        f'Write "${{{found}}}" there.',
                    ),
                    Postcondition(
                        condition=f"${{length([{of_that_name} && !{_barred('person')}]) <= 1}}",
                        error_message=f'More than one person in Okta has the {what} "${{each.value}}", so it is not known '
                        "who is to get the apps. Let them have different ones, or give the apps by a group.",
                    ),
                ]
            ),
        )
        named(self, "people")
        self.add_override("for_each", dict(sorted(names.items())))
        self._attribute = attribute
        self._names = names
        self._address = address(self)
        same = f"for person in found.users : person if {value} == one(found.search).value"
        let_in = f"[{same} && !{_barred('person')}]"
        local = TerraformLocal(
            scope,
            "people-in-okta",
            f"${{{{for name, found in {self._address} : name => {let_in}[0] if length({let_in}) > 0}}}}",
        )
        self._let_in = address(named(local, "people_in_okta"))
        self._status = f'length(found.users) == 0 ? "not found" : lower([{same}][0].status)'

    def looked_up(self, username: str) -> str:
        """The Terraform expression of one person as Okta knows them, of those whom it lets in.

        Args:
            username: a Terraform expression of the name: EACH, or a quoted text.
        """
        return f"{self._let_in}[{username}]"

    def app_user_name(self) -> str:
        """The Terraform expression of what the app calls the person of an instance: their Connect user name."""
        if any(name != in_okta for name, in_okta in self._names.items()):
            return EACH
        return terraform_expression(self.looked_up(EACH), self._attribute)

    def admitted(self, usernames: Iterable[str]) -> str:
        """A Terraform expression of those of the people, as a list of names, who are there and whom Okta lets in."""
        names = ", ".join(quoted(name) for name in sorted(usernames))
        return f"[for name in [{names}] : name if {self._is_let_in('name')}]"

    def left_out(self) -> dict[str, object]:
        """A `check` block that names, at every plan, who is not there, deactivated or suspended, and so gets no app."""
        out = f'[for name, found in {self._address} : "${{name}} (${{{self._status}}})" if !{self._is_let_in("name")}]'
        return {
            "assert": [
                {
                    "condition": f"${{length({out}) == 0}}",
                    "error_message": "Deactivated, suspended or not found in Okta, and therefore without the apps that the "
                    f'environment file gives them: ${{join(", ", {out})}}. Take their apps out of the file, write the name '
                    "as Okta has it, or activate them in Okta.",
                }
            ]
        }

    def somebody_is_found(self) -> dict[str, str] | None:
        """What stops the plan where several are looked up and none is there: then it is not the people who are missing."""
        if len(self._names) < 2:
            return None
        return {
            "condition": f"${{anytrue([for found in {self._address} : length(found.users) > 0])}}",
            "error_message": "Okta finds none of the people who are given apps one by one. Rather than that all of them are "
            "gone, the credentials may not see them: the scope okta.users.read, and an admin role over these people.",
        }

    def _is_let_in(self, name: str) -> str:
        return f"contains(keys({self._let_in}), {name})"


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
            description=role_group_description(app.key),
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
