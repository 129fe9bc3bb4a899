"""Words in a conversation: an agent's reply or note, the assistant's answer, the system's own lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from holdfast.conversations import promised
from holdfast.conversations.changes import done, locked, next_moment, speak
from holdfast.conversations.errors import Refused, Stale
from holdfast.conversations.models import Attachment, Conversation, Message
from holdfast.conversations.places import step_out
from holdfast.intake import receipts
from holdfast.kit.clock import now
from holdfast.people.queries import leads, name_of


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the assistant, for `answer_many`."""

    conversation_id: UUID
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def post_reply(
    *,
    conversation_id: UUID,
    by: int,
    text: str,
    client_key: str,
    attachments: Sequence[Mapping[str, Any]] = (),
    version: int | None = None,
) -> Message:
    """Answer the customer. Posting the same `client_key` again returns the message it made the first time.

    `attachments` are `{name, type, size, digest, refused}`. With `version` (what the writer had on screen) it is
    `Stale` when somebody answered since. Receipts that waited here become answered, and the line is left. A snoozed
    conversation stays so; a closed one stays closed. Raises `NotFound`, `Stale`, `Refused`.
    """
    conversation = locked(conversation_id)
    sent = _sent_before(conversation, client_key)
    if sent is not None:
        return sent
    if version is not None and version < conversation.version:
        _refuse_stale(conversation, version)
    if conversation.assignee_id not in {None, by} and not leads(by):
        raise Refused(f"{name_of(conversation.assignee_id)} has this conversation. Take it over to answer.")
    message = Message(
        conversation=conversation,
        author=Message.Author.AGENT,
        agent_id=by,
        text=_said(text, attachments),
        client_key=client_key or None,
        version=conversation.version + 1,
        created_at=next_moment(conversation),
    )
    _store(message, attachments)
    _answered(conversation, message)
    return message


@transaction.atomic
def post_note(
    *,
    conversation_id: UUID,
    by: int,
    text: str,
    client_key: str,
    attachments: Sequence[Mapping[str, Any]] = (),
    version: int | None = None,
) -> Message:
    """Write something only agents see. A note is never stale: `version` is taken so that both verbs read alike.

    Raises `NotFound`, `Refused`.
    """
    conversation = locked(conversation_id)
    sent = _sent_before(conversation, client_key)
    if sent is not None:
        return sent
    message = Message(
        conversation=conversation,
        author=Message.Author.AGENT,
        agent_id=by,
        internal=True,
        text=_said(text, attachments),
        client_key=client_key or None,
        version=conversation.version + 1,
        created_at=now(),
    )
    _store(message, attachments)
    done(conversation, kind="note", chat=None)
    return message


@transaction.atomic
def post_assistant(*, conversation_id: UUID, text: str, details: Mapping[str, Any], settle: bool = True) -> Message:
    """Let the assistant answer. Raises `NotFound`, and `Refused` when a person has the conversation or the word.

    Without `settle` the receipts are the caller's: it may not have read all that was said.
    """
    conversation = locked(conversation_id)
    if conversation.assignee_id is not None:
        raise Refused("A person has this conversation.")
    message = Message(
        conversation=conversation,
        author=Message.Author.ASSISTANT,
        text=_said(text, ()),
        details=dict(details),
        version=conversation.version + 1,
        created_at=next_moment(conversation),
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError as error:  # the database refuses it once a person has the word
        raise Refused("A person has the word in this conversation.") from error
    _answered(conversation, message, settle=settle)
    return message


@transaction.atomic
def post_system(
    *, conversation_id: UUID, kind: str, text: str, details: Mapping[str, Any] | None = None, internal: bool = True
) -> Message:
    """Write a line of the system's own; the customer sees it when it is not `internal`. Raises `NotFound`."""
    conversation = locked(conversation_id)
    message = system_line(conversation, kind=kind, text=text, details=details, internal=internal)
    done(conversation, kind="note" if internal else "message", chat=None if internal else "message")
    return message


def system_line(
    conversation: Conversation,
    *,
    kind: str,
    text: str,
    details: Mapping[str, Any] | None = None,
    internal: bool = True,
) -> Message:
    """Inside a verb: add a system line to a locked conversation."""
    message = Message(
        conversation=conversation,
        author=Message.Author.SYSTEM,
        internal=internal,
        text=text,
        details={**(details or {}), "kind": kind},
        version=conversation.version + 1,
        created_at=now() if internal else next_moment(conversation),
    )
    message.save(force_insert=True)
    if not internal:
        conversation.last_message_at = message.created_at
    return message


def _sent_before(conversation: Conversation, client_key: str) -> Message | None:
    return Message.objects.filter(conversation=conversation, client_key=client_key).first() if client_key else None


def _refuse_stale(conversation: Conversation, version: int) -> None:
    answers = [Message.Author.AGENT, Message.Author.ASSISTANT]
    if Message.objects.filter(
        conversation=conversation, author__in=answers, internal=False, version__gt=version
    ).exists():
        raise Stale(conversation.version)


def _said(text: str, attachments: Sequence[Mapping[str, Any]]) -> str:
    text = text.replace("\x00", "").strip()
    if not text and not attachments:
        raise Refused("Write something first.")
    return text


def _store(message: Message, attachments: Sequence[Mapping[str, Any]]) -> None:
    message.save(force_insert=True)
    Attachment.objects.bulk_create(attachment_rows(message.pk, attachments))


def attachment_rows(message_id: UUID, attachments: Sequence[Mapping[str, Any]]) -> list[Attachment]:
    """Return the rows for what came or goes with a message."""
    return [
        Attachment(
            message_id=message_id,
            name=str(each.get("name") or "file").replace("\x00", "")[:255],
            type=str(each.get("type") or "application/octet-stream")[:120],
            size=int(each.get("size") or 0),
            digest=str(each.get("digest") or "")[:64],
            refused=str(each.get("refused") or "")[:40],
        )
        for each in attachments
    ]


def _answered(conversation: Conversation, message: Message, *, settle: bool = True) -> None:
    speak(conversation, message)
    conversation.waiting_since = None
    step_out(conversation, because="answered")
    promised.answered(conversation.pk, by=message.agent_id)
    if settle:
        receipts.settle_conversation(conversation.pk, state="answered")
    done(conversation, kind="message", chat="message")
