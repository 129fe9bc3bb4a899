"""Who proves in a flood which customer they are is judged as that customer: by what their account shows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.shield.conftest import Day
from tests.shield.test_house import FLOOD, publish, texts_in_line

from holdfast.conversations.models import Conversation
from holdfast.guard.keys import blind_index
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.people import proving
from holdfast.people.models import Customer, Identity
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.shield import assess
from holdfast.shield.models import Assessment

pytestmark = pytest.mark.django_db


@pytest.fixture
def flood(day: Day, monkeypatch: pytest.MonkeyPatch) -> Day:
    """A flood, and records that show a failed payment of the customer with account TW-100042."""
    known = {"TW-100042": True}
    monkeypatch.setattr(assess, "needs", lambda asked: {each: known[each] for each in asked if each in known})
    publish(day, FLOOD)
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.", playbook="flood")
    day.pass_time(seconds=1)
    return day


@pytest.fixture
def customer(flood: Day) -> Customer:
    made = Customer.objects.create(reference="TW-100042")
    Identity.objects.create(
        customer=made,
        kind="email",
        value="seven@post.example",
        index=blind_index("email", "seven@post.example"),
        level=1,
        created_at=flood.moment - timedelta(days=30),
    )
    return made


class Visitor:
    """Somebody in a chat, of whom nothing is known."""

    def __init__(self, day: Day) -> None:
        self._day, self._session = day, uuid4().hex

    def say(self, text: str) -> UUID:
        self._day.pass_time(seconds=1)
        key = f"chat:{self._session}"
        payload = {"kind": "message", "thread": [key], "thread_own": [key]}
        said = Incoming(channel="chat", source="test", sender={"chat": self._session}, text=text, payload=payload)
        receipt = accept_now([said])[0].receipt
        self._day.assess()
        return receipt

    @property
    def case(self) -> Conversation:
        return Conversation.objects.get(thread_keys__key=f"chat:{self._session}")


def code_for(visitor: Visitor, day: Day) -> str:
    """Have a code made as an agent does who asks for proof."""
    case = visitor.case
    issued = proving.issue(
        conversation_id=case.pk,
        speaker_id=case.customer_id,
        began=day.moment,
        claimed="TW-100042",
        asked_by=day.lead.pk,
    )
    assert issued is not None
    return issued.code


def test_who_proves_an_account_is_judged_by_what_it_shows(flood: Day, customer: Customer) -> None:
    Visitor(flood).say("Stop it now")
    visitor = Visitor(flood)
    said = visitor.say("My transfer is gone")
    before = Assessment.objects.get(pk=said)
    assert before.band > 0
    assert texts_in_line()[0] == "Stop it now"
    visitor.say(code_for(visitor, flood))
    after = Assessment.objects.get(pk=said)
    assert (after.band, after.level, after.customer_id) == (0, 2, customer.pk)
    assert after.reasons[0] == "Explains it: Your records show a reason for contact at this account."
    assert texts_in_line()[-1] == "Stop it now", "it moved forward"


def test_what_they_say_later_is_said_by_the_customer_too_while_the_proof_holds(flood: Day, customer: Customer) -> None:
    visitor = Visitor(flood)
    visitor.say("My transfer is gone")
    visitor.say(code_for(visitor, flood))
    assert Assessment.objects.get(pk=visitor.say("Hello? Is anybody there?")).band == 0
    flood.pass_time(minutes=40)
    publish(flood, FLOOD)
    assert Assessment.objects.get(pk=visitor.say("And now?")).traits["need"] is None


def test_a_wrong_code_changes_nothing(flood: Day, customer: Customer) -> None:
    visitor = Visitor(flood)
    said = visitor.say("My transfer is gone")
    before = Assessment.objects.get(pk=said)
    visitor.say(f"{(int(code_for(visitor, flood)) + 1) % 10**6:06d}")
    after = Assessment.objects.get(pk=said)
    assert (after.band, after.score, after.level) == (before.band, before.score, before.level)


def test_a_proof_is_of_who_speaks_and_of_nobody_else_in_the_conversation(flood: Day, customer: Customer) -> None:
    visitor, other = Visitor(flood), uuid4()
    said = visitor.say("My transfer is gone")
    Assessment.objects.filter(pk=said).update(customer_id=other)
    visitor.say(code_for(visitor, flood))
    assert Assessment.objects.get(pk=said).customer_id == other
