"""The way in on the AWS side: one SAML provider per app, one role per role name, one permission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.iam_access_key import IamAccessKey
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.iam_saml_provider import IamSamlProvider
from cdktf_cdktf_provider_aws.iam_user import IamUser
from cdktf_cdktf_provider_aws.iam_user_policy_attachment import IamUserPolicyAttachment
from constructs import Construct

from connect_sso.environment.derived_names import role_address
from connect_sso.facts import sessions
from connect_sso.iam import policies
from connect_sso.infrastructure.addresses import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connect_sso.infrastructure.instance import Instance
    from connect_sso.infrastructure.okta_apps import FederationApp


KEEP_POLICY = TerraformResourceLifecycle(ignore_changes=["description", "path"])
"""IAM replaces a policy, with its attachments, for another description or path: meanwhile nobody could sign in."""


class FederationProvider(IamSamlProvider):
    """IAM's record of one Okta app: its document is that app's metadata."""

    def __init__(
        self, scope: Construct, construct_id: str, *, app: FederationApp, name: str, expected_arn: str
    ) -> None:
        """Declare the provider.

        Args:
            app: the Okta app whose assertions it vouches for.
            name: its name in IAM.
            expected_arn: the ARN that Okta was given.
        """
        super().__init__(
            scope,
            construct_id,
            name=name,
            saml_metadata_document=app.metadata,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    # Okta was told the ARN before the provider existed, so it is computed: hold it to the real one.
                    Postcondition(
                        condition=f'${{self.arn == "{expected_arn}"}}',
                        error_message=f"IAM made the SAML provider ${{self.arn}}, but Okta was given {expected_arn}: "
                        "sign-in cannot work. Check aws.account_id and the partition of aws.region.",
                    )
                ]
            ),
        )
        named(self, app.key)


class FederationPolicy(IamPolicy):
    """The permission to sign in to one instance."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, path: str, instance: Instance) -> None:
        super().__init__(
            scope,
            construct_id,
            name=name,
            path=_unless_default(path),
            description="Sign-in to Amazon Connect through Okta",
            policy=policies.policy_json(policies.federation(instance.arn)),
            lifecycle=KEEP_POLICY,
        )
        named(self, "federation")
        self.policy_arn: str = self.arn


class FederationRole(Construct):
    """A role that people assume with an assertion of one of its SAML providers."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        trust: policies.Policy,
        saml_providers: Sequence[FederationProvider],
        session_duration: int,
        policy: FederationPolicy,
        path: str,
        permissions_boundary: str | None,
    ) -> None:
        """Declare the role.

        Args:
            name: its name, from which its address follows.
            trust: its trust policy, which names the SAML providers by their ARNs.
            saml_providers: what must be there before IAM takes that policy.
            session_duration: the longest session, in seconds.
            policy: the permission to sign in.
            path: its IAM path.
            permissions_boundary: the ARN of the policy that bounds it.
        """
        super().__init__(scope, construct_id)
        role = named(
            IamRole(
                self,
                "role",
                name=name,
                path=_unless_default(path),
                permissions_boundary=permissions_boundary,
                assume_role_policy=policies.policy_json(trust),
                max_session_duration=session_duration,
                depends_on=saml_providers,
            ),
            role_address(name),
        )
        attachment = IamRolePolicyAttachment(self, "attachment", role=role.name, policy_arn=policy.policy_arn)
        named(attachment, role_address(name))
        self.arn: str = role.arn


class EmergencyAccess(Construct):
    """A role outside Okta that opens the instance's administration for an hour."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: str,
        trusted: Sequence[str],
        instance: Instance,
        path: str,
        permissions_boundary: str | None,
    ) -> None:
        """Declare the role and its one permission, a policy of the same name.

        Args:
            role: its name, from which its address follows.
            trusted: the ARNs of the roles and users that may take it.
            instance: what it opens.
            path: the IAM path of both.
            permissions_boundary: the ARN of the policy that bounds the role.
        """
        super().__init__(scope, construct_id)
        iam_role = named(
            IamRole(
                self,
                "role",
                name=role,
                path=_unless_default(path),
                permissions_boundary=permissions_boundary,
                assume_role_policy=policies.policy_json(policies.emergency_trust(trusted)),
                max_session_duration=sessions.ROLE_SHORTEST,
            ),
            role_address(role),
        )
        permission = IamPolicy(
            self,
            "policy",
            name=role,
            path=_unless_default(path),
            description="Amazon Connect's emergency access, without Okta",
            policy=policies.policy_json(policies.emergency_access(instance.arn)),
            lifecycle=KEEP_POLICY,
        )
        named(permission, "emergency")
        attachment = IamRolePolicyAttachment(self, "attachment", role=iam_role.name, policy_arn=permission.arn)
        named(attachment, role_address(role))


class ApiIntegrationUser(Construct):
    """The IAM user whose key lets Okta's API integration read the account's roles."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        user: str,
        policy: str,
        access_key: bool,
        path: str,
        permissions_boundary: str | None,
    ) -> None:
        """Declare the user and what it may do.

        Args:
            user: its name.
            policy: the name of its permission.
            access_key: whether Terraform makes its key.
            path: the IAM path of both.
            permissions_boundary: the ARN of the policy that bounds the user.
        """
        super().__init__(scope, construct_id)
        name = "api_integration"
        iam_user = named(
            IamUser(self, "user", name=user, path=_unless_default(path), permissions_boundary=permissions_boundary),
            name,
        )
        reader = IamPolicy(
            self,
            "policy",
            name=policy,
            path=_unless_default(path),
            description="Okta's API integration reads the account's roles",
            policy=policies.policy_json(policies.role_reader()),
            lifecycle=KEEP_POLICY,
        )
        named(reader, name)
        named(IamUserPolicyAttachment(self, "attachment", user=iam_user.name, policy_arn=reader.arn), name)
        self.access_key: IamAccessKey | None = None
        """The key, where Terraform makes it; its secret lies in the state."""
        if access_key:
            self.access_key = named(IamAccessKey(self, "access-key", user=iam_user.name), name)


def _unless_default(path: str) -> str | None:
    """The path, or nothing where it is IAM's own default."""
    return None if path == "/" else path
