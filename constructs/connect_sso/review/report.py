"""The review as data: what all renderers show, in one order, the same for the same plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from connect_sso.errors import UsageFailure
from connect_sso.review.access import Access, access_changes
from connect_sso.review.details import ValueChange, differences
from connect_sso.review.findings import CODES, Finding
from connect_sso.review.fingerprint import fingerprints
from connect_sso.review.names import Names
from connect_sso.review.rules import all_findings
from connect_sso.review.takeover import Takeover, takeovers
from connect_sso.review.words import Words, listing, words
from connect_sso.review.world import World
from connect_sso.terraform.plan import Change, Check, Mark, Plan
from connect_sso.text import count, visible

VERBS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("create", "forget"): "replace and forget",
}
"""Terraform's actions and what a report calls them."""


@dataclass(frozen=True)
class Acceptance:
    """Which findings somebody has accepted beforehand, and who."""

    names: frozenset[str] = frozenset()
    """Codes, codes with an address, and codes with an address and the finding's hash, with colons between."""
    by: str = ""

    @classmethod
    def of(cls, names: Iterable[str], by: str) -> Acceptance:
        """From the command line.

        Raises:
            UsageFailure: a code that no finding has.
        """
        names = frozenset(names)
        for name in sorted(names):
            code = name.partition(":")[0]
            if code not in CODES:
                raise UsageFailure(f"--accept {name}: there is no finding called {code!r}; docs/review.md lists them")
        return cls(names, by)

    def covered(self, findings: Iterable[Finding], hashes: Mapping[Finding, str]) -> frozenset[Finding]:
        """The findings that are accepted."""
        return frozenset(finding for finding in findings if not self.names.isdisjoint(_forms(finding, hashes[finding])))

    def unused(self, findings: Iterable[Finding], hashes: Mapping[Finding, str]) -> list[str]:
        """What was accepted and is not in the plan: most likely left over, misspelt, or changed since."""
        return sorted(self.names.difference(*(_forms(finding, hashes[finding]) for finding in findings)))


def _forms(finding: Finding, fingerprint: str) -> set[str]:
    """The ways to name a finding: all of its kind, all that this address may come to say, and only what it says now.

    The address also as reports show it, where a character in it cannot be shown.
    """
    at = {f"{finding.code}:{address}" for address in (finding.address, visible(finding.address))}
    return {finding.code, *at, *(f"{place}:{fingerprint}" for place in at)}


@dataclass(frozen=True)
class Provenance:
    """Where a plan is from, as far as the caller and the plan tell."""

    environment: str = ""
    commit: str = ""
    terraform_version: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)

    @property
    def named_providers(self) -> Mapping[str, str]:
        """The providers without the public registry that they come from."""
        return {
            re.sub(r"^registry\.(terraform\.io|opentofu\.org)/", "", name): version
            for name, version in self.providers.items()
        }


@dataclass(frozen=True)
class ResourceChange:
    """One resource (or output) that changes, for the details."""

    change: Change
    names: Names
    drift: bool = False
    """Whether it has changed already, outside of Terraform."""

    @property
    def address(self) -> str:
        """Where it stands in the configuration."""
        return self.change.address

    @property
    def type(self) -> str:
        """Its resource type."""
        return self.change.type

    @property
    def verb(self) -> str:
        """What is done to it, as a report calls it."""
        return VERBS.get(self.change.actions) or visible(" and ".join(self.change.actions))

    @property
    def deposed(self) -> bool:
        """Whether it is an object left over from a replacement."""
        return self.change.deposed

    @property
    def stays(self) -> bool:
        """Whether there is something before and after, and so something to compare."""
        return self.change.before is not None and self.change.after is not None

    @cached_property
    def differences(self) -> tuple[ValueChange, ...]:
        """What changes in it. Worked out when asked for: of ten thousand a report shows a few dozen."""
        return tuple(
            replace(
                difference, before=self.names.added_to(difference.before), after=self.names.added_to(difference.after)
            )
            for difference in differences(self.change, drift=self.drift)
        )


@dataclass(frozen=True)
class Report:
    """A whole review."""

    findings: tuple[Finding, ...]
    hashes: Mapping[Finding, str]
    """What each finding's approval is for."""
    accepted: frozenset[Finding]
    accepted_by: str
    access: tuple[Access, ...]
    refused: bool
    """Whether Terraform refused the plan; it then stops short, so what is not in it may still change."""
    resources: tuple[ResourceChange, ...]
    moves: tuple[tuple[str, str], ...]
    takeovers: tuple[Takeover, ...]
    drift: tuple[ResourceChange, ...]
    outputs: tuple[ResourceChange, ...]
    checks: tuple[Check, ...]
    provenance: Provenance

    @property
    def stopping(self) -> tuple[Check, ...]:
        """The conditions for which Terraform refused the plan."""
        return tuple(check for check in self.checks if check.stops and self.refused)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The other checks that do not hold."""
        return tuple(check for check in self.checks if not (check.stops and self.refused))

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nobody has accepted."""
        return tuple(finding for finding in self.findings if finding not in self.accepted)

    @property
    def verdict(self) -> str:
        """The one line a reader may stop after."""
        number = len(self.open)
        accepted = len(self.accepted)
        verdict = f"{count(number, 'thing')} a person must decide" if number else "Nothing to decide"
        if accepted:
            verdict += f" ({accepted:,} accepted)"
        if self.refused:
            verdict += "; Terraform refused this plan"
        elif not self.resources and not self.findings:
            if self.takeovers:
                verdict += f"; {count(len(self.takeovers), 'resource')} taken over as {'it is' if len(self.takeovers) == 1 else 'they are'}"
            else:
                verdict += "; nothing changes" if not (self.moves or self.outputs) else "; no resource changes"
        return verdict + "."

    @property
    def counts(self) -> Mapping[str, int]:
        """How many resources are created, updated, …, by verb; verbs that do not occur are left out."""
        counted: dict[str, int] = {}
        for resource in self.resources:
            counted[resource.verb] = counted.get(resource.verb, 0) + 1
        order = list(dict.fromkeys(VERBS.values()))
        return dict(
            sorted(
                counted.items(), key=lambda item: (order.index(item[0]) if item[0] in order else len(order), item[0])
            )
        )

    @property
    def kinds(self) -> Mapping[str, Mapping[str, int]]:
        """The same by resource type."""
        counted: dict[str, dict[str, int]] = {}
        for resource in self.resources:
            verbs = counted.setdefault(resource.type, {})
            verbs[resource.verb] = verbs.get(resource.verb, 0) + 1
        return {kind: dict(sorted(counted[kind].items())) for kind in sorted(counted)}


def make_report(
    plan: Plan,
    acceptance: Acceptance,
    *,
    environment: str = "",
    commit: str = "",
    stack_file: Mapping[str, Any] | None = None,
) -> Report:
    """The review of a plan, and of what only the stack's own configuration (`cdk.tf.json`) holds."""
    world = World(plan, stack_file)
    names = world.names
    access = access_changes(world)
    findings = all_findings(world)
    if world.is_new:
        findings = (_new_environment(world, findings, access),)
    hashes = fingerprints(plan, findings)
    return Report(
        findings=findings,
        hashes=hashes,
        accepted=acceptance.covered(findings, hashes),
        accepted_by=acceptance.by,
        access=access,
        refused=plan.errored,
        resources=tuple(ResourceChange(change, names) for change in plan.changes if change.changes_something),
        moves=tuple((change.previous_address, change.address) for change in plan.changes if change.previous_address),
        takeovers=takeovers(world),
        drift=tuple(
            resource
            for change in plan.drift
            if change.managed
            and ((resource := ResourceChange(change, names, drift=True)).differences or change.deletes)
        ),
        outputs=tuple(
            ResourceChange(change, names) for change in plan.outputs.values() if change.actions != ("no-op",)
        ),
        checks=plan.failed_checks,
        provenance=Provenance(environment, commit, plan.terraform_version, plan.providers),
    )


def _new_environment(world: World, findings: Iterable[Finding], access: tuple[Access, ...]) -> Finding:
    """One finding instead of many: on the first plan everything is new, and what it grants is the question."""
    made = [change for change in world.plan.changes if change.changes_something]
    users = world.people_after
    parts = []
    for kind, noun in (
        ("aws_connect_instance", "Connect instance"),
        ("okta_app_saml", "Okta app"),
        ("aws_iam_role", "role"),
    ):
        number = sum(change.type == kind for change in made)
        if number:
            parts.append(count(number, noun))
    if users:
        parts.append(count(len(users), "Connect user"))
    what = f"It makes {count(len(made), 'resource')}" + (f", among them {', '.join(parts)}." if parts else ".")
    grants = list(findings)
    lines = [*_assigned(access), *_by_profile(access)]
    for finding in grants:
        if finding.code in ("admin-app-assigned", "admin-profile-gained"):
            continue  # in the lines above already
        lines.append(_with_details(finding))
    lines += _administrators(grants)
    first = next((change.address for change in made if change.type == "aws_connect_instance"), made[0].block)
    return Finding(
        "new-environment",
        first,
        words(f"This is the first plan: none of this exists yet. {what}"),
        details=tuple(lines),
    )


def _with_details(finding: Finding) -> Words:
    """The finding in one line: its sentence, and its details after a colon."""
    if not finding.details:
        return finding.says
    sentence = replace(finding.says, prose=(*finding.says.prose[:-1], finding.says.prose[-1].removesuffix(".")))
    return words("{}: {}", sentence, listing(finding.details))


def _assigned(access: tuple[Access, ...]) -> list[Words]:
    """Who gets which app: groups by name, people by number where they are many."""
    by_app: dict[Words, list[str | Mark]] = {}
    filled = {line.through for line in access}  # role groups: who is in them is said, so they need not be themselves
    for line in access:
        if line.kind in ("person", "group", "rule", "everyone") and line.profiles is None and line.who not in filled:
            by_app.setdefault(line.what, []).append(line.who)
    return [words("{} for {}", what, listing(sorted(set(who), key=str))) for what, who in sorted(by_app.items())]


def _by_profile(access: tuple[Access, ...]) -> list[Words]:
    """How many users get which security profiles, the names of a few."""
    by_profile: dict[Words, list[str | Mark]] = {}
    for line in access:
        if line.profiles is not None:
            by_profile.setdefault(line.profiles, []).append(line.who)
    return [
        words(f"{count(len(who), 'Connect user')} with {{}}: {{}}", profiles, listing(who, limit=10))
        for profiles, who in sorted(by_profile.items())
    ]


def _administrators(findings: Iterable[Finding]) -> list[Words]:
    found = [finding for finding in findings if finding.code == "admin-profile-gained"]
    if not found:
        return [words("no user of this plan has administrative rights")]
    return [
        words(
            f"{count(len(found), 'grant')} of administrative rights: {{}}",
            listing([_who(finding) for finding in found], limit=10),
        )
    ]


def _who(finding: Finding) -> Words:
    return (
        words("{} ({})", finding.says.values[0], finding.says.values[1])
        if len(finding.says.values) > 1
        else finding.says
    )


def environment_from(path: str) -> str:
    """The environment that a plan's path tells, where it lies in its stack's folder (`stacks/ENV/plan.json`)."""
    match = re.search(r"(?:^|/)stacks/([^/]+)/[^/]+$", path.replace("\\", "/"))
    return match[1] if match else ""
