"""The endpoint of all AWS services: Connect, Cloud Control and Service Quotas are ours, the others moto's, with what IAM refuses beyond moto.

Whose account it is, the access key says: one that holds twelve digits is of that account, as moto's own are of theirs.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto import backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response

from tests.sandbox.aws import iam
from tests.sandbox.aws.account import Account, partition_of
from tests.sandbox.cloud import Cloud
from tests.sandbox.http.cloud_control import CloudControl, CloudFormation
from tests.sandbox.http.connect import Connect, Quota
from tests.sandbox.http.model import Call, NotModelled, aws_error, not_authorized
from tests.sandbox.http.quotas import Quotas
from tests.sandbox.plugin import Refused, Values
from tests.sandbox.resources import Rule

SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""

MOTO = frozenset({"iam", "kms", "s3", "sts"})
READS = re.compile(r"^(Describe|GET|Get|Head|List|Search)")
"""Operations that change nothing, Okta's too."""
SAML_PROVIDER = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):saml-provider/([\w.+=,@-]+)")


def access_key(account_id: str) -> str:
    """An access key of an account, for the endpoint to know whose it is."""
    return f"AKIA{account_id}LAB0"


@dataclass(frozen=True)
class MotoAccount(Account):
    """An account whose IAM and S3 are moto's."""

    def has_bucket(self, name: str) -> bool:
        """Whether there is an S3 bucket of this name, whoever it belongs to."""
        buckets: dict[str, Any] = _backend("s3")[self.account_id][self.partition].buckets
        return name in buckets

    @property
    def iam(self) -> Any:
        """Moto's IAM of this account."""
        return _backend("iam")[self.account_id][self.partition]


class Aws:
    """The endpoint, as a WSGI application.

    Args:
        cloud: where Connect's objects are.
        account_id: the account of access keys that say nothing.
        quota: how many Connect calls there may be, or None for any number.
        delay: seconds until what changes something is answered.
        lag: seconds until IAM's readers see what its writers have made, as IAM is eventually consistent.
        setting_up: seconds that a new Connect instance is being created.
    """

    def __init__(
        self,
        cloud: Cloud,
        account_id: str,
        *,
        quota: Quota | None = None,
        delay: float = 0,
        lag: float = 0,
        setting_up: float = 0,
    ) -> None:
        self.cloud = cloud
        self.account_id = account_id
        self.delay = delay
        self.lag = lag
        self.denied: set[str] = set()
        """Actions that nobody may, as policies write them: `connect:SearchUsers`."""
        self.connect = Connect(quota, setting_up, self.denied)
        self.ours: dict[str, Callable[[Request, Account], tuple[str, Response]]] = {
            "cloudcontrolapi": CloudControl(self.connect),
            "cloudformation": CloudFormation(),
            "connect": self.connect,
            "servicequotas": Quotas(self.denied),
        }
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._visible: dict[tuple[str, str, str], float] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        signed = SIGNATURE.match(request.headers.get("Authorization", ""))
        if signed is None:
            return _denied("MissingAuthenticationToken", "Missing Authentication Token")(environ, start_response)
        found = re.search(r"\d{12}", signed["key"])
        region = signed["region"]
        account = MotoAccount(self.cloud, found[0] if found else self.account_id, region, partition_of(region), {})
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        if served := self.ours.get(signed["service"]):
            with self._lock:
                operation, response = served(Request(environ), account)
        elif signed["service"] in MOTO:
            operation, response = self._moto(environ, account, signed["service"], body)
        else:
            raise NotModelled(f"the AWS service {signed['service']}")
        self.calls.append(Call(signed["service"], operation, response.status_code))
        if self.delay and not READS.match(operation):
            time.sleep(self.delay)
        return response(environ, start_response)

    def _moto(self, environ: dict[str, Any], account: MotoAccount, service: str, body: bytes) -> tuple[str, Response]:
        parameters = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        operation = {
            "s3": ("Get" if environ["REQUEST_METHOD"] in ("GET", "HEAD") else "Put") + "Bucket",
            "kms": environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2],
        }.get(service) or parameters.get("Action", "?")
        if f"{service}:{operation}" in self.denied:
            return operation, _iam_error("AccessDenied", not_authorized(f"{service}:{operation}"))
        if service == "iam":
            answered = self._refusal(account, operation, parameters) or _provider_tags(account, operation, parameters)
            if answered:
                return operation, answered
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account.account_id
        response = Response.from_app(self.moto, environ)
        # Moto has not read the form by now; what it made is seen only after a while.
        if service == "iam" and response.status_code == 200 and operation.startswith("Create"):
            kind = operation.removeprefix("Create")
            name = parameters.get(f"{kind}Name") or parameters.get("Name", "")
            self._visible[account.account_id, kind, name] = time.monotonic() + self.lag
            if kind == "SAMLProvider":
                account.iam.saml_providers[name].tags = _tags(parameters)
        return operation, response

    def _hidden(self, account: MotoAccount, kind: str, name: str) -> bool:
        return time.monotonic() < self._visible.get((account.account_id, kind, name), 0)

    def _refusal(self, account: MotoAccount, operation: str, parameters: Values) -> Response | None:
        try:
            _enforce_iam(account, operation, parameters)
        except Refused as refusal:
            code, says = aws_error(refusal, "ValidationError")
            return _iam_error(code, says)
        trust = parameters.get("AssumeRolePolicyDocument") or (
            parameters.get("PolicyDocument", "") if operation == "UpdateAssumeRolePolicy" else ""
        )
        for owner, name in SAML_PROVIDER.findall(trust):
            arn = f"arn:{account.partition}:iam::{owner}:saml-provider/{name}"
            exists = owner != account.account_id or name in account.iam.saml_providers
            if not exists or self._hidden(account, "SAMLProvider", name):
                return _iam_error("MalformedPolicyDocument", f'Invalid principal in policy: "Federated":"{arn}"')
        # A new identity provider is read at once, or the real provider, which asks only once, would never work; as a principal it is late.
        for kind in ("Role", "User", "Policy"):
            if operation in (f"Get{kind}", f"Attach{kind}Policy"):
                given = parameters.get(f"{kind}Name") or parameters.get(f"{kind}Arn", "").rpartition("/")[2]
                if self._hidden(account, kind, given):
                    return _iam_error("NoSuchEntity", f"The {kind.lower()} with name {given} cannot be found.")
        return None


CREATED_BY: dict[str, tuple[str, dict[str, str]]] = {
    "CreatePolicy": ("aws_iam_policy", {"PolicyName": "name", "PolicyDocument": "policy"}),
    "CreateRole": (
        "aws_iam_role",
        {
            "RoleName": "name",
            "AssumeRolePolicyDocument": "assume_role_policy",
            "MaxSessionDuration": "max_session_duration",
        },
    ),
    "CreateSAMLProvider": (
        "aws_iam_saml_provider",
        {"Name": "name", "SAMLMetadataDocument": "saml_metadata_document"},
    ),
    "CreateUser": ("aws_iam_user", {"UserName": "name"}),
    "UpdateAssumeRolePolicy": ("aws_iam_role", {"RoleName": "name", "PolicyDocument": "assume_role_policy"}),
    "UpdateSAMLProvider": ("aws_iam_saml_provider", {"SAMLMetadataDocument": "saml_metadata_document"}),
}
"""Which requests the rules of the plugin door's types judge, and what those call their parameters."""

NAMES: dict[str, Callable[[Any], Iterable[str]]] = {
    "CreatePolicy": lambda backend: (policy.name for policy in backend.managed_policies.values()),
    "CreateRole": lambda backend: (role.name for role in backend.roles.values()),
    "CreateUser": lambda backend: backend.users,
}
"""Where moto keeps the names that IAM tells apart without regard to case, and moto does not."""


def _enforce_iam(account: MotoAccount, operation: str, parameters: Values) -> None:
    """Refuse what IAM refuses and moto does not.

    Raises:
        Refused: with IAM's code in the text.
    """
    type_name, names = CREATED_BY.get(operation, ("", {}))
    if not type_name:
        return
    kind = iam.TYPES[type_name]
    values: Values = {ours: parameters[theirs] for theirs, ours in names.items() if theirs in parameters}
    if "max_session_duration" in values:
        values["max_session_duration"] = int(values["max_session_duration"])
    rule: Rule[Account]
    for rule in (*kind.refused, *kind.checked):
        if _looks_at_no_more_than(rule, account, values) and rule.broken(account, values):
            raise Refused(rule.says.format(**values))
    taken = {name.lower() for name in NAMES.get(operation, lambda backend: ())(account.iam)}
    if values.get("name", "").lower() in taken and operation in NAMES:
        raise Refused(kind.twice.format(**values))


def _looks_at_no_more_than(rule: Rule[Account], account: Account, values: Values) -> bool:
    """Whether a rule judges these values alone; others need an object that this request does not hold."""
    try:
        rule.broken(account, values)
    except KeyError:
        return False
    return True


def _tags(parameters: Values) -> list[dict[str, str]]:
    """The tags of a request, as IAM's query protocol numbers them."""
    count = len([name for name in parameters if re.fullmatch(r"Tags\.member\.\d+\.Key", name)])
    return [
        {part: parameters.get(f"Tags.member.{number}.{part}", "") for part in ("Key", "Value")}
        for number in range(1, count + 1)
    ]


def _provider_tags(account: MotoAccount, operation: str, parameters: Values) -> Response | None:
    """Tags of identity providers, which moto does not know; GetSAMLProvider answers with them once they are there."""
    if operation not in ("TagSAMLProvider", "UntagSAMLProvider"):
        return None
    provider = account.iam.get_saml_provider(parameters["SAMLProviderArn"])
    gone = {value for name, value in parameters.items() if name.startswith("TagKeys.member.")}
    given = _tags(parameters)
    gone |= {tag["Key"] for tag in given}
    provider.tags = [*(tag for tag in provider.tags if tag["Key"] not in gone), *given]
    text = f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"/>'
    return Response(text, 200, content_type="text/xml")


def _iam_error(code: str, message: str) -> Response:
    status = {"AccessDenied": 403, "NoSuchEntity": 404, "EntityAlreadyExists": 409, "LimitExceeded": 409}.get(code, 400)
    text = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error><RequestId>lab</RequestId></ErrorResponse>"
    )
    return Response(text, status, content_type="text/xml")


def _denied(code: str, message: str) -> Response:
    return Response(json.dumps({"__type": code, "message": message}), 403, content_type="application/json")


def forget_moto() -> None:
    """Empty moto's accounts: they are in the memory of this process."""
    for name in MOTO:
        _backend(name).reset()


def _backend(name: str) -> Any:
    """Moto's memory of a service, by account and then by partition or region."""
    return backends.get_backend(name)  # type: ignore[call-overload]  # an overload for each literal name
