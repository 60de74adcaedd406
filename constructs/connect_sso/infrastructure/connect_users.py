"""The Connect users, each keyed by user name, and their profiles looked up by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdktf import Postcondition, TerraformLocal, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.connect_user import ConnectUser, ConnectUserIdentityInfo, ConnectUserPhoneConfig
from cdktf_cdktf_provider_aws.data_aws_connect_routing_profile import DataAwsConnectRoutingProfile
from cdktf_cdktf_provider_aws.data_aws_connect_security_profile import DataAwsConnectSecurityProfile
from cdktf_cdktf_provider_aws.data_aws_connect_user_hierarchy_group import DataAwsConnectUserHierarchyGroup
from constructs import Construct

from connect_sso.environment.derived_names import USERS, own_block, user_address
from connect_sso.environment.people import said_of_everybody, said_of_somebody
from connect_sso.facts.escaping import quoted
from connect_sso.facts.names import UUID
from connect_sso.infrastructure.addresses import address, named, one_per

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from connect_sso.environment.people import Person
    from connect_sso.infrastructure.instance import Instance

LEFT_ALONE: Final = {
    "after_contact_work_seconds": ("phone_config[0].after_contact_work_time_limit",),
    "auto_accept": ("phone_config[0].auto_accept",),
    "secondary_email": ("identity_info[0].secondary_email",),
    "hierarchy_group": ("hierarchy_group_id",),
    "tags": ("tags", "tags_all"),
}
"""What the provider would clear where the file says nothing of it: a setting of a person, and the provider's attributes."""

OWNED_BY_SUPERVISORS: Final = (
    "routing_profile_id",
    "phone_config[0].phone_type",
    "phone_config[0].desk_phone_number",
    "identity_info[0].first_name",
    "identity_info[0].last_name",
)
"""With `user_settings: initial`, what is set at creation and then left to supervisors and agents."""


class ConnectUsers(Construct):
    """Connect users of a SAML instance: no password and no e-mail, which its API refuses.

    https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateUser.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance: Instance,
        people: Sequence[Person],
        people_map: TerraformLocal,
        enforce_settings: bool,
        one_by_one: bool,
    ) -> None:
        """Declare the users.

        Args:
            instance: where they are.
            people: whose profiles are looked up.
            people_map: what `people_map` makes of them, or the file that holds it.
            enforce_settings: whether Terraform also keeps routing profile, phone and names as written.
            one_by_one: whether each of whom the file says a setting has a block to themselves, so that Terraform keeps just that;
                otherwise all are in one block, and it keeps what the file says of everybody.
        """
        super().__init__(scope, construct_id)
        self._enforce_settings = enforce_settings
        self._instance_id = instance.id
        # Terraform puts off reading what refers to a resource with a change of its own, even where the id stays: a
        # setting of the instance would then change every user's profiles to "known after apply". Through a local it reads.
        # https://developer.hashicorp.com/terraform/language/data-sources#data-resource-behavior
        local_id = named(TerraformLocal(self, "local-instance-id", self._instance_id), "instance_id")
        known_id = f"${{{address(local_id)}}}"
        self._security_profiles = named(
            DataAwsConnectSecurityProfile(self, "security-profiles", instance_id=known_id, name="${each.key}"),
            "security_profiles",
        )
        one_per(self._security_profiles, (name for person in people for name in person.security_profiles))

        self._routing_profiles = named(
            DataAwsConnectRoutingProfile(self, "routing-profiles", instance_id=known_id, name="${each.key}"),
            "routing_profiles",
        )
        one_per(self._routing_profiles, (person.routing_profile for person in people))
        said = said_of_somebody(people)
        self._hierarchy_groups = (
            HierarchyGroups(self, "hierarchy-groups", instance_id=known_id, people=people)
            if "hierarchy_group" in said
            else None
        )

        self._people = address(people_map)
        apart = [person for person in people if person.said] if one_by_one else []
        if len(apart) < len(people) or not people:
            # For every single instance Terraform walks the whole value of for_each: a map of two thousand people takes it
            # four times as long as a map of their names.
            others = "".join(f" if !contains({_list(apart)}, name)" for _ in apart[:1])
            keys = named(
                TerraformLocal(
                    self, "keys", f"${{tomap({{for name in keys({self._people}) : name => name{others}}})}}"
                ),
                "connect_user_keys",
            )
            users = self._block(
                USERS, written=[] if one_by_one else list(said), kept=[] if one_by_one else said_of_everybody(people)
            )
            users.add_override("for_each", f"${{{address(keys)}}}")
        for person in apart:
            own = self._block(own_block(person.username), written=person.said, kept=person.said)
            one_per(own, [person.username])
        self.moves: list[tuple[str, str]] = [_move(person) for person in people] if one_by_one else []
        """From which address to which each person goes, if they are still at the former: nobody is made anew for it."""

    def _block(self, name: str, *, written: Collection[str], kept: Collection[str]) -> ConnectUser:
        """A block of users.

        Args:
            name: its Terraform name.
            written: the settings that the file says of any of them.
            kept: those that Terraform keeps as written; what is in neither is left alone from the beginning.
        """
        person = f"{self._people}[each.key]"
        users = named(
            ConnectUser(
                self,
                name,
                instance_id=self._instance_id,
                name="${each.key}",
                # The bare ids: a data source's `.id` is the instance's and the profile's together.
                security_profile_ids=Token.as_list(
                    f"${{[for name in {person}.security_profiles : "
                    f"{address(self._security_profiles)}[name].security_profile_id]}}"
                ),
                routing_profile_id=f"${{{address(self._routing_profiles)}[{person}.routing_profile].routing_profile_id}}",
                identity_info=ConnectUserIdentityInfo(
                    first_name=f"${{{person}.first_name}}", last_name=f"${{{person}.last_name}}"
                ),
                phone_config=ConnectUserPhoneConfig(
                    phone_type=f"${{{person}.phone_type}}",
                    desk_phone_number=f"${{try({person}.desk_phone_number, null)}}",
                ),
                lifecycle=TerraformResourceLifecycle(ignore_changes=self._ignored(kept)),
            ),
            name,
        )
        for setting, attribute in _PLAIN.items():
            if setting in written:
                users.add_override(attribute, f"${{try({person}.{setting}, null)}}")
        if self._hierarchy_groups and "hierarchy_group" in written:
            path = f'join("|", {person}.hierarchy_group)'
            groups = address(self._hierarchy_groups)
            users.add_override(
                "hierarchy_group_id",
                f"${{can({person}.hierarchy_group) ? {groups}[{path}].hierarchy_group_id : null}}",
            )
        return users

    def _ignored(self, kept: Collection[str]) -> list[str]:
        left_alone = [path for setting, paths in LEFT_ALONE.items() if setting not in kept for path in paths]
        return [*left_alone, *([] if self._enforce_settings else OWNED_BY_SUPERVISORS)]


_PLAIN: Final = {
    "after_contact_work_seconds": "phone_config.after_contact_work_time_limit",
    "auto_accept": "phone_config.auto_accept",
    "secondary_email": "identity_info.secondary_email",
    "tags": "tags",
}
"""The settings that go to the provider as they are."""


def _move(person: Person) -> tuple[str, str]:
    """A person has two addresses at most, so that one move, in the direction that the file wants, is all that it takes."""
    common, own = (user_address(person.username, apart=apart) for apart in (False, True))
    return (common, own) if person.said else (own, common)


def _list(people: Iterable[Person]) -> str:
    return f"[{', '.join(quoted(name) for name in sorted(person.username for person in people))}]"


class HierarchyGroups(DataAwsConnectUserHierarchyGroup):
    """Existing groups of the agent hierarchy, each found by its last name and held to its whole path, or by its id."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_id: str, people: Sequence[Person]) -> None:
        levels = ", ".join(
            f"self.hierarchy_path[0].level_{number}" for number in ("one", "two", "three", "four", "five")
        )
        is_id = f"can(regex({quoted(f'^{UUID}$')}, each.key))"
        found = f'join("|", [for level in [{levels}] : level[0].name if length(level) > 0])'
        super().__init__(
            scope,
            construct_id,
            instance_id=instance_id,
            name=f'${{{is_id} ? null : reverse(split("|", each.key))[0]}}',
            hierarchy_group_id=f"${{{is_id} ? each.key : null}}",
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    # The provider takes the group of that name, wherever it is; of several it refuses to choose one.
                    Postcondition(
                        condition=f"${{{is_id} || {found} == each.key}}",
                        error_message='There is no agent hierarchy group "${each.key}"; the one of that name that the '
                        f'provider found is "${{{found}}}". Write its whole path.',
                    )
                ]
            ),
        )
        named(self, "hierarchy_groups")
        one_per(self, ("|".join(person.hierarchy_group) for person in people if person.hierarchy_group))


def people_map(people: Sequence[Person]) -> dict[str, dict[str, object]]:
    """The map that Terraform's for_each reads: user name to what is known of the person, sorted by name."""
    return {person.username: person.for_terraform() for person in sorted(people, key=lambda person: person.username)}
