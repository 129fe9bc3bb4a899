from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from holdfast.intake import receipts
from holdfast.intake.accept import Incoming, accept_now
from holdfast.intake.models import Receipt

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(seconds=60)


def contacts(number: int) -> list[UUID]:
    incomings = [
        Incoming(channel="web", source="t", sender={"email": "a@b.example"}, text=str(n)) for n in range(number)
    ]
    return [accepted.receipt for accepted in accept_now(incomings)]


def test_two_claimers_never_get_the_same_contact() -> None:
    ids = contacts(200)

    def claim(_: int) -> list[UUID]:
        try:
            return [contact.pk for contact in receipts.claim(30, LEASE)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = [one for batch in pool.map(claim, range(8)) for one in batch]
    assert sorted(claimed) == sorted(ids)
    assert receipts.claim(30, LEASE) == []


def test_a_lease_that_ran_out_is_claimed_again_and_counted() -> None:
    (one,) = contacts(1)
    assert len(receipts.claim(10, timedelta(seconds=-1))) == 1
    assert [contact.pk for contact in receipts.claim(10, LEASE)] == [one]
    assert Receipt.objects.get(pk=one).attempts == 2


def test_the_oldest_are_claimed_first() -> None:
    old, _ = contacts(2)
    Receipt.objects.filter(pk=old).update(accepted_at="2026-01-01T00:00:00Z")
    assert [contact.pk for contact in receipts.claim(1, LEASE)] == [old]


def test_what_is_settled_is_told_and_not_claimed_again() -> None:
    first, second = contacts(2)
    conversation = uuid4()
    assert receipts.settle([first], state="waiting", conversation_id=conversation, visible=True) == 1
    assert receipts.settle([second], state="refused", reason="r" * 400) == 1
    assert receipts.claim(10, LEASE) == []
    told = receipts.status(first)
    assert told is not None
    assert (told.state, told.conversation_id) == ("waiting", conversation)
    assert told.visible_at is not None
    assert told.settled_at is not None
    refused = receipts.status(second)
    assert refused is not None
    assert (refused.state, len(refused.reason), refused.visible_at) == ("refused", 300, None)
    assert receipts.status(uuid4()) is None


def test_the_first_visible_time_and_the_conversation_stay() -> None:
    (one,) = contacts(1)
    conversation = uuid4()
    receipts.settle([one], state="waiting", conversation_id=conversation, visible=True)
    before = receipts.status(one)
    receipts.settle([one], state="answered", visible=True)
    after = receipts.status(one)
    assert before is not None
    assert after is not None
    assert (after.visible_at, after.conversation_id) == (before.visible_at, conversation)


def test_answering_a_conversation_settles_what_waits_in_it_and_nothing_else() -> None:
    conversation = uuid4()
    ids = contacts(4)
    receipts.settle(ids[:2], state="waiting", conversation_id=conversation)
    receipts.settle(ids[2:3], state="parked", conversation_id=conversation)
    receipts.settle(ids[3:], state="waiting", conversation_id=uuid4())
    assert receipts.settle_conversation(conversation, state="answered") == 2
    assert [one.state for one in map(receipts.status, ids) if one] == ["answered", "answered", "parked", "waiting"]


def test_accepted_is_told_as_waiting_and_an_unknown_state_is_refused() -> None:
    (one,) = contacts(1)
    told = receipts.status(one)
    assert told is not None
    assert told.state == "waiting"
    with pytest.raises(ValueError, match="lost"):
        receipts.settle([one], state="lost")
    assert receipts.settle([], state="waiting") == 0
