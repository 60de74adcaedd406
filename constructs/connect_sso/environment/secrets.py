"""What looks like a credential, so that none stays in a file that is committed; the value itself is never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VALUES = (
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key id"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), "a private key"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\."), "a token (JWT)"),
    # Okta's API tokens: https://developer.okta.com/docs/guides/create-an-api-token/
    (re.compile(r"(?<![A-Za-z0-9_-])00[A-Za-z0-9_-]{40}(?![A-Za-z0-9_-])"), "an Okta API token"),
    # HCP Terraform's: https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens
    (re.compile(r"\.atlasv1\.[A-Za-z0-9_-]{20,}"), "an HCP Terraform token"),
    (re.compile(r"\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}"), "a GitHub token"),
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KEY = re.compile(
    r"(^|_)(password|passwd|secret|secret_key|secret_access_key|access_key_id|api_token|api_key|access_token|token|private_key|private_key_id|client_secret|credentials?)$"
)


def secret_in(text: str) -> str | None:
    """What kind of credential `text` seems to hold, such as `an Okta API token`, or None."""
    for pattern, what in _VALUES:
        if pattern.search(text):
            return what
    match = _AWS_SECRET.search(text)
    # 40 such characters are an AWS secret key's form, and by accident a long word's: a key mixes all three kinds.
    if match and all(re.search(kind, match.group()) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
        return "an AWS secret access key"
    return None


def secrets_in_comments(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column (from 1) and kind of what looks like a credential behind a `#`: a comment is committed as well."""
    for number, line in enumerate(text.splitlines(), start=1):
        start = line.find("#")
        if start >= 0 and (what := secret_in(line[start:])):
            yield number, start + 1, what


def is_secret_key(key: str) -> bool:
    """Whether a key's name says that its value is a credential."""
    return _KEY.search(re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower().replace("-", "_")) is not None
