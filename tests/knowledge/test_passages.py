from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from holdfast.knowledge.passages import passages

BODY = "# Title\n\nFirst **bold** words.\n\n1. One\n2. Two\n\nSee [the page](https://example.com/a).\n"


def test_passages_are_blocks_without_headings_and_marks() -> None:
    found = passages(BODY)
    assert [p.text for p in found] == ["First bold words.", "1. One\n2. Two", "See the page."]
    assert BODY[found[0].start : found[0].end] == "First **bold** words."


def test_words_right_under_a_heading_are_a_passage() -> None:
    body = "# Title\n## How\nOpen the app.\n\n## Alone\n\n![map](m.png) Go."
    assert [(p.text, body[p.start : p.end]) for p in passages(body)] == [
        ("Open the app.", "Open the app."),
        ("map Go.", "![map](m.png) Go."),
    ]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=500))
def test_offsets_always_point_into_the_body_in_order(body: str) -> None:
    found = passages(body)
    assert all(0 <= p.start < p.end <= len(body) for p in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
