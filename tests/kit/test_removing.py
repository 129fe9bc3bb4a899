"""Rows go with what hangs on them, as the models say it; what a key protects, the database keeps."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from holdfast.conversations.models import Conversation, Message, Tag, Tagging
from holdfast.desk.models import Presence
from holdfast.kit.clock import now
from holdfast.kit.removing import found, remove, remove_where
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent

pytestmark = pytest.mark.django_db


def _case() -> Conversation:
    case = Conversation.objects.create(channel="email", created_at=now(), last_message_at=now())
    Message.objects.create(conversation=case, author="agent", text="Here.", created_at=now())
    return case


def test_what_cascades_goes_what_may_be_empty_is_emptied_and_all_else_stays() -> None:
    gone, kept = _case(), _case()
    agent = Agent.objects.create(email="ana@desk.example", name="Ana")
    Conversation.objects.filter(pk=kept.pk).update(merged_into=gone)
    for case in (gone, kept):
        Tagging.objects.create(conversation=case, tag=Tag.objects.get_or_create(name="card")[0], at=now())
        Presence.objects.create(conversation=case, agent=agent, at=now())
    assert found(Message, "conversation_id", [gone.pk]) == [gone.messages.all()[0].pk]
    assert remove(Conversation, [gone.pk]) == 1
    assert list(Conversation.objects.values_list("pk", "merged_into")) == [(kept.pk, None)]
    assert (Message.objects.count(), Tagging.objects.count(), Tag.objects.count()) == (1, 1, 1)
    assert Presence.objects.get().conversation == kept, "a relation without a way back is followed too"
    assert (remove(Conversation, []), remove_where(Message, "id", []), found(Message, "id", [])) == (0, 0, [])


def test_what_a_key_protects_is_refused_as_a_whole() -> None:
    case = _case()
    Delivery.objects.create(
        message=case.messages.all()[0], channel="email", state="sent", not_before=now(), created_at=now()
    )
    place = transaction.savepoint()
    remove(Conversation, [case.pk])
    with pytest.raises(IntegrityError):
        connection.check_constraints()  # as at the end of every transaction
    transaction.savepoint_rollback(place)
    assert Message.objects.count() == 1
