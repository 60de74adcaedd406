"""What a look at a sign-in found: known failures, notes, and what was looked into without a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connect_sso.decode.failures import BY_CODE

Mask = Callable[[str], str]
"""How a person's name is shown: as it is, or masked."""


@dataclass(frozen=True)
class FoundFailure:
    """One known failure that the input leads to."""

    code: str
    says: str
    """What was found, with the values at hand."""
    seen_in: str
    """`response`, `relay state`, `event` or `message`."""

    @property
    def fix(self) -> str:
        """What to do, from the catalogue."""
        return BY_CODE[self.code].fix


@dataclass(frozen=True)
class Diagnosis:
    """The findings, and what was looked at without one."""

    findings: tuple[FoundFailure, ...]
    notes: tuple[str, ...]
    """What a person should know, and what holds nobody up."""
    ruled_out: frozenset[str]
    """Codes that were looked into and are not the cause."""


class Book:
    """Collects the findings of one response."""

    def __init__(self) -> None:
        self.findings: list[FoundFailure] = []
        self.notes: list[str] = []
        self.checked: set[str] = set()

    def check(self, code: str, problem: str, *, seen_in: str = "response") -> bool:
        """Records that `code` was looked into; returns whether it is the case."""
        self.checked.add(code)
        if problem and all(finding.code != code for finding in self.findings):
            self.findings.append(FoundFailure(code, problem, seen_in))
        return bool(problem)

    def add(self, other: Book, source: str) -> None:
        """Adds what a less trustworthy side says: it decides only what nothing before it has looked into."""
        for finding in other.findings:
            if finding.code in self.checked:
                self.notes.append(f"{source} differs from what is there: {finding.says}.")
            else:
                self.findings.append(finding)
        self.checked |= other.checked

    def drop(self, codes: frozenset[str]) -> None:
        """Forgets what something better has ruled out."""
        self.findings = [finding for finding in self.findings if finding.code not in codes]
        self.checked -= codes

    def done(self) -> Diagnosis:
        """What was found in the end."""
        found = {finding.code for finding in self.findings}
        return Diagnosis(tuple(self.findings), tuple(dict.fromkeys(self.notes)), frozenset(self.checked - found))
