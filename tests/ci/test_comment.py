"""What fits into a comment, and into what it remembers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ci.comment import CUT, LONGEST, MOST_OF_A_KIND, fit, remembered
from tests.ci.reviews import review

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


def test_remembers_each_finding() -> None:
    """An approval is for these findings, and no others of their kind."""
    assert remembered(["a:x", "b:y", "a:z", "a:x"]) == ("a:x", "b:y", "a:z")


def test_remembers_the_kind_of_very_many() -> None:
    """Ten thousand findings with their addresses would not fit beside the review that lists them."""
    many = [f'user-gains-admin:aws_connect_user.users["agent.{number}@example.com"]' for number in range(10_000)]
    found = remembered([*many, "app-destroyed:okta_app_saml.admin"])
    assert found == ("user-gains-admin", "app-destroyed:okta_app_saml.admin")
    assert remembered(many[:MOST_OF_A_KIND]) == tuple(many[:MOST_OF_A_KIND])
    assert len(review("prod", "a" * 40, *found).line()) < LONGEST // 10
