"""The comparison of policies held against the public sets themselves: `python -m tests.bench.originals FOLDER …`.

Each folder is a checkout of https://github.com/vlab-cs-ucsb/quacky or of
https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples, told apart by what is in it.
Where the comparison reports more than the label says, a request is looked for that the evaluation allows after and not
before: then the label is wrong, and it is said so.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from connect_sso.iam.documents import Policy, Statement, read
from connect_sso.iam.evaluation import Request, evaluate
from tests.bench.bench_policies import judged, reported
from tests.bench.policy_pairs import ACCESS_ANALYZER, QUACKY, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = "results/icse22/raw_csv/encoding_mutations"


def pairs(folder: Path) -> Iterator[Pair]:
    """The labelled pairs of a checkout."""
    yield from quacky(folder) if (folder / RESULTS).is_dir() else access_analyzer(folder)


def quacky(folder: Path) -> Iterator[Pair]:
    """Policies and their mutations. `P1 => P2` is SAT where the first allows what the second does not.

    The mutations have lost their Version, which quacky does not look at; it is the one of the policy that they are of.
    """
    for table in sorted((folder / RESULTS).glob("*.csv")):
        with table.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                one, other = (
                    json.dumps(
                        json.loads((folder / row[name].lstrip("/")).read_text("utf-8")) | {"Version": "2012-10-17"}
                    )
                    for name in ("Policy 1", "Policy 2")
                )
                yield Pair(QUACKY, f"{row['Policy 2']} (P1 => P2)", other, one, row["P1 => P2"] == "SAT")
                yield Pair(QUACKY, f"{row['Policy 2']} (P2 => P1)", one, other, row["P2 => P1"] == "SAT")


def access_analyzer(folder: Path) -> Iterator[Pair]:
    """References and candidates, in fenced blocks under headings of which those of candidates say PASS or FAIL."""
    for path in sorted(folder.glob("*-policies/**/*.md")):
        heading = reference = ""
        for match in re.finditer(
            r"^#+ *([^\n]*)$|```json\s*\n(.*?)```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
        ):
            verdict = re.search(r"\b(PASS|FAIL)\b", heading)
            if match[1] is not None:
                heading = match[1]
            elif verdict is None:
                reference = match[2].replace("<ACCOUNT ID>", "111111111111")
            else:
                like = f"{path.relative_to(folder)}: {heading}"
                yield Pair(ACCESS_ANALYZER, like, reference, match[2], verdict[1] == "FAIL")


def showing(pair: Pair) -> Request | None:
    """A request that is allowed after and not before, made of what the documents name; None where none is found."""
    before, after = read(pair.before), read(pair.after)
    either = (*before, *after)
    actions = {_filled(value) for each in either for value in each.actions.values}
    resources = {_filled(value) for each in either for value in each.resources.values} | {"other"}
    values: dict[str, set[tuple[str, ...]]] = {}
    for condition in (condition for each in either for condition in each.conditions):
        named = {(_filled(value).partition("/")[0],) for value in condition.values}
        values.setdefault(condition.key.lower(), {()}).update(named)
    contexts = [dict(zip(values, each, strict=True)) for each in itertools.product(*map(sorted, values.values()))]
    for action, resource, context in itertools.product(sorted(actions), sorted(resources), contexts):
        request = Request(action, resource, context=context)
        if _allowed(after, request) is True and _allowed(before, request) is False:
            return request
    return None


def _filled(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")


def _allowed(statements: tuple[Statement, ...], request: Request) -> bool | None:
    return evaluate([Policy("it", statements)], request).allowed


def main() -> None:
    """Print both figures for each folder, then every pair of which the comparison and the label disagree."""
    found = [pair for folder in sys.argv[1:] for pair in pairs(Path(folder))]
    if not found:
        sys.exit("usage: python -m tests.bench.originals FOLDER …: no pairs found")
    table = Table(title="The public sets themselves")
    for column in ("", "measured", "target", ""):
        table.add_column(column, overflow="fold")
    for row in judged(found):
        table.add_row(row.what, row.measured, row.target, "met" if row.met else "missed")
    Console().print(table)
    for pair in found:
        if reported(pair) == pair.more:
            continue
        if pair.more:
            same = set(read(pair.before)) == set(read(pair.after))
            reason = "; the documents say the same, so the label is wrong" if same else ""
            print(f"not reported: {pair.like}{reason}")
        else:
            request = showing(pair)
            reason = (
                f"; yet {request.action} on {request.resource} is allowed newly where {request.context}"
                if request
                else ""
            )
            print(f"reported: {pair.like}{reason}")


if __name__ == "__main__":
    main()
