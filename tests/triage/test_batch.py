"""From accepted to answered, in line or parked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from tests.opened import rights_of_the_application

from holdfast.assistant.contract import Answer, Citation
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation, Message, Place, ThreadKey
from holdfast.guard.keys import blind_index
from holdfast.intake.models import Contact, Receipt
from holdfast.intake.receipts import claim
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Customer, Identity, Team, Vendor
from holdfast.triage import batch, leases
from holdfast.triage.reconcile import reconcile

ANSWER = Answer("Ten days.", (Citation(1, 1, "s", "en", "Cards", "/help/", 0, 9),), "en", 0.9)


@pytest.fixture
def agent(queues):
    team = Team.objects.create(name="T", vendor=Vendor.objects.create(name="V"))
    return Agent.objects.create(email="ana@desk.example", name="Ana", team=team)


def _receipt(receipt):
    return Receipt.objects.get(pk=receipt)


def _conversation(receipt):
    return Conversation.objects.get(messages__contact_id=receipt)


def test_a_question_nobody_could_answer_stands_in_the_line_its_words_choose(accept, triage, queues):
    card, pay, other = accept("I lost my card"), accept("charged twice", email="b@x"), accept("hello", email="c@x")
    assert triage() == 1
    for receipt, slug in ((card, "cards"), (pay, "payments"), (other, "other")):
        place = Place.objects.get(conversation=_conversation(receipt))
        assert (place.queue_id, _conversation(receipt).queue_id) == (queues[slug].pk,) * 2
        row = _receipt(receipt)
        assert (row.state, row.conversation_id) == ("waiting", _conversation(receipt).pk)
        assert row.visible_at >= row.accepted_at
    line = Message.objects.get(conversation=_conversation(card), author="system")
    assert (line.internal, line.details["kind"], line.text) == (True, "handover", "Not a clear match.")


def test_an_answer_answers_leaves_by_mail_and_stands_in_no_line(accept, triage, assistant, queues):
    assistant[-1] = ANSWER
    receipt = accept("Where is my card?")
    triage()
    conversation = _conversation(receipt)
    assert _receipt(receipt).state == "answered"
    assert (conversation.state, conversation.waiting_since) == ("open", None)
    assert conversation.queue_id == queues["cards"].pk
    assert not Place.objects.exists()
    message = Message.objects.get(author="assistant")
    assert message.details["citations"][0]["title"] == "Cards"
    assert Delivery.objects.get().message_id == message.pk


def test_the_applications_rights_are_enough_for_all_of_it(accept, triage, assistant):
    with rights_of_the_application():
        assistant[-1] = ANSWER
        first = accept("Where is my card?", thread_own=["mail:1@x"])
        triage()
        again = accept("That does not help", thread=["mail:1@x"])
        triage()
        assert (_receipt(first).state, _receipt(again).state) == ("answered", "waiting")
        assert all(str(each.recipient) for each in Delivery.objects.all())


def test_who_comes_back_after_an_answer_gets_a_person(accept, triage, assistant):
    assistant[-1] = ANSWER
    first = accept("Where is my card?", thread_own=["mail:1@x"])
    triage()
    again = accept("That does not help", thread=["mail:1@x"])
    triage()
    assert _conversation(first) == _conversation(again)
    assert [question.text for question in assistant[:-1]] == ["Where is my card?"]
    assert Place.objects.filter(conversation=_conversation(first), left_at=None).exists()
    assert (_receipt(first).state, _receipt(again).state) == ("answered", "waiting")


@pytest.mark.parametrize("fault", [RuntimeError("model fell over"), MemoryError()])
def test_when_the_assistant_fails_people_get_everything(accept, triage, assistant, fault):
    assistant[-1] = fault
    receipts = [accept(email=f"{n}@x") for n in range(5)]
    triage()
    assert Place.objects.filter(left_at=None).count() == 5
    assert {_receipt(receipt).state for receipt in receipts} == {"waiting"}


def test_the_assistant_is_silent_where_a_person_is(accept, triage, assistant, agent):
    first = accept(thread_own=["mail:1@x"])
    triage()
    conversation = _conversation(first)
    assign(conversation_id=conversation.pk, to=agent.pk, by=agent.pk)
    accept("More", thread=["mail:1@x"])
    triage()
    assert not Place.objects.filter(left_at=None).exists()
    conversation.refresh_from_db()
    assert conversation.waiting_since is not None
    post_reply(conversation_id=conversation.pk, by=agent.pk, text="Done", client_key="1")
    close(conversation_id=conversation.pk, by=agent.pk)
    asked = len(assistant)
    accept("One more", thread=["mail:1@x"])
    triage()
    assert Place.objects.filter(left_at=None).count() == 1
    assert len(assistant) == asked + 1, "a closed matter that opens again begins anew"


def test_a_reply_settles_what_waited(accept, triage, agent):
    receipts = [accept(thread_own=["mail:1@x"]), accept("Hello?", thread=["mail:1@x"])]
    triage()
    post_reply(conversation_id=_conversation(receipts[0]).pk, by=agent.pk, text="Here", client_key="1")
    assert {_receipt(receipt).state for receipt in receipts} == {"answered"}


def test_asking_for_a_person_goes_to_a_person_at_once(accept, triage, assistant, queues):
    assistant[-1] = ANSWER
    session = {"channel": "chat", "sender": {"chat": "s"}, "thread": ["chat:s"], "thread_own": ["chat:s"]}
    first = accept("My payment is missing", **session)
    triage()
    accept("", kind="person_request", **session)
    triage()
    place = Place.objects.get(left_at=None)
    assert (place.conversation, place.queue_id) == (_conversation(first), queues["payments"].pk)
    acknowledged = Message.objects.get(author="system", internal=False)
    assert acknowledged.details["kind"] == "in_line"
    assert "Quoted “Cards”" in acknowledged.text, "the customer sees what goes along"
    story = {line["label"]: line["text"] for line in Message.objects.get(internal=True).details["lines"]}
    assert list(story) == ["Wants", "We know", "Tried", "Worry", "Not checked"]
    assert story["Tried"].startswith("Quoted “Cards”.")
    assert len(assistant) == 2
    accept("", kind="person_request", **session)
    triage()
    assert Place.objects.count() == 1
    assert Message.objects.filter(author="system", internal=False).count() == 1


def test_the_acknowledgement_speaks_the_customers_language(accept, triage):
    accept("Halo", channel="chat", sender={"chat": "s"}, locale="id-ID", thread_own=["chat:s"])
    triage()
    assert "antrean" in Message.objects.get(internal=False, author="system").text


@pytest.mark.parametrize("kind", ["bounce", "auto_reply"])
def test_machines_mail_is_recorded_parked_and_never_answered(accept, triage, assistant, queues, agent, kind):
    assistant[-1] = ANSWER
    alone = accept("Undelivered", email="daemon@x", kind=kind, auto_reason="Auto-Submitted")
    first = accept("Hello", thread_own=["mail:1@x"])
    triage()
    inside = accept("Undelivered", email="daemon@x", kind=kind, thread=["mail:1@x"], subject="Failed")
    triage()
    assert _conversation(alone).kind == "machine"
    assert _conversation(alone).queue_id == queues["parking"].pk
    assert _conversation(inside) == _conversation(first)
    assert (_receipt(alone).state, _receipt(inside).state) == ("parked", "parked")
    assert _receipt(alone).reason.endswith("Auto-Submitted")
    # Whoever answers goes to the newest sender of the conversation's receipts: never to the machine.
    assert _receipt(inside).conversation_id is None
    assert not Place.objects.exists()
    assert Message.objects.filter(author="assistant").count() == 1


def test_a_registered_machine_is_heard_like_anybody(accept, triage, assistant):
    customer = Customer.objects.create()
    address = "agent@machine.example"
    Identity.objects.create(
        customer=customer, kind="email", value=address, index=blind_index("email", address), is_machine=True
    )
    receipt = accept("What is the balance?", email=address, kind="auto_reply")
    triage()
    assert _receipt(receipt).state == "waiting"
    assert _conversation(receipt).kind == "matter"


def test_what_cannot_be_read_is_shown_to_a_person(accept, triage, assistant, queues):
    receipt = accept("", kind="unreadable", sender={}, warnings=["No headers."], raw="0" * 64)
    triage()
    conversation = _conversation(receipt)
    assert (conversation.kind, conversation.queue_id) == ("unreadable", queues["other"].pk)
    assert conversation.waiting_since is not None
    assert Place.objects.filter(conversation=conversation, left_at=None).exists()
    assert Message.objects.get(conversation=conversation).details["warnings"] == ["No headers."]
    assert len(assistant) == 1


def _move_the_seal(receipt):
    """Put another contact's sender into this one: it does not open here. The trigger must look away for that."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE intake_contact DISABLE TRIGGER USER")
        cursor.execute("UPDATE intake_contact SET sender = '1.a.AAAA.AAAA' WHERE id = %s", [receipt])
        cursor.execute("ALTER TABLE intake_contact ENABLE TRIGGER USER")


@pytest.mark.parametrize("position", [0, 3, 6])
def test_one_poisoned_contact_does_not_stop_its_batch(accept, triage, queues, position):
    receipts = [accept(f"Card {n}", email=f"{n}@x") for n in range(7)]
    _move_the_seal(receipts[position])
    assert triage() == 1
    states = [_receipt(receipt).state for receipt in receipts]
    assert states == ["parked" if n == position else "waiting" for n in range(7)]
    parked = _receipt(receipts[position])
    assert parked.reason.startswith("CannotOpen")
    assert parked.conversation_id == _conversation(receipts[position]).pk
    placeholder = _conversation(receipts[position])
    assert (placeholder.kind, placeholder.queue_id) == ("unreadable", queues["other"].pk)
    assert Place.objects.filter(conversation=placeholder, left_at=None).exists()


def test_an_unknown_kind_is_parked_and_seen(accept, triage):
    receipt = accept("Hi", kind="telepathy")
    triage()
    assert "telepathy" in _receipt(receipt).reason
    assert Message.objects.get(contact_id=receipt).text == "Hi"


def test_odd_payloads_do_no_harm(accept, triage):
    receipt = accept(
        "Hi", thread="mail:1", thread_own=[3, None], attachments=["x", {"size": "9"}], html=7, warnings={"a": 1}
    )
    triage()
    assert _receipt(receipt).state == "waiting"
    assert not ThreadKey.objects.exists()


def test_trouble_of_the_database_costs_no_contact(accept, triage, monkeypatch):
    receipt = accept()
    failing = iter([OperationalError("the disk is full")])
    real = batch.identify

    def identify(senders):
        error = next(failing, None)
        if error:
            raise error
        return real(senders)

    monkeypatch.setattr(batch, "identify", identify)
    with pytest.raises(OperationalError):
        triage()
    assert _receipt(receipt).state == "accepted"
    Receipt.objects.update(leased_until=None)
    triage()
    assert _receipt(receipt).state == "waiting"


def test_a_lease_that_ran_out_mid_way_changes_nothing_twice(accept, triage, assistant):
    receipt = accept()
    contacts = claim(10, timedelta(0))
    again = claim(10, timedelta(0))
    assert [contact.pk for contact in contacts] == [contact.pk for contact in again] == [receipt]
    batch.process(again)
    batch.process(contacts)
    assert Message.objects.filter(author="customer").count() == Place.objects.count() == 1


def test_what_kills_its_worker_is_tried_alone_and_then_parked(accept, triage, monkeypatch):
    """The worker dies whenever the deadly contact is in its hands: nothing after that line of code happens."""
    deadly, *harmless = [accept(f"Card {n}", email=f"{n}@x") for n in range(5)]

    class Killed(BaseException):
        pass

    real = batch._process

    def process(contacts):
        if any(contact.pk == deadly for contact in contacts):
            raise Killed
        real(contacts)

    monkeypatch.setattr(batch, "_process", process)
    deaths = 0
    for _ in range(20):
        Receipt.objects.update(leased_until=None)
        contacts = claim(10, timedelta(seconds=60))
        if not contacts:
            break
        try:
            batch.process(contacts)
        except Killed:
            deaths += 1
    assert deaths <= leases.ALONE + 1
    assert {_receipt(receipt).state for receipt in harmless} == {"waiting"}
    assert (_receipt(deadly).state, _receipt(deadly).reason) == ("parked", batch.KILLED_THE_WORKER)


def test_a_batch_takes_a_fixed_number_of_queries(accept, triage, django_assert_max_num_queries):
    accept()
    triage()
    for number in range(100):
        accept(f"Card {number}", email=f"{number}@x", subject=f"S {number}", thread_own=[f"mail:{number}@x"])
    contacts = claim(100, timedelta(seconds=60))
    with django_assert_max_num_queries(45):
        batch.process(contacts)


def test_everything_is_accounted_for(accept, triage, assistant):
    assistant[-1] = ANSWER
    accept("Card")
    accept("x", email="d@x", kind="bounce")
    accept("y", channel="web", kind="person_request", email="z@x")
    triage()
    accept("Later", email="q@x")
    counts = {count.channel: count for count in reconcile()}
    assert (counts["email"].received, counts["email"].answered, counts["email"].parked) == (3, 1, 1)
    assert (counts["email"].waiting, counts["web"].waiting) == (1, 1)
    assert sum(count.lost for count in counts.values()) == 0
    Message.objects.filter(contact_id__in=Receipt.objects.filter(state="answered").values("pk")).delete()
    assert {count.channel: count.lost for count in reconcile()} == {"email": 1, "web": 0}
    assert Contact.objects.count() == 4
