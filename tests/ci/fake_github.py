"""A GitHub on the loopback interface: the few REST calls that the workflows' programs make, over one repository in memory."""

from __future__ import annotations

import io
import json
import re
import threading
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "acme/contact-centre"
BOT = "github-actions[bot]"

Answer = Any


@dataclass(frozen=True)
class Redirect:
    """The answer that something is stored elsewhere."""

    to: str


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
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    """What the latest run uploaded, zipped, by name."""
    deployments: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    """By environment, the latest first: the commit, and the states that it went through, the latest first."""
    compared: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Comparisons by `BEFORE...AFTER`."""
    issues: list[dict[str, Any]] = field(default_factory=list)
    merged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Commits of the main branch, with the pull requests they come from."""
    writes: list[str] = field(default_factory=list)
    tokens_at_the_store: list[str | None] = field(default_factory=list)
    """The tokens that came to where artifacts are stored, which is not GitHub."""
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
            "head": {"sha": self.head, "ref": "change", "repo": {"full_name": self.head_repository}},
            "base": {"ref": "main"},
            "changed_files": len(self.files),
            "merged_at": None,
        }

    def push(self, actor: str, head: str | None = None) -> None:
        """Someone pushes to the pull request's branch."""
        self.head = head or self.head
        self.pushes.insert(0, {"after": self.head, "actor": {"login": actor}, "activity_type": "push"})

    def review(self, person: str, state: str = "APPROVED", commit: str | None = None, kind: str = "User") -> None:
        """Someone reviews the pull request."""
        user = {"login": person, "type": kind}
        self.reviews.append({"user": user, "state": state, "commit_id": commit or self.head})

    def planned(self, *records: tuple[str, str], **changes: Any) -> None:
        """A run plans the pull request's latest commit and uploads records: an environment and its JSON each."""
        run = {
            "id": 100 + len(self.runs),
            "run_number": 1 + len(self.runs),
            "head_sha": self.head,
            "event": "pull_request",
            "head_repository": {"full_name": self.head_repository},
            "status": "completed",
        }
        self.runs.append(run | changes)
        for environment, text in records:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as opened:
                opened.writestr(f"{environment}.md", "words")
                opened.writestr(f"{environment}.json", text)
            self.artifacts[f"review-{environment}"] = archive.getvalue()

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
            r"GET /pulls/7/reviews": lambda _: self.reviews,
            r"GET /activity": lambda _: self.pushes,
            r"GET /rules/branches/main": lambda _: self.rules,
            r"GET /actions/workflows/plan\.yml/runs": lambda _: {"workflow_runs": self.runs},
            r"GET /actions/runs/(\d+)/artifacts": lambda _, number: {
                "artifacts": [{"id": i, "name": name, "expired": False} for i, name in enumerate(self.artifacts)]
            },
            r"GET /actions/artifacts/(\d+)/zip": lambda _, number: Redirect(f"/store/{number}"),
            r"GET /actions/runs/(\d+)/jobs": lambda _, number: {"jobs": self.jobs},
            r"POST /actions/jobs/(\d+)/rerun": lambda _, number: {},
            r"GET /deployments\?environment=([^&]+)": self._deployments,
            r"GET /deployments/([^/]+)/statuses": self._statuses,
            r"GET /issues": lambda _: [issue for issue in self.issues if issue["state"] == "open"],
            r"POST /issues": self._open_issue,
            r"PATCH /issues/(\d+)": self._change_issue,
            r"GET /issues/\d+/comments": lambda _: self.comments,
            r"POST /issues/\d+/comments": lambda body: self.comment(body["body"]),
            r"PATCH /issues/comments/(\d+)": self._edit,
            r"DELETE /issues/comments/(\d+)": self._delete,
            r"GET /collaborators/([^/]+)/permission": self._permission,
            r"GET /commits/([^/]+)/pulls": lambda _, commit: self.merged.get(commit, []),
            r"GET /compare/([^/]+)": lambda _, pair: self.compared.get(pair),
        }

    def _deployments(self, _: dict[str, Any], environment: str) -> Answer:
        made = self.deployments.get(environment, [])
        return [{"id": f"{environment}-{number}", "sha": sha} for number, (sha, _) in enumerate(made)]

    def _statuses(self, _: dict[str, Any], deployment: str) -> Answer:
        environment, _dash, number = deployment.rpartition("-")
        return [{"state": state} for state in self.deployments[environment][int(number)][1]]

    def _open_issue(self, body: dict[str, Any]) -> Answer:
        return self.issue(body["title"], body["body"])

    def issue(self, title: str, body: str, author: str = BOT) -> dict[str, Any]:
        """Someone opens an issue."""
        number = 11 + len(self.issues)
        self.issues.append({"number": number, "title": title, "body": body, "state": "open", "user": {"login": author}})
        return self.issues[-1]

    def _change_issue(self, body: dict[str, Any], number: str) -> Answer:
        found = next(issue for issue in self.issues if issue["number"] == int(number))
        found |= body
        return found

    def _edit(self, body: dict[str, Any], number: str) -> Answer:
        entry = next(entry for entry in self.comments if entry["id"] == int(number))
        entry |= {"body": body["body"], "updated_at": self.now()}
        return entry

    def _delete(self, _: dict[str, Any], number: str) -> Answer:
        self.comments = [entry for entry in self.comments if entry["id"] != int(number)]
        return {}

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
            if address.path.startswith("/store/"):
                state.tokens_at_the_store.append(self.headers.get("Authorization"))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(list(state.artifacts.values())[int(address.path.removeprefix("/store/"))])
                return
            query = urllib.parse.parse_qs(address.query)
            path = address.path.removeprefix(f"/repos/{NAME}")
            if "environment" in query:
                path += f"?environment={query['environment'][0]}"
            if self.headers.get("Authorization") != "Bearer workflow-token":
                status, found = 401, {"message": "Bad credentials"}
            else:
                status, found = state.answer(self.command, path, body)
            if isinstance(found, Redirect):
                self.send_response(302)
                self.send_header("Location", state.url + found.to)
                self.end_headers()
                return
            if self.command == "GET" and isinstance(found, list) and "page" in query:
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
