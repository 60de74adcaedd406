"""The findings as text for a terminal, as Markdown for an issue, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from connect_sso.doctor.diagnosing import Health, key_of
from connect_sso.doctor.findings import LiveFinding, Trouble, filled_in
from connect_sso.sign_in.telling import hops_for_json, walk_in_full, wrapped
from connect_sso.text import count, cut, visible, visible_lines

MOST: Final = 10
"""So many of a kind are named; the JSON has all."""

_LONGEST: Final = 600
"""Characters of one finding's evidence that text and Markdown show."""


def headline(health: Health) -> str:
    """How it stands, in one line."""
    of = f"{health.environment}: " if health.walk is None else f"{health.environment}, {health.walk.username}: "
    if health.healthy:
        what = "healthy, as far as could be checked" if health.unread else "healthy"
        people = "" if health.walk else f", for {count(health.people, 'person', 'people')}"
        return f"{of}{what}{people}."
    kept_out = f"; {count(health.kept_out, 'person', 'people')} cannot sign in" if health.kept_out else ""
    return f"{of}{count(len(health.findings), 'thing')} to do{kept_out}."


# --- text --------------------------------------------------------------------------------------------------------------


def as_text(health: Health) -> str:
    """For a terminal: a headline, then the findings by kind."""
    lines = wrapped(headline(health))
    for trouble, findings in _by_kind(health):
        number = f" ({len(findings):,})" if len(findings) > 1 else ""
        lines += ["", *wrapped(f"✗ {trouble.title}{number}", "", "  ")]
        for finding in findings[:MOST]:
            lines += wrapped(_told(health, finding), "    - ", "      ")
        if len(findings) > MOST:
            lines.append(f"    - and {len(findings) - MOST:,} more; --format json has all")
        common = _common(findings)
        lines += wrapped(filled_in(trouble.means, common), "  ", "  ")
        lines += wrapped(f"{filled_in(trouble.fix, common)}.", "  fix: ", "       ")
        lines += wrapped(f"{trouble.page} ({trouble.code})", "  see: ", "       ")
    if health.unread:
        lines += ["", "Could not be checked:"]
        for unread in health.unread:
            lines += wrapped(f"{unread.part}: needs {unread.needs} ({cut(unread.why)})", "    - ", "      ")
    if health.walk is not None:
        lines += ["", *walk_in_full(health.walk, health.labels)]
    return visible_lines("\n".join(lines) + "\n")


def _by_kind(health: Health) -> Iterator[tuple[Trouble, list[LiveFinding]]]:
    groups: dict[str, list[LiveFinding]] = {}
    for finding in health.findings:
        groups.setdefault(finding.code, []).append(finding)
    return ((findings[0].trouble, findings) for findings in groups.values())


def _told(health: Health, finding: LiveFinding) -> str:
    number = health.cannot_sign_in.get(key_of(finding), 0)
    kept_out = f" ({count(number, 'person', 'people')} cannot sign in)" if number else ""
    return f"{finding.name}: {cut(finding.evidence, _LONGEST)}{kept_out}"


def _common(findings: list[LiveFinding]) -> Mapping[str, str]:
    """The values that all of them have, so that the fix can be said once."""
    first, *rest = findings
    values = {"name": first.person or first.name, **first.values}
    return {
        name: value
        for name, value in values.items()
        if all({"name": each.person or each.name, **each.values}.get(name) == value for each in rest)
    }


# --- Markdown ----------------------------------------------------------------------------------------------------------


def as_markdown(health: Health) -> str:
    """For an issue: the same, each finding with its evidence, and the walk folded away."""
    parts = [f"**{_escaped(headline(health))}**"]
    for trouble, findings in _by_kind(health):
        common = _common(findings)
        number = f" ({len(findings):,})" if len(findings) > 1 else ""
        parts.append(f"### {_escaped(trouble.title)}{number}")
        listed = [f"- {_escaped(_told(health, finding))}" for finding in findings[:MOST]]
        if len(findings) > MOST:
            listed.append(
                f"- and {len(findings) - MOST:,} more: `connect-sso doctor {health.environment} --format json`"
            )
        parts.append("\n".join(listed))
        fix = _with_commands(trouble.fix, common)
        page = f"<{trouble.page}>" if trouble.page.startswith("https://") else f"`{trouble.page}`"
        parts.append(f"{_escaped(filled_in(trouble.means, common))} **Fix:** {fix}. {page} (`{trouble.code}`)")
    if health.unread:
        listed = [
            f"- {_escaped(unread.part)}: needs `{unread.needs}` ({_escaped(cut(unread.why))})"
            for unread in health.unread
        ]
        parts += ["### Could not be checked", "\n".join(listed)]
    if health.walk is not None:
        lines = visible_lines("\n".join(walk_in_full(health.walk, health.labels))).replace("```", "'''")
        parts.append(f"```\n{lines}\n```")
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Without characters that Markdown or HTML would take for its own, and without a mention of anybody."""
    # GitHub makes a link of @name, and tells whoever it is.
    return visible(text).translate({ord(character): f"&#{ord(character)};" for character in "\\`*_[]#|~@<>&"})


def _with_commands(text: str, values: Mapping[str, str]) -> str:
    """A fix, whose commands stand between backticks: what is in there is neither read as Markdown nor escaped."""
    pieces = text.split("`")
    inside = {name: visible(value).replace("`", "'") for name, value in values.items()}
    return "`".join(
        filled_in(piece, inside) if number % 2 else _escaped(filled_in(piece, values))
        for number, piece in enumerate(pieces)
    )


# --- JSON --------------------------------------------------------------------------------------------------------------


def as_json(health: Health) -> str:
    """The published form; its schema is `doctor.schema.json`. A line per finding, so that it can be searched and compared."""
    head = {
        "version": 1,
        "environment": health.environment,
        "healthy": health.healthy,
        "complete": not health.unread,
        "people": health.people,
        "cannot_sign_in": health.kept_out,
        "unread": [{"part": each.part, "needs": each.needs, "why": each.why} for each in health.unread],
    }
    if health.walk is not None:
        walk = health.walk
        head["walk"] = {"username": walk.username, "ok": walk.ok, "hops": hops_for_json(walk)}
    findings = ",\n".join(
        json.dumps(
            {
                "code": each.code,
                "area": each.trouble.area.value,
                "name": each.name,
                "person": bool(each.person),
                "title": each.trouble.title,
                "evidence": each.evidence,
                "means": each.means,
                "fix": each.fix,
                "page": each.trouble.page,
                "apps": sorted(each.apps),
                "cannot_sign_in": health.cannot_sign_in.get(key_of(each), 0),
            },
            ensure_ascii=False,
        )
        for each in health.findings
    )
    body = f"[\n{findings}\n]" if findings else "[]"
    return json.dumps(head, ensure_ascii=False)[:-1] + f', "findings": {body}}}\n'


FORMATS: Final[Mapping[str, Callable[[Health], str]]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
