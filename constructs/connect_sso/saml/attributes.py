"""The attributes of an assertion that AWS reads.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

from typing import Final

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
