"""Whatever comes in and whenever a worker dies: each accepted contact ends in one state, and no message is doubled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from holdfast.assistant.contract import Answer, Citation, ForAssistant, HandOver, Outcome, Reason
from holdfast.conversations.models import Conversation, Message, Place
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.intake.models import Receipt
from holdfast.intake.receipts import claim
from holdfast.triage import answering, batch, leases
from holdfast.triage.reconcile import reconcile

ENDED = {"waiting", "answered", "parked"}
KINDS = st.sampled_from(["message"] * 6 + ["person_request", "bounce", "auto_reply", "unreadable", "telepathy"])
WORDS = st.sampled_from(["Where is my card?", "easy", "a person please", "", "\u202ex\u2028", "é" * 300])


class Killed(BaseException):
    """The worker dies here; its transaction is rolled back."""


def _respond(questions: list[ForAssistant]) -> list[Outcome]:
    """The assistant at its contract: it answers what is easy, and breaks on some batches."""
    if any("é" in question.text for question in questions):
        raise RuntimeError("The assistant broke.")
    answer = Answer("Ten days.", (Citation(1, 1, "s", "en", "Cards", "/help/", 0, 9),), "en", 0.9)
    return [answer if "easy" in question.text else HandOver(Reason.NOT_SURE, "Not sure.") for question in questions]


class TriageMachine(RuleBasedStateMachine):
    contacts = Bundle("contacts")
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.scene = transaction.atomic()
        self.scene.__enter__()
        routing.forget()
        Queue.objects.create(slug="cards", name="Cards", keywords={"en": ["card"]}, position=0)
        Queue.objects.create(slug="other", name="Other", fallback=True, position=1)
        Queue.objects.create(slug="parking", name="Parking", parking=True, position=2)
        self.run = uuid4().hex
        self.accepted: dict[UUID, str] = {}
        self.ended: dict[UUID, str] = {}

    def teardown(self) -> None:
        try:
            for _ in range(10):  # a contact may cost several attempts before it is set aside
                self._process(self._claim(50))
            states = dict(Receipt.objects.filter(pk__in=self.accepted).values_list("pk", "state"))
            assert states.keys() == self.accepted.keys()
            assert set(states.values()) <= ENDED
            for receipt, kind in self.accepted.items():
                if kind in {"telepathy", "bounce", "auto_reply"}:
                    assert states[receipt] == "parked"
                elif kind == "person_request":
                    assert states[receipt] in {"waiting", "parked"}
            self._nobody_is_forgotten()
        finally:
            transaction.set_rollback(True)
            self.scene.__exit__(None, None, None)
            routing.forget()

    @rule(target=contacts, kind=KINDS, text=WORDS, customer=st.integers(0, 3), chat=st.booleans(), repeat=st.booleans())
    def accept(self, kind: str, text: str, customer: int, chat: bool, repeat: bool) -> UUID:
        thread = f"chat:{self.run}-{customer}" if chat else f"mail:{self.run}.{customer}@x.example"
        sender = {"chat": f"{self.run}-{customer}"} if chat else {"email": f"{customer}.{self.run}@x.example"}
        payload: dict[str, Any] = {"kind": kind, "thread_own": [thread] if chat or not repeat else []}
        if chat or repeat:
            payload["thread"] = [thread]
        channel = "chat" if chat else "email"
        incoming = Incoming(channel=channel, source="test", sender=sender, text=text, payload=payload)
        receipt = accept_now([incoming])[0].receipt
        self.accepted[receipt] = kind
        return receipt

    def _claim(self, number: int, *, lease: timedelta = timedelta(0)) -> list[Any]:
        # A lease of no time is one that has run out: the next claim gets the same contacts.
        return claim(number, lease)

    def _process(self, contacts: list[Any]) -> None:
        with mock.patch.object(answering, "respond_many", _respond):
            batch.process(contacts)

    @rule(number=st.integers(1, 8))
    def triage(self, number: int) -> None:
        self._process(self._claim(number))

    @rule(target=held, number=st.integers(1, 8))
    def claim_and_stall(self, number: int) -> list[Any]:
        """A worker that sleeps through its lease: it may go on much later, when another has done the work."""
        return self._claim(number)

    @rule(contacts=held, backwards=st.booleans())
    def wake_up_late(self, contacts: list[Any], backwards: bool) -> None:
        self._process(contacts[::-1] if backwards else contacts)

    @rule(number=st.integers(1, 8), step=st.sampled_from(["settle_many", "_tell", "join_many", "ask_assistant"]))
    def die_before_commit(self, number: int, step: str) -> None:
        contacts = self._claim(number)
        with mock.patch.object(batch, step, side_effect=Killed), transaction.atomic():
            try:
                with transaction.atomic():
                    self._process(contacts)
            except Killed:
                pass

    @rule(number=st.integers(1, 8))
    def claim_and_die_at_once(self, number: int) -> None:
        self._claim(number)

    @rule()
    def a_lease_in_force_is_respected(self) -> None:
        first = {contact.pk for contact in self._claim(50, lease=timedelta(minutes=1))}
        assert first.isdisjoint(contact.pk for contact in self._claim(50))
        Receipt.objects.filter(pk__in=first).update(leased_until=None)

    @invariant()
    def nothing_is_lost(self) -> None:
        counts = reconcile()
        assert sum(count.lost for count in counts) == 0
        assert sum(count.received for count in counts) == len(self.accepted)

    @invariant()
    def no_contact_is_said_twice(self) -> None:
        doubled = Message.objects.exclude(contact_id=None).values("contact_id").annotate(n=Count("id")).filter(n__gt=1)
        assert not doubled.exists()

    @invariant()
    def what_has_ended_stays(self) -> None:
        now = dict(Receipt.objects.filter(pk__in=self.accepted).exclude(state="accepted").values_list("pk", "state"))
        assert self.ended.items() <= now.items()
        self.ended = now

    def _nobody_is_forgotten(self) -> None:
        """Each contact has its one message, and whoever waits for a person stands in line once."""
        said = Message.objects.filter(contact_id__in=self.accepted)
        assert Counter(said.values_list("contact_id", flat=True)) == Counter(self.accepted.keys())
        rows = Receipt.objects.filter(state="waiting").values_list("conversation_id", flat=True)
        waiting = {conversation_id for conversation_id in rows if conversation_id}
        in_line = list(Place.objects.filter(left_at=None).values_list("conversation_id", flat=True))
        assert len(in_line) == len(set(in_line))
        assert waiting <= set(in_line)
        assert Conversation.objects.filter(pk__in=waiting, waiting_since=None).count() == 0


@pytest.mark.django_db
def test_each_contact_ends_in_one_state_whatever_happens_to_the_workers() -> None:
    """Leases are the database's, so a lease that ran out is made by one of no length, not by moving our clock."""
    assert leases.ALONE > leases.TOGETHER
    run_state_machine_as_test(
        TriageMachine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # shrinking would take minutes; the steps are printed as they are
            suppress_health_check=list(HealthCheck),
        ),
    )
