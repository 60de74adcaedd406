"""What can be wrong in the live accounts: the catalogue of finding codes, and a finding.

The codes are stable: pipelines name them. docs/doctor.md lists them from here, and a test keeps it so.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_CONNECT_SAML = "https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html"
_IAM_SAML = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html"
_IAM_PROVIDER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html"
_IAM_EVALUATION = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"
_IAM_KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"
_OKTA_AWS = "https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm"
_OKTA_API_KEY = "https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-generate-api-key.htm"
_OKTA_GROUPS = "https://help.okta.com/oie/en-us/content/topics/deploymentguides/aws/aws-enable-role-based.htm"
_OKTA_RULES = "https://help.okta.com/en-us/content/topics/users-groups-profiles/usgp-about-group-rules.htm"
_OKTA_ASSIGN = "https://help.okta.com/en-us/content/topics/apps/apps-assign-applications.htm"
_OKTA_POLICIES = (
    "https://help.okta.com/oie/en-us/content/topics/identity-engine/policies/about-app-sign-on-policies.htm"
)
_CONNECT_INSTANCES = "https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-instances.html"
_CONNECT_PROFILES = "https://docs.aws.amazon.com/connect/latest/adminguide/connect-security-profiles.html"
_LEAVES, _NAMES = "docs/someone-leaves.md", "docs/a-name-changes.md"
_KEY_ROTATION, _CERTIFICATES = "docs/rotating-the-access-key.md", "docs/signing-certificate-rotation.md"

_DEPLOY = "`make deploy ENV={env}` puts it back"
_END_SESSIONS = (
    "To end open sessions now: `aws connect delete-all-entity-sessions --instance-id {instance_id} --entity-type USER"
    " --entity-id {user_id}`"
)


class Area(enum.StrEnum):
    """What a finding is about."""

    PEOPLE = "people"
    OKTA = "okta"
    IAM = "iam"
    CONNECT = "connect"


@dataclass(frozen=True)
class Trouble:
    """One kind of thing that can be wrong."""

    code: str
    """Its stable name."""
    area: Area
    title: str
    """What it is, in a few words."""
    means: str
    """What follows from it."""
    fix: str
    """What to do; `{env}`, `{name}` and other words in braces are a finding's values."""
    page: str
    """Where it is explained: a page of the vendor's, or one of docs/."""


def _people(code: str, title: str, means: str, fix: str, page: str) -> Trouble:
    return Trouble(code, Area.PEOPLE, title, means, fix, page)


def _okta(code: str, title: str, means: str, fix: str, page: str) -> Trouble:
    return Trouble(code, Area.OKTA, title, means, fix, page)


def _iam(code: str, title: str, means: str, fix: str, page: str) -> Trouble:
    return Trouble(code, Area.IAM, title, means, fix, page)


def _connect(code: str, title: str, means: str, fix: str, page: str) -> Trouble:
    return Trouble(code, Area.CONNECT, title, means, fix, page)


CATALOGUE: tuple[Trouble, ...] = (
    # --- Connect: without an instance nothing else matters -----------------------------------------------------
    _connect(
        "instance-missing",
        "The Connect instance is not there",
        "Nobody can sign in. A deleted instance cannot be restored.",
        "Check aws.account_id, aws.region and connect in the file. If the instance is gone, `make deploy ENV={env}` makes an empty one",
        "https://docs.aws.amazon.com/connect/latest/adminguide/delete-connect-instance.html",
    ),
    _connect(
        "instance-not-saml",
        "The instance does not take users from SAML",
        "Nobody can sign in through Okta, and how an instance manages people can never be changed.",
        "Name an instance that was made for SAML, or let Terraform make one with connect.alias",
        "https://docs.aws.amazon.com/connect/latest/adminguide/connect-identity-management.html",
    ),
    _connect(
        "instance-not-active",
        "The instance is not active",
        "Nobody can sign in while it is being made, or after that has failed.",
        "Wait, and look at the instance in the AWS console; AWS's support can say why it failed",
        _CONNECT_INSTANCES,
    ),
    _connect(
        "instance-other-alias",
        "The apps open an instance with another alias",
        "People sign in to another instance than the file names.",
        "Correct connect.alias in the file if that instance is the right one; otherwise `make deploy ENV={env}` makes the apps open the file's",
        _CONNECT_INSTANCES,
    ),
    # --- the Okta apps -----------------------------------------------------------------------------------------
    _okta(
        "app-missing",
        "An Okta app is not there",
        "Nobody can sign in through it.",
        "`make deploy ENV={env}` makes it anew, with a new certificate. Was it deleted by hand, the first plan shows it as to be created",
        _OKTA_AWS,
    ),
    _okta(
        "app-inactive",
        "An Okta app is inactive",
        "Nobody can sign in through it until it is active again.",
        "Activate it in Okta's admin console, or `make deploy ENV={env}` does",
        "https://help.okta.com/oie/en-us/content/topics/apps/apps-deactivate.htm",
    ),
    _okta(
        "app-renamed",
        "An Okta app has another label",
        "People look for the tile by a name that it no longer has.",
        "Write the new label into the file, or " + _DEPLOY,
        _OKTA_AWS,
    ),
    _okta(
        "app-other-kind",
        "An Okta app is of another kind",
        "The file promises the catalogue's AWS app or a custom SAML app, and the app is the other: roles reach AWS in another way.",
        "Correct okta.role_assignment in the file, or replace the app",
        _OKTA_AWS,
    ),
    _okta(
        "app-endpoint",
        "An Okta app posts to another endpoint",
        "AWS takes the assertion only at an endpoint that the role's trust admits.",
        _DEPLOY,
        _CONNECT_SAML,
    ),
    _okta(
        "app-audience",
        "An Okta app names another audience",
        "AWS refuses the assertion: the response does not contain the required audience.",
        _DEPLOY,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html",
    ),
    _okta(
        "app-role",
        "An Okta app sends another role or SAML provider",
        "AWS refuses the sign-in, or people get another role than the file says.",
        _DEPLOY,
        _IAM_SAML,
    ),
    _okta(
        "app-session-name",
        "An Okta app takes the session name from something else",
        "The session name must equal the Connect user name, letter by letter; otherwise Connect knows nobody.",
        _DEPLOY,
        _CONNECT_SAML,
    ),
    _okta(
        "app-session-duration",
        "An Okta app asks for another session length",
        "Sessions end earlier or later than the file says.",
        _DEPLOY,
        _IAM_SAML,
    ),
    _okta(
        "app-session-tags",
        "An Okta app sends other session tags",
        "What is decided by these tags is decided otherwise.",
        _DEPLOY,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html",
    ),
    _okta(
        "app-relay-state",
        "An Okta app opens another page",
        "People land elsewhere: on another page, in another instance, or in the AWS console.",
        _DEPLOY,
        _CONNECT_SAML,
    ),
    _okta(
        "app-authentication-policy",
        "An Okta app has another authentication policy",
        "People are asked for other factors than the file says.",
        _DEPLOY,
        _OKTA_POLICIES,
    ),
    _okta(
        "api-integration-off",
        "The API integration of an Okta app is off",
        "Okta does not learn the account's roles, and without it Okta may send no role.",
        "Enable it in Okta's admin console, for which there is no API: the output by_hand of the stack says what to enter",
        _OKTA_API_KEY,
    ),
    _okta(
        "group-missing",
        "An Okta group that the file names is not there",
        "Its members have lost the apps that the group gave, and the next plan fails.",
        "Make the group again or give it its name back in Okta, or correct the file",
        _OKTA_ASSIGN,
    ),
    _okta(
        "group-without-app",
        "An Okta group has lost an app",
        "Who has the app in no other way cannot sign in through it.",
        _DEPLOY,
        _OKTA_ASSIGN,
    ),
    _okta(
        "group-role",
        "A group's assignment carries another role",
        "Its members get another role than the file says, or none.",
        _DEPLOY,
        _OKTA_API_KEY,
    ),
    _okta(
        "assigned-to-everyone",
        "An app is assigned to everyone",
        "Everybody in the org has the tile and may take the role; only who is no Connect user is kept out by Connect.",
        "Take the assignment away in Okta, or name the group in the file",
        _OKTA_ASSIGN,
    ),
    _okta(
        "assigned-to-another-group",
        "An app is assigned to a group that the file does not name",
        "Its members have the tile and may take the role.",
        "Take the assignment away in Okta, or name the group in the file",
        _OKTA_ASSIGN,
    ),
    _okta(
        "role-group-missing",
        "A role group is not there",
        "Okta reads the app's role from the group's name, so it sends none.",
        _DEPLOY,
        _OKTA_GROUPS,
    ),
    _okta(
        "role-group-rule-missing",
        "The rule that fills a role group is not there",
        "Who joins the groups of the file does not get the app.",
        _DEPLOY,
        _OKTA_RULES,
    ),
    _okta(
        "role-group-rule-inactive",
        "The rule that fills a role group is inactive",
        "Who joins the groups of the file does not get the app.",
        "Activate the rule in Okta's admin console, or `make deploy ENV={env}` does",
        _OKTA_RULES,
    ),
    _okta(
        "role-group-rule-invalid",
        "The rule that fills a role group is invalid",
        "Okta does not evaluate it: often a group that it names was deleted.",
        "Repair the group that the rule names, then `make deploy ENV={env}`",
        _OKTA_RULES,
    ),
    _okta(
        "role-group-rule-differs",
        "The rule that fills a role group takes in others",
        "Others than the members of the file's groups get the app, or some of them do not.",
        _DEPLOY,
        _OKTA_RULES,
    ),
    # --- IAM ---------------------------------------------------------------------------------------------------
    _iam(
        "saml-provider-missing",
        "A SAML provider is not there",
        "AWS refuses every sign-in through its Okta app.",
        _DEPLOY,
        _IAM_PROVIDER,
    ),
    _iam(
        "saml-provider-unreadable",
        "A SAML provider's metadata cannot be used",
        "AWS can verify no assertion with it.",
        _DEPLOY,
        _IAM_PROVIDER,
    ),
    _iam(
        "saml-provider-other-app",
        "A SAML provider has the metadata of another app",
        "AWS refuses every sign-in through the app: the issuer is not present in the provider.",
        _DEPLOY,
        _IAM_PROVIDER,
    ),
    _iam(
        "certificate-not-held",
        "AWS does not know the certificate that Okta signs with",
        "AWS refuses every sign-in through the app: the response's signature is invalid.",
        "`make deploy ENV={env}` brings the app's metadata to AWS",
        _CERTIFICATES,
    ),
    _iam(
        "certificate-expires",
        "A signing certificate expires soon, or has expired",
        "It is not documented whether AWS still takes a signature of an expired certificate.",
        "Change to a new certificate before that, in the order that the page gives",
        _CERTIFICATES,
    ),
    _iam("role-missing", "A role is not there", "Nobody can sign in with it.", _DEPLOY, _IAM_SAML),
    _iam(
        "trust-provider",
        "A role does not trust its SAML provider",
        "AWS refuses every sign-in through the provider's app.",
        _DEPLOY,
        _IAM_SAML,
    ),
    _iam(
        "trust-endpoint",
        "A role does not trust an endpoint of AWS sign-in",
        "A sign-in at that endpoint is refused. Both are admitted so that a region's failure can be walked around.",
        _DEPLOY,
        "docs/a-region-fails.md",
    ),
    _iam(
        "trust-condition",
        "A role's trust asks for something that no assertion has",
        "AWS refuses every sign-in with it.",
        _DEPLOY,
        _IAM_SAML,
    ),
    _iam(
        "trust-tags",
        "A role does not admit the session tags that an app sends",
        "AWS refuses every sign-in through the app.",
        _DEPLOY,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html",
    ),
    _iam(
        "permission-missing",
        "A role may not sign people in to the instance",
        "People reach AWS and are refused by Connect.",
        _DEPLOY,
        _CONNECT_SAML,
    ),
    _iam(
        "permission-denied",
        "A policy denies a role the sign-in",
        "People reach AWS and are refused by Connect.",
        "Take the statement away that denies connect:GetFederationToken",
        _IAM_EVALUATION,
    ),
    _iam(
        "permission-bounded",
        "A role's permissions boundary keeps the sign-in out",
        "People reach AWS and are refused by Connect, whatever the role's policies allow.",
        "Let the boundary allow connect:GetFederationToken, or give the role another one",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    ),
    _iam(
        "role-duration",
        "A role allows shorter sessions than an app asks for",
        "AWS may refuse the sign-in: the requested duration exceeds the role's maximum.",
        _DEPLOY,
        _IAM_SAML,
    ),
    _iam(
        "api-user-missing",
        "The API user is not there",
        "Okta cannot read the account's roles; assignments cannot be changed.",
        "`make deploy ENV={env}` makes it; then give Okta a new key",
        _OKTA_API_KEY,
    ),
    _iam(
        "api-user-permission",
        "The API user may not list roles",
        "Okta cannot read the account's roles; assignments cannot be changed.",
        _DEPLOY,
        _OKTA_API_KEY,
    ),
    _iam(
        "api-key-missing",
        "The API user has no access key",
        "The API integration is on in Okta, and cannot read the account's roles.",
        "Make a key and enter it in Okta",
        _KEY_ROTATION,
    ),
    _iam(
        "api-key-inactive",
        "The API user's access key is inactive",
        "Okta cannot read the account's roles; assignments cannot be changed.",
        "Activate it, or make a new one, enter it in Okta and delete this one",
        _KEY_ROTATION,
    ),
    _iam(
        "api-key-second",
        "The API user has two access keys",
        "A rotation was not finished, or somebody made one more; each works from anywhere.",
        "Delete the one that Okta does not use",
        _KEY_ROTATION,
    ),
    _iam(
        "api-key-old",
        "The API user's access key is old",
        "A key works from anywhere for as long as it is there.",
        "Rotate it",
        _KEY_ROTATION,
    ),
    _iam(
        "api-key-unused",
        "The API user's access key is not used",
        "Okta has another key, or none.",
        "Enter the key in Okta, or delete it",
        _IAM_KEYS,
    ),
    # --- the people --------------------------------------------------------------------------------------------
    _people(
        "administrator-added",
        "Somebody administers the instance whom the file does not let",
        "They can give rights to others and to themselves.",
        "Find out who gave it. Write it into the file, or take it away: `make deploy ENV={env}` resets people of the file; delete others in Connect",
        _CONNECT_PROFILES,
    ),
    _people(
        "person-deactivated",
        "Deactivated in Okta, and still in Connect or the file",
        "New sign-ins have ended. An open session of Connect may last for 12 hours after its sign-in, one of the role for {session} seconds.",
        "Take the line out of the file and `make deploy ENV={env}`. " + _END_SESSIONS,
        _LEAVES,
    ),
    _people(
        "person-suspended",
        "Suspended in Okta, and still in Connect or the file",
        "New sign-ins are stopped. An open session of Connect may last for 12 hours after its sign-in, one of the role for {session} seconds.",
        "For who comes back, unsuspend in Okta; for who does not, as for who has left. " + _END_SESSIONS,
        _LEAVES,
    ),
    _people(
        "person-not-activated",
        "Not activated in Okta yet",
        "They cannot sign in until somebody activates them.",
        "Activate them in Okta",
        "https://developer.okta.com/docs/concepts/user-status/",
    ),
    _people(
        "person-gone",
        "Not in Okta any more, and still in the file",
        "Nobody can sign in as them. An open session of Connect may last for 12 hours after its sign-in.",
        "Take the line out of the file and `make deploy ENV={env}`. " + _END_SESSIONS,
        _LEAVES,
    ),
    _people(
        "person-in-no-group",
        "In no group that gives an app",
        "They are a Connect user and have no tile. An open session of Connect may last for 12 hours after its sign-in.",
        "Who has left the team: take the line out of the file and `make deploy ENV={env}`. Who belongs to it: add them to the group in Okta. "
        + _END_SESSIONS,
        _LEAVES,
    ),
    _people(
        "person-renamed",
        "The name in Okta is no longer the Connect user's",
        "Okta sends a name that Connect does not know, so they cannot sign in.",
        "Make the new name a Connect user, as the page says; a Connect user cannot be renamed",
        _NAMES,
    ),
    _people(
        "name-case-differs",
        "A name is spelled in other letters",
        "Connect user names are case-sensitive: where Okta sends another spelling, the sign-in is refused.",
        "Spell the name in the file as Okta does and `make deploy ENV={env}`, or correct the login in Okta",
        _NAMES,
    ),
    _people(
        "user-twice",
        "Two Connect users differ only in the case of their name",
        "A person signs in as one of them, and settings that are made for the other have no effect.",
        "Delete the one that the file does not have",
        _NAMES,
    ),
    _people(
        "member-not-in-connect",
        "In a group that gives an app, and not in Connect",
        "They have the tile, and Connect refuses them.",
        "Add them to the file and `make deploy ENV={env}`, or take them out of the group",
        _CONNECT_SAML,
    ),
    _people(
        "member-without-name",
        "In a group that gives an app, without the attribute that their Connect name comes from",
        "Okta has no session name to send for them.",
        "Fill in the attribute {attribute} in Okta",
        "docs/attribute-mappings.md",
    ),
    _people(
        "user-not-made",
        "In the file, and not in Connect",
        "They cannot sign in.",
        "`make deploy ENV={env}` makes the Connect user",
        _CONNECT_SAML,
    ),
    _people(
        "user-not-in-file",
        "In Connect, and not in the file",
        "Terraform does not know them: nobody notices when they leave.",
        "Add them to the file and import them, or delete them in Connect",
        "docs/recovery.md",
    ),
    _people(
        "security-profiles-differ",
        "Other security profiles than the file's",
        "They can do more or less in Connect than the file says.",
        "Write them into the file, or " + _DEPLOY,
        _CONNECT_PROFILES,
    ),
    _people(
        "assignment-missing",
        "Not assigned to an app that the file gives by name",
        "They cannot sign in through it.",
        _DEPLOY,
        _OKTA_ASSIGN,
    ),
    _people(
        "assignment-role",
        "Assigned to an app with another role",
        "They get another role than the file says, or none.",
        _DEPLOY,
        _OKTA_API_KEY,
    ),
    _people(
        "assigned-by-hand",
        "Has an app by hand",
        "The file gives it to nobody of that name; they keep it when they leave the group.",
        "Take the assignment away in Okta, or write the app into the file",
        _OKTA_ASSIGN,
    ),
    _people(
        "not-in-role-group",
        "In a group of the file, and not in the role group",
        "The rule is active, and has not put them there: they do not have the app.",
        "Okta runs rules in the background: look again in a few minutes, then at the people whom the rule excludes",
        _OKTA_RULES,
    ),
    _people(
        "page-shut",
        "An app opens a page that the person may not see",
        "They sign in and see no page.",
        "Give them a security profile that allows it, or take them out of the app's group",
        _CONNECT_PROFILES,
    ),
    _people(
        "sign-in-fails",
        "Cannot sign in",
        "A step of the sign-in fails.",
        "`connect-sso trace {env} --live --user {name}` walks it step by step",
        "docs/troubleshooting.md",
    ),
    # --- Connect, the rest -------------------------------------------------------------------------------------
    _connect(
        "origin-missing",
        "An origin is not approved",
        "A sign-in that opens a page outside Connect does not get there.",
        _DEPLOY,
        "https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html",
    ),
    _connect(
        "users-near-quota",
        "The instance has nearly as many users as it may",
        "The next people cannot be added.",
        "Ask AWS for a higher quota of users per instance",
        "https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html",
    ),
    _connect(
        "storage-missing",
        "The instance does not store something that the file says",
        "It is not kept: what was not stored cannot be had later.",
        _DEPLOY,
        _CONNECT_INSTANCES,
    ),
    _connect(
        "storage-elsewhere",
        "The instance stores something elsewhere",
        "It is where nobody looks, and where other rules hold for who may read it and how long it is kept.",
        _DEPLOY,
        _CONNECT_INSTANCES,
    ),
)

BY_CODE: Mapping[str, Trouble] = {trouble.code: trouble for trouble in CATALOGUE}
_ORDER = {trouble.code: number for number, trouble in enumerate(CATALOGUE)}


@dataclass(frozen=True)
class LiveFinding:
    """One thing that is wrong in the live accounts."""

    code: str
    name: str
    """Who or what: a person's name, `the Okta app …`, `the role …`."""
    evidence: str
    """What was seen, and what the file says: a sentence without its full stop."""
    person: str = ""
    """The name of the person it is about; empty where it is about a thing."""
    apps: frozenset[str] = frozenset()
    """The keys of the apps whose sign-in it is part of."""
    stops: bool = False
    """Whether nobody can sign in through `apps` because of it."""
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    """For the words in braces."""

    @property
    def trouble(self) -> Trouble:
        """Its kind."""
        return BY_CODE[self.code]

    @property
    def means(self) -> str:
        """What follows from it."""
        return filled_in(self.trouble.means, self.values)

    @property
    def fix(self) -> str:
        """What to do."""
        return filled_in(self.trouble.fix, {"name": self.person or self.name, **self.values})

    @property
    def order(self) -> tuple[int, str, str]:
        """By the catalogue, then by name."""
        return _ORDER[self.code], self.name.lower(), self.evidence


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its words in braces replaced; what has no value is written in capitals, as in a manual page."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1]) or match[1].upper(), text)
