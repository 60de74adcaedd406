"""docs/doctor.md: what the doctor looks for, from the catalogue, and what it needs, from the readers' own list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connect_sso.doctor.findings import CATALOGUE, Area, filled_in
from connect_sso.live.permissions import ALSO, AWS, OKTA, OKTA_ROLE

if TYPE_CHECKING:
    from connect_sso.doctor.findings import Trouble

_HEAD = """# What is wrong with sign-in today

    connect-sso doctor prod

reads the AWS account and the Okta org of an environment and says what is wrong, for whom, and the fix: who left and is still an agent, who joined and cannot sign in, whose name changed, whether the certificate that AWS trusts is the one that Okta signs with, what somebody changed in a console.
It needs no Terraform and no state, and changes nothing. `--user Ada.Admin@example.com` tells only what concerns one person, with the sign-in step by step; `connect-sso trace prod --live` walks everybody.

Exit code 0: healthy, as far as could be checked. 3: something to do. 1: an account cannot be read; one line says why. Formats: `--format text` (default; ten names of a kind), `markdown`, `json` with all of them and a published schema (`connect_sso/doctor/doctor.schema.json`).

One cause is one finding: where a role is gone, that is told once, with the number of people whom it keeps out. Each person is told once, by what matters most; rights that the file does not give are told besides. Last, everybody's sign-in is walked, so that nobody who cannot sign in goes unmentioned.

What could not be read is listed at the end with the permission or scope that it needs. It is no finding, and where there is none the headline says *healthy, as far as could be checked*.

In an environment with [`adopted`](existing-company.md), what Terraform leaves as it was found is no finding either, as long as people get in.

## What it needs

The credentials are those of Terraform's providers, from the same environment variables: AWS's (with `aws.assume_role` where the file has it), and `OKTA_API_TOKEN`, `OKTA_ACCESS_TOKEN` or [a service app](okta-service-app.md). They must be of the file's account and org.

{permissions}

On Okta's side the scopes {scopes}; whoever owns the token, or the service app, needs the {okta_role} role or more.

About people it reads and prints login, the attribute that is the Connect name, status, groups, apps and security profiles, and nothing else.

## What it costs

The users of the instance come by pages of 500, groups and assignments by pages of 200 to 1,000: no call is made for each person but those who are in Connect or in the file and in none of the groups and apps, and they are looked up a few dozen at a time. Connect is asked twice a second at most, as its quotas allow.
500 people take about 10 Connect calls, 10,000 about 30; at two a second that is five and fifteen seconds, and Okta's lists take as long again. Where a service asks to wait (429, `Retry-After`, throttling) it waits, for three minutes at most.

## Where it runs

- By hand: `make doctor ENV=prod`.
- Before a plan: `make plan ENV=prod` and `cdktf diff` look for its findings about people (`--area people`) while Terraform plans, show them before the review, and go on in any case: after a minute nobody waits, and what cannot be read is one line. `CONNECT_SSO_COMPARE=off` leaves it out.
- On GitHub, every weekday morning: `.github/workflows/doctor.yml` keeps one issue per environment with what is to do, and closes it when all is well. It uses the reading credentials of the GitHub environments `ENV-plan` ([how to set them up](pull-requests.md)), to whose AWS role the actions above belong, and examines every environment whose state is not on somebody's machine. Where an account cannot be read, the run fails with the reason and the issue stays as it is. The issue names people: keep the repository private.
- Elsewhere: any scheduler that sets the variables, for example `0 6 * * 1-5 cd /srv/connect-sso && .venv/bin/connect-sso doctor prod --format markdown > report.md || mail -s "Contact centre" ops@example.com < report.md` in cron, or a step after `terraform plan` in an agent of HCP Terraform ([agents](hcp-terraform.md)). The exit code decides.

## What it cannot see

- Service control policies, session policies and resource control policies: IAM's answer is that of the role's policies and its boundary.
- Attribute values that only Okta can evaluate, where an app's session name is more than one attribute.
- Whether a session is open now: neither service lists them. What may still be open is said with the person.
- Whether somebody was deleted in Okta or never was there; a deleted person is not to be found.
- Another org's sign-ins, and people of other instances.

## Findings

<!-- Written by `make goldens` from the catalogue in connect_sso/doctor/findings.py. -->
"""

_TITLES = {Area.PEOPLE: "People", Area.OKTA: "Okta", Area.IAM: "IAM", Area.CONNECT: "Amazon Connect"}


def doctor_page() -> str:
    """The page as Markdown."""
    text = _HEAD
    for word, value in (
        ("permissions", _permissions()),
        ("scopes", ", ".join(f"`{scope.name}` ({scope.reads})" for scope in OKTA)),
        ("okta_role", OKTA_ROLE),
    ):
        text = text.replace(f"{{{word}}}", value)
    parts = [text.rstrip("\n")]
    for area, title in _TITLES.items():
        rows = "\n".join(_row(trouble) for trouble in CATALOGUE if trouble.area is area)
        parts.append(f"### {title}\n\n| code | what it is | what follows | what to do |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def _permissions() -> str:
    rows = [
        f"| `{action.name}`{''.join(f', `{also}`' for also in ALSO.get(action.name, ()))} | {action.reads} |"
        for action in AWS
        if action.always
    ]
    return "| on AWS's side | reads |\n|---|---|\n" + "\n".join(rows)


def _row(trouble: Trouble) -> str:
    page = trouble.page
    link = (
        f"[{urlsplit(page).hostname}]({page})" if page.startswith("https://") else f"[{page}]({page[len('docs/') :]})"
    )
    return f"| `{trouble.code}` | {trouble.title} | {filled_in(trouble.means, {})} | {filled_in(trouble.fix, {})} ({link}) |"
