"""The Amazon Connect instance: a new one, an existing one, or the one that another stack made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.connect_instance import ConnectInstance
from cdktf_cdktf_provider_aws.data_aws_connect_instance import DataAwsConnectInstance

from connect_sso.infrastructure.addresses import named
from connect_sso.infrastructure.protection import protected

if TYPE_CHECKING:
    from constructs import Construct

ADDRESS = "aws_connect_instance.instance"
NAME = "instance"


class NewInstance(ConnectInstance):
    """A new SAML instance, as the console's wizard makes it.

    https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-instances.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: str,
        inbound_calls: bool,
        outbound_calls: bool,
        early_media: bool,
        contact_lens: bool,
        flow_logs: bool,
        protect: bool,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            identity_management_type="SAML",
            instance_alias=alias,
            inbound_calls_enabled=inbound_calls,
            outbound_calls_enabled=outbound_calls,
            early_media_enabled=early_media,
            contact_lens_enabled=contact_lens,
            contact_flow_logs_enabled=flow_logs,
            lifecycle=protected(protect),
        )
        named(self, NAME)


class ExistingInstance(DataAwsConnectInstance):
    """An instance that is there already, checked to be a SAML one: how people sign in can never be changed.

    https://docs.aws.amazon.com/connect/latest/adminguide/connect-identity-management.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, instance_id: str | None = None, alias: str | None = None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            instance_id=instance_id,
            instance_alias=alias,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition='${self.identity_management_type == "SAML"}',
                        error_message=f"The Amazon Connect instance {instance_id or alias} is not a SAML instance "
                        "(it is ${self.identity_management_type}), and that can never be changed: "
                        "name one that is, or let this environment make one with connect.alias.",
                    )
                ]
            ),
        )
        named(self, NAME)


Instance: TypeAlias = NewInstance | ExistingInstance
"""Either has an `id`, the bare UUID, and an `arn`."""
