"""The commands in docs/hcp-terraform.md, run as they stand there against HCP Terraform's API on the loopback interface."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.workflow import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "resource_changes": [],
    "output_changes": {},
    "configuration": {"root_module": {}},
}


def command(name: str) -> str:
    """The shell commands that stand in the document under this name."""
    text = (ROOT / "docs" / "hcp-terraform.md").read_text(encoding="utf-8")
    block = re.search(rf"<!-- test: {name} -->\n\s*```sh\n(.*?)\n\s*```", text, re.DOTALL)
    assert block, f"no commands called {name}"
    return block[1]


@dataclass
class FakeHcp:
    """HCP Terraform's API, and the store that its redirects lead to."""

    api: str = ""
    store: str = ""
    plan: dict[str, Any] = field(default_factory=lambda: dict(PLAN))
    uploaded: bytes = b""
    asked: int = 0
    run: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    tokens_at_the_store: list[str | None] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> Any:
        """What the API says; text is an address to go to."""
        self.asked += 1
        match method, path.removeprefix("/api/v2"):
            case "GET", "/runs/run-1/plan/json-output" | "/plans/plan-1/json-output":
                return f"{self.store}/plan.json"
            case "POST", "/workspaces/ws-1/configuration-versions":
                assert json.loads(body)["data"]["attributes"]["speculative"] is True
                return {"data": {"id": "cv-1", "attributes": {"upload-url": f"{self.store}/upload"}}}
            case "GET", "/configuration-versions/cv-1":
                return {"data": {"attributes": {"status": "uploaded" if self.uploaded else "pending"}}}
            case "POST", "/runs":
                self.run = json.loads(body)["data"]
                return {"data": {"id": "run-1"}}
            case "GET", "/runs/run-1":
                return {"data": {"attributes": {"status": "planned_and_finished"}}}
            case "PATCH", "/task-results/1":
                self.result = json.loads(body)["data"]
                return {}
        return None


@pytest.fixture
def hcp() -> Iterator[FakeHcp]:
    """The API and the store on two ports: two hosts, for a client."""
    fake = FakeHcp()

    class Api(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = fake.answer(self.command, self.path, body)
            allowed = self.headers.get("Authorization") == "Bearer tfe-token"
            self.send_response(
                401 if not allowed else 404 if answer is None else 307 if isinstance(answer, str) else 200
            )
            if isinstance(answer, str):
                self.send_header("Location", answer)
            self.end_headers()
            if allowed and answer is not None and not isinstance(answer, str):
                self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_: object) -> None:
            """Keep the tests' output quiet."""

    class Store(Api):
        def handle_any(self) -> None:
            fake.tokens_at_the_store.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.end_headers()
            if self.command == "PUT":
                fake.uploaded = self.rfile.read(int(self.headers["Content-Length"]))
            else:
                self.wfile.write(json.dumps(fake.plan).encode())

        do_GET = do_PUT = handle_any  # noqa: N815 - the names that the base class looks for

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (Api, Store)]
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    fake.api, fake.store = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    try:
        yield fake
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def require(*programs: str) -> None:
    """Skip the test, by the names of what is missing, on a machine without these programs."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"the documented commands need {' and '.join(missing)}")


def shell(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the commands in a folder that looks like the project's, with a PATH of its own where one is given."""
    require(*({"bash", *re.findall(r"\b(curl|jq|tar)\b", text)} if "PATH" not in variables else ()))
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(ROOT / ".venv")
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), "no_proxy": "127.0.0.1"} | variables
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", text],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_review_of_a_run(hcp: FakeHcp, tmp_path: Path) -> None:
    """The plan of a run that someone else started is reviewed, and the token goes to nobody but the API."""
    variables = {"TFE_ADDRESS": hcp.api, "TFE_TOKEN": "tfe-token", "RUN": "run-1"}
    done = shell(command("review-a-run"), tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert "prod" in done.stdout
    assert hcp.tokens_at_the_store == [None]


def test_a_token_without_the_right(hcp: FakeHcp, tmp_path: Path) -> None:
    """Without admin access there is no plan, and no review that could pass for one."""
    done = shell(command("review-a-run"), tmp_path, TFE_ADDRESS=hcp.api, TFE_TOKEN="other", RUN="run-1")
    assert done.returncode != 0
    assert "401" in done.stderr


def test_speculative_run(hcp: FakeHcp, tmp_path: Path) -> None:
    """The stack's folder is all that is uploaded, lock file and people included, and the run is made from it."""
    stack = tmp_path / "cdktf.out" / "stacks" / "prod"
    stack.mkdir(parents=True)
    (tmp_path / "locks").mkdir()
    beside = [stack / name for name in ("cdk.tf.json", "crowd.json", "imports.tf.json")]
    for path in (*beside, tmp_path / "locks" / "prod.terraform.lock.hcl"):
        path.write_text("{}", encoding="utf-8")
    done = shell(command("speculative-run"), tmp_path, TFE_ADDRESS=hcp.api, TFE_TOKEN="tfe-token", WORKSPACE="ws-1")
    assert done.stdout == "run-1: planned_and_finished\n", done.stderr
    with tarfile.open(fileobj=BytesIO(hcp.uploaded)) as archive:
        assert sorted(archive.getnames()) == [
            ".",
            "./.terraform.lock.hcl",
            "./cdk.tf.json",
            "./crowd.json",
            "./imports.tf.json",
        ]
    related = hcp.run["relationships"]
    assert related["workspace"]["data"]["id"] == "ws-1"
    assert related["configuration-version"]["data"]["id"] == "cv-1"
    assert hcp.tokens_at_the_store == [None]


@pytest.mark.parametrize("missing", ["jq", "curl"])
def test_the_commands_end_where_a_program_is_missing(hcp: FakeHcp, tmp_path: Path, missing: str) -> None:
    """They wait for what will come, and not for what cannot."""
    require("bash", "curl", "jq")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in {"bash", "cat", "cp", "curl", "jq", "seq", "sleep", "tar", "gzip"} - {missing}:
        (programs / name).symlink_to(str(shutil.which(name)))
    stack = tmp_path / "cdktf.out" / "stacks" / "prod"
    stack.mkdir(parents=True)
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "prod.terraform.lock.hcl").write_text("", encoding="utf-8")
    variables = {"TFE_ADDRESS": hcp.api, "TFE_TOKEN": "tfe-token", "WORKSPACE": "ws-1", "PATH": str(programs)}
    done = shell(command("speculative-run"), tmp_path, **variables)
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize(("decide", "status"), [(False, "passed"), (True, "failed")])
def test_run_task(hcp: FakeHcp, tmp_path: Path, decide: bool, status: str) -> None:
    """The run task holds a run back while there is something to decide, with the token of its request alone."""
    if decide:
        gone = {"id": "0oa1", "label": "Amazon Connect", "features": []}
        change = {"actions": ["delete"], "before": gone, "after": None, "after_unknown": {}, "before_sensitive": {}}
        entry = {"address": "okta_app_saml.admin", "mode": "managed", "type": "okta_app_saml", "name": "admin"}
        kept = {"address": "okta_app_saml.ccp", "mode": "managed", "type": "okta_app_saml", "name": "ccp"}
        unchanged = {"actions": ["no-op"], "before": gone, "after": gone, "after_unknown": {}}
        hcp.plan |= {"resource_changes": [entry | {"change": change}, kept | {"change": unchanged}]}
    request = {
        "access_token": "tfe-token",
        "plan_json_api_url": f"{hcp.api}/api/v2/plans/plan-1/json-output",
        "task_result_callback_url": f"{hcp.api}/api/v2/task-results/1",
    }
    (tmp_path / "request.json").write_text(json.dumps(request), encoding="utf-8")
    done = shell(command("run-task") + "\n" + command("run-task-result"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert hcp.result["attributes"]["status"] == status
    assert hcp.result["attributes"]["message"] == json.loads((tmp_path / "review.json").read_text("utf-8"))["verdict"]
