"""One update answers everybody who asks, once, each where and in the language they wrote; together they close."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from tests.incidents.conftest import House, make_house

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Callback, Closure, Conversation, Message, Place
from holdfast.incidents import answering, links, matching, queries, screens
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import Link
from holdfast.incidents.thanks import is_thanks
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.intake.models import Receipt
from holdfast.kit.clock import now
from holdfast.notify.models import Delivery
from holdfast.posture import current as posture
from holdfast.shield import assess
from holdfast.shield.models import Topic
from holdfast.triage import loop

pytestmark = pytest.mark.usefixtures("unchecked")
TEXTS = {"en": "Card payments fail.", "id": "Pembayaran kartu gagal.", "pt-br": "Pagamentos falham."}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    matching.forget()


def arrive(*texts: str, channel: str = "email", locale: str = "", again: bool = False) -> list[UUID]:
    """Let customers write through the door and be triaged; return their conversations in order."""
    given = [
        Incoming(
            channel=channel,
            source="test",
            sender={"email": f"{0 if again else n}-{abs(hash(text))}@post.example"},
            text=text,
            subject=f"matter {n}",
            locale=locale,
            payload={},
        )
        for n, text in enumerate(texts)
    ]
    receipts = [each.receipt for each in accept_now(given)]
    while loop.once():
        pass
    while assess.assess_some():
        pass
    found = dict(Receipt.objects.filter(pk__in=receipts).values_list("contact_id", "conversation_id"))
    return [found[receipt] for receipt in receipts]


def said_in(conversation_id: UUID) -> list[str]:
    rows = Message.objects.filter(conversation_id=conversation_id, author="agent", internal=False)
    return list(rows.order_by("created_at").values_list("text", flat=True))


def linked(house: House, incident_id: UUID, number: int = 3, **given: str) -> list[UUID]:
    ids = [house.desk.talk(f"My card was declined {n}", **given).pk for n in range(number)]  # type: ignore[arg-type]
    links.link_many(incident_id=incident_id, conversation_ids=ids, how="cluster", by=house.lead)
    return ids


def test_each_is_answered_once_in_its_language_and_leaves_the_line(house: House) -> None:
    incident_id = house.declare()
    ids = linked(house, incident_id)
    for id_, locale in zip(ids, ("id", "pt-BR", "fr"), strict=True):
        Conversation.objects.filter(pk=id_).update(locale=locale)
    said = house.publish(incident_id, texts=TEXTS)
    answering.begin(update_id=said.id, by=house.lead)
    assert [answering.answer_due(), answering.answer_due()] == [3, 0]
    due = said.next_update_due
    assert due is not None
    assert [said_in(id_) for id_ in ids] == [
        [f"{TEXTS['id']}\n\nKabar berikutnya paling lambat pukul {due:%H:%M} UTC."],
        [f"{TEXTS['pt-br']}\n\nPróxima atualização até {due:%H:%M} UTC."],
        [f"{TEXTS['en']}\n\nNext update by {due:%H:%M} UTC."],
    ]
    assert not Place.objects.filter(conversation_id__in=ids, left_at=None).exists()
    assert set(Conversation.objects.filter(pk__in=ids).values_list("state", "waiting_since")) == {("open", None)}
    assert (queries.linked(incident_id).total, queries.linked(incident_id).answered) == (3, 3)


def test_mail_leaves_as_a_delivery_and_its_receipt_is_answered_by_the_update(house: House) -> None:
    incident_id = house.declare()
    (mailed,) = arrive("My card payment was declined at the shop, why?")
    links.link_person(incident_id=incident_id, conversation_id=mailed, by=house.lead)
    said = house.publish(incident_id)
    answering.begin(update_id=said.id, by=house.lead)
    answering.answer_due()
    answer = Message.objects.get(conversation_id=mailed, author="agent")
    assert Delivery.objects.filter(message=answer, state="pending").count() == 1
    receipt = Receipt.objects.get(conversation_id=mailed)
    found = queries.incident_of_id(incident_id)
    assert found is not None
    assert (receipt.state, receipt.reason) == ("answered", f"Answered by update 1 of incident {found.number}.")


def test_whoever_a_person_has_keeps_that_person_and_a_promised_callback_stays(house: House) -> None:
    incident_id = house.declare()
    in_hand, called, free = linked(house, incident_id)
    assign(conversation_id=in_hand, to=house.desk.ana.pk, by=house.lead)
    begins = now() + timedelta(hours=1)
    Callback.objects.create(
        conversation_id=called, queue_id=house.desk.cards.pk, how="call", starts_at=begins,
        ends_at=begins + timedelta(minutes=20), booked_at=now(),
    )  # fmt: skip
    resolved = house.resolve(incident_id)
    answering.begin(update_id=resolved.id, by=house.lead)
    assert answering.answer_due() == 2
    assert [said_in(in_hand), len(said_in(called)), len(said_in(free))] == [[], 1, 1]
    states = dict(Conversation.objects.filter(pk__in=[in_hand, called, free]).values_list("pk", "state"))
    assert states == {in_hand: "open", called: "open", free: "closed"}
    assert Callback.objects.get(conversation_id=called).state == "booked"
    assert Place.objects.filter(conversation_id=called, left_at=None).exists()


def test_together_closed_stays_closed_for_thanks_and_opens_for_anything_else(house: House) -> None:
    incident_id = house.declare()
    grateful, unsolved = arrive("My card was declined, why?", "My card payment failed again")
    links.link_many(incident_id=incident_id, conversation_ids=[grateful, unsolved], how="person", by=house.lead)
    resolved = house.resolve(incident_id)
    answering.begin(update_id=resolved.id, by=house.lead)
    answering.answer_due()
    assert "Answer this message and a person looks at it." in said_in(grateful)[0]
    assert Link.objects.filter(closed_at__isnull=False).count() == 2
    for id_, text in ((grateful, "Thank you very much!"), (unsolved, "Thanks, but mine is still declined.")):
        _write_again(id_, text)
    states = dict(Conversation.objects.filter(pk__in=[grateful, unsolved]).values_list("pk", "state"))
    assert states == {grateful: "closed", unsolved: "open"}
    assert Closure.objects.filter(conversation_id=grateful, reopened_at=None).count() == 1
    assert set(Receipt.objects.filter(conversation_id=grateful).values_list("state", flat=True)) == {"answered"}
    assert Place.objects.filter(conversation_id=unsolved, left_at=None).exists()
    assert [link.conversation_id for link in Link.objects.filter(closed_at=None)] == [unsolved]
    assert answering.answer_due() == 0


def _write_again(conversation_id: UUID, text: str) -> None:
    accept_now(
        [
            Incoming(
                channel="email", source="test", sender={"email": "again@post.example"}, text=text,
                payload={"thread": [f"reply:{conversation_id}"]},
            )
        ]
    )  # fmt: skip
    while loop.once():
        pass


@pytest.mark.parametrize(
    "text", ["Thanks!", "Thank you very much, it works again.", "Terima kasih banyak", "👍", "Obrigada!"]
)
def test_thanks_is_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    ["", "Thanks for nothing", "Thanks, is it fixed?", "It works", "Not solved", "Thanks but no", "?!", "Kasih tahu"],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_thanks(text)


def test_new_contacts_with_the_words_or_alike_link_by_themselves_while_it_is_open(house: House) -> None:
    incident_id = house.declare()
    (before,) = arrive("The harbour terminal at the supermarket refused my card twice this morning, please help me")
    assert links.link_cluster(
        incident_id=incident_id, sample=before, since=now() - timedelta(hours=1), by=house.lead
    ) == 1  # fmt: skip
    assert links.link_words(
        incident_id=incident_id, phrases=["error 4711"], since=now() - timedelta(hours=1), by=house.lead
    ) == 0  # fmt: skip
    assert Topic.objects.get().words == ["error 4711"]
    matching.forget()  # a commit does so
    alike, named, neither = arrive(
        "The harbour terminal at the supermarket refused my card twice this evening, please help me",
        "I get ERROR 4711 when I pay",
        "I would like to change my address",
    )
    hows = dict(Link.objects.values_list("conversation_id", "how"))
    assert hows == {before: "cluster", alike: "cluster", named: "words"}
    said = house.publish(incident_id)
    answering.begin(update_id=said.id, by=house.lead)
    assert answering.answer_due() == 3
    (later,) = arrive("Error 4711 again and again")
    assert answering.answer_due() == 1  # linked since, so it gets the newest word
    assert len(said_in(later)) == 1
    house.resolve(incident_id)
    matching.forget()
    (after,) = arrive("My neighbour had error 4711 yesterday")
    assert not Link.objects.filter(conversation_id__in=[after, neither]).exists()


def test_what_many_say_alike_is_shown_until_it_is_linked(house: House) -> None:
    incident_id = house.declare(started_at=now() - timedelta(hours=1))
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    shop = "At shop {} the terminal in the harbour refused my card twice and nobody could tell me why"
    ids = arrive(*(shop.format(n) for n in range(6)), "I would like to change my address", "Where is my new card?")
    ((number, size),) = screens.not_linked(incident)
    sample = Conversation.objects.get(number=number).pk
    assert (sample in ids[:6], size) == (True, 6)
    links.link_cluster(incident_id=incident_id, sample=sample, since=incident.started_at, by=house.lead)
    assert queries.linked_count(incident_id) == 6
    assert screens.not_linked(incident) == []


def test_what_a_person_took_out_is_not_linked_again_by_itself(house: House) -> None:
    incident_id = house.declare()
    (id_,) = linked(house, incident_id, 1)
    links.unlink(conversation_id=id_, by=house.lead)
    assert links.link_many(incident_id=incident_id, conversation_ids=[id_], how="words", by=None) == 0
    links.link_person(incident_id=incident_id, conversation_id=id_, by=house.lead)
    other = house.declare("Another matter")
    with pytest.raises(Refused, match="It is about incident"):
        links.link_person(incident_id=other, conversation_id=id_, by=house.lead)


def test_an_order_ends_with_the_next_word_and_only_the_newest_may_be_ordered(house: House) -> None:
    incident_id = house.declare()
    linked(house, incident_id, 2)
    first = house.publish(incident_id, "First")
    answering.begin(update_id=first.id, by=house.lead)
    second = house.publish(incident_id, "Second")
    assert answering.answer_due() == 0
    with pytest.raises(Refused, match="newest"):
        answering.begin(update_id=first.id, by=house.lead)
    answering.begin(update_id=second.id, by=house.lead)
    assert answering.answer_due() == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_and_one_that_died_half_way_say_nothing_twice() -> None:
    posture.forget()
    house = make_house()
    incident_id = house.declare()
    ids = linked(house, incident_id, 40)
    said = house.publish(incident_id)
    answering.begin(update_id=said.id, by=house.lead)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answering, "CHUNK", 7)
        steps = iter([False, False, True])
        assert answering.answer_due(stop=lambda: next(steps)) == 14

        def work() -> None:
            try:
                while answering.answer_due():
                    pass
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    answering.answer_due()  # what one had locked while the other looked
    assert [len(said_in(id_)) for id_ in ids] == [1] * 40
    # Killed after the message and before the link was written: the key in the conversation knows.
    Link.objects.filter(conversation_id=ids[0]).update(answered=None, answered_at=None)
    answering.answer_due()
    assert len(said_in(ids[0])) == 1
    assert Link.objects.filter(answered_id=said.id).count() == 40
