"""What Okta copies from people's profiles into what a catalogue app knows of them (`okta.profile_mappings`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_okta.data_okta_user_profile_mapping_source import DataOktaUserProfileMappingSource
from cdktf_cdktf_provider_okta.profile_mapping import ProfileMapping, ProfileMappingMappings

from connect_sso.facts.okta_apps import PROFILE_MAPPINGS
from connect_sso.infrastructure.addresses import address, named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

    from connect_sso.infrastructure.okta_apps import FederationApp


class UserProfile(DataOktaUserProfileMappingSource):
    """The profile of the org's people, which mappings begin at."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        named(self, "user_profile")


class AppProfileMapping(ProfileMapping):
    """How Okta fills an app's profile of each person. What else the company maps to that app stays as it is.

    The role of a person is never among it: that is the assignment's to say.
    https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ProfileMapping/
    """

    def __init__(self, scope: Construct, construct_id: str, *, app: FederationApp, source: UserProfile) -> None:
        super().__init__(
            scope,
            construct_id,
            source_id=source.id,
            target_id=app.id,
            # What is not written here is the company's.
            delete_when_absent=False,
            # It would go through a private API of Okta, and over everybody who has the app at once.
            always_apply=False,
            mappings=[
                ProfileMappingMappings(id=attribute, expression=expression, push_status="PUSH")
                for attribute, expression in PROFILE_MAPPINGS.items()
            ],
            # An app that is made anew has another mapping, which the provider would look for under the old one's id.
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=[f"{address(app)}.id"]),
        )
        named(self, app.key)


def mapping_addresses(apps: Iterable[str]) -> list[str]:
    """The addresses of the apps' mappings.

    They are to be forgotten where they are no longer declared: the provider would clear the company's with ours.

    Args:
        apps: the keys of the apps.
    """
    return [f"okta_profile_mapping.{app}" for app in apps]
