"""The Connect users: one map, keyed by user name, and their profiles looked up by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import TerraformLocal, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.connect_user import ConnectUser, ConnectUserIdentityInfo, ConnectUserPhoneConfig
from cdktf_cdktf_provider_aws.data_aws_connect_routing_profile import DataAwsConnectRoutingProfile
from cdktf_cdktf_provider_aws.data_aws_connect_security_profile import DataAwsConnectSecurityProfile
from constructs import Construct

from connect_sso.infrastructure.addresses import address, named, one_per

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connect_sso.environment.people import Person
    from connect_sso.infrastructure.instance import Instance

OWNED_BY_SUPERVISORS = ["routing_profile_id", "phone_config", "identity_info"]
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
    ) -> None:
        """Declare the users.

        Args:
            instance: where they are.
            people: whose profiles are looked up.
            people_map: what `people_map` makes of them, or the file that holds it.
            enforce_settings: whether Terraform also keeps routing profile, phone and names as written.
        """
        super().__init__(scope, construct_id)
        instance_id = instance.id
        # Terraform puts off reading what refers to a resource with a change of its own, even where the id stays: a
        # setting of the instance would then change every user's profiles to "known after apply". Through a local it reads.
        # https://developer.hashicorp.com/terraform/language/data-sources#data-resource-behavior
        local_id = named(TerraformLocal(self, "local-instance-id", instance_id), "instance_id")
        known_id = f"${{{address(local_id)}}}"
        security_profiles = named(
            DataAwsConnectSecurityProfile(self, "security-profiles", instance_id=known_id, name="${each.key}"),
            "security_profiles",
        )
        one_per(security_profiles, (name for person in people for name in person.security_profiles))

        routing_profiles = named(
            DataAwsConnectRoutingProfile(self, "routing-profiles", instance_id=known_id, name="${each.key}"),
            "routing_profiles",
        )
        one_per(routing_profiles, (person.routing_profile for person in people))

        # For every single instance Terraform walks the whole value of for_each: a map of two thousand people takes it four
        # times as long as a map of their names.
        people_address = address(people_map)
        keys = named(
            TerraformLocal(self, "keys", f"${{tomap({{for name in keys({people_address}) : name => name}})}}"),
            "connect_user_keys",
        )
        person = f"{people_address}[each.key]"
        users = named(
            ConnectUser(
                self,
                "users",
                instance_id=instance_id,
                name="${each.key}",
                # The bare ids: a data source's `.id` is the instance's and the profile's together.
                security_profile_ids=Token.as_list(
                    f"${{[for name in {person}.security_profiles : "
                    f"{address(security_profiles)}[name].security_profile_id]}}"
                ),
                routing_profile_id=f"${{{address(routing_profiles)}[{person}.routing_profile].routing_profile_id}}",
                identity_info=ConnectUserIdentityInfo(
                    first_name=f"${{{person}.first_name}}", last_name=f"${{{person}.last_name}}"
                ),
                phone_config=ConnectUserPhoneConfig(
                    phone_type=f"${{{person}.phone_type}}",
                    desk_phone_number=f"${{try({person}.desk_phone_number, null)}}",
                ),
                lifecycle=TerraformResourceLifecycle(
                    # The hierarchy is the contact centre's own business, always.
                    ignore_changes=["hierarchy_group_id", *([] if enforce_settings else OWNED_BY_SUPERVISORS)]
                ),
            ),
            "users",
        )
        users.add_override("for_each", f"${{{address(keys)}}}")


def people_map(people: Sequence[Person]) -> dict[str, dict[str, object]]:
    """The map that Terraform's for_each reads: user name to what is known of the person, sorted by name."""
    return {person.username: person.for_terraform() for person in sorted(people, key=lambda person: person.username)}
