"""Everything that a sign-in passes through, from the Okta assignment to the landing page, wherever it was read from.

`promised_sign_in` builds it from an environment file, `deployed_sign_in` from what Terraform says is there, `live_sign_in` from
what is in the accounts; `trace`, `decode` and `doctor` ask the questions. None means: not known from this source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connect_sso.facts.arns import read_arn
from connect_sso.iam.documents import Policy
from connect_sso.iam.evaluation import Decision, Request, evaluate
from connect_sso.iam.policies import ASSUME_WITH_SAML, FEDERATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connect_sso.saml.metadata import Metadata

_SESSION_ID = "AROAROLEID:session"
"""Stands for `${aws:userid}` of whoever signs in: a role's id and the session name."""


@dataclass(frozen=True)
class Instance:
    """The Amazon Connect instance."""

    where: str
    id: str | None
    arn: str | None
    region: str | None
    is_saml: bool | None
    exists: bool = True
    """False where the source has looked, and there is none."""


@dataclass(frozen=True)
class SamlProvider:
    """An IAM SAML provider."""

    where: str
    arn: str
    metadata: Metadata | None
    problem: str = ""
    """Why its metadata cannot be read; empty where it can, or is not known yet."""
    metadata_of: str | None = None
    """The key of the app whose metadata it is made to hold."""


@dataclass(frozen=True)
class Role:
    """An IAM role for federation."""

    where: str
    name: str
    arn: str
    trust: Policy | None
    max_session_duration: int | None
    """Seconds."""
    permissions: tuple[Policy, ...]
    unread_permissions: tuple[str, ...] = ()
    """Policies that are attached but whose text is not known: they may allow or deny more."""
    boundary: Policy | None = None
    """Its permissions boundary, where there is one whose text is known."""
    unread_boundary: str = ""
    """The ARN of its permissions boundary where its text is not known: it may take away what the policies allow."""


@dataclass(frozen=True)
class GroupRoute:
    """An Okta group whose members get an app."""

    name: str
    where: str
    members: Mapping[str, str] | None = None
    """Session names by their lower-case form; None where nobody looked."""
    id: str | None = None


@dataclass(frozen=True)
class DirectRoute:
    """An assignment of one person to an app."""

    session_name: str
    """What Okta sends for the person, letter by letter."""
    where: str
    active: bool = True
    """Whether the person may sign in to Okta at all."""


@dataclass(frozen=True)
class OktaApp:
    """An Okta app as it signs people in."""

    key: str
    """Its name in the environment file, or in Terraform."""
    where: str
    label: str
    active: bool | None
    issuer: str | None
    metadata: Metadata | None
    recipient: str | None
    audience: str | None
    provider_arn: str | None
    role_arn: str | None
    role_problem: str
    """Why no role is sent; empty where one is, or where it is not known."""
    session_duration: int | None
    """Seconds."""
    session_name_from: str
    """The attribute of Okta's profile, such as `login`, or a template that is more than one attribute, as it is."""
    session_tags: tuple[str, ...]
    relay_state: str | None
    awaits_api_integration: bool = False
    """Whether the step in Okta's admin console that lets assignments carry roles is still to be done."""
    direct: Mapping[str, DirectRoute] = field(default_factory=dict)
    """By lower-case session name."""
    direct_is_known: bool = True
    """Whether `direct` is everybody who is assigned by name."""
    groups: tuple[GroupRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectUser:
    """A user of the instance."""

    name: str
    where: str
    profiles: tuple[str, ...] | None
    """Names of security profiles, or their ids where the names are not known; None where nothing is known yet."""


@dataclass(frozen=True)
class SignIn:
    """One environment's sign-in."""

    source: str
    """What it was read from, for messages."""
    instance: Instance | None
    providers: Mapping[str, SamlProvider]
    """By ARN."""
    roles: Mapping[str, Role]
    """By ARN."""
    apps: Mapping[str, OktaApp]
    """By key."""
    users: Mapping[str, ConnectUser]
    """By name."""
    users_are_complete: bool
    """Whether `users` is everybody: the crowd has a state of its own."""
    profile_permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What a security profile allows, by name, where that is known."""
    barred: Mapping[str, str] = field(default_factory=dict)
    """People whom Okta lets in nowhere: their status, by lower-case session name."""
    users_are_known: bool = True
    """Whether the source could say who the Connect users are."""
    origins: frozenset[str] | None = None
    """The instance's approved origins; None where they are not known."""
    unknown_because: str = "will be known after the apply"
    """What the source says of what it does not know yet, to go on with after its name."""


def trust_request(
    provider_arn: str,
    recipient: str,
    action: str = ASSUME_WITH_SAML,
    extra: Mapping[str, tuple[str, ...]] | None = None,
) -> Request:
    """What AWS sign-in asks of a role's trust policy.

    `SAML:aud` is the assertion's Recipient:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    """
    provider = read_arn(provider_arn)
    document = f"{provider.account}/{provider.name}" if provider is not None else ""
    context = {"saml:aud": (recipient,), "saml:doc": (document,), **(extra or {})}
    return Request(action, principal=f"Federated:{provider_arn}", context=context)


def trust_decision(role: Role, request: Request) -> Decision:
    """Whether the role's trust policy lets the request in; unknown where the policy is."""
    if role.trust is None:
        return Decision(None, "")
    return evaluate([role.trust], request)


def permission_decision(role: Role, instance: Instance) -> Decision:
    """Whether the role may sign people in to the instance."""
    if instance.arn is None:
        return Decision(None, "")
    # AWS documents the condition key with the bare id alone; whether an ARN is taken as well is not known.
    by_id = _permission(role, instance.arn, instance.arn.rpartition("/")[2])
    if by_id.allowed is False and (by_arn := _permission(role, instance.arn, instance.arn)).allowed:
        return Decision(None, f"connect:InstanceId with an ARN in {by_arn.decided_by}")
    return by_id


def _permission(role: Role, instance_arn: str, instance_id: str) -> Decision:
    context = {"aws:userid": (_SESSION_ID,), "connect:instanceid": (instance_id,)}
    request = Request(FEDERATE, f"{instance_arn}/user/{_SESSION_ID}", context=context)
    if role.boundary is not None:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
        bounded = evaluate([role.boundary], request)
        if not bounded.allowed:
            return bounded
    decision = evaluate(role.permissions, request)
    if decision.allowed is False and not decision.denied and role.unread_permissions:
        return Decision(None, ", ".join(role.unread_permissions))
    if decision.allowed and role.unread_boundary:
        return Decision(None, f"the permissions boundary {role.unread_boundary}")
    return decision


def why_not_trusted(role: Role, decision: Decision, provider_arn: str, recipient: str) -> tuple[str, str]:
    """The code of the known failure behind a refusing `trust_decision`, and the reason in one sentence."""
    if decision.denied:
        return "provider-not-trusted", f"the trust of {role.where} denies it ({decision.decided_by})"
    # The statement that came nearest names what is missing.
    parts = {miss.part: miss.wanted for miss in reversed(decision.misses)}
    if "saml:aud" in parts:
        return (
            "recipient-not-trusted",
            f"the recipient is {recipient or 'missing'}, but the trust of {role.where} admits only {', '.join(parts['saml:aud'])}",
        )
    for part, wanted in parts.items():
        if part not in {"principal", "resource"}:
            return "trust-condition-not-met", f"the trust of {role.where} requires {part} to be {', '.join(wanted)}"
    trusted = ", ".join(parts.get("principal", ())) or f"no SAML provider for {ASSUME_WITH_SAML}"
    return "provider-not-trusted", f"{role.where} trusts {trusted}, not {provider_arn}"


def why_not_permitted(role: Role, decision: Decision) -> str:
    """The reason for a refusing `permission_decision`, to end a sentence with."""
    if decision.denied:
        return f"{decision.decided_by} denies it"
    if decision.misses:
        miss = decision.misses[0]
        what = "for" if miss.part == "resource" else f"only where {miss.part} is"
        return f"{miss.statement} is {what} {', '.join(miss.wanted)}"
    if not role.permissions:
        return "no policy is attached to it"
    return f"none of its policies ({', '.join(policy.where for policy in role.permissions)}) allows it"


def same_but_for_case(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that differs from `name` in case only."""
    lowered = name.lower()
    return next((each for each in names if each.lower() == lowered and each != name), None)
