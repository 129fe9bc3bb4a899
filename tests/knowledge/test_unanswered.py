"""What people did not find is counted, alike with alike, without what is theirs."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.knowledge import unanswered
from holdfast.knowledge.models import Unanswered
from holdfast.knowledge.scrubbing import is_empty, scrubbed

pytestmark = pytest.mark.django_db


def noted(*texts: str, locale: str = "en") -> list[tuple[tuple[str, ...], int]]:
    for text in texts:
        unanswered.note(text, locale, where="help")
    return [(group.asks, group.times) for group in unanswered.groups(locale=locale)]


def test_alike_questions_are_one_row_and_the_most_asked_stands_first() -> None:
    found = noted(
        "insurance for my phone", "Is my phone insured?", "phone insurance", "open a pension", "Phone insurance"
    )
    assert found == [
        (("insurance for my phone", "Is my phone insured?", "phone insurance"), 4),
        (("open a pension",), 1),
    ]


def test_languages_and_places_are_counted_apart() -> None:
    unanswered.note_many([("asuransi telepon", "id"), ("phone insurance", "en")], where="assistant")
    unanswered.note("phone insurance", "en", where="help")
    (english,) = unanswered.groups(locale="en")
    assert (english.searches, english.questions, english.times) == (1, 1, 2)
    assert len(unanswered.groups()) == 2


def test_numbers_addresses_and_links_are_taken_out_and_what_is_left_empty_is_not_kept() -> None:
    found = noted(
        "refund for order 48213 sent to mia@mail.example on 12.11.2026, see https://shop.example/o?id=48213",
        "GB33BUKB20201555555555",
        "+353 20 910 0100",
        "48213",
        "😀 ?!",
        "two letters " * 40,
    )
    assert found == [
        (("refund for order [number] sent to [email] on [number], see [link]",), 1),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=250))
def test_anything_may_be_searched_for(text: str) -> None:
    unanswered.note(text, "en", where="help")
    line = scrubbed(text, longest=80)
    assert len(line) <= 80
    assert "\n" not in line
    assert (is_empty("words"), is_empty("[number] [email]")) == (False, True)


def test_a_row_is_settled_once_and_a_new_question_opens_it_anew() -> None:
    unanswered.note("phone insurance", "en", where="help")
    (group,) = unanswered.groups()
    lead = _agent()
    unanswered.settle(group_id=group.id, by=lead)
    assert (unanswered.groups(), unanswered.group(group.id)) == ([], None)
    unanswered.note("phone insurance", "en", where="help")
    assert Unanswered.objects.count() == 2


def test_the_list_stays_bounded_and_keeps_what_is_asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unanswered, "MOST_OPEN", 3)
    noted("phone insurance", "phone insurance")
    kept = noted(*(f"{word} thing" for word in ("zebra", "yacht", "xylophone", "walnut", "violin")))
    assert len(kept) == 3
    assert kept[0] == (("phone insurance",), 2)


@pytest.mark.django_db(transaction=True)
def test_noting_waits_for_the_commit_of_the_caller() -> None:
    from django.db import transaction

    with transaction.atomic():
        unanswered.note_later([("phone insurance", "en")], where="assistant")
        assert unanswered.groups() == []
    assert [group.questions for group in unanswered.groups()] == [1]


def test_a_search_that_finds_nothing_is_noted_once_per_search_and_not_without_end(client: Client) -> None:
    for _ in range(35):
        client.get("/help/en/", {"q": "phone insurance"}, REMOTE_ADDR="198.51.100.7")
    (group,) = unanswered.groups()
    assert group.searches == 30
    client.get("/help/en/", {"q": "phone insurance"}, REMOTE_ADDR="198.51.100.8")
    assert unanswered.groups()[0].searches == 31


def _agent() -> int:
    from tests.knowledge.test_editing import signed_in

    from holdfast.people.models import Agent, Role

    signed_in(Role.LEAD)
    return Agent.objects.get().pk
