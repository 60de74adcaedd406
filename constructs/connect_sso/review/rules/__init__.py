"""The rules that turn a plan into findings, one module per area; each yields findings and decides nothing else."""

from __future__ import annotations

from connect_sso.review.findings import Finding
from connect_sso.review.rules import (
    amazon_connect,
    closed_world,
    hidden,
    iam,
    lost_access,
    okta_apps,
    okta_assignments,
    okta_mappings,
    storage,
)
from connect_sso.review.world import World

RULES = (
    amazon_connect.findings,
    iam.findings,
    okta_apps.findings,
    okta_assignments.findings,
    okta_mappings.findings,
    storage.findings,
    closed_world.findings,
)


def all_findings(world: World) -> tuple[Finding, ...]:
    """Everything that a person must decide about the change, the gravest first; no two alike."""
    found = {finding for rule in RULES for finding in rule(world)}
    found.update(lost_access.findings(world, found))
    found.update(hidden.findings(world, found))
    return tuple(sorted(found, key=Finding.sort_key))
