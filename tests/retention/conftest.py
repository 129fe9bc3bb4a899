"""A house with old things in it, and a plan that is on since the day before yesterday."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db import connection

from holdfast.conversations.models import Attachment, Closure, Conversation, Message
from holdfast.guard.models import DataKey
from holdfast.intake.models import Contact, Receipt
from holdfast.kit import clock
from holdfast.kit.blobs import BlobStore
from holdfast.kit.ids import uuid7
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent, Customer, Identity, Role
from holdfast.retention import looking, plan
from holdfast.retention.models import Plan

DAY = timedelta(days=1)


@pytest.fixture
def admin(db: None) -> Agent:
    return Agent.objects.create(email="ada@desk.example", name="Ada", role=Role.ADMIN)


@pytest.fixture
def blobs(tmp_path: Any, settings: LazySettings) -> BlobStore:
    settings.BLOB_DIR = tmp_path / "blobs"
    return BlobStore(settings.BLOB_DIR)


@pytest.fixture
def turned_on(admin: Agent) -> Callable[..., Plan]:
    """Turn the plan on as it was two days ago: `turned_on(cases=90)`, the other terms as they are by default."""

    def _turned_on(**days: int) -> Plan:
        with at(datetime.now(UTC) - 2 * DAY):
            look = looking.look(days={**plan.DEFAULT, **days}, by=admin.pk)
            plan.keep(look_id=look, by=admin.pk)
        return Plan.objects.latest("id")

    return _turned_on


class at:  # noqa: N801 - reads as a word
    """Within: the house's clock stands at this moment."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __enter__(self) -> None:
        clock.set_source(lambda: self.moment)

    def __exit__(self, *_: object) -> None:
        clock.set_source(None)


@pytest.fixture(autouse=True)
def _the_clock_goes_on() -> Iterator[None]:
    yield
    clock.set_source(None)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - days * DAY


def known(days: float, **given: Any) -> Customer:
    """A customer with a mail address who is known for so many days, by the key's own clock too."""
    customer = Customer.objects.create(created_at=ago(days), **{"name": "Maria Example", **given})
    Identity.objects.create(customer=customer, kind="email", value="m@mail.example", index=uuid7().bytes)
    age_key(customer.pk, days)
    return customer


def age_key(customer_id: UUID, days: float) -> None:
    """Make a key look as old as it would be; the database lets nobody do so, which is why it is asked to look away."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE guard_datakey SET made_at = %s WHERE id = %s", [ago(days), customer_id])
        cursor.execute("SET session_replication_role = origin")


def closed(customer: Customer | None, *, days: float, blobs: BlobStore | None = None, **given: Any) -> Conversation:
    """A conversation whose last word, an answer, was so many days ago; closed then, with all that one leaves behind."""
    moment = ago(days)
    conversation = Conversation.objects.create(
        customer=customer,
        channel="email",
        created_at=moment,
        **{"state": "closed", "last_message_at": moment, "subject": "My card", **given},
    )
    if conversation.state == "closed":
        Closure.objects.create(conversation=conversation, at=moment)
    raw = blobs.put(f"raw {conversation.pk}".encode()) if blobs else ""
    file = blobs.put(f"file {conversation.pk}".encode()) if blobs else ""
    contact = Contact.objects.create(
        id=uuid7(),
        source="smtp",
        channel="email",
        sender='{"email": "m@mail.example"}',
        text="Where is my card?",
        at=moment,
        accepted_at=moment,
        raw=raw,
        payload={"attachments": [{"name": "a.pdf", "digest": file}]} if file else {},
    )
    Receipt.objects.create(
        contact=contact, channel="email", state="answered", conversation_id=conversation.pk, accepted_at=moment
    )
    asked = Message.objects.create(
        conversation=conversation, author="customer", text="Where?", contact_id=contact.pk, created_at=moment
    )
    if file:
        Attachment.objects.create(message=asked, name="a.pdf", type="application/pdf", size=1, digest=file)
    answer = Message.objects.create(
        conversation=conversation, author="agent", text="Here.", created_at=moment + timedelta(seconds=1)
    )
    Delivery.objects.create(
        message=answer, channel="email", recipient="m@mail.example", state="sent", not_before=moment, created_at=moment
    )
    return conversation


def has_key(customer: Customer) -> bool:
    return DataKey.objects.get(pk=customer.pk).destroyed_at is None
