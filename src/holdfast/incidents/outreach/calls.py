"""What came of a call, and what was promised in it. A promise made here is kept, late or broken as any other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.guard.redaction import redact
from holdfast.incidents import queries as incidents
from holdfast.incidents.outreach import taking
from holdfast.incidents.outreach.errors import NotFound, Refused
from holdfast.incidents.outreach.models import Call, Outreach
from holdfast.kit.clock import now
from holdfast.people.queries import leads, name_of
from holdfast.promises import errors as promises
from holdfast.promises import ledger
from holdfast.promises.contract import Kind, State

Outcome = Call.Outcome
WHY = {"not_needed": "Not needed any more.", "mistake": "Promised by mistake."}
"""Why a promise may be given up. Chosen, not typed: nothing about a customer can get into the ledger."""
_LONGEST = 280


@transaction.atomic
def note(
    *,
    outreach_id: UUID,
    by: int,
    outcome: str,
    wanted: str = "",
    promised: str = "",
    due: datetime | None = None,
) -> int:
    """Note what came of a call and what was promised in it, by when. Returns the call's id.

    What is promised extends the hold until it is due. Who asks not to be called is let go at once. Raises `NotFound`,
    `Refused`.
    """
    row = taking.locked(outreach_id)
    if row.executive_id != by:
        raise Refused(f"{name_of(row.executive_id)} has this person and notes what came of the call.")
    wanted, promised = _line(wanted), _line(promised)
    _proper(outcome, wanted=wanted, promised=promised, due=due)
    promise = _promise(row, due=due, by=by) if due is not None else None
    call = Call.objects.create(
        outreach=row, at=now(), by_id=by, outcome=outcome, wanted=wanted, promised=promised, promise_id=promise
    )
    if outcome == Outcome.DECLINED:
        taking.finish(row, Outreach.End.DECLINED, by=by)
    return call.pk


@transaction.atomic
def keep(*, outreach_id: UUID, by: int) -> State:
    """Write down that what was promised was done, also after the outreach. Raises `NotFound`, `Refused`."""
    _answers_for(outreach_id, by=by)
    ended = ledger.keep(kind=Kind.PERSONAL, subject=taking.subject_of(outreach_id), by=by)
    if ended is None:
        raise Refused("Nothing is promised to this person now.")
    return ended


@transaction.atomic
def give_up(*, outreach_id: UUID, by: int, why: str) -> None:
    """Give up what was promised, for one of the reasons in `WHY`. Raises `NotFound`, `Refused`."""
    _answers_for(outreach_id, by=by)
    if why not in WHY:
        raise Refused("Choose why the promise is given up.")
    if not ledger.cancel(kind=Kind.PERSONAL, subject=taking.subject_of(outreach_id), why=WHY[why], by=by):
        raise Refused("Nothing is promised to this person now.")


def _proper(outcome: str, *, wanted: str, promised: str, due: datetime | None) -> None:
    if outcome not in Outcome.values:
        raise Refused("Choose what came of the call.")
    if outcome == Outcome.WANTS and not wanted:
        raise Refused("Say in one line what they want.")
    if wanted and outcome not in {Outcome.WANTS, Outcome.DECLINED}:
        raise Refused("They want something: choose that as what came of the call.")
    if bool(promised) != (due is not None):
        raise Refused("A promise has both: what is promised, and by when.")
    if promised and outcome not in {Outcome.REACHED, Outcome.WANTS}:
        raise Refused("A promise is made to somebody who was reached.")


def _promise(row: Outreach, *, due: datetime, by: int) -> UUID:
    if due > now() + taking.LONGEST:
        raise Refused(f"Promise it within {taking.LONGEST.days} days.")
    number = incidents.numbers_and_titles([row.incident_id])[row.incident_id][0]
    try:
        made = ledger.make(
            kind=Kind.PERSONAL,
            subject=taking.subject_of(row.pk),
            about=f"Promised in a call about incident {number}",
            due=due,
            owner=by,
            by=by,
        )
    except promises.Refused as refused:
        raise Refused(refused.sentence) from None
    if due > row.held_until:
        row.held_until = due
        row.save(update_fields=["held_until"])
        taking.hold(row, by=by)
    return made


def _answers_for(outreach_id: UUID, *, by: int) -> None:
    row = Outreach.objects.select_for_update(of=("self",)).filter(pk=outreach_id).first()
    if row is None:
        raise NotFound(outreach_id)
    if row.executive_id != by and not leads(by):
        raise Refused(f"{name_of(row.executive_id)} promised it, and they or somebody who leads settles it.")


def _line(text: str) -> str:
    plain = redact(" ".join(text.replace("\x00", "").split()))
    if len(plain) > _LONGEST:
        raise Refused(f"At most {_LONGEST} characters; this has {len(plain)}.")
    return plain
