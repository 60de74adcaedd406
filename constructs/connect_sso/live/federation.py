"""The IAM side of sign-in: SAML providers, the roles that trust them, their policies, and Okta's API user."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from connect_sso.iam.documents import Policy, UnreadablePolicyError, read_policy
from connect_sso.live.aws import AwsClient
from connect_sso.live.model import (
    API_USER,
    LiveAccessKey,
    LiveApiUser,
    LivePolicy,
    LiveRole,
    LiveSamlProvider,
)
from connect_sso.live.reading import Missing, Parts
from connect_sso.saml.metadata import read_metadata

MOST_LISTED = 1000
"""The most items of a page of IAM's lists."""


@dataclass
class FederationReader:
    """What is read of IAM, each policy once.

    Args:
        aws: the account.
        parts: takes what could not be read.
    """

    aws: AwsClient
    parts: Parts
    _policies: dict[str, LivePolicy | None] = field(default_factory=dict)

    # SAML providers

    def saml_providers(
        self, arns: Collection[str] | None, issuers: Collection[str] | None = None
    ) -> tuple[dict[str, LiveSamlProvider], tuple[str, ...]]:
        """SAML providers by ARN, and the ARNs that were asked for and do not exist.

        Args:
            arns: which ones; None for all.
            issuers: of those, the ones whose metadata is of one of these issuers (entity ids); None for all.

        Raises:
            Failure: AWS cannot be asked.
        """
        wanted = self._listed_providers() if arns is None else sorted(set(arns))
        found: dict[str, LiveSamlProvider] = {}
        missing = []
        for arn in wanted:
            try:
                one = self.parts.read(f"the SAML provider {_name(arn)}", partial(self._provider, arn), arn)
            except Missing:
                missing.append(arn)
                continue
            if one and (issuers is None or (one.metadata and one.metadata.issuer in issuers)):
                found[arn] = one
        return found, tuple(missing)

    def _listed_providers(self) -> list[str]:
        listed = self.parts.read(
            "the SAML providers",
            lambda: self.aws.call("iam", "ListSAMLProviders").get("SAMLProviderList") or (),
        )
        return sorted(str(one["Arn"]) for one in listed or ())

    def _provider(self, arn: str) -> LiveSamlProvider:
        document = str(self.aws.call("iam", "GetSAMLProvider", SAMLProviderArn=arn)["SAMLMetadataDocument"])
        try:
            metadata, problem = read_metadata(document), ""
        except ValueError as error:
            metadata, problem = None, str(error)
        return LiveSamlProvider(arn, _name(arn), document, metadata, problem)

    # Roles

    def roles(self, arns: Iterable[str]) -> tuple[dict[str, LiveRole], tuple[str, ...]]:
        """Roles by ARN, and the ARNs that do not exist; a role of that name under another path is among the former.

        Raises:
            Failure: AWS cannot be asked.
        """
        found: dict[str, LiveRole] = {}
        missing = []
        for arn in sorted(set(arns)):
            try:
                role = self.parts.read(f"the role {_name(arn)}", partial(self._role, _name(arn)), arn)
            except Missing:
                missing.append(arn)
                continue
            if role:
                found[role.arn] = role
                if role.arn != arn:
                    missing.append(arn)
        return found, tuple(missing)

    def trusting(self, providers: Collection[str]) -> tuple[str, ...]:
        """The ARNs of the roles whose trust names one of these SAML providers, by their ARNs; one paged list.

        Raises:
            Failure: AWS cannot be asked.
        """
        listed = self.parts.read(
            "which roles trust a SAML provider",
            lambda: [
                str(one["Arn"])
                for one in self.aws.pages("iam", "ListRoles", "Roles", MaxItems=MOST_LISTED)
                if _trusts(_text(one.get("AssumeRolePolicyDocument")), providers)
            ],
        )
        return tuple(sorted(listed or ()))

    def _role(self, name: str) -> LiveRole:
        role = self.aws.call("iam", "GetRole", RoleName=name)["Role"]
        document = _text(role.get("AssumeRolePolicyDocument"))
        boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return LiveRole(
            arn=str(role["Arn"]),
            name=str(role["RoleName"]),
            path=str(role.get("Path", "/")),
            description=role.get("Description") or None,
            max_session_duration=int(role.get("MaxSessionDuration", 3600)),
            trust=_policy(document, f"the trust policy of the role {name}"),
            trust_document=document,
            policies=self._policies_of("Role", name),
            boundary_arn=boundary,
            boundary=self._managed(boundary) if boundary else None,
            tags=_tags(role),
        )

    # Policies

    def _policies_of(self, kind: str, name: str) -> tuple[LivePolicy, ...] | None:
        """The policies of a role or user, attached ones first; None where they may not be listed."""
        who = f"the {kind.lower()} {name}"
        given = {f"{kind}Name": name}

        def attached() -> list[str]:
            listed = self.aws.pages("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **given)
            return [str(one["PolicyArn"]) for one in listed]

        def inline() -> list[LivePolicy]:
            names = list(self.aws.pages("iam", f"List{kind}Policies", "PolicyNames", **given))
            found = [self._inline(kind, name, str(policy)) for policy in names]
            return [policy for policy in found if policy]

        arns = self.parts.read(f"the policies attached to {who}", attached)
        own = self.parts.read(f"the inline policies of {who}", inline)
        if arns is None or own is None:
            return None
        managed = [self._managed(arn) for arn in arns]
        return (*(policy for policy in managed if policy), *own)

    def _inline(self, kind: str, name: str, policy: str) -> LivePolicy | None:
        """An inline policy; None where it is gone meanwhile."""
        given = {f"{kind}Name": name, "PolicyName": policy}
        try:
            document = _text(self.aws.call("iam", f"Get{kind}Policy", **given).get("PolicyDocument"))
        except Missing:
            return None
        where = f"the policy {policy} of the {kind.lower()} {name}"
        return LivePolicy(policy, None, "/", None, _policy(document, where), document)

    def _managed(self, arn: str) -> LivePolicy | None:
        """A managed policy; without its text where that may not be read, None where it is gone meanwhile."""
        if arn not in self._policies:
            self._policies[arn] = self._read_managed(arn)
        return self._policies[arn]

    def _read_managed(self, arn: str) -> LivePolicy | None:
        what = f"the policy {_name(arn)}"

        def text() -> tuple[Mapping[str, Any], str]:
            policy = self.aws.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]
            version = self.aws.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=policy["DefaultVersionId"])[
                "PolicyVersion"
            ]
            return policy, _text(version.get("Document"))

        try:
            found = self.parts.read(what, text, arn)
        except Missing:
            return None
        if found is None:
            return LivePolicy(_name(arn), arn, _path(arn), None, None, "")
        policy, document = found
        return LivePolicy(
            name=str(policy["PolicyName"]),
            arn=arn,
            path=str(policy.get("Path", "/")),
            description=policy.get("Description") or None,
            policy=_policy(document, what),
            document=document,
        )

    # The API user

    def api_user(self, name: str) -> LiveApiUser | None:
        """The IAM user whose key Okta has; None where there is none, or it may not be read.

        Raises:
            Failure: AWS cannot be asked.
        """
        try:
            user = self.parts.read(
                f"the IAM user {name}", lambda: self.aws.call("iam", "GetUser", UserName=name)["User"], API_USER
            )
        except Missing:
            return None
        if user is None:
            return None
        keys = self.parts.read(
            f"the access keys of the IAM user {name}",
            lambda: [
                self._key(one) for one in self.aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name)
            ],
        )
        return LiveApiUser(
            arn=str(user["Arn"]),
            name=str(user["UserName"]),
            path=str(user.get("Path", "/")),
            keys=None if keys is None else tuple(keys),
            policies=self._policies_of("User", name),
            boundary_arn=(user.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            tags=_tags(user),
        )

    def _key(self, one: Mapping[str, Any]) -> LiveAccessKey:
        identifier = str(one["AccessKeyId"])
        used = self.parts.read(
            "when the access key was last used",
            lambda: self.aws.call("iam", "GetAccessKeyLastUsed", AccessKeyId=identifier)["AccessKeyLastUsed"],
        )
        return LiveAccessKey(
            id=identifier,
            active=one.get("Status") == "Active",
            created=one["CreateDate"],
            last_used=(used or {}).get("LastUsedDate"),
            last_used_known=used is not None,
        )

    def users_who_may(self, needs: Callable[[Policy], bool]) -> tuple[str, ...]:
        """The names of the IAM users with a policy that `needs` says yes to; one paged list of users and policies.

        Policies of their groups and those that AWS manages are not looked at.

        Args:
            needs: what a policy has to allow.

        Raises:
            Failure: AWS cannot be asked.
        """
        asked = {"Filter": ["User", "LocalManagedPolicy"], "MaxItems": MOST_LISTED}

        def every() -> list[tuple[Mapping[str, Any], set[str]]]:
            users: list[Mapping[str, Any]] = []
            documents: dict[str, str] = {}
            for answer in self.aws.answers("iam", "GetAccountAuthorizationDetails", **asked):
                users += answer.get("UserDetailList") or ()
                for one in answer.get("Policies") or ():
                    for version in one.get("PolicyVersionList") or ():
                        if version["IsDefaultVersion"]:
                            documents[str(one["Arn"])] = _text(version.get("Document"))
            yes = {arn for arn, text in documents.items() if _meets(text, arn, needs)}
            return [(user, yes) for user in users]

        found = self.parts.read("which IAM users may list roles", every, API_USER)
        return tuple(
            sorted(
                str(user["UserName"])
                for user, yes in found or ()
                if any(str(one["PolicyArn"]) in yes for one in user.get("AttachedManagedPolicies") or ())
                or any(_meets(_text(one["PolicyDocument"]), "", needs) for one in user.get("UserPolicyList") or ())
            )
        )


def _meets(document: str, where: str, needs: Callable[[Policy], bool]) -> bool:
    policy = _policy(document, where)
    return policy is not None and needs(policy)


def _policy(document: str, where: str) -> Policy | None:
    try:
        return read_policy(document, where)
    except UnreadablePolicyError:
        return None


def _trusts(document: str, providers: Collection[str]) -> bool:
    policy = _policy(document, "a trust policy")
    if policy is None:
        return any(arn in document for arn in providers)
    named = {name for statement in policy.statements if statement.principals for name in statement.principals.values}
    return any(f"Federated:{arn}" in named for arn in providers)


def _text(document: object) -> str:
    """A policy's text: IAM's query protocol escapes it as a URL does."""
    return unquote(document) if isinstance(document, str) else ""


def _tags(item: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in item.get("Tags") or ()}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _path(arn: str) -> str:
    middle = arn.partition("/")[2].rpartition("/")[0]
    return f"/{middle}/" if middle else "/"
