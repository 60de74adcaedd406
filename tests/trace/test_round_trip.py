"""From the file to a sign-in: apply in the sandbox, sign as Okta would, decode against the state; then break one thing at a time."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connect_sso.decode import command as decode
from connect_sso.saml.metadata import read_metadata
from connect_sso.trace import command as trace
from tests.conftest import ROOT
from tests.decode.responses import Response, Signer
from tests.sandbox.cloud import COMPANY
from tests.sandbox.terraform import Sandbox, Stack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.terraform

ENVIRONMENTS = ("dev", "staging", "prod")
ADA = "Ada.Admin@example.com"
NAME, ROLE, DURATION = (
    f"https://aws.amazon.com/SAML/Attributes/{name}" for name in ("RoleSessionName", "Role", "SessionDuration")
)


class World:
    """The three environments, deployed in a sandbox each, with everybody of the files in the right Okta group."""

    def __init__(self, root: Path) -> None:
        self.root = root
        company: dict[str, Any] = json.loads(COMPANY.read_text("utf-8"))
        agents = ("Bo.Agent@example.com", "bo.agent@example.com", "cy.agent@example.com", "di.supervisor@example.com")
        admins = [person for person in company["okta_users"] if person["login"] == ADA]
        self.company = company
        self.admins = admins
        self.agents = agents
        environment = os.environ | {"CDKTF_OUTDIR": str(root / "out"), "ENVIRONMENT": ""}
        subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=True, capture_output=True)

    @lru_cache  # noqa: B019 - one world per session
    def deployed(self, name: str) -> Deployment:
        """An environment with its crowd, deployed."""
        spelling = self.agents[:1] if name == "dev" else self.agents[1:]
        people = [
            {
                "login": login,
                "first_name": "A",
                "last_name": "B",
                "department": "Sales",
                "groups": ["Everyone", "Contact Centre Agents"],
            }
            for login in spelling
        ]
        sandbox = Sandbox(self.root / name, company=self.company | {"okta_users": [*self.admins, *people]})
        stacks = []
        for stack_name in (name, f"{name}-users"):
            source = self.root / "out" / "stacks" / stack_name
            if source.exists():
                stack = sandbox.stack(source)
                stack.init()
                stack.apply()
                stacks.append(stack)
        return Deployment(name, sandbox, stacks)


class Deployment:
    """One deployed environment."""

    def __init__(self, name: str, sandbox: Sandbox, stacks: list[Stack]) -> None:
        self.name = name
        self.sandbox = sandbox
        self.shown = [stack.show() for stack in stacks]

    def state_options(
        self, folder: Path, change: Callable[[dict[str, dict[str, Any]]], None] | None = None
    ) -> list[str]:
        """`--state` and its files, after a change to the values of the first."""
        options = []
        for number, shown in enumerate(self.shown):
            text = json.dumps(shown)
            if number == 0 and change is not None:
                document = json.loads(text)
                resources = document["values"]["root_module"]["resources"]
                values = {resource["address"]: resource["values"] for resource in resources}
                change(values)
                document["values"]["root_module"]["resources"] = [
                    each for each in resources if each["address"] in values
                ]
                text = json.dumps(document)
            file = folder / f"state{number}.json"
            file.write_text(text, encoding="utf-8")
            options += ["--state", str(file)]
        return options

    @property
    def values(self) -> dict[str, dict[str, Any]]:
        return {
            resource["address"]: resource["values"] for resource in self.shown[0]["values"]["root_module"]["resources"]
        }

    def response(self, app: str, name: str) -> Response:
        """What Okta sends for a person who opens the app, signed with the app's own key."""
        values = self.values[f"okta_app_saml.{app}"]
        key = load_pem_private_key(self.sandbox.cloud.signing_key(values["id"]).encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        settings = json.loads(values["app_settings_json"] or "{}")
        provider = self.values[f"aws_iam_saml_provider.{app}"]["arn"]
        role = next(
            each["arn"]
            for address, each in self.values.items()
            if address.startswith("aws_iam_role.") and f'"{provider}"' in each["assume_role_policy"]
        )
        region = self.values["aws_connect_instance.instance"]["arn"].split(":")[3]
        default = "https://signin.aws.amazon.com/saml"
        recipient = settings.get("overrideAcsURL", default) if settings else values["recipient"]
        tags = (
            {"Department": "Sales"}
            if any(each["name"].endswith(":Department") for each in values["attribute_statements"])
            else {}
        )
        assert region
        return Response(
            issuer=values["entity_url"],
            recipient=recipient,
            destination=recipient,
            name_id=name,
            session_name=name,
            roles=(f"{role},{provider}",),
            tags=tags,
            signer=Signer(key, read_metadata(values["metadata"]).certificates[0].x509),
        )

    def har(self, app: str, name: str, **changes: Any) -> bytes:
        """The browser's export of that sign-in."""
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        window = {
            "not_before": now - datetime.timedelta(minutes=5),
            "not_on_or_after": now + datetime.timedelta(minutes=5),
        }
        relay_state = self.values[f"okta_app_saml.{app}"]["default_relay_state"]
        return self.response(app, name).but(**(window | changes)).har(at=now, relay_state=relay_state)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("CONNECT_SSO_ENVIRONMENTS", raising=False)


def run(command: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(command, [*arguments, "--format", "json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_everybody_signs_in(world: World, tmp_path: Path, name: str) -> None:
    """The file is walked, deployed, walked again in the state, and a signed response of each app is decoded: all green."""
    deployment = world.deployed(name)
    assert run(trace, name)[0] == 0
    code, walked = run(trace, name, *deployment.state_options(tmp_path))
    assert code == 0
    for person in walked["people"]:
        # Who is in a group only Okta knows: the state holds nobody's profile. In dev the API integration is enabled by hand,
        # and until then the assertion's role is not certain.
        allowed = {"Okta assignment"} | ({"assertion"} if name == "dev" else set())
        assert {hop["name"] for hop in person["hops"] if hop["ok"] is None} <= allowed
        if person["username"] == ADA and name != "dev":
            assert person["ok"] is True
    for app, person in (("admin", ADA), (_other_app(name), _agent(name))):
        file = tmp_path / "sign-in.har"
        file.write_bytes(deployment.har(app, person))
        assert run(decode, str(file), "--env", name, *deployment.state_options(tmp_path))[0] == 0
        code, decoded = run(decode, str(file), *deployment.state_options(tmp_path))
        assert (code, decoded["findings"]) == (0, [])
        assert decoded["assertion"]["verified"]


def _other_app(name: str) -> str:
    return "workspace" if name == "staging" else "ccp"


def _agent(name: str) -> str:
    return "Bo.Agent@example.com" if name == "dev" else "bo.agent@example.com"


Change = Callable[[dict[str, dict[str, Any]]], None]


def _replace(kind: str, key: str, old: str, new: str) -> Change:
    def change(values: dict[str, dict[str, Any]]) -> None:
        for address, held in values.items():
            if address.startswith(kind):
                assert old in str(held[key])
                held[key] = str(held[key]).replace(old, new)

    return change


def _drop(start: str) -> Change:
    def change(values: dict[str, dict[str, Any]]) -> None:
        for address in [address for address in values if address.startswith(start)]:
            del values[address]

    return change


def _swap_metadata(values: dict[str, dict[str, Any]]) -> None:
    providers = [held for address, held in values.items() if address.startswith("aws_iam_saml_provider.")]
    first, second = (held["saml_metadata_document"] for held in providers)
    providers[0]["saml_metadata_document"], providers[1]["saml_metadata_document"] = second, first


BROKEN: list[tuple[str, str, Change]] = [
    (
        "IAM trust",
        "recipient-not-trusted",
        _replace("aws_iam_role.", "assume_role_policy", "signin.aws.amazon.com", "signin.example.com"),
    ),
    (
        "IAM trust",
        "provider-not-trusted",
        _replace("aws_iam_role.", "assume_role_policy", "saml-provider/", "saml-provider/Old_"),
    ),
    ("IAM trust", "metadata-of-other-app", _swap_metadata),
    (
        "permission",
        "federation-token-denied",
        _replace("aws_iam_policy.federation", "policy", "${aws:userid}", "$${aws:userid}"),
    ),
    ("permission", "federation-token-denied", _drop("aws_iam_role_policy_attachment.")),
    ("Connect user", "user-name-case", _replace("aws_connect_user.users", "name", "Ada", "ada")),
]


@pytest.mark.parametrize("name", ["staging", "prod"])
@pytest.mark.parametrize(("hop", "code", "change"), BROKEN, ids=[code for _, code, _ in BROKEN])
def test_the_right_hop_and_the_right_failure_are_named(
    world: World, tmp_path: Path, name: str, hop: str, code: str, change: Change
) -> None:
    """One thing is broken in the real state: `trace` names the hop, `decode` the entry of the catalogue."""
    deployment = world.deployed(name)

    def broken(values: dict[str, dict[str, Any]]) -> None:
        for address in values:
            if address.startswith("aws_iam_role."):
                # The provider reads attached policies back; without them only the attachment counts.
                values[address]["managed_policy_arns"] = []
        change(values)

    options = deployment.state_options(tmp_path, broken)
    exit_code, walked = run(trace, name, "--user", ADA, *options)
    assert exit_code == 3
    assert [step["name"] for step in walked["people"][0]["hops"] if step["ok"] is False] == [hop]
    file = tmp_path / "sign-in.har"
    file.write_bytes(deployment.har("admin", ADA))
    exit_code, decoded = run(decode, str(file), *options)
    assert exit_code == 3
    assert [finding["code"] for finding in decoded["findings"]] == [code]


def test_a_rotated_certificate_is_named(world: World, tmp_path: Path) -> None:
    """Signed with the other app's key, the issuer being right: what a rotation looks like from outside."""
    deployment = world.deployed("prod")
    file = tmp_path / "sign-in.har"
    file.write_bytes(deployment.har("admin", ADA, signer=deployment.response("ccp", ADA).signer))
    code, decoded = run(decode, str(file), *deployment.state_options(tmp_path))
    assert (code, [finding["code"] for finding in decoded["findings"]]) == (3, ["certificate-rotated"])


def test_a_plan_is_walked_before_it_is_applied(world: World, tmp_path: Path) -> None:
    """A plan of what stands: the same answers as the state; and one that would break something says so beforehand."""
    deployment = world.deployed("prod")
    stack = deployment.sandbox.stack(world.root / "out" / "stacks" / "prod")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(stack.plan().json), encoding="utf-8")
    code, walked = run(trace, "prod", "--user", ADA, "--plan", str(file))
    assert (code, walked["people"][0]["ok"]) == (0, True)
    original = (stack.folder / "cdk.tf.json").read_text("utf-8")
    try:
        stack.edit(lambda stack: stack["resource"]["aws_iam_role"]["Amazon_Connect"].update(max_session_duration=3600))
        file.write_text(json.dumps(stack.plan().json), encoding="utf-8")
    finally:
        (stack.folder / "cdk.tf.json").write_text(original, "utf-8")
    code, walked = run(trace, "prod", "--user", ADA, "--plan", str(file))
    assert code == 3
    assert [hop["name"] for hop in walked["people"][0]["hops"] if hop["ok"] is False] == ["IAM trust"]
