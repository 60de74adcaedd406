"""The review as JSON, for pipelines; its schema is review.schema.json beside this module."""

from __future__ import annotations

import json
from typing import Any

from connect_sso.review.details import ValueChange
from connect_sso.review.report import Report, ResourceChange
from connect_sso.review.words import one_line_json
from connect_sso.terraform.plan import Mark, Value
from connect_sso.text import cut, visible

VERSION = 1
"""Raised when a reader of the older form could misunderstand a newer one; fields may be added without that."""


def render_json(report: Report) -> str:
    """The report as one JSON object, with a line break at its end."""
    document = {
        "version": VERSION,
        "verdict": report.verdict,
        "decide": len(report.open),
        "refused": report.refused,
        "accepted_by": visible(report.accepted_by) or None,
        "findings": [
            {
                "code": finding.code,
                "address": visible(finding.address),
                "hash": report.hashes[finding],
                "title": finding.title,
                "says": finding.says.plain(),
                "reason": finding.reason.plain() if finding.reason else None,
                "cost": finding.cost,
                "details": [line.plain() for line in finding.details],
                "accepted": finding in report.accepted,
            }
            for finding in report.findings
        ],
        "access": [
            {
                "who": _plain(line.who),
                "change": line.change,
                "what": line.what.plain(),
                "kind": line.kind,
                "address": visible(line.address),
            }
            for line in report.access
        ],
        "counts": report.counts,
        "resources": [_resource(resource) for resource in report.resources],
        "moves": [{"from": visible(old), "to": visible(new)} for old, new in report.moves],
        "imports": [
            {
                "address": visible(each.address),
                "id": visible(each.id),
                "kind": each.kind,
                "name": each.name.plain(),
                "changed": each.is_changed,
            }
            for each in report.takeovers
        ],
        "drift": [_resource(resource) for resource in report.drift],
        "outputs": [_resource(output) for output in report.outputs],
        "checks": [
            {
                "address": visible(check.address),
                "problems": [visible(problem) for problem in check.problems],
                "stops": check.stops,
            }
            for check in report.checks
        ],
        "provenance": {
            "environment": visible(report.provenance.environment) or None,
            "commit": visible(report.provenance.commit) or None,
            "terraform_version": visible(report.provenance.terraform_version) or None,
            "providers": {
                visible(name): visible(version) or None for name, version in report.provenance.providers.items()
            },
        },
    }
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {_value(value)}" for key, value in document.items()) + "\n}\n"


def _value(value: Any) -> str:
    """A value of the top level: lists with an item a line, for reading and for diffs, at the speed of one `dumps`.

    ASCII only: what a terminal or a log does with the rest is then not our concern.
    """
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(_ENCODER.encode, value)) + "\n ]"
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder()


def _resource(resource: ResourceChange) -> dict[str, Any]:
    return {
        "address": visible(resource.address),
        "type": visible(resource.type),
        "action": visible(resource.verb),
        "deposed": resource.deposed,
        "differences": [_difference(difference) for difference in resource.differences],
    }


def _difference(difference: ValueChange) -> dict[str, Any]:
    return {"path": visible(difference.path), "before": shown(difference.before), "after": shown(difference.after)}


def shown(value: Value) -> str | None:
    """A value as a reader sees it: cut, on one line; None where there is nothing."""
    if value is None:
        return None
    if isinstance(value, Mark):
        return value.value
    return cut(visible(value if isinstance(value, str) else one_line_json(value)))


def _plain(who: str | Mark) -> str:
    return who.value if isinstance(who, Mark) else visible(who)
