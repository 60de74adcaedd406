"""How Okta knows who asks: the variables that Terraform's provider reads, in its order.

https://registry.terraform.io/providers/okta/okta/latest/docs#environment-variables
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connect_sso.errors import Failure

ACCESS_TOKEN, API_TOKEN = "OKTA_ACCESS_TOKEN", "OKTA_API_TOKEN"
CLIENT_ID, PRIVATE_KEY, KEY_ID = "OKTA_API_CLIENT_ID", "OKTA_API_PRIVATE_KEY", "OKTA_API_PRIVATE_KEY_ID"
SCOPES = "OKTA_API_SCOPES"

ASSERTION_SECONDS = 300
"""How long an assertion is valid; Okta takes an hour at most."""


@dataclass(frozen=True)
class Token:
    """A token that is there already.

    Args:
        scheme: how it is sent: `SSWS` or `Bearer`.
        variable: the environment variable that it is from.
        secret: the token.
    """

    scheme: str
    variable: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class ServiceApp:
    """A service app of Okta, which signs for itself.

    Args:
        client_id: the app.
        key_id: which of its keys; empty where the variable is.
        scopes: those that the provider is told to ask for; empty for whichever are needed.
        key: the private key.
    """

    client_id: str
    key_id: str
    scopes: frozenset[str]
    key: Any = field(repr=False)

    def assertion(self, audience: str) -> str:
        """What the app identifies itself with once, signed.

        Args:
            audience: the URL of the token endpoint.
        """
        import jwt  # not at the top: only service apps need it

        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.key_id} if self.key_id else None)


def credentials(environ: Mapping[str, str]) -> Token | ServiceApp:
    """Who asks, by the environment's variables.

    Raises:
        Failure: there are none, or a private key that is none.
    """
    if secret := environ.get(ACCESS_TOKEN):
        return Token("Bearer", ACCESS_TOKEN, _sendable(secret, ACCESS_TOKEN))
    if secret := environ.get(API_TOKEN):
        return Token("SSWS", API_TOKEN, _sendable(secret, API_TOKEN))
    if text := environ.get(PRIVATE_KEY):
        client_id = environ.get(CLIENT_ID)
        if not client_id:
            raise Failure(f"{PRIVATE_KEY} is set and {CLIENT_ID} is not: a service app needs both")
        scopes = frozenset(scope.strip() for scope in environ.get(SCOPES, "").split(",") if scope.strip())
        return ServiceApp(client_id, environ.get(KEY_ID, ""), scopes, _private_key(text))
    raise Failure(
        f"there are no Okta credentials: set {API_TOKEN}, or {CLIENT_ID}, {PRIVATE_KEY}, {KEY_ID} and {SCOPES}, as for Terraform"
    )


def _sendable(secret: str, variable: str) -> str:
    if not (secret.isascii() and secret.isprintable() and " " not in secret):
        raise Failure(f"{variable} holds characters that no token has, such as a line break")
    return secret


def _private_key(text: str) -> Any:
    """The key in PEM, in a file that holds PEM, or as a JSON Web Key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from jwt.algorithms import RSAAlgorithm
    from jwt.exceptions import InvalidKeyError

    text = text.strip()
    if "-----BEGIN" not in text and not text.startswith("{"):
        try:
            text = Path(text).read_text("utf-8").strip()
        except (OSError, ValueError):
            raise Failure(f"{PRIVATE_KEY} is neither a private key (PEM) nor a file that can be read") from None
    try:
        if text.startswith("{"):
            key: object = RSAAlgorithm.from_jwk(json.loads(text))
        else:
            # As the provider does: a variable without line breaks can hold them spelled out.
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    # The texts of these may quote the key.
    except (InvalidKeyError, TypeError, UnsupportedAlgorithm, ValueError):
        raise Failure(f"{PRIVATE_KEY} is not a private key (PEM, without a password)") from None
    if not isinstance(key, RSAPrivateKey):
        raise Failure(f"{PRIVATE_KEY} is not a private RSA key")
    return key
