"""One sign-in, from Okta's tile to Connect's page, without the stacks: nothing here is shared with what builds them.

`assertion` is what Okta would post, worked out from what the org holds and signed with the app's key. `judge` is what AWS would do with it,
from what IAM and Connect hold. Both ask over HTTP alone, apart from the key, which no API gives.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html
"""

from __future__ import annotations

import datetime
import fnmatch
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from tests.sandbox.http.serving import Accounts

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
PAIR = re.compile(r"arn:[\w-]+:iam::(?P<account>\d{12}):(?:role|saml-provider)/")
FEDERATE = re.compile(
    r"https://(?P<region>[a-z0-9-]+)\.console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)"
    r"/connect/federate/(?P<instance>[0-9a-f-]{36})(?:\?.*)?"
)
"""Where Connect takes in who has signed in: the relay state."""


class NotSentThere(Exception):
    """Okta has nothing to send: the person has not got the app, or may not sign in at all."""


@dataclass(frozen=True)
class Posted:
    """What Okta's page posts, and to where."""

    endpoint: str
    assertion: bytes
    relay_state: str


@dataclass(frozen=True)
class Verdict:
    """What became of a sign-in."""

    landed: bool
    because: str
    """The first thing that is wrong, or where the person has landed."""
    duration: int = 0
    """Seconds that the session lasts."""


def sign_in(accounts: Accounts, label: str, login: str) -> Verdict:
    """Click an app's tile as a person."""
    try:
        return judge(accounts, assertion(accounts, label, login))
    except NotSentThere as missing:
        return Verdict(False, str(missing))


# Okta


def assertion(accounts: Accounts, label: str, login: str) -> Posted:
    """What Okta posts when a person clicks an app's tile.

    Args:
        accounts: the org, and IAM, whose roles an app with API integration has imported.
        label: the app's.
        login: the person's, as stored.

    Raises:
        NotSentThere: the person is not active, or has not got the app.
    """
    apps = [
        app for app in _get(accounts, "/api/v1/apps", q=label) if app["label"] == label and app["status"] == "ACTIVE"
    ]
    if len(apps) != 1:
        raise NotSentThere(f"the org has {len(apps)} active apps {label}")
    (app,) = apps
    users = _get(accounts, "/api/v1/users", search=f'profile.login eq "{login}"')
    if not users or users[0]["status"] not in ("ACTIVE", "PASSWORD_EXPIRED"):
        raise NotSentThere(f"{login} is {users[0]['status'] if users else 'nobody'} in Okta")
    (user,) = users
    assigned = accounts.okta("GET", f"/api/v1/apps/{app['id']}/users/{user['id']}")
    if not assigned.ok:
        raise NotSentThere(f"{login} has not got the app {label}")
    made = _catalogue if app["name"] == "amazon_aws" else _custom
    endpoint, audience, attributes = made(accounts, app, user, assigned.json())
    issuer = etree.fromstring(accounts.okta("GET", f"/api/v1/apps/{app['id']}/sso/saml/metadata").content).attrib[
        "entityID"
    ]
    unsigned = _document(str(issuer), endpoint, audience, assigned.json()["credentials"]["userName"], attributes)
    key = accounts.cloud.signing_key(app["id"])
    signed = XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#").sign(
        unsigned, key=key, reference_uri=str(unsigned.attrib["ID"])
    )
    return Posted(endpoint, etree.tostring(signed), app["settings"]["signOn"]["defaultRelayState"] or "")


def _get(accounts: Accounts, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every page of a list."""
    response = accounts.okta("GET", path, **query)
    found: list[dict[str, Any]] = response.json()
    while following := response.links.get("next"):
        parts = urlsplit(following["url"])
        response = accounts.okta("GET", f"{parts.path}?{parts.query}")
        found += response.json()
    return found


Made = tuple[str, str, dict[str, list[str]]]


def _catalogue(accounts: Accounts, app: dict[str, Any], user: dict[str, Any], assigned: dict[str, Any]) -> Made:
    """What the catalogue's AWS app makes of its settings.

    https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm
    """
    settings = app["settings"]["app"]
    endpoint = settings["overrideAcsURL"] or f"https://signin.{settings['awsEnvironmentType']}.com/saml"
    if settings["useGroupMapping"]:
        pattern = re.sub(r"\(\?\{\{(\w+)\}\}", r"(?P<\1>", settings["groupFilter"])
        groups = [group["profile"]["name"] for group in _get(accounts, f"/api/v1/users/{user['id']}/groups")]
        matches = [found for name in groups if (found := re.fullmatch(pattern, name))]
        roles = [
            settings["roleValuePattern"].replace("${accountid}", found["accountid"]).replace("${role}", found["role"])
            for found in matches
        ]
    else:
        # The names of roles stand for what the app has imported, which it can with API integration alone.
        imported = "PUSH_NEW_USERS" in app["features"]
        known = {role["RoleName"]: role["Arn"] for role in _roles(accounts)} if imported else {}
        names = assigned["profile"].get("samlRoles") or []
        roles = [f"{known[name]},{settings['identityProviderArn']}" for name in names if name in known]
    attributes = {
        "Role": roles,
        "RoleSessionName": [assigned["credentials"]["userName"]],
        "SessionDuration": [str(settings["sessionDuration"])],
    }
    return endpoint, "urn:amazon:webservices", {ATTRIBUTES + name: values for name, values in attributes.items()}


def _roles(accounts: Accounts) -> Iterator[dict[str, Any]]:
    for page in accounts.client("iam").get_paginator("list_roles").paginate():
        yield from page["Roles"]


def _custom(accounts: Accounts, app: dict[str, Any], user: dict[str, Any], assigned: dict[str, Any]) -> Made:
    """What a custom app makes of its attribute statements: constants, and what expressions name."""
    sign_on = app["settings"]["signOn"]
    attributes = {
        statement["name"]: [_value(expression, user, assigned) for expression in statement["values"]]
        for statement in sign_on["attributeStatements"]
    }
    return sign_on["recipient"], sign_on["audience"], attributes


def _value(expression: str, user: dict[str, Any], assigned: dict[str, Any]) -> str:
    named = re.fullmatch(r"(user|appuser)\.(\w+)", expression)
    if named is None:
        return expression.removeprefix('"').removesuffix('"')
    if named[2] == "userName":
        return str(assigned["credentials"]["userName"])
    return str((user if named[1] == "user" else assigned)["profile"].get(named[2]) or "")


def _document(
    issuer: str, recipient: str, audience: str, name: str, attributes: dict[str, list[str]]
) -> etree._Element:
    now = datetime.datetime.now(datetime.UTC)
    soon = (now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    top = etree.Element(
        f"{{{SAML}}}Assertion", {"ID": f"id{uuid.uuid4().hex}", "IssueInstant": stamp, "Version": "2.0"}
    )

    def add(parent: etree._Element, tag: str, text: str | None = None, **given: str) -> etree._Element:
        child = etree.SubElement(parent, f"{{{SAML}}}{tag}", given)
        child.text = text
        return child

    add(top, "Issuer", issuer)
    subject = add(top, "Subject")
    add(subject, "NameID", name)
    confirmation = add(subject, "SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer")
    add(confirmation, "SubjectConfirmationData", NotOnOrAfter=soon, Recipient=recipient)
    conditions = add(top, "Conditions", NotBefore=stamp, NotOnOrAfter=soon)
    add(add(conditions, "AudienceRestriction"), "Audience", audience)
    statement = add(top, "AttributeStatement")
    for attribute, values in attributes.items():
        element = add(statement, "Attribute", Name=attribute)
        for value in values:
            add(element, "AttributeValue", value)
    return top


# AWS


class _Refused(Exception):
    """AWS's no, and why."""


def judge(accounts: Accounts, posted: Posted) -> Verdict:
    """What AWS's sign-in page and Connect make of what Okta posts."""
    try:
        return _judge(accounts, posted)
    except _Refused as refusal:
        return Verdict(False, str(refusal))


def _judge(accounts: Accounts, posted: Posted) -> Verdict:
    iam = accounts.client("iam")
    told = etree.fromstring(posted.assertion)
    attributes = {
        str(element.attrib["Name"]).removeprefix(ATTRIBUTES): [value.text or "" for value in element]
        for element in told.iter(f"{{{SAML}}}Attribute")
    }
    role_arn, provider_arn = _pair(attributes.get("Role", []))
    _signed_by_whom_iam_trusts(iam, provider_arn, told)
    role = _role(iam, role_arn)
    recipient = str(_only(told, "SubjectConfirmationData").attrib["Recipient"])
    if recipient != posted.endpoint or _only(told, "Audience").text != "urn:amazon:webservices":
        raise _Refused(f"the assertion is for {recipient} and {_only(told, 'Audience').text}")
    tags = {name: values[0] for name, values in attributes.items() if name.startswith("PrincipalTag:")}
    for action in ("sts:AssumeRoleWithSAML", *(["sts:TagSession"] if tags else [])):
        if not _trusts(role["AssumeRolePolicyDocument"], action, provider_arn, {"SAML:aud": recipient}):
            raise _Refused(f"the trust of {role_arn} does not allow {action} by {provider_arn} at {recipient}")
    session = _session_name(attributes.get("RoleSessionName", []))
    duration = int(attributes.get("SessionDuration", ["3600"])[0])
    if not 900 <= duration <= role["MaxSessionDuration"]:
        raise _Refused(f"a session of {duration} seconds is longer than the role's {role['MaxSessionDuration']}")
    return Verdict(True, _land(accounts, iam, role, session, posted.relay_state), duration)


def _only(document: etree._Element, tag: str) -> etree._Element:
    found = list(document.iter(f"{{{SAML}}}{tag}"))
    if len(found) != 1:
        raise _Refused(f"the assertion has {len(found)} {tag}")
    return found[0]


def _pair(values: list[str]) -> tuple[str, str]:
    """Role and provider of the one role that the assertion offers; with several, AWS asks which, and the relay state is lost."""
    if len(values) != 1:
        raise _Refused(f"the assertion offers {len(values)} roles: {values}")
    parts = values[0].split(",")
    roles = [part for part in parts if ":role/" in part]
    providers = [part for part in parts if ":saml-provider/" in part]
    if len(parts) != 2 or len(roles) != 1 or len(providers) != 1 or not all(PAIR.match(part) for part in parts):
        raise _Refused(f"not a role and a provider: {values[0]}")
    return roles[0], providers[0]


def _signed_by_whom_iam_trusts(iam: Any, provider_arn: str, told: etree._Element) -> None:
    try:
        document = iam.get_saml_provider(SAMLProviderArn=provider_arn)["SAMLMetadataDocument"]
    except iam.exceptions.NoSuchEntityException:
        raise _Refused(f"there is no {provider_arn}") from None
    metadata = etree.fromstring(document.encode())
    issuer = _only(told, "Issuer").text
    if metadata.attrib["entityID"] != issuer:
        raise _Refused(f"{provider_arn} is of {metadata.attrib['entityID']!r}, not of {issuer}")
    for certificate in metadata.iter(f"{{{SIGNATURE}}}X509Certificate"):
        try:
            XMLVerifier().verify(told, x509_cert=certificate.text)
        except SignXMLException:
            continue
        return
    raise _Refused(f"no certificate of {provider_arn} has signed this")


def _role(iam: Any, arn: str) -> dict[str, Any]:
    try:
        role: dict[str, Any] = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except iam.exceptions.NoSuchEntityException:
        raise _Refused(f"there is no {arn}") from None
    if role["Arn"] != arn:
        raise _Refused(f"the role is {role['Arn']}, not {arn}")
    return role


def _statements(document: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _list(document["Statement"])
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _trusts(document: Any, action: str, provider: str, context: dict[str, str]) -> bool:
    return _decide(
        statement
        for statement in _statements(document)
        if action.lower() in [one.lower() for one in _list(statement["Action"])]
        if provider in _list(statement.get("Principal", {}).get("Federated", []))
        if _meets(statement.get("Condition", {}), context)
    )


def _decide(applying: Iterator[dict[str, Any]]) -> bool:
    """Allowed by one, and denied by none."""
    effects = {statement["Effect"] for statement in applying}
    return effects == {"Allow"}


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": fnmatch.fnmatchcase,
    "ArnLike": fnmatch.fnmatchcase,
    "StringEquals": lambda held, wanted: held == wanted,
    "StringLike": fnmatch.fnmatchcase,
}


def _meets(conditions: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    known = {name.lower(): value for name, value in context.items()}
    for operator, wanted in conditions.items():
        for key, values in wanted.items():
            held = known.get(key.lower())
            if held is None or not any(COMPARISONS[operator](held, value) for value in _list(values)):
                return False
    return True


def _session_name(values: list[str]) -> str:
    if len(values) != 1 or not re.fullmatch(r"[\w+=,.@-]{2,64}", values[0], re.ASCII):
        raise _Refused(f"RoleSessionName is {values}")
    return values[0]


def _land(accounts: Accounts, iam: Any, role: dict[str, Any], session: str, relay_state: str) -> str:
    """Where the person lands: Connect asks for a token, and knows its users by the session's name."""
    found = FEDERATE.fullmatch(relay_state)
    if found is None:
        raise _Refused(f"AWS's console opens instead of Connect: the relay state is {relay_state!r}")
    connect = accounts.client("connect", found["region"])
    try:
        instance = connect.describe_instance(InstanceId=found["instance"])["Instance"]
    except connect.exceptions.ResourceNotFoundException:
        raise _Refused(f"{found['region']} has no instance {found['instance']}") from None
    if instance["IdentityManagementType"] != "SAML":
        raise _Refused(f"the instance is {instance['IdentityManagementType']}")
    context = {"aws:userid": f"{role['RoleId']}:{session}", "connect:InstanceId": instance["Id"]}
    resource = f"{instance['Arn']}/user/{context['aws:userid']}"
    for policies in _limits(iam, role):
        if not _permits(policies, "connect:GetFederationToken", resource, context):
            raise _Refused(f"{role['Arn']} may not connect:GetFederationToken on {resource}")
    pages = connect.get_paginator("list_users").paginate(InstanceId=found["instance"])
    names = [user["Username"] for page in pages for user in page["UserSummaryList"]]
    if session not in names:
        raise _Refused(f"{session} has not been onboarded: Connect knows {len(names)} others")
    return unquote(relay_state)


def _limits(iam: Any, role: dict[str, Any]) -> Iterator[list[Any]]:
    """The role's own policies, and its permissions boundary; both have to allow."""
    own = [
        _policy(iam, attached["PolicyArn"])
        for attached in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    ]
    own += [
        iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    ]
    yield own
    boundary = role.get("PermissionsBoundary")
    if boundary:
        yield [_policy(iam, boundary["PermissionsBoundaryArn"])]


def _policy(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return json.loads(document) if isinstance(document, str) else document


def _permits(policies: list[Any], action: str, resource: str, context: dict[str, str]) -> bool:
    def matches(pattern: str, text: str) -> bool:
        for name, value in context.items():
            pattern = pattern.replace(f"${{{name}}}", value)
        return fnmatch.fnmatchcase(text, pattern)

    return _decide(
        statement
        for document in policies
        for statement in _statements(document)
        if any(fnmatch.fnmatch(action.lower(), one.lower()) for one in _list(statement["Action"]))
        if any(matches(one, resource) for one in _list(statement["Resource"]))
        if _meets(statement.get("Condition", {}), context)
    )
