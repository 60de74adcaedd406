"""docs/review.md: the kinds of findings, from the catalogue itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from connect_sso.review.findings import CATALOGUE, Code

_HEAD = """# The review of a plan

    terraform show -json plan | connect-sso review -

says what a plan means for sign-in: a verdict in one line, the findings that a person must decide, who gains and who loses what by name, the rest folded away, and where it comes from.
`cdktf diff dev` (or `make plan ENV=dev`) shows it after every plan, also after one that Terraform refused, and `cdktf deploy dev` before it asks. In a refused one the conditions that stopped it stand first. Formats: `--format text` (default), `markdown` for pull requests, `json` with a published schema (`connect_sso/review/review.schema.json`).

Exit code 0: nothing to decide. 3: something to decide, and not accepted. 1: not a plan, or one of an unknown major format version.

`--accept CODE` accepts all findings of a kind, `--accept CODE:ADDRESS` whatever is found at an address, `--accept CODE:ADDRESS:HASH` exactly the finding that was read: its hash, in the JSON, covers the values that a report hides or cuts, too. Workflows use the last. `--accepted-by WHO` is recorded in the report. Each finding must be accepted for exit code 0.

The Markdown is made for a comment on GitHub: at most 60,000 bytes long. More than twenty lines of access are folded, and what has no room is cut with a count; what must be decided is never left out: where not all of it fits, every finding is named by its address, or at least every kind with its number.

What is only known after apply is marked as such. Sensitive values and the plan's variables never appear. The JSON of a plan itself holds secrets in clear: pipe it, and do not keep or upload it.

What a plan imports (`import` blocks) is in the section "Taken over", by name, kind and id. It counts as there before: nobody gains by it, and it is no new environment. Where the import also changes something, that is a change like any other. What the imported things allow already is not judged.

`--configuration FILE` is the stack's own `cdk.tf.json`. What no plan holds is read from there: provisioners of `removed` blocks, triggers of actions, modules, data sources of checks, providers and the kind of backend. `cdktf diff`, `deploy` and the workflows give it.

## What is guaranteed

As far as the plan and the configuration tell, no change ends with exit code 0 that

- takes the way in from an app, a group or a rule as a whole, from the last administrator, or from more than a tenth and at least five people at once, by whatever means. Every sign-in is walked before and after, as `trace` walks it: assignment, assertion, trust, permission, boundary, page. One person who leaves is only listed.
- gives somebody the administration, rights there, another role, or an app to people nobody has listed (Okta's group of everyone, rules over attributes, a group without a name in the plan).
- makes a trust, a permission, a bucket or a key admit more than what stood for the same target, wherever in the configuration that was. A Deny that goes is a finding where something in reach allows what it forbade: the same document, the role's or user's other policies, or a policy that the plan does not hold ([how policies are compared](decisions/comparing-policies.md)).
- hides a value: what is marked as sensitive is compared by its real values, and what becomes unknown is a finding.
- makes or changes something of a type that our stacks do not make, runs a command, or talks to another provider, account, region or organization.

Identity is an id: a label, a `for_each` key or a user name beside it says nothing. The stack's own outputs count only where there is no instance yet: the first plan knows neither ids nor relay states, so there the names of security profiles and the pages that apps open come from the outputs `people` and `apps`. In doubt a finding is reported: a policy that cannot be shown to allow no more, a security profile whose rights are not in the plan.

## What is not

- What is not in the plan: members of a group that the plan does not list, policies and boundaries that others manage (a new one is a finding), what Okta or AWS change by themselves, and everything that a person changes by hand.
- The crowd's plan is reviewed by itself: it has no apps, so losing a way means that the Connect user goes. A tenth is a tenth of the people that one plan knows, and two plans with less than that each are two plans.
- A state somewhere else of the same kind of backend, prepared to look like this one, cannot be told from the plan; an empty one can, as a new environment. The workflows compare the environment file with its base, and ask for an approval where the state's place changes; `terraform init` refuses it in a folder that was used before.
- The organization is compared where Okta's own domain shows it; one behind a custom domain is not.
- Conditions of the moment (an IP address, a time) in a trust or a policy: that they come is a finding, whether they ever hold is not known.

## Findings

<!-- Written by `make goldens` from the catalogue in connect_sso/review/findings.py. -->

| code | what it is | what it costs |
|---|---|---|
"""


def review_page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(f"| `{code.name}` | {code.title} | {code.cost}{_sources(code)} |\n" for code in CATALOGUE)


def _sources(code: Code) -> str:
    links = ", ".join(f"[{urlsplit(page).hostname}]({page})" for page in code.pages)
    return f" ({links})" if links else ""
