"""The IAM side: SAML providers, certificates, roles, permissions, and the key of the API integration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from connect_sso.doctor.examination import Examination
from connect_sso.doctor.findings import LiveFinding
from connect_sso.doctor.rules.okta import named
from connect_sso.environment.model import App
from connect_sso.facts.partitions import is_aws_endpoint
from connect_sso.iam import policies
from connect_sso.iam.evaluation import Request, evaluate
from connect_sso.live.model import API_USER, LiveAccessKey, LiveApp, LiveRole, LiveSamlProvider
from connect_sso.saml.certificates import Certificate
from connect_sso.sign_in.app_settings import duration_of
from connect_sso.sign_in.live import settings_of
from connect_sso.sign_in.model import (
    Role,
    permission_decision,
    trust_decision,
    trust_request,
    why_not_permitted,
    why_not_trusted,
)
from connect_sso.text import count

SOON: Final = timedelta(days=30)
"""A certificate that expires within this time is to be changed now."""

OLD: Final = timedelta(days=365)
"""An access key that is older is to be rotated."""

UNUSED: Final = timedelta(days=90)
"""An access key that nobody has used for so long is used by nobody; Okta reads the roles when its people change."""


# --- SAML providers and certificates -----------------------------------------------------------------------------------


def saml_providers(case: Examination) -> Iterator[LiveFinding]:
    """Providers that are not there, or do not hold the metadata of their app."""
    for key, app in case.environment.apps.items():
        arn, apps = case.environment.provider_arn(app), frozenset({key})
        where = f"the SAML provider {app.saml_provider}"
        provider = case.account.saml_providers.get(arn)
        if provider is None:
            if arn in case.account.missing_saml_providers:
                yield LiveFinding("saml-provider-missing", where, f"there is no {arn}", apps=apps, stops=True)
            continue
        if provider.metadata is None:
            yield LiveFinding("saml-provider-unreadable", where, provider.problem, apps=apps, stops=True)
            continue
        live = case.apps.get(key)
        if live is not None and live.metadata is not None:
            if provider.metadata.issuer != live.metadata.issuer:
                evidence = f"it has the metadata of {provider.metadata.issuer}, and {named(app)} signs as {live.metadata.issuer}"
                yield LiveFinding("saml-provider-other-app", where, evidence, apps=apps, stops=True)
                continue
            held = {certificate.key_sha256 for certificate in provider.metadata.certificates}
            strange = [each for each in live.metadata.certificates if each.key_sha256 not in held]
            if strange:
                evidence = f"{named(app)} signs with the certificate {strange[0].short} (until {strange[0].not_after:%Y-%m-%d}), and the provider has {', '.join(each.short for each in provider.metadata.certificates)}"
                yield LiveFinding("certificate-not-held", where, evidence, apps=apps, stops=True)
        yield from _expiring(case, app, key, live, provider)


def _expiring(
    case: Examination, app: App, key: str, live: LiveApp | None, provider: LiveSamlProvider
) -> Iterator[LiveFinding]:
    """The certificates that the app signs with, on both sides; one that nothing signs with any more may expire."""
    assert provider.metadata is not None
    signing = live.metadata.certificates if live is not None and live.metadata is not None else ()
    keys = {each.key_sha256 for each in signing}
    sides: dict[str, list[Certificate]] = {
        "Okta's": list(signing),
        "the SAML provider's": [each for each in provider.metadata.certificates if not keys or each.key_sha256 in keys],
    }
    ends: dict[str, list[str]] = {}
    for side, certificates in sides.items():
        for each in certificates:
            if each.not_after - case.now <= SOON:
                ends.setdefault(f"{each.short} {_ends(case, each)}", []).append(side)
    if ends:
        evidence = "; ".join(f"{' and '.join(who)} certificate {what}" for what, who in ends.items())
        yield LiveFinding("certificate-expires", named(app), evidence, apps=frozenset({key}))


def _ends(case: Examination, certificate: Certificate) -> str:
    left = certificate.not_after - case.now
    if left < timedelta(0):
        return f"expired on {certificate.not_after:%Y-%m-%d}"
    return f"expires on {certificate.not_after:%Y-%m-%d}, in {count(left.days, 'day')}"


# --- roles -------------------------------------------------------------------------------------------------------------


def roles(case: Examination) -> Iterator[LiveFinding]:
    """Roles that are not there, whose trust or permission is not enough, or whose sessions are too short."""
    environment = case.environment
    for name, keys in environment.roles.items():
        arn = environment.role_arn(environment.apps[keys[0]])
        live = case.account.roles.get(arn)
        where = f"the role {name}"
        if live is None:
            if arn in case.account.missing_roles:
                other = next((each.arn for each in case.account.roles.values() if each.name == name), None)
                evidence = f"there is no {arn}" + (f", but {other}" if other else "")
                yield LiveFinding("role-missing", where, evidence, apps=frozenset(keys), stops=True)
            continue
        role = case.real.roles[arn]
        yield from _trust(case, where, keys, role)
        yield from _permission(case, where, keys, role)
        yield from _duration(case, where, keys, live)


def _trust(case: Examination, where: str, keys: tuple[str, ...], role: Role) -> Iterator[LiveFinding]:
    environment = case.environment
    accepted = environment.aws.partition.accepted_endpoints(environment.aws.region)
    refused: dict[str, set[str]] = {}
    for key in keys:
        app = environment.apps[key]
        provider, live = environment.provider_arn(app), case.real.apps.get(key)
        used = live.recipient if live and live.recipient and is_aws_endpoint(live.recipient) else None
        used = used or environment.aws.sign_in_endpoint
        for endpoint in dict.fromkeys([used, *(() if environment.leaves("trust") else accepted)]):
            decision = trust_decision(role, trust_request(provider, endpoint))
            if decision.allowed is not False:
                continue
            why, reason = why_not_trusted(role, decision, provider, endpoint)
            if why == "recipient-not-trusted":
                refused.setdefault(endpoint, set()).update({key} if endpoint == used else ())
                continue
            code = "trust-provider" if why == "provider-not-trusted" else "trust-condition"
            yield LiveFinding(code, where, reason, apps=frozenset({key}), stops=True)
            break
        else:
            tags = live.session_tags if live else tuple(app.session_tags)
            if tags and trust_decision(role, trust_request(provider, used, policies.TAG_SESSION)).allowed is False:
                evidence = f"{named(app)} sends {', '.join(tags)}, and its trust does not allow {policies.TAG_SESSION}"
                yield LiveFinding("trust-tags", where, evidence, apps=frozenset({key}), stops=True)
    if refused:
        stopped = frozenset(key for each in refused.values() for key in each)
        in_use = "" if stopped else ", at which no app posts today"
        evidence = f"it does not admit {' and '.join(refused)}{in_use}"
        yield LiveFinding("trust-endpoint", where, evidence, apps=stopped or frozenset(keys), stops=bool(stopped))


def _permission(case: Examination, where: str, keys: tuple[str, ...], role: Role) -> Iterator[LiveFinding]:
    instance = case.real.instance
    if instance is None or instance.arn is None:
        return
    decision = permission_decision(role, instance)
    if decision.allowed is not False:
        return
    reason = why_not_permitted(role, decision)
    code = "permission-denied" if decision.denied else "permission-missing"
    if role.boundary is not None and permission_decision(_unbounded(role), instance).allowed is not False:
        code, reason = "permission-bounded", f"{role.boundary.where}: {reason}"
    yield LiveFinding(code, where, f"{policies.FEDERATE}: {reason}", apps=frozenset(keys), stops=True)


def _unbounded(role: Role) -> Role:
    return Role(
        role.where,
        role.name,
        role.arn,
        role.trust,
        role.max_session_duration,
        role.permissions,
        role.unread_permissions,
    )


def _duration(case: Examination, where: str, keys: tuple[str, ...], role: LiveRole) -> Iterator[LiveFinding]:
    longer = {}
    for key in keys:
        live = case.apps.get(key)
        asked = duration_of(*settings_of(live)) if live else None
        if asked is not None and asked > role.max_session_duration:
            longer[key] = f"{named(case.environment.apps[key])} asks for {asked}"
    if longer:
        evidence = f"it allows {role.max_session_duration} seconds, and {', '.join(longer.values())}"
        yield LiveFinding("role-duration", where, evidence, apps=frozenset(longer))


# --- the API integration's key -----------------------------------------------------------------------------------------


def api_key(case: Examination) -> Iterator[LiveFinding]:
    """The IAM user whose key lets Okta read the account's roles (`api_integration`)."""
    environment, account = case.environment, case.account
    if environment.okta.role_assignment != "api_integration":
        return
    where = f"the IAM user {environment.api_integration.user}"
    user = account.api_user
    if user is None:
        if not account.could_not_read(API_USER):
            yield LiveFinding("api-user-missing", where, f"the account {account.account_id} has no such user")
        return
    if user.policies is not None and all(policy.policy is not None for policy in user.policies):
        documents = [policy.policy for policy in user.policies if policy.policy is not None]
        lacking = [
            action for action in policies.ROLE_READER_ACTIONS if evaluate(documents, Request(action)).allowed is False
        ]
        if lacking:
            yield LiveFinding("api-user-permission", where, f"its policies do not allow {', '.join(lacking)}")
    if user.keys is None:
        return
    if not user.keys:
        # Without the integration no key is used: then that is the one thing to do.
        if any(not awaits for awaits in _awaits(case)):
            yield LiveFinding("api-key-missing", where, "it has none, and the API integration is on")
        return
    if len(user.keys) > 1:
        told = ", ".join(f"{each.id} ({'active' if each.active else 'inactive'})" for each in user.keys)
        yield LiveFinding("api-key-second", where, f"it has {told}")
        return
    [key] = user.keys
    yield from _one_key(case, where, key)


def _awaits(case: Examination) -> Iterator[bool]:
    return (app.awaits_api_integration for app in case.real.apps.values())


def _one_key(case: Examination, where: str, key: LiveAccessKey) -> Iterator[LiveFinding]:
    age = case.now - key.created
    if not key.active:
        yield LiveFinding("api-key-inactive", where, f"{key.id} is inactive")
    elif age > OLD:
        yield LiveFinding("api-key-old", where, f"{key.id} is of {key.created:%Y-%m-%d}, {age.days} days ago")
    elif key.last_used_known and case.now - (key.last_used or key.created) > UNUSED:
        used = f"was last used on {key.last_used:%Y-%m-%d}" if key.last_used else "was never used"
        yield LiveFinding("api-key-unused", where, f"{key.id} is of {key.created:%Y-%m-%d} and {used}")
