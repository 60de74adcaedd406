"""Findings about federation on the AWS side: SAML providers, roles, their trust and permissions, keys and secrets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connect_sso.review.findings import Finding, reason_of
from connect_sso.review.holdings import (
    ATTACHMENT_TYPES,
    INLINE_TYPES,
    NOTHING_BESIDE,
    Key,
    attached_policy,
    holdings,
    inline_blocks,
    inline_key,
    owner_of,
)
from connect_sso.review.names import resource_address, type_of
from connect_sso.review.policy_changes import documents, lines, policy_gains
from connect_sso.review.words import Words, words
from connect_sso.review.world import World
from connect_sso.terraform.plan import UNKNOWN, Change, Mark, Side, Value


def findings(world: World) -> Iterator[Finding]:
    """Findings about what AWS trusts and what it allows."""
    yield from _destroyed_or_replaced(world)
    yield from _metadata(world)
    yield from _trust(world)
    yield from _emergency_access(world)
    yield from _sessions(world)
    yield from _policies(world)
    yield from _inline_policies(world)
    yield from _attachments(world)
    yield from _taken_away(world)
    yield from _boundaries(world)
    yield from _access_keys(world)
    yield from _secrets(world)


def _destroyed_or_replaced(world: World) -> Iterator[Finding]:
    for kind, destroyed, replaced, noun in (
        ("aws_iam_saml_provider", "saml-provider-destroyed", "saml-provider-replaced", "SAML provider"),
        ("aws_iam_role", "role-destroyed", "role-replaced", "role"),
    ):
        for change in world.plan.of(kind):
            if not change.deletes:
                continue
            name = change.old().get("name")
            if change.replaces:
                says = words(
                    f"Terraform destroys the {noun} {{}} and recreates it as {{}}.", name, change.new().get("name")
                )
                yield Finding(replaced, change.address, says, reason_of(change))
            else:
                says = words(f"Terraform destroys the {noun} {{}}.", name)
                yield Finding(destroyed, change.address, says, reason_of(change))


# --- metadata --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AcceptedSigner:
    """What decides whether AWS accepts an assertion: who issues it and which certificates may sign it."""

    issuer: str
    certificates: frozenset[str]
    """Fingerprints (SHA-256, the first eight bytes) of the certificates."""

    @classmethod
    def of(cls, document: str) -> AcceptedSigner:
        """Read from a SAML metadata document, which is only searched: no need to parse a stranger's XML for this."""
        issuer = re.search(r"""<(?:[\w-]+:)?EntityDescriptor\b[^<>]*?\bentityID\s*=\s*["']([^"']*)["']""", document)
        certificates = re.findall(r"<(?:[\w-]+:)?X509Certificate[^<>]*>([^<]*)<", document)
        return cls(issuer[1] if issuer else "", frozenset(fingerprint(text) for text in certificates))


def fingerprint(certificate: str) -> str:
    """The beginning of a certificate's fingerprint, as `openssl x509 -fingerprint -sha256` prints it."""
    bare = re.sub(r"\s+|-----[A-Z ]+-----", "", certificate)
    try:
        content = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        content = bare.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).digest()[:8].hex(":").upper()


def _metadata(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_iam_saml_provider"):
        if change.before is None or change.after is None or change.replaces:
            continue
        old, new = change.before.get("saml_metadata_document"), change.after.get("saml_metadata_document")
        if old == new:
            continue
        name = change.after.get("name")
        if not isinstance(old, str) or not isinstance(new, str):
            says = words("The SAML provider {} gets another metadata document: {}.", name, new)
            yield Finding("metadata-changed", change.address, says)
        elif _squeezed(old) != _squeezed(new):
            says = words("The SAML provider {} gets another metadata document.", name)
            yield Finding(
                "metadata-changed",
                change.address,
                says,
                details=tuple(_metadata_lines(AcceptedSigner.of(old), AcceptedSigner.of(new))),
            )


def _squeezed(document: str) -> str:
    return re.sub(r">\s+<", "><", document).strip()


def _metadata_lines(old: AcceptedSigner, new: AcceptedSigner) -> Iterator[Words]:
    if old.issuer != new.issuer:
        yield words("issuer {} instead of {}: another Okta app", new.issuer, old.issuer)
    for certificate in sorted(old.certificates - new.certificates):
        yield words("certificate {} is no longer accepted", certificate)
    for certificate in sorted(new.certificates - old.certificates):
        yield words("certificate {} is newly accepted", certificate)
    if old == new:
        yield words("issuer and certificates stay the same; other parts of the document differ")
    elif old.certificates < new.certificates and old.issuer == new.issuer:
        yield words("all certificates accepted so far stay accepted, so sign-in goes on")


# --- policies --------------------------------------------------------------------------------------------------


def _trust(world: World) -> Iterator[Finding]:
    earlier = {
        side.get("name"): side for side in world.before["aws_iam_role"].values() if isinstance(side.get("name"), str)
    }
    for change in world.plan.of("aws_iam_role"):
        if not change.changes_something or change.after is None:
            continue
        name = change.after.get("name")
        before = change.before or earlier.get(name if isinstance(name, str) else None)
        more = lines(
            policy_gains(
                *documents(before, change.after, "assume_role_policy"),
                NOTHING_BESIDE,  # a role is assumed by what its trust policy allows and by nothing else
            )
        )
        if not more:
            continue
        says = (
            words("The trust policy of the role {} admits more than before.", name)
            if before
            else words("The new role {} can be assumed.", name)
        )
        yield Finding("trust-widened", change.address, says, details=tuple(more))


def _emergency_access(world: World) -> Iterator[Finding]:
    """Every change of a role that has emergency access, and of the policies and attachments that give it."""
    held = holdings(world)
    roles = {
        owner
        for documents_of in (held.before, held.after)
        for owner, documents in documents_of.items()
        if any(_gives_emergency_access(document) for document in documents.values())
    }
    for change in world.plan.of("aws_iam_role", "aws_iam_policy", *INLINE_TYPES, *ATTACHMENT_TYPES):
        if not change.changes_something:
            continue
        owner = {**INLINE_TYPES, **ATTACHMENT_TYPES}.get(change.type)
        side = change.after or change.old()
        if owner is not None:
            touched = owner_of(world, side, owner, change) in roles
        elif change.type == "aws_iam_role":
            touched = change.address in roles
        else:
            touched = any(_gives_emergency_access(each.get("policy")) for each in (change.old(), change.new()))
        if touched:
            done = "is made" if change.creates else "goes" if change.deletes and not change.replaces else "changes"
            noun = {"aws_iam_role": "role", "aws_iam_policy": "policy"}.get(change.type, "permission")
            says = words(f"The {noun} of the way in without Okta {done}: {{}}.", side.get("name") or side.get("role"))
            yield Finding("emergency-access-changed", change.address, says)


def _gives_emergency_access(document: Value) -> bool:
    # Its name, and the one that it had before: https://docs.aws.amazon.com/connect/latest/adminguide/security-iam-awsmanpol.html
    names = ("connect:admingetemergencyaccesstoken", "connect:getfederationtokens")
    return isinstance(document, str) and any(f'"{name}"' in document.lower() for name in names)


def _sessions(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_iam_role"):
        if change.before is None or change.after is None or not change.changes_something:
            continue
        old, new = change.before.get("max_session_duration"), change.after.get("max_session_duration")
        if isinstance(old, (int, float)) and isinstance(new, (int, float)) and new > old:
            says = words(
                "Sessions of the role {} may last {} seconds instead of {}.", change.after.get("name"), new, old
            )
            yield Finding("session-lengthened", change.address, says)


def _policies(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_iam_policy"):
        if not change.changes_something or change.before is None or change.after is None:
            continue
        beside = holdings(world).beside(change)
        more = lines(policy_gains(*documents(change.before, change.after), beside))
        if more:
            says = words("The policy {} allows more than before.", change.after.get("name"))
            yield Finding("permission-widened", change.address, says, details=tuple(more))


def _inline_policies(world: World) -> Iterator[Finding]:
    for kind, owner in INLINE_TYPES.items():
        earlier = {(owner_of(world, side, owner), side.text("name")): side for side in world.before[kind].values()}
        for change in world.plan.of(kind):
            if not change.changes_something or change.after is None:
                continue
            whose = owner_of(world, change.after, owner, change)
            before = earlier.get((whose, change.after.text("name"))) or (
                change.before if change.before and owner_of(world, change.before, owner) == whose else None
            )
            beside = holdings(world).beside(change)
            more = lines(policy_gains(*documents(before, change.after), beside))
            if more:
                says = words(
                    f"The {owner} {{}} is allowed more by its inline policy {{}}.", whose, change.after.get("name")
                )
                yield Finding("permission-widened", change.address, says, details=tuple(more))
    for change in world.plan.of("aws_iam_role"):
        if not change.changes_something or change.after is None:
            continue
        old, new = inline_blocks(change.old()), inline_blocks(change.after)
        if new.get("") is UNKNOWN and not world.plan.references(change, "inline_policy"):
            new = old  # not in the configuration: what the provider will read back
        for name in sorted({**old, **new} if "" not in new else new):
            rest = holdings(world).beside_one(change.address, ("inline", name))
            more = lines(policy_gains(old.get(name), new.get(name), {rest}))
            if more:
                says = words("The role {} is allowed more by its inline policy {}.", change.after.get("name"), name)
                yield Finding("permission-widened", change.address, says, details=tuple(more))
        yield from _managed_policies(world, change, change.after)


def _managed_policies(world: World, change: Change, after: Side) -> Iterator[Finding]:
    attached, before = after.get("managed_policy_arns"), change.old().get("managed_policy_arns")
    if isinstance(attached, Mark) and world.plan.references(change, "managed_policy_arns"):
        attached = [attached]
    for arn in attached if isinstance(attached, list) else ():
        if isinstance(arn, (str, Mark)) and not (isinstance(before, list) and arn in before):
            says = words("The role {} gets the policy {}.", after.get("name"), arn)
            yield Finding("permission-widened", change.address, says, details=tuple(_policy_lines(world, arn)))


def _attachments(world: World) -> Iterator[Finding]:
    for kind, owner in ATTACHMENT_TYPES.items():
        before = {(owner_of(world, side, owner), attached_policy(world, side)) for side in world.before[kind].values()}
        for change in world.plan.of(kind):
            if not change.changes_something or change.after is None:
                continue
            pair = (owner_of(world, change.after, owner, change), attached_policy(world, change.after, change))
            if pair in before and not isinstance(pair[1], Mark):
                continue
            attached = world.after["aws_iam_policy"].get(str(pair[1]))
            name = attached.get("name") if attached is not None else pair[1]
            says = words(f"The {owner} {{}} gets the policy {{}}.", _owner_name(world, pair[0]), name)
            yield Finding("permission-widened", change.address, says, details=tuple(_policy_lines(world, pair[1])))


def _taken_away(world: World) -> Iterator[Finding]:
    """Policies that somebody no longer has, and that denied something which is allowed otherwise."""
    held = holdings(world)
    for kind, attribute in {**INLINE_TYPES, **ATTACHMENT_TYPES}.items():
        for change in world.plan.of(kind):
            if change.before is None or not change.changes_something or change.forgets:
                continue
            owner = owner_of(world, change.before, attribute)
            policy: str | Mark
            key: Key
            if kind in INLINE_TYPES:
                policy = change.before.text("name") or UNKNOWN
                key = inline_key(change.before, change.address)
            else:
                policy = attached_policy(world, change.before)
                key = ("managed", policy)
            if key in held.after.get(owner, {}) or not _exists(world, owner):
                continue
            document = held.before.get(owner, {}).get(key, UNKNOWN)
            if not isinstance(document, str) and isinstance(policy, str) and _AWS_MANAGED.match(policy):
                # AWS's own policies allow, but for those that say in their name that they do not.
                document = None if "Deny" not in policy and "Quarantine" not in policy else document
            less = (
                lines(policy_gains(document, None, {held.beside_one(owner, key)}))
                if not isinstance(document, Mark)
                else [words("what it denied is not in the plan")]
            )
            if less:
                name = _owner_name(world, owner)
                known = world.before["aws_iam_policy"].get(str(policy))
                shown = known.get("name") if known is not None and kind in ATTACHMENT_TYPES else policy
                says = words(f"The {attribute} {{}} no longer has the policy {{}}.", name, shown)
                yield Finding("permission-widened", change.address, says, details=tuple(less))


_AWS_MANAGED = re.compile(r"arn:[\w-]+:iam::aws:policy/")


def _exists(world: World, owner: str) -> bool:
    """Whether a role or user is there after the change; true for one that the plan does not hold."""
    gone = any(
        owner in world.before[kind] and owner not in world.after[kind] for kind in ("aws_iam_role", "aws_iam_user")
    )
    return not gone


def _owner_name(world: World, owner: str) -> Value:
    for kind in ("aws_iam_role", "aws_iam_user"):
        if owner in world.after[kind]:
            return world.after[kind][owner].get("name")
    return owner


def _policy_lines(world: World, attached: str | Mark) -> list[Words]:
    """What an attached policy allows, where the plan holds its document."""
    side = world.after["aws_iam_policy"].get(str(attached))
    if side is not None:
        return lines(policy_gains(None, side.get("policy")))
    return [words("what this policy allows is not in the plan")]


def _boundaries(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_iam_role", "aws_iam_user"):
        if change.before is None or change.after is None or not change.changes_something:
            continue
        old, new = change.before.get("permissions_boundary"), change.after.get("permissions_boundary")
        if old and old != new:
            noun = "role" if change.type == "aws_iam_role" else "user"
            says = words(
                f"The permissions boundary of the {noun} {{}} becomes {{}} instead of {{}}.",
                change.after.get("name"),
                new or None,
                old,
            )
            yield Finding("permission-widened", change.address, says)


# --- keys and secrets ------------------------------------------------------------------------------------------


def _access_keys(world: World) -> Iterator[Finding]:
    for change in world.plan.of("aws_iam_access_key"):
        user = change.new().get("user")
        if change.creates:
            yield Finding(
                "access-key-created",
                change.address,
                words("A new access key is created for the user {}.", user),
                reason_of(change),
            )
        elif (
            change.after is not None
            and change.old().get("status") == "Inactive"
            and change.after.get("status") == "Active"
        ):
            yield Finding(
                "access-key-created", change.address, words("An access key of the user {} is activated again.", user)
            )


_KEY_SECRETS = frozenset({"secret", "encrypted_secret", "ses_smtp_password_v4", "encrypted_ses_smtp_password_v4"})
"""The attributes of an access key that hold its secret in one form or another."""


def _secrets(world: World) -> Iterator[Finding]:
    for name, change in world.plan.outputs.items():
        if change.actions in (("no-op",), ("delete",)):
            continue
        source = _secret_among(world.plan.output_references(name))
        if source is not None:
            yield Finding("secret-read", change.address, words("The output {} holds the secret {}.", name, source))
        elif change.loses_its_mark:
            yield Finding(
                "secret-read", change.address, words("The output {} was sensitive and will be shown in clear.", name)
            )
    readers = world.plan.readers_of("aws_iam_access_key")
    for change in world.plan.changes if readers else ():
        if not change.changes_something or change.after is None or change.deposed:
            continue
        for attribute, references in readers.get(
            (world.plan.module_path(change), change.type, change.name), {}
        ).items():
            source = _secret_among(references)
            if source is not None:
                says = words("{} of this resource holds the secret {}.", attribute, source)
                yield Finding("secret-read", change.address, says)


def _secret_among(references: tuple[str, ...]) -> str | None:
    return next((reference for reference in references if _is_secret(reference, references)), None)


def _is_secret(reference: str, among: tuple[str, ...]) -> bool:
    """Whether a reference reads a secret attribute, or a whole resource that has one (`aws_iam_access_key.x`)."""
    bare = resource_address(reference, "")
    if type_of(bare) != "aws_iam_access_key":
        return False
    if reference == bare:
        # Terraform lists the resource after each of its attributes; alone, it is read as a whole.
        return not any(other != bare and other.startswith(bare) for other in among)
    return reference.removeprefix(bare).lstrip(".").split(".")[0].split("[")[0] in _KEY_SECRETS
