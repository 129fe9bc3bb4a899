"""One process a minute counts all contacts, closes the minute and publishes the model that all others judge by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import connection, transaction

from holdfast.conversations import line
from holdfast.conversations.lookups import Cut, cuts_of
from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.posture import changes
from holdfast.posture.current import current
from holdfast.posture.effects import Name
from holdfast.shield import published
from holdfast.shield.assess import assess_again
from holdfast.shield.evidence import Decision, Friction, MinuteReport
from holdfast.shield.fairness import learned
from holdfast.shield.model import Model
from holdfast.shield.models import Assessment, Memory, Minute
from holdfast.shield.noticing import Noticed, Noticing, QueueNames, calendar
from holdfast.shield.population import Population
from holdfast.shield.traits import Traits

_log = structlog.get_logger(__name__)
TOPIC = "minute"
GRACE = timedelta(seconds=3)
"""How long after its end a minute is closed: its last contacts have to be assessed first."""

LONGEST_GAP = 120
"""Minutes that are closed one by one after nobody was there to; before that, time is skipped."""

LOOK_BACK = timedelta(minutes=20)
"""When a flood is noticed, or the posture changes during one, those who came this long before are assessed again."""

SIEGE_AT = 0.2
_IN_A_PROPOSAL = 3
_LOCK = 0x73636F72  # an advisory lock: one scorer at a time


@transaction.atomic
def tick(*, queue_names: QueueNames = dict) -> Sequence[MinuteReport]:
    """Close the minutes that are over and not closed yet, unless another process does it. Returns them.

    `queue_names` are for people who read what changed; without them a queue is named by its number.
    Everything happens in one transaction: a contact is counted once, whichever process dies when.
    """
    over = (now() - GRACE).replace(second=0, microsecond=0)
    newest = Minute.objects.order_by("-version").first()
    if newest is not None and newest.minute >= over - timedelta(minutes=1):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return []
    # Somebody may have closed it between the look and the lock.
    newest = Minute.objects.order_by("-version").first()
    first = newest.minute + timedelta(minutes=1) if newest is not None else over - timedelta(minutes=1)
    first = max(first, over - timedelta(minutes=LONGEST_GAP))
    if first >= over:
        return []
    noticing = Noticing(queue_names=queue_names)
    return _close_all(first, over, version=newest.version if newest is not None else 0, noticing=noticing)


def _close_all(first: datetime, over: datetime, *, version: int, noticing: Noticing) -> Sequence[MinuteReport]:
    population = _remembering()
    for topic in published.declared():
        population.declare(topic)
    counted = _uncounted(over)
    cuts = cuts_of([each.conversation_id for each in counted])
    by_minute: dict[datetime, list[Traits]] = defaultdict(list)
    cuts_by_minute: dict[datetime, list[Cut]] = defaultdict(list)
    for each in counted:  # who came in a minute that is closed counts in the next
        minute = max(each.at.replace(second=0, microsecond=0), first)
        if each.conversation_id not in cuts:
            continue  # of a customer who is made up
        cuts_by_minute[minute].append(cuts[each.conversation_id])
        if each.traits is not None:
            by_minute[minute].append(each.traits)
    _count_answers(population)
    was = published.model()
    usual, reports, minute = published.usual_rates(), [], first
    while minute < over:
        for traits in by_minute[minute]:
            population.observe(traits)
        model, report = population.close(minute)
        version += 1
        if model.alarm == "none":
            usual = learned(usual, by_minute[minute], minutes=version)
        noticed = noticing.step(minute, cuts_by_minute[minute])
        _publish(version, model, report, usual, noticed)
        reports.append(report)
        minute += timedelta(minutes=1)
    Assessment.objects.filter(pk__in=[each.contact_id for each in counted]).update(counted_in=version)
    noticing.keep()
    Memory.objects.update_or_create(pk=1, defaults={"state": population.dump()})
    since = current().since
    if model.alarm == "flood" and (was.alarm != "flood" or (since is not None and since >= first)):
        assess_again(since=over - LOOK_BACK)
    _propose(reports[-1], model, noticed)
    line.compact()
    outbox.publish([(TOPIC, {"kind": "minute", "version": version})])
    transaction.on_commit(published.forget)
    return reports


def _remembering() -> Population:
    """Return the population as it was after the newest minute. A memory that cannot be read is begun anew."""
    memory = Memory.objects.first()
    if memory is not None:
        population = Population(calendar=calendar())
        try:
            population.load(memory.state)
        except Exception as error:  # of another version, most likely; what is usual is learnt again in an hour
            _log.exception("memory cannot be read", error=type(error).__name__)
        else:
            return population
    return Population(calendar=calendar())


def _count_answers(population: Population) -> None:
    """Tell the population what came of questions, in order, each once, with the score before. Silence comes too."""
    told = Assessment.objects.filter(asked_score__isnull=False, assessed_at__isnull=False)
    rows = list(told.order_by("assessed_at", "at"))
    for row in rows:
        if row.traits is not None and row.asked_score is not None:
            asked_by = Decision(
                id=str(row.pk), band=row.band, score=row.asked_score, friction=Friction.NONE, reasons=()
            )
            population.answered(Traits.from_json(row.traits), asked_by)
    Assessment.objects.filter(pk__in=[row.pk for row in rows]).update(asked_score=None)


class _Counted(NamedTuple):
    contact_id: UUID
    conversation_id: UUID
    at: datetime
    traits: Traits | None


def _uncounted(before: datetime) -> Sequence[_Counted]:
    rows = Assessment.objects.filter(assessed_at__isnull=False, counted_in=None, at__lt=before).order_by("at")
    return [
        _Counted(contact_id, conversation_id, at, Traits.from_json(traits) if traits is not None else None)
        for contact_id, conversation_id, at, traits in rows.values_list("contact_id", "conversation_id", "at", "traits")
    ]


def _publish(version: int, model: Model, report: MinuteReport, usual: Mapping[str, float], noticed: Noticed) -> None:
    Minute.objects.create(
        version=version,
        minute=report.minute,
        rate=report.rate,
        expected=report.expected if report.expected < float("inf") else report.rate,
        surge=report.surge,
        flood_share=report.flood_share,
        low=report.low,
        high=report.high,
        reasons=list(report.reasons),
        details={
            **report.details,
            published.USUAL: dict(usual),
            published.CHANGED: noticed.changed,
            published.ALERTS: noticed.alerts,
        },
        model=model.to_json() | {"version": version},
    )


def _propose(report: MinuteReport, model: Model, noticed: Noticed) -> None:
    """Propose what the minute speaks for, and take back what nothing speaks for any more. A person decides."""
    posture = current().name
    evidence = report.reasons or (f"{report.rate:.0f} contacts a minute against {report.expected:.0f} usual.",)
    evidence = (*evidence, *(f"{each['sentence']}." for each in noticed.changed[:_IN_A_PROPOSAL]))
    storm = posture in {Name.SURGE, Name.SIEGE}
    if model.alarm == "flood" and report.flood_share >= SIEGE_AT:
        changes.propose(to=Name.SIEGE, evidence=evidence)
    elif report.surge and posture in {Name.CALM, Name.WATCH, Name.RECOVERY}:
        changes.propose(to=Name.SURGE, evidence=evidence)
    elif not report.surge and storm:
        changes.propose(to=Name.RECOVERY, evidence=evidence)
    if model.alarm != "flood":
        changes.withdraw(to=Name.SIEGE)
    if not report.surge:
        changes.withdraw(to=Name.SURGE)
    else:
        changes.withdraw(to=Name.RECOVERY)
