"""What fits into a comment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ci.comment import CUT, fit

LINES = st.lists(
    st.sampled_from(["text", "<details><summary>more</summary>", "</details>", "```", "| a | b |", "x" * 90, ""])
)


def test_short_reports_stay_as_they_are() -> None:
    """Nothing is cut where there is no need."""
    assert fit(["one\n", "two\n"], 100) == "one\n\ntwo\n"


@given(st.lists(LINES, min_size=1, max_size=2), st.integers(min_value=1000, max_value=3000))
def test_always_fits(reports: list[list[str]], room: int) -> None:
    """However long the reports are, GitHub takes the comment, and what was cut says so."""
    texts = ["\n".join(lines) for lines in reports]
    text = fit(texts, room)
    assert len(text) <= room + 12 * text.count("\n\n</details>")
    assert (CUT in text) == (sum(len(each.strip("\n")) for each in texts) + 2 * len(texts) > room)


def test_a_cut_leaves_nothing_open() -> None:
    """An open fold or code block would swallow the report that comes after it."""
    long = "\n".join(["# decisions", "<details>", "", "```", *["x" * 80] * 100, "```", "</details>"])
    text = fit([long, "## the crowd"], 1000)
    assert text.startswith("# decisions\n")
    assert text.count("<details>") == text.count("</details>") == 1
    assert text.count("```") == 2
    assert text.endswith("## the crowd\n")
