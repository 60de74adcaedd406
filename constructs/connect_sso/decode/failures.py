"""The catalogue of known sign-in failures: the message people see, its cause, how to confirm it, the fix, the source.

One entry per cause, because the fix belongs to the cause: several causes share one message. `decode` names entries by
their code, and docs/troubleshooting.md is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connect_sso.saml import attributes as saml_attributes

CONNECT_SAML = "https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html"
CONNECT_TROUBLESHOOTING = "https://docs.aws.amazon.com/connect/latest/adminguide/troubleshoot-saml.html"
CONNECT_RESILIENCY = "https://docs.aws.amazon.com/connect/latest/adminguide/integrate-idp.html"
CONNECT_CREATE_USER = "https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateUser.html"
IAM_TROUBLESHOOTING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html"
IAM_ASSERTIONS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html"
IAM_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
STS_SAML = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html"
OKTA_EVENTS = "https://developer.okta.com/docs/reference/api/event-types/"
SAML_CORE = "https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf"
SPEED_DIAL = "https://github.com/aws-samples/sample-amazon-connect-speed-dial"
ALIAS_REPORT = "https://github.com/hashicorp/terraform-provider-aws/issues/38115"


class Needs(StrEnum):
    """What `decode` must be given to recognise a failure."""

    RESPONSE = "a response"
    COMPARISON = "a response, with --state or --env"
    STATE = "a response, with --state"
    KEY = "a response, with --state, --certificate or --metadata"
    CAPTURE_TIME = "a HAR (it tells when the response was sent)"
    RELAY_STATE = "a form body or a HAR (they hold the relay state)"
    RELAY_STATE_COMPARISON = "a form body or a HAR, with --state or --env"
    CLOUDTRAIL_COMPARISON = "a CloudTrail event, with --state or --env"
    CONSOLE_LOGIN = "CloudTrail's ConsoleLogin"
    OKTA_EVENT = "an event of Okta's System Log"
    MESSAGE = "--message"


@dataclass(frozen=True)
class KnownFailure:
    """One known way in which a sign-in fails."""

    code: str
    """Its stable name, as `decode` reports it."""
    title: str
    """The cause in a few words, for headings."""
    messages: tuple[str, ...]
    """What people see, word for word where the source has it; the first is the one to quote."""
    cause: str
    confirm: str
    fix: str
    source: str
    """The page that documents or reports it."""
    needs: tuple[Needs, ...]
    """Each form of input that shows it on its own."""
    reported: bool = False
    """Known from reports of others only, not from a vendor's documentation."""


NOT_ONBOARDED = ("Access Denied. Your account has been authenticated, but has not been onboarded to this application.",)
NO_FEDERATION_TOKEN = ("Access denied, Please contact your AWS account administrator for assistance.",)
INVALID_RESPONSE = ("Your request included an invalid SAML response. To logout, click here.",)
NOT_AUTHORIZED = (
    "Not authorized to perform sts:AssumeRoleWithSAML "
    "(service: AWSSecurityTokenService; status code: 403; error code: AccessDenied)",
)
SIGNATURE_INVALID = (
    "Response signature invalid (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)",
)
CONSOLE_HOME = ("The AWS console's home page opens instead of Amazon Connect.",)

CATALOGUE: tuple[KnownFailure, ...] = (
    # --- Okta refuses: nothing reaches AWS ---------------------------------------------------------------------
    KnownFailure(
        code="okta-app-not-assigned",
        title="The person does not have the app in Okta",
        messages=("The app's tile is not on the person's Okta dashboard.",),
        cause=(
            "The app is not assigned to the person, or was taken away: out of the group that gives it, or the assignment "
            "was removed by hand."
        ),
        confirm=(
            "`connect-sso trace ENV --user NAME` shows what should give the person the app; in Okta's System Log, look "
            "for application.user_membership.remove of that person."
        ),
        fix="Put the person back into the app's group, or under the `apps` of `users`, and apply.",
        source=OKTA_EVENTS,
        needs=(Needs.OKTA_EVENT, Needs.MESSAGE),
    ),
    KnownFailure(
        code="okta-policy-denied",
        title="A sign-on policy of Okta refuses",
        messages=("Okta itself shows that a policy keeps the person out, and no page of AWS opens.",),
        cause=(
            "The app's authentication policy, or the organisation's, has a rule that denies this sign-in: by network, "
            "device, group or factor."
        ),
        confirm="In Okta's System Log, policy.evaluate_sign_on of that person has the outcome DENY; its target names the rule.",
        fix=(
            "Ask who keeps the policy whether the rule is meant for this person. Another policy for the app is the "
            "app's `authentication_policy`."
        ),
        source=OKTA_EVENTS,
        needs=(Needs.OKTA_EVENT, Needs.MESSAGE),
    ),
    # --- Amazon Connect refuses: the assertion was good, the person or the permission is not -------------------
    KnownFailure(
        code="user-not-onboarded",
        title="No Connect user has this name",
        messages=NOT_ONBOARDED,
        cause=(
            "AWS accepted the assertion, but the instance has no user whose name is the RoleSessionName. Assigning the "
            "app in Okta does not make a Connect user."
        ),
        confirm="Decode the response with --state: the RoleSessionName is not among the Connect users.",
        fix=(
            "Add the person under `users` (or to the users_file) with exactly the RoleSessionName as username, and "
            "apply. Where the state is newer than the failure, sign in once more first."
        ),
        source=CONNECT_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="user-name-case",
        title="The name differs only in case",
        messages=NOT_ONBOARDED,
        cause=(
            "Connect compares user names with the RoleSessionName letter by letter, case included. Okta sends the name "
            "as it stores it."
        ),
        confirm="Decode the response with --state: a Connect user differs from the RoleSessionName in case only.",
        fix=(
            "Write the username in the environment file exactly as Okta sends it and apply (Connect cannot rename a "
            "user: it is deleted and recreated), or correct the spelling in Okta."
        ),
        source=CONNECT_SAML,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="session-name-not-for-connect",
        title="AWS accepts the session name, Connect cannot",
        messages=NOT_ONBOARDED,
        cause=(
            "A RoleSessionName may contain + = and , but a Connect user name may not, and its @ must be part of an e-mail "
            "address; so no Connect user can ever have this name (plus addresses, for example)."
        ),
        confirm="Read the RoleSessionName in the response.",
        fix=(
            "Give the person an Okta login of letters, digits and . _ - (with @ only as in an e-mail address), or pick "
            "the other Okta attribute with `okta.username`, and name the Connect user so."
        ),
        source=CONNECT_CREATE_USER,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="two-roles-for-one-user",
        title="One person arrives through two roles",
        messages=NOT_ONBOARDED,
        cause=(
            "Connect ties a user to the role the person came with; AWS names two profiles of one person as a cause of "
            "this message, and asks for one role for federation."
        ),
        confirm=(
            "`connect-sso trace ENV --user NAME` shows the role of each app that the person has. Or decode: the "
            "response offers more than one role."
        ),
        fix=(
            "Let the apps share one role: name the same `role` for both, and apply. Ask whether the person reached the "
            "instance through another role before."
        ),
        source=CONNECT_TROUBLESHOOTING,
        needs=(Needs.MESSAGE,),
    ),
    KnownFailure(
        code="federation-token-denied",
        title="The role may not enter this instance",
        messages=NO_FEDERATION_TOKEN,
        cause=(
            "The person's role lacks connect:GetFederationToken for this instance: no policy attached, another "
            "instance, region or account in its Resource, the variable ${aws:userid} mangled, or a Deny."
        ),
        confirm=(
            "Decode the response with --state, or `connect-sso trace ENV --state STATE.json`: the permission hop names "
            "the statement."
        ),
        fix=(
            "Attach the policy to the role that the response names; its Resource must be the instance's ARN followed "
            "by /user/${aws:userid}. `connect-sso review` of a fresh plan shows what was changed by hand."
        ),
        source=CONNECT_TROUBLESHOOTING,
        needs=(Needs.STATE, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="session-expired",
        title="Connect was opened without Okta, or the session is over",
        messages=("Session expired",),
        cause=(
            "Connect has no sign-in that starts on its own side: its address (https://ALIAS.my.connect.aws) only works "
            "within a session, and a session ends after 12 hours, even during a call."
        ),
        confirm="Ask which address was opened: a bookmark of Connect, or the tile in Okta.",
        fix="Log out of Connect and of Okta, open the app's tile in Okta, and bookmark that instead.",
        source=CONNECT_SAML,
        needs=(Needs.MESSAGE,),
    ),
    KnownFailure(
        code="resiliency-user-missing",
        title="Global Resiliency: the person is not in both instances",
        messages=("UserNotOnboardedException",),
        cause=(
            "With Amazon Connect Global Resiliency a person must exist under the same name in the instances of both "
            "regions."
        ),
        confirm="The response's recipient is an address under sign-in.connect.aws; list the users of both instances.",
        fix="Make the user in the replica instance too, with the same name.",
        source=CONNECT_RESILIENCY,
        needs=(Needs.MESSAGE,),
    ),
    KnownFailure(
        code="resiliency-no-distribution-group",
        title="Global Resiliency: no traffic distribution group",
        messages=("ResourceNotFoundException",),
        cause="The person is in no traffic distribution group of the linked instances.",
        confirm="The response's recipient is an address under sign-in.connect.aws; list the group's users.",
        fix="Associate the user with the traffic distribution group.",
        source=CONNECT_RESILIENCY,
        needs=(Needs.MESSAGE,),
    ),
    # --- AWS sign-in refuses: something in the assertion ---------------------------------------------------------
    KnownFailure(
        code="role-attribute-missing",
        title="No Role attribute",
        messages=INVALID_RESPONSE,
        cause=(
            f"The assertion has no attribute {saml_attributes.ROLE} (names are case-sensitive). In "
            "Okta most often: the person's assignment maps to no role."
        ),
        confirm="Decode the response: it shows no role.",
        fix=(
            "With api_integration, enable the API integration, refresh the application data, and check that the "
            "assignment carries samlRoles; with group_mapping, put the person into the app's role group; with "
            "saml_app, restore the app's Role statement by an apply."
        ),
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="role-attribute-malformed",
        title="The Role attribute is not a pair of ARNs",
        messages=INVALID_RESPONSE,
        cause=(
            "A Role value must be a role's ARN and a SAML provider's ARN of the same account, separated by a comma "
            "without spaces. A literal such as appuser.idpRolePairs means that Okta had no role to fill in."
        ),
        confirm="Decode the response: it shows the value as it was sent.",
        fix=(
            "Correct the app's Role statement or role value pattern (an apply restores both); with api_integration, "
            "enable the API integration first, so that Okta knows the roles."
        ),
        source=IAM_ASSERTIONS,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="session-name-missing",
        title="No RoleSessionName",
        messages=(
            "RoleSessionName is required in AuthnResponse "
            "(service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)",
        ),
        cause=f"The assertion has no attribute {saml_attributes.ROLE_SESSION_NAME}, or an empty one.",
        confirm="Decode the response: it shows no session name.",
        fix="Restore the app's user name template or RoleSessionName statement by an apply.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="session-name-invalid",
        title="The session name has forbidden characters",
        messages=(
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64} "
            "(service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)",
        ),
        cause=(
            "A RoleSessionName has 2 to 64 letters, digits or _ + = , . @ -; a space, an accent or a 65th character is "
            "refused."
        ),
        confirm="Decode the response: it shows the name and what in it is refused.",
        fix="Choose the Okta attribute that holds such a name (`okta.username`), or change the person's login.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="source-identity-invalid",
        title="The source identity has forbidden characters",
        messages=(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:" '
            "(service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)",
        ),
        cause="A SourceIdentity follows the session name's rules and must not begin with aws:.",
        confirm="Decode the response: it shows the source identity.",
        fix="Remove the SourceIdentity statement from the app, or send a value that fits.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="duration-invalid",
        title="The session duration is not a number from 900 to 43200",
        messages=INVALID_RESPONSE,
        cause="SessionDuration is given in seconds, from 900 (15 minutes) to 43200 (12 hours).",
        confirm="Decode the response: it shows the duration as it was sent.",
        fix="Set `federation.session_duration` and apply.",
        source=IAM_ASSERTIONS,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="duration-too-long",
        title="The session is longer than the role allows",
        messages=("Requested DurationSeconds exceeds MaxSessionDuration set for this role.",),
        cause=(
            "The assertion asks for a longer session than the role's maximum. Documented for calls of the API; whether "
            "the sign-in page refuses or shortens is not, so keep the two equal."
        ),
        confirm="Decode the response with --state: it shows both figures.",
        fix="Raise the role's maximum session duration or lower SessionDuration: an apply sets both to one figure.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="audience-wrong",
        title="Wrong audience",
        messages=("Response does not contain the required audience.",),
        cause=(
            "The assertion's Audience must be urn:amazon:webservices (GovCloud: urn:amazon:webservices:govcloud). "
            "Often the sign-in address was entered there instead."
        ),
        confirm="Decode the response: it shows the audience.",
        fix="Restore the app's audience by an apply; the sign-in address belongs in Recipient, not in Audience.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="response-expired",
        title="The response came too late",
        messages=(
            "Token must be redeemed within 5 minutes of issuance",
            "ExpiredTokenException: the token is expired or is not valid",
        ),
        cause=(
            "The response was sent after its NotOnOrAfter: a page left open, the Back button, a reloaded form, or a "
            "clock that is wrong."
        ),
        confirm="Decode the HAR: it compares the moment of sending with the validity window.",
        fix=(
            "Open the tile in Okta again, without Back or reload. Where it keeps happening, set the clock: the HAR's "
            "times are the browser's, the window is Okta's."
        ),
        source=STS_SAML,
        needs=(Needs.CAPTURE_TIME, Needs.MESSAGE),
    ),
    KnownFailure(
        code="response-not-yet-valid",
        title="The response came too early",
        messages=INVALID_RESPONSE,
        cause="The response was sent before its NotBefore: the clock of the browser's machine or of the issuer is wrong.",
        confirm="Decode the HAR: it compares the moment of sending with the validity window.",
        fix="Set the clock of the machine that the HAR comes from, then sign in once more.",
        source=SAML_CORE,
        needs=(Needs.CAPTURE_TIME, Needs.MESSAGE),
    ),
    KnownFailure(
        code="window-empty",
        title="The validity window is empty or unreadable",
        messages=INVALID_RESPONSE,
        cause="NotBefore is not before NotOnOrAfter, or one of them is not a time in UTC.",
        confirm="Decode the response: it shows both.",
        fix="Take the response from Okta unchanged; a proxy or a script that rewrites it must go.",
        source=SAML_CORE,
        needs=(Needs.RESPONSE,),
    ),
    KnownFailure(
        code="name-id-missing",
        title="No NameID",
        messages=NOT_AUTHORIZED,
        cause="The assertion's Subject has no NameID.",
        confirm="Decode the response: it shows no NameID.",
        fix="Give the app a subject: an apply restores the subject NameID template or the user name template.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="recipient-wrong",
        title="The recipient is not an AWS sign-in address",
        messages=NOT_AUTHORIZED + INVALID_RESPONSE,
        cause=(
            "The one SubjectConfirmationData must name the AWS SAML endpoint that the browser posts to as Recipient, "
            "such as https://eu-central-1.signin.aws.amazon.com/saml."
        ),
        confirm="Decode the response: it shows the recipient.",
        fix="Set the app's ACS URL to the region's endpoint: an apply with `sign_in: regional` does.",
        source=IAM_ASSERTIONS,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="recipient-not-trusted",
        title="The role's trust does not list this sign-in address",
        messages=NOT_AUTHORIZED,
        cause=(
            "The trust policy's condition SAML:aud is compared with the assertion's Recipient (not with its Audience), "
            "letter by letter, and does not list it."
        ),
        confirm="Decode the response with --state: it shows the recipient and what the trust admits.",
        fix="List both the regional and the global endpoint under SAML:aud in the role's trust: an apply does.",
        source=IAM_ASSERTIONS,
        needs=(Needs.COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="role-not-found",
        title="The role does not exist",
        messages=NOT_AUTHORIZED,
        cause="The role's ARN in the Role attribute is not that of an existing role; role names are case-sensitive.",
        confirm="Decode the response with --state: it shows the nearest role there is.",
        fix=(
            "Correct the role in the Okta assignment or in the app's Role statement. With api_integration, refresh the "
            "application data in Okta after a role was made."
        ),
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="provider-not-trusted",
        title="The role does not trust this SAML provider",
        messages=NOT_AUTHORIZED,
        cause=(
            "The role's trust policy does not allow sts:AssumeRoleWithSAML to the provider that the Role attribute "
            "pairs it with, or denies it."
        ),
        confirm="Decode the response with --state: it shows which providers the role trusts.",
        fix="Add the provider's ARN to the trust policy's Principal.Federated: an apply does, for every app of the role.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="trust-condition-not-met",
        title="A condition of the role's trust is not met",
        messages=NOT_AUTHORIZED,
        cause="The role's trust policy has a condition besides SAML:aud, and the assertion does not meet it.",
        confirm="Decode the response with --state: it shows the condition.",
        fix="Remove the condition (an apply does, unless it is wanted), or make Okta send what it asks for.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="tag-session-not-allowed",
        title="Session tags without sts:TagSession",
        messages=NOT_AUTHORIZED,
        cause="The assertion carries session tags (PrincipalTag), and the role's trust does not allow sts:TagSession.",
        confirm="Decode the response with --state: it shows the tags and the trust's actions.",
        fix="Allow sts:TagSession in the trust (an apply does where `session_tags` is set), or send no tags.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="source-identity-not-allowed",
        title="A source identity without sts:SetSourceIdentity",
        messages=NOT_AUTHORIZED,
        cause="The assertion carries a SourceIdentity, and the role's trust does not allow sts:SetSourceIdentity.",
        confirm="Decode the response with --state: it shows the source identity and the trust's actions.",
        fix="Remove the SourceIdentity statement from the app, or allow sts:SetSourceIdentity in the trust.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="provider-not-found",
        title="The SAML provider does not exist",
        messages=("Specified provider doesn't exist.",),
        cause="The SAML provider's ARN in the Role attribute is not that of an existing one; names are case-sensitive.",
        confirm="Decode the response with --state: it shows the nearest provider there is.",
        fix="Correct the provider in the app's identity provider ARN or Role statement: an apply does.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.COMPARISON, Needs.CLOUDTRAIL_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="metadata-of-other-app",
        title="The SAML provider has another app's metadata",
        messages=(
            "Failed to assume role: Issuer not present in specified provider (service: AWSOpenIdDiscoveryService; "
            "status code: 400; error code: AuthSamlInvalidSamlResponseException)",
        ),
        cause=(
            "Each Okta app has its own issuer. The metadata in the IAM SAML provider names another one: that of the "
            "other app, or of an app that was recreated."
        ),
        confirm="Decode the response with --state: it shows both issuers and which provider holds this one.",
        fix="Put this app's metadata into the provider that its Role attribute names: an apply does.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.STATE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="metadata-unreadable",
        title="The SAML provider's metadata cannot be read",
        messages=("Could not parse metadata.",),
        cause=(
            "IAM takes metadata in UTF-8 without a byte order mark, with a key of at least 1024 bits. An inactive Okta "
            "app has no metadata at all."
        ),
        confirm="Look at the provider's saml_metadata_document in the state.",
        fix="Activate the Okta app, then apply.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.STATE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="certificate-rotated",
        title="Signed with a certificate that the SAML provider does not have",
        messages=SIGNATURE_INVALID,
        cause=(
            "Okta signs with a new certificate, and the IAM SAML provider still holds the metadata with the old one "
            "(or the other way round)."
        ),
        confirm=(
            "Decode the response with --state, or with the provider's metadata (--metadata): it shows the signing "
            "certificate and those that are expected."
        ),
        fix=(
            "Apply: the SAML provider then gets the app's current metadata. After a rotation by Terraform that is the "
            "second apply; see docs/signing-certificate-rotation.md."
        ),
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.KEY, Needs.MESSAGE),
    ),
    KnownFailure(
        code="signature-broken",
        title="The signature is refuted",
        messages=SIGNATURE_INVALID,
        cause=(
            "What was signed is not what arrived (the response was changed on its way, cut off, or pasted with changed "
            "spaces or line breaks), or the signature is made with no key that is expected or named. A signature "
            "that cannot be checked, for want of a certificate, is not this."
        ),
        confirm="Decode the base64 text straight from the form or a HAR, not XML that a tool has indented.",
        fix="Capture the response once more; where it stays so, look for a proxy that rewrites pages.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="signature-missing",
        title="Neither response nor assertion is signed",
        messages=SIGNATURE_INVALID + INVALID_RESPONSE,
        cause="AWS accepts only what the identity provider has signed.",
        confirm="Decode the response: it says what is signed.",
        fix="Let the app sign the response and the assertion: an apply restores both.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE, Needs.MESSAGE),
    ),
    KnownFailure(
        code="signature-wrapping",
        title="What is used is not what is signed",
        messages=SIGNATURE_INVALID + INVALID_RESPONSE,
        cause=(
            "There is a signature, but the assertion that AWS would read is not what it covers: it is for another "
            "element, for an ID that is used twice, for one of two assertions, or a comment that it does not cover "
            "splits a name. That is how forged responses look."
        ),
        confirm=(
            "Decode the response: it shows which assertion AWS would read and what the signature covers. Other "
            "elements, signed or not, are only described."
        ),
        fix="Treat it as an attack: keep the file, find out where it came from, and end the person's sessions in Okta.",
        source=SAML_CORE,
        needs=(Needs.RESPONSE,),
    ),
    KnownFailure(
        code="assertion-encrypted",
        title="The assertion is encrypted",
        messages=INVALID_RESPONSE,
        cause=(
            "Only AWS can read it, and only where the SAML provider holds a private key and the app posts to the "
            "endpoint with /saml/acs/. This project sets up neither."
        ),
        confirm=(
            "Decode the response: nothing but the envelope can be shown, unless the private key is at hand "
            "(--decrypt-key)."
        ),
        fix="Switch the app's assertion encryption off: an apply does.",
        source=IAM_TROUBLESHOOTING,
        needs=(Needs.RESPONSE,),
    ),
    KnownFailure(
        code="status-not-success",
        title="Okta answered with an error",
        messages=INVALID_RESPONSE,
        cause="The response's status is not Success: the identity provider itself refused the sign-in.",
        confirm="Decode the response: it shows the status and its message.",
        fix="Look for the event in Okta's system log: the person, the app, and the policy that refused.",
        source=SAML_CORE,
        needs=(Needs.RESPONSE, Needs.OKTA_EVENT),
    ),
    KnownFailure(
        code="assertion-missing",
        title="The response contains no assertion",
        messages=INVALID_RESPONSE,
        cause="The response says Success but has no Assertion in it.",
        confirm="Decode the response: there is no assertion.",
        fix="Capture the response once more, whole.",
        source=SAML_CORE,
        needs=(Needs.RESPONSE,),
    ),
    KnownFailure(
        code="response-too-large",
        title="The response is larger than AWS takes",
        messages=INVALID_RESPONSE,
        cause="AWS takes at most 100,000 characters of base64; many roles or group names in attributes fill them.",
        confirm="Decode the response: it says how large it is.",
        fix="Send one role and no group lists: leave out attribute statements that AWS does not read.",
        source=IAM_QUOTAS,
        needs=(Needs.RESPONSE,),
    ),
    # --- The browser lands on the wrong page -----------------------------------------------------------------------
    KnownFailure(
        code="relay-state-missing",
        title="No relay state",
        messages=CONSOLE_HOME,
        cause=(
            "The app sent no relay state, so AWS does not know that Connect is wanted. (Seen also where another "
            "console session was open.)"
        ),
        confirm="Decode the form body or a HAR: RelayState is empty.",
        fix="Set the app's default relay state: an apply does. Open the app by its tile; log out of the AWS console first.",
        source=CONNECT_SAML,
        needs=(Needs.RELAY_STATE, Needs.MESSAGE),
        reported=True,
    ),
    KnownFailure(
        code="relay-state-not-connect",
        title="The relay state is not a Connect address",
        messages=CONSOLE_HOME,
        cause=(
            "The relay state must be the region's console address followed by /connect/federate/ and the instance's id."
        ),
        confirm="Decode the form body or a HAR: it shows the relay state.",
        fix="Set the app's default relay state to the address that `connect-sso trace ENV` shows: an apply does.",
        source=CONNECT_SAML,
        needs=(Needs.RELAY_STATE, Needs.CONSOLE_LOGIN, Needs.MESSAGE),
    ),
    KnownFailure(
        code="relay-state-arn",
        title="The relay state contains an ARN",
        messages=("404 Not Found, right after the tile in Okta was opened",),
        cause="The relay state takes the instance's bare id (a UUID); somebody pasted the instance's ARN.",
        confirm="Decode the form body or a HAR: the relay state contains arn:.",
        fix="Replace the ARN in the app's default relay state by what stands after its last slash: an apply does.",
        source=SPEED_DIAL,
        needs=(Needs.RELAY_STATE, Needs.MESSAGE),
        reported=True,
    ),
    KnownFailure(
        code="relay-state-region",
        title="The relay state is for another region",
        messages=("Amazon Connect does not open, or says that it does not know the instance.",),
        cause="The region in the relay state is not the instance's. What Connect then shows is not documented.",
        confirm="Decode the form body or a HAR with --state or --env: it shows both regions.",
        fix="Put the instance's region into the app's default relay state: an apply does.",
        source=CONNECT_SAML,
        needs=(Needs.RELAY_STATE_COMPARISON, Needs.MESSAGE),
    ),
    KnownFailure(
        code="relay-state-instance",
        title="The relay state is for another instance",
        messages=NO_FEDERATION_TOKEN,
        cause=(
            "The relay state names another instance than the one that the role may enter; an instance that was "
            "recreated has a new id."
        ),
        confirm="Decode the form body or a HAR with --state or --env: it shows both ids.",
        fix="Put the instance's id into the app's default relay state: an apply does.",
        source=CONNECT_SAML,
        needs=(Needs.RELAY_STATE_COMPARISON, Needs.MESSAGE),
    ),
    # --- An apply fails ----------------------------------------------------------------------------------------------
    KnownFailure(
        code="email-not-allowed",
        title="An e-mail address on a user of a SAML instance",
        messages=("InvalidRequestException: Email is not required for this directory type",),
        cause="Connect refuses an e-mail address when a user of a SAML instance is made.",
        confirm="The message comes from an apply or a script that makes Connect users, not from a sign-in.",
        fix="Leave identity_info.email out; this project never sends it.",
        source=SPEED_DIAL,
        needs=(Needs.MESSAGE,),
        reported=True,
    ),
    KnownFailure(
        code="alias-taken",
        title="The instance's alias is taken",
        messages=("InvalidRequestException: Invalid Input. Instance alias is already used.",),
        cause=(
            "An alias is unique among all instances of all customers, and stays taken for a while after its instance "
            "was deleted."
        ),
        confirm="The message comes from an apply that makes the instance, not from a sign-in.",
        fix="Choose another `connect.alias`; after a deletion, wait and apply again.",
        source=ALIAS_REPORT,
        needs=(Needs.MESSAGE,),
        reported=True,
    ),
)

BY_CODE = {failure.code: failure for failure in CATALOGUE}
"""The catalogue by code."""
