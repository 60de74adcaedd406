"""GitHub's Markdown, safe for text that a stranger wrote."""

from __future__ import annotations

import html
import re

from connect_sso.text import LONGEST_VALUE, cut, visible

_HARMLESS = re.compile(r"[A-Za-z0-9 .,;:=+@/\"'()\[\]{}$%^#~*!?_-]*")
_PINGS = re.compile(r"(?<![\w.+-])[@#]\w|\]\(|!\[")


def code(text: str, longest: int = LONGEST_VALUE) -> str:
    """A value of the plan, shown as it is, that can be nothing else than text.

    Inside code GitHub makes no links, mentions (`@team`) or references (`#12`), and Markdown means nothing. Text without
    any character that could end a code span, a table cell or an HTML element stands in backticks; all other text
    stands in a <code> element with everything but letters, digits and spaces as an HTML entity.
    https://github.github.com/gfm/#code-spans
    """
    shown = cut(visible(text), longest)
    if shown.strip() and _HARMLESS.fullmatch(shown) and not _PINGS.search(shown) and shown == shown.strip():
        return f"`{shown}`"
    return f"<code>{_entities(shown)}</code>"


def _entities(text: str) -> str:
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return re.sub(r"[^\w\s]|_", lambda match: named.get(match[0], f"&#{ord(match[0])};"), text)


def prose(text: str) -> str:
    """Prose of ours as Markdown: it holds no markup, and a `<` or `|` in it is only text."""
    return html.escape(text, quote=False).replace("|", "&#124;").replace("*", "\\*").replace("_", "\\_")
