"""Two conversations that were one matter. What moved is remembered, so that it can be taken apart again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from holdfast.conversations import promised
from holdfast.conversations.changes import done, preview_of, unanswered_since
from holdfast.conversations.closures import shut, unshut
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.models import Closure, Conversation, Merge, Message, ThreadKey
from holdfast.conversations.places import open_place, step_in, step_out
from holdfast.conversations.snoozes import end_snooze
from holdfast.intake import receipts
from holdfast.kit.clock import now


@transaction.atomic
def merge(*, source_id: UUID, target_id: UUID, by: int) -> Merge:
    """Move everything of `source_id` into `target_id`; the source closes and points there.

    The earlier place in line is kept. An unanswered source opens a closed or snoozed target.
    Raises `NotFound`, and `Refused` when they are the same, merged already, or of different customers.
    """
    source, target = _both(source_id, target_id)
    if source.pk == target.pk:
        raise Refused("A conversation cannot be merged into itself.")
    for each in (source, target):
        if each.merged_into_id is not None:
            raise Refused(f"#{each.number} was merged already.")
    if source.customer_id and target.customer_id and source.customer_id != target.customer_id:
        raise Refused("These conversations are with different customers, so they stay apart.")
    place = open_place(source.pk)
    waited = source.waiting_since is not None
    merged = Merge.objects.create(source=source, target=target, by_id=by, at=now(), moved=_what_moves(source))
    _move(merged.moved, to=target)
    promised.carry(source=source.pk, target=target.pk)
    if source.state != Conversation.State.CLOSED:
        step_out(source, because="moved")
        shut(source, by=by)
    source.merged_into = target
    source.waiting_since = None
    if waited:
        _open(target)
    _refresh(target, since=place.joined_at if place else None)
    promised.hold(target.pk)
    done(source, kind="merge")
    done(target, kind="merge")
    return merged


@transaction.atomic
def unmerge(*, merge_id: int, by: int) -> None:
    """Take a merge apart: what moved goes back, and each side waits again for what it has unanswered.

    Raises `NotFound`, and `Refused` when it was undone before or the target was itself merged since.
    """
    merged = Merge.objects.filter(pk=merge_id).first()
    if merged is None:
        raise NotFound(merge_id)
    source, target = _both(merged.source_id, merged.target_id)
    merged.refresh_from_db()
    if merged.undone_at is not None:
        raise Refused("This merge was undone already.")
    if target.merged_into_id is not None:
        raise Refused("The conversation it was merged into was merged again. Undo that first.")
    place = open_place(target.pk)
    merged.undone_at = now()
    merged.save(update_fields=["undone_at"])
    source.merged_into = None
    _move(merged.moved, to=source, out_of=target)
    if _refresh(target, since=None) is None:
        step_out(target, because="moved")
    if merged.moved["state"] != Conversation.State.CLOSED:
        unshut(source)
    _refresh(source, since=place.joined_at if place else None)
    done(source, kind="merge")
    done(target, kind="merge")


def merges_into(*, conversation_id: UUID) -> list[Merge]:
    """Return the merges into a conversation that can be undone, newest first."""
    held = Merge.objects.filter(target_id=conversation_id, undone_at=None).select_related("source", "by")
    return list(held.order_by("-at"))


def _both(source_id: UUID, target_id: UUID) -> tuple[Conversation, Conversation]:
    rows = Conversation.objects.select_for_update().filter(pk__in=[source_id, target_id]).order_by("pk")
    found = {row.pk: row for row in rows}
    if source_id not in found or target_id not in found:
        raise NotFound(source_id if source_id not in found else target_id)
    return found[source_id], found[target_id]


def _what_moves(source: Conversation) -> dict[str, Any]:
    return {
        "messages": [str(id_) for id_ in source.messages.values_list("id", flat=True)],
        "keys": list(source.thread_keys.values_list("key", flat=True)),
        "state": source.state,
    }


def _move(moved: dict[str, Any], *, to: Conversation, out_of: Conversation | None = None) -> None:
    messages = Message.objects.filter(pk__in=moved["messages"])
    keys = ThreadKey.objects.filter(key__in=moved["keys"])
    if out_of is not None:
        messages, keys = messages.filter(conversation=out_of), keys.filter(conversation=out_of)
    contact_ids = [id_ for id_ in messages.values_list("contact_id", flat=True) if id_]
    _free_client_keys(messages, to)
    # What was written over there is news here: nobody who has this side open has read it.
    messages.update(conversation=to, version=to.version + 1)
    keys.update(conversation=to)
    receipts.move(contact_ids, to=to.pk)


def _free_client_keys(messages: Any, to: Conversation) -> None:
    """Two browsers may have made the same key up; the moved message gives way, it was sent long ago."""
    taken = Message.objects.filter(conversation=to, client_key__isnull=False).values("client_key")
    messages.filter(client_key__in=taken).update(client_key=None)


def _open(conversation: Conversation) -> None:
    """Open a closed or snoozed target: somebody waits in it now."""
    if conversation.state == Conversation.State.CLOSED:
        Closure.objects.filter(conversation=conversation, reopened_at=None).update(reopened_at=now())
    end_snooze(conversation)
    conversation.state = Conversation.State.OPEN


def _refresh(conversation: Conversation, *, since: datetime | None) -> datetime | None:
    """Bring what the row repeats back in step with the messages; return since when somebody waits here."""
    last = conversation.messages.filter(internal=False).order_by("-created_at", "-id").first()
    if last is not None:
        conversation.last_message_at = last.created_at
        conversation.last_author = last.author
        conversation.preview = preview_of(last.text)
    is_open = conversation.state == Conversation.State.OPEN
    conversation.waiting_since = unanswered_since(conversation.pk) if is_open else None
    step_in(conversation, since=since)
    return conversation.waiting_since
