"""Literal text in Terraform JSON, where `${` and `%{` would otherwise begin a template.

cdktf writes strings as they are, so whatever is meant literally passes through here, before references are mixed in.
"""

from __future__ import annotations


def literal(text: str) -> str:
    """`text` such that Terraform reads exactly `text`: https://developer.hashicorp.com/terraform/language/expressions/strings."""
    return text.replace("${", "$${").replace("%{", "%%{")


def quoted(text: str) -> str:
    """`text` as a string literal for use inside a Terraform expression, such as a map key or a list item."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{literal(escaped)}"'


def template_problem(text: str) -> str | None:
    """A sentence where `text` would begin a template, for values that are not escaped, or None."""
    if "${" in text or "%{" in text:
        return "${ and %{ mean something to Terraform and are not allowed here"
    return None
