"""Reading who was shown what, for the reader of photographs; and where marks were not seen, for who watches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.guard.marks.models import Overlay
from holdfast.guard.marks.overlays import Geometry
from holdfast.guard.models import RevealLog
from holdfast.kit.clock import now

SILENT_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Shown:
    """One value that was shown: where, to whom, when, and how its page said it stood."""

    entry: UUID
    at: datetime
    agent_id: int
    session: str
    conversation_id: UUID
    customer_id: UUID | None
    field: str
    geometry: Geometry | None


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A value shown on a page that did not say that its marks are whole.

    `why` is one of `overlays.FAULTS`, or `silent`: nothing was heard, as when the page was closed within the second,
    the line broke, or the browser is old. A reason to look, not a finding about a person.
    """

    entry: UUID
    agent_id: int
    session: str
    shown_at: datetime
    why: str


def shown(
    *,
    conversation_id: UUID | None = None,
    customer_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Shown]:
    """Return what was shown from `since` to before `until`, oldest first: of one case, of some customers, or of all."""
    rows = RevealLog.objects.filter(ticket__redeemed_at__isnull=False).select_related("ticket")
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    if customer_ids is not None:
        rows = rows.filter(customer_id__in=customer_ids)
    if since is not None:
        rows = rows.filter(ticket__redeemed_at__gte=since)
    if until is not None:
        rows = rows.filter(ticket__redeemed_at__lt=until)
    found = list(rows.order_by("ticket__redeemed_at"))
    overlays = Overlay.objects.in_bulk([row.pk for row in found])
    return [_shown(row, overlays.get(row.pk)) for row in found]


def unmarked(*, since: datetime, until: datetime | None = None) -> list[Unmarked]:
    """Return values shown from `since` to before `until` whose pages did not say, in 30 s, that the marks are whole."""
    until = min(until or now(), now() - SILENT_AFTER)
    rows = list(
        RevealLog.objects.filter(ticket__redeemed_at__gte=since, ticket__redeemed_at__lt=until)
        .exclude(subject__startswith="conversations_attachment.")  # pictures and files carry their marks themselves
        .select_related("ticket")
        .order_by("ticket__redeemed_at")
    )
    overlays = Overlay.objects.in_bulk([row.pk for row in rows])
    found = []
    for row in rows:
        overlay = overlays.get(row.pk)
        why = "silent" if overlay is None else overlay.fault
        if why:
            found.append(Unmarked(row.pk, row.agent_id, row.session, row.ticket.redeemed_at or row.at, why))
    return found


def _shown(row: RevealLog, overlay: Overlay | None) -> Shown:
    return Shown(
        entry=row.pk,
        at=row.ticket.redeemed_at or row.at,
        agent_id=row.agent_id,
        session=row.session,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        field=row.field,
        geometry=None if overlay is None else _geometry(overlay),
    )


def _geometry(said: Overlay) -> Geometry:
    return Geometry(said.width, said.height, said.left, said.top, said.card_width, said.card_height)
