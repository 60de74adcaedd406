"""What is wrong with a file, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass

from connect_sso.text import visible


@dataclass(frozen=True, order=True)
class Problem:
    """One finding in an environment file or its CSV; sorts by place."""

    file: str
    """The file's path as the user would type it."""
    line: int
    """From 1."""
    column: int
    """From 1."""
    key: str
    """The key, dotted from the top (`apps.admin.role`), or a CSV column."""
    message: str
    is_warning: bool = False
    """Legal, but unwise: reported, and the exit code stays 0."""

    def __str__(self) -> str:
        """`file:line:column: key: message`, the form editors and CI annotations can jump to."""
        key = f"{self.key}: " if self.key else ""
        text = f"{self.file}:{self.line}:{self.column}: {key}{'warning: ' if self.is_warning else ''}{self.message}"
        # A key or file name may hold anything: one problem stays one line, and no terminal obeys it.
        return visible(text)
