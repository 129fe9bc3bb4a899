"""Notices that are to leave by mail. Whoever sends them locks them here and says so, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from holdfast.kit.clock import now
from holdfast.promises.contract import NoticeView
from holdfast.promises.models import Notice
from holdfast.promises.queries import shown

FRESH = timedelta(minutes=10)
"""A notice that could not leave for so long is of no use any more: the next one will."""


def to_mail(*, limit: int = 50) -> Sequence[NoticeView]:
    """Return fresh notices that were not mailed, locked until the caller's transaction ends; what others hold is left.

    A notice that is overtaken, because its promise is settled or a later one was given, is not among them.
    """
    rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        mailed_at=None, at__gte=now() - FRESH
    )
    found = list(rows.select_related("promise__mend").order_by("at", "id")[:limit])
    latest = {row.promise_id: row.pk for row in found}
    return [
        NoticeView(row.pk, row.kind, row.minutes, row.at, shown(row.promise))
        for row in found
        if latest[row.promise_id] == row.pk
        and (row.kind in {Notice.Kind.HELD, Notice.Kind.BROKEN} or row.promise.settled_at is None)
    ]


def mailed(notice_ids: Collection[int]) -> None:
    """Write down that these left."""
    Notice.objects.filter(pk__in=set(notice_ids)).update(mailed_at=now())
