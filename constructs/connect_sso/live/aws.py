"""An AWS account in one region, through boto3: which credentials, how fast, and what becomes of errors.

boto3 takes long to import, so nothing here imports it before an account is opened.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connect_sso.errors import Failure
from connect_sso.live import permissions
from connect_sso.live.reading import Denied, Missing, Pacer, one_line

if TYPE_CHECKING:
    from connect_sso.environment.model import AssumeRole

CONNECT_RATE = 2.0
"""Connect calls a second: most operations' default quota.

https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html#api-throttling-quotas
"""

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
"""Seconds."""

ATTEMPTS = 8
"""How often a call is tried that AWS throttles or fails at, with growing pauses: a minute at most."""

NOT_WAITED_FOR = {"service-quotas"}
"""Services on which nothing depends: where they cannot be reached, nobody waits for them."""

SESSION_NAME = "connect-sso"
"""What CloudTrail shows where the file names no session."""

MOST_PAGES = 10_000
"""A list that has more never ends."""

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_MISSING = {"NoSuchEntity", "NoSuchResourceException", "ResourceNotFoundException"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
"""Codes of credentials that were good once."""

INVALID = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""Codes of credentials that are none, or none there."""

_THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

NAMES = {"connect": "Amazon Connect", "iam": "IAM", "service-quotas": "Service Quotas", "sts": "AWS STS"}
CREDENTIALS = "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class AwsClient:
    """An account that is open for reading.

    Args:
        clients: a client of boto3 by service.
        account_id: whose account it is.
        region: where.
        partition: `aws`, `aws-us-gov`.
        pacer: how fast Connect is asked.
    """

    def __init__(
        self, clients: Callable[[str], Any], account_id: str, region: str, partition: str, pacer: Pacer | None = None
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.partition = partition
        self._clients = clients
        self._pacer = pacer or Pacer(CONNECT_RATE)
        self._open: dict[str, Any] = {}

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """What an operation answers.

        Args:
            service: as boto3 calls it.
            operation: as the API calls it, one of those of `live.permissions`.
            parameters: the operation's.

        Raises:
            Denied: these credentials may not.
            Missing: there is no such thing.
            Failure: anything else, in one line.
        """
        needs = permissions.action(service, operation).name
        if service not in self._open:
            self._open[service] = self._clients(service)
        if service == "connect":
            self._pacer.wait()
        return ask(self._open[service], service, operation, self.region, needs, parameters)

    def pages(self, service: str, operation: str, items: str, **parameters: Any) -> Iterator[Any]:
        """The items of a list, in the service's order.

        Args:
            service: as boto3 calls it.
            operation: as the API calls it.
            items: what the answer calls the list.
            parameters: the operation's.

        Raises:
            Denied: these credentials may not.
            Missing: there is no such thing.
            Failure: anything else, or a list without an end.
        """
        for answer in self.answers(service, operation, **parameters):
            yield from answer.get(items) or ()

    def answers(self, service: str, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        """What an operation answers, page by page; see `pages`."""
        token_name = "Marker" if service == "iam" else "NextToken"
        token: str | None = None
        for _ in range(MOST_PAGES):
            answer = self.call(service, operation, **parameters, **({token_name: token} if token else {}))
            yield answer
            before, token = token, answer.get(token_name)
            if not token:
                return
            if token == before:
                break
        raise Failure(f"{NAMES[service]} answers {operation} without an end")


def open_account(
    region: str,
    account_id: str | None = None,
    assume_role: AssumeRole | None = None,
    pacer: Pacer | None = None,
) -> AwsClient:
    """An account, with the credentials and endpoints that Terraform's provider takes from the environment.

    Args:
        region: where the instance is.
        account_id: the account that it has to be; None for whichever the credentials are of.
        assume_role: the role to take on, if any.
        pacer: how fast Connect is asked, two calls a second unless told.

    Raises:
        Failure: no credentials, invalid or expired ones, those of another account, or the region is not there.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from botocore.handlers import json_decode_policies

    def client_of(session: Any, service: str) -> Any:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "max_attempts": 2 if service in NOT_WAITED_FOR else ATTEMPTS},
            user_agent_appid="connect-sso",
        )
        try:
            client = session.client(service, config=config)
        except (BotoCoreError, ValueError) as error:
            raise _unusable(error, NAMES[service], region) from None
        # boto3 parses IAM's policies; what reads them here wants the text.
        client.meta.events.unregister("after-call.iam", json_decode_policies)
        return client

    try:
        session = boto3.Session(region_name=region)
    except (BotoCoreError, ValueError) as error:
        raise _unusable(error, NAMES["sts"], region) from None
    if assume_role:
        session = _assumed(client_of(session, "sts"), assume_role, region)
    caller = ask(client_of(session, "sts"), "sts", "GetCallerIdentity", region, "sts:GetCallerIdentity", {})
    found, arn = str(caller["Account"]), str(caller["Arn"])
    if account_id and found != account_id:
        raise Failure(
            f"the AWS credentials are of account {found}, and the file is of {account_id}; {CREDENTIALS} say whose they are"
        )
    return AwsClient(lambda service: client_of(session, service), found, region, arn.split(":")[1], pacer)


def _assumed(sts: Any, role: AssumeRole, region: str) -> Any:
    """A session of the role that the file names."""
    import boto3

    parameters = {"RoleArn": role.role_arn, "RoleSessionName": role.session_name or SESSION_NAME}
    if role.external_id:
        parameters["ExternalId"] = role.external_id
    try:
        given = ask(sts, "sts", "AssumeRole", region, "sts:AssumeRole", parameters)["Credentials"]
    except Denied as denied:
        raise Failure(f"AWS does not let these credentials take on {role.role_arn}: {denied.why}") from None
    return boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )


def ask(
    client: Any, service: str, operation: str, region: str, needs: str, parameters: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What a client answers, see `AwsClient.call`; errors become ours."""
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError

    began = time.monotonic()
    try:
        answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        raise _refused(error.response, service, operation, region, needs, time.monotonic() - began) from None
    except (BotoCoreError, ValueError) as error:
        raise _unusable(error, NAMES[service], region) from None
    return answer


def _refused(
    response: Mapping[str, Any], service: str, operation: str, region: str, needs: str, seconds: float
) -> Exception:
    """What an error answer means."""
    error = response.get("Error") or {}
    code, says = str(error.get("Code") or "no code"), one_line(str(error.get("Message") or ""))
    name = NAMES[service]
    if code in _DENIED:
        return Denied(needs, says or code)
    if code in _MISSING:
        return Missing(says or code)
    # The text of these may quote the request that was signed, with its token.
    if code in EXPIRED:
        return Failure(
            f"the AWS credentials have expired ({name}: {code}); get new ones, for example with `aws sso login`"
        )
    if code in INVALID:
        return Failure(
            f"{name} in {region} does not take the AWS credentials ({code}): they are wrong or no longer valid, or the region is not enabled for the account"
        )
    if code in _THROTTLED:
        return Failure(f"{name} kept answering {operation} with {code} for {seconds:.0f} seconds; try again later")
    # What that is nobody knows; the part that was asked for could not be read, and others can.
    return Denied(needs, f"{name} in {region} answered {operation} with {code}{f': {says}' if says else ''}")


def _unusable(error: Exception, name: str, region: str) -> Failure:
    """What it means that there was no answer; the texts of these may hold a proxy's password."""
    from botocore import exceptions

    profile = os.environ.get("AWS_PROFILE")
    if isinstance(error, exceptions.ProfileNotFound):
        return Failure(f"AWS_PROFILE names {profile!r}, and there is no such profile in the AWS configuration")
    if isinstance(error, exceptions.NoCredentialsError):
        return Failure(f"there are no AWS credentials: set {CREDENTIALS}, as for Terraform")
    if isinstance(error, exceptions.PartialCredentialsError):
        return Failure(f"the AWS credentials are incomplete: set {CREDENTIALS}, as for Terraform")
    if isinstance(error, exceptions.SSOError | exceptions.TokenRetrievalError):
        return Failure(f"the AWS sign-in has expired: aws sso login{f' --profile {profile}' if profile else ''}")
    if isinstance(error, exceptions.CredentialRetrievalError | exceptions.MetadataRetrievalError):
        return Failure(
            f"the AWS credentials could not be had ({type(error).__name__}); {CREDENTIALS} say which they are"
        )
    if isinstance(error, exceptions.SSLError):
        return Failure(f"{name} in {region} could not be reached: its certificate is not trusted here (AWS_CA_BUNDLE)")
    if isinstance(error, exceptions.ProxyConnectionError):
        return Failure(f"{name} in {region} could not be reached: the proxy of HTTPS_PROXY does not answer")
    if isinstance(error, exceptions.EndpointConnectionError):
        return Failure(
            f"{name} in {region} could not be reached at {one_line(str(error.kwargs.get('endpoint_url')))}: there is no network, or the service is not in that region"
        )
    if isinstance(error, exceptions.ConnectTimeoutError | exceptions.ReadTimeoutError):
        return Failure(f"{name} in {region} did not answer in time")
    return Failure(f"{name} in {region} could not be asked ({type(error).__name__})")
