"""Okta's catalogue app "AWS Account Federation" (`amazon_aws`): its settings, and what its assignments carry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

from connect_sso.facts.escaping import literal, quoted
from connect_sso.facts.okta_apps import API_INTEGRATION_FEATURE, CATALOGUE_NAME
from connect_sso.infrastructure.addresses import address
from connect_sso.infrastructure.okta_apps import EveryApp, FederationApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct


class CatalogueApp(FederationApp):
    """One tile of the catalogue app.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: str, **app: Unpack[EveryApp]) -> None:
        super().__init__(scope, construct_id, app, preconfigured_app=CATALOGUE_NAME, app_settings_json=settings)


def app_settings_json(settings: Mapping[str, object]) -> str:
    """The app's `settings.app` as JSON for the provider."""
    return json.dumps(
        {name: literal(value) if isinstance(value, str) else value for name, value in settings.items()}, sort_keys=True
    )


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
