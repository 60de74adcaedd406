"""Every hop of a walk: what can be found there, one change of a good sign-in each, and that it can be said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from connect_sso.facts.partitions import COMMERCIAL
from connect_sso.iam import policies
from connect_sso.iam.documents import read_policy
from connect_sso.saml.certificates import read_certificate
from connect_sso.saml.metadata import Metadata
from connect_sso.sign_in.hops import ASSERTION, ASSIGNMENT, LANDING, PERMISSION, TRUST, USER, Found, Hop
from connect_sso.sign_in.model import (
    ConnectUser,
    DirectRoute,
    GroupRoute,
    Instance,
    OktaApp,
    Role,
    SamlProvider,
    SignIn,
)
from connect_sso.sign_in.walk import Walker
from tests.decode.responses import signer

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Okta_Role"
INSTANCE_ID = "2fb42df9-78a2-4e74-8572-c8af67ed289b"
INSTANCE = f"arn:aws:connect:eu-central-1:{ACCOUNT}:instance/{INSTANCE_ID}"
RECIPIENT = COMMERCIAL.regional_endpoint("eu-central-1")
FEDERATE = f"https://eu-central-1.console.aws.amazon.com/connect/federate/{INSTANCE_ID}"
ADA = "ada@example.com"


def metadata(name: str = "admin", issuer: str = "http://www.okta.com/exkadmin") -> Metadata:
    certificate = read_certificate(signer(name).base64)
    assert certificate is not None
    return Metadata(issuer, (certificate,))


def trust(**changes: Any) -> Any:
    document = policies.trust(saml_providers=[PROVIDER], endpoints=[RECIPIENT], tag_session=False)
    document["Statement"][0] |= changes
    return read_policy(document, "the trust policy")


def permission(**changes: Any) -> Any:
    document = policies.federation(INSTANCE)
    document["Statement"][0] |= {"Resource": f"{INSTANCE}/user/*"} | changes
    return read_policy(document, "the policy")


@dataclass(frozen=True)
class Side:
    """A sign-in with one app, one role and one person, of which a test changes a part."""

    app: OktaApp | None
    provider: SamlProvider | None
    role: Role | None
    instance: Instance | None
    user: ConnectUser | None
    complete: bool = True
    known: bool = True
    barred: dict[str, str] = field(default_factory=dict)
    origins: frozenset[str] | None = None

    def sign_in(self, source: str) -> SignIn:
        return SignIn(
            source,
            self.instance,
            {self.provider.arn: self.provider} if self.provider else {},
            {self.role.arn: self.role} if self.role else {},
            {"app": self.app} if self.app else {},
            {self.user.name: self.user} if self.user else {},
            users_are_complete=self.complete,
            users_are_known=self.known,
            barred=self.barred,
            origins=self.origins,
        )


GOOD = Side(
    app=OktaApp(
        key="app",
        where="app",
        label="The app",
        active=True,
        issuer="http://www.okta.com/exkadmin",
        metadata=None,
        recipient=RECIPIENT,
        audience=COMMERCIAL.audience,
        provider_arn=PROVIDER,
        role_arn=ROLE,
        role_problem="",
        session_duration=3600,
        session_name_from="login",
        session_tags=(),
        relay_state=FEDERATE,
        direct={ADA: DirectRoute(ADA, "assignment")},
    ),
    provider=SamlProvider("provider", PROVIDER, metadata()),
    role=Role("role", "Okta_Role", ROLE, trust(), 43200, (permission(),)),
    instance=Instance("instance", INSTANCE_ID, INSTANCE, "eu-central-1", True),
    user=ConnectUser(ADA, "user", ("Admin",)),
)


def having(part: str, **changes: Any) -> Callable[[Side], Side]:
    """The change of one part of a side."""
    return lambda side: replace(side, **{part: replace(getattr(side, part), **changes)})


app, provider, role, instance, user = (
    partial(having, part) for part in ("app", "provider", "role", "instance", "user")
)


def without(**parts: Any) -> Callable[[Side], Side]:
    return lambda side: replace(side, **parts)


def group(members: dict[str, str] | None) -> GroupRoute:
    return GroupRoute("Agents", "group", members)


# What is changed in what there is, the hop, what is found there, and whether it lets the person in.
CASES: list[tuple[Callable[[Side], Side], str, Found, bool | None]] = [
    (without(app=None), ASSIGNMENT, Found.APP_MISSING, False),
    (app(), ASSIGNMENT, Found.ASSIGNED, True),
    (app(direct={ADA: DirectRoute(ADA, "assignment", active=False)}), ASSIGNMENT, Found.SUSPENDED, False),
    (app(direct={}), ASSIGNMENT, Found.ASSIGNMENT_MISSING, False),
    (app(direct={}, direct_is_known=False), ASSIGNMENT, Found.ASSIGNMENT_NOT_KNOWN, None),
    (app(active=False), ASSERTION, Found.APP_INACTIVE, False),
    (app(role_problem="no assignment names a role"), ASSERTION, Found.NO_ROLE_SENT, False),
    (app(recipient="https://example.com"), ASSERTION, Found.RECIPIENT_WRONG, False),
    (app(audience=RECIPIENT), ASSERTION, Found.AUDIENCE_WRONG, False),
    (app(session_duration=60), ASSERTION, Found.DURATION_INVALID, False),
    (app(awaits_api_integration=True), ASSERTION, Found.API_INTEGRATION_AWAITED, None),
    (app(role_arn=None), ASSERTION, Found.ASSERTION_NOT_READABLE, None),
    (app(session_name_from="user.employeeNumber"), ASSERTION, Found.SESSION_NAME_NOT_KNOWN, None),
    (app(direct={ADA: DirectRoute("ada lovelace", "assignment")}), ASSERTION, Found.SESSION_NAME_INVALID, False),
    (app(session_tags=("Team",)), ASSERTION, Found.SENT, True),
    (app(role_arn=None), TRUST, Found.TRUST_NOT_KNOWN, None),
    (without(provider=None), TRUST, Found.PROVIDER_MISSING, False),
    (without(role=None), TRUST, Found.ROLE_MISSING, False),
    (provider(metadata=None, problem="it is not well-formed XML"), TRUST, Found.METADATA_UNUSABLE, False),
    (provider(metadata=metadata(issuer="http://www.okta.com/other")), TRUST, Found.METADATA_OF_OTHER_APP, False),
    (app(metadata=metadata("new")), TRUST, Found.CERTIFICATE_NOT_HELD, False),
    (role(trust=None), TRUST, Found.TRUST_NOT_YET_KNOWN, None),
    (provider(metadata=None), TRUST, Found.TRUST_NOT_YET_KNOWN, None),
    (app(recipient="https://example.com"), TRUST, Found.TRUST_NOT_ASKED, None),
    (role(trust=trust(Effect="Deny")), TRUST, Found.NOT_TRUSTED, False),
    (app(session_tags=("Team",)), TRUST, Found.TAGS_NOT_TRUSTED, False),
    (role(max_session_duration=1800), TRUST, Found.DURATION_TOO_LONG, False),
    (
        role(trust=trust(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        TRUST,
        Found.TRUST_DEPENDS,
        None,
    ),
    (app(), TRUST, Found.TRUSTED, True),
    (without(role=None), PERMISSION, Found.PERMISSION_NOT_KNOWN, None),
    (without(instance=None), PERMISSION, Found.PERMISSION_NOT_KNOWN, None),
    (role(permissions=(), unread_permissions=("a managed policy",)), PERMISSION, Found.PERMISSION_DEPENDS, None),
    (instance(arn=None), PERMISSION, Found.PERMISSION_DEPENDS, None),
    (role(permissions=()), PERMISSION, Found.NOT_PERMITTED, False),
    # AWS documents the bare id; many write the ARN.
    (
        role(permissions=(permission(Condition={"StringEquals": {"connect:InstanceId": INSTANCE}}),)),
        PERMISSION,
        Found.PERMISSION_DEPENDS,
        None,
    ),
    (
        role(permissions=(permission(Condition={"StringEquals": {"connect:InstanceId": INSTANCE_ID}}),)),
        PERMISSION,
        Found.PERMITTED,
        True,
    ),
    (app(), PERMISSION, Found.PERMITTED, True),
    (instance(exists=False), USER, Found.INSTANCE_MISSING, False),
    (instance(is_saml=False), USER, Found.INSTANCE_NOT_SAML, False),
    (without(user=None, known=False), USER, Found.USERS_NOT_KNOWN, None),
    (user(name="Ada@example.com"), USER, Found.USER_CASE_DIFFERS, False),
    (without(user=None), USER, Found.USER_NOT_MADE, False),
    (without(user=None, complete=False), USER, Found.USER_IN_OTHER_STATE, None),
    (user(profiles=None), USER, Found.USER_FOUND, True),
    (app(relay_state=None), LANDING, Found.RELAY_STATE_NOT_YET_KNOWN, None),
    (app(relay_state=""), LANDING, Found.RELAY_STATE_MISSING, False),
    (app(relay_state="https://example.com"), LANDING, Found.RELAY_STATE_INVALID, False),
    (app(relay_state=FEDERATE.replace("eu-central-1", "us-east-1")), LANDING, Found.OTHER_REGION, False),
    (app(relay_state=FEDERATE.replace("2fb42df9", "11111111")), LANDING, Found.OTHER_INSTANCE, False),
    (app(relay_state=f"{FEDERATE}?destination=%2Fccp-v2"), LANDING, Found.OTHER_PAGE, False),
    (user(profiles=("Agent",)), LANDING, Found.PAGE_SHUT, False),
    (user(profiles=("Team Leads",)), LANDING, Found.PAGE_DEPENDS, None),
    (app(), LANDING, Found.PAGE_OPEN, True),
]

CUSTOM = app(relay_state=f"{FEDERATE}?destination=https%3A%2F%2Fdesk.example.com")

# In these both the file and what there is are changed.
BOTH: list[tuple[Callable[[Side], Side], str, Found, bool | None]] = [
    (app(direct={}, groups=(group({ADA: ADA}),)), ASSIGNMENT, Found.GROUP_MEMBER, True),
    (
        lambda side: replace(app(direct={}, groups=(group({ADA: ADA}),))(side), barred={ADA: "SUSPENDED"}),
        ASSIGNMENT,
        Found.MEMBER_BARRED,
        False,
    ),
    (
        lambda side: replace(app(direct={}, groups=(group({}),))(side), barred={ADA: "DEPROVISIONED"}),
        ASSIGNMENT,
        Found.BARRED,
        False,
    ),
    (app(direct={}, groups=(group(None),)), ASSIGNMENT, Found.GROUP_NOT_KNOWN, None),
    (app(direct={}, groups=(group({}),)), ASSIGNMENT, Found.IN_NO_GROUP, False),
    (app(direct={}), ASSIGNMENT, Found.NOTHING_ASSIGNED, False),
    (without(user=None), USER, Found.USER_MISSING, False),
    (without(user=None), LANDING, Found.PAGE_FOR_WHOEVER_MAY, None),
    (app(relay_state=f"{FEDERATE}?destination=%2Fusers"), LANDING, Found.PAGE_NOT_KNOWN, None),
    (CUSTOM, LANDING, Found.PAGE_CUSTOM, None),
    (lambda side: replace(CUSTOM(side), origins=frozenset()), LANDING, Found.ORIGIN_NOT_APPROVED, False),
    (
        lambda side: replace(CUSTOM(side), origins=frozenset({"https://desk.example.com"})),
        LANDING,
        Found.ORIGIN_APPROVED,
        True,
    ),
]


def walked(real: Side, promised: Side) -> list[Hop]:
    return list(Walker(real.sign_in("state.json"), promised.sign_in("test.yaml")).walk(ADA).hops)


def the_hop(hops: list[Hop], name: str, found: Found, ok: bool | None) -> None:
    [hop] = [hop for hop in hops if hop.name == name]
    assert (hop.found, hop.ok) == (found, ok), hop.says
    assert all("None" not in each.says for each in hops)


@pytest.mark.parametrize(("change", "name", "found", "ok"), CASES, ids=lambda part: getattr(part, "value", None))
def test_what_differs_from_the_file_is_found(
    change: Callable[[Side], Side], name: str, found: Found, ok: bool | None
) -> None:
    """The file promises a good sign-in; something there is another."""
    the_hop(walked(change(GOOD), GOOD), name, found, ok)


@pytest.mark.parametrize(("change", "name", "found", "ok"), BOTH, ids=lambda part: getattr(part, "value", None))
def test_what_the_file_wants_is_walked_too(
    change: Callable[[Side], Side], name: str, found: Found, ok: bool | None
) -> None:
    """File and deployment agree; whether the person gets in is another question."""
    the_hop(walked(change(GOOD), change(GOOD)), name, found, ok)


def test_a_group_that_lost_the_app() -> None:
    """The file gives it, and nothing there does."""
    given = app(direct={}, groups=(group({ADA: ADA}),))(GOOD)
    the_hop(walked(app(direct={})(GOOD), given), ASSIGNMENT, Found.GROUP_ASSIGNMENT_MISSING, False)


def test_a_name_that_the_file_spells_otherwise() -> None:
    """The user is not there yet, and will be another one."""
    real, promised = without(user=None)(GOOD), user(name="Ada@example.com")(GOOD)
    the_hop(walked(real, promised), USER, Found.USER_CASE_DIFFERS_FROM_FILE, False)


def test_a_good_sign_in_is_good() -> None:
    """Nothing else than what a case changes may be its reason."""
    assert [hop.ok for hop in walked(GOOD, GOOD)] == [True] * 6


def test_what_does_not_depend_on_the_person_can_be_said_without_one() -> None:
    """The review walks the way alone; there is no session name to say."""
    real = GOOD.sign_in("state.json")
    assertion, *_ = Walker(real, real).way("app")
    assert assertion.says == f"to {RECIPIENT}: role Okta_Role, SAML provider Okta, 3600 s"


def test_each_finding_has_a_case() -> None:
    """A new one needs one here."""
    others = {Found.GROUP_ASSIGNMENT_MISSING, Found.USER_CASE_DIFFERS_FROM_FILE}
    assert {case[2] for case in (*CASES, *BOTH)} | others == set(Found)
