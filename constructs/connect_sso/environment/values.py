"""The forms of single values in an environment file, as types: each says what is wrong with a value that does not fit."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from connect_sso.environment.derived_names import TERRAFORM_NAME
from connect_sso.facts import names, sessions
from connect_sso.facts.relay_state import destination_problem

# No plugin of pydantic's has anything to do here, and looking for one reads the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

RoleAssignment: TypeAlias = Literal["api_integration", "group_mapping", "saml_app"]
StorageKind: TypeAlias = Literal[
    "call_recordings",
    "chat_transcripts",
    "scheduled_reports",
    "contact_evaluations",
    "email_messages",
    "screen_recordings",
]
AdoptedPart: TypeAlias = Literal["apps", "permissions", "roles", "tags", "trust"]


class Section(BaseModel):
    """Keys and values of an environment file: frozen, exactly typed, and nothing that is not named here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def without_problem(find: Any, *, clean: Any = None) -> AfterValidator:
    """A validator from a function that returns what is wrong, or None."""

    def check(value: Any) -> Any:
        if clean is not None:
            value = clean(value)
        problem = find(value)
        if problem:
            raise ValueError(problem)
        return value

    return AfterValidator(check)


def form(pattern: str, words: str) -> AfterValidator:
    """A validator of text that matches a pattern, which `words` describe."""
    return without_problem(names.Form(pattern, words).problem)


def text(low: int, high: int) -> AfterValidator:
    """A validator of one line of `low` to `high` characters."""
    return without_problem(lambda value: names.text_problem(value, low, high))


def _as_tuple(value: Any) -> Any:
    # YAML has lists; the frozen models keep tuples.
    return tuple(value) if isinstance(value, list) else value


def _listed_twice(values: tuple[Any, ...]) -> str | None:
    twice = names.repeated(values)
    return None if twice is None else f"{twice!r} is listed twice"


FROM_LIST: Final = BeforeValidator(_as_tuple)
UNIQUE: Final = without_problem(_listed_twice)


def _org_name(value: str) -> str:
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", value) and not value.endswith("-admin"):
        return value
    host = re.sub(r"^https?://", "", value.lower()).split("/")[0]
    if "." not in host and host.endswith("-admin"):
        raise ValueError(f"{value} is the address of the org's admin console; the org is {host.removesuffix('-admin')}")
    if "." in host:
        org, _, base = host.partition(".")
        raise ValueError(f"only the first part of the org's address: {org} (the rest, {base}, is okta.base_url)")
    raise ValueError(f"{value!r} is not the first part of an Okta org's address, such as acme in acme.okta.com")


def _base_url(value: str) -> str:
    _, _, domain = value.partition(".")
    if domain in names.OKTA_DOMAINS:
        raise ValueError(f"only the domain: {domain} (what stands before it is okta.org_name)")
    if re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", value):
        return value
    host = re.sub(r"^[a-z]+://", "", value.lower()).split("/")[0].split(":")[0]
    hint = f"; just the domain: {host}" if host != value and "." in host else ", such as okta.com"
    raise ValueError(f"{value!r} is not a domain{hint}")


def _session_duration_problem(value: int) -> str | None:
    if sessions.ROLE_SHORTEST <= value <= sessions.LONGEST:
        return None
    return f"a role's session lasts {sessions.ROLE_SHORTEST} to {sessions.LONGEST} seconds (1 to 12 hours), not {value}"


MAX_DAYS: Final = 36_500
"""A hundred years: more is a typing error."""


def _days_problem(value: int) -> str | None:
    return None if 1 <= value <= MAX_DAYS else f"must be 1 to {MAX_DAYS} days, not {value}"


def _role_session_name_problem(value: str) -> str | None:
    if sessions.is_name(value):
        return None
    return f"{value!r} is not a session's name: 2 to 64 letters, digits and _ + = , . @ -"


def _relative_file_problem(value: str) -> str | None:
    parts = re.split(r"[/\\]", value)
    if value.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", value) or ".." in parts or not value.strip():
        return "must be a file beside this one (no absolute path, no ..)"
    if not value.lower().endswith(".csv"):
        return "must be a .csv file"
    return None


def _provider_constraint_problem(value: str) -> str | None:
    release = r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?"
    if re.fullmatch(rf"(= ?)?{release}|~> ?[0-9]+\.[0-9]+(\.[0-9]+)?", value):
        return None
    return f"{value!r} is neither an exact release (6.12.0) nor a pessimistic constraint (~> 6.12)"


AccountId = Annotated[str, without_problem(names.ACCOUNT_ID.problem)]
Region = Annotated[str, without_problem(names.REGION.problem)]
OrgName = Annotated[str, AfterValidator(_org_name)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Alias = Annotated[str, without_problem(names.INSTANCE_ALIAS.problem)]
InstanceId = Annotated[str, without_problem(names.INSTANCE_ID.problem)]
SamlProviderName = Annotated[str, without_problem(names.SAML_PROVIDER.problem)]
PolicyName = Annotated[str, without_problem(names.IAM_POLICY.problem)]
IamUserName = Annotated[str, without_problem(names.IAM_USER.problem)]
RoleName = Annotated[str, without_problem(names.IAM_ROLE.problem)]
IamPath = Annotated[str, without_problem(names.IAM_PATH.problem)]
PolicyArn = Annotated[str, without_problem(names.IAM_POLICY_ARN.problem)]
RoleArn = Annotated[str, without_problem(names.IAM_ROLE_ARN.problem)]
PrincipalArn = Annotated[str, without_problem(names.IAM_PRINCIPAL_ARN.problem)]
RoleSessionName = Annotated[str, without_problem(_role_session_name_problem)]
ExternalId = Annotated[str, without_problem(names.EXTERNAL_ID.problem)]
AppName = Annotated[
    str,
    form(
        rf"(?=.{{1,64}}$){TERRAFORM_NAME}",
        "a name for an app: 1 to 64 letters, digits, _ and -, beginning with a letter or _ (it is a Terraform name too)",
    ),
]
AttributeName = Annotated[
    str,
    form(
        # https://help.okta.com/oie/en-us/content/topics/users-groups-profiles/usgp-add-custom-user-attributes.htm
        r"[A-Za-z][A-Za-z0-9_]{0,127}",
        "the variable name of an attribute of Okta's profile, such as employeeNumber",
    ),
]
Username = Annotated[str, without_problem(names.username_problem)]
PersonName = Annotated[str, without_problem(names.person_name_problem, clean=names.normalized)]
ProfileName = Annotated[str, without_problem(names.profile_name_problem)]
SecurityProfiles = Annotated[
    tuple[ProfileName, ...], Field(min_length=1, max_length=names.MAX_SECURITY_PROFILES), FROM_LIST, UNIQUE
]
AfterContactWork = Annotated[
    int,
    without_problem(names.after_contact_work_problem),
    Field(json_schema_extra={"minimum": 0, "maximum": names.MAX_AFTER_CONTACT_WORK}),
]
SecondaryEmail = Annotated[str, without_problem(names.SECONDARY_EMAIL.problem)]
HierarchyGroup = Annotated[tuple[str, ...], FROM_LIST, without_problem(names.hierarchy_group_problem)]
PhoneNumber = Annotated[str, without_problem(names.phone_problem)]
Destination = Annotated[str, without_problem(destination_problem)]
TagKey = Annotated[str, without_problem(names.TAG_KEY.problem)]
TagValue = Annotated[str, without_problem(names.TAG_VALUE.problem)]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=names.MAX_TAGS)]
SessionTagName = Annotated[str, without_problem(names.SESSION_TAG.problem)]
SessionDuration = Annotated[
    int,
    without_problem(_session_duration_problem),
    Field(json_schema_extra={"minimum": sessions.ROLE_SHORTEST, "maximum": sessions.LONGEST}),
]
KmsKeyArn = Annotated[str, without_problem(names.KMS_KEY_ARN.problem)]
Days = Annotated[int, without_problem(_days_problem), Field(json_schema_extra={"minimum": 1, "maximum": MAX_DAYS})]
BucketName = Annotated[str, without_problem(names.BUCKET.problem)]
ObjectKey = Annotated[str, without_problem(names.OBJECT_KEY.problem)]
CsvFile = Annotated[str, without_problem(_relative_file_problem)]
ProviderConstraint = Annotated[str, without_problem(_provider_constraint_problem)]
