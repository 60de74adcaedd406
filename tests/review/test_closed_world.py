"""A closed world: what the review does not know is said, and what it knows of every week is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connect_sso.errors import Failure
from connect_sso.review.report import Acceptance, make_report
from connect_sso.terraform.show import parse_plan
from connect_sso.terraform.stack_file import read_stack_file
from tests.conftest import ROOT
from tests.review.plans import between, change, created, destroyed, found, plan, standing, updated
from tests.review.test_lost_access import world

AWS, OKTA = "registry.terraform.io/hashicorp/aws", "registry.terraform.io/okta/okta"


def configured(*blocks: dict[str, Any], **providers: dict[str, Any]) -> dict[str, Any]:
    """A plan's configuration; an underscore in a provider's name stands for the point before its alias."""
    constants = {
        name.replace("_", ".", 1): {
            "name": name.partition("_")[0],
            "full_name": AWS if name.startswith("aws") else OKTA,
        }
        | ({"alias": name.partition("_")[2]} if "_" in name else {})
        | {"expressions": {key: {"constant_value": value} for key, value in values.items()}}
        for name, values in providers.items()
    }
    return {"configuration": {"provider_config": constants, "root_module": {"resources": list(blocks)}}}


def block(address: str, **more: Any) -> dict[str, Any]:
    mode = "data" if address.startswith("data.") else "managed"
    kind, _, name = address.removeprefix("data.").partition(".")
    return {"address": address, "mode": mode, "type": kind, "name": name, "expressions": {}} | more


LOCAL_EXEC = [{"type": "local-exec", "expressions": {"command": {"constant_value": "true"}}}]

STRANGE: dict[str, tuple[dict[str, Any], str]] = {
    "a type of another service": (plan(created("aws_lambda_function.f", function_name="f")), "unknown-resource"),
    "a type that is changed": (plan(updated("aws_sns_topic.t", {"name": "t"}, display_name="t")), "unknown-resource"),
    "a type that is destroyed": (plan(destroyed("aws_cloudtrail.t", name="t")), "unknown-resource"),
    "a type of another provider": (plan(created("github_repository.r", name="r")), "unknown-resource"),
    "Cloud Control, which makes anything": (
        plan(created("aws_cloudcontrolapi_resource.r", type_name="AWS::IAM::Role", desired_state="{}")),
        "unknown-resource",
    ),
    "Cloud Control, with another type than before": (
        plan(
            updated(
                "aws_cloudcontrolapi_resource.r", {"type_name": "AWS::IAM::Role"}, type_name="AWS::Connect::ApprovedOrigin"
            )
        ),
        "unknown-resource",
    ),
    "a file": (plan(created("local_file.f", filename="f")), "unknown-resource"),
    "a data source that runs a program": (plan(**configured(block("data.external.e"))), "unknown-resource"),
    "a data source that calls": (plan(**configured(block("data.aws_lambda_invocation.i"))), "unknown-resource"),
    "a provisioner": (plan(**configured(block("terraform_data.d", provisioners=LOCAL_EXEC))), "runs-commands"),
    "an action": (plan(action_invocations=[{"address": "action.aws_lambda_invoke.a", "type": "aws_lambda_invoke"}]), "runs-commands"),
    "a provider from elsewhere": (plan(standing("okta_group.g", name="g") | {"provider_name": "evil.example/okta/okta"}), "provider-changed"),
    "a second configuration": (plan(**configured(aws={"region": "us-east-1"}, aws_other={"region": "us-east-1"})), "provider-changed"),
    "endpoints of one's own": (plan(**configured(aws={"region": "us-east-1", "endpoints": [{"iam": "https://iam.example"}]})), "provider-changed"),
    "a proxy": (plan(**configured(okta={"org_name": "acme", "http_proxy": "https://proxy.example"})), "provider-changed"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_known_is_said(name: str) -> None:
    """Each may do anything, in the name of the apply."""
    data, code = STRANGE[name]
    assert code in {each for each, _ in found(data)}


HARMLESS: dict[str, dict[str, Any]] = {
    "types that make nothing": plan(
        created("terraform_data.d", input="x"), created("random_id.r"), created("time_static.t"), created("null_resource.n")
    ),
    "data sources that look up": plan(**configured(block("data.okta_group.g"), block("data.aws_caller_identity.me"))),
    "providers as they are": plan(**configured(aws={"region": "us-east-1", "retry_mode": "adaptive"}, okta={"org_name": "acme", "base_url": "okta.com"})),
    "a data source read anew": plan(change("data.aws_connect_instance.i", ["read"], None, {})),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_can_do_nothing_is_none(name: str) -> None:
    """Nothing to decide."""
    assert found(HARMLESS[name]) == set()


ELSEWHERE: dict[str, dict[str, dict[str, Any]]] = {
    "another region": {"aws": {"region": "us-west-2"}},
    "a region that cannot be read": {"aws": {"region": None}},
    "another account": {"aws": {"allowed_account_ids": ["999999999999"]}},
    "another organization": {"okta": {"org_name": "mallory", "base_url": "okta.com"}},
    "another domain": {"okta": {"org_name": "acme", "base_url": "oktapreview.com"}},
}
THERE: dict[str, dict[str, dict[str, Any]]] = {
    "the same": {
        "aws": {"region": "eu-central-1", "allowed_account_ids": ["111122223333"]},
        "okta": {"org_name": "acme", "base_url": "okta.com"},
    },
}


def asked(providers: dict[str, dict[str, Any]]) -> set[str]:
    """The findings where everything stands in one place and the providers are told another."""
    there = world()
    there["okta_app_saml.admin"]["metadata_url"] = "https://acme.okta.com/api/v1/apps/0oaadmin/sso/saml/metadata"
    return {code for code, _ in found(between(there, there, **configured(**providers)))}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_providers_that_talk_to_something_else(name: str) -> None:
    """Compared with where everything stands, whatever the configuration was."""
    assert asked(ELSEWHERE[name]) == {"provider-changed"}


def test_providers_that_talk_to_what_stands() -> None:
    """Nothing to decide."""
    assert asked(THERE["the same"]) == set()


IN_THE_FILE: dict[str, tuple[dict[str, Any], str]] = {
    "a removed block with a provisioner": ({"removed": [{"from": "terraform_data.d", "provisioner": [{"local-exec": {"command": "true"}}]}]}, "runs-commands"),
    "a provisioner": ({"resource": {"terraform_data": {"d": {"provisioner": [{"local-exec": {}}]}}}}, "runs-commands"),
    "an action that a change triggers": ({"resource": {"terraform_data": {"d": {"lifecycle": {"action_trigger": [{}]}}}}}, "runs-commands"),
    "a module": ({"module": {"m": {"source": "./m"}}}, "unknown-resource"),
    "an ephemeral resource": ({"ephemeral": {"random_password": {"p": {}}}}, "unknown-resource"),
    "a check that runs a program": ({"check": {"c": {"data": {"external": {"e": {}}}}}}, "unknown-resource"),
    "another kind of backend": ({"terraform": {"backend": {"http": {"address": "https://x.example"}}}}, "provider-changed"),
    "another provider": ({"terraform": {"required_providers": {"okta": {"source": "evil/okta"}}}}, "provider-changed"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_THE_FILE)
def test_what_only_the_configuration_holds(name: str) -> None:
    """No plan shows it."""
    stack_file, code = IN_THE_FILE[name]
    report = make_report(parse_plan(json.dumps(plan()).encode(), "plan"), Acceptance(), stack_file=stack_file)
    assert {finding.code for finding in report.findings} == {code}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "prod-users", "staging-users"])
def test_our_own_stacks_hold_nothing_of_it(stack: str) -> None:
    """What is synthesized for the three environments."""
    stack_file = read_stack_file(str(ROOT / "tests" / "goldens" / "stacks" / stack / "cdk.tf.json"))
    report = make_report(parse_plan(json.dumps(plan()).encode(), "plan"), Acceptance(), stack_file=stack_file)
    assert not report.findings


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_another_file_is_one_line(content: str, tmp_path: Path) -> None:
    """Someone gave the plan's file, or nothing."""
    file = tmp_path / "cdk.tf.json"
    file.write_text(content)
    with pytest.raises(Failure, match=r"cdk\.tf\.json"):
        read_stack_file(str(file))
