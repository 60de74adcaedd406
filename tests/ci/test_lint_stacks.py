"""What `make check` gives to checkov and parliament, and what it lets them skip."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from ci import lint_stacks
from ci.lint_stacks import INSTANCE_ARN, as_aws_sees_it, findings, for_checkov, policies
from ci.runner import Stop
from tests.ci.workflow import ROOT


def document(**statement: object) -> str:
    """A policy document with one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def test_a_policy_as_aws_sees_it() -> None:
    """The linter must judge what AWS gets: Terraform's references filled in, IAM's own variables left as they are."""
    text = document(
        Action="connect:GetFederationToken", Resource="${aws_connect_instance.instance.arn}/user/$${aws:userid}"
    )
    [statement] = json.loads(as_aws_sees_it(text, "aws_iam_policy", "federation"))["Statement"]
    assert statement["Resource"] == INSTANCE_ARN + "/user/${aws:userid}"


def test_a_trust_policy_gets_its_role() -> None:
    """Without a resource the linter would stop at that, and say nothing of the conditions."""
    text = document(
        Action="sts:AssumeRoleWithSAML", Principal={"Federated": "arn:aws:iam::111122223333:saml-provider/A"}
    )
    [statement] = json.loads(as_aws_sees_it(text, "aws_iam_role", "Okta_Role"))["Statement"]
    assert statement["Resource"] == "arn:aws:iam::111122223333:role/Okta_Role"


def issue(path: str, name: str) -> str:
    """An issue as parliament prints it."""
    location = {"line": 1, "column": 1, "filepath": path}
    return json.dumps({"issue": name, "title": "Title ", "detail": "what", "location": location}) + "\n"


def test_a_star_in_a_key_policy_is_its_key() -> None:
    """There `*` can mean nothing else; everywhere else it stays a finding."""
    key = issue("/tmp/dev.aws_kms_key.recordings.json", "RESOURCE_STAR")
    permission = issue("/tmp/dev.aws_iam_policy.federation.json", "RESOURCE_STAR")
    unknown = issue("/tmp/dev.aws_kms_key.recordings.json", "UNKNOWN_ACTION")
    assert findings(key) == []
    assert findings(permission + key + unknown) == [
        "parliament: dev.aws_iam_policy.federation: Title: what",
        "parliament: dev.aws_kms_key.recordings: Title: what",
    ]


def test_an_unknown_reference_is_an_error() -> None:
    """A policy that could not be judged must not pass for one that was."""
    with pytest.raises(Stop, match=re.escape("aws_iam_policy.new: no stand-in for ${aws_s3_bucket.x.arn}")):
        as_aws_sees_it(document(Action="s3:GetObject", Resource="${aws_s3_bucket.x.arn}"), "aws_iam_policy", "new")


def test_every_policy_is_found() -> None:
    """Whatever the attribute is called: trust, permission, bucket and key policies."""
    stack = {
        "resource": {
            "aws_iam_role": {"a": {"assume_role_policy": document(Action="sts:AssumeRoleWithSAML"), "name": "a"}},
            "aws_kms_key": {"b": {"policy": document(Action="kms:*", Resource="*"), "enable_key_rotation": True}},
        }
    }
    assert [address for address, _ in policies(stack)] == ["aws_iam_role.a", "aws_kms_key.b"]


def test_checkov_gets_all_resources() -> None:
    """And nothing that its parser cannot read, such as blocks that come in lists."""
    stack = {
        "//": {},
        "terraform": {"required_version": ">= 1.7"},
        "provider": {"aws": [{}]},
        "data": {"c": {"d": {}}},
        "resource": {"a": {"b": {}}},
        "removed": [{"from": "a.old"}],
        "check": {},
    }
    assert for_checkov(stack) == {key: stack[key] for key in ("provider", "data", "resource")}


def test_stacks_that_checkov_cannot_read_do_not_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It tells of a file that it cannot parse on its standard error, and exits as if all were well."""
    programs = {"checkov": 'echo "[ERROR] Failed to parse template" >&2', "parliament": ":"}
    for name, does in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        program.chmod(0o700)
    monkeypatch.setattr(lint_stacks, "PROGRAMS", tmp_path)
    monkeypatch.chdir(ROOT)
    with pytest.raises(Stop, match=r"checkov could not read the stacks: .*Failed to parse"):
        lint_stacks.main()


def test_every_skipped_check_has_its_reason() -> None:
    """A check that is skipped without a reason is one that nobody dares to bring back."""
    text = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    skipped = yaml.safe_load(text)["skip-check"]
    blocks = re.findall(r"((?:  # .*\n)+)((?:  - \w+\n)+)", text)
    assert [check for _, checks in blocks for check in re.findall(r"\w+", checks)] == skipped
