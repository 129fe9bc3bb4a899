"""Whoever lets an assistant speak for them is answered at the address on file, never at one the assistant names."""

from __future__ import annotations

import pytest

from holdfast.conversations.models import Conversation
from holdfast.guard.keys import blind_index
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import ContactIn, Incoming
from holdfast.intake.delegation import spoken_for
from holdfast.intake.models import Receipt
from holdfast.intake.tokens import KnownToken
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Customer, Identity
from holdfast.shield.models import Assessment
from holdfast.triage.loop import once

from .conftest import Sink, answered

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = KnownToken("t", b"", frozenset({"contacts:write"}), None, "TW-100042", "alexa")


@pytest.fixture
def maren() -> Customer:
    customer = Customer.objects.create(reference="TW-100042", name="Maren")
    Identity.objects.create(
        customer=customer,
        kind="email",
        value="maren@post.example",
        level=1,
        index=blind_index("email", "maren@post.example"),
    )
    return customer


def by_assistant(**given: str) -> Conversation:
    """A contact as the door makes it of a post with a token that speaks for TW-100042."""
    contact = ContactIn.model_validate({"channel": "app", "from": given, "text": "Where is my salary?"})
    spoken = spoken_for(contact, token=TOKEN, signed_by="")
    payload = {**spoken.payload, "origin": {"operator": spoken.operator}}
    incoming = Incoming(channel="app", source="t", sender=spoken.sender, text=contact.text, payload=payload)
    (accepted,) = accept_now([incoming])
    once()
    return Conversation.objects.get(pk=Receipt.objects.get(pk=accepted.receipt).conversation_id)


def test_the_contact_is_the_customers_proven_and_a_machines(agent: Agent, sink: Sink, maren: Customer) -> None:
    conversation = by_assistant(email="mallory@evil.example", name="Somebody")
    assert conversation.customer_id == maren.pk
    row = Assessment.objects.get()
    assert (row.level, row.is_machine, row.customer_id) == (2, True, maren.pk)
    assert Identity.objects.count() == 1, "nothing the assistant said hangs on anybody's record"


def test_the_answer_goes_to_the_address_on_file(agent: Agent, sink: Sink, maren: Customer) -> None:
    delivery = answered(by_assistant(email="mallory@evil.example"), agent)
    assert delivery.state == Delivery.State.SENT
    assert [mail["To"] for mail in sink.got] == ["maren@post.example"]


def test_without_an_address_on_file_nothing_is_sent_anywhere(agent: Agent, sink: Sink) -> None:
    Customer.objects.create(reference="TW-100042")
    with pytest.raises(Delivery.DoesNotExist):
        answered(by_assistant(email="mallory@evil.example"), agent)
    assert sink.got == []
