"""Literal text in Terraform JSON."""

import re

from hypothesis import given
from hypothesis import strategies as st

from connect_sso.facts.escaping import literal, quoted


def unescape(text: str) -> str:
    """What Terraform's template scanner reads: `$${` and `%%{` are the escapes, everything else is itself.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return text.replace("$${", "${").replace("%%{", "%{")


@given(st.text(alphabet='${%}ab\\"', max_size=12))
def test_no_template_begins_and_the_text_is_kept(text: str) -> None:
    """An Okta label such as `${user}` must arrive as it is, and never read a Terraform value."""
    escaped = literal(text)
    assert re.search(r"(?<!\$)\$\{|(?<!%)%\{", escaped) is None
    assert unescape(escaped) == text


def test_quoted_is_a_string_of_terraforms_language() -> None:
    """Group names may hold quotes and backslashes."""
    assert quoted('a "b" \\ ${c}') == '"a \\"b\\" \\\\ $${c}"'
