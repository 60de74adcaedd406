"""docs/review.md: the kinds of findings, from the catalogue itself."""

from __future__ import annotations

from connect_sso.review.findings import CATALOGUE

_HEAD = """# The review of a plan

    terraform show -json plan | connect-sso review -

says what a plan means for sign-in: a verdict in one line, the findings that a person must decide, who gains and who loses what by name, the rest folded away, and where it comes from.
`make plan ENV=dev` shows it after every plan, also after one that Terraform refused. There the conditions that stopped it stand first. Formats: `--format text` (default), `markdown` for pull requests, `json` with a published schema (`connect_sso/review/review.schema.json`).

Exit code 0: nothing to decide. 3: something to decide, and not accepted. 1: not a plan, or one of an unknown major format version.

`--accept CODE` accepts all findings of a kind, `--accept CODE:ADDRESS` whatever is found at an address, `--accept CODE:ADDRESS:HASH` exactly the finding that was read: its hash, in the JSON, covers the values that a report hides or cuts, too. Workflows use the last. `--accepted-by WHO` is recorded in the report. Each finding must be accepted for exit code 0.

The Markdown is made for a comment on GitHub: at most 60,000 bytes long. More than twenty lines of access are folded, and what has no room is cut with a count; what must be decided is never left out: where not all of it fits, every finding is named by its address, or at least every kind with its number.

What is only known after apply is marked as such. The first plan of an environment knows neither ids nor relay states: there the names of security profiles and the pages that apps open come from the stack's outputs `people` and `apps`. A Deny that goes is a finding where something in reach allows what it forbade: the same document, the role's or user's other policies, or a policy that the plan does not hold ([how policies are compared](decisions/comparing-policies.md)). In doubt a finding is reported: a policy that cannot be shown to allow no more, a security profile without a name, a resource of an unknown type.

Sensitive values and the plan's variables never appear. The JSON of a plan itself holds secrets in clear: pipe it, and do not keep or upload it.

## Findings

<!-- Written by `make goldens` from the catalogue in connect_sso/review/findings.py. -->

| code | what it is | what it costs |
|---|---|---|
"""


def review_page() -> str:
    """The page as Markdown."""
    rows = (f"| `{code.name}` | {code.title} | {code.cost} |\n" for code in CATALOGUE)
    return _HEAD + "".join(rows)
