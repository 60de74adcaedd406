"""Okta's catalogue app "AWS Account Federation" (`amazon_aws`): its settings, and what its assignments carry."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, Unpack

from connect_sso.facts.escaping import literal, quoted
from connect_sso.facts.okta_apps import (
    API_INTEGRATION_FEATURE,
    CATALOGUE_NAME,
    COMMERCIAL_TYPE,
    ENDPOINT_OVERRIDE,
    ENVIRONMENT_TYPE,
)
from connect_sso.facts.partitions import COMMERCIAL
from connect_sso.infrastructure.addresses import address
from connect_sso.infrastructure.okta_apps import EveryApp, FederationApp

if TYPE_CHECKING:
    from constructs import Construct

    from connect_sso.facts.partitions import Partition


# The filter of a new catalogue app. It is sent although no group is mapped: a default that is left out is a difference
# in every later plan, since the provider compares all that Okta returns.
DEFAULT_GROUP_FILTER: Final = r"aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)"


class CatalogueApp(FederationApp):
    """One tile of the catalogue app.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: str, **app: Unpack[EveryApp]) -> None:
        super().__init__(scope, construct_id, app, preconfigured_app=CATALOGUE_NAME, app_settings_json=settings)


def app_settings_json(
    *,
    partition: Partition,
    saml_provider: str,
    saml_provider_arn: str,
    role_path: str,
    sign_in_endpoint: str,
    session_duration: int,
    role_group: str | None,
) -> str:
    """The app's `settings.app` as JSON for the provider: exactly the keys that Okta returns, so that a second plan is empty.

    Args:
        partition: where the account is.
        saml_provider: the IAM SAML provider's name, as Okta builds role values from it.
        saml_provider_arn: its ARN, in clear for the plan's reader.
        role_path: the IAM path of the roles, which Okta does not know and their ARNs hold.
        sign_in_endpoint: the ACS Okta posts to, an https URL.
        session_duration: seconds.
        role_group: the one group whose members get the role (`group_mapping`), or None.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """
    account, role = "${accountid}", "${role}"  # Okta's own variables
    settings: dict[str, object] = {
        "appFilter": "okta",
        ENVIRONMENT_TYPE: COMMERCIAL_TYPE,  # also where the endpoint is another partition's, which is then stated
        "groupFilter": literal(group_filter(role_group) if role_group else DEFAULT_GROUP_FILTER),
        "identityProviderArn": saml_provider_arn,
        "joinAllRoles": False,
        "loginURL": "https://console.aws.amazon.com/ec2/home",
        # Okta's order: provider, then role. https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-enable-role-based.htm
        "roleValuePattern": literal(
            f"{partition.arn('iam', f'saml-provider/{saml_provider}', account=account)},{partition.arn('iam', f'role{role_path}{role}', account=account)}"
        ),
        "sessionDuration": session_duration,
        "useGroupMapping": role_group is not None,
    }
    if sign_in_endpoint != COMMERCIAL.global_endpoint:
        settings[ENDPOINT_OVERRIDE] = sign_in_endpoint
    return json.dumps(settings, sort_keys=True)


def group_filter(role_group: str) -> str:
    """A filter that matches one role group and no other, so that an app never offers another app's role.

    Args:
        role_group: `aws#ENV-APP#role#account`.
    """
    prefix, name, role, account = role_group.split("#")
    return rf"^{prefix}\#{_exactly(name)}\#(?{{{{role}}}}{_exactly(role)})\#(?{{{{accountid}}}}{account})$"


def role_profile(role: str) -> str:
    """The profile of a group assignment with `api_integration`: the role by its plain name, as Okta imports it."""
    return json.dumps({"role": role, "samlRoles": [role]}, sort_keys=True)


def person_profile(role: str, person: str) -> str:
    """The profile of one person's assignment with `api_integration`.

    It states all eight attributes, since the provider compares all that Okta returns.

    Args:
        role: its plain name, as Okta imports it.
        person: the Terraform expression of the person as looked up in Okta.
    """
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


def api_integration_check(app: FederationApp, *, label: str) -> dict[str, object]:
    """A `check` block that warns, at every plan, until somebody has enabled the app's API integration by hand."""
    return {
        "assert": [
            {
                "condition": f'${{contains({address(app)}.features, "{API_INTEGRATION_FEATURE}")}}',
                "error_message": f'API integration of the Okta app "{literal(label)}" is not enabled yet, and Okta has no '
                "API for it: the output by_hand says what to enter in its admin console.",
            }
        ]
    }


def _exactly(text: str) -> str:
    # re.escape would also escape "#", which stands between the parts, and nothing else that occurs in these names.
    return re.sub(r"([^A-Za-z0-9_])", r"\\\1", text)
