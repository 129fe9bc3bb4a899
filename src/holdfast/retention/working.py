"""A run: batch after batch until nothing is left, at most one a day. It may be killed anywhere and goes on there.

What went is counted in the transaction in which it goes, so a count is never of something that is still there.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from holdfast.kit.clock import now
from holdfast.posture.current import current as posture
from holdfast.posture.effects import Name
from holdfast.retention import plan, runs
from holdfast.retention.models import Release
from holdfast.retention.steps import BY_KEY, STEPS, Step

EVERY = timedelta(hours=20)
_OPEN, _DONE = Release.End.OPEN, Release.End.DONE
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worked:
    """What a call of `work` did: batches, what went in them, whether there is more, and why it did nothing."""

    batches: int
    went: Counter[str]
    more: bool
    idle: str = ""


def work(*, seconds: float, limit: int | None = None) -> Worked:
    """Go on with the run under way, or begin the day's, for about so many seconds. Never two at a time.

    `limit` is how many things one batch takes; each step has its own.
    """
    if because := why_idle():
        return Worked(0, Counter(), False, because)
    until, batches, went = time.monotonic() + seconds, 0, Counter[str]()
    while (done := _batch(limit)) is not None:
        batches, went = batches + 1, went + done
        if time.monotonic() >= until:
            return Worked(batches, went, True)
    return Worked(batches, went, False)


def why_idle() -> str:
    """Return why nothing goes now, as a sentence; empty when something may."""
    moment, stands = now(), plan.in_force()
    if because := why_waiting(stands, moment):
        return because
    newest = Release.objects.order_by("-id").first()
    lately = newest is not None and newest.end == _DONE and newest.started_at > moment - EVERY
    if newest is not None and lately and newest.plan_id == stands.id:
        return "The day's run is done."
    return ""


def why_waiting(stands: plan.InForce, moment: datetime) -> str:
    """Return why nothing runs out by this plan at `moment`; empty when it may."""
    if not stands.on:
        return stands.fault or "Retention is off: nothing runs out."
    if not stands.acts(moment):
        return f"The plan was changed less than a day ago. Nothing goes before {stands.begins_at:%Y-%m-%d %H:%M} UTC."
    if posture().name != Name.CALM:
        return "The house is not in calm, so nothing runs out meanwhile."
    return ""


def _batch(limit: int | None) -> Counter[str] | None:
    """Do one batch. Where the database refuses one of it, go one by one, and leave what it refuses, counted."""
    try:
        return _some(limit)
    except (IntegrityError, ProtectedError) as error:
        _log.warning("retention_batch_refused", error=type(error).__name__)
    try:
        return _some(1)
    except (IntegrityError, ProtectedError):
        return _pass_over()


@transaction.atomic
def _some(limit: int | None) -> Counter[str] | None:
    run = _mine()
    if run is None:
        return None
    step = BY_KEY[run.step]
    found = step.find(_before(run, step), run.after, limit or step.limit)
    if not found:
        return _next(run, step)
    went = step.remove([each for each, _ in found])
    run.counts = dict(Counter(run.counts) + went)
    run.after, run.batches = found[-1][1], run.batches + 1
    run.save()
    return went


@transaction.atomic
def _pass_over() -> Counter[str] | None:
    run = _mine()
    if run is None:
        return None
    step = BY_KEY[run.step]
    found = step.find(_before(run, step), run.after, 1)
    if found:
        run.after, run.failed = found[0][1], run.failed + 1
        run.save()
    return Counter()


def _mine() -> Release | None:
    """Return the run under way, locked, or a new one; `None` when somebody else is at it or it may not go on."""
    run = Release.objects.select_for_update(skip_locked=True).filter(end=_OPEN).first()
    if run is None and Release.objects.filter(end=_OPEN).exists():
        return None
    stands = plan.in_force()
    if run is not None and run.plan_id != stands.id:
        runs.finish(run, end=Release.End.STOPPED)
        return None
    if why_idle() or stands.id is None:
        return None
    return run or Release.objects.create(plan_id=stands.id, started_at=now(), step=STEPS[0].key)


def _before(run: Release, step: Step) -> datetime:
    return run.started_at - timedelta(days=run.plan.days[step.term])


def _next(run: Release, step: Step) -> Counter[str] | None:
    """Go on to the next step; after the last the run is over."""
    place = STEPS.index(step) + 1
    if place == len(STEPS):
        runs.finish(run, end=_DONE)
        return None
    run.step, run.after = STEPS[place].key, None
    run.save()
    return Counter()
