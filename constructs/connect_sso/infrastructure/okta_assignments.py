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
from constructs import Construct

from connect_sso.environment.derived_names import terraform_name
from connect_sso.facts.escaping import literal, quoted
from connect_sso.infrastructure.addresses import named, one_per
from connect_sso.infrastructure.app_settings import role_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connect_sso.infrastructure.okta_apps import OktaApp


def group_id(name: str) -> str:
    """A reference to an existing Okta group's id."""
    return f"data.okta_group.groups[{quoted(name)}].id"


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


class People(DataOktaUser):
    """The people who are assigned one by one, looked up in Okta: the plan stops where a name differs from Connect's.

    Okta's search ignores case and Connect does not: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, usernames: Iterable[str], attribute: str) -> None:
        what = {"login": "login", "email": "e-mail address"}[attribute]
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
                        condition=f"${{self.{attribute} == each.key}}",
                        error_message=f'The Okta {what} is "${{self.{attribute}}}", the Connect user name is "${{each.key}}": '
                        "they must be the same, case included, or the person is refused at sign-in. "
                        f'Write "${{self.{attribute}}}" as the username in the environment file.',
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


class GroupAssignments(AppGroupAssignment):
    """Existing groups that get an app."""

    def __init__(
        self, scope: Construct, construct_id: str, *, app: OktaApp, groups: Iterable[str], role: str | None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            app_id=app.id,
            group_id="${data.okta_group.groups[each.key].id}",
            profile=role_profile(role) if role else None,
            # Okta numbers the groups of an app by itself.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["priority"]),
        )
        named(self, app.key)
        one_per(self, groups)


class PersonAssignments(AppUser):
    """People who get an app one by one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        app: OktaApp,
        usernames: Iterable[str],
        attribute: str,
        role: str | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            app_id=app.id,
            user_id="${data.okta_user.users[each.key].id}",
            username=f"${{data.okta_user.users[each.key].{attribute}}}",
            profile=_person_profile(role) if role else None,
            # The provider would move an assignment to a new app with a call that only works for existing assignments.
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=[f"okta_app_saml.{app.key}.id"]),
        )
        named(self, app.key)
        one_per(self, usernames)


def _person_profile(role: str) -> str:
    """A person's profile in the catalogue app: all eight attributes, since the provider compares all that Okta returns."""
    person = "data.okta_user.users[each.key]"
    attributes = {
        "email": f"{person}.email",
        "firstName": f"{person}.first_name",
        "idpRolePairs": "[]",
        "lastName": f"{person}.last_name",
        "mobilePhone": f'{person}.mobile_phone == "" ? null : {person}.mobile_phone',
        "role": quoted(role),
        "samlRoles": f"[{quoted(role)}]",
        "secondEmail": f'{person}.second_email == "" ? null : {person}.second_email',
    }
    return "${jsonencode({" + ", ".join(f"{name} = {value}" for name, value in attributes.items()) + "})}"


class RoleGroup(Construct):
    """The Okta group whose members get an app's role (`group_mapping`), filled by a rule and by memberships."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        app: OktaApp,
        group: str,
        rule: str,
        groups: Sequence[str],
        usernames: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        role_group = named(
            # By its key: a new label of the app is to change nothing else.
            Group(self, "group", name=group, description=f"Gets the app {app.key} and its role; filled by Terraform"),
            app.key,
        )
        role_group_id = role_group.id
        named(
            AppGroupAssignment(
                self,
                "assignment",
                app_id=app.id,
                group_id=role_group_id,
                lifecycle=TerraformResourceLifecycle(ignore_changes=["priority"]),
            ),
            app.key,
        )
        if groups:
            ids = ", ".join(f'"${{{group_id(name)}}}"' for name in sorted(groups))
            named(
                GroupRule(
                    self,
                    "rule",
                    name=rule,
                    status="ACTIVE",
                    expression_type="urn:okta:expression:1.0",
                    expression_value=f"isMemberOfAnyGroup({ids})",
                    group_assignments=[role_group_id],
                    # Without it, people whom the rule put there would keep the role when the rule goes.
                    remove_assigned_users=True,
                ),
                app.key,
            )
        if usernames:
            named(
                GroupMemberships(
                    self,
                    "members",
                    group_id=role_group_id,
                    users=[f"${{data.okta_user.users[{quoted(name)}].id}}" for name in sorted(usernames)],
                ),
                app.key,
            )


class GroupMembers(DataOktaUsers):
    """The members of existing groups: one list call per group.

    They are data sources of the stack, not of the `check` that reads them: one of a check's own would leave no plan ever
    empty.
    """

    def __init__(self, scope: Construct, construct_id: str, *, groups: Iterable[str]) -> None:
        super().__init__(scope, construct_id, group_id="${data.okta_group.groups[each.key].id}")
        named(self, "members")
        one_per(self, groups)


def group_member_checks(*, groups: Iterable[str], attribute: str, connect_user_names: str) -> dict[str, object]:
    """`check` blocks that warn about each member of a group whose name in Okta is not exactly a Connect user's.

    A `check` only warns: the plan goes on, since a group may well hold people who are not yet in Connect.
    """
    checks: dict[str, object] = {}
    names = sorted(set(groups))
    taken: set[str] = set()
    for name in names:
        label = terraform_name(name, taken)
        taken.add(label)
        logins = f"[for user in data.okta_users.members[{quoted(name)}].users : user.{attribute}]"
        unknown = f"setsubtract({logins}, {connect_user_names})"
        # "ada@example.com (in Connect: Ada@example.com)" where only the case differs.
        in_connect = "local.connect_user_names_by_lower_case[lower(name)]"
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
