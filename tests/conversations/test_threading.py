"""Which conversation a contact belongs to: known by key, by a careful fallback, or new."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings

from holdfast.conversations.closures import close
from holdfast.conversations.merges import merge
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Attachment, Conversation, Message, ThreadKey
from holdfast.conversations.subjects import normalised
from holdfast.conversations.thread_keys import spelled
from holdfast.conversations.threading import remember, thread
from holdfast.conversations.to_thread import ToThread
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify.models import Delivery
from holdfast.people.models import Customer


@pytest.fixture
def stranger(db: None) -> Customer:
    return Customer.objects.create(name="Somebody Else")


def _item(customer: Customer | None, **given: object) -> ToThread:
    fields = {"channel": "email", "at": now(), "text": "Hello", "customer_id": customer.pk if customer else None}
    return ToThread(contact_id=uuid7(), **{**fields, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "same"),
    [
        ("Re: AW: Lost card", "lost card"),
        ("RE[2]: Fwd : [desk] Lost   CARD", "lost card"),
        ("回复：Lost card", "lost card"),
        ("Re:", ""),
        ("Recall: lost card", "recall: lost card"),
        ("", ""),
    ],
)
def test_subjects_are_compared_without_what_mail_programmes_add(subject, same):
    assert normalised(subject) == same


def test_a_key_is_spelled_one_way_and_always_fits():
    assert spelled("mail: <a@b> ") == spelled("mail:a@b") == "mail:a@b"
    assert spelled("mail:a\x00b@c") == "mail:ab@c"
    long = "mail:" + "x" * 5000
    assert len(spelled(long)) <= 300
    assert spelled(long) != spelled(long + "y")


def test_threading_twice_changes_nothing(customer, write):
    item = _item(customer, own=["mail:1@x"], subject="Card")
    first, again = thread([item])[0], thread([item])[0]
    assert (first.repeated, again.repeated) == (False, True)
    assert (first.conversation_id, first.message_id) == (again.conversation_id, again.message_id)
    assert Message.objects.count() == 1


def test_two_messages_of_one_new_matter_in_one_batch_meet(customer):
    items = [
        _item(customer, own=["mail:1@x"], text="first"),
        _item(customer, own=["mail:2@x"], thread=["mail:1@x"], text="second"),
        _item(None, channel="chat", thread=["chat:s"], own=["chat:s"]),
        _item(None, channel="chat", thread=["chat:s"], own=["chat:s"]),
    ]
    went = thread(items)
    assert went[0].conversation_id == went[1].conversation_id
    assert went[2].conversation_id == went[3].conversation_id != went[0].conversation_id
    assert [each.is_new for each in went] == [True] * 4
    conversation = Conversation.objects.get(pk=went[0].conversation_id)
    assert (conversation.version, conversation.preview) == (2, "second")
    assert conversation.waiting_since == conversation.messages.earliest("created_at").created_at


def test_an_answer_that_overtakes_what_it_answers_meets_it(customer):
    later = thread([_item(customer, own=["mail:2@x"], thread=["mail:1@x"], subject="B")])[0]
    earlier = thread([_item(customer, own=["mail:1@x"], subject="A")])[0]
    assert earlier.conversation_id == later.conversation_id
    assert ThreadKey.objects.get(pk="mail:1@x").seen


def test_naming_somebody_elses_message_does_not_lead_into_their_thread(customer, stranger):
    mine = thread([_item(customer, own=["mail:1@x"], subject="Card")])[0]
    theirs = thread([_item(stranger, own=["mail:9@x"], thread=["mail:1@x"], subject="Re: Card")])[0]
    assert theirs.conversation_id != mine.conversation_id
    note = Message.objects.get(conversation_id=theirs.conversation_id, internal=True)
    assert note.details["conversation"] == str(mine.conversation_id)
    assert not Message.objects.filter(conversation_id=mine.conversation_id, author="system").exists()


def test_two_who_answer_the_same_newsletter_stay_apart(customer, stranger):
    went = thread([_item(each, thread=["mail:news@x"], subject="Re: News") for each in (customer, stranger)])
    assert went[0].conversation_id != went[1].conversation_id
    assert not Message.objects.filter(author="system").exists()


def test_a_reply_token_is_believed_from_any_address_and_says_so(customer, stranger):
    mine = thread([_item(customer)])[0]
    token = f"reply:{mine.conversation_id}"
    other = thread([_item(stranger, thread=[token], subject="x")])[0]
    assert other.conversation_id == mine.conversation_id
    assert Message.objects.get(pk=other.message_id).details["other_sender"] == str(stranger.pk)


def test_a_token_for_nothing_starts_a_new_matter(customer):
    went = thread([_item(customer, thread=[f"reply:{uuid7()}", "reply:nonsense"], subject="x")])[0]
    assert went.is_new


def test_an_answer_to_a_mail_we_sent_is_known_by_its_id(customer, stranger, house):
    mine = thread([_item(customer, subject="Card")])[0]
    reply = post_reply(conversation_id=mine.conversation_id, by=house.ana.pk, text="Hi", client_key="a")
    delivery = Delivery.objects.create(message=reply, channel="email", not_before=now(), created_at=now())
    item = _item(stranger, thread=[f"mail:{delivery.pk}@{settings.MAIL_DOMAIN}"], subject="From my other address")
    assert thread([item])[0].conversation_id == mine.conversation_id


def test_the_same_mail_through_two_doors_lands_in_one_conversation(customer):
    first, second = (thread([_item(customer, own=["mail:1@x"], subject=subject)])[0] for subject in ("A", "B"))
    assert first.conversation_id == second.conversation_id


def test_the_fallback_is_the_same_customer_with_the_same_subject(customer, stranger, house):
    mine = thread([_item(customer, subject="Lost card")])[0]
    assert thread([_item(customer, subject="Re: LOST card")])[0].conversation_id == mine.conversation_id
    assert thread([_item(stranger, subject="Re: Lost card")])[0].is_new
    assert thread([_item(customer, subject="Re: Found card")])[0].is_new
    assert thread([_item(customer, subject="Lost card", channel="web")])[0].is_new
    empty = thread([_item(customer, subject=""), _item(customer, subject="Re:")])
    assert empty[0].conversation_id != empty[1].conversation_id


@pytest.mark.parametrize(("days", "is_new"), [(13, False), (15, True)])
def test_a_matter_closed_long_ago_is_not_opened_by_its_subject(customer, house, days, is_new):
    mine = thread([_item(customer, subject="Lost card")])[0]
    close(conversation_id=mine.conversation_id, by=house.ana.pk)
    with time_machine.travel(now() + timedelta(days=days)):
        assert thread([_item(customer, subject="Re: Lost card")])[0].is_new is is_new


def test_a_bounce_is_recorded_inside_and_nobody_waits_for_it(customer, stranger, house, fresh):
    mine = thread([_item(customer, own=["mail:1@x"], subject="Card")])[0]
    post_reply(conversation_id=mine.conversation_id, by=house.ana.pk, text="Hi", client_key="a")
    before = fresh(mine.conversation_id)
    went = thread([_item(stranger, kind="bounce", thread=["mail:1@x"], subject="Undelivered")])[0]
    after = fresh(mine.conversation_id)
    assert went.conversation_id == mine.conversation_id
    assert (after.waiting_since, after.last_message_at) == (None, before.last_message_at)
    message = Message.objects.get(pk=went.message_id)
    assert (message.author, message.internal, message.details["kind"]) == ("system", True, "bounce")


def test_a_machines_mail_about_nothing_gets_a_machine_conversation_and_its_like_join_it(stranger, customer):
    went = [thread([_item(stranger, kind="auto_reply", subject="Out of office")])[0] for _ in range(2)]
    assert went[0].conversation_id == went[1].conversation_id
    assert went[0].kind == "machine"
    assert thread([_item(stranger, subject="Out of office")])[0].kind == "matter"


def test_a_merged_conversation_leads_on_to_where_it_went(customer, house):
    source = thread([_item(customer, own=["mail:1@x"], subject="A")])[0]
    target = thread([_item(customer, own=["mail:2@x"], subject="B")])[0]
    merge(source_id=source.conversation_id, target_id=target.conversation_id, by=house.ana.pk)
    for key in ("mail:1@x", f"reply:{source.conversation_id}"):
        assert thread([_item(customer, thread=[key], subject="C")])[0].conversation_id == target.conversation_id


def test_attachments_and_folded_parts_come_along(customer):
    went = thread(
        [
            _item(
                customer,
                quoted="> before",
                html="<p>Hello</p>",
                attachments=[{"name": "a.png", "type": "image/png", "size": 3, "digest": "0" * 64, "refused": ""}],
            )
        ]
    )[0]
    message = Message.objects.get(pk=went.message_id)
    assert (message.quoted, message.html) == ("> before", "<p>Hello</p>")
    assert Attachment.objects.get(message=message).name == "a.png"


def test_keys_added_later_are_found_and_never_stolen(customer, write):
    first, second = write(), write()
    remember(conversation_id=first.conversation_id, keys=["mail:<out@desk>"])
    remember(conversation_id=second.conversation_id, keys=["mail:out@desk"])
    assert ThreadKey.objects.get(pk="mail:out@desk").conversation_id == first.conversation_id


def test_what_comes_out_is_in_the_order_of_what_goes_in(customer):
    late = _item(customer, at=now() + timedelta(seconds=5), subject="late")
    early = replace(late, contact_id=uuid7(), at=now(), subject="early")
    assert [each.contact_id for each in thread([late, early])] == [late.contact_id, early.contact_id]
