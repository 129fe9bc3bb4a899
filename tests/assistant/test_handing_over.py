"""Handing over in the middle of things: what the person reads, and what the customer is told in their language."""

from __future__ import annotations

import pytest
from tests.assistant.conftest import Systems, Talk

from holdfast.assistant import turns
from holdfast.assistant.acting_steps import Done, Pending, Step
from holdfast.conversations.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "freezing")]


def wants(talk: Talk) -> str:
    told = Message.objects.filter(conversation=talk.case, details__kind="handover").latest("created_at")
    return str(told.details["lines"][0]["text"])


def test_who_asks_for_a_person_in_the_middle_of_an_action_is_quoted_with_what_they_want(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [Step(say="The one ending 4471?", pending=Pending("freeze_card", "confirm"))]
    turns.once(acts=systems)
    talk.say("a human please")
    assert wants(talk) == "“Freeze my card”"


def test_a_mail_with_a_greeting_is_quoted_from_its_matter_on() -> None:
    talk = Talk(channel="email")
    talk.say("Dear Tidewater team,\n\nI hope you are well. My rent bounced twice.\nLet me speak to a person.\n\nThanks")
    assert wants(talk) == "“My rent bounced twice.”"


def test_what_was_done_is_told_the_customer_by_the_name_it_has_for_them(systems: Systems) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [Step(say="Your card is frozen.", done=Done("freeze_card", "14:03"))]
    turns.once(acts=systems)
    talk.say("a human please")
    (told,) = talk.said("system")
    assert "Freeze a card: done at 14:03." in told
