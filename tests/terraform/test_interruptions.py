"""An apply that is cut short and run again: the same contact centre as without the cut, nothing lost and nothing doubled."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.environment_files import minimal
from tests.sandbox import aws, okta
from tests.sandbox.terraform import TIMEOUT, Stack
from tests.terraform.conftest import World, environment

pytestmark = pytest.mark.terraform

SEED = "CONNECT_SSO_TEST_SEED"
"""Environment variable: takes the place of a new random seed, to see a failure again."""

INTERRUPTIONS = 2
"""How often each apply is interrupted before it is left alone."""


@dataclass(frozen=True)
class Outcome:
    """What there is after an apply: in the cloud, in the state, and how often each thing has been made."""

    objects: dict[str, Any]
    state: dict[str, Any]
    creations: Counter[tuple[str, str]]


def outcome(stack: Stack) -> Outcome:
    """What there is now. Certificates are named for their app: they differ from run to run, as the ids of `terraform_data` do."""
    cloud = stack.sandbox.cloud
    certificates = [
        (app["label"], app["certificate"], app["keys"][0]["x5t_s256"]) for app in cloud.all("okta_app_saml")
    ]

    def alike(value: Any) -> Any:
        text = json.dumps(value)
        for label, *parts in certificates:
            for part in parts:
                text = text.replace(part, f"of {label}")
        return json.loads(text)

    state = stack.resources()
    for address, values in state.items():
        if address.startswith("terraform_data."):
            del values["id"]
    return Outcome(
        {f"{kind} {key}": alike(body) for kind, key, body in cloud.objects()},
        alike(state),
        Counter((call.type_name, call.key) for call in cloud.calls() if call.operation == "create"),
    )


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something to become true while a command runs."""
    deadline = time.monotonic() + 120
    while not reached():
        assert process.poll() is None, f"the command has ended before: {process.communicate()}"
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@contextmanager
def applying(stack: Stack) -> Iterator[subprocess.Popen[str]]:
    """An apply that is under way; it does not outlive a test that fails."""
    with stack.start("apply", "-no-color", "-auto-approve") as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def made(stack: Stack) -> int:
    """How many objects have been made so far."""
    return sum(call.operation == "create" for call in stack.sandbox.cloud.calls())


def dev(world: World) -> Stack:
    """The walkthrough's environment, which has the most kinds of things."""
    return world.stack(environment("dev")[0], name="dev")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one apply that nobody interrupts comes to."""
    stack = dev(World(tmp_path_factory.mktemp("uninterrupted")))
    stack.apply()
    return outcome(stack)


def interrupt(stack: Stack, sent: signal.Signals, after: int) -> None:
    """Start an apply, and interrupt it as soon as `after` objects have been made.

    Ctrl-C in a terminal reaches Terraform and its plugins, SIGTERM (a cancelled job) Terraform alone.
    """
    with applying(stack) as process:
        wait_until(lambda: made(stack) >= after, process)
        (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
        stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1, stdout + stderr
    assert "Interrupt received" in stdout


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_an_interrupted_apply_goes_on_where_it_stopped(
    uninterrupted: Outcome, tmp_path: Path, sent: signal.Signals
) -> None:
    """Someone presses Ctrl-C, or a job is cancelled: the same command again is all that it takes."""
    seed = int(os.environ.get(SEED) or random.randrange(2**32))
    print(f"the same again: {SEED}={seed}")
    stack = dev(World(tmp_path))
    whole = uninterrupted.creations.total()
    stack.options = {"delay": 0.2}
    for after in sorted(random.Random(seed).sample(range(1, whole * 3 // 4), INTERRUPTIONS)):
        interrupt(stack, sent, max(after, made(stack) + 1))
        assert made(stack) < whole, "too late: nothing was left to do"
    stack.options = {}
    stack.apply()
    assert outcome(stack) == uninterrupted
    assert stack.plan().is_empty


# Killed: Terraform could not note what the other side had made already.

RECOVERY = ROOT / "docs" / "recovery.md"
PLACEHOLDER = re.compile(r"[A-Z][A-Z_]+")

KILLED_WHILE_MAKING = {
    "api_integration": [
        {"aws_connect_instance", "aws_iam_policy", "aws_iam_user", "aws_kms_alias", "aws_s3_bucket"},
        {"aws_connect_user", "aws_iam_role"},
    ],
    "group_mapping": [
        {"aws_kms_key", "okta_app_saml", "okta_group"},
        {"aws_connect_instance_storage_config", "aws_iam_saml_provider", "okta_group_rule"},
    ],
}
"""By mode, the types of what is being made when Terraform is killed, kill after kill."""

WITHOUT_NAMES = {"aws_kms_key", "okta_app_saml"}
"""Types of which the other side makes a second one, where it refuses a taken name of all others."""


WITHOUT_IMPORT = {"aws_cloudcontrolapi_resource"}
"""Types of which nothing can be imported: docs/recovery.md says what to do instead."""


def documented_imports() -> list[tuple[str, str]]:
    """Address and id of each `terraform import` in docs/recovery.md, its placeholders in capitals."""
    lines = RECOVERY.read_text(encoding="utf-8").splitlines()
    words = [shlex.split(line, comments=True) for line in lines if line.startswith("terraform import ")]
    return [(address, identifier) for _, _, address, identifier in words]


def documented_import(address: str, body: dict[str, Any]) -> str | None:
    """The id that the documentation gives for what is at an address, the placeholders filled in from the object."""
    templates = [
        identifier
        for pattern, identifier in documented_imports()
        if re.fullmatch(PLACEHOLDER.sub(".+", re.escape(pattern)), address)
    ]
    if not templates:
        return None  # one of those that the next apply sets again
    (template,) = templates
    known = {name.upper(): value for name, value in body.items()}
    known |= {"ACCOUNT_ID": "111122223333", "BUCKET": "connect-test-111122223333-us-west-2", "ROLE": body.get("name")}
    return PLACEHOLDER.sub(lambda found: str(known.get(found[0], body["id"])), template)


def address_of(stack: Stack, kind: str, body: dict[str, Any]) -> str:
    """Where the configuration declares an object of the cloud."""

    def declares(block: dict[str, Any]) -> bool:
        given = {name: block[name] for name in ("bucket", "label", "name", "resource_type") if name in block}
        return all(body[name] == value for name, value in given.items() if "${" not in value)

    ((name, block),) = [item for item in stack.configuration["resource"][kind].items() if declares(item[1])]
    return f"{kind}.{name}" + (f'["{body["name"]}"]' if "for_each" in block else "")


def noted(stack: Stack) -> set[tuple[str, str]]:
    """Type and id of everything in the state, as it is on disk."""
    try:
        state = json.loads((stack.folder / "terraform.tfstate").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # not written yet, or at this moment
        return set()
    managed = [item for item in state["resources"] if item["mode"] == "managed" and item["type"] != "terraform_data"]
    return {(item["type"], instance["attributes"]["id"]) for item in managed for instance in item["instances"]}


def lost(stack: Stack) -> list[tuple[str, dict[str, Any]]]:
    """What the cloud holds and the state does not."""
    known = noted(stack)
    return [(kind, body) for kind, _, body in stack.sandbox.cloud.objects() if (kind, body["id"]) not in known]


def kill(stack: Stack, kinds: set[str]) -> None:
    """Start an apply whose creations of these types are never answered, and kill it when they are all that is under way."""
    stack.options = {"hang": ",".join(kinds)}
    with applying(stack) as process:
        wait_until(lambda: {kind for kind, _ in lost(stack)} == kinds, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)
    stack.options = {}


def test_a_protected_instance_whose_making_was_interrupted_is_kept(world: World) -> None:
    """The provider gives up while the instance is set up; replacing it would be refused, and the documented command mends that."""
    stack = world.stack(minimal(connect__storage=[]))
    stack.options = {"hang": "aws_connect_instance"}
    interrupt(stack, signal.SIGINT, 1)
    stack.options = {}
    refused = stack.apply(check=False)
    assert refused.code == 1
    assert "aws_connect_instance.instance is tainted" in refused.text
    assert "Instance cannot be destroyed" in refused.text
    for line in re.findall(r"^ *terraform (untaint .+)$", RECOVERY.read_text(encoding="utf-8"), re.MULTILINE):
        stack.run(*shlex.split(line))
    stack.apply()
    assert lost(stack) == []
    assert len(list(world.sandbox.cloud.all("aws_connect_instance"))) == 1
    assert stack.plan().is_empty


@pytest.mark.parametrize("mode", KILLED_WHILE_MAKING)
def test_what_a_killed_apply_has_lost_is_imported_as_documented(world: World, mode: str) -> None:
    """The commands of docs/recovery.md bring back whatever was being made, and nothing is there twice in the end."""
    stack = world.stack(minimal(okta__role_assignment=mode, connect__storage=["call_recordings"]))
    for kinds in KILLED_WHILE_MAKING[mode]:
        kill(stack, kinds)
        found = {address_of(stack, kind, body): body for kind, body in lost(stack)}
        missing = {
            address: identifier for address, body in found.items() if (identifier := documented_import(address, body))
        }
        assert {address.split(".")[0] for address in missing} >= kinds
        if not kinds & WITHOUT_NAMES:
            refused = stack.apply(check=False)
            assert refused.code == 1
            assert all(f"with {address}," in refused.text for address in missing), refused.text
        for address, identifier in missing.items():
            stack.import_(address, identifier)
    stack.apply()
    assert lost(stack) == []
    objects = [(kind, body["id"]) for kind, _, body in world.sandbox.cloud.objects()]
    assert sorted(objects) == sorted(noted(stack)), "something is there twice"
    assert stack.plan().is_empty


def test_every_name_that_can_be_taken_has_its_import_documented() -> None:
    """A type that the next apply would be refused is never missing in docs/recovery.md, nor an import untried."""
    documented = {address.split(".")[0] for address, _ in documented_imports()}
    named = {kind for kind, what in (aws.TYPES | okta.TYPES).items() if what.twice} - WITHOUT_IMPORT
    assert documented == named | WITHOUT_NAMES | {"okta_group"}
    assert "disassociate-approved-origin" in RECOVERY.read_text(encoding="utf-8")
    assert documented == set().union(*(kinds for kills in KILLED_WHILE_MAKING.values() for kinds in kills))
