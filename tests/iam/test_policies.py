"""Policy documents, statement by statement."""

import json

from connect_sso.iam import policies


def test_federation_is_exactly_the_callers_own_session() -> None:
    """One action, one resource; `${aws:userid}` escaped, so that Terraform passes it through."""
    (statement,) = policies.federation("arn:aws:connect:us-east-1:111122223333:instance/i")["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "connect:GetFederationToken"
    assert statement["Resource"] == "arn:aws:connect:us-east-1:111122223333:instance/i/user/$${aws:userid}"
    assert "Condition" not in statement


def test_trust_names_providers_and_endpoints() -> None:
    """Nobody but these providers, and only with an assertion received at one of these endpoints."""
    (statement,) = policies.trust(
        saml_providers=["arn:p1", "arn:p2"], endpoints=["https://a", "https://b"], tag_session=False
    )["Statement"]
    assert statement["Principal"] == {"Federated": ["arn:p1", "arn:p2"]}
    assert statement["Action"] == "sts:AssumeRoleWithSAML"
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": ["https://a", "https://b"]}}


def test_session_tags_need_a_permission_of_their_own() -> None:
    """Without sts:TagSession an assertion with tags is refused as a whole."""
    (statement,) = policies.trust(saml_providers=["arn:p"], endpoints=["https://a"], tag_session=True)["Statement"]
    assert statement["Action"] == ["sts:AssumeRoleWithSAML", "sts:TagSession"]


def test_okta_reads_roles_and_nothing_else() -> None:
    """The key lies outside AWS; what it can do must be next to nothing."""
    (statement,) = policies.role_reader()["Statement"]
    assert statement["Action"] == ["iam:ListAccountAliases", "iam:ListRoles"]


def test_the_bucket_refuses_requests_without_tls() -> None:
    """Bucket and objects both."""
    (statement,) = policies.tls_only("arn:aws:s3:::b")["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_policies_are_json() -> None:
    """What is given to the provider is one JSON document."""
    assert json.loads(policies.policy_json(policies.role_reader()))["Version"] == "2012-10-17"
