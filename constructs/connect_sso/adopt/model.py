"""What was found of a contact centre that is there already: what goes into its environment file, and what stays outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connect_sso.environment.values import RoleAssignment
    from connect_sso.live.model import (
        LiveApiUser,
        LiveApp,
        LiveGroup,
        LiveInstance,
        LivePolicy,
        LiveRole,
        LiveRule,
        LiveSamlProvider,
        LiveUser,
    )


MOST_IN_YAML: Final = 20
"""People in groups whom the environment file holds itself; more of them are a crowd, in a CSV."""


class CannotAdoptError(Exception):
    """Why something that was found cannot go into an environment file; one reason or several."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that exists and that the environment file does not take in."""

    what: str
    """The thing, by its name."""
    why: str
    """Why it stays outside, and what becomes of it."""
    names: tuple[str, ...] = ()
    """Whom or what it is about, where it is many."""
    decide: bool = False
    """Whether a person should look at it before the first apply."""


@dataclass(frozen=True, slots=True)
class FirstChange:
    """What the first apply does besides importing."""

    address: str
    attribute: str
    """Empty where the whole thing is made."""
    before: str
    after: str
    why: str
    noticed: str
    """Who can notice, in one sentence."""


@dataclass(frozen=True)
class ExistingApp:
    """An app of Okta, and what it signs in to."""

    key: str
    """In the environment file, and in Terraform."""
    live: LiveApp
    destination: str
    saml_provider: LiveSamlProvider
    role: LiveRole
    session_duration: int
    """Seconds, as the file says it."""
    session_tags: Mapping[str, str]
    groups: tuple[LiveGroup, ...]
    """Those that the file names: their members have the app, or fill its role group."""
    role_group: LiveGroup | None = None
    """Whose members get the role (`group_mapping`)."""
    rule: LiveRule | None = None
    """What fills the role group from `groups`."""


@dataclass(frozen=True, slots=True)
class ExistingPerson:
    """A Connect user whom one of the apps lets in."""

    user: LiveUser
    security_profiles: tuple[str, ...]
    """Names."""
    routing_profile: str
    okta_login: str | None = None
    """The login, where the app's name for the person is another."""
    apps: Mapping[str, str] = field(default_factory=dict)
    """The apps that the person has one by one, by their keys in the file: the person's id in Okta."""


@dataclass(frozen=True)
class ContactCentre:
    """A contact centre, as its environment file will say it."""

    name: str
    """The environment's."""
    account_id: str
    region: str
    org_name: str
    base_url: str
    role_assignment: RoleAssignment
    username: str
    """The attribute of Okta's profile."""
    sign_in: str
    """`regional` or `global`."""
    instance: LiveInstance
    path: str
    """Of the roles, policies and the API user."""
    permissions_boundary: str | None
    policy: LivePolicy | None
    """The permission to sign in; None where no policy can be taken over."""
    api_user: LiveApiUser | None
    api_policy: LivePolicy | None
    apps: tuple[ExistingApp, ...]
    people: tuple[ExistingPerson, ...]
    """Sorted by name."""
    asides: tuple[Aside, ...]
    """What exists and stays outside."""
    adopted: bool = True
    """Whether what the file has no words for is left as it was found."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What everything on the AWS side is tagged with, where the stacks themselves made it."""
