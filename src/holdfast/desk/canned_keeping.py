"""Keeping canned replies: written once by leads, then at everybody's hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet

from holdfast.desk.canned import VARIABLES
from holdfast.desk.models import CannedReply

_BRACES = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
EXAMPLE = {
    "customer.given_name": "Maren",
    "customer.reference": "TW-100042",
    "conversation.number": "1042",
    "conversation.subject": "Card declined at the till",
}

log = structlog.get_logger(__name__)


class CannedRefused(Exception):  # noqa: N818 - carries the sentence for the person
    """A canned reply cannot be kept this way. `field` names the input it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class CannedContent:
    """What a canned reply says, and where. Without a queue it is at hand in all of them."""

    shortcut: str
    title: str
    body: str
    locale: str
    queue_id: int | None


def all_replies() -> QuerySet[CannedReply]:
    """Return every canned reply with its queue, by language and title."""
    return CannedReply.objects.select_related("queue").order_by("locale", "title", "pk")


def unknown_variables(body: str) -> Sequence[str]:
    """Return what stands in double braces in `body` and is no variable, in its order."""
    return [name for name in dict.fromkeys(_BRACES.findall(body)) if name not in VARIABLES]


@transaction.atomic
def add_reply(*, content: CannedContent, by: int) -> CannedReply:
    """Make a canned reply. Raises `CannedRefused`."""
    reply = _kept(CannedReply(), content)
    log.info("desk.canned_added", reply=reply.pk, by=by)
    return reply


@transaction.atomic
def change_reply(*, reply_id: int, content: CannedContent, seen: datetime | None, by: int) -> CannedReply:
    """Change a canned reply as it was at `seen`, its `updated_at` then. Raises `CannedRefused`."""
    reply = CannedReply.objects.select_for_update().filter(pk=reply_id).first()
    if reply is None:
        raise CannedRefused("title", "This reply was deleted in the meantime.")
    if reply.updated_at != seen:
        raise CannedRefused("body", "Somebody changed this reply in the meantime. Open it again to see theirs.")
    reply = _kept(reply, content)
    log.info("desk.canned_changed", reply=reply.pk, by=by)
    return reply


def remove_reply(*, reply_id: int, by: int) -> None:
    """Delete a canned reply. What was sent with it stays as it was sent."""
    CannedReply.objects.filter(pk=reply_id).delete()
    log.info("desk.canned_removed", reply=reply_id, by=by)


def _kept(reply: CannedReply, content: CannedContent) -> CannedReply:
    if CannedReply.objects.filter(shortcut=content.shortcut).exclude(pk=reply.pk).exists():
        raise CannedRefused("shortcut", "Another reply has this shortcut.")
    if unknown := unknown_variables(content.body):
        raise CannedRefused("body", f"Not a variable: {', '.join(unknown)}. Those that exist are listed below.")
    reply.shortcut, reply.title, reply.body = content.shortcut, content.title, content.body
    reply.locale, reply.queue_id = content.locale, content.queue_id
    reply.save()
    return reply
