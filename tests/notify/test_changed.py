"""A changed address is told at the old one: once, by mail, in the customer's language; an answer reaches a person."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.notify.conftest import Sink
from tests.notify.test_codes import conversation, customer, words_of

from holdfast.channels.email_in import incoming_from_mail
from holdfast.conversations.models import Conversation
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.guard.keys import blind_index
from holdfast.intake.accept import accept_now
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.notify import deliveries
from holdfast.notify.changed import LOOK_BACK, tell_old_addresses
from holdfast.notify.models import Delivery
from holdfast.operations.models import Act
from holdfast.people.models import Customer, Identity
from holdfast.triage.loop import once

pytestmark = pytest.mark.django_db


def changed(
    who: Customer, *, state: str = "done", action: str = "change_address", ago: timedelta = timedelta(0)
) -> Act:
    return Act.objects.create(
        key=f"{action}-{Act.objects.count()}",
        action=action,
        customer_ref=who.reference or "",
        conversation_id=conversation(who),
        by="assistant",
        level=2,
        digest=b"0" * 16,
        state=state,
        asked_at=now(),
        settled_at=now() - ago,
    )


def test_the_old_address_hears_of_it_once(sink: Sink) -> None:
    maren = customer("maren@post.example")
    act = changed(maren)
    assert [tell_old_addresses(), tell_old_addresses()] == [1, 0]
    deliveries.send_due()
    (mail,) = sink.got
    assert mail["To"] == "maren@post.example"
    assert not mail["Subject"].startswith("Re:")
    assert "was changed" in mail["Subject"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"]
    assert "If you did not, answer this mail" in words_of(mail)
    notice = Conversation.objects.exclude(pk=act.conversation_id).get()
    assert (notice.state, notice.customer_id, notice.waiting_since) == ("closed", maren.pk, None)
    assert Delivery.objects.get().state == "sent"


def test_an_address_given_in_the_conversation_is_not_the_old_one(sink: Sink) -> None:
    maren = customer("maren@post.example")
    changed(maren)
    Identity.objects.create(
        customer=maren, kind="email", value="x@post.example", index=blind_index("email", "x@post.example"), level=2
    )
    tell_old_addresses()
    deliveries.send_due()
    assert [mail["To"] for mail in sink.got] == ["maren@post.example"]


def test_it_speaks_the_customers_language(sink: Sink) -> None:
    maren = customer("maren@post.example")
    Customer.objects.filter(pk=maren.pk).update(locale="pt-BR")
    changed(maren)
    tell_old_addresses()
    deliveries.send_due()
    (mail,) = sink.got
    assert "foi alterado" in mail["Subject"]
    assert "Se não foi, responda" in words_of(mail)


@pytest.mark.parametrize(("state", "action"), [("unknown", "change_address"), ("done", "freeze_card")])
def test_what_was_not_done_or_changes_no_address_is_not_told(state: str, action: str) -> None:
    changed(customer("maren@post.example"), state=state, action=action)
    assert tell_old_addresses() == 0


def test_what_is_long_ago_and_who_has_no_address_are_passed_over() -> None:
    changed(customer("maren@post.example"), ago=LOOK_BACK + timedelta(minutes=1))
    changed(Customer.objects.create(reference="TW-100002"))
    assert tell_old_addresses() == 0


def test_an_answer_to_it_waits_for_a_person(sink: Sink, tmp_path: Path) -> None:
    routing.forget()
    queue = Queue.objects.create(slug="other", name="Other", fallback=True)
    maren = customer("maren@post.example")
    act = changed(maren)
    tell_old_addresses()
    deliveries.send_due()
    (mail,) = sink.got
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "maren@post.example", mail["Reply-To"], "Re: that was not me"
    answer["Message-ID"], answer["In-Reply-To"] = "<answer-1@post.example>", mail["Message-ID"]
    answer.set_content("That was not me. I want to talk to a person.")
    accept_now([incoming_from_mail(bytes(answer), blobs=BlobStore(tmp_path))])
    while once():
        pass
    notice = Conversation.objects.exclude(pk=act.conversation_id).get()
    assert (notice.state, notice.queue_id) == ("open", queue.pk)
    assert notice.places.filter(left_at=None).exists()
    routing.forget()
