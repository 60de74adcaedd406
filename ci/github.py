"""A few calls of GitHub's REST API, with the standard library alone.

https://docs.github.com/rest (version 2022-11-28)
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ci.runner import Stop, required

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100
"""Entries a page; the most GitHub gives."""

TIMEOUT = 30
"""Seconds that one call may take."""

BOT = "github-actions[bot]"
"""Who writes with a workflow's own token."""


@dataclass(frozen=True)
class Repository:
    """A repository's part of the REST API; paths are relative to `/repos/OWNER/NAME`."""

    api: str
    name: str
    token: str

    @classmethod
    def of_this_run(cls) -> Repository:
        """The repository the workflow runs in, from the runner's environment variables."""
        api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        return cls(api=api.rstrip("/"), name=required("GITHUB_REPOSITORY"), token=required("GITHUB_TOKEN"))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, *, absent_is_fine: bool = False) -> Any:
        """Make one call and return the decoded answer, None for an empty one (or a 404 where `absent_is_fine`).

        Raises:
            Stop: GitHub refuses, or cannot be reached.
        """
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own, from the runner
            f"{self.api}/repos/{self.name}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
                text = answer.read()
        except urllib.error.HTTPError as refusal:
            if refusal.code == 404 and absent_is_fine:
                return None
            raise Stop(f"GitHub answers {refusal.code} {refusal.reason} to {method} {path}") from None
        except (OSError, http.client.HTTPException) as failure:
            raise Stop(f"GitHub cannot be reached for {method} {path}: {failure}") from None
        return json.loads(text) if text else None

    def download(self, path: str) -> bytes:
        """A file; GitHub answers with a redirect to where it is stored, and the token is not for there.

        Raises:
            Stop: GitHub refuses, or cannot be reached.
        """
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own, from the runner
            f"{self.api}/repos/{self.name}{path}", headers={"X-GitHub-Api-Version": "2022-11-28"}
        )
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
                content: bytes = answer.read()
        except urllib.error.HTTPError as refusal:
            raise Stop(f"GitHub answers {refusal.code} {refusal.reason} to GET {path}") from None
        except (OSError, http.client.HTTPException) as failure:
            raise Stop(f"GitHub cannot be reached for GET {path}: {failure}") from None
        return content

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page after page."""
        separator = "&" if "?" in path else "?"
        page = 1
        while True:
            entries = self.call("GET", f"{path}{separator}per_page={PAGE}&page={page}")
            yield from entries
            if len(entries) < PAGE:
                return
            page += 1


def quoted(text: str) -> str:
    """Text as one segment of a path."""
    return urllib.parse.quote(text, safe="")
