"""The credentials that Terraform's providers and its state need: whether they are there, and what a refusal of them means.

They are looked for before Terraform starts, with no network. Whether AWS and Okta take them is not asked beforehand: the providers ask as soon as they start, and
a question of our own would need rights that they do not, their proxies and roles once more, and would be another answer than theirs. So
a refusal is read from what Terraform says, and told in one sentence.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from connect_sso.errors import Failure
from connect_sso.live.aws import EXPIRED, INVALID
from connect_sso.live.okta_credentials import (
    CLIENT_ID,
    KEY_ID,
    PRIVATE_KEY,
    SCOPES,
    ServiceApp,
    credentials,
)
from connect_sso.terraform.aws_chain import WAYS, aws_source
from connect_sso.terraform.screen import as_one_line
from connect_sso.text import visible

if TYPE_CHECKING:
    from connect_sso.environment.model import Environment


def require_credentials(environment: Environment) -> None:
    """Stop before Terraform starts where it cannot find the credentials that it needs.

    A remote run in HCP Terraform has its own, in its workspace: there is nothing to look for here.

    Raises:
        Failure: one sentence that says which are missing, and how to give them.
    """
    if environment.state != "local" and environment.state.cloud is not None:
        return
    aws_source()
    app = credentials(os.environ)
    if isinstance(app, ServiceApp):
        if not app.scopes:
            raise Failure(f"{PRIVATE_KEY} is set and {SCOPES} is not: the Okta provider asks for no scope but those")
        _as_the_provider_reads_it(os.environ[PRIVATE_KEY])


def _as_the_provider_reads_it(key: str) -> None:
    """What reads as a key here has to do so in the stack's folder, where the provider runs, and PEM is all that it reads."""
    if key.lstrip().startswith("{"):
        raise Failure(f"{PRIVATE_KEY} is a JSON Web Key; the Okta provider reads PEM, or a file that holds it")
    if "-----BEGIN" not in key and not Path(key).is_absolute():
        raise Failure(
            f"{PRIVATE_KEY} names a file; give its absolute path, since Terraform runs in another folder: {Path(key).absolute()}"
        )


def explain(diagnostics: str, environment: Environment) -> str | None:
    """One sentence for a failure that is a refusal of credentials; None for anything else.

    Args:
        diagnostics: what Terraform printed, frames and colours included.
        environment: whose credentials they were.
    """
    said = as_one_line(diagnostics)
    return _okta_refusal(said, environment) or _aws_refusal(said, environment)


OKTA_REFUSES = re.compile(
    r"error with v[0-9]+ SDK client: 401"  # what the provider asks at its start with an API token
    r"|the API returned an error: Invalid token provided"  # E0000011: https://developer.okta.com/docs/reference/error-codes/
    r"|: empty access token",  # a service app that gets none
    re.IGNORECASE,
)
ACCOUNT_REFUSED = re.compile(r"AWS account ID not allowed: ([0-9]{12})")
ROLE_REFUSED = re.compile(r"IAM Role \((arn:[^)]+)\) cannot be assumed")
AWS_REFUSES = re.compile(r"\bapi error ([A-Za-z]+):")
NOT_SIGNED_IN = re.compile(
    r"SSO session has expired or is invalid|failed to refresh cached SSO token|cached SSO token is expired"
)
NO_AWS = "No valid credential sources found"


def _okta_refusal(said: str, environment: Environment) -> str | None:
    if not OKTA_REFUSES.search(said):
        return None
    org = f"{environment.okta.org_name}.{environment.okta.base_url}"
    try:
        who = credentials(os.environ)
    except Failure:  # it is in the workspace of a remote run
        return f"Okta refuses the credentials: {org} does not take them"
    if isinstance(who, ServiceApp):
        return (
            f"{org} gives the service app of {CLIENT_ID} ({visible(who.client_id)}) no access token: {PRIVATE_KEY}, {KEY_ID} and {SCOPES} have to be"
            " those of that app, and the scopes granted to it"
        )
    return f"{org} does not take the token in {who.variable}: it is wrong, revoked or expired, or of another org"


def _aws_refusal(said: str, environment: Environment) -> str | None:
    if refused := ACCOUNT_REFUSED.search(said):
        return f"the AWS credentials ({_source()}) are of account {refused[1]}, and the environment is of account {environment.aws.account_id}"
    codes = {code for code in AWS_REFUSES.findall(said) if code in EXPIRED | INVALID}
    if codes & EXPIRED or NOT_SIGNED_IN.search(said):
        return f"the AWS credentials ({_source()}) have expired; get new ones, for example with `aws sso login`"
    if codes:
        return f"AWS does not take the credentials ({_source()}): they are wrong or no longer valid ({', '.join(sorted(codes))})"
    if refused := ROLE_REFUSED.search(said):
        return f"AWS does not let the credentials ({_source()}) take on the role {visible(refused[1])}"
    if NO_AWS in said:
        return f"Terraform finds no AWS credentials: {WAYS}"
    return None


def _source() -> str:
    try:
        return aws_source()
    except Failure:
        return "those of the workspace, if it runs remotely"
