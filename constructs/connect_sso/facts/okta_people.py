"""What Okta says of a person."""

from __future__ import annotations

from typing import Final

DEPROVISIONED, SUSPENDED, STAGED = "DEPROVISIONED", "SUSPENDED", "STAGED"
"""Deactivated, suspended, and not activated yet, as Okta's API says it."""

BARRED: Final = (DEPROVISIONED, SUSPENDED)
"""The statuses of people whom Okta lets into no app: deactivated, and suspended.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/UserLifecycle/
"""
