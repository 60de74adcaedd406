"""What exactly an approval is for: a hash of what a finding says and of the values behind it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from connect_sso.review.findings import Finding
from connect_sso.terraform.plan import Change, Plan

LENGTH = 40
"""Hexadecimal digits: too many to find two changes with the same hash, one to be approved and one to be deployed."""


def fingerprints(plan: Plan, findings: Iterable[Finding]) -> Mapping[Finding, str]:
    """A hash for each finding, the same whenever the same plan is made again.

    It covers the values of the resource at the finding's address, raw: what a report hides or cuts counts as well. A
    finding about no one resource that changes (a new environment, many people at once) covers the whole plan.
    """
    by_address: dict[str, list[Change]] = {}
    for change in plan.changes:
        if change.changes_something:
            for address in {change.address, change.block}:
                by_address.setdefault(address, []).append(change)
    hashes: dict[str, str] = {}
    found = {}
    for finding in findings:
        own = by_address.get(finding.address) if finding.code != "new-environment" else None
        place = finding.address if own else ""
        if place not in hashes:
            changes = own or [change for change in plan.changes if change.changes_something]
            hashes[place] = _hash([_raw(change) for change in changes])  # in the plan's order, which is by address
        said = [finding.says.plain(), finding.reason.plain() if finding.reason else "", *_lines(finding)]
        found[finding] = _hash([finding.code, finding.address, said, hashes[place]])
    return found


def _lines(finding: Finding) -> list[str]:
    return [line.plain() for line in finding.details]


def _raw(change: Change) -> list[Any]:
    """What a change does: its attributes that differ or will be known later, before and after."""
    old, new = change.old(), change.new()
    unknown = new.unknown if isinstance(new.unknown, dict) else {}
    before, after = old.values, new.values
    values = {
        name: [before.get(name), after.get(name), unknown.get(name)]
        for name in {**before, **after, **unknown}
        if before.get(name) != after.get(name) or unknown.get(name)
    }
    return [change.address, change.deposed, list(change.actions), values]


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
