"""How names, numbers and texts may be written that AWS and Okta take: each a form, or a function that says what is wrong."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

DEFAULT_ROUTING_PROFILE: Final = "Basic Routing Profile"
"""The one that every new instance has, in exactly this spelling."""

MAX_SECURITY_PROFILES: Final = 10
"""Of one user: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateUser.html"""

MAX_AFTER_CONTACT_WORK: Final = 2_000_000
"""Seconds: https://docs.aws.amazon.com/connect/latest/APIReference/API_UserPhoneConfig.html"""

MAX_HIERARCHY_LEVELS: Final = 5
"""https://docs.aws.amazon.com/connect/latest/adminguide/agent-hierarchy.html"""

MAX_TAGS: Final = 50
"""Of one resource: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""

QUOTA_USERS: Final = 500
"""Users per instance that a new account may have; it can be raised.

https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
"""

OKTA_DOMAINS: Final = ("okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil")
"""The domains of Okta's own orgs: https://developer.okta.com/docs/concepts/okta-organizations/"""

EVERYONE: Final = "Everyone"
"""The group that holds every person of an Okta org, in each org and in this spelling.

https://help.okta.com/oie/en-us/content/topics/users-groups-profiles/usgp-about-groups.htm
"""


@dataclass(frozen=True)
class Form:
    """How a value is written."""

    pattern: str
    """A regular expression that matches the whole of it."""
    words: str
    """The same in words, to stand behind "is not"."""

    def problem(self, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        return None if re.fullmatch(self.pattern, value) else f"{value!r} is not {self.words}"


ACCOUNT_ID: Final = Form(r"[0-9]{12}", "an AWS account id, 12 digits in quotes")
REGION: Final = Form(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", "an AWS region, such as us-east-1")
INSTANCE_ALIAS: Final = Form(
    # https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateInstance.html allows 1 to 45, the provider wants
    # two and would let through up to 64 and a hyphen at the end: this is what both take.
    r"(?!d-)[0-9A-Za-z]([0-9A-Za-z-]{0,43}[0-9A-Za-z])",
    "an instance alias: 2 to 45 letters, digits and hyphens, no hyphen first or last, not beginning with d-",
)
UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""The ids that Amazon Connect gives, lower case."""

INSTANCE_ID: Final = Form(
    UUID,
    "an instance id: the bare UUID (the part after instance/ in its ARN), lower case",
)
SECONDARY_EMAIL: Final = Form(
    # https://docs.aws.amazon.com/connect/latest/APIReference/API_UserIdentityInfo.html
    r"(?=.{1,265}$)[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}",
    "an e-mail address, such as ada@example.com",
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
SAML_PROVIDER: Final = Form(r"[A-Za-z0-9_.-]{1,128}", "a SAML provider's name: 1 to 128 letters, digits and . _ -")
IAM_POLICY: Final = Form(
    r"[A-Za-z0-9_+=,.@-]{1,128}", "an IAM policy's name: 1 to 128 letters, digits and _ + = , . @ -"
)
IAM_ROLE: Final = Form(
    # IAM also takes a comma, but AWS reads the assertion's Role value as a list that commas separate:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    r"[A-Za-z0-9_+=.@-]{1,64}",
    "a role's name: 1 to 64 letters, digits and _ + = . @ -",
)
IAM_PATH: Final = Form(
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html; IAM takes more characters, ARNs in an
    # assertion's Role value do not.
    r"(?=.{1,512}$)/([A-Za-z0-9_+=.@-]+/)*",
    "an IAM path: / or names with a slash before and behind each, such as /sso/connect/",
)
IAM_POLICY_ARN: Final = Form(
    r"arn:aws(-us-gov)?:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]{1,640}",
    "the ARN of an IAM policy, such as arn:aws:iam::111122223333:policy/boundary",
)
IAM_ROLE_ARN: Final = Form(
    r"arn:aws(-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}",
    "the ARN of an IAM role, such as arn:aws:iam::111122223333:role/terraform",
)
IAM_PRINCIPAL_ARN: Final = Form(
    # Not an account's root, which would be everybody there whom its administrators allow it.
    r"arn:aws(-us-gov)?:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]{1,576}",
    "the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/on-call",
)
EXTERNAL_ID: Final = Form(
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    r"[A-Za-z0-9_+=,.@:/-]{2,1224}",
    "an external id: 2 to 1,224 letters, digits and _ + = , . @ : / -",
)
IAM_USER: Final = Form(r"[A-Za-z0-9_+=,.@-]{1,64}", "an IAM user's name: 1 to 64 letters, digits and _ + = , . @ -")

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG_KEY: Final = Form(
    r"(?!(?i:aws:))[\w .:/=+@-]{1,128}",
    "a tag's key: 1 to 128 letters, digits, spaces and . : / = + - @ _, not beginning with aws:",
)
TAG_VALUE: Final = Form(
    # AWS takes an empty value, but with one among the default tags the AWS provider changes the recordings' bucket in
    # every plan.
    r"[\w .:/=+@-]{1,256}",
    "a tag's value: 1 to 256 letters, digits, spaces and . : / = + - @ _",
)
SESSION_TAG: Final = Form(
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    r"(?!(?i:aws:))[\w.:/=+@-]{1,128}",
    "a session tag's name: 1 to 128 letters, digits and . : / = + - @ _, not beginning with aws:",
)

BUCKET: Final = Form(
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    r"(?!.*\.\.)(?![0-9.]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "a bucket's name: 3 to 63 lower-case letters, digits, . and -",
)
KMS_KEY_ARN: Final = Form(
    # The provider refuses an id or an alias: https://docs.aws.amazon.com/connect/latest/APIReference/API_EncryptionConfig.html
    r"arn:aws(-us-gov)?:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}",
    "the ARN of a KMS key, such as arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
OBJECT_KEY: Final = Form(r"(?!/)[A-Za-z0-9!_.*'()/-]{1,512}(?<!/)", "an object key, such as connect-sso/prod.tfstate")

_USERNAME = re.compile(r"[A-Za-z0-9_.@-]+")
_EMAIL = re.compile(r"[A-Za-z0-9_.-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


def username_problem(name: str) -> str | None:
    """What is wrong with a user name, in one sentence, or None.

    It travels as the assertion's RoleSessionName and must equal the Connect user name exactly, so only what both
    accept is allowed: 2 to 64 letters, digits, `_ . @ -`, and `@` only in an e-mail address.
    https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html and the CreateUser API's `Username`.
    """
    if not 2 <= len(name) <= 64:
        return f"a user name has 2 to 64 characters; this has {len(name)}"
    if not _USERNAME.fullmatch(name):
        wrong = next(character for character in name if not _USERNAME.fullmatch(character))
        shown = "a space" if wrong == " " else repr(wrong)
        return f"{shown} cannot be in a user name; Connect takes only letters, digits and _ . @ -"
    if "@" in name and not _EMAIL.fullmatch(name):
        return "a user name with @ must be a whole e-mail address, such as ada@example.com"
    return None


def phone_problem(number: str) -> str | None:
    """What is wrong with a desk phone's number, or None when it is E.164."""
    if _E164.fullmatch(number):
        return None
    return f"{number!r} is not an E.164 number; write + and the country code, then digits only, such as +12065550100"


def person_name_problem(name: str) -> str | None:
    """What is wrong with a first or last name, or None. The provider takes 1 to 100 characters."""
    if not name.strip():
        return "must not be empty"
    if len(name) > 100:
        return f"at most 100 characters; this has {len(name)}"
    if name != name.strip():
        return "must not begin or end with a space"
    return control_character_problem(name)


def security_profiles_problem(names: tuple[str, ...] | list[str]) -> str | None:
    """What is wrong with a user's list of security profiles, or None."""
    if not names:
        return "at least one security profile is needed"
    if len(names) > MAX_SECURITY_PROFILES:
        return f"at most {MAX_SECURITY_PROFILES}; this has {len(names)}"
    if (twice := repeated(names)) is not None:
        return f"{twice!r} is listed twice"
    return next((problem for name in names if (problem := profile_name_problem(name))), None)


def profile_name_problem(name: str) -> str | None:
    """What is wrong with the name of a security or routing profile, or None."""
    if not name or name != name.strip():
        return "must be a profile's name, without spaces around it"
    if len(name) > 127:
        return f"a profile's name has at most 127 characters; this has {len(name)}"
    return control_character_problem(name)


def after_contact_work_problem(seconds: int) -> str | None:
    """What is wrong with the seconds of after-contact work, or None; 0 lets it last until the agent ends it."""
    if 0 <= seconds <= MAX_AFTER_CONTACT_WORK:
        return None
    return f"after-contact work lasts 0 (no limit) to {MAX_AFTER_CONTACT_WORK} seconds, not {seconds}"


def hierarchy_group_problem(names: tuple[str, ...] | list[str]) -> str | None:
    """What is wrong with the path of an agent hierarchy group (names from the top, or its id alone), or None."""
    if not names:
        return "must name a group by its path, from the top level down"
    if len(names) > MAX_HIERARCHY_LEVELS:
        return f"an agent hierarchy has at most {MAX_HIERARCHY_LEVELS} levels; this has {len(names)}"
    if any("|" in name for name in names):
        return "must not contain | (it separates the levels in a CSV)"
    return next((problem for name in names if (problem := text_problem(name, 1, 100))), None)


def text_problem(text: str, low: int, high: int) -> str | None:
    """What is wrong with a text that must have `low` to `high` characters, or None."""
    if not low <= len(text) <= high:
        return f"{low} to {high} characters; this has {len(text)}"
    if text != text.strip():
        return "must not begin or end with a space"
    return control_character_problem(text)


def control_character_problem(text: str) -> str | None:
    """A sentence where `text` holds a line break or another control character, or None."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        return "must not contain line breaks or other control characters"
    return None


def repeated(names: tuple[str, ...] | list[str]) -> str | None:
    """The first of `names` that is there again, or None."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def normalized(name: str) -> str:
    """A person's name in Unicode's composed form (NFC), the one Connect stores."""
    return unicodedata.normalize("NFC", name)
