"""The band that every signed-in page shows: the posture, and what its reader promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from holdfast.bridge.owed import band
from holdfast.incidents.words.approvals import OUTBOX as APPROVALS
from holdfast.kit import streams
from holdfast.posture.changes import TOPIC
from holdfast.promises.contract import NoticeView
from holdfast.promises.ledger import TOPIC as PROMISES
from holdfast.promises.told import notices


def posture(request: HttpRequest) -> dict[str, Any]:
    """Add what the band says, and a stream for pages without one of their own; read only by pages that show them."""

    def stream() -> str:
        return (
            ""
            if request.user.pk is None
            else f"/events?ticket={streams.ticket(agent=request.user.pk, topics=[TOPIC, PROMISES, APPROVALS])}"
        )

    def told() -> Sequence[NoticeView]:
        user = request.user
        return [] if user.pk is None else notices(owner=user.pk, leads=bool(getattr(user, "leads", False)))

    return {"posture": SimpleLazyObject(band), "posture_stream": stream, "told_of_promises": SimpleLazyObject(told)}
