"""Search in a table that is long beside what one page may look at: the bounds are made small for that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.conversations import search as searching
from holdfast.conversations.models import Conversation, Message
from holdfast.conversations.queries import search
from holdfast.kit.clock import now

House = Any
InLine = Callable[..., Conversation]


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at five messages and walk five more; two matches make a word common, and of a rare one three are read."""
    for name, value in {"GLANCE": 5, "COMMON": 2, "WALKED": 5, "READ": 3, "_AT_ONCE": 2}.items():
        monkeypatch.setattr(searching, name, value)


def _pages(agent: Any, text: str, limit: int = 2) -> list[list[int]]:
    pages, cursor = [], None
    while True:
        page = search(agent, text, cursor, limit)
        pages.append([row.number for row in page.rows])
        if (cursor := page.next) is None:
            return pages
        assert len(pages) < 100


def _all(agent: Any, text: str, limit: int = 2) -> list[int]:
    return [number for page in _pages(agent, text, limit) for number in page]


def test_a_rare_word_is_found_beyond_the_newest_messages_on_the_first_page(house: House, in_line: InLine) -> None:
    wanted = in_line("The ombudsman wrote to me")
    for number in range(12):
        in_line(f"card {number}")
    assert _pages(house.lead, "ombudsman") == _pages(house.ana, "ombudsman") == [[wanted.number]]


def test_a_rare_word_with_more_matches_than_one_page_reads(house: House, in_line: InLine) -> None:
    wanted = [in_line(f"The ombudsman wrote {number}").number for number in range(8)]
    for number in range(6):
        in_line(f"card {number}")
    assert _all(house.lead, "ombudsman") == _all(house.ana, "ombudsman", limit=50) == wanted[::-1]


def test_a_common_word_is_found_newest_first_without_the_word_index(
    house: House, in_line: InLine, django_assert_max_num_queries: Any
) -> None:
    made = [in_line(f"card {number}").number for number in range(12)]
    assert _all(house.lead, "card") == _all(house.ana, "card") == made[::-1]
    with django_assert_max_num_queries(6):  # two matches at a time, and the rows
        search(house.lead, "card")


def test_an_unknown_word_is_one_empty_page(house: House, in_line: InLine) -> None:
    for number in range(12):
        in_line(f"card {number}")
    assert _pages(house.lead, "zzzz") == _pages(house.ana, "zzzz") == [[]]


def test_phrases_and_words_left_out(house: House, in_line: InLine) -> None:
    phrase, apart = in_line("the blocked card"), in_line("the card was blocked")
    for number in range(6):
        in_line(f"payment {number}")
    assert _all(house.ana, '"blocked card"') == [phrase.number]
    assert _all(house.ana, "blocked card") == [apart.number, phrase.number]
    assert _all(house.ana, "blocked -was") == [phrase.number]


def test_a_number_is_found_first_and_once(house: House, in_line: InLine) -> None:
    wanted = in_line("First")
    named = in_line(f"About {wanted.number} please")
    for number in range(6):
        in_line(f"payment {number}")
    assert _all(house.ana, f"#{wanted.number}") == [wanted.number, named.number]
    assert _all(house.lin, f"#{wanted.number}") == []


def test_matches_out_of_reach_show_nothing_and_hide_nothing(house: House, in_line: InLine) -> None:
    for text in ("mortgage", *["card"] * 7, "mortgage", *["card"] * 3):
        held = in_line(text)
        if text == "mortgage":
            Conversation.objects.filter(pk=held.pk).update(queue_id=house.loans.pk)
    for word in ("mortgage", "card"):
        ana, lin, lead = (_all(agent, word) for agent in (house.ana, house.lin, house.lead))
        assert sorted([*ana, *lin]) == sorted(lead)
        assert bool(ana) == (word == "card")
        assert bool(lin) == (word == "mortgage")
    own = Conversation.objects.filter(queue_id=house.loans.pk).first()
    Conversation.objects.filter(pk=own.pk).update(assignee=house.ana)
    assert _all(house.ana, "mortgage") == [own.number]


def test_when_the_word_index_takes_too_long_the_walk_goes_on_page_by_page(
    house: House, in_line: InLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = in_line("The ombudsman wrote to me")
    for number in range(12):
        in_line(f"card {number}")
    monkeypatch.setattr(searching, "PATIENCE_MS", 60)
    monkeypatch.setattr(
        searching, "_MATCH", "(message.search @@ websearch_to_tsquery('simple', %s) AND pg_sleep(0.02) IS NOT NULL)"
    )
    slow = searching._walk
    monkeypatch.setattr(searching, "_walk", lambda *given, **most: _fast(monkeypatch, partial(slow, *given, **most)))
    Message.objects.bulk_create(
        Message(
            conversation=wanted, author="agent", internal=True, text="ombudsman again", created_at=wanted.created_at
        )
        for _ in range(6)
    )
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        usual = cursor.fetchone()
        pages = _pages(house.lead, "ombudsman", limit=50)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == usual
    assert len(pages) > 2
    assert [number for page in pages for number in page] == [wanted.number]


def _fast(monkeypatch: pytest.MonkeyPatch, walk: Callable[[], Any]) -> Any:
    with monkeypatch.context() as quick:
        quick.setattr(searching, "_MATCH", "message.search @@ websearch_to_tsquery('simple', %s)")
        return walk()


@given(
    words=st.lists(st.sampled_from(["card", "loan", "card loan", "none"]), max_size=24),
    homes=st.lists(st.integers(0, 4), min_size=24, max_size=24),
    limit=st.integers(1, 4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_together_are_every_conversation_once(
    house: House, customer: Any, words: list[str], homes: list[int], limit: int
) -> None:
    """Whatever lies where: each conversation with a match comes once, in the order of its newest match."""
    Conversation.objects.all().delete()
    at = now()
    held = [
        Conversation.objects.create(
            customer=customer, channel="chat", queue_id=house.cards.pk, last_message_at=at, created_at=at
        )
        for _ in range(5)
    ]
    Message.objects.bulk_create(
        Message(conversation=held[home], author="customer", text=text, created_at=at)
        for text, home in zip(words, homes, strict=False)
    )
    for word in ("card", "loan"):
        found = Message.objects.filter(text__contains=word).order_by("-created_at", "-id")
        expected = list(dict.fromkeys(found.values_list("conversation__number", flat=True)))
        assert _all(house.ana, word, limit) == _all(house.lead, word, limit) == expected
