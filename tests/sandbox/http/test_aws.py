"""What IAM refuses beyond moto, its eventual consistency, whose account it is; and that nothing is left running."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from tests.conftest import ROOT
from tests.sandbox import metadata
from tests.sandbox.http.serving import SERVICES, Accounts

PROVIDER = "arn:aws:iam::111122223333:saml-provider/Okta"


def document() -> str:
    """An identity provider's metadata."""
    certificate = metadata.signing_pair("acme", "kid")[1]
    return metadata.document("http://www.okta.com/exk1", "https://acme.okta.com/app/sso/saml", certificate)


def trust(provider: str = PROVIDER) -> str:
    """A role's trust in an identity provider."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(code: str) -> Any:
    """The error with this code."""
    return pytest.raises(ClientError, match=rf"\({code}\)")


def test_a_role_trusts_a_provider_that_exists(running: Accounts) -> None:
    iam = running.client("iam")
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="Okta_Role", AssumeRolePolicyDocument=trust())
    iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=document())
    iam.create_role(RoleName="Okta_Role", AssumeRolePolicyDocument=trust())
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="Okta_Role", PolicyDocument=trust(PROVIDER + "2"))


def test_iam_catches_up(start: Callable[..., Accounts]) -> None:
    """What was just made is not there for a while, neither for readers nor as a principal."""
    iam = start(lag=0.4).client("iam")
    iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=document())
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="Okta_Role", AssumeRolePolicyDocument=trust())
    time.sleep(0.5)
    iam.create_role(RoleName="Okta_Role", AssumeRolePolicyDocument=trust())
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="Okta_Role")
    time.sleep(0.5)
    assert iam.get_role(RoleName="Okta_Role")["Role"]["RoleName"] == "Okta_Role"


def test_the_tags_of_an_identity_provider(running: Accounts) -> None:
    iam = running.client("iam")
    made = iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=document(), Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_saml_provider(SAMLProviderArn=made["SAMLProviderArn"], Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_saml_provider(SAMLProviderArn=made["SAMLProviderArn"], TagKeys=["a"])
    assert iam.get_saml_provider(SAMLProviderArn=made["SAMLProviderArn"])["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("create_saml_provider", {"Name": "Okta", "SAMLMetadataDocument": "x" * 1000}, "InvalidInput"),
        ("create_saml_provider", {"Name": "O k", "SAMLMetadataDocument": document()}, "ValidationError"),
        ("create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
        ("create_role", {"RoleName": "a", "AssumeRolePolicyDocument": '{"a": "' + "x" * 2048 + '"}'}, "LimitExceeded"),
        (
            "create_role",
            {"RoleName": "a", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 43201},
            "ValidationError",
        ),
        (
            "create_policy",
            {"PolicyName": "a", "PolicyDocument": '{"a": "' + "x" * 6144 + '"}'},
            "MalformedPolicyDocument",
        ),
    ],
)
def test_iam_refuses(running: Accounts, operation: str, given: dict[str, Any], code: str) -> None:
    with refused(code):
        getattr(running.client("iam"), operation)(**given)


@pytest.mark.parametrize(
    ("operation", "parameter", "more"),
    [
        ("create_user", "UserName", {}),
        (
            "create_role",
            "RoleName",
            {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})},
        ),
        (
            "create_policy",
            "PolicyName",
            {
                "PolicyDocument": json.dumps(
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
                )
            },
        ),
    ],
)
def test_names_differ_by_more_than_case(
    running: Accounts, operation: str, parameter: str, more: dict[str, str]
) -> None:
    create = getattr(running.client("iam"), operation)
    create(**{parameter: "Okta_Role"}, **more)
    with refused("EntityAlreadyExists"):
        create(**{parameter: "okta_role"}, **more)


def test_whose_account_it_is(running: Accounts) -> None:
    """The access key says so: a key of another account meets another account."""
    assert running.client("sts").get_caller_identity()["Account"] == "111122223333"
    variables = running.variables("444455556666")
    other = boto3.client(
        "sts",
        region_name="us-west-2",
        endpoint_url=variables["AWS_ENDPOINT_URL_STS"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    assert other.get_caller_identity()["Account"] == "444455556666"


def test_a_request_without_a_signature(running: Accounts) -> None:
    assert requests.get(f"{running.aws_url}/instance", timeout=60).status_code == 403


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_make_accounts_ends_cleanly(number: signal.Signals) -> None:
    """It prints what to export, listens on loopback alone, and nothing listens any more once it was interrupted."""
    command = [sys.executable, "-m", "tests.sandbox.http.serving"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(len(SERVICES) + 6)]
        variables = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[1:])
        urls = {variables["AWS_ENDPOINT_URL_CONNECT"], variables["OKTA_HTTP_PROXY"]}
        token = {"Authorization": f"SSWS {variables['OKTA_API_TOKEN']}"}
        assert requests.get(variables["OKTA_HTTP_PROXY"] + "/api/v1/apps", headers=token, timeout=60).json() == []
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    for url in urls:
        host, port = url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0
