"""What outside experts say of the synthesized stacks: `.venv/bin/python -I ci/run.py lint_stacks`, a part of `make check`.

checkov judges the resources (.checkov.yaml holds what is skipped, and why), parliament the IAM policies: actions,
resources and conditions that AWS does not know or that do not go together (`SKIPPED` likewise). Both come from the
virtualenv `.venv-check`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ci.runner import Stop, run

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(".venv-check/bin")

INSTANCE = re.compile(r"\$\{(data\.)?aws_connect_instance\.instance\.arn\}")
INSTANCE_ARN = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-0000-0000-000000000000"

SKIPPED = {
    # In a key policy `*` is the key that it belongs to, and AWS's own default is `kms:*` on it.
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    ("aws_kms_key", "RESOURCE_STAR"),
}
"""Resource types and the issues of parliament that say nothing about their policies. (Its configuration cannot.)"""

EXPRESSION = re.compile(r"(?<!\$)\$\{[^}]*\}")


def for_checkov(stack: dict[str, Any]) -> dict[str, Any]:
    """A stack as checkov can read it: its parser fails on Terraform's own settings and on blocks that come in lists."""
    return {key: stack[key] for key in ("provider", "data", "resource") if key in stack}


def policies(stack: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The IAM policy documents of a stack, each with the address of its resource.

    Raises:
        Stop: a document refers to something for which there is no stand-in here.
    """
    for kind, resources in sorted(stack.get("resource", {}).items()):
        for name, resource in sorted(resources.items()):
            for value in resource.values():
                if isinstance(value, str) and '"Statement"' in value:
                    yield f"{kind}.{name}", as_aws_sees_it(value, kind, name)


def as_aws_sees_it(text: str, kind: str, name: str) -> str:
    """A policy document of a resource as it comes out of Terraform, with an example for each ARN not known before."""
    text = INSTANCE.sub(INSTANCE_ARN, text)
    unknown = EXPRESSION.search(text)
    if unknown:
        raise Stop(f"{kind}.{name}: no stand-in for {unknown[0]} in its policy; add one to {__name__}")
    document = json.loads(text.replace("$${", "${"))
    if kind == "aws_iam_role":
        for statement in document["Statement"]:
            # A trust policy names no resource, and parliament knows no policy without one: the role it belongs to.
            statement["Resource"] = f"arn:aws:iam::111122223333:role/{name}"
    return json.dumps(document, indent=1)


def write(stacks: Path, scanned: Path, documents: Path) -> None:
    """Write what the two programs read, in folders of their own."""
    documents.mkdir()
    for path in sorted(stacks.glob("*/cdk.tf.json")):
        stack = json.loads(path.read_text(encoding="utf-8"))
        copy = scanned / path.parent.name / path.name
        copy.parent.mkdir(parents=True)
        copy.write_text(json.dumps(for_checkov(stack), indent=2), encoding="utf-8")
        for address, document in policies(stack):
            (documents / f"{path.parent.name}.{address}.json").write_text(document, encoding="utf-8")


def main() -> None:
    """Synthesize all environments aside, run both programs at once, and stop where one finds something."""
    with tempfile.TemporaryDirectory() as folder:
        out, scanned, documents = (Path(folder) / name for name in ("out", "stacks", "policies"))
        variables = os.environ | {"ENVIRONMENT": "", "CDKTF_OUTDIR": str(out)}
        if subprocess.run([sys.executable, "-P", "main.py"], env=variables, check=False).returncode != 0:
            raise Stop("main.py fails; its message is above")
        write(out / "stacks", scanned, documents)
        checkov = _start("checkov", "--config-file", ".checkov.yaml", "--directory", str(scanned))
        parliament = _start("parliament", "--json", "--directory", str(documents))
        said, complaints = checkov.communicate()
        issues, why = parliament.communicate()
        problems = [said.strip()] if checkov.returncode != 0 else []
        if "[ERROR]" in complaints:  # what it cannot parse it passes
            raise Stop(f"checkov could not read the stacks: {complaints.strip()[-2000:]}")
        if not issues and parliament.returncode != 0:
            raise Stop(f"parliament fails with exit code {parliament.returncode}: {why.strip()[-2000:]}")
        problems += findings(issues)
    if problems:
        print("\n".join(problems))
        raise Stop("these findings are new: mend them, or skip them with the reason beside it")


def findings(issues: str) -> list[str]:
    """What parliament found, without what is skipped; it prints one JSON object a line."""
    found = []
    for line in issues.splitlines():
        issue = json.loads(line)
        document = Path(issue["location"]["filepath"]).stem
        _, kind, _ = document.split(".", 2)
        if (kind, issue["issue"]) not in SKIPPED:
            found.append(f"parliament: {document}: {issue['title'].strip()}: {issue['detail']}")
    return found


def _start(name: str, *options: str) -> subprocess.Popen[str]:
    if not (PROGRAMS / name).exists():
        raise Stop(f"{PROGRAMS / name} is missing: `make check` installs it")
    return subprocess.Popen([PROGRAMS / name, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    run(main)
