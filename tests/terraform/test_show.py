"""What Terraform shows as JSON: what is no plan or no state is one line, and what was left over is not taken for the live one."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_sso.errors import Failure
from connect_sso.sign_in.deployed import deployed_sign_in
from connect_sso.terraform.show import parse_plan, parse_state, read_plan, read_planned, read_state
from tests.decode.deployed import resources, shown
from tests.review.plans import plan, standing

START = '{"format_version": "1.2", "resource_changes": []'

NO_PLANS = {
    "nothing": b"",
    "white space": b" \n\t",
    "cut short": b'{"format_version": "1.2", "resource_cha',
    "two documents": f"{START}}}{START}}}".encode(),
    "a list": b"[]",
    "null": b"null",
    "text": b'"plan"',
    "an empty object": b"{}",
    "a state": b'{"format_version": "1.0", "terraform_version": "1.11.4", "values": {}}',
    "the next major version": b'{"format_version": "2.0", "resource_changes": []}',
    "a former major version": b'{"format_version": "0.2", "resource_changes": []}',
    "a version like one": b'{"format_version": "10.1", "resource_changes": []}',
    "a version that is a number": b'{"format_version": 1.2, "resource_changes": []}',
    "Terraform's own file": b"PK\x03\x04\x14\x00\x08\x00",
    "a log": b'{"@level":"info","@message":"Terraform 1.11.4"}\n{"@level":"info"}\n',
    "bytes": bytes(range(256)),
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a number without end": f'{START}, "x": {"9" * 5000}}}'.encode(),
    "changes that are a number": b'{"format_version": "1.2", "resource_changes": 5}',
    "a change that is a number": b'{"format_version": "1.2", "resource_changes": [5]}',
    "a change without an address": b'{"format_version": "1.2", "resource_changes": [{"change": {"actions": []}}]}',
    "a change without actions": b'{"format_version": "1.2", "resource_changes": [{"address": "a.b\\n", "change": {}}]}',
    "outputs that are a list": f'{START}, "output_changes": [1]}}'.encode(),
    "an output that is text": f'{START}, "output_changes": {{"x": "y"}}}}'.encode(),
}


@pytest.mark.parametrize("name", NO_PLANS)
def test_what_is_no_plan_is_one_clear_line(name: str) -> None:
    """Someone mixed two files up: the line says what was expected."""
    with pytest.raises(Failure) as failure:
        parse_plan(NO_PLANS[name], "plan.json")
    assert re.fullmatch(r"plan\.json:[^\n]+", str(failure.value))


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_what_cannot_be_read(name: str, tmp_path: Path) -> None:
    """A file that is not there, and a folder."""
    with pytest.raises(Failure, match="cannot be read"):
        read_plan(str(tmp_path / name))


@pytest.mark.parametrize(
    "content",
    [
        START + "}",
        START.replace("1.2", "1.99") + ', "what_comes_later": {"a": [1]}}',
        START + ', "resource_changes": [], "output_changes": {}, "x": NaN, "y": 1e999, "z": -Infinity}',
        START + ', "resource_drift": null, "checks": null, "prior_state": null, "configuration": null}',
    ],
    ids=["plain", "later minor version", "duplicate keys and odd numbers", "nothing where much is"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_a_plan_all_the_same(content: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minor versions only add fields, and redirections on Windows write byte order marks and UTF-16; from standard input as well."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode(encoding))))
    assert read_plan("-").changes == ()


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1))
def test_a_plan_that_is_cut_short_is_never_reviewed(share: float) -> None:
    """Half a plan would be half a review."""
    content = json.dumps(plan(standing("okta_app_saml.admin", label="é 字 😀", id="0oa"))).encode()
    with pytest.raises(Failure):
        parse_plan(content[: int(share * (len(content) - 1))], "plan")


NO_STATES = {
    "a plan": f"{START}}}".encode(),
    "planned values": b'{"format_version": "1.2", "planned_values": {}}',
    "the file that Terraform keeps": b'{"version": 4, "lineage": "x", "resources": []}',
} | {
    name: content
    for name, content in NO_PLANS.items()
    if "chang" not in name and "output" not in name and name != "a state"
}


@pytest.mark.parametrize("name", NO_STATES)
def test_what_is_no_state_is_one_clear_line(name: str) -> None:
    """The same reader, the same messages."""
    with pytest.raises(Failure) as failure:
        parse_state(NO_STATES[name], "state.json")
    assert re.fullmatch(r"state\.json:[^\n]+", str(failure.value))


def test_a_plan_and_a_state_are_told_apart() -> None:
    """Whoever gives one for the other reads which it is."""
    with pytest.raises(Failure, match="is a plan, not a state"):
        parse_state(NO_STATES["a plan"], "x")
    with pytest.raises(Failure, match="is a state, not a plan"):
        parse_plan(NO_PLANS["a state"], "x")
    with pytest.raises(Failure, match="is the state as Terraform keeps it"):
        parse_state(NO_STATES["the file that Terraform keeps"], "x")


# --- what is left over from a replacement ----------------------------------------------------------------------------


def with_deposed(document: dict[str, Any]) -> dict[str, Any]:
    """The state with a former app and a former role beside the live ones, as after a replacement that was cut short."""
    listed = document["values"]["root_module"]["resources"]
    for address in ("okta_app_saml.admin", "aws_iam_role.Okta_Role"):
        [live] = [resource for resource in listed if resource["address"] == address]
        listed.append(
            live
            | {"deposed_key": "1a2b3c4d", "values": live["values"] | {"status": "INACTIVE", "assume_role_policy": "{}"}}
        )
    return document


def in_file(folder: Path, document: dict[str, Any]) -> str:
    """The document in a file."""
    file = folder / "shown.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def test_a_deposed_app_in_a_state_is_not_the_live_one(tmp_path: Path) -> None:
    """It stands at the same address, and would make the live app look inactive."""
    state = read_state(in_file(tmp_path, with_deposed(shown(resources()))))
    assert [resource.values["status"] for resource in state.resources if resource.type == "okta_app_saml"] == ["ACTIVE"]
    sign_in = deployed_sign_in([state], users_are_complete=True)
    assert sign_in.apps["admin"].active is True
    assert all(role.trust is not None and role.trust.statements for role in sign_in.roles.values())


def test_a_deposed_app_in_a_plans_prior_state_is_not_the_live_one(tmp_path: Path) -> None:
    """A plan that only destroys what is left over leaves the live one as it is; deposed data does not exist."""
    before = with_deposed(shown(resources()))
    planned = shown(resources())["values"]
    listed = planned["root_module"]["resources"]
    planned["root_module"]["resources"] = [resource for resource in listed if resource["mode"] == "managed"]
    document = {"format_version": "1.2", "planned_values": planned, "resource_changes": [], "prior_state": before}
    deployment = read_planned(in_file(tmp_path, document))
    assert [each.values["status"] for each in deployment.resources if each.type == "okta_app_saml"] == ["ACTIVE"]
    assert any(each.is_data for each in deployment.resources)
    reviewed = parse_plan(json.dumps(document).encode(), "plan")
    assert reviewed.prior["okta_app_saml.admin"]["values"]["status"] == "ACTIVE"


def test_trace_reads_past_a_deposed_app(tmp_path: Path) -> None:
    """One reader: the plan of a review and the state of a trace see the same live app."""
    state = parse_state(json.dumps(with_deposed(shown(resources()))).encode(), "state.json")
    addresses = [resource.address for resource in state.resources]
    assert len(addresses) == len(set(addresses))
