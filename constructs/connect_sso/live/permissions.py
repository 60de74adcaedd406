"""What reading the live accounts needs: IAM actions, Okta's scopes, Okta's administrator roles.

The readers are held to it: an AWS operation that is not here is not called.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """An IAM action, which is also the operation that it allows."""

    service: str
    """As boto3 and IAM call it."""
    operation: str
    reads: str
    """What is read with it, to go on a sentence."""
    always: bool = True
    """Whether a plain reading needs it; otherwise it is for what only some companies have, or only `adopt` looks at."""

    @property
    def name(self) -> str:
        """As a policy writes it: `connect:SearchUsers`."""
        return f"{IAM_PREFIXES.get(self.service, self.service)}:{self.operation}"


IAM_PREFIXES = {"service-quotas": "servicequotas"}
"""Services that IAM calls otherwise than boto3."""

AWS = (
    Action("sts", "GetCallerIdentity", "whose credentials they are"),  # needs no permission
    Action("sts", "AssumeRole", "through the role of aws.assume_role, where the file names one", always=False),
    Action("connect", "ListInstances", "an instance by its alias"),
    Action("connect", "DescribeInstance", "an instance by its id"),
    Action("connect", "ListInstanceAttributes", "what the instance has switched on"),
    Action("connect", "ListInstanceStorageConfigs", "where recordings go"),
    Action("connect", "ListApprovedOrigins", "the approved origins"),
    Action("connect", "SearchUsers", "the Connect users, by pages"),
    Action("connect", "ListUsers", "the names of users, where SearchUsers gave fewer than there are", always=False),
    Action("connect", "ListSecurityProfiles", "the names of security profiles"),
    Action("connect", "ListSecurityProfilePermissions", "what a company's own security profiles allow"),
    Action("connect", "ListRoutingProfiles", "the names of routing profiles", always=False),
    Action("connect", "SearchUserHierarchyGroups", "the agents' hierarchy", always=False),
    Action("service-quotas", "GetServiceQuota", "how many users the instance may have"),
    Action("iam", "ListSAMLProviders", "which SAML providers there are", always=False),
    Action("iam", "GetSAMLProvider", "a SAML provider's metadata"),
    Action("iam", "ListRoles", "which roles trust a SAML provider", always=False),
    Action("iam", "GetRole", "a role's trust, longest session and boundary"),
    Action("iam", "ListAttachedRolePolicies", "a role's managed policies"),
    Action("iam", "ListRolePolicies", "a role's inline policies"),
    Action("iam", "GetRolePolicy", "an inline policy of a role"),
    Action("iam", "GetPolicy", "a managed policy"),
    Action("iam", "GetPolicyVersion", "what a managed policy says"),
    Action("iam", "GetUser", "the API user"),
    Action("iam", "ListAccessKeys", "the API user's keys"),
    Action("iam", "GetAccessKeyLastUsed", "when a key of the API user was last used"),
    Action("iam", "ListAttachedUserPolicies", "the API user's managed policies"),
    Action("iam", "ListUserPolicies", "the API user's inline policies"),
    Action("iam", "GetUserPolicy", "an inline policy of the API user"),
    Action("iam", "GetAccountAuthorizationDetails", "which IAM users may list roles", always=False),
)
"""Everything the readers ask AWS."""

ALSO = {
    "connect:DescribeInstance": ("ds:DescribeDirectories",),
    "connect:ListInstances": ("ds:DescribeDirectories",),
    "connect:SearchUserHierarchyGroups": ("connect:DescribeUserHierarchyGroup",),
    "connect:SearchUsers": ("connect:DescribeUser", "connect:ListUserProficiencies"),
}
"""What AWS checks besides.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonconnect.html
"""

_BY_OPERATION = {(action.service, action.operation): action for action in AWS}


def action(service: str, operation: str) -> Action:
    """The action of an operation.

    Raises:
        KeyError: it is none of those that read.
    """
    return _BY_OPERATION[service, operation]


@dataclass(frozen=True, slots=True)
class Scope:
    """An OAuth scope of the Okta API."""

    area: str
    """`apps` in `okta.apps.read`."""
    reads: str

    @property
    def name(self) -> str:
        """As Okta writes it; `.manage` in place of `.read` allows the same and more."""
        return f"okta.{self.area}.read"

    @property
    def manage(self) -> str:
        """The scope that allows reading and more."""
        return f"okta.{self.area}.manage"


OKTA = (
    Scope("apps", "the apps, their metadata and assignments"),
    Scope("groups", "groups, their members, group rules"),
    Scope("users", "people by their login"),
    Scope("policies", "the names of authentication policies"),
)
"""Everything the readers ask Okta. https://developer.okta.com/docs/api/oauth2/"""

SCOPES = {scope.area: scope for scope in OKTA}

OKTA_ROLE = "Read-Only Administrator"
"""Okta's standard role that sees all of this and changes nothing; the app or the token's owner needs it besides the scopes.

https://help.okta.com/oie/en-us/content/topics/security/administrators-read-only-admin.htm
"""
