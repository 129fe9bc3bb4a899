"""Whatever customers, agents, workers and a slow model do, in any order: after a person the assistant is silent, nobody
is lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.assistant.conftest import Systems

from holdfast.assistant import composing, speaking, working
from holdfast.assistant.acting_steps import Done, Pending, Step
from holdfast.assistant.contract import (
    Action,
    Answer,
    Citation,
    Clarify,
    ForAssistant,
    HandOver,
    Option,
    Outcome,
    Reason,
)
from holdfast.assistant.handing_back import hand_back
from holdfast.assistant.llm.contract import (
    AnswerFrom,
    CitedSentence,
    Command,
    DoAction,
    Draft,
    Drafted,
    GiveToPerson,
    LlmTurn,
    Proposed,
)
from holdfast.assistant.llm.costs import Spent
from holdfast.assistant.models import Holding, Turn
from holdfast.assistant.respond import _without_search
from holdfast.assistant.turn_rows import Claimed, claim
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused
from holdfast.conversations.messages import post_note, post_reply
from holdfast.conversations.models import Conversation, Message, Place
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.intake.models import Receipt
from holdfast.kit.clock import now, set_source
from holdfast.knowledge import retrieval
from holdfast.knowledge.passages import PassageFound
from holdfast.people.models import Agent, Team, Vendor
from holdfast.triage import answering, loop
from holdfast.triage.reconcile import reconcile

CUSTOMERS = 3
WHO = st.integers(0, CUSTOMERS - 1)
WORDS = st.sampled_from(["do it", "do it", "easy", "which", "2", "hm?", "I want to talk to a human", "0", "🙂"])
STEPS = {
    "done": Step(say="Done.", done=Done("freeze_card", "14:03")),
    "asks": Step(say="Sure?", pending=Pending("freeze_card", "confirm")),
    "gives up": Step(say="That did not work.", give_up="The bank refused."),
    "says nothing": Step(),
}
COMMANDS: dict[str, Command | None] = {
    "answers": AnswerFrom(("P1",)),
    "acts": DoAction("freeze_card"),
    "gives it to a person": GiveToPerson(),
    "talks nonsense": None,
}
PASSAGE = PassageFound(
    "1.1.1", 1, 1, "cards", "en", "Cards", "", "cards", 0, 23, "Cards take ten days by post.", 1.0, 1.0
)
TWO = (Option("Lost card", "article:1"), Option("Stolen card", "article:2"))


class Killed(BaseException):
    """The worker dies here."""


def _gate(asked: ForAssistant) -> Outcome:
    """What stands for search and gate; the steps before it are the real ones."""
    if (before := _without_search(asked)) is not None:
        return before
    if "do it" in asked.text:
        return Action("freeze_card", locale="en")
    if "which" in asked.text and not asked.held.asked:
        return Clarify("Which one?", TWO, "en")
    if "easy" in asked.text or asked.held.options:
        return Answer("Ten days.", (Citation(1, 1, "s", "en", "Cards", "/help/", 0, 9),), "en", 0.9)
    return HandOver(Reason.NOT_SURE, "Not sure.", "en")


def _respond_many(asked: list[ForAssistant]) -> list[Outcome]:
    return [_gate(each) for each in asked]


class AssistantMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scene = transaction.atomic()
        self.scene.__enter__()
        routing.forget()
        Queue.objects.create(slug="other", name="Other", fallback=True, position=1)
        Queue.objects.create(slug="parking", name="Parking", parking=True, position=2)
        team = Team.objects.create(name="T", vendor=Vendor.objects.create(name=uuid4().hex))
        self.agent = Agent.objects.create(email=f"{uuid4()}@x.example", name="Ana", role="lead", team=team).pk
        self.run = uuid4().hex
        self.moved = timedelta(0)
        set_source(lambda: datetime.now(UTC) + self.moved)
        self.accepted: set[UUID] = set()
        self.stalled: list[Claimed] = []
        self.systems = Systems()
        self.command, self.meanwhile = "answers", lambda: None
        """What the model chooses, and what happens while it thinks about it; a draft takes as long once more."""
        self.silent: dict[UUID, int] = {}
        """Conversations in which a person has the word: how many messages of the assistant there were then."""
        self.patches = [
            mock.patch.object(answering, "respond_many", _respond_many),
            mock.patch.object(working, "respond", _gate),
            mock.patch.object(composing, "endpoint", object),
            mock.patch.object(composing, "propose", self._chosen),
            mock.patch.object(composing, "draft", self._drafted),
            mock.patch.object(retrieval, "find", return_value=[PASSAGE]),
            mock.patch.object(retrieval, "together", return_value=[PASSAGE]),
        ]
        for patch in self.patches:
            patch.start()

    def teardown(self) -> None:
        try:
            self.moved += timedelta(minutes=10)
            speaking.sweep()
            assert not Turn.objects.filter(ended_at=None).exists()
            self.nobody_is_forgotten()
        finally:
            for patch in self.patches:
                patch.stop()
            set_source(None)
            transaction.set_rollback(True)
            self.scene.__exit__(None, None, None)
            routing.forget()

    def _chosen(self, turn: LlmTurn) -> Proposed:
        self._thinks()
        if self.command == "fails":
            raise RuntimeError("the model fell over")
        return Proposed(COMMANDS[self.command], Spent(100, 10, 0.001))

    def _drafted(self, *_: object, **__: object) -> Drafted:
        self._thinks()
        return Drafted(Draft((CitedSentence("Cards take ten days.", ("P1",)),)), Spent(100, 10, 0.001))

    def _thinks(self) -> None:
        assert self.about not in self.silent, "a call to a model after a person"
        self.meanwhile()

    def _do(self, turn: Claimed) -> None:
        self.about = turn.conversation_id
        working.do(turn, acts=self.systems)

    def _case(self, who: int) -> Conversation | None:
        return Conversation.objects.filter(thread_keys__key=f"chat:{self.run}-{who}").first()

    @rule(who=WHO, text=WORDS, button=st.integers(0, 9))
    def customer_writes(self, who: int, text: str, button: int) -> None:
        key = f"chat:{self.run}-{who}"
        payload = {"kind": "message" if button else "person_request", "thread": [key], "thread_own": [key]}
        incoming = Incoming(
            channel="chat", source="t", sender={"chat": key}, text=text if button else "", payload=payload
        )
        self.accepted.add(accept_now([incoming])[0].receipt)
        before = self._case(who)
        was_closed = before is not None and before.state == "closed"
        while loop.once():
            pass
        case = self._case(who)
        assert case is not None
        if was_closed:
            self.silent.pop(case.pk, None)
        if not button or text in {"I want to talk to a human", "0"}:
            assert self._with_people(case), "one step, always"
            self.silent.setdefault(case.pk, self._spoke(case.pk))

    def _with_people(self, case: Conversation) -> bool:
        return case.assignee_id is not None or Place.objects.filter(conversation=case, left_at=None).exists()

    @rule(
        step=st.sampled_from([*STEPS, "fails"]),
        command=st.sampled_from(["answers", "answers", *COMMANDS, "fails"]),
        meanwhile=st.sampled_from(["", "", "writes", "asks", "reply", "take", "note", "time"]),
        who=WHO,
    )
    def a_turn_is_done(self, step: str, command: str, meanwhile: str, who: int) -> None:
        happens = {
            "writes": lambda: self.customer_writes(who, "hm?", 1),
            "asks": lambda: self.customer_writes(who, "0", 1),
            "reply": lambda: self.agent_replies(who),
            "take": lambda: self.agent_takes(who),
            "note": lambda: self.agent_notes(who),
            "time": lambda: self.time_passes(9),
        }.get(meanwhile, lambda: None)

        def answer() -> Step:
            happens()
            if step == "fails":
                raise RuntimeError("connector fell over")
            return STEPS[step]

        self.systems.answers, self.command, self.meanwhile = [answer], command, happens
        for turn in claim(1):
            self._do(turn)
        self.systems.answers, self.meanwhile = [], lambda: None

    @rule(at=st.sampled_from(["say", "step", "give"]))
    def a_worker_dies_mid_turn(self, at: str) -> None:
        for turn in claim(1):
            with mock.patch.object(speaking, at, side_effect=Killed), suppress(Killed):
                self._do(turn)

    @rule()
    def a_worker_stalls(self) -> None:
        self.stalled += claim(1)

    @precondition(lambda self: self.stalled)
    @rule()
    def a_stalled_worker_wakes_up(self) -> None:
        self._do(self.stalled.pop())

    @rule(seconds=st.sampled_from([1, 5, 9, 20]))
    def time_passes(self, seconds: int) -> None:
        self.moved += timedelta(seconds=seconds)
        speaking.sweep()

    @rule(who=WHO)
    def agent_replies(self, who: int) -> None:
        if (case := self._case(who)) is not None and case.state == "open":
            post_reply(conversation_id=case.pk, by=self.agent, text="Hello", client_key=uuid4().hex)
            self.silent.setdefault(case.pk, self._spoke(case.pk))

    @rule(who=WHO)
    def agent_takes(self, who: int) -> None:
        if (case := self._case(who)) is not None and case.state == "open":
            assign(conversation_id=case.pk, to=self.agent, by=self.agent)
            self.silent.setdefault(case.pk, self._spoke(case.pk))

    @rule(who=WHO)
    def agent_puts_back(self, who: int) -> None:
        if (case := self._case(who)) is not None and case.state == "open":
            assign(conversation_id=case.pk, to=None, by=self.agent)

    @rule(who=WHO)
    def agent_notes(self, who: int) -> None:
        if (case := self._case(who)) is not None:
            post_note(conversation_id=case.pk, by=self.agent, text="n", client_key=uuid4().hex)

    @rule(who=WHO)
    def agent_hands_back(self, who: int) -> None:
        if (case := self._case(who)) is not None:
            try:
                hand_back(conversation_id=case.pk, by=self.agent)
            except Refused:
                return
            self.silent.pop(case.pk, None)

    @rule(who=WHO)
    def agent_closes(self, who: int) -> None:
        if (case := self._case(who)) is not None and case.state == "open":
            close(conversation_id=case.pk, by=self.agent)

    def _spoke(self, case: UUID) -> int:
        return Message.objects.filter(conversation_id=case, author="assistant").count()

    @invariant()
    def nothing_is_said_after_a_person(self) -> None:
        for case, spoke in self.silent.items():
            assert self._spoke(case) == spoke

    @invariant()
    def one_acknowledgement_per_hand_over(self) -> None:
        """Between two of them a person spoke, it was handed back, or the customer opened a closed matter."""
        for who in range(CUSTOMERS):
            case = self._case(who)
            rows = (
                Message.objects.filter(conversation=case)
                .order_by("version")
                .values_list("author", "internal", "details")
            )
            told = False
            for author, internal, details in rows if case else []:
                kind = details.get("kind")
                if (author == "agent" and not internal) or kind == "handed_back":
                    told = False
                if author == "assistant":
                    told = False  # it had the word again
                if kind == "in_line":
                    assert not told or self._was_closed(case)
                    told = True

    def _was_closed(self, case: Conversation | None) -> bool:
        return case is not None and case.closures.exists()

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Each open matter is answered, held by the assistant with a deadline, in line, or with a person."""
        for who in range(CUSTOMERS):
            case = self._case(who)
            if case is None or case.state != "open" or case.waiting_since is None:
                continue
            held = Turn.objects.filter(conversation=case, ended_at=None, deadline__gt=now() - timedelta(seconds=1))
            assert held.exists() or self._with_people(case), "a customer waits and nobody knows"

    @invariant()
    def nothing_is_lost(self) -> None:
        assert sum(count.lost for count in reconcile()) == 0
        assert Receipt.objects.filter(pk__in=self.accepted).count() == len(self.accepted)
        waiting = Receipt.objects.filter(state="waiting").values_list("conversation_id", flat=True)
        assert not Conversation.objects.filter(pk__in=list(waiting), state="open", waiting_since=None).exists()

    @invariant()
    def only_the_assistant_waits_for_an_answer(self) -> None:
        assert not Holding.objects.exclude(word="assistant").exclude(pending=None).exists()


@pytest.mark.django_db
def test_after_a_person_the_assistant_is_silent_and_nobody_is_forgotten() -> None:
    run_state_machine_as_test(
        AssistantMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # shrinking would take minutes; the steps are printed as they are
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
