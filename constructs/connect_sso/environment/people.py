"""Who a Connect user is: the name's spelling, the profiles, the phone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

DEFAULT_ROUTING_PROFILE: Final = "Basic Routing Profile"
"""The one that every new instance has, in exactly this spelling."""

SOFTPHONE: Final = "softphone"

MAX_SECURITY_PROFILES: Final = 10

QUOTA_USERS: Final = 500
"""Users per instance that a new account may have; it can be raised.

https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
"""

_ALLOWED = re.compile(r"[A-Za-z0-9_.@-]+")
_EMAIL = re.compile(r"[A-Za-z0-9_.-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


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


def username_problem(name: str) -> str | None:
    """What is wrong with a user name, in one sentence, or None.

    It travels as the assertion's RoleSessionName and must equal the Connect user name exactly, so only what both
    accept is allowed: 2 to 64 letters, digits, `_ . @ -`, and `@` only in an e-mail address.
    https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html and the CreateUser API's `Username`.
    """
    if not 2 <= len(name) <= 64:
        return f"a user name has 2 to 64 characters, this one has {len(name)}"
    if not _ALLOWED.fullmatch(name):
        wrong = next(character for character in name if not _ALLOWED.fullmatch(character))
        shown = "a space" if wrong == " " else repr(wrong)
        return f"{shown} cannot be in a user name: Connect takes letters, digits and _ . @ - only"
    if "@" in name and not _EMAIL.fullmatch(name):
        return "with @ a user name must be a whole e-mail address, such as ada@example.com"
    return None


def phone_problem(number: str) -> str | None:
    """What is wrong with a desk phone's number, or None when it is E.164."""
    if _E164.fullmatch(number):
        return None
    return f"{number!r} is not an E.164 number; write + and the country code, digits only, such as +12065550100"


def person_name_problem(name: str) -> str | None:
    """What is wrong with a first or last name, or None. The provider takes 1 to 100 characters."""
    if not name.strip():
        return "must not be empty"
    if len(name) > 100:
        return f"at most 100 characters, this has {len(name)}"
    if name != name.strip():
        return "must not begin or end with a space"
    return control_character_problem(name)


def control_character_problem(text: str) -> str | None:
    """A sentence where `text` holds a line break or another control character, or None."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        return "must not hold line breaks or other control characters"
    return None


def normalized(name: str) -> str:
    """A person's name in Unicode's composed form (NFC), the one Connect stores."""
    return unicodedata.normalize("NFC", name)


def security_profiles_problem(names: tuple[str, ...] | list[str]) -> str | None:
    """What is wrong with a list of security profiles, or None. Connect takes 1 to 10 per user."""
    if not 1 <= len(names) <= MAX_SECURITY_PROFILES:
        return f"a user has 1 to {MAX_SECURITY_PROFILES} security profiles, here are {len(names)}"
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return f"{twice!r} is there twice"
    return next((problem for name in names if (problem := profile_name_problem(name))), None)


def profile_name_problem(name: str) -> str | None:
    """What is wrong with the name of a security or routing profile, or None."""
    if not name or name != name.strip():
        return "a profile's name is needed, without spaces around it"
    if len(name) > 127:
        return f"a profile's name has at most 127 characters, this one has {len(name)}"
    return control_character_problem(name)
