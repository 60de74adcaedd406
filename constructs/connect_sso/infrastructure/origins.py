"""The origins that the instance lets sign-ins end at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.cloudcontrolapi_resource import CloudcontrolapiResource

from connect_sso.facts.pages import APPROVED_ORIGIN_TYPE
from connect_sso.infrastructure.addresses import address, named, one_per

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

    from connect_sso.infrastructure.instance import Instance


class ApprovedOrigins(CloudcontrolapiResource):
    """Approved origins, without which a sign-in that is to open another page than Amazon Connect's does not go there.

    The AWS provider has no resource of its own for them.
    https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, instance: Instance, origins: Iterable[str]) -> None:
        """Declare them.

        Args:
            instance: which approves them.
            origins: scheme, host and port, such as `https://desk.example.com`.
        """
        super().__init__(
            scope,
            construct_id,
            type_name=APPROVED_ORIGIN_TYPE,
            desired_state=f"${{jsonencode({{InstanceId = {address(instance)}.arn, Origin = each.key}})}}",
        )
        named(self, "approved_origins")
        one_per(self, origins)
