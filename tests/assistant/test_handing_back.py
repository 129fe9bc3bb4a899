"""After a person the assistant is silent, until an agent says that it may go on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from tests.assistant.conftest import Systems, Talk

from holdfast.assistant import turns
from holdfast.assistant.acting_steps import Step
from holdfast.assistant.handing_back import hand_back
from holdfast.assistant.models import Holding
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Message
from holdfast.people.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "freezing")]


def test_it_goes_on_with_what_the_customer_waits_for(systems: Systems, agent: Agent) -> None:
    talk = Talk()
    talk.say("Let me speak to a person")
    assert talk.in_line
    post_reply(conversation_id=talk.case.pk, by=agent.pk, text="Hello, what is it?", client_key="1")
    talk.say("Freeze my card")
    assert talk.in_line, "a person has spoken: the assistant says nothing"
    assert Holding.objects.get(pk=talk.case.pk).word != "assistant"
    hand_back(conversation_id=talk.case.pk, by=agent.pk)
    assert not talk.in_line
    assert talk.turn.since == talk.case.waiting_since
    written = Message.objects.get(conversation=talk.case, details__kind="handed_back")
    assert (written.text, written.agent_id, written.internal) == ("Ana let the assistant go on.", agent.pk, True)
    assert Holding.objects.get(pk=talk.case.pk).handed_back_by_id == agent.pk
    turns.once(acts=systems)
    assert talk.in_line, "no article speaks of it: a person again, with a second acknowledgement for a second hand-over"
    assert len(talk.said("system")) == 3  # for the first, for coming back after the agent, and for this one


def test_what_it_was_told_before_is_forgotten(systems: Systems, agent: Agent) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    systems.answers = [Step(say="The card is frozen.")]
    turns.once(acts=systems)
    talk.say("A person please")
    hand_back(conversation_id=talk.case.pk, by=agent.pk)
    held = Holding.objects.get(pk=talk.case.pk)
    assert (held.word, held.turns, held.language, held.acknowledged_at) == ("assistant", 0, "en", None)


def test_it_is_refused_where_it_makes_no_sense(agent: Agent) -> None:
    talk = Talk()
    talk.say("Freeze my card")
    with pytest.raises(Refused, match="has the word"):
        hand_back(conversation_id=talk.case.pk, by=agent.pk)
    other = Agent.objects.create(email="bo@desk.example", name="Bo", team=agent.team)
    assign(conversation_id=talk.case.pk, to=agent.pk, by=agent.pk)
    with pytest.raises(Refused, match="Ana has this conversation"):
        hand_back(conversation_id=talk.case.pk, by=other.pk)
    close(conversation_id=talk.case.pk, by=agent.pk)
    with pytest.raises(Refused, match="Reopen"):
        hand_back(conversation_id=talk.case.pk, by=agent.pk)


def test_the_desk_has_a_button_for_it(client: Client, agent: Agent) -> None:
    talk = Talk()
    talk.say("A person please")
    client.force_login(agent)
    number = talk.case.number
    page = client.get(reverse("desk:conversation", args=[number])).content.decode()
    assert "Let the assistant go on" in page
    assert all(label in page for label in ("Wants", "We know", "Tried", "Worry", "Not checked"))
    address = reverse("assistant:word", args=[number])
    assert address in page
    assert client.post(address).status_code == 204
    refused = client.post(address)
    assert (refused.status_code, b"has the word here already" in refused.content) == (422, True)
    assert Client().post(address).status_code == 302
