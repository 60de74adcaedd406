"""Where the AWS provider and an S3 backend will find their credentials, as far as that is known without a network.

The order is that of the AWS SDK for Go, which both are built on:
https://docs.aws.amazon.com/sdk-for-go/v2/developer-guide/configure-gosdk.html#specifying-credentials
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connect_sso.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_ID, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
PROFILE = "AWS_PROFILE"
PROFILES = (PROFILE, "AWS_DEFAULT_PROFILE")
WEB_IDENTITY, ROLE = "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"
CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
METADATA_DISABLED = "AWS_EC2_METADATA_DISABLED"

WAYS = f"set {PROFILE}, or {KEY_ID} and {SECRET}, or sign in (`aws sso login`)"

EC2 = (Path("/sys/devices/virtual/dmi/id/board_vendor"), Path("/sys/devices/virtual/dmi/id/sys_vendor"))
"""Firmware's word for whose machine this is; it says `Amazon EC2` there:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html."""


def aws_source() -> str:
    """What the credentials come from, in words.

    Whether AWS takes them is known only once it is asked. A program that hands them out (`credential_process`) is not started, and no
    metadata service is asked.

    Raises:
        Failure: there are none, or what is there cannot be enough.
    """
    given = os.environ
    if given.get(KEY_ID) and given.get(SECRET):
        return f"{KEY_ID} and {SECRET}"
    if given.get(KEY_ID) or given.get(SECRET):
        there, missing = (KEY_ID, SECRET) if given.get(KEY_ID) else (SECRET, KEY_ID)
        raise Failure(f"{there} is set and {missing} is not: AWS needs both")
    if token := given.get(WEB_IDENTITY):
        return _web_identity(token, given.get(ROLE), f"{WEB_IDENTITY} and {ROLE}")
    if source := _from_profile():
        return source
    for name in CONTAINER:
        if given.get(name):
            return f"the container's role ({name})"
    if given.get(METADATA_DISABLED, "").lower() != "true" and (METADATA_DISABLED in given or _is_ec2()):
        return "the role of the EC2 instance"
    raise Failure(
        f"there are no AWS credentials for Terraform: {WAYS}. On an EC2 instance that does not say so of itself, {METADATA_DISABLED}=false lets"
        " Terraform ask for the instance's role"
    )


def _web_identity(file: str, role: str | None, source: str) -> str:
    if not role:
        raise Failure(f"{WEB_IDENTITY} is set and {ROLE} is not: AWS needs both")
    if not os.access(file, os.R_OK):
        raise Failure(f"{WEB_IDENTITY} names {file}, which cannot be read")
    return source


def _is_ec2() -> bool:
    for file in EC2:
        try:
            if "Amazon EC2" in file.read_text(encoding="utf-8", errors="replace"):
                return True
        except OSError:
            continue
    return False


def _from_profile() -> str | None:
    """The profile that the environment names, or `default` where there is one.

    Raises:
        Failure: it is not there, or holds no credentials.
    """
    from botocore.exceptions import BotoCoreError  # not at the top: it takes a fifth of a second
    from botocore.session import Session

    try:
        config = Session().full_config
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise Failure(f"the AWS configuration cannot be read: {type(error).__name__}") from None
    profiles, sessions = config.get("profiles", {}), config.get("sso_sessions", {})
    named = next((name for name in PROFILES if os.environ.get(name)), None)
    profile = os.environ[named] if named else "default"
    if profile not in profiles and named is None:
        return None
    source = f"the profile {profile!r}" + (f" ({named})" if named else "")
    seen: set[str] = set()
    while profile not in seen:
        seen.add(profile)
        if profile not in profiles:
            raise Failure(f"{source} is to be used, and the AWS configuration has no profile {profile!r}")
        settings = profiles[profile]
        if settings.get("aws_access_key_id") and settings.get("aws_secret_access_key"):
            return source
        if "sso_session" in settings or "sso_start_url" in settings:
            _signed_in(profile, settings, sessions)
            return source
        if {"credential_process", "credential_source", "web_identity_token_file", "login_session"} & set(settings):
            return source
        if "source_profile" not in settings:
            break
        profile = settings["source_profile"]
    if named is None:
        return None  # it only has a region, say
    raise Failure(f"{source} has no credentials: {WAYS}")


def _signed_in(profile: str, settings: Mapping[str, Any], sessions: Mapping[str, Any]) -> None:
    """Whether somebody has signed in through IAM Identity Center, and the sign-in can still be good.

    Raises:
        Failure: no.
    """
    from botocore.exceptions import SSOTokenLoadError
    from botocore.utils import JSONFileCache, SSOTokenLoader

    sign_in = f"aws sso login --profile {profile}"
    name = settings.get("sso_session")
    start_url = (sessions.get(name, {}) if name else settings).get("sso_start_url")
    if not start_url:
        raise Failure(f"the profile {profile!r} names the sso-session {name!r}, and the AWS configuration has none")
    cache = JSONFileCache(str(Path("~/.aws/sso/cache").expanduser()))
    try:
        token = SSOTokenLoader(cache)(start_url, name)
        until = datetime.fromisoformat(token["expiresAt"].replace("UTC", "+00:00"))
    except (SSOTokenLoadError, OSError):
        raise Failure(f"nobody has signed in for the AWS profile {profile!r}: {sign_in}") from None
    except (ValueError, TypeError, AttributeError):
        return  # whatever it is, AWS will say
    if (until if until.tzinfo else until.replace(tzinfo=UTC)) < datetime.now(UTC) and not token.get("refreshToken"):
        raise Failure(f"the AWS sign-in of the profile {profile!r} has expired: {sign_in}")
