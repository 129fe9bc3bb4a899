"""Protest is speech: what a crowd says that company data do not explain, counted for leaders and answered in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from holdfast.conversations.closures import close
from holdfast.conversations.errors import ConversationError
from holdfast.conversations.lookups import queues_in_line
from holdfast.conversations.messages import post_reply
from holdfast.kit.clock import now
from holdfast.shield.clusters import Clusters
from holdfast.shield.models import Assessment, BulkAnswer
from holdfast.shield.queries import NOT_EXPLAINED
from holdfast.shield.traits import Traits

Deliver = Callable[[Sequence[UUID]], None]

SAMPLES = 5
_MOST = 20_000  # contacts looked at, the newest; a crowd that is larger says nothing else


@dataclass(slots=True)
class Said:
    """One thing that many say in almost the same words. The words are not in here; `samples` are contacts to read."""

    contacts: set[UUID] = field(default_factory=set)
    conversations: set[UUID] = field(default_factory=set)
    samples: list[UUID] = field(default_factory=list)
    first_at: datetime | None = None
    last_at: datetime | None = None


def digest(*, since: datetime, fewest: int = 3) -> list[Said]:
    """Return what at least `fewest` unexplained contacts since then say alike, the most said first."""
    clusters, said = Clusters(), dict[int, Said]()
    for contact_id, conversation_id, at, signature in _unexplained(since):
        group = said.setdefault(clusters.add(signature, minute=0), Said())
        group.contacts.add(contact_id)
        group.conversations.add(conversation_id)
        group.first_at, group.last_at = min(group.first_at or at, at), max(group.last_at or at, at)
        if len(group.samples) < SAMPLES:
            group.samples.append(contact_id)
    said.pop(0, None)  # without words
    return sorted(
        (each for each in said.values() if len(each.contacts) >= fewest), key=lambda each: -len(each.contacts)
    )


def answer_all(*, sample: UUID, since: datetime, by: int, text: str, key: UUID, deliver: Deliver) -> int:
    """Answer everybody in line who says what the contact `sample` says, with one text, and close. Returns how many.

    Each conversation is a transaction of its own and gets its own delivery. With the same `key` nobody is answered
    twice, so one that was interrupted goes on. Whoever is in a person's hands gets that person's own answer.
    """
    group = next((each for each in digest(since=since, fewest=1) if sample in each.contacts), None)
    standing = queues_in_line(group.conversations) if group is not None else {}
    answered = sum(_answer(each, by=by, text=text, key=key, deliver=deliver) for each in sorted(standing))
    row, first = BulkAnswer.objects.get_or_create(pk=key, defaults={"by_id": by, "at": now(), "answered": answered})
    if not first:
        BulkAnswer.objects.filter(pk=row.pk).update(answered=F("answered") + answered)
    return answered


def _answer(conversation_id: UUID, *, by: int, text: str, key: UUID, deliver: Deliver) -> bool:
    try:
        with transaction.atomic():
            message = post_reply(conversation_id=conversation_id, by=by, text=text, client_key=f"all:{key}")
            deliver([message.pk])
            close(conversation_id=conversation_id, by=by)
    except ConversationError:
        return False
    return True


def _unexplained(since: datetime) -> Iterator[tuple[UUID, UUID, datetime, tuple[int, ...]]]:
    rows = Assessment.objects.filter(at__gte=since, band__gte=NOT_EXPLAINED).order_by("-at")
    for contact_id, conversation_id, at, traits in rows.values_list("contact_id", "conversation_id", "at", "traits")[
        :_MOST
    ]:
        if traits is not None:
            yield contact_id, conversation_id, at, Traits.from_json(traits).signature
