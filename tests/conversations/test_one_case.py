"""While the line is ordered by need, an account has one case in it, whichever way its customer writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation, Place
from holdfast.conversations.places import ToJoin, join_many
from holdfast.conversations.to_thread import Threaded
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer
from holdfast.posture import changes
from holdfast.posture import current as posture
from holdfast.posture.effects import Name

from .conftest import House, Write

Say = Callable[..., Threaded]


@pytest.fixture
def siege(house: House) -> Iterator[None]:
    posture.forget()
    changes.change(to=Name.SIEGE, by=house.lead.pk, why="A crowd.")
    posture.forget()
    yield
    posture.forget()


@pytest.fixture
def say(write: Write, house: House) -> Say:
    """Let a customer write and stand in line, as triage does it."""

    def _say(text: str = "?", **given: Any) -> Threaded:
        went = write(text, **{"channel": "web", **given})
        join_many([ToJoin(went.conversation_id, house.cards.pk, now())])
        return went

    return _say


def places() -> list[UUID]:
    return list(Place.objects.filter(left_at=None).values_list("conversation_id", flat=True))


@pytest.mark.usefixtures("siege")
def test_a_second_contact_joins_the_case_in_line_and_keeps_its_place(say: Say) -> None:
    first, other = say("My card"), say("Hello", customer_id=Customer.objects.create().pk)
    place = Place.objects.get(conversation_id=first.conversation_id)
    again = say("My card, once more", channel="email")
    assert again.conversation_id == first.conversation_id
    assert Place.objects.get(conversation_id=first.conversation_id) == place
    assert sorted(places()) == sorted([first.conversation_id, other.conversation_id])


def test_in_calm_every_matter_has_its_own_case(say: Say) -> None:
    assert say("My card").conversation_id != say("My loan").conversation_id


@pytest.mark.usefixtures("siege")
def test_who_has_a_person_already_stands_in_line_with_the_next_matter(say: Say, house: House) -> None:
    first = say("My card")
    assign(conversation_id=first.conversation_id, to=house.ana.pk, by=house.lead.pk)
    second = say("My loan")
    assert second.conversation_id != first.conversation_id
    assert places() == [second.conversation_id]


@pytest.mark.usefixtures("siege")
def test_a_chat_joins_only_when_it_is_proven_who_chats(say: Say) -> None:
    mail = say("My card", channel="email")
    claimed = say("It is me", channel="chat", thread=["chat:one"], details={"level": 1})
    assert claimed.conversation_id != mail.conversation_id
    Place.objects.filter(conversation_id=claimed.conversation_id).delete()
    proven = say("It is really me", channel="chat", thread=["chat:two"], details={"level": 2})
    assert proven.conversation_id == mail.conversation_id


@pytest.mark.usefixtures("siege")
def test_bounces_and_people_without_an_account_join_nobody(say: Say) -> None:
    first = say("My card")
    assert say("not delivered", kind="bounce").conversation_id != first.conversation_id
    assert say("who am I", customer_id=None).conversation_id != say("who am I", customer_id=None).conversation_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db", "siege")
def test_two_workers_give_one_customer_one_place(house: House) -> None:
    from django.db import transaction

    from holdfast.conversations.threading import thread
    from holdfast.conversations.to_thread import ToThread

    customer, together = Customer.objects.create(), Barrier(4)

    def work() -> None:
        together.wait()
        try:
            with transaction.atomic():
                item = ToThread(contact_id=uuid7(), customer_id=customer.pk, channel="web", at=now(), text="?")
                went = thread([item])[0]
                join_many([ToJoin(went.conversation_id, house.cards.pk, now())])
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(places()) == 1
    assert Conversation.objects.count() == 1
