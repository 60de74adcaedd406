"""The attributes of an assertion that AWS reads.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connect_sso.facts.okta_profile import expression

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "https://aws.amazon.com/SAML/Attributes/"
"""What the names of all of them begin with. They are case-sensitive."""

ROLE: Final = f"{PREFIX}Role"
"""A role's ARN and its SAML provider's, with a comma between them."""

ROLE_SESSION_NAME: Final = f"{PREFIX}RoleSessionName"
"""What must equal the Connect user name: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html."""

SESSION_DURATION: Final = f"{PREFIX}SessionDuration"
"""Seconds."""

PRINCIPAL_TAG: Final = f"{PREFIX}PrincipalTag:"
"""And the session tag's name behind it."""

TRANSITIVE_TAG_KEYS: Final = f"{PREFIX}TransitiveTagKeys"

SOURCE_IDENTITY: Final = f"{PREFIX}SourceIdentity"


def statements(
    *, role_arn: str, saml_provider_arn: str, username: str, session_duration: int, session_tags: Mapping[str, str]
) -> dict[str, str]:
    """The attribute statements of a custom SAML app, in their order: attribute to Okta expression.

    Args:
        role_arn: the one role that the app's people get.
        saml_provider_arn: who vouches for them.
        username: the attribute of Okta's profile that is the session's name.
        session_duration: seconds.
        session_tags: session tag to Okta expression.
    """
    return {
        # Text in quotes is a constant to Okta's expression language.
        ROLE: f'"{role_arn},{saml_provider_arn}"',
        ROLE_SESSION_NAME: expression(username),
        SESSION_DURATION: f'"{session_duration}"',
        **{f"{PRINCIPAL_TAG}{tag}": of_tag for tag, of_tag in sorted(session_tags.items())},
    }
