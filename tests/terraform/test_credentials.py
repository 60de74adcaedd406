"""Credentials: found without a network before Terraform starts, and a refusal of them told in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from connect_sso.environment.model import Environment
from connect_sso.errors import Failure
from connect_sso.terraform import aws_chain
from connect_sso.terraform.aws_chain import aws_source
from connect_sso.terraform.credentials import explain, require_credentials
from tests.environment_files import loaded, minimal

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAINVENTED", "AWS_SECRET_ACCESS_KEY": "invented"}
APP = {"OKTA_API_CLIENT_ID": "0oaInvented", "OKTA_API_PRIVATE_KEY_ID": "kid", "OKTA_API_SCOPES": "okta.apps.manage"}


@pytest.fixture(autouse=True)
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything, a shell without variables, a machine that is not Amazon's, and no network."""
    for name in os.environ:
        if name.startswith(("AWS_", "OKTA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(aws_chain, "EC2", (tmp_path / "board_vendor",))

    def no_network(*_: Any) -> None:
        raise AssertionError("something asks the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    (tmp_path / ".aws" / "sso" / "cache").mkdir(parents=True)
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def an_environment(folder: Path, **changes: Any) -> Environment:
    environment = loaded(folder, minimal(**changes)).environment
    assert environment is not None
    return environment


def pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def key() -> str:
    """A private key, as PEM."""
    return pem(rsa.generate_private_key(65537, 2048))


PROFILES = """
[profile keys]
aws_access_key_id = AKIAINVENTED
aws_secret_access_key = invented
[profile elsewhere]
region = us-west-2
[profile process]
credential_process = /usr/bin/vault-of-the-company
[profile role]
role_arn = arn:aws:iam::111122223333:role/terraform
source_profile = process
[profile lost]
role_arn = arn:aws:iam::111122223333:role/terraform
source_profile = nowhere
[profile round]
role_arn = arn:aws:iam::111122223333:role/terraform
source_profile = round
[profile machine]
role_arn = arn:aws:iam::111122223333:role/terraform
credential_source = Ec2InstanceMetadata
[profile person]
sso_session = company
sso_account_id = 111122223333
sso_role_name = Admin
[sso-session company]
sso_region = us-west-2
sso_start_url = https://company.example/start
[profile unfinished]
sso_session = another
"""


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        (KEYS, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (KEYS | {"AWS_PROFILE": "nowhere"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"AWS_PROFILE": "keys"}, "the profile 'keys' (AWS_PROFILE)"),
        ({"AWS_DEFAULT_PROFILE": "process"}, "the profile 'process' (AWS_DEFAULT_PROFILE)"),
        ({"AWS_PROFILE": "role"}, "the profile 'role' (AWS_PROFILE)"),
        ({"AWS_PROFILE": "machine"}, "the profile 'machine' (AWS_PROFILE)"),
        (
            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"},
            "the container's role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)",
        ),
        ({"AWS_EC2_METADATA_DISABLED": "false"}, "the role of the EC2 instance"),
    ],
)
def test_where_aws_credentials_come_from(
    shell: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], source: str
) -> None:
    (shell / ".aws" / "config").write_text(PROFILES, "utf-8")
    give(monkeypatch, variables)
    assert aws_source() == source


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "there are no AWS credentials for Terraform: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"),
        ({"AWS_ACCESS_KEY_ID": "AKIAINVENTED"}, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"),
        ({"AWS_SECRET_ACCESS_KEY": "invented"}, "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not"),
        ({"AWS_PROFILE": "nowhere"}, "has no profile 'nowhere'"),
        ({"AWS_PROFILE": "elsewhere"}, "the profile 'elsewhere' (AWS_PROFILE) has no credentials"),
        ({"AWS_PROFILE": "lost"}, "has no profile 'nowhere'"),
        ({"AWS_PROFILE": "round"}, "the profile 'round' (AWS_PROFILE) has no credentials"),
        ({"AWS_PROFILE": "unfinished"}, "names the sso-session 'another'"),
        (
            {"AWS_PROFILE": "person"},
            "nobody has signed in for the AWS profile 'person': aws sso login --profile person",
        ),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}, "AWS_ROLE_ARN is not"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "arn"}, "/nowhere, which cannot be read"),
    ],
)
def test_where_aws_credentials_are_missing(
    shell: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    (shell / ".aws" / "config").write_text(PROFILES, "utf-8")
    give(monkeypatch, variables)
    with pytest.raises(Failure) as stopped:
        aws_source()
    assert says in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_the_files_of_aws_can_lie_elsewhere(shell: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell / "mine").write_text(
        "[default]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented\n", "utf-8"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shell / "mine"))
    assert aws_source() == "the profile 'default'"


def test_a_configuration_that_is_none(shell: Path) -> None:
    (shell / ".aws" / "config").write_text("a secret without a section\n", "utf-8")
    with pytest.raises(Failure, match="cannot be read") as stopped:
        aws_source()
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize(
    ("token", "good"),
    [
        ({"expiresAt": "2099-01-01T00:00:00Z"}, True),
        ({"expiresAt": "2020-01-01T00:00:00UTC"}, False),
        ({"expiresAt": "2020-01-01T00:00:00Z", "refreshToken": "invented"}, True),
        ({"expiresAt": "soon"}, True),
    ],
)
def test_a_sign_in_that_is_over(
    shell: Path, monkeypatch: pytest.MonkeyPatch, token: dict[str, str], good: bool
) -> None:
    """One that can be renewed is left to AWS, and so is what cannot be read."""
    (shell / ".aws" / "config").write_text(PROFILES, "utf-8")
    monkeypatch.setenv("AWS_PROFILE", "person")
    name = hashlib.sha1(b"company", usedforsecurity=False).hexdigest()
    (shell / ".aws" / "sso" / "cache" / f"{name}.json").write_text(json.dumps(token | {"accessToken": "x"}), "utf-8")
    if good:
        assert aws_source() == "the profile 'person' (AWS_PROFILE)"
    else:
        with pytest.raises(Failure, match="has expired: aws sso login --profile person"):
            aws_source()


def test_an_instance_of_amazon(shell: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its role is known to a service on the network alone, which is Terraform's to ask, unless somebody has turned that off."""
    (shell / "board_vendor").write_text("Amazon EC2\n", "utf-8")
    assert aws_source() == "the role of the EC2 instance"
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Failure, match="no AWS credentials"):
        aws_source()


@pytest.mark.parametrize("variables", [{"OKTA_API_TOKEN": "00invented"}, {"OKTA_ACCESS_TOKEN": "invented"}])
def test_a_token_of_okta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    give(monkeypatch, KEYS | variables)
    require_credentials(an_environment(tmp_path))


def test_a_service_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Its key as PEM, as PEM on one line, or in a file."""
    give(monkeypatch, KEYS | APP)
    (tmp_path / "key.pem").write_text(key, "utf-8")
    for given in (key, key.replace("\n", "\\n"), str(tmp_path / "key.pem")):
        monkeypatch.setenv("OKTA_API_PRIVATE_KEY", given)
        require_credentials(an_environment(tmp_path))


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "there are no Okta credentials"),
        ({"OKTA_API_PRIVATE_KEY": "KEY"}, "OKTA_API_CLIENT_ID is not"),
        ({"OKTA_API_CLIENT_ID": "0oa", "OKTA_API_PRIVATE_KEY": "KEY"}, "OKTA_API_SCOPES is not"),
        (APP | {"OKTA_API_PRIVATE_KEY": "/nowhere/key.pem"}, "nor a file that can be read"),
        (APP | {"OKTA_API_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----"}, "is not a private key"),
        (APP | {"OKTA_API_PRIVATE_KEY": "CURVE"}, "is not a private RSA key"),
        (APP | {"OKTA_API_PRIVATE_KEY": "JWK"}, "is a JSON Web Key; the Okta provider reads PEM"),
        (APP | {"OKTA_API_PRIVATE_KEY": "key.pem"}, "give its absolute path"),
    ],
)
def test_okta_credentials_that_cannot_be_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, variables: dict[str, str], says: str
) -> None:
    numbers = rsa.generate_private_key(65537, 2048)
    keys = {
        "KEY": key,
        "CURVE": pem(ec.generate_private_key(ec.SECP256R1())),
        "JWK": RSAAlgorithm.to_jwk(numbers),
    }
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.pem").write_text(key, "utf-8")
    give(monkeypatch, KEYS | {name: keys.get(value, value) for name, value in variables.items()})
    with pytest.raises(Failure) as stopped:
        require_credentials(an_environment(tmp_path))
    assert says in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_remote_run_has_its_own(tmp_path: Path) -> None:
    require_credentials(an_environment(tmp_path, state={"cloud": {"organization": "acme", "workspace": "w"}}))


def test_a_state_in_s3_needs_those_of_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_API_TOKEN", "00invented")
    with pytest.raises(Failure, match="no AWS credentials"):
        require_credentials(an_environment(tmp_path, state={"s3": {"bucket": "acme-state", "region": "us-west-2"}}))


STS = "Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: r, api error "
FRAMED = """
Terraform planned the following actions, but then encountered a problem:

\x1b[31m╷\x1b[0m\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[1m\x1b[31mError: \x1b[0m\x1b[0m\x1b[1m{}\x1b[0m
\x1b[31m│\x1b[0m \x1b[0m
\x1b[31m│\x1b[0m \x1b[0m\x1b[0m  with provider["registry.terraform.io/hashicorp/aws"],
\x1b[31m╵\x1b[0m\x1b[0m
"""


@pytest.mark.parametrize(
    ("message", "variables", "sentence"),
    [
        (
            "[ERROR] failed validate configuration: error with v3 SDK\n│ client: 401 UNAUTHORIZED",
            {"OKTA_API_TOKEN": "00invented"},
            "acme.okta.com does not take the token in OKTA_API_TOKEN: it is wrong, revoked or expired, or of another org",
        ),
        (
            "failed to query for groups: the API returned an error: Invalid token provided",
            {"OKTA_ACCESS_TOKEN": "invented"},
            "acme.okta.com does not take the token in OKTA_ACCESS_TOKEN: it is wrong, revoked or expired, or of another org",
        ),
        (
            "failed to query for groups: empty access token",
            APP | {"OKTA_API_PRIVATE_KEY": "KEY"},
            "acme.okta.com gives the service app of OKTA_API_CLIENT_ID (0oaInvented) no access token: OKTA_API_PRIVATE_KEY,"
            " OKTA_API_PRIVATE_KEY_ID and OKTA_API_SCOPES have to be those of that app, and the scopes granted to it",
        ),
        (
            "AWS account ID not allowed: 444455556666",
            KEYS,
            "the AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) are of account 444455556666, and the environment is of"
            " account 111122223333",
        ),
        (
            f"{STS}InvalidClientTokenId: The security token included in the request is invalid.",
            KEYS,
            "AWS does not take the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY): they are wrong or no longer valid"
            " (InvalidClientTokenId)",
        ),
        (
            f"{STS}ExpiredToken: The security token included in the request is expired",
            KEYS,
            "the AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) have expired; get new ones, for example with"
            " `aws sso login`",
        ),
        (
            "Cannot assume IAM Role\n│ \n│ IAM Role (arn:aws:iam::111122223333:role/terraform) cannot be assumed.",
            KEYS,
            "AWS does not let the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) take on the role"
            " arn:aws:iam::111122223333:role/terraform",
        ),
        (
            "No valid credential sources found",
            {},
            "Terraform finds no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in"
            " (`aws sso login`)",
        ),
    ],
)
def test_a_refusal_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    message: str,
    variables: dict[str, str],
    sentence: str,
) -> None:
    give(monkeypatch, {name: key if value == "KEY" else value for name, value in variables.items()})
    assert explain(FRAMED.format(message), an_environment(tmp_path)) == sentence


@pytest.mark.parametrize(
    "message",
    [
        "",
        'creating IAM Role (Okta_Role): operation error IAM: CreateRole, api error AccessDenied: "me" is not authorized',
        "the API returned an error: You do not have permission to perform the requested action",
        "Instance cannot be destroyed",
    ],
)
def test_what_is_no_refusal_of_credentials(tmp_path: Path, message: str) -> None:
    assert explain(FRAMED.format(message), an_environment(tmp_path)) is None
