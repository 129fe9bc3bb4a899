"""What a customer gave a form is closed between two messages, and opens for their conversation alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import given as drawn
from hypothesis import strategies as some
from tests.assistant.conftest import Systems, Talk
from tests.opened import rights_of_the_application, token_of

from holdfast.assistant import acting_given, holding, turns
from holdfast.assistant.acting import go_on
from holdfast.assistant.acting_steps import Acting, Pending, Step
from holdfast.assistant.contract import Word
from holdfast.assistant.models import Holding
from holdfast.assistant.slots import Hints
from holdfast.conversations.assignments import assign
from holdfast.guard.fields import Sealed
from holdfast.people.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "freezing")]

ADDRESS = "14 Quayside Lane, 2210 Harbourton"
ASKS = Pending("change_address", "confirm", slots={"address": ADDRESS}, hints=Hints(last4=("4471",)), key="k-1")


@pytest.fixture
def asked(systems: Systems) -> Talk:
    """A customer who was asked whether their new address is right."""
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [Step(say="Is that right?", pending=ASKS)]
    turns.once(acts=systems)
    return talk


def _stored(conversation_id: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT h::text FROM assistant_holding h WHERE conversation_id = %s", [conversation_id])
        return str(cursor.fetchone()[0])


def test_the_row_says_how_far_the_form_is_and_nothing_it_was_given(asked: Talk) -> None:
    row = _stored(asked.case.pk)
    assert "confirm" in row
    assert "Quayside" not in row
    assert "4471" not in row
    held = holding.read(asked.case.pk)
    assert "Quayside" not in repr(held)
    assert "Quayside" not in json.dumps(dict(held.pending or {}), default=str)


def test_the_next_step_gets_what_was_given(asked: Talk) -> None:
    pending = holding.read(asked.case.pk).pending
    assert pending is not None
    assert Pending.load(acting_given.opened(pending)) == ASKS


def test_what_was_read_and_kept_again_still_opens(asked: Talk) -> None:
    held = holding.read(asked.case.pk)
    holding.keep(asked.case.pk, replace(held, language="en"))
    again = holding.read(asked.case.pk).pending
    assert again is not None
    assert Pending.load(acting_given.opened(again)) == ASKS


def test_the_application_keeps_what_it_cannot_read(asked: Talk) -> None:
    with rights_of_the_application():
        held = holding.read(asked.case.pk)
        holding.keep(asked.case.pk, replace(held, language="en"))
        again = holding.read(asked.case.pk).pending
        assert again is not None
        assert Pending.load(acting_given.opened(again)) == ASKS
        holding.keep(asked.case.pk, replace(held, pending={**ASKS.dump(), "key": "k-2"}))
        anew = holding.read(asked.case.pk).pending
        assert anew is not None
        assert Pending.load(acting_given.opened(anew)).key == "k-2"


def test_what_was_moved_to_another_conversation_opens_nowhere(asked: Talk) -> None:
    other = uuid4()
    token = token_of(Holding.objects.get(pk=asked.case.pk).given)
    moved = {
        "action": "change_address",
        "asks": "confirm",
        "given": Sealed(token, "•••", f"assistant_holding.given.{other}"),
    }
    step = go_on(moved, "yes", who=Acting(other, None, "TW-1", 2), locale="en")
    assert (step.done, step.pending) == (None, None)
    assert step.give_up == "What was under way cannot be read any more."


def test_it_is_gone_once_a_person_takes_the_case(asked: Talk, agent: Agent) -> None:
    assign(conversation_id=asked.case.pk, to=agent.pk, by=agent.pk)
    row = Holding.objects.get(pk=asked.case.pk)
    assert (row.word, row.pending, bool(row.given)) == (Word.PERSON, None, False)


_words = some.text(max_size=40)
_slots = some.dictionaries(some.sampled_from(["address", "card", "last4"]), _words.filter(bool))
_hints = some.builds(
    Hints,
    last4=some.lists(some.from_regex(r"[0-9]{4}", fullmatch=True), max_size=2).map(tuple),
    days=some.lists(some.dates(min_value=date(2020, 1, 1)), max_size=2).map(tuple),
)


@drawn(slots=_slots, hints=_hints, asks=some.sampled_from(["", "card", "confirm"]))
def test_whatever_a_form_holds_comes_back_as_it_was(slots: dict[str, str], hints: Hints, asks: str) -> None:
    pending = Pending("change_address", asks, slots=slots, hints=hints, key="k")
    plain, closed = acting_given.closed(pending.dump(), conversation_id=uuid4())
    kept: dict[str, Any] = json.loads(json.dumps(plain))
    assert not set(kept) & {"slots", "hints"}
    assert Pending.load(acting_given.opened(acting_given.joined(kept, closed))) == pending
