"""A Connect user as a file describes it, from the YAML or from the CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SOFTPHONE: Final = "softphone"


@dataclass(frozen=True, slots=True)
class Person:
    """One Connect user as a file describes it."""

    username: str
    first_name: str
    last_name: str
    security_profiles: tuple[str, ...]
    routing_profile: str
    desk_phone: str | None
    """An E.164 number, or None for a softphone."""
    line: int
    """Where the person stands in the file, from 1."""

    def for_terraform(self) -> dict[str, object]:
        """The person as a value of the map that Terraform's for_each reads, everything but the name."""
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "security_profiles": sorted(self.security_profiles),
            "routing_profile": self.routing_profile,
            "phone_type": "DESK_PHONE" if self.desk_phone else "SOFT_PHONE",
            **({"desk_phone_number": self.desk_phone} if self.desk_phone else {}),
        }
