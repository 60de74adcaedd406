"""The review as a comment on a pull request: GitHub's Markdown, within its size limit.

What a person must decide comes first and is never cut. The rest is folded, and cut with a count where there is no room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connect_sso.review.access import CHANGES, GAINS, LOSES, Access
from connect_sso.review.details import Difference
from connect_sso.review.findings import Finding, by_code
from connect_sso.review.markdown import code, prose
from connect_sso.review.plan import Mark, Value
from connect_sso.review.render_json import shown
from connect_sso.review.report import Report, ResourceChange
from connect_sso.review.words import Words, count

MOST_BYTES = 60_000
"""GitHub takes comments of 65,536 characters; counted in bytes, with room for what a workflow adds around it."""

OPEN_ACCESS_LINES = 20
"""Up to this number of access lines stand open; more are counted and folded."""

MOST_DETAILS = 12
"""Lines of details under one finding; the JSON report has them all."""


def render_markdown(report: Report) -> str:
    """The report as Markdown, at most `MOST_BYTES` long."""
    head = [_title(report), *_refused(report)]
    tail = [_provenance(report)]
    budget = MOST_BYTES - _size(head) - _size(tail)
    decisions = _decisions(report, budget)
    budget -= _size(decisions)
    access = _access(report, budget)
    budget -= _size(access)
    rest = _rest(report, budget)
    return "\n\n".join([*head, *decisions, *access, *rest, *tail]) + "\n"


def _size(blocks: Sequence[str]) -> int:
    return sum(len(block.encode("utf-8", "replace")) + 2 for block in blocks)


def _text(sentence: Words) -> str:
    return Words(tuple(prose(part) for part in sentence.prose), sentence.values).show(code)


def _title(report: Report) -> str:
    environment = f"{code(report.provenance.environment)}: " if report.provenance.environment else ""
    mark = "🔴" if report.open else "🟢"
    return f"## {mark} {environment}{report.verdict}"


def _refused(report: Report) -> list[str]:
    if not report.refused:
        return []
    return [
        (
            "> **Terraform refused this plan and stopped there.** Nothing of it can be applied. What follows is what it "
            "would have done as far as it got; changes that depend on the refused one are not in it."
        )
    ]


# --- decisions -------------------------------------------------------------------------------------------------


def _decisions(report: Report, budget: int) -> list[str]:
    if not report.findings:
        return []
    styles: tuple[Callable[[Report], list[str]], ...] = (_in_full, _in_short, _by_code)
    for style in styles:
        blocks = style(report)
        if _size(blocks) <= budget:
            return blocks
    # More decisions than GitHub's limit has room for addresses: every kind is named, with its number.
    return [*_by_code(report, limit=max(1, (budget - 6000) // (len({f.code for f in report.findings}) * 150)))]


def _in_full(report: Report) -> list[str]:
    blocks = []
    number = 1
    accepted = tuple(finding for finding in report.findings if finding in report.accepted)
    by = f" by {code(report.accepted_by)}" if report.accepted_by else ""
    for title, findings in (("To decide", report.open), (f"Accepted{by}", accepted)):
        if not findings:
            continue
        blocks.append(f"### {title}")
        for name, same in by_code(findings).items():
            blocks.append(f"**{prose(same[0].title)}** · {code(name)}\\\n{prose(same[0].cost)}")
            blocks.append("\n".join(_finding(number + position, finding) for position, finding in enumerate(same)))
            number += len(same)
    if report.open:
        blocks.append(
            f"<sub>To accept one: {code('--accept CODE:ADDRESS')}; all of a kind: {code('--accept CODE')}.</sub>"
        )
    return blocks


def _finding(number: int, finding: Finding) -> str:
    indent = " " * len(f"{number}. ")
    lines = [f"{number}. {code(finding.address)}\\", f"{indent}{_text(finding.says)}"]
    if finding.reason is not None:
        lines[-1] += "\\"
        lines.append(f"{indent}**Why:** {_text(finding.reason)}.")
    details = [f"{indent}- {_text(line)}" for line in finding.details[:MOST_DETAILS]]
    if len(finding.details) > MOST_DETAILS:
        details.append(f"{indent}- and {len(finding.details) - MOST_DETAILS:,} more")
    return "\n".join([*lines, *details])


def _in_short(report: Report) -> list[str]:
    rows = ["| | Code | Address | What happens |", "|---|---|---|---|"]
    for finding in report.findings:
        state = "accepted" if finding in report.accepted else "**decide**"
        rows.append(f"| {state} | {code(finding.code)} | {code(finding.address)} | {_text(finding.says)} |")
    return ["### To decide", "\n".join(rows)]


def _by_code(report: Report, limit: int | None = None) -> list[str]:
    blocks = ["### To decide"]
    for name, same in by_code(report.findings).items():
        addresses = [code(finding.address) for finding in same[:limit]]
        more = (
            f" and {len(same) - len(addresses):,} more, which the JSON report lists"
            if len(same) > len(addresses)
            else ""
        )
        blocks.append(
            f"**{prose(same[0].title)}** · {code(name)} · {len(same):,} times. {prose(same[0].cost)}\\\n"
            f"{', '.join(addresses)}{more}"
        )
    return blocks


# --- access ----------------------------------------------------------------------------------------------------


def _access(report: Report, budget: int) -> list[str]:
    if not report.access:
        return ["### Access", "Nobody gains, loses or changes access."]
    verbs = {verb: [line for line in report.access if line.change == verb] for verb in (GAINS, CHANGES, LOSES)}
    title = "### Access"
    if len(report.access) <= OPEN_ACCESS_LINES:
        return _within([title], [_table(report.access)], budget) or [title, _counted(verbs)]
    blocks = [title, _counted(verbs)]
    for verb, lines in verbs.items():
        if not lines:
            continue
        summary = f"{count(len(lines), 'line')}: who {verb} what"
        room = (budget - _size(blocks)) // 2
        rows = _as_many(lines, _row, room - 400)
        more = (
            f"\n\n… and {len(lines) - len(rows):,} more, which the text and JSON reports list."
            if len(rows) < len(lines)
            else ""
        )
        blocks.append(_folded(summary, "\n".join([*_HEADER, *rows]) + more))
    return blocks


def _counted(verbs: dict[str, list[Access]]) -> str:
    items = []
    for verb, lines in verbs.items():
        profiles: dict[Words, int] = {}
        people = {line.who for line in lines if line.kind == "person"}
        others = {(line.kind, line.who) for line in lines if line.kind != "person"}
        for line in lines:
            if line.profiles is not None:
                profiles[line.profiles] = profiles.get(line.profiles, 0) + 1
        if not lines:
            continue
        noun = verb if len(people) + len(others) == 1 else verb.removesuffix("s") if verb != LOSES else "lose"
        who = " and ".join(
            filter(
                None,
                [
                    count(len(people), "person", "people") if people else "",
                    count(len(others), "group, role or rule", "groups, roles and rules") if others else "",
                ],
            )
        )
        items.append(f"- **{who} {noun} access**")
        items += [
            f"  - {number:,} Connect users with {_text(profile)}" for profile, number in sorted(profiles.items())[:10]
        ]
    return "\n".join(items)


_HEADER = ("| Who | | What |", "|---|---|---|")
_KIND_WORDS = {"group": "group ", "rule": "group rule ", "role": "role ", "user": "IAM user ", "policy": "policy "}


def _row(line: Access) -> str:
    return f"| {_KIND_WORDS.get(line.kind, '')}{_who(line.who)} | {line.change} | {_text(line.what)} |"


def _who(who: str | Mark) -> str:
    return who.value if isinstance(who, Mark) else code(who)


def _table(lines: Sequence[Access]) -> str:
    return "\n".join([*_HEADER, *(_row(line) for line in lines)])


# --- the rest --------------------------------------------------------------------------------------------------


@dataclass
class _Room:
    """How many bytes are left for folded sections."""

    left: int


def _rest(report: Report, budget: int) -> list[str]:
    room = _Room(budget - 200)
    blocks = ["### The rest", _summary(report)]
    room.left -= _size(blocks)
    sections = (
        ("Checks that do not hold", [_check(check.address, check.problems) for check in report.checks]),
        ("Moves", [f"- {code(old)} → {code(new)}" for old, new in report.moves]),
        ("Imports", [f"- {code(address)} from {code(identifier)}" for address, identifier in report.imports]),
        ("Outputs", [_details(output) for output in report.outputs]),
        ("Resources", [_details(resource) for resource in report.resources]),
        ("Changed outside of Terraform", [_details(resource) for resource in report.drift]),
    )
    for title, lines in sections:
        if lines:
            blocks += _section(title, lines, room)
    return blocks


def _section(title: str, lines: list[str], room: _Room) -> list[str]:
    shown_lines = _as_many(lines, str, room.left - 300)
    more = f"\n\n… and {len(lines) - len(shown_lines):,} more." if len(shown_lines) < len(lines) else ""
    if not shown_lines:
        more = "There is no room for them here; the text and JSON reports list them."
    block = _folded(f"{title} ({len(lines):,})", "\n".join(shown_lines) + more)
    room.left -= _size([block])
    return [block]


def _summary(report: Report) -> str:
    if not report.resources:
        return "No resource changes."
    total = ", ".join(f"{number:,} to {code_verb(verb)}" for verb, number in report.counts.items())
    kinds = [
        f"| {code(kind)} | {', '.join(f'{number:,} to {code_verb(verb)}' for verb, number in verbs.items())} |"
        for kind, verbs in report.kinds.items()
    ]
    return f"{total}.\n\n" + _folded("By kind", "\n".join(["| Kind | |", "|---|---|", *kinds[:60]]))


def code_verb(verb: str) -> str:
    """A verb of ours as it is, one that a plan brought as code."""
    return verb if verb.replace(" and ", "").isalpha() and verb.isascii() else code(verb)


def _check(address: str, problems: Sequence[str]) -> str:
    return f"- {code(address)}: {'; '.join(code(problem) for problem in problems) or 'no message'}"


def _details(resource: ResourceChange) -> str:
    deposed = " (left-over object)" if resource.deposed else ""
    lines = [f"- {code_verb(resource.verb)} {code(resource.address)}{deposed}"]
    lines += [f"  - {_difference(difference)}" for difference in resource.differences[:40]]
    if len(resource.differences) > 40:
        lines.append(f"  - and {len(resource.differences) - 40:,} more values")
    return "\n".join(lines)


def _difference(difference: Difference) -> str:
    return f"{code(difference.path)}: {_value(difference.before)} → {_value(difference.after)}"


def _value(value: Value) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mark):
        return value.value
    return code(shown(value) or "")


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _within(head: list[str], blocks: list[str], budget: int) -> list[str] | None:
    return [*head, *blocks] if _size([*head, *blocks]) <= budget else None


def _as_many(lines: Sequence[object], render: Callable[..., str], room: int) -> list[str]:
    """The lines, rendered, that fit into `room` bytes, from the first on."""
    rows = []
    for line in lines:
        row = render(line)
        room -= len(row.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        rows.append(row)
    return rows


def _provenance(report: Report) -> str:
    parts = []
    provenance = report.provenance
    if provenance.environment:
        parts.append(f"environment {code(provenance.environment)}")
    if provenance.commit:
        parts.append(f"commit {code(provenance.commit)}")
    if provenance.terraform_version:
        parts.append(f"Terraform {code(provenance.terraform_version)}")
    for source, version in provenance.providers.items():
        name = source.removeprefix("registry.terraform.io/").removeprefix("registry.opentofu.org/")
        parts.append(f"{code(name)} {code(version) if version else '(any version)'}")
    return f"<sub>{' · '.join(parts)}</sub>" if parts else "<sub>no provenance in the plan</sub>"
