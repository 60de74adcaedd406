"""Who may ask an Okta org: API tokens, and services that sign for themselves.

https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from werkzeug import Request, Response

from tests.sandbox.http.okta import OktaError, answer

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 3600
"""Seconds that an assertion may be valid at most."""


@dataclass
class Tokens:
    """What the org accepts.

    Args:
        api: API tokens, each with all rights of the administrator who made it.
        services: public keys (PEM) of service apps, and the scopes that they are granted, by client id.
    """

    api: set[str] = field(default_factory=set)
    services: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    _granted: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def allow(self, request: Request, scope: str | None) -> None:
        """Let a request pass.

        Args:
            request: with a header `Authorization`.
            scope: the scope that it needs, None where any token will do.

        Raises:
            OktaError: no token, one that is not known, or one without the scope.
        """
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind == "SSWS" and token in self.api:
            return
        expires, scopes = self._granted.get(token, (0, frozenset()))
        if kind != "Bearer" or time.time() >= expires:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if kind == "Bearer" else {}
            raise OktaError("E0000011", headers=challenge)
        # Who may manage may read.
        if scope is not None and not scopes & {scope, scope.replace(".read", ".manage")}:
            challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
            raise OktaError("E0000006", headers=challenge)

    def grant(self, request: Request, host: str) -> Response:
        """Answer a request for an access token."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            return _no("unsupported_grant_type", "The grant type is not client_credentials.")
        try:
            client, scopes = self._client(
                form.get("client_assertion", ""), {f"https://{host}", request.host_url.rstrip("/")}
            )
        except (JoseError, KeyError, ValueError) as error:
            return _no("invalid_client", f"The client_assertion token is not valid: {error}", 401)
        if form.get("client_assertion_type") != ASSERTION:
            return _no("invalid_client", "client_assertion_type is not the JWT bearer's.", 401)
        asked = frozenset(form.get("scope", "").split())
        if not asked or not asked <= scopes:
            return _no(
                "invalid_scope", f"One or more scopes are not granted to {client}: {' '.join(sorted(asked - scopes))}"
            )
        token = secrets.token_urlsafe(32)
        self._granted[token] = (time.time() + LONGEST, asked)
        granted = {
            "token_type": "Bearer",
            "expires_in": LONGEST,
            "access_token": token,
            "scope": " ".join(sorted(asked)),
        }
        return answer(granted)

    def _client(self, assertion: str, audiences: set[str]) -> tuple[str, frozenset[str]]:
        """Whose assertion it is, and the scopes that are granted."""
        claimed: dict[str, Any] = jwt_claims(assertion)
        pem, scopes = self.services[str(claimed.get("sub"))]
        claims = jwt.decode(assertion, RSAKey.import_key(pem), algorithms=["RS256"]).claims
        now = time.time()
        if claims.get("iss") != claims.get("sub"):
            raise ValueError("iss and sub differ")
        if claims.get("aud") not in {f"{audience}/oauth2/v1/token" for audience in audiences}:
            raise ValueError("aud is not the token endpoint")
        if not now < float(claims.get("exp", 0)) <= now + LONGEST:
            raise ValueError("exp is past, or more than an hour ahead")
        if claims.get("jti") is not None and claims["jti"] in self._seen:
            raise ValueError("jti was used before")
        self._seen.add(str(claims.get("jti")))
        return str(claims["sub"]), scopes


def jwt_claims(token: str) -> dict[str, Any]:
    """What a token claims, without a look at its signature.

    Raises:
        JoseError: it is no token.
    """
    import json
    from base64 import urlsafe_b64decode

    _, payload, _ = token.split(".")
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def _no(error: str, description: str, status: int = 400) -> Response:
    return answer({"error": error, "error_description": description}, status)
