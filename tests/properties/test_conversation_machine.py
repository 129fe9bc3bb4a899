"""Whatever order the verbs come in, a conversation's columns agree with its rows and no customer message is lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdfast.conversations.assignments import assign, take_next, transfer
from holdfast.conversations.closures import close, reopen
from holdfast.conversations.errors import Refused, Stale
from holdfast.conversations.merges import merge, unmerge
from holdfast.conversations.messages import post_assistant, post_note, post_reply
from holdfast.conversations.models import (
    Assignment,
    Closure,
    Conversation,
    Merge,
    Message,
    Place,
    Snooze,
)
from holdfast.conversations.places import ToJoin, join_many
from holdfast.conversations.snoozes import snooze, wake, wake_due
from holdfast.conversations.threading import thread
from holdfast.conversations.to_thread import ToThread
from holdfast.desk.models import Queue
from holdfast.guard.models import Grant
from holdfast.kit.clock import now, set_source
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent, Customer, Team, Vendor

AGENTS = st.integers(0, 2)
ANSWERS = ("agent", "assistant")


class _Rows:
    """Everything about some conversations, read with one query per table."""

    def __init__(self, ids: set[uuid.UUID]) -> None:
        about = {"conversation_id__in": ids}
        self.conversations = list(Conversation.objects.filter(pk__in=ids))
        self.assignments = list(Assignment.objects.filter(**about, ended_at=None))
        self.closures = list(Closure.objects.filter(**about, reopened_at=None))
        self.snoozes = list(Snooze.objects.filter(**about, ended_at=None))
        self.places = list(Place.objects.filter(**about, left_at=None))
        self.grants = list(Grant.objects.filter(**about, closed_at=None))
        self.messages = list(Message.objects.filter(**about, internal=False).order_by("created_at"))

    @staticmethod
    def only(rows, held: Conversation):
        """The open row of this conversation; there is never more than one."""
        found = [row for row in rows if row.conversation_id == held.pk]
        assert len(found) <= 1
        return found[0] if found else None


def _oldest_unanswered(public: list[Message]):
    answered = max((n for n, message in enumerate(public) if message.author in ANSWERS), default=-1)
    return next((message.created_at for message in public[answered + 1 :] if message.author == "customer"), None)


class Desk(RuleBasedStateMachine):
    """Customers write, agents act, in any order. Time moves on by a minute with every step."""

    conversations = Bundle("conversations")
    merges = Bundle("merges")

    def __init__(self) -> None:
        super().__init__()
        self.moment = now()
        set_source(self._tick)
        self.customer = Customer.objects.create(name="Maria Example")
        vendor = Vendor.objects.create(name=str(uuid.uuid4()))
        team = Team.objects.create(name="T", vendor=vendor)
        self.queues = [Queue.objects.create(slug=uuid.uuid4().hex[:20], name="Q").pk for _ in range(2)]
        self.agents = [
            Agent.objects.create(email=f"{uuid.uuid4()}@desk.example", name="A", role="lead", team=team).pk
            for _ in range(3)
        ]
        self.said: set[uuid.UUID] = set()
        self.versions: dict[uuid.UUID, int] = {}
        self.epochs: dict[uuid.UUID, int] = {}
        self.mine: set[uuid.UUID] = set()

    def _tick(self):
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def teardown(self) -> None:
        set_source(None)

    def _customer_says(self, key: str, *, times: int = 1) -> uuid.UUID:
        self.moment += timedelta(minutes=1)
        items = [
            ToThread(
                contact_id=uuid7(), customer_id=self.customer.pk, channel="web", at=self.moment, text="?", thread=[key]
            )
            for _ in range(times)
        ]
        self.said |= {item.contact_id for item in items}
        went = thread(items)[-1]
        conversation = Conversation.objects.get(pk=went.conversation_id)
        if conversation.queue_id is None:
            Conversation.objects.filter(pk=conversation.pk).update(queue_id=self.queues[0])
        if went.assignee_id is None:  # as triage does
            queue_id = conversation.queue_id or self.queues[0]
            join_many([ToJoin(conversation.pk, queue_id, went.waiting_since or self.moment)])
        self.mine.add(conversation.pk)
        return conversation.pk

    def _try(self, verb, **given) -> bool:
        self.moment += timedelta(minutes=1)
        try:
            verb(**given)
        except (Refused, Stale):
            return False
        return True

    @initialize(target=conversations)
    def two_at_first(self):
        return multiple(*(self._customer_says(f"api:{uuid7()}") for _ in range(2)))

    @rule(target=conversations, times=st.integers(1, 2))
    def customer_begins(self, times):
        return self._customer_says(f"api:{uuid7()}", times=times)

    @rule(conversation=conversations)
    def customer_writes_again(self, conversation):
        self._customer_says(f"reply:{conversation}")

    @rule(conversation=conversations, by=AGENTS, old=st.booleans())
    def reply(self, conversation, by, old):
        version = 0 if old else None
        self._try(
            post_reply,
            conversation_id=conversation,
            by=self.agents[by],
            text="!",
            client_key=str(uuid7()),
            version=version,
        )

    @rule(conversation=conversations, by=AGENTS)
    def note(self, conversation, by):
        self._try(post_note, conversation_id=conversation, by=self.agents[by], text="n", client_key=str(uuid7()))

    @rule(conversation=conversations)
    def assistant_answers(self, conversation):
        self._try(post_assistant, conversation_id=conversation, text="a", details={})

    @rule(conversation=conversations)
    def give_back(self, conversation):
        self._try(assign, conversation_id=conversation, to=None, by=self.agents[0])

    @rule(conversation=conversations, to=AGENTS)
    def assign_to(self, conversation, to):
        before, agent = Conversation.objects.get(pk=conversation), self.agents[to]
        done = self._try(assign, conversation_id=conversation, to=agent, by=self.agents[0])
        if done and agent != before.assignee_id:
            assert Conversation.objects.get(pk=conversation).epoch > before.epoch

    @rule(agent=AGENTS)
    def take(self, agent):
        self.moment += timedelta(minutes=1)
        oldest = Place.objects.filter(left_at=None, queue_id__in=self.queues).order_by("joined_at", "id").first()
        taken = take_next(agent_id=self.agents[agent], queue_ids=self.queues)
        assert (taken.pk if taken else None) == (oldest.conversation_id if oldest else None)

    @rule(conversation=conversations, queue=st.integers(0, 1))
    def transfer_to_queue(self, conversation, queue):
        self._try(transfer, conversation_id=conversation, by=self.agents[0], summary="s", to_queue=self.queues[queue])

    @rule(conversation=conversations, agent=AGENTS)
    def transfer_to_agent(self, conversation, agent):
        self._try(transfer, conversation_id=conversation, by=self.agents[0], summary="s", to_agent=self.agents[agent])

    @rule(conversation=conversations)
    def close_it(self, conversation):
        self._try(close, conversation_id=conversation, by=self.agents[0])

    @rule(conversation=conversations)
    def reopen_it(self, conversation):
        self._try(reopen, conversation_id=conversation, by=self.agents[0])

    @rule(conversation=conversations, hours=st.integers(1, 3))
    def snooze_it(self, conversation, hours):
        self._try(snooze, conversation_id=conversation, by=self.agents[0], until=self.moment + timedelta(hours=hours))

    @rule(conversation=conversations)
    def wake_it(self, conversation):
        self._try(wake, conversation_id=conversation)

    @rule()
    def hours_pass(self):
        self.moment += timedelta(hours=2)
        wake_due()
        assert not Conversation.objects.filter(
            pk__in=self.mine, state="snoozed", snoozed_until__lte=self.moment
        ).exists()

    @rule(target=merges, source=conversations, into=conversations)
    def merge_two(self, source, into):
        if self._try(merge, source_id=source, target_id=into, by=self.agents[0]):
            return Merge.objects.get(source_id=source, undone_at=None).pk
        return multiple()

    @rule(merged=consumes(merges))
    def take_apart(self, merged):
        self._try(unmerge, merge_id=merged, by=self.agents[0])

    @precondition(lambda self: self.mine)
    @invariant()
    def columns_agree_with_rows(self):
        rows = _Rows(self.mine)
        for held in rows.conversations:
            self._agrees(held, rows)

    def _agrees(self, held: Conversation, rows: _Rows) -> None:
        assignment = rows.only(rows.assignments, held)
        assert held.assignee_id == (assignment.agent_id if assignment else None)
        assert assignment is None or assignment.epoch == held.epoch
        assert (rows.only(rows.closures, held) is not None) == (held.state == "closed")
        asleep = rows.only(rows.snoozes, held)
        assert (asleep.until if asleep else None) == held.snoozed_until
        assert (asleep is not None) == (held.state == "snoozed")
        assert held.merged_into_id is None or held.state == "closed"
        assert {grant.agent_id for grant in rows.grants if grant.conversation_id == held.pk} == {held.assignee_id} - {
            None
        }
        public = [message for message in rows.messages if message.conversation_id == held.pk]
        assert held.waiting_since == (_oldest_unanswered(public) if held.state == "open" else None)
        assert not public or (held.last_message_at, held.last_author) == (public[-1].created_at, public[-1].author)
        self._stands_rightly(held, rows.only(rows.places, held))
        assert held.version >= self.versions.get(held.pk, 0)
        assert held.epoch >= self.epochs.get(held.pk, 0)
        self.versions[held.pk], self.epochs[held.pk] = held.version, held.epoch

    def _stands_rightly(self, held: Conversation, place: Place | None) -> None:
        may_stand = held.state == "open" and held.assignee_id is None
        assert place is None or (may_stand and place.queue_id == held.queue_id)
        if may_stand and held.waiting_since is not None:
            assert place is not None
            assert place.joined_at <= held.waiting_since

    @invariant()
    def every_customer_message_is_in_exactly_one_conversation(self):
        found = Message.objects.filter(contact_id__in=self.said).values_list("contact_id", "conversation_id")
        assert {contact_id for contact_id, _ in found} == self.said
        assert len(found) == len(self.said)
        assert {conversation_id for _, conversation_id in found} <= self.mine


@pytest.mark.django_db
def test_the_verbs_keep_the_conversation_in_step():
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=14,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
