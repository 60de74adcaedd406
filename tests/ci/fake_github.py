"""A GitHub on the loopback interface: the few REST calls that the workflows' programs make, over one repository in memory."""

from __future__ import annotations

import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "acme/contact-centre"
BOT = "github-actions[bot]"

Answer = Any
Call = Callable[..., Answer]


@dataclass
class FakeGitHub:
    """The repository's state, and every call that changed it."""

    url: str = ""
    author: str = "ada"
    head: str = "a" * 40
    head_repository: str = NAME
    permissions: dict[str, str] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    commits: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    merged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Commits of the main branch, with the pull requests they come from."""
    writes: list[str] = field(default_factory=list)
    seconds: int = 0

    def now(self) -> str:
        """The next second of this GitHub's clock."""
        self.seconds += 1
        return f"2026-01-01T00:{self.seconds // 60:02}:{self.seconds % 60:02}Z"

    def pull_request(self) -> dict[str, Any]:
        """The one pull request, as payloads and answers show it."""
        return {
            "number": 7,
            "user": {"login": self.author},
            "labels": [{"name": name} for name in self.labels],
            "head": {"sha": self.head, "repo": {"full_name": self.head_repository}},
            "base": {"ref": "main"},
            "changed_files": len(self.files),
            "merged_at": None,
        }

    def label(self, name: str, actor: str) -> None:
        """Someone sets a label."""
        self.labels.append(name)
        self.events.append(
            {"event": "labeled", "label": {"name": name}, "actor": {"login": actor}, "created_at": self.now()}
        )

    def unlabel(self, name: str, actor: str = BOT) -> None:
        """Someone takes a label away."""
        self.labels.remove(name)
        self.events.append(
            {"event": "unlabeled", "label": {"name": name}, "actor": {"login": actor}, "created_at": self.now()}
        )

    def comment(self, body: str, author: str = BOT) -> dict[str, Any]:
        """Someone comments on the pull request."""
        entry = {"id": len(self.comments) + 1, "body": body, "user": {"login": author}, "updated_at": self.now()}
        self.comments.append(entry)
        return entry

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Answer]:
        """What the REST API says, with the status code."""
        if method != "GET":
            self.writes.append(f"{method} {path}")
        for pattern, call in self._calls().items():
            match = re.fullmatch(pattern, f"{method} {path}")
            if match:
                found = call(body, *(urllib.parse.unquote(group) for group in match.groups()))
                return (404, {"message": "Not Found"}) if found is None else (200, found)
        return 404, {"message": f"no {method} {path} here"}

    def _calls(self) -> dict[str, Call]:
        return {
            r"GET /pulls/7/files": lambda _: self.files,
            r"GET /pulls/7/commits": lambda _: self.commits,
            r"GET /issues/\d+/comments": lambda _: self.comments,
            r"GET /issues/\d+/events": lambda _: self.events,
            r"POST /issues/\d+/comments": lambda body: self.comment(body["body"]),
            r"PATCH /issues/comments/(\d+)": self._edit,
            r"DELETE /issues/comments/(\d+)": self._delete,
            r"DELETE /issues/7/labels/([^/]+)": self._remove_label,
            r"GET /collaborators/([^/]+)/permission": self._permission,
            r"GET /commits/([^/]+)/pulls": lambda _, commit: self.merged.get(commit, []),
            r"GET /compare/[^/]+": lambda _: {"files": self.files},
        }

    def _edit(self, body: dict[str, Any], number: str) -> Answer:
        entry = next(entry for entry in self.comments if entry["id"] == int(number))
        entry |= {"body": body["body"], "updated_at": self.now()}
        return entry

    def _delete(self, _: dict[str, Any], number: str) -> Answer:
        self.comments = [entry for entry in self.comments if entry["id"] != int(number)]
        return {}

    def _remove_label(self, _: dict[str, Any], name: str) -> Answer:
        if name not in self.labels:
            return None
        self.unlabel(name)
        return []

    def _permission(self, _: dict[str, Any], person: str) -> Answer:
        permission = self.permissions.get(person)
        return None if permission is None else {"permission": permission}


@contextmanager
def serving(state: FakeGitHub) -> Iterator[FakeGitHub]:
    """Serve a fake on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            address = urllib.parse.urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            if self.headers.get("Authorization") != "Bearer workflow-token":
                status, found = 401, {"message": "Bad credentials"}
            else:
                status, found = state.answer(self.command, address.path.removeprefix(f"/repos/{NAME}"), body)
            if self.command == "GET" and isinstance(found, list):
                query = urllib.parse.parse_qs(address.query)
                size, page = int(query["per_page"][0]), int(query["page"][0])
                found = found[(page - 1) * size : page * size]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_: object) -> None:
            """Keep the tests' output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
