"""A Connect user as a file describes it, from the YAML or from the CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOFTPHONE: Final = "softphone"

LEFT_ALONE: Final = ("after_contact_work_seconds", "auto_accept", "secondary_email", "hierarchy_group", "tags")
"""The settings of a person that a file may say, and that stay as they are in Connect where it does not."""


def said_of_everybody(people: Sequence[Person]) -> frozenset[str]:
    """Those of `LEFT_ALONE` that the file says of each of its people: all that Terraform can keep where they share a block.

    It leaves a setting alone for all instances of a resource or for none:
    https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#ignore_changes
    """
    if not people:
        return frozenset()
    return frozenset(LEFT_ALONE).intersection(*(person.said for person in people))


def said_of_somebody(people: Sequence[Person]) -> dict[str, int]:
    """Those of `LEFT_ALONE` that the file says of anybody, with the number of people."""
    counted = ((setting, sum(setting in person.said for person in people)) for setting in LEFT_ALONE)
    return {setting: count for setting, count in counted if count}


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

    after_contact_work_seconds: int | None = None
    """0 is no limit. This and what follows is left alone in Connect where it is None."""
    auto_accept: bool | None = None
    secondary_email: str | None = None
    hierarchy_group: tuple[str, ...] | None = None
    """The names of an agent hierarchy group, from the top level down, or its id alone."""
    tags: Mapping[str, str] | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """Those of `LEFT_ALONE` that the file says of this person."""
        return tuple(setting for setting in LEFT_ALONE if getattr(self, setting) is not None)

    def for_terraform(self) -> dict[str, object]:
        """The person as a value of the map that Terraform's for_each reads: everything that the file says, but the name."""
        optional = {
            "desk_phone_number": self.desk_phone,
            "after_contact_work_seconds": self.after_contact_work_seconds,
            "auto_accept": self.auto_accept,
            "secondary_email": self.secondary_email,
            "hierarchy_group": list(self.hierarchy_group) if self.hierarchy_group else None,
            "tags": dict(sorted(self.tags.items())) if self.tags is not None else None,
        }
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "security_profiles": sorted(self.security_profiles),
            "routing_profile": self.routing_profile,
            "phone_type": "DESK_PHONE" if self.desk_phone else "SOFT_PHONE",
            **{key: value for key, value in optional.items() if value is not None},
        }
