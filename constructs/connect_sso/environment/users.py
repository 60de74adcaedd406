"""A person who is written in the environment file itself."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from connect_sso.environment.people import SOFTPHONE, Person
from connect_sso.environment.values import (
    FROM_LIST,
    UNIQUE,
    AfterContactWork,
    AppName,
    HierarchyGroup,
    PersonName,
    PhoneNumber,
    ProfileName,
    SecondaryEmail,
    Section,
    SecurityProfiles,
    Tags,
    Username,
    text,
)
from connect_sso.facts.names import DEFAULT_ROUTING_PROFILE


class DeskPhone(Section):
    """A desk phone instead of the softphone in the browser."""

    desk_phone: PhoneNumber


Phone: TypeAlias = Annotated[
    Annotated[Literal["softphone"], Tag("softphone")] | Annotated[DeskPhone, Tag("desk")],
    Discriminator(lambda value: "desk" if isinstance(value, dict | DeskPhone) else "softphone"),
]


class User(Section):
    """A Connect user who is written in the environment file."""

    username: Username = Field(description="Exactly as in Okta, case included.", examples=["Ada.Admin@example.com"])
    first_name: PersonName = Field(examples=["Ada"])
    last_name: PersonName = Field(examples=["Admin"])
    security_profiles: SecurityProfiles = Field(
        description="1 to 10 security profiles of the instance, by their exact names.", examples=[["Admin"]]
    )
    routing_profile: ProfileName = DEFAULT_ROUTING_PROFILE
    phone: Phone = SOFTPHONE
    after_contact_work_seconds: AfterContactWork | None = Field(
        default=None,
        description="After-contact work in seconds, 0 for no limit. Not written, it is left alone.",
    )
    auto_accept: bool | None = Field(
        default=None,
        description="Whether calls are accepted for the agent. Not written, it is left alone.",
    )
    secondary_email: SecondaryEmail | None = Field(
        default=None,
        description="Where Connect sends its notifications. Not written, it is left alone.",
    )
    hierarchy_group: HierarchyGroup | None = Field(
        default=None,
        description="An existing agent hierarchy group, by the names from the top level down, or by its id alone where several have that name. Not written, it is left alone.",
        examples=[["Europe", "Sales"]],
    )
    tags: Tags | None = Field(
        default=None,
        description="Tags of the Connect user besides aws.tags. Not written, they are left alone.",
    )
    okta_login: Annotated[str, text(1, 100)] | None = Field(
        default=None,
        description="The Okta login, where it is not the Connect user name; only with role_assignment: api_integration.",
    )
    apps: Annotated[tuple[AppName, ...], FROM_LIST, UNIQUE] = Field(
        default=(), description="Apps this person is assigned one by one; leave out where a group does it."
    )

    def as_person(self, line: int) -> Person:
        """The Connect side of this user."""
        return Person(
            username=self.username,
            first_name=self.first_name,
            last_name=self.last_name,
            security_profiles=self.security_profiles,
            routing_profile=self.routing_profile,
            desk_phone=self.phone.desk_phone if isinstance(self.phone, DeskPhone) else None,
            line=line,
            after_contact_work_seconds=self.after_contact_work_seconds,
            auto_accept=self.auto_accept,
            secondary_email=self.secondary_email,
            hierarchy_group=self.hierarchy_group,
            tags=self.tags,
        )
