"""`make demo`: the dev environment planned and applied by the real Terraform, with no account and no network.

Everything that it writes is in `.demo/`, which each run makes anew and leaves behind to look at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from connect_sso.environment.loading import load_one
from connect_sso.environment.model import Environment
from connect_sso.errors import Failure
from tests.sandbox.cloud import COMPANY
from tests.sandbox.mirror import ROOT
from tests.sandbox.okta import Org
from tests.sandbox.terraform import Plan, Sandbox, Stack, TerraformFailed

ENVIRONMENT = "dev"
FOLDER = ROOT / ".demo"
DONE = re.compile(r"^(\S.*): Creation complete after")

TITLES = {
    "aws_connect_instance": "Connect instance{s}",
    "aws_connect_user": "Connect user{s}",
    "aws_iam_saml_provider": "identity provider{s}",
    "aws_iam_role": "role{s}",
    "aws_iam_policy": "polic{ies}",
    "aws_s3_bucket": "bucket{s}",
    "aws_kms_key": "KMS key{s}",
    "aws_iam_user": "IAM user{s}",
    "aws_iam_access_key": "access key{s}",
    "okta_app_saml": "app{s}",
    "okta_app_group_assignment": "assignment{s} of groups",
    "okta_app_user": "assignment{s} of people",
    "okta_group": "role group{s}",
    "okta_group_rule": "group rule{s}",
}
"""The kinds that a person asks about, in that order; the others are counted."""


def company(environment: Environment) -> dict[str, Any]:
    """The made-up company, extended by whatever an edited environment file takes for granted in Okta and Connect."""
    result: dict[str, Any] = json.loads(COMPANY.read_text("utf-8"))
    known = {user["login"].lower() for user in result["okta_users"]}
    result["okta_users"] += [
        {"login": user.username, "first_name": user.first_name, "last_name": user.last_name, "groups": ["Everyone"]}
        for user in environment.users
        if user.username.lower() not in known
    ]
    for app in environment.apps.values():
        policy = [app.authentication_policy] if app.authentication_policy else []
        for kind, wanted in (("okta_groups", list(app.groups)), ("okta_authentication_policies", policy)):
            result[kind] += [name for name in wanted if name not in result[kind]]
    for user in environment.users:
        for profile in user.security_profiles:
            result["security_profiles"].setdefault(profile, {})
        result["routing_profiles"].setdefault(user.routing_profile, {})
    existing = environment.connect.instance_id
    if existing is not None:
        managed = {"identity_management_type": "SAML", "instance_alias": "existing", "status": "ACTIVE"}
        result["connect_instances"].append({"id": existing, **managed})
    return result


def synthesize() -> Path:
    """Run `main.py` for the one environment.

    Returns:
        The stack's folder.

    Raises:
        Failure: it did not work; what it said is on the screen already.
    """
    output = FOLDER / "cdktf.out"
    environment = os.environ | {"ENVIRONMENT": ENVIRONMENT, "CDKTF_OUTDIR": str(output)}
    if subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=False).returncode != 0:
        raise Failure("main.py failed, see above")
    return output / "stacks" / ENVIRONMENT


def apply(stack: Stack, plan: Plan, console: Console) -> None:
    """Apply the plan, and show how far it is."""
    columns = (TextColumn("  "), BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(plan.changes))
        with stack.start("apply", "-no-color", plan.file.name) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                done = DONE.match(line)
                if done:
                    progress.update(task, advance=1, description=done[1])
            problem = process.stderr.read()
        progress.update(task, description="")
    if process.returncode != 0:
        raise Failure(f"terraform apply failed:\n{problem}")


def created(plan: Plan) -> Table:
    """What there is on each side now."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2), pad_edge=True)
    kinds = Counter(change["type"] for change in plan.json["resource_changes"] if change["address"] in plan.changes)
    for title, prefix in (("AWS", "aws_"), ("Okta", "okta_")):
        named = [
            f"{kinds[kind]} {words.format(s='' if kinds[kind] == 1 else 's', ies='y' if kinds[kind] == 1 else 'ies')}"
            for kind, words in TITLES.items()
            if kind.startswith(prefix) and kinds[kind]
        ]
        rest = sum(count for kind, count in kinds.items() if kind.startswith(prefix) and kind not in TITLES)
        more = [f"{rest} settings and attachments"] if rest else []
        table.add_row(title, ", ".join(named + more))
    return table


def circle(environment: Environment, resources: dict[str, dict[str, Any]], console: Console) -> None:
    """How each side got what it needs from the other, checked in what was applied."""
    for name in environment.apps:
        okta, aws = resources[f"okta_app_saml.{name}"], resources[f"aws_iam_saml_provider.{name}"]
        same = okta["metadata"] == aws["saml_metadata_document"]
        known = aws["arn"] in json.dumps(okta)
        console.print(f"  [bold]{name}[/]")
        console.print("    Okta to AWS  the app's metadata is the document of the identity provider:")
        console.print(
            f"                 {len(okta['metadata'])} characters, {'byte for byte' if same else 'BUT NOT THE SAME'}"
        )
        console.print(
            f"    AWS to Okta  {'the ARN of that provider is in the app' if known else 'THE APP LACKS THE ARN'}:"
        )
        console.print(f"                 {aws['arn']}")


def sign_ins(environment: Environment, org: Org, resources: dict[str, dict[str, Any]]) -> Table:
    """Who reaches what, by assignments in Okta and users in Connect as they are now."""
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for column in ("who", "app", "by", "signs in as"):
        table.add_column(column, overflow="fold")
    users = {user.username: user for user in environment.users}
    for name, app in environment.apps.items():
        assigned = {v["username"] for key, v in resources.items() if key.startswith(f"okta_app_user.{name}[")}
        groups = {
            member["login"]: values["name"]
            for key, values in resources.items()
            if key.startswith("data.okta_group.groups[") and values["name"] in app.groups
            for member in org.members(values["id"])
        }
        for username in sorted(assigned | set(groups)):
            through = ["assigned"] * (username in assigned) + [groups[username]] * (username in groups)
            user = users.get(username)
            profiles = ", ".join(user.security_profiles) if user else "nobody: no such Connect user"
            table.add_row(username, name, ", ".join(through), profiles)
    return table


def run(console: Console) -> None:
    """The demo, from synthesis to what comes next."""
    begin = time.monotonic()

    def step(text: str) -> None:
        console.print(f"[bold cyan]==>[/] {text}")

    environment = load_one(ENVIRONMENT).environment
    if environment is None:
        raise Failure(f"environments/{ENVIRONMENT}.yaml has problems: connect-sso check lists them")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    step(f"synthesizing environments/{ENVIRONMENT}.yaml")
    source = synthesize()
    sandbox = Sandbox(FOLDER, company=company(environment))
    stack = sandbox.stack(source)
    version = json.loads(stack.run("version", "-json").stdout)["terraform_version"]
    step(f"planning with Terraform {version}, AWS and Okta played by the sandbox")
    stack.init()
    plan = stack.plan()
    step(f"applying: {len(plan.changes)} resources to create")
    apply(stack, plan, console)
    step("planning again")
    second = stack.plan()
    resources = stack.resources()

    console.rule("[bold]What was created", align="left")
    console.print(created(plan))
    console.rule("[bold]How the two feed each other, in one apply", align="left")
    circle(environment, resources, console)
    console.rule("[bold]Who can sign in where", align="left")
    console.print(
        sign_ins(environment, Org(sandbox.cloud, environment.okta.org_name, environment.okta.base_url), resources)
    )
    console.rule("[bold]A second plan", align="left")
    console.print("  is empty: what was applied is what the file says." if second.is_empty else second.text)
    if "by_hand" in stack.configuration.get("output", {}):
        console.print(
            "  Its warnings name what no API can do: enabling API integration in Okta.\n"
            "  The output by_hand says what to enter there."
        )
    console.rule("[bold]Next, with a real account", align="left")
    console.print(
        f"  1. Put your account, org, alias and people into environments/{ENVIRONMENT}.yaml\n"
        "     and see what connect-sso check says.\n"
        "  2. Give the providers credentials: AWS_PROFILE or AWS_ACCESS_KEY_ID and so on;\n"
        "     OKTA_API_TOKEN, or OKTA_API_CLIENT_ID and OKTA_API_PRIVATE_KEY.\n"
        f"  3. make setup && . .venv/bin/activate, and then cdktf diff {ENVIRONMENT} and cdktf deploy {ENVIRONMENT}"
    )
    console.print(
        f"\n[dim]{time.monotonic() - begin:.0f} seconds; all of it is in .demo/, and nothing has left this machine.[/]"
    )


def main() -> None:
    """Run the demo; one clear line where it cannot go on."""
    try:
        run(Console(highlight=False))
    except (Failure, TerraformFailed) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
