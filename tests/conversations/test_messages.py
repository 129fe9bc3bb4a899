"""Replies, notes, the assistant's answers and the system's lines."""

from __future__ import annotations

import pytest

from holdfast.conversations.assignments import assign
from holdfast.conversations.errors import NotFound, Refused, Stale
from holdfast.conversations.messages import post_assistant, post_note, post_reply, post_system
from holdfast.conversations.models import Message, Place
from holdfast.kit.ids import uuid7
from holdfast.kit.models import OutboxEvent


def test_a_reply_answers_the_customer_and_leaves_the_line(house, in_line, fresh):
    conversation = in_line()
    message = post_reply(conversation_id=conversation.pk, by=house.ana.pk, text=" It is on its way. ", client_key="a")
    after = fresh(conversation)
    assert message.text == "It is on its way."
    assert (after.waiting_since, after.last_author, after.preview) == (None, "agent", "It is on its way.")
    assert after.version == conversation.version + 1 == message.version
    assert Place.objects.get(conversation=conversation).left_because == "answered"


def test_a_reply_sent_twice_is_one_message(house, in_line, fresh):
    conversation = in_line()
    first = post_reply(conversation_id=conversation.pk, by=house.ana.pk, text="Hello", client_key="same")
    second = post_reply(conversation_id=conversation.pk, by=house.ana.pk, text="Hello", client_key="same", version=0)
    assert first.pk == second.pk
    assert fresh(conversation).version == first.version


def test_a_reply_is_stale_only_when_somebody_answered_since(house, in_line):
    conversation = in_line()
    seen = conversation.version
    post_note(conversation_id=conversation.pk, by=house.ben.pk, text="Looks like the post", client_key="n")
    reply = {"conversation_id": conversation.pk, "by": house.ana.pk, "version": seen}
    post_reply(**reply, text="First", client_key="1")
    with pytest.raises(Stale) as stale:
        post_reply(conversation_id=conversation.pk, by=house.ben.pk, text="Too late", client_key="2", version=seen)
    assert stale.value.current_version == seen + 2


def test_only_who_has_the_case_and_leads_answer_in_it(house, in_line):
    conversation = in_line()
    assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    with pytest.raises(Refused, match="Ana has this conversation"):
        post_reply(conversation_id=conversation.pk, by=house.ben.pk, text="Hi", client_key="b")
    post_reply(conversation_id=conversation.pk, by=house.lead.pk, text="Hi", client_key="l")


def test_a_note_stays_inside_and_changes_nothing_about_waiting(house, in_line, fresh):
    conversation = in_line()
    post_note(conversation_id=conversation.pk, by=house.ana.pk, text="Angry", client_key="n")
    after = fresh(conversation)
    assert after.waiting_since == conversation.waiting_since
    assert after.preview == conversation.preview
    assert Place.objects.filter(conversation=conversation, left_at=None).exists()


def test_a_reply_with_only_a_file_is_a_reply_and_one_with_nothing_is_not(house, in_line):
    conversation = in_line()
    file = {"name": "form.pdf", "type": "application/pdf", "size": 9, "digest": "0" * 64, "refused": ""}
    message = post_reply(conversation_id=conversation.pk, by=house.ana.pk, text="", client_key="f", attachments=[file])
    assert [attachment.name for attachment in message.attachments.all()] == ["form.pdf"]
    with pytest.raises(Refused):
        post_reply(conversation_id=conversation.pk, by=house.ana.pk, text=" \n", client_key="g")


def test_the_assistant_is_silent_once_a_person_has_the_case(house, in_line, fresh):
    conversation = in_line()
    post_assistant(conversation_id=conversation.pk, text="Ten days.", details={"citations": []})
    assert fresh(conversation).waiting_since is None
    assign(conversation_id=conversation.pk, to=house.ana.pk, by=house.ana.pk)
    with pytest.raises(Refused):
        post_assistant(conversation_id=conversation.pk, text="Still ten days.", details={})


def test_a_system_line_is_internal_unless_said_otherwise(in_line):
    conversation = in_line()
    line = post_system(conversation_id=conversation.pk, kind="bounce", text="Came back", details={"code": 550})
    assert (line.internal, line.details) == (True, {"code": 550, "kind": "bounce"})


def test_public_messages_of_one_conversation_never_share_a_time(house, in_line):
    conversation = in_line()
    for number in range(5):
        post_reply(conversation_id=conversation.pk, by=house.ana.pk, text=str(number), client_key=str(number))
    times = list(Message.objects.filter(conversation=conversation).values_list("created_at", flat=True))
    assert len(set(times)) == len(times)


def test_every_verb_tells_the_screens_without_words(house, in_line):
    conversation = in_line("secret words", thread=["chat:s1"], own=["chat:s1"], channel="chat")
    OutboxEvent.objects.all().delete()
    post_reply(conversation_id=conversation.pk, by=house.ana.pk, text="more secret words", client_key="a")
    events = {event.topic: event.payload for event in OutboxEvent.objects.all()}
    assert events["chat:s1"] == {"kind": "message"}
    assert events["desk"] == {
        "kind": "message",
        "conversation": str(conversation.pk),
        "queue": house.cards.pk,
        "assignee": None,
        "version": conversation.version + 1,
    }


def test_there_is_no_writing_into_nothing(house):
    with pytest.raises(NotFound):
        post_note(conversation_id=uuid7(), by=house.ana.pk, text="?", client_key="x")
