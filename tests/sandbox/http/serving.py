"""The accounts on loopback: `accounts()` for tests, `make accounts` for a person with a terminal.

    with accounts(tmp_path) as running:
        client = running.client("connect")            # boto3
        answer = running.okta("GET", "/api/v1/apps")  # requests
        subprocess.run(["terraform", "apply"], env=os.environ | running.variables())

What is not modelled, and answers that are not of the shape that the service promises, end in an error of `accounts()` itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug import Response
from werkzeug.serving import make_server

from connect_sso.environment.loading import load_one
from connect_sso.errors import Failure
from tests.sandbox.cloud import Cloud
from tests.sandbox.http import okta_apps, okta_mappings, okta_people  # noqa: F401  # they register what the org answers
from tests.sandbox.http.aws import Aws, access_key, forget_moto
from tests.sandbox.http.connect import Quota
from tests.sandbox.http.model import Call, NotModelled
from tests.sandbox.http.okta import Limit, Okta
from tests.sandbox.http.okta_tokens import Tokens
from tests.sandbox.okta import Org

SERVICES = ("CLOUDCONTROL", "CLOUDFORMATION", "CONNECT", "IAM", "KMS", "S3", "S3_CONTROL", "SERVICE_QUOTAS", "STS")
TOKEN = "00-invented-api-token"
SECRET = "invented"
TIMEOUT = 60
"""Seconds after which a request of ours is given up."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Defect(AssertionError):
    """The accounts were asked for what they do not model, or answered what the service would not."""


@dataclass
class Accounts:
    """An AWS account and an Okta org that are running."""

    cloud: Cloud
    aws: Aws
    org: Okta
    tokens: Tokens
    aws_url: str
    okta_url: str
    defects: list[str] = field(default_factory=list)

    @property
    def account_id(self) -> str:
        """The AWS account."""
        return self.aws.account_id

    @property
    def host(self) -> str:
        """The org's host name."""
        return self.org.org.host

    @property
    def calls(self) -> list[Call]:
        """Every request that was answered, AWS's first."""
        return [*self.aws.calls, *self.org.calls]

    def variables(self, account_id: str | None = None) -> dict[str, str]:
        """The environment variables that make the providers, boto3 and the AWS command line use these accounts.

        Args:
            account_id: whose credentials they are, by default the account's own.
        """
        return {
            **{f"AWS_ENDPOINT_URL_{service}": self.aws_url for service in SERVICES},
            "AWS_ACCESS_KEY_ID": access_key(account_id or self.account_id),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "OKTA_HTTP_PROXY": self.okta_url,
            "OKTA_API_TOKEN": TOKEN,
        }

    def client(self, service: str, region: str = "us-west-2") -> Any:
        """A boto3 client of the account."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.aws_url,
            aws_access_key_id=access_key(self.account_id),
            aws_secret_access_key=SECRET,
        )

    def okta(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = TOKEN, **query: Any
    ) -> requests.Response:
        """A request to the org; the caller looks at the status."""
        return requests.request(
            method,
            self.okta_url + path,
            params=query,
            json=body,
            headers={"Authorization": f"SSWS {token}", "Accept": "application/json"},
            timeout=TIMEOUT,
        )


class _Quiet(MotoRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Nothing: a test's output is its own."""


class _Served:
    """An application whose defects are noted, and answered with 501."""

    def __init__(self, application: Application, defects: list[str]) -> None:
        self.application = application
        self.defects = defects

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return list(self.application(environ, start_response))
        except NotModelled as missing:
            text = f"the sandbox does not model {missing}"
        except Exception:  # whatever it is, the test should see it
            text = traceback.format_exc()
        self.defects.append(text)
        refused = Response(json.dumps({"errorCode": "E0000060", "errorSummary": text, "message": text}), 501)
        return refused(environ, start_response)


@contextmanager
def _listening(application: Application, port: int) -> Iterator[str]:
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # Terraform's providers keep connections open
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def accounts(
    folder: Path,
    *,
    account_id: str = "111122223333",
    org: str = "acme.okta.com",
    company: Mapping[str, Any] | None = None,
    quota: Quota | None = None,
    limit: Limit | None = None,
    delay: float = 0,
    lag: float = 0,
    rule_delay: float = 0,
    setting_up: float = 0,
    ports: tuple[int, int] = (0, 0),
) -> Iterator[Accounts]:
    """Serve an AWS account and an Okta org meanwhile. One at a time in a process: moto has but one memory.

    Args:
        folder: where the cloud is kept, see cloud.py; IAM, S3 and KMS begin empty.
        account_id: the AWS account.
        org: the org's host name.
        company: who and what is there already, if not what `company.json` says.
        quota: how many Connect calls there may be; None for any number.
        limit: how many requests the org takes; None for any number.
        delay: seconds until a change is answered.
        lag: seconds until IAM's readers see what was made.
        rule_delay: seconds until an activated group rule has run.
        setting_up: seconds that a new Connect instance is being created.
        ports: for AWS and Okta, 0 for any that is free.

    Raises:
        Defect: something was asked that is not modelled, or was answered in a wrong shape.
    """
    forget_moto()
    folder.mkdir(parents=True, exist_ok=True)
    if company is not None:
        (folder / "company.json").write_text(json.dumps(company), "utf-8")
    cloud = Cloud(folder)
    name, _, base_url = org.partition(".")
    tokens = Tokens(api={TOKEN})
    aws = Aws(cloud, account_id, quota=quota, delay=delay, lag=lag, setting_up=setting_up)
    okta = Okta(Org(cloud, name, base_url), tokens, limit=limit, delay=delay, rule_delay=rule_delay)
    defects: list[str] = []
    try:
        with (
            _listening(_Served(aws, defects), ports[0]) as aws_url,
            _listening(_Served(okta, defects), ports[1]) as okta_url,
        ):
            yield Accounts(cloud, aws, okta, tokens, aws_url, okta_url, defects)
    finally:
        cloud.close()
    if defects:
        raise Defect("\n".join(defects))


def main() -> None:
    """`make accounts`: serve until somebody presses Ctrl-C."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("environment", nargs="?", default="dev", help="whose account and org these are")
    parser.add_argument("--throttle", action="store_true", help="two Connect calls a second, as AWS allows")
    options = parser.parse_args()
    try:
        environment = load_one(options.environment).environment
    except Failure as failure:
        sys.exit(f"make accounts: {failure}")
    assert environment is not None
    account_id, org = environment.aws.account_id, f"{environment.okta.org_name}.{environment.okta.base_url}"
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        quota = Quota() if options.throttle else None
        served = accounts(Path(folder), account_id=account_id, org=org, quota=quota)
        with contextlib.suppress(KeyboardInterrupt), served as running:
            print(f"# {account_id} and {org} on loopback, until Ctrl-C. In another terminal:", flush=True)
            for variable, value in running.variables().items():
                print(f"export {variable}={value}", flush=True)
            signal.pause()


if __name__ == "__main__":
    main()
