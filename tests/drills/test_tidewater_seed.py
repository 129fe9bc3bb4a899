"""The seeder on the real database: the same twice, complete, sealed, and quick."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F, Q
from django.test import override_settings

from holdfast.conversations.models import Assignment, Attachment, Closure, Conversation, Message, Place, Tagging
from holdfast.desk.models import CannedReply, Queue
from holdfast.drills.tidewater import seed as seeding
from holdfast.drills.tidewater.content import LOCALES, articles, scripts
from holdfast.drills.tidewater.persons import person
from holdfast.guard.keys import blind_index
from holdfast.guard.models import Grant
from holdfast.guard.opening import MachineUse, opened_for_machine
from holdfast.kit import clock
from holdfast.knowledge.models import Article
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Customer, Identity, Vendor

pytestmark = pytest.mark.django_db

SMALL = 150
AT = datetime(2026, 11, 10, 14, 19, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_a_fixed_time(settings: Any, tmp_path: Any) -> Any:
    settings.BLOB_DIR = tmp_path
    clock.set_source(lambda: AT)
    yield
    clock.set_source(None)


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[seeding.SeedReport]:
    """The small demo, written once for all tests that only look at it."""
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory() as blobs, override_settings(BLOB_DIR=Path(blobs)):
        clock.set_source(lambda: AT)
        with transaction.atomic():
            yield seeding.seed(customers=SMALL)
            transaction.set_rollback(True)


def snapshot() -> list[Any]:
    """Everything that must come out the same, without row numbers and ciphertext."""
    return [
        list(Customer.objects.order_by("reference").values_list("id", "reference", "city", "locale", "since", "tier")),
        list(Identity.objects.order_by("id").values_list("id", "customer_id", "kind", "index", "level", "is_machine")),
        list(Conversation.objects.order_by("id").values_list("id", "customer_id", "subject", "state", "waiting_since")),
        list(Message.objects.order_by("id").values_list("id", "author", "text", "created_at", "agent__name")),
        list(Place.objects.order_by("id").values_list("id", "joined_at", "joined_as", "left_at")),
    ]


def test_the_same_seed_gives_the_same_rows_and_a_second_time_changes_nothing() -> None:
    first = seeding.seed(customers=SMALL)
    rows = snapshot()
    again = seeding.seed(customers=SMALL)
    assert first.fresh
    assert not again.fresh
    assert again.sign_ins == first.sign_ins
    assert snapshot() == rows
    for model in (Attachment, Conversation, Customer):
        Delivery.objects.all().delete()
        model.objects.all().delete()
    assert seeding.seed(customers=SMALL).fresh
    assert snapshot() == rows


def test_the_report_says_what_is_there() -> None:
    steps: list[tuple[str, int, int]] = []
    report = seeding.seed(customers=SMALL, progress=lambda *step: steps.append(step))
    assert report.customers == Customer.objects.count() == SMALL
    assert report.identities == Identity.objects.count() >= 2 * SMALL
    assert report.articles == Article.objects.count() == len(articles())
    assert report.conversations == Conversation.objects.count() >= 280
    assert report.messages == Message.objects.count()
    assert report.agents == 60
    assert Vendor.objects.count() == 3
    assert set(Article.objects.values_list("locale", flat=True)) == set(LOCALES)
    assert steps[-1] == ("conversations", report.conversations, report.conversations)


def test_another_seed_gives_other_people() -> None:
    assert person(7, 500) != person(8, 500)
    assert person(7, 500) == person(7, 500)


def test_every_queue_has_people_and_exactly_one_takes_the_rest() -> None:
    Queue.objects.create(slug="inbox", name="Inbox", fallback=True)
    seeding.seed(customers=SMALL)
    assert Queue.objects.filter(fallback=True).get().slug == "other"
    assert Queue.objects.filter(parking=True).count() == 1
    for queue in Queue.objects.filter(parking=False):
        assert Agent.objects.filter(team__queues=queue).exists(), queue.slug
        assert {"en", "id", "pt"} <= set(queue.keywords), queue.slug
    assert CannedReply.objects.count() >= 15


def test_the_whole_demo_stays_under_a_minute_of_work() -> None:
    started = time.process_time()
    seeding.seed(customers=2_000)
    # Work of this process, not the clock: other tests run beside it. A tenth of the demo, so a tenth of the time,
    # and what does not grow with customers.
    assert time.process_time() - started < 8


def test_the_demo_sign_ins_work_and_nobody_else_has_a_password(seeded: seeding.SeedReport) -> None:
    assert {each.role for each in seeded.sign_ins} == {"agent", "lead", "admin", "security"}
    for each in seeded.sign_ins:
        agent = authenticate(None, username=each.email, password=each.password)
        assert isinstance(agent, Agent)
        assert agent.role == each.role
    others = Agent.objects.exclude(email__in=[each.email for each in seeded.sign_ins])
    assert others.count() == 59
    assert not any(agent.has_usable_password() for agent in others)


def test_customers_are_sealed_and_found_by_each_identity(seeded: seeding.SeedReport) -> None:
    maren = person(7, 0)
    for kind, value in (("email", maren.email), ("phone", maren.phone), ("account", maren.ref)):
        identity = Identity.objects.get(kind=kind, index=blind_index(kind, value))
        assert identity.customer.reference == "TW-100000"
        assert value not in str(identity.value)
    customer = Customer.objects.get(reference="TW-100000")
    assert str(customer.name) == "Maren O."
    assert opened_for_machine(customer.name, use=MachineUse.SCRUB) == "Maren Okafor"
    with_chat = Identity.objects.filter(kind="chat").count()
    assert SMALL * 0.15 < with_chat < SMALL * 0.6


def test_those_who_wait_stand_in_line_in_order_and_nobody_else_does(seeded: seeding.SeedReport) -> None:
    waiting = Conversation.objects.filter(state="open", assignee=None)
    standing = Place.objects.filter(left_at=None)
    assert waiting.count() == standing.count() >= 90
    assert not waiting.filter(waiting_since=None).exists()
    assert not standing.exclude(joined_at=F("conversation__waiting_since")).exists()
    assert not standing.exclude(queue_id=F("conversation__queue_id")).exists()
    for queue in Queue.objects.all():
        in_order = list(standing.filter(queue_id=queue.pk).order_by("joined_at", "id"))
        assert all(place.joined_as >= number for number, place in enumerate(in_order, 1))
    assert Place.objects.filter(left_at__gte=AT - timedelta(hours=6)).count() >= 15


def test_what_an_agent_has_is_assigned_and_granted(seeded: seeding.SeedReport) -> None:
    held = Conversation.objects.exclude(assignee=None)
    assert held.count() >= 50
    for conversation in held:
        assignment = Assignment.objects.get(conversation=conversation, ended_at=None)
        assert (assignment.agent_id, assignment.epoch) == (conversation.assignee_id, conversation.epoch)
        assert Grant.objects.filter(conversation_id=conversation.id, closed_at=None).exists()
    assert Assignment.objects.filter(ended_at=None).count() == held.count()
    imani = Agent.objects.get(name="Imani Clarke")
    assert held.filter(assignee=imani).count() == 3


def test_closed_and_snoozed_ones_have_their_rows(seeded: seeding.SeedReport) -> None:
    closed = Conversation.objects.filter(state="closed")
    assert set(closed.values_list("id", flat=True)) == set(Closure.objects.values_list("conversation_id", flat=True))
    assert not closed.exclude(waiting_since=None, assignee=None).exists()
    for conversation in Conversation.objects.filter(state="snoozed"):
        assert conversation.snoozed_until == conversation.snoozes.get().until
        assert conversation.snoozed_until > AT
    assert Tagging.objects.count() > 100


def test_messages_fit_their_conversations(seeded: seeding.SeedReport) -> None:
    assert not Message.objects.filter(created_at__gt=AT).exists()
    assert not Message.objects.filter(author="agent", agent=None).exists()
    assert not Message.objects.filter(Q(text__contains="{") | Q(text__contains="}")).exists()
    names = set(Agent.objects.values_list("name", flat=True))
    for conversation in Conversation.objects.prefetch_related("messages__agent"):
        messages = sorted(conversation.messages.all(), key=lambda message: message.created_at)
        times = [message.created_at for message in messages]
        assert len(set(times)) == len(times), conversation.subject
        assert conversation.created_at == times[0]
        assert conversation.version == len(times) == messages[-1].version
        for message in messages:
            last_line = message.text.rpartition("\n")[2]
            if message.author == "agent" and last_line in names:
                assert message.agent is not None
                assert message.agent.name == last_line
    used = set(Conversation.objects.values_list("intent", flat=True))
    assert used <= {article.slug for article in articles()}
    assert {script.locale for script in scripts()} == set(LOCALES)


def test_mail_answers_show_as_sent_and_are_threaded(seeded: seeding.SeedReport) -> None:
    answers = Message.objects.filter(author="agent", internal=False, conversation__channel="email")
    assert answers.count() == Delivery.objects.filter(state="sent").count() > 30
    for delivery in Delivery.objects.all():
        assert delivery.message.conversation.thread_keys.filter(key=f"mail:{delivery.header_id}").exists()
    assert Attachment.objects.exclude(digest="").count() == Attachment.objects.count() > 20
