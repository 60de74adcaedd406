"""The review for a terminal: plain text, wrapped, coloured only where asked."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from connect_sso.review.access import CHANGES, GAINS, LOSES, Access
from connect_sso.review.details import ValueChange
from connect_sso.review.findings import Finding, by_code
from connect_sso.review.render_json import shown
from connect_sso.review.report import Report, ResourceChange
from connect_sso.review.takeover import by_kind, what_is_taken_over
from connect_sso.review.words import LONGEST_MESSAGE, Words, listing
from connect_sso.terraform.plan import Check, Mark, Value
from connect_sso.text import count, cut, visible

OPEN_ACCESS_LINES = 20
"""Up to this number of lines of one kind are listed; more are counted by what they get; the JSON report has them."""

OPEN_TAKEOVERS = 10
"""Up to this number of one kind are listed with their ids; of more the first names, and the JSON report has them all."""

MOST_RESOURCES = 40
MOST_VALUES = 20

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
_SIGNS = {GAINS: ("+", "green"), LOSES: ("-", "red"), CHANGES: ("~", "yellow")}
_VERB_SIGNS = {"create": "+", "update": "~", "destroy": "-", "replace": "-/+", "forget": "."}


def render_text(report: Report, *, width: int = 80, colour: bool = False) -> str:
    """The report as text of at most `width` columns (single long words aside)."""
    lines = _Page(width=width, colour=colour)
    lines.verdict(report)
    lines.decisions(report)
    lines.access(report)
    lines.takeovers(report)
    lines.rest(report)
    lines.provenance(report)
    return "\n".join(lines.done) + "\n"


class _Page:
    """Lines of text in the making."""

    def __init__(self, *, width: int, colour: bool) -> None:
        self.width = width
        self.colour = colour
        self.done: list[str] = []

    def paint(self, text: str, *names: str) -> str:
        if not self.colour:
            return text
        return f"\x1b[{';'.join(_COLOURS[name] for name in names)}m{text}\x1b[0m"

    def put(self, text: str, indent: int = 0, hanging: int | None = None, *paint: str, bullet: str = "") -> None:
        """A paragraph, wrapped; following lines are indented by `hanging`, or begin below the text after a `bullet`."""
        wrapped = textwrap.wrap(
            text,
            width=self.width,
            initial_indent=" " * indent + bullet,
            subsequent_indent=" " * (indent + len(bullet) if hanging is None else hanging),
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.done += [self.paint(line, *paint) if paint else line for line in wrapped or [""]]

    def heading(self, text: str) -> None:
        self.done += ["", self.paint(text, "bold"), "-" * min(len(text), self.width)]

    def verdict(self, report: Report) -> None:
        environment = f"{visible(report.provenance.environment)}: " if report.provenance.environment else ""
        self.put(f"{environment}{report.verdict}", 0, None, "bold", "red" if report.open or report.refused else "green")
        if report.refused:
            self.put(
                "Terraform refused this plan and stopped there: none of it can be applied. What follows is what it "
                "would have done as far as it got; changes that depend on the refused one are not in it."
            )
            for check in report.stopping:
                self.check(check)

    def decisions(self, report: Report) -> None:
        accepted = tuple(finding for finding in report.findings if finding in report.accepted)
        by = f" by {visible(report.accepted_by)}" if report.accepted_by else ""
        number = 1
        for title, findings in (("To decide", report.open), (f"Accepted{by}", accepted)):
            if findings:
                self.heading(title)
            for name, same in by_code(findings).items():
                if self.done[-1].strip("-"):
                    self.done.append("")
                self.put(f"{same[0].title} [{name}]", 0, None, "bold")
                self.put(same[0].cost)
                for finding in same:
                    self.finding(number, finding)
                    number += 1

    def finding(self, number: int, finding: Finding) -> None:
        label = f"{number}. "
        indent = len(label)
        self.put(f"{label}{visible(finding.address)}", 0, indent, "bold")
        self.put(finding.says.plain(), indent)
        if finding.reason is not None:
            self.put(f"Why: {finding.reason.plain()}.", indent, indent + 5)
        for line in finding.details:
            self.put(line.plain(), indent, bullet="- ")

    def access(self, report: Report) -> None:
        self.heading("Access")
        if not report.access:
            self.put("Nobody gains, loses or changes access.")
        for verb in (GAINS, CHANGES, LOSES):
            lines = [line for line in report.access if line.change == verb]
            if len(lines) > OPEN_ACCESS_LINES:
                lines = list(self.counted(verb, lines))
            for line in lines:
                self.access_line(line)

    def access_line(self, line: Access) -> None:
        sign, colour = _SIGNS[line.change]
        kind = {
            "person": "",
            "everyone": "",
            "rule": "group rule ",
            "user": "IAM user ",
            "policy": "whoever has the policy ",
        }.get(line.kind, f"{line.kind} ")
        who = line.who.value if isinstance(line.who, Mark) else visible(line.who)
        self.put(
            f"{sign} {kind}{who}{': ' if line.change == CHANGES else f' {line.change} '}{line.what.plain()}",
            0,
            4,
            colour,
        )

    def counted(self, verb: str, lines: Sequence[Access]) -> Iterator[Access]:
        """Counts by what they get for those alike; the lines that remain are cut, and the rest counted."""
        alike: dict[Words, int] = {}
        for line in lines:
            alike[line.what] = alike.get(line.what, 0) + 1
        sign, colour = _SIGNS[verb]
        plural = {GAINS: "gain", LOSES: "lose", CHANGES: "change"}[verb]
        for what, number in sorted(alike.items()):
            if number > OPEN_ACCESS_LINES // 4:
                names = [line.who for line in lines if line.what == what][:3]
                some = ", ".join(name.value if isinstance(name, Mark) else visible(name) for name in names)
                self.put(
                    f"{sign} {number:,} {plural}: {what.plain()} ({some} and {number - len(names):,} more)",
                    0,
                    4,
                    colour,
                )
        single = [line for line in lines if alike[line.what] <= OPEN_ACCESS_LINES // 4]
        yield from single[:OPEN_ACCESS_LINES]
        if len(single) > OPEN_ACCESS_LINES:
            self.put(f"{sign} and {len(single) - OPEN_ACCESS_LINES:,} more, which --format json lists", 0, 4, colour)

    def takeovers(self, report: Report) -> None:
        if not report.takeovers:
            return
        self.heading("Taken over")
        self.put(what_is_taken_over(report.takeovers))
        for kind, found in by_kind(report.takeovers).items():
            if len(found) > OPEN_TAKEOVERS:
                self.put(f"{kind}: {len(found):,}", 2, 6)
                self.put(listing(dict.fromkeys(each.name for each in found), limit=10).plain(), 6)
            else:
                for each in found:
                    sign = "~" if each.is_changed else "="
                    self.put(f"{sign} {kind} {each.name.plain()}, from {visible(each.id)}", 2, 6)

    def rest(self, report: Report) -> None:
        self.heading("The rest")
        total = ", ".join(f"{number:,} to {verb}" for verb, number in report.counts.items())
        self.put(
            f"{count(len(report.resources), 'resource changes', 'resources change')}: {visible(total)}."
            if total
            else "No resource changes."
        )
        for kind, verbs in report.kinds.items():
            self.put(
                f"{visible(kind)}: {visible(', '.join(f'{number:,} to {verb}' for verb, number in verbs.items()))}",
                2,
                6,
            )
        for check in report.warnings:
            self.check(check)
        for old, new in report.moves:
            self.put(f"moved: {visible(old)} is now {visible(new)}", 0, 4)
        self.resources("", report.resources)
        self.resources("Outputs", report.outputs)
        self.resources("Changed outside of Terraform", report.drift)

    def check(self, check: Check) -> None:
        """A check that does not hold, with what it says."""
        says = cut(visible("; ".join(check.problems)), LONGEST_MESSAGE) or "no message"
        self.put(f"! {visible(check.address)} does not hold: {says}", 0, 4, "red" if check.stops else "yellow")

    def resources(self, title: str, resources: Sequence[ResourceChange]) -> None:
        if not resources:
            return
        self.done.append("")
        if title:
            self.put(f"{title}:")
        # What is only created or destroyed has nothing to compare; a few suffice, the counts above have them all.
        ordered = sorted(resources, key=lambda resource: not resource.stays)
        for resource in ordered[:MOST_RESOURCES]:
            deposed = " (left-over object)" if resource.deposed else ""
            self.put(f"{_VERB_SIGNS.get(resource.verb, '?')} {visible(resource.address)}{deposed}", 2, 6)
            for difference in resource.differences[:MOST_VALUES]:
                self.difference(difference)
            if len(resource.differences) > MOST_VALUES:
                self.put(f"and {len(resource.differences) - MOST_VALUES:,} more values", 6)
        if len(resources) > MOST_RESOURCES:
            self.put(f"and {len(resources) - MOST_RESOURCES:,} more, which --format json lists", 2)

    def difference(self, difference: ValueChange) -> None:
        """What goes and what comes, on one line where both fit."""
        path, before, after = visible(difference.path), _value(difference.before), _value(difference.after)
        line = f"{path}: {before} -> {after}"
        if difference.before is None or difference.after is None:
            sign = "+" if difference.before is None else "-"
            self.put(f"{sign} {path.removesuffix(f'[{sign}]')}: {before or after}", 6, 10)
        elif len(line) <= self.width - 6:
            self.put(line, 6)
        else:
            self.put(f"{path}:", 6)
            self.put(before, 10, None, bullet="- ")
            self.put(after, 10, None, bullet="+ ")

    def provenance(self, report: Report) -> None:
        provenance = report.provenance
        parts = [f"environment {visible(provenance.environment)}"] if provenance.environment else []
        parts += [f"commit {visible(provenance.commit)}"] if provenance.commit else []
        parts += [f"Terraform {visible(provenance.terraform_version)}"] if provenance.terraform_version else []
        parts += [
            f"{visible(name)} {visible(version) or '(any version)'}"
            for name, version in provenance.named_providers.items()
        ]
        self.done.append("")
        self.put(" · ".join(parts) or "no provenance in the plan", 0, None, "dim")


def _value(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Mark):
        return value.value
    return f'"{shown(value)}"' if isinstance(value, str) else str(shown(value))
