"""What has to be looked after beside the sending: leases and approvals that run out, the pace, the end.

Any number of workers may do it at the same time; each statement takes what the others have not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from django.db import connection, transaction

from holdfast.guard.cutoff.second_look import cut_off_since
from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.notify.campaigns import checking, second_look
from holdfast.notify.campaigns.campaigns import TOPIC
from holdfast.notify.campaigns.claiming import INTERRUPTED
from holdfast.notify.campaigns.models import Campaign

_EVERY = 1.0  # seconds
_AFTER_A_FAULT = 2.0
_AT_A_TIME = 40  # chunks of a cancelled campaign that are closed in one go
_KEEP_MEASURING = timedelta(seconds=2)
RAN_OUT = "The approval ran out while it was being sent. Renew it, then go on."
_log = structlog.get_logger(__name__)


class Sender(Protocol):
    """A process that sends while campaigns run."""

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def run(stop: threading.Event, *, spawn: Callable[[], Sender]) -> None:
    """Look after campaigns until `stop` is set, and keep a sender running while there is something to send."""
    sender: Sender | None = None
    try:
        while not stop.is_set():
            try:
                busy = tick()
            except Exception as error:
                _log.exception("minding campaigns failed", error=type(error).__name__)
                with suppress(Exception):
                    connection.close()
                stop.wait(_AFTER_A_FAULT)
                continue
            if sender is not None and sender.poll() is not None:
                sender = None
            if busy and sender is None:
                sender = spawn()
            stop.wait(_EVERY)
    finally:
        if sender is not None:
            sender.terminate()
            with suppress(Exception):
                sender.wait(2.0)
        connection.close()


def tick() -> bool:
    """Do once what is due; return whether a campaign is being sent."""
    expire()
    _pause_without_approval()
    _pause_where_words_lapsed()
    _pause_for_a_second_look()
    _close_cancelled()
    for campaign_id in Campaign.objects.filter(state=Campaign.State.RUNNING).values_list("pk", flat=True):
        _measure(campaign_id)
    return Campaign.objects.filter(state=Campaign.State.RUNNING).exists()


def expire() -> int:
    """Take back leases that ran out; what was being handed over under them is not known. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM campaigns_chunk WHERE open AND leased_until < %s ORDER BY id FOR UPDATE SKIP LOCKED",
            [at := now()],
        )
        chunks = [row[0] for row in cursor.fetchall()]
        if not chunks:
            return 0
        cursor.execute(
            "UPDATE campaigns_recipient SET state = 'unknown', settled_at = %s, reason = %s"
            " WHERE chunk_id = ANY(%s) AND state = 'sending'",
            [at, INTERRUPTED, chunks],
        )
        lost = int(cursor.rowcount)
        cursor.execute("UPDATE campaigns_chunk SET lease = NULL, leased_until = NULL WHERE id = ANY(%s)", [chunks])
        recount(chunks)
    return lost


def recount(chunks: list[int]) -> None:
    """Count anew what became of the recipients of chunks, in the caller's transaction, which has locked them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_chunk c SET sent = n.sent, failed = n.failed, unknown = n.unknown,"
            " suppressed = n.suppressed, cancelled = n.cancelled, open = n.waiting > 0"
            " FROM (SELECT chunk_id, count(*) FILTER (WHERE state = 'sent') AS sent,"
            "  count(*) FILTER (WHERE state = 'failed') AS failed,"
            "  count(*) FILTER (WHERE state = 'unknown') AS unknown,"
            "  count(*) FILTER (WHERE state = 'suppressed') AS suppressed,"
            "  count(*) FILTER (WHERE state = 'cancelled') AS cancelled,"
            "  count(*) FILTER (WHERE state IN ('pending', 'sending')) AS waiting"
            "  FROM campaigns_recipient WHERE chunk_id = ANY(%s) GROUP BY chunk_id) AS n WHERE c.id = n.chunk_id",
            [chunks],
        )


@transaction.atomic
def _pause_without_approval() -> None:
    ended = Campaign.objects.select_for_update(skip_locked=True).filter(
        state=Campaign.State.RUNNING, approval_ends__lte=now()
    )
    for campaign in ended:
        _pause(campaign, RAN_OUT)


@transaction.atomic
def _pause_where_words_lapsed() -> None:
    """Stop what rests on words that do not stand any more: an approval was taken back, or they may not be said now."""
    sent = Campaign.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=Campaign.State.RUNNING)
    for campaign in sent.exclude(about=""):
        problems = checking.look(campaign, sending=True).problems
        if problems:
            _pause(campaign, problems[0])


@transaction.atomic
def _pause_for_a_second_look() -> None:
    """Stop what somebody wrote or approved who is cut off since, until somebody else has looked at it."""
    if not cut_off_since():
        return
    sent = Campaign.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=Campaign.State.RUNNING)
    for campaign in sent:
        if why := second_look.look(campaign, writers=checking.look(campaign, sending=True).writers):
            _pause(campaign, why)


def _pause(campaign: Campaign, why: str) -> None:
    campaign.state, campaign.why, campaign.pace = Campaign.State.PAUSED, why[:200], 0.0
    campaign.version += 1
    campaign.save()
    _tell(campaign)


def _close_cancelled() -> None:
    """Take those who still wait in cancelled campaigns out, some chunks at a time; leased ones when they come back."""
    last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.id FROM campaigns_chunk c JOIN campaigns_campaign k ON k.id = c.campaign_id"
                " WHERE k.state = 'cancelled' AND c.open AND c.lease IS NULL AND c.id > %s ORDER BY c.id LIMIT %s"
                " FOR UPDATE OF c SKIP LOCKED",
                [last, _AT_A_TIME],
            )
            chunks = [row[0] for row in cursor.fetchall()]
            if not chunks:
                return
            last = chunks[-1]
            cursor.execute(
                "UPDATE campaigns_recipient SET state = 'cancelled', settled_at = %s"
                " WHERE chunk_id = ANY(%s) AND state = 'pending'",
                [now(), chunks],
            )
            recount(chunks)


@transaction.atomic
def _measure(campaign_id: UUID) -> None:
    """Note how fast it goes; end it when nobody waits any more."""
    campaign = (
        Campaign.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=campaign_id, state=Campaign.State.RUNNING)
        .first()
    )
    if campaign is None:
        return
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(sent + failed + unknown + suppressed + cancelled), 0), coalesce(bool_or(open), false)"
            " FROM campaigns_chunk WHERE campaign_id = %s",
            [campaign.pk],
        )
        handled, unfinished = cursor.fetchone()
    if not unfinished:
        campaign.state, campaign.ended_at, campaign.pace, campaign.handled = Campaign.State.DONE, at, 0.0, handled
        campaign.version += 1
    elif campaign.measured_at is None or at - campaign.measured_at >= _KEEP_MEASURING:
        campaign.pace = _pace(campaign, handled, at)
        campaign.handled, campaign.measured_at = handled, at
    else:
        return
    campaign.save()
    _tell(campaign)


def _pace(campaign: Campaign, handled: int, at: datetime) -> float:
    """Messages a second: what went since the last look, smoothed a little so that the end does not jump about."""
    if campaign.measured_at is None:
        return 0.0
    lately = max(0, handled - campaign.handled) / max((at - campaign.measured_at).total_seconds(), 0.001)
    return lately if campaign.pace == 0 else 0.6 * campaign.pace + 0.4 * lately


def _tell(campaign: Campaign) -> None:
    outbox.publish([(TOPIC, {"kind": "campaign", "campaign": str(campaign.pk)})])
