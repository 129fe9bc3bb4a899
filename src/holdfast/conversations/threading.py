"""From identified contacts to messages in conversations, in bulk. Threading a contact twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from holdfast.conversations.bulk import insert
from holdfast.conversations.changes import next_moment, preview_of, speak, unanswered_since
from holdfast.conversations.messages import attachment_rows
from holdfast.conversations.models import Attachment, Closure, Conversation, Message, Place, Snooze
from holdfast.conversations.thread_keys import Home, find_homes, remember
from holdfast.conversations.to_thread import Threaded, ToThread
from holdfast.kit.clock import now

__all__ = ["Threaded", "ToThread", "remember", "thread"]

_Author = Message.Author
_State = Conversation.State
_CHANGED = ("state", "version", "waiting_since", "snoozed_until", "last_message_at", "last_author", "preview")


@dataclass(slots=True)
class _Batch:
    """Rows to write, collected while the items are walked in the order in which they were accepted."""

    conversations: dict[UUID, Conversation] = field(default_factory=dict)
    created: dict[UUID, Conversation] = field(default_factory=dict)
    changed: dict[UUID, Conversation] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reopened: list[UUID] = field(default_factory=list)
    woken: list[UUID] = field(default_factory=list)


def thread(items: Sequence[ToThread]) -> list[Threaded]:
    """Give every item a message in a conversation, new or known, and return where each went, in order.

    A customer message reopens a closed matter and wakes a snoozed one. Places, receipts and events are the caller's:
    it holds the conversations locked until its transaction ends.
    """
    with transaction.atomic():
        before = _threaded_before([item.contact_id for item in items])
        fresh = sorted((item for item in items if item.contact_id not in before), key=lambda i: (i.at, i.contact_id))
        homes = find_homes(fresh)
        batch = _Batch(conversations=_lock(home.conversation_id for home in homes if not home.is_new))
        known = list(batch.conversations)
        for item, home in zip(fresh, homes, strict=True):
            _add(batch, item, home)
        _write(batch)
        after = {message.contact_id: message for message in batch.messages if message.contact_id}
        said = _said_in(known + [conversation_id for conversation_id, _ in before.values()])
        return [_threaded(item, before, after, batch, said) for item in items]


def _threaded_before(contact_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    rows = Message.objects.filter(contact_id__in=contact_ids).values_list("contact_id", "conversation_id", "id")
    return {contact_id: (conversation_id, id_) for contact_id, conversation_id, id_ in rows if contact_id}


def _lock(conversation_ids: Iterable[UUID]) -> dict[UUID, Conversation]:
    """Lock conversations in the order of their ids. One that is merged by now stands for what it was merged into."""
    locked: dict[UUID, Conversation] = {}
    standing_for: dict[UUID, UUID] = {}
    wanted = set(conversation_ids)
    while wanted:
        rows = list(Conversation.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
        wanted = set()
        for row in rows:
            locked[row.pk] = row
            if row.merged_into_id is not None:
                standing_for[row.pk] = row.merged_into_id
                wanted.add(row.merged_into_id)
        wanted -= locked.keys()
    for source in standing_for:
        end = source
        while end in standing_for:
            end = standing_for[end]
        locked[source] = locked[end]
    return locked


def _add(batch: _Batch, item: ToThread, home: Home) -> None:
    conversation = batch.conversations.get(home.conversation_id)
    is_first = conversation is None
    if conversation is None:
        conversation = _new_conversation(item, home.conversation_id)
        batch.conversations[home.conversation_id] = conversation
        batch.created[conversation.pk] = conversation
    elif not home.is_new:
        batch.changed[conversation.pk] = conversation
    message = _message(item, conversation, is_first=is_first)
    batch.messages.append(message)
    batch.attachments += attachment_rows(message.pk, item.attachments)
    if not item.is_machine:
        _customer_spoke(batch, conversation, message)
    if is_first and home.link is not None:
        batch.messages.append(_link_note(conversation, home.link, message.created_at))


def _new_conversation(item: ToThread, conversation_id: UUID) -> Conversation:
    kinds = {"unreadable": Conversation.Kind.UNREADABLE}
    kind = Conversation.Kind.MACHINE if item.is_machine else kinds.get(item.kind, Conversation.Kind.MATTER)
    return Conversation(
        id=conversation_id,
        customer_id=item.customer_id,
        channel=item.channel,
        kind=kind,
        subject=" ".join(item.subject[:800].split())[:200],
        preview=preview_of(item.text),
        locale=item.locale[:10],
        last_author=_Author.SYSTEM if item.is_machine else _Author.CUSTOMER,
        last_message_at=item.at,
        created_at=item.at,
    )


def _message(item: ToThread, conversation: Conversation, *, is_first: bool) -> Message:
    conversation.version += 1
    details = dict(item.details)
    if item.kind != "message":
        details["kind"] = item.kind
    if conversation.customer_id != item.customer_id and not item.is_machine:
        details["other_sender"] = str(item.customer_id)  # came with a token of this thread, from another address
    return Message(
        conversation_id=conversation.pk,
        author=_Author.SYSTEM if item.is_machine else _Author.CUSTOMER,
        internal=item.is_machine,
        text=item.text,
        quoted=item.quoted,
        html=item.html,
        contact_id=item.contact_id,
        client_key=item.client_key,
        details=details,
        version=conversation.version,
        created_at=item.at if is_first or item.is_machine else next_moment(conversation, at=item.at),
    )


def _customer_spoke(batch: _Batch, conversation: Conversation, message: Message) -> None:
    if conversation.state == _State.CLOSED:
        batch.reopened.append(conversation.pk)
    elif conversation.state == _State.SNOOZED:
        batch.woken.append(conversation.pk)
        conversation.snoozed_until = None
    conversation.state = _State.OPEN
    conversation.waiting_since = conversation.waiting_since or message.created_at
    speak(conversation, message)


def _link_note(conversation: Conversation, link: UUID, at: datetime) -> Message:
    number = Conversation.objects.values_list("number", flat=True).get(pk=link)
    conversation.version += 1
    return Message(
        conversation_id=conversation.pk,
        author=_Author.SYSTEM,
        internal=True,
        text=f"This names a message of #{number}, but came from somebody else, so it is kept apart.",
        details={"kind": "link", "conversation": str(link), "number": number},
        version=conversation.version,
        created_at=at,
    )


def _write(batch: _Batch) -> None:
    insert(list(batch.created.values()))
    insert(batch.messages)
    insert(batch.attachments)
    at = now()
    if batch.reopened:
        Closure.objects.filter(conversation_id__in=batch.reopened, reopened_at=None).update(reopened_at=at)
    if batch.woken:
        Snooze.objects.filter(conversation_id__in=batch.woken, ended_at=None).update(ended_at=at)
    for conversation_id in {*batch.reopened, *batch.woken}:
        batch.conversations[conversation_id].waiting_since = unanswered_since(conversation_id)
    _update(list(batch.changed.values()))


def _update(conversations: Sequence[Conversation]) -> None:
    if not conversations:
        return
    columns = [[getattr(conversation, name) for conversation in conversations] for name in _CHANGED]
    types = ("text", "int", "timestamptz", "timestamptz", "timestamptz", "text", "text")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE conversations_conversation AS held SET {', '.join(f'{n} = new.{n}' for n in _CHANGED)}"  # noqa: S608 - constant names
            f" FROM unnest(%s::uuid[], {', '.join(f'%s::{each}[]' for each in types)})"
            f" AS new(id, {', '.join(_CHANGED)}) WHERE held.id = new.id",
            [[conversation.pk for conversation in conversations], *columns],
        )


def _said_in(conversation_ids: Sequence[UUID]) -> dict[UUID, tuple[bool, bool, bool]]:
    """Tell for known conversations: did a person write, did the assistant, and is there a place in line?"""
    if not conversation_ids:
        return {}
    standing = set(
        Place.objects.filter(conversation_id__in=conversation_ids, left_at=None).values_list(
            "conversation_id", flat=True
        )
    )
    wrote = set(
        Message.objects.filter(
            conversation_id__in=conversation_ids, author__in=[_Author.AGENT, _Author.ASSISTANT], internal=False
        )
        .order_by()
        .values_list("conversation_id", "author")
        .distinct()
    )
    return {
        each: ((each, _Author.AGENT) in wrote, (each, _Author.ASSISTANT) in wrote, each in standing)
        for each in conversation_ids
    }


def _threaded(
    item: ToThread,
    before: dict[UUID, tuple[UUID, UUID]],
    after: dict[UUID, Message],
    batch: _Batch,
    said: dict[UUID, tuple[bool, bool, bool]],
) -> Threaded:
    repeated = item.contact_id in before
    if repeated:
        conversation_id, message_id = before[item.contact_id]
        conversation = batch.conversations.get(conversation_id) or Conversation.objects.get(pk=conversation_id)
    else:
        message = after[item.contact_id]
        conversation, message_id = batch.conversations[message.conversation_id], message.pk
    person, assistant, in_line = said.get(conversation.pk, (False, False, False))
    return Threaded(
        contact_id=item.contact_id,
        conversation_id=conversation.pk,
        message_id=message_id,
        repeated=repeated,
        is_new=not repeated and conversation.pk in batch.created,
        reopened=not repeated and conversation.pk in batch.reopened,
        queue_id=conversation.queue_id,
        assignee_id=conversation.assignee_id,
        in_line=in_line,
        person_wrote=person,
        assistant_wrote=assistant,
        kind=conversation.kind,
        preview=conversation.preview,
        waiting_since=conversation.waiting_since,
    )
