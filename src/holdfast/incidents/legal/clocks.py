"""Clocks of an incident: started for regimes, counted anew by each act, done with a reference, or not needed.

Each running clock with a time is a promise of kind `legal` in the ledger, so its owner is told ahead and everybody sees
what was kept. Legal decides what is needed; this only counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.legal.due import due as due_of
from holdfast.incidents.legal.errors import NotFound, Refused
from holdfast.incidents.legal.models import Act, Clock, Pause
from holdfast.incidents.legal.record import alone, events, write
from holdfast.incidents.legal.regimes import Duty, Event, regimes
from holdfast.kit.clock import now
from holdfast.promises import ledger
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind


@transaction.atomic
def start(*, incident_id: UUID, slugs: Sequence[str], by: int) -> int:
    """Start the clocks of these regimes for an incident; return how many are new. Those that run go on.

    Raises `Refused` for a regime there is none of, or without any.
    """
    known = regimes()
    wanted = [known[slug] for slug in dict.fromkeys(slugs) if slug in known]
    if not wanted or len(wanted) < len(set(slugs)):
        raise Refused("Choose regimes from the list.")
    rows = [
        Clock(
            incident_id=incident_id,
            regime=regime.slug,
            duty=duty.key,
            title=duty.title,
            zone=regime.zone,
            terms=duty.model_dump(mode="json"),
            started_at=now(),
            started_by_id=by,
        )
        for regime in wanted
        for duty in regime.duties
    ]
    alone(incident_id)
    before = Clock.objects.filter(incident_id=incident_id).count()
    Clock.objects.bulk_create(rows, ignore_conflicts=True)
    new = Clock.objects.filter(incident_id=incident_id).count() - before
    if new:
        titles = ", ".join(regime.title for regime in wanted)[:240]
        timeline.note(incident_id=incident_id, by=by, what=f"Legal clocks started: {titles}.")
        refresh(incident_id=incident_id, by=by, why="The clock was started.")
    return new


@transaction.atomic
def refresh(*, incident_id: UUID, by: int | None, why: str) -> None:
    """Inside a verb: count the running clocks anew by the acts that stand; the ledger of promises follows.

    A promise that comes out earlier is shortened. One that comes out later is given up with `why` and made anew: what
    it was stays to be read.
    """
    happened = events(incident_id)
    owner = _owner(incident_id) or by
    running = Clock.objects.filter(incident_id=incident_id, state=Clock.State.RUNNING)
    for clock in running.prefetch_related("pauses").order_by("id"):
        due = when(clock, happened)
        if due != clock.due:
            clock.due = due
            clock.save(update_fields=["due"])
        _promise(clock, owner=owner, by=by, why=why)


@transaction.atomic
def done(*, clock_id: UUID, incident_id: UUID, reference: str, at: datetime, by: int) -> None:
    """Write down that the notice was given at `at`, with the reference it got. What follows it begins to run.

    Raises `NotFound`, `Refused` when it is settled already, or without a reference.
    """
    clock = _running(clock_id, incident_id)
    duty = f"{clock.regime}/{clock.duty}"
    write(
        Act(incident_id=incident_id, event=Event.NOTIFIED, duty=duty, at=at, evidence=reference, by_id=by),
        otherwise="This notice was written down as given before.",
    )
    _settle(clock, Clock.State.DONE, at=at, by=by, why=" ".join(reference.replace("\x00", "").split()))
    ledger.keep(kind=Kind.LEGAL, subject=subject_of(clock.pk), by=by, at=at)
    timeline.note(incident_id=incident_id, by=by, what=f"Notice given: {clock.title}.", at=at)
    refresh(incident_id=incident_id, by=by, why=f"Notice given: {clock.title}.")


@transaction.atomic
def not_needed(*, clock_id: UUID, incident_id: UUID, why: str, by: int) -> None:
    """Write down that legal decided no notice is needed, and why. Raises `NotFound`, `Refused`."""
    clock = _running(clock_id, incident_id)
    why = _line(why, most=280, ask="Say in one line why legal decided that no notice is needed.")
    _settle(clock, Clock.State.NOT_NEEDED, at=now(), by=by, why=why)
    ledger.cancel(kind=Kind.LEGAL, subject=subject_of(clock.pk), why=why, by=by)
    timeline.note(incident_id=incident_id, by=by, what=f"Legal decided that no notice is needed: {clock.title}.")


@transaction.atomic
def pause(*, clock_id: UUID, incident_id: UUID, authority: str, document: str, until: datetime, by: int) -> None:
    """Hold a clock until a day because law enforcement asked to wait. Needs who asked and the document's reference.

    Raises `NotFound`; `Refused` without a document, for a day past, and where the regime knows no such pause.
    """
    clock = _running(clock_id, incident_id)
    if not Duty.model_validate(clock.terms).pausable:
        raise Refused("This regime knows no pause for law enforcement. Ask counsel.")
    authority = _line(authority, most=200, ask="Name the authority that asked to wait.")
    document = _line(document, most=300, ask="A pause needs a document. Give its reference and date.")
    if until <= now():
        raise Refused("That day is past. Give the day until which the document asks to wait.")
    Pause.objects.create(clock=clock, authority=authority, document=document, until=until, noted_at=now(), by_id=by)
    said = f"Legal clock paused on a document of {authority}: {clock.title}."
    timeline.note(incident_id=incident_id, by=by, what=said[:280])
    refresh(incident_id=incident_id, by=by, why=f"Paused by {authority}: {document}."[:280])


@transaction.atomic
def resume(*, clock_id: UUID, incident_id: UUID, by: int) -> None:
    """End the pauses of a clock earlier than they said. Raises `NotFound`."""
    clock = _running(clock_id, incident_id)
    Pause.objects.filter(clock=clock, ended_at=None, until__gt=now()).update(ended_at=now())
    timeline.note(incident_id=incident_id, by=by, what=f"Legal clock goes on: {clock.title}.")
    refresh(incident_id=incident_id, by=by, why="The pause was ended.")


def when(clock: Clock, happened: Mapping[str, datetime]) -> datetime | None:
    """Return when a clock is due by what happened: not before a pause that stands is over."""
    found = due_of(Duty.model_validate(clock.terms), seen_by(clock.regime, happened), zone=clock.zone)
    if found is None or found.at is None:
        return None
    # A pause that somebody ended makes it due at once, and not at a time that lay within the pause.
    ends = [pause.until if pause.ended_at is None else pause.ended_at for pause in clock.pauses.all()]
    return max([found.at, *ends])


def seen_by(regime: str, happened: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """Return events as one regime names them: its own notices as `notified:<duty>`."""
    own = f"{regime}/"
    return {f"notified:{name.removeprefix(own)}" if name.startswith(own) else name: at for name, at in happened.items()}


def subject_of(clock_id: UUID) -> str:
    """Return what the ledger of promises calls a clock."""
    return f"legal:{clock_id}"


def _promise(clock: Clock, *, owner: int | None, by: int | None, why: str) -> None:
    subject = subject_of(clock.pk)
    standing = promises.open_promise(kind=Kind.LEGAL, subject=subject)
    if standing is not None and standing.due == clock.due:
        return
    if standing is not None and clock.due is not None and now() < clock.due < standing.due:
        ledger.shorten(promise_id=standing.id, due=clock.due, by=by)
        return
    if standing is not None:
        ledger.cancel(kind=Kind.LEGAL, subject=subject, why=why, by=by)
    if clock.due is not None and clock.due > now():  # what was over when it became known is shown on its page
        about = f"{clock.title} ({clock.regime})"[:200]
        ledger.make(kind=Kind.LEGAL, subject=subject, about=about, due=clock.due, owner=owner, by=by)


def _owner(incident_id: UUID) -> int | None:
    return next((part.agent_id for part in incidents.parts_of(incident_id) if part.role == "legal"), None)


def _running(clock_id: UUID, incident_id: UUID) -> Clock:
    alone(incident_id)
    clock = Clock.objects.filter(pk=clock_id, incident_id=incident_id).first()
    if clock is None:
        raise NotFound(clock_id)
    if clock.state != Clock.State.RUNNING:
        raise Refused("This was settled already. Look again.")
    return clock


def _settle(clock: Clock, state: Clock.State, *, at: datetime, by: int, why: str) -> None:
    clock.state, clock.settled_at, clock.settled_by_id, clock.why = state, at, by, why
    clock.save(update_fields=["state", "settled_at", "settled_by", "why"])


def _line(text: str, *, most: int, ask: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not text or len(text) > most:
        raise Refused(f"{ask} At most {most} characters.")
    return text
