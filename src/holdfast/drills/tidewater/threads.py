"""Writes the played conversations as rows: messages, places in line, assignments, tags, closures, deliveries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from holdfast.conversations.changes import preview_of
from holdfast.conversations.models import (
    Assignment,
    Attachment,
    Closure,
    Conversation,
    Draft,
    Message,
    Place,
    Snooze,
    Tag,
    Tagging,
    ThreadKey,
)
from holdfast.drills.tidewater.content import articles
from holdfast.drills.tidewater.customers import customer_id
from holdfast.drills.tidewater.house import House
from holdfast.drills.tidewater.papers import paper
from holdfast.drills.tidewater.playing import Played, Said
from holdfast.guard.grants import Held, open_grants
from holdfast.kit.blobs import BlobStore
from holdfast.kit.ids import derived
from holdfast.notify.models import Delivery
from holdfast.people.models import Agent

TYPES = {"png": "image/png", "pdf": "application/pdf", "xml": "application/xml"}


@dataclass(slots=True)
class _Rows:
    """Rows in the order in which they have to be written."""

    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    snoozes: list[Snooze] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    taggings: list[Tagging] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    thread_keys: list[ThreadKey] = field(default_factory=list)


class _Writer:
    def __init__(self, *, seed: int, at: datetime, house: House) -> None:
        self.seed = str(seed)
        self.at = at
        self.house = house
        self.rows = _Rows()
        self.titles = {(article.locale, article.slug): article.title for article in articles()}
        self.tags: dict[str, Tag] = {}
        self.blobs = BlobStore(settings.BLOB_DIR)

    def add(self, played: Played) -> None:
        """Add the rows of one conversation."""
        script = played.script
        agent = self.house.agents[played.agent] if played.agent else None
        conversation = self._conversation(played, agent)
        self.rows.conversations.append(conversation)
        for position, said in enumerate(played.said):
            self._message(conversation, played, said, position, agent)
        self._line(conversation, played, agent)
        for name in script.tags:
            tag = self.tags.setdefault(name, Tag(name=name))
            self.rows.taggings.append(Tagging(conversation=conversation, tag=tag, by=agent, at=played.said[0].at))
        if script.draft and agent:
            self.rows.drafts.append(
                Draft(conversation=conversation, agent=agent, internal=False, text=script.draft, updated_at=self.at)
            )

    def _conversation(self, played: Played, agent: Agent | None) -> Conversation:
        script = played.script
        public = [said for said in played.said if said.line.author in {"customer", "agent", "assistant"}]
        state = {"closed": "closed", "snoozed": "snoozed"}.get(script.state, "open")
        holds = script.state in {"open", "answered", "snoozed"}
        return Conversation(
            id=self._id("conversation", script.key, str(played.copy)),
            customer_id=customer_id(int(self.seed), played.person.index),
            channel=script.channel,
            subject=played.subject[:200],
            preview=preview_of(public[-1].text),
            last_author=public[-1].line.author,
            locale=script.locale,
            intent=script.intent,
            state=state,
            queue_id=self.house.queues[script.queue].pk,
            assignee=agent if holds else None,
            epoch=1 if agent else 0,
            version=len(played.said),
            waiting_since=played.unanswered_since,
            snoozed_until=self._until(played) if state == "snoozed" else None,
            last_message_at=public[-1].at,
            created_at=played.said[0].at,
        )

    def _message(
        self, conversation: Conversation, played: Played, said: Said, position: int, agent: Agent | None
    ) -> None:
        author = "agent" if said.line.author == "note" else said.line.author
        details: dict[str, Any] = {"kind": "event"} if author == "system" else {}
        if said.line.cites:
            details["citations"] = [self._citation(said.line.cites, played.script.locale)]
        message = Message(
            id=self._id("message", played.script.key, str(played.copy), str(position)),
            conversation=conversation,
            author=author,
            agent=agent if author == "agent" else None,
            internal=said.line.author in {"note", "system"},
            text=said.text,
            details=details,
            version=position + 1,
            created_at=said.at,
        )
        self.rows.messages.append(message)
        if said.line.file:
            self._attach(message, said.line.file)
        if author == "agent" and not message.internal and conversation.channel == "email":
            self._delivered(message, played)

    def _citation(self, slug: str, locale: str) -> dict[str, Any]:
        spoken = locale if (locale, slug) in self.titles else "en"
        url = f"{settings.PUBLIC_URL}/help/{spoken}/{slug}/"
        return {"slug": slug, "locale": spoken, "title": self.titles[spoken, slug], "url": url, "version": 1}

    def _attach(self, message: Message, name: str) -> None:
        content = paper(name)
        self.rows.attachments.append(
            Attachment(
                id=derived(str(message.id), name),
                message=message,
                name=name,
                type=TYPES[name.rpartition(".")[2]],
                size=len(content),
                digest=self.blobs.put(content),
            )
        )

    def _delivered(self, message: Message, played: Played) -> None:
        delivery_id = derived("delivery", str(message.id))
        header_id = f"{delivery_id}@{settings.MAIL_DOMAIN}"
        self.rows.deliveries.append(
            Delivery(
                id=delivery_id,
                message=message,
                channel="email",
                recipient=played.person.email,
                state=Delivery.State.SENT,
                attempts=1,
                not_before=message.created_at,
                header_id=header_id,
                created_at=message.created_at,
                settled_at=message.created_at + timedelta(seconds=2),
            )
        )
        self.rows.thread_keys.append(ThreadKey(key=f"mail:{header_id}", conversation=message.conversation))

    def _line(self, conversation: Conversation, played: Played, agent: Agent | None) -> None:
        """The place in line, and what ended it: an agent took the case, it was put aside, or it was closed."""
        state = played.script.state
        if agent is None and state == "closed":
            self._close(conversation, played, None)
            return
        answers = [said.at for said in played.said if said.line.author == "agent"]
        place = Place(
            id=self._id("place", played.script.key, str(played.copy)),
            conversation=conversation,
            queue_id=self.house.queues[played.script.queue].pk,
            joined_at=played.said[0].at,
            fair_at=played.said[0].at,
            joined_as=1,
        )
        self.rows.places.append(place)
        if agent is None:
            place.joined_at = place.fair_at = played.unanswered_since or place.joined_at
            return
        taken = min([*answers, played.said[-1].at]) - timedelta(seconds=20)
        place.left_at, place.left_because = max(taken, place.joined_at), "assigned"
        ends = None if state != "closed" else played.said[-1].at + timedelta(minutes=4)
        self.rows.assignments.append(
            Assignment(conversation=conversation, agent=agent, epoch=1, started_at=place.left_at, ended_at=ends)
        )
        if state == "closed":
            self._close(conversation, played, agent)
        elif state == "snoozed":
            self.rows.snoozes.append(
                Snooze(conversation=conversation, by=agent, at=played.said[-1].at, until=self._until(played))
            )

    def _close(self, conversation: Conversation, played: Played, agent: Agent | None) -> None:
        at = min(played.said[-1].at + timedelta(minutes=4), self.at)
        self.rows.closures.append(Closure(conversation=conversation, by=agent, at=at))

    def _until(self, played: Played) -> datetime:
        return (self.at + timedelta(days=2 + played.copy % 4)).replace(hour=9, minute=0, second=0, microsecond=0)

    def _id(self, *parts: str) -> UUID:
        return derived("tidewater", self.seed, *parts)

    def write(self) -> None:
        """Write all rows, and open the grants of cases that are with somebody."""
        rows = self.rows
        _number_places(rows.places)
        Conversation.objects.bulk_create(rows.conversations)
        Message.objects.bulk_create(rows.messages, batch_size=500)
        Attachment.objects.bulk_create(rows.attachments)
        Place.objects.bulk_create(rows.places)
        Assignment.objects.bulk_create(rows.assignments)
        Snooze.objects.bulk_create(rows.snoozes)
        Closure.objects.bulk_create(rows.closures)
        Tag.objects.bulk_create(self.tags.values(), ignore_conflicts=True)
        kept = {tag.name: tag for tag in Tag.objects.filter(name__in=self.tags)}
        for tagging in rows.taggings:
            tagging.tag = kept[tagging.tag.name]
        Tagging.objects.bulk_create(rows.taggings)
        Draft.objects.bulk_create(rows.drafts)
        Delivery.objects.bulk_create(rows.deliveries)
        ThreadKey.objects.bulk_create(rows.thread_keys)
        open_grants(
            Held(each.assignee_id, each.id, each.customer_id) for each in rows.conversations if each.assignee_id
        )


def write_conversations(
    *, seed: int, at: datetime, house: House, played: Sequence[Played], progress: Callable[[int], None]
) -> int:
    """Write what was played and return how many messages there are."""
    writer = _Writer(seed=seed, at=at, house=house)
    # Oldest first, so that the numbers people see grow with time.
    for number, each in enumerate(sorted(played, key=lambda each: (each.said[0].at, each.script.key, each.copy)), 1):
        writer.add(each)
        progress(number)
    writer.write()
    return len(writer.rows.messages)


def _number_places(places: Sequence[Place]) -> None:
    """Say for each place how many stood in its line when it joined, itself included."""
    for place in places:
        ahead = sum(
            other.queue_id == place.queue_id
            and other.joined_at < place.joined_at
            and (other.left_at is None or other.left_at > place.joined_at)
            for other in places
        )
        place.joined_as = ahead + 1
