"""What a person must decide: the catalogue of finding codes, and a finding.

The codes are stable: `--accept` and pipelines name them. docs/review.md lists them from here, and a test keeps it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connect_sso.review.words import Words, listing, words
from connect_sso.terraform.plan import Change


@dataclass(frozen=True)
class Code:
    """One kind of finding."""

    name: str
    """Its stable name."""
    title: str
    """What it is, in a few words."""
    cost: str
    """What it would cost, or why it needs a decision: one or two sentences, the same for all of the kind."""
    pages: tuple[str, ...] = ()
    """Where the vendor says so; none where it follows from what the review itself does."""


CATALOGUE: tuple[Code, ...] = (
    Code(
        "new-environment",
        "The first plan of an environment",
        "Nothing exists yet, so nothing can break, but all of the access listed here is granted at once.",
    ),
    # --- the contact centre itself -----------------------------------------------------------------------------
    Code(
        "instance-destroyed",
        "The Connect instance is destroyed",
        "Its configuration settings and metrics data are lost, and its phone numbers are released: it takes up to 180 days "
        "until they can be claimed again, by anyone. A deleted instance cannot be restored.",
        pages=(
            "https://docs.aws.amazon.com/connect/latest/adminguide/delete-connect-instance.html",
            "https://docs.aws.amazon.com/connect/latest/adminguide/release-phone-number.html",
        ),
    ),
    Code(
        "instance-replaced",
        "The Connect instance is destroyed and a new, empty one made",
        "What the old one held is lost: configuration settings, metrics data, phone numbers, users. The new instance has "
        "another id, so every relay state and permission changes as well. A deleted instance cannot be restored.",
        pages=(
            "https://docs.aws.amazon.com/connect/latest/adminguide/delete-connect-instance.html",
            "https://docs.aws.amazon.com/connect/latest/adminguide/release-phone-number.html",
        ),
    ),
    # --- federation on the AWS side ----------------------------------------------------------------------------
    Code(
        "saml-provider-destroyed",
        "A SAML provider is destroyed",
        "From then on AWS refuses every sign-in through its Okta app.",
        pages=("https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSAMLProvider.html",),
    ),
    Code(
        "saml-provider-replaced",
        "A SAML provider is destroyed and recreated",
        "AWS refuses sign-ins through its Okta app from the destruction until everything that names it (the app, the "
        "roles' trust) matches again.",
        pages=("https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSAMLProvider.html",),
    ),
    Code(
        "role-destroyed",
        "A role for sign-in is destroyed",
        "From then on nobody can sign in with it.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html",),
    ),
    Code(
        "role-replaced",
        "A role for sign-in is destroyed and recreated",
        "Nobody can sign in with it until it exists again with its permissions.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html",),
    ),
    Code(
        "trust-widened",
        "A role's trust policy admits more than before",
        "Whoever is newly admitted can act with all that the role allows.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",),
    ),
    Code(
        "permission-widened",
        "A permission allows more than before",
        "Everyone who signs in with the role (or holds the user's key) can do more from the moment of the apply.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",),
    ),
    Code(
        "emergency-access-changed",
        "The way in without Okta changes",
        "It opens the whole instance to those whom it trusts, and is the only way in when Okta is not there.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/emergency-admin-login.html",),
    ),
    Code(
        "session-lengthened",
        "Sessions last longer, or longer than the role allows",
        "Someone who loses access keeps an open session for that long; a duration above the role's maximum is refused.",
        pages=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
        ),
    ),
    Code(
        "access-key-created",
        "An access key is created or activated",
        "A key works from anywhere without a second factor, and its secret is in Terraform's state.",
        pages=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
        ),
    ),
    Code(
        "secret-read",
        "Something reads a secret",
        "Whoever can read the output, the resource or the state can then use the secret.",
        pages=("https://developer.hashicorp.com/terraform/language/manage-sensitive-data",),
    ),
    # --- the Okta apps -----------------------------------------------------------------------------------------
    Code(
        "app-destroyed",
        "An Okta app is destroyed",
        "It cannot be undone: the tile is gone, nobody can sign in through it, and who was assigned is lost.",
        pages=("https://help.okta.com/oie/en-us/content/topics/apps/apps-delete.htm",),
    ),
    Code(
        "app-deactivated",
        "An Okta app is deactivated",
        "Nobody can sign in through it until it is active again.",
        pages=("https://help.okta.com/oie/en-us/content/topics/apps/apps-deactivate.htm",),
    ),
    Code(
        "app-activated",
        "An inactive Okta app is made active",
        "Everybody who is assigned to it can sign in through it from then on.",
        pages=("https://help.okta.com/oie/en-us/content/topics/apps/apps-deactivate.htm",),
    ),
    Code(
        "app-replaced",
        "An Okta app is destroyed and recreated",
        "The new app has another issuer and signing key: nobody can sign in through it until the SAML provider holds "
        "its metadata and people are assigned again.",
        pages=(
            "https://help.okta.com/oie/en-us/content/topics/apps/apps-delete.htm",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html",
        ),
    ),
    Code(
        "signing-changed",
        "An Okta app's signing key, certificate or signature changes",
        "Okta signs with the new key at once. The SAML provider in AWS gets the new certificate only with the NEXT "
        "plan and apply: nobody can sign in through this app between the two. Plan and apply again right after this one.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html",),
    ),
    Code(
        "metadata-changed",
        "The metadata that AWS trusts changes",
        "AWS accepts only what the new document holds. From a rotation in Okta until this is applied, and again when "
        "the document does not match the key Okta signs with, nobody can sign in through the app.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html",),
    ),
    Code(
        "endpoint-changed",
        "The sign-in endpoint that Okta posts to changes",
        "Where a role's trust policy does not list the new endpoint (SAML:aud), nobody can sign in with that role.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html",),
    ),
    Code(
        "audience-changed",
        "The audience of the assertion changes",
        "AWS refuses every assertion that does not carry the audience it expects.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html",),
    ),
    Code(
        "relay-state-changed",
        "The page that a sign-in lands on changes",
        "People land on another page, on another instance, or on an error when the region or instance is wrong.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html",),
    ),
    Code(
        "assertion-changed",
        "What the assertion says about roles and attributes changes",
        "People may be offered other roles than before, or none, and then cannot sign in.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html",),
    ),
    Code(
        "session-name-changed",
        "The name that Okta sends for a person changes",
        "It must equal the Connect user name, case included: otherwise people cannot sign in, or do so as someone else.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/troubleshoot-saml.html",),
    ),
    Code(
        "profile-mapping-changed",
        "Okta fills what an app sends from another attribute of people's profiles, or clears its mapping",
        "Whoever may write that attribute decides as whom, or with which role, a person signs in; what is cleared is not brought back.",
        pages=("https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ProfileMapping/",),
    ),
    Code(
        "authentication-policy-changed",
        "How people prove who they are changes",
        "The policy decides on factors: a weaker one lets in whoever has a password, a stricter one can lock out.",
        pages=(
            "https://help.okta.com/oie/en-us/content/topics/identity-engine/policies/about-app-sign-on-policies.htm",
        ),
    ),
    Code(
        "app-open-to-all",
        "An Okta app is opened to people who are not assigned",
        "Everyone in the Okta organization can then start a sign-in, not only those who were assigned.",
        pages=("https://developer.okta.com/docs/reference/api/groups/",),
    ),
    # --- people ------------------------------------------------------------------------------------------------
    Code(
        "admin-app-assigned",
        "A group or person gets an app that opens the administration",
        "Each of them reaches the admin website; what they may do there is up to their security profiles.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html",),
    ),
    Code(
        "role-assigned",
        "An assignment, or a new app, gives people a role they did not have",
        "The people of that assignment may sign in with one more role.",
        pages=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html",),
    ),
    Code(
        "admin-profile-gained",
        "A user gets a security profile with administrative rights",
        "They can change users, routing or the whole instance, and give such rights to others.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/security-profile-list.html",),
    ),
    Code(
        "access-lost",
        "An app or a group as a whole loses its way in",
        "From the moment of the apply, none of them can sign in that way any more.",
    ),
    Code(
        "person-not-found",
        "Somebody loses an app because Okta does not find them",
        "They were deleted in Okta, or renamed there. Who was renamed may still be able to sign in, and is not from the apply on: write the new name.",
        pages=("https://developer.okta.com/docs/api/openapi/okta-management/management/tag/UserLifecycle/",),
    ),
    Code(
        "access-in-doubt",
        "It is not known whether people can still sign in",
        "What decides it is not in the plan, or is known only after the apply: it may lock out everybody who uses it.",
    ),
    Code(
        "access-lost-by-many",
        "More than a tenth of the people lose a way in at once",
        "A list or rule that was cut short looks the same. To Amazon Connect, a user who is recreated is somebody else.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/delete-users.html",),
    ),
    Code(
        "last-administrator",
        "The last way into the administration goes",
        "Nobody could administer the instance any more except by emergency access from the AWS console.",
    ),
    Code(
        "mass-removal",
        "More than a tenth of the users are removed at once",
        "A deletion cannot be undone. AWS keeps contact records and reports; what is lost is the agent activity audit, and "
        "quick connects to these people ring for nobody. A file that was cut short looks the same.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/delete-users.html",),
    ),
    # --- recordings --------------------------------------------------------------------------------------------
    Code(
        "storage-destroyed",
        "Storage of recordings is destroyed or replaced",
        "A bucket that may be emptied (force_destroy) goes with all recordings in it. What was encrypted with a deleted key "
        "can never be read again.",
        pages=(
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html",
            "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
        ),
    ),
    Code(
        "encryption-weakened",
        "Encryption of recordings is weakened",
        "Whoever reaches the bucket may read recordings that only the key's users could read before.",
        pages=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",),
    ),
    Code(
        "public-access",
        "Protection of recordings against public access is weakened",
        "Recordings of customers could be opened to the internet by one wrong policy.",
        pages=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",),
    ),
    Code(
        "storage-weakened",
        "Recordings are less protected against loss, or go elsewhere",
        "Recordings can be overwritten, deleted or missed without a trace.",
        pages=(
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
        ),
    ),
    Code(
        "origin-approved",
        "The contact centre approves another site's origin",
        "Sign-ins may end there, and its pages may show Amazon Connect within themselves.",
        pages=("https://docs.aws.amazon.com/connect/latest/adminguide/app-integration.html",),
    ),
    # --- what cannot be judged ---------------------------------------------------------------------------------
    Code(
        "forgotten",
        "Terraform stops managing something that stays",
        "It keeps working as it is, but no plan will protect, change or show it any more.",
        pages=("https://developer.hashicorp.com/terraform/language/state/remove",),
    ),
    Code(
        "unknown-resource",
        "A resource of a type this review does not know",
        "Nothing here can say what it does or grants: read it.",
    ),
    Code(
        "hidden-change",
        "A change that the plan does not show",
        "It is marked as sensitive, or known only after the apply: nobody who reads the plan can see what it gives or takes.",
        pages=("https://developer.hashicorp.com/terraform/language/manage-sensitive-data",),
    ),
    Code(
        "runs-commands",
        "Commands run with the apply",
        "They have its credentials and may do whatever these allow; no plan shows it.",
        pages=("https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax",),
    ),
    Code(
        "provider-changed",
        "Terraform talks to another provider, account, region or organization",
        "What stands is then looked for elsewhere, and recreated there; a provider from another source is another program.",
        pages=("https://developer.hashicorp.com/terraform/language/providers/requirements",),
    ),
    Code(
        "deferred-change",
        "A change that Terraform put off",
        "It is not in this plan, so it cannot be reviewed; a later plan will hold it.",
        pages=("https://developer.hashicorp.com/terraform/internals/json-format",),
    ),
)

CODES = {code.name: code for code in CATALOGUE}
_ORDER = {code.name: position for position, code in enumerate(CATALOGUE)}


@dataclass(frozen=True)
class Finding:
    """One thing that a person must decide."""

    code: str
    address: str
    says: Words
    """What happens, in a plain sentence."""
    reason: Words | None = None
    """The reason that Terraform gives, where it gives one."""
    details: tuple[Words, ...] = ()
    """What exactly, a line each."""

    @property
    def title(self) -> str:
        """What kind of finding it is, in a few words."""
        return CODES[self.code].title

    @property
    def cost(self) -> str:
        """What it would cost."""
        return CODES[self.code].cost

    def sort_key(self) -> tuple[int, str, Words]:
        """Findings are shown in the catalogue's order, the gravest first, then by address."""
        return (_ORDER[self.code], self.address, self.says)


def by_code(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings grouped by their code, in the order in which they come."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.code, []).append(finding)
    return groups


_ACTION_REASONS = {
    "replace_because_tainted": "an earlier apply did not finish it (tainted); terraform untaint keeps it",
    "replace_by_request": "its replacement was asked for (-replace)",
    "replace_by_triggers": "something it is tied to changes (replace_triggered_by)",
    "delete_because_no_resource_config": "the configuration no longer has it",
    "delete_because_wrong_repetition": "the configuration now repeats it in another way (count, for_each)",
    "delete_because_count_index": "the configuration now has fewer of it",
    "delete_because_each_key": "its key is no longer in the configuration's map",
    "delete_because_no_module": "the configuration no longer has its module",
    "delete_because_no_move_target": "it was moved to an address that the configuration does not have",
}


def reason_of(change: Change) -> Words | None:
    """Why Terraform replaces or destroys it: the attributes that cannot be changed in place, or the action's reason."""
    if change.replaces and change.replace_paths:
        causes = []
        for path in change.replace_paths:
            shown = ".".join(str(step) for step in path)
            top = str(path[0]) if path else ""
            if len(path) == 1:
                causes.append(
                    words(
                        "{} cannot change in place, from {} to {}", shown, change.old().get(top), change.new().get(top)
                    )
                )
            else:
                causes.append(words("{} cannot change in place", shown))
        return listing(causes)
    reason = _ACTION_REASONS.get(change.action_reason)
    return words(reason) if reason else None
