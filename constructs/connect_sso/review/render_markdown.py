"""The review as a comment on a pull request: GitHub's Markdown, within its size limit.

What a person must decide comes first and is never cut. The rest is folded, and cut with a count where there is no room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from connect_sso.review.access import CHANGES, GAINS, LOSES, Access
from connect_sso.review.details import ValueChange
from connect_sso.review.findings import Finding, by_code
from connect_sso.review.markdown import code, prose
from connect_sso.review.render_json import shown
from connect_sso.review.report import Report, ResourceChange
from connect_sso.review.takeover import Takeover, by_kind, what_is_taken_over
from connect_sso.review.words import LONGEST_MESSAGE, Words, listing
from connect_sso.terraform.plan import Check, Mark, Value
from connect_sso.text import count

MOST_BYTES = 60_000
"""GitHub takes comments of 65,536 characters; counted in bytes, with room for what a workflow adds around it."""

OPEN_ACCESS_LINES = 20
"""Up to this number of access lines stand open; more are counted and folded."""

MOST_DETAILS = 12
"""Lines of details under one finding where there is no room for all of them; the text and JSON reports have them all."""

SHORTEST_FINDING = 60
"""Bytes that no finding with its sentence is shorter than: very many need not be written to see that they do not fit."""

RESERVED = 6_000
"""Bytes that decisions leave for the sections below them."""


def render_markdown(report: Report) -> str:
    """The report as Markdown, at most `MOST_BYTES` long."""
    head = [_title(report), *_refused(report)]
    tail = _provenance(report)
    budget = MOST_BYTES - _size(head) - _size(tail)
    decisions = _decisions(report, budget - RESERVED)
    budget -= _size(decisions)
    access = _access(report, budget - RESERVED // 2)
    budget -= _size(access)
    taken_over = _taken_over(report, budget - RESERVED // 4)
    budget -= _size(taken_over)
    rest = _rest(report, budget)
    return "\n\n".join([*head, *decisions, *access, *taken_over, *rest, *tail]) + "\n"


def _size(blocks: Sequence[str]) -> int:
    return sum(len(block.encode("utf-8", "replace")) + 2 for block in blocks)


def _first_that_fits(budget: int, *styles: Callable[[], list[str]]) -> list[str]:
    """The blocks of the first style that fits; of the last one in any case."""
    for style in styles[:-1]:
        blocks = style()
        if _size(blocks) <= budget:
            return blocks
    return styles[-1]()


def _text(sentence: Words) -> str:
    return Words(tuple(prose(part) for part in sentence.prose), sentence.values).show(code)


def _title(report: Report) -> str:
    environment = f"{code(report.provenance.environment)}: " if report.provenance.environment else ""
    mark = "🔴" if report.open or report.refused else "🟢"
    return f"## {mark} {environment}{report.verdict}"


def _refused(report: Report) -> list[str]:
    if not report.refused:
        return []
    refusal = (
        "> **Terraform refused this plan and stopped there.** None of it can be applied. What follows is what it "
        "would have done as far as it got; changes that depend on the refused one are not in it."
    )
    reasons = _as_many(report.stopping, lambda check: f"> {_check(check)}", RESERVED)
    left = len(report.stopping) - len(reasons)
    more = [f"> - and {left:,} more, which the JSON report lists"] if left else []
    return ["\n".join([refusal, *([">"] if report.stopping else []), *reasons, *more])]


# --- decisions -------------------------------------------------------------------------------------------------


def _decisions(report: Report, budget: int) -> list[str]:
    if not report.findings:
        return []
    # None is left out: where there is no room for what each says, its address stands there; where there is no room for
    # all addresses, every kind of finding, with its number.
    sentences = (lambda: _in_full(report), lambda: _in_full(report, MOST_DETAILS), lambda: _in_short(report))
    return _first_that_fits(
        budget,
        *(sentences if len(report.findings) * SHORTEST_FINDING <= budget else ()),
        *(partial(_by_code, report, limit) for limit in (None, 1000, 300, 100, 30, 10, 3, 0)),
    )


def _in_full(report: Report, most_details: int | None = None) -> list[str]:
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
            blocks.append(
                "\n".join(_finding(number + position, finding, most_details) for position, finding in enumerate(same))
            )
            number += len(same)
    if report.open:
        blocks.append(
            f"<sub>To accept one: {code('--accept CODE:ADDRESS')}; all of a kind: {code('--accept CODE')}.</sub>"
        )
    return blocks


def _finding(number: int, finding: Finding, most_details: int | None) -> str:
    indent = " " * len(f"{number}. ")
    lines = [f"{number}. {code(finding.address)}\\", f"{indent}{_text(finding.says)}"]
    if finding.reason is not None:
        lines[-1] += "\\"
        lines.append(f"{indent}**Why:** {_text(finding.reason)}.")
    details = [f"{indent}- {_text(line)}" for line in finding.details[:most_details]]
    if len(finding.details) > len(details):
        details.append(f"{indent}- and {len(finding.details) - len(details):,} more, which the text report lists")
    return "\n".join([*lines, *details])


def _in_short(report: Report) -> list[str]:
    rows = ["| | Code | Address | What happens |", "|---|---|---|---|"]
    for finding in report.findings:
        state = "accepted" if finding in report.accepted else "**decide**"
        rows.append(f"| {state} | {code(finding.code)} | {code(finding.address)} | {_text(finding.says)} |")
    return ["### To decide", _SHORT.format("reasons and details are"), "\n".join(rows)]


_SHORT = "A comment on GitHub has no room for everything: {} in the text and JSON reports."


def _by_code(report: Report, limit: int | None) -> list[str]:
    blocks = ["### To decide", _SHORT.format("what each finding says is")]
    for name, same in by_code(report.findings).items():
        addresses = [code(finding.address) for finding in same[:limit]]
        more = (
            f"{' and ' if addresses else ''}{len(same) - len(addresses):,} more addresses, which the text report lists"
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
    title = "### Access"
    if not report.access:
        return [title, "Nobody gains, loses or changes access."]
    verbs = {verb: [line for line in report.access if line.change == verb] for verb in (GAINS, CHANGES, LOSES)}
    few = [lambda: [title, _table(report.access)]] if len(report.access) <= OPEN_ACCESS_LINES else []
    return _first_that_fits(
        budget,
        *few,
        lambda: [title, _counted(verbs), *_folded_access(verbs, budget - _size([title, _counted(verbs)]))],
        lambda: [title, _counted(verbs, most_profiles=0)],
    )


def _folded_access(verbs: dict[str, list[Access]], budget: int) -> list[str]:
    blocks: list[str] = []
    for verb, lines in verbs.items():
        if lines:
            rows = _as_many(lines, _row, (budget - _size(blocks)) // 2 - 400)
            more = _more(len(lines) - len(rows))
            blocks.append(_folded(f"{count(len(lines), 'line')}: who {verb} what", "\n".join([*_HEADER, *rows]) + more))
    return blocks


def _more(number: int) -> str:
    return f"\n\n… and {number:,} more, which the JSON report lists." if number else ""


def _counted(verbs: dict[str, list[Access]], most_profiles: int = 10) -> str:
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
            f"  - {number:,} Connect users with {_text(profile)}"
            for profile, number in sorted(profiles.items())[:most_profiles]
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


# --- what is taken over ----------------------------------------------------------------------------------------


def _taken_over(report: Report, budget: int) -> list[str]:
    if not report.takeovers:
        return []
    blocks = ["### Taken over", what_is_taken_over(report.takeovers)]
    kinds = [
        f"| {prose(kind)} | {len(found):,} | {_some_names(found)} |"
        for kind, found in by_kind(report.takeovers).items()
    ]
    table = "\n".join(["| What | | Which |", "|---|---|---|", *kinds])
    rows = _as_many(report.takeovers, _takeover, (budget - _size([*blocks, table])) // 2 - 400)
    more = _more(len(report.takeovers) - len(rows))
    folded = _folded("By address, with the ids", "\n".join(["| Address | Id |", "|---|---|", *rows]) + more)
    return _first_that_fits(budget, lambda: [*blocks, table, folded], lambda: [*blocks, table], lambda: blocks)


def _some_names(found: Sequence[Takeover]) -> str:
    return _text(listing(dict.fromkeys(each.name for each in found), limit=10))


def _takeover(each: Takeover) -> str:
    return f"| {code(each.address)}{' (changes)' if each.is_changed else ''} | {code(each.id)} |"


# --- the rest --------------------------------------------------------------------------------------------------


def _rest(report: Report, budget: int) -> list[str]:
    title = "### The rest"
    return _first_that_fits(
        budget,
        lambda: [title, *_summary(report), *_sections(report, budget - _size([title, *_summary(report)]))],
        lambda: [title, f"{count(len(report.resources), 'resource changes', 'resources change')}. {_NO_ROOM}"],
    )


_NO_ROOM = "There is no room for more here; the JSON report has it."


def _summary(report: Report) -> list[str]:
    if not report.resources:
        return ["No resource changes."]
    kinds = [f"| {code(kind)} | {_to(verbs)} |" for kind, verbs in report.kinds.items()]
    return [f"{_to(report.counts)}.", _folded("By kind", "\n".join(["| Kind | |", "|---|---|", *kinds]))]


def _to(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} to {code_verb(verb)}" for verb, number in counts.items())


def _sections(report: Report, budget: int) -> list[str]:
    sections: tuple[tuple[str, Sequence[Any], Callable[[Any], str]], ...] = (
        ("Checks that do not hold", report.warnings, _check),
        ("Moves", report.moves, lambda move: f"- {code(move[0])} → {code(move[1])}"),
        ("Outputs", report.outputs, _details),
        ("Resources", report.resources, _details),
        ("Changed outside of Terraform", report.drift, _details),
    )
    blocks: list[str] = []
    for title, items, render in sections:
        if items:
            lines = _as_many(items, render, budget - _size(blocks) - 1_000)
            content = "\n".join(lines) + _more(len(items) - len(lines)) if lines else _NO_ROOM
            blocks.append(_folded(f"{title} ({len(items):,})", content))
    return blocks


def code_verb(verb: str) -> str:
    """A verb of ours as it is, one that a plan brought as code."""
    return verb if verb.replace(" and ", "").isalpha() and verb.isascii() else code(verb)


def _check(check: Check) -> str:
    return f"- {code(check.address)}: {'; '.join(code(problem, LONGEST_MESSAGE) for problem in check.problems) or 'no message'}"


def _details(resource: ResourceChange) -> str:
    deposed = " (left-over object)" if resource.deposed else ""
    lines = [f"- {code_verb(resource.verb)} {code(resource.address)}{deposed}"]
    lines += [f"  - {_difference(difference)}" for difference in resource.differences[:40]]
    if len(resource.differences) > 40:
        lines.append(f"  - and {len(resource.differences) - 40:,} more values")
    return "\n".join(lines)


def _difference(difference: ValueChange) -> str:
    return f"{code(difference.path)}: {_value(difference.before)} → {_value(difference.after)}"


def _value(value: Value) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mark):
        return value.value
    return code(shown(value) or "")


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


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


def _provenance(report: Report) -> list[str]:
    return _first_that_fits(RESERVED // 2, lambda: [_origins(report)], lambda: [f"<sub>{_NO_ROOM}</sub>"])


def _origins(report: Report) -> str:
    parts = []
    provenance = report.provenance
    if provenance.environment:
        parts.append(f"environment {code(provenance.environment)}")
    if provenance.commit:
        parts.append(f"commit {code(provenance.commit)}")
    if provenance.terraform_version:
        parts.append(f"Terraform {code(provenance.terraform_version)}")
    for name, version in provenance.named_providers.items():
        parts.append(f"{code(name)} {code(version) if version else '(any version)'}")
    return f"<sub>{' · '.join(parts)}</sub>" if parts else "<sub>no provenance in the plan</sub>"
