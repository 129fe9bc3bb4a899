"""Taking a person for a call, and letting them go: one executive each, and everything else to them held meanwhile.

Mass mail and surveys heed the same hold, which campaigns keep. It ends with the outreach, and by itself at its time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from holdfast.guard.cutoff.states import cut_off_ids
from holdfast.guard.grants import NotGiven, close_grants, open_grant
from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.outreach import executives, ranking, reasons
from holdfast.incidents.outreach.contract import Standing
from holdfast.incidents.outreach.errors import NotFound, Refused
from holdfast.incidents.outreach.models import Outreach
from holdfast.kit.clock import now
from holdfast.notify.campaigns import suppression
from holdfast.people.queries import leads, name_of, sealed_names
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind

LONGEST = timedelta(days=30)
"""How long somebody may be held at most."""
End = Outreach.End


def person_key(customer_id: UUID) -> str:
    """Return how campaigns name a customer."""
    return f"customer:{customer_id}"


def subject_of(outreach_id: UUID) -> str:
    """Return how the ledger of promises names an outreach."""
    return f"outreach:{outreach_id}"


@transaction.atomic
def take(
    *,
    incident_id: UUID,
    customer_id: UUID,
    executive: int,
    window: tuple[datetime, datetime],
    held_until: datetime,
    by: int,
) -> UUID:
    """Name one executive for a person and hold everything else to them. Returns the outreach's id.

    `window`: when the call is to be made. Raises `NotFound`, and `Refused` when somebody else has the person.
    """
    incident = incidents.incident_of_id(incident_id)
    if incident is None or customer_id not in sealed_names([customer_id]):
        raise NotFound(customer_id)
    _may_name(executive, by=by)
    _proper(window, held_until)
    _wants_calls(customer_id)
    counted = ranking.ranked(incident_id, only=customer_id)
    row = Outreach(
        incident_id=incident_id,
        customer_id=customer_id,
        executive_id=executive,
        by_id=by,
        taken_at=now(),
        window_from=window[0],
        window_until=window[1],
        held_until=held_until,
        reasons=_why(counted, incident_id, touches=[each.name for each in incident.components]),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "one_executive_per_person" not in str(error):
            raise
        raise Refused(_taken(customer_id)) from None
    hold(row, by=by)
    try:
        open_grant(agent_id=executive, conversation_id=row.pk, customer_id=customer_id)
    except NotGiven as refused:
        raise Refused(refused.sentence) from refused
    return row.pk


@transaction.atomic
def end(*, outreach_id: UUID, by: int, handed_back: bool = False) -> None:
    """Let a person go: mail and surveys reach them again, and their values close. Raises `NotFound`, `Refused`."""
    row = locked(outreach_id)
    if row.executive_id != by and not leads(by):
        raise Refused(f"{name_of(row.executive_id)} has this person. They or somebody who leads ends it.")
    promised = promises.open_promise(kind=Kind.PERSONAL, subject=subject_of(row.pk))
    if promised is not None:
        raise Refused(
            f"Something is promised to this person by {_clock(promised.due)}. Write down that it was kept, or give it"
            " up with a reason; then it can end."
        )
    if not handed_back and not row.calls.exists():
        raise Refused("No call was noted yet. Note what came of it, or hand the person back.")
    finish(row, End.HANDED_BACK if handed_back else End.DONE, by=by)


@transaction.atomic
def end_due(*, limit: int = 200) -> int:
    """End what is over by its time, whoever forgot it, and what somebody has who is cut off. Returns how many.

    So the person is next for somebody else, and mail reaches them again. What was promised stays in the ledger.
    """
    out = Q(executive_id__in=cut_off_ids())
    rows = Outreach.objects.select_for_update(skip_locked=True).filter(Q(held_until__lte=now()) | out, ended_at=None)
    over = list(rows.order_by("held_until")[:limit])
    for row in over:
        finish(row, End.TIME_OVER if row.held_until <= now() else End.CUT_OFF, by=None)
    return len(over)


def locked(outreach_id: UUID) -> Outreach:
    """Return an outreach that goes on, locked. Raises `NotFound`; `Refused` when it has ended."""
    row = Outreach.objects.select_for_update(of=("self",)).filter(pk=outreach_id).first()
    if row is None:
        raise NotFound(outreach_id)
    if row.ended_at is not None or row.held_until <= now():
        raise Refused("This has ended. Take the person anew to go on.")
    return row


def hold(row: Outreach, *, by: int) -> None:
    """Inside a verb: hold everything else to this person until the outreach's time."""
    incident = incidents.numbers_and_titles([row.incident_id])[row.incident_id][0]
    why = f"{name_of(row.executive_id)} talks to them about incident {incident}."
    suppression.hold(person_key=person_key(row.customer_id), why=why, by=by, until=row.held_until)


def finish(row: Outreach, how: Outreach.End, *, by: int | None) -> None:
    """Inside a verb: end it, let mail and surveys through, close what its executive may ask for."""
    row.ended_at, row.end, row.ended_by_id = now(), how, by
    row.save(update_fields=["ended_at", "end", "ended_by"])
    suppression.let_go(person_key=person_key(row.customer_id))
    close_grants(conversation_id=row.pk)
    if by is not None and how != End.HANDED_BACK:
        timeline.note(incident_id=row.incident_id, by=by, what=f"Outreach to one person ended: {how.label}.")


def _may_name(executive: int, *, by: int) -> None:
    if not executives.is_one(by):
        raise Refused("Calls are made by leads, admins, and those who sign as executives.")
    if not executives.is_one(executive):
        raise Refused("Name somebody who leads, or who signs as an executive.")
    if executive != by and not leads(by):
        raise Refused("Only leads and admins give a person to somebody else. Take them yourself.")


def _proper(window: tuple[datetime, datetime], held_until: datetime) -> None:
    begins, ends = window
    if ends <= begins:
        raise Refused("The time for the call ends before it begins.")
    if ends <= now():
        raise Refused("The time for the call is past. Choose one that lies ahead.")
    if held_until < ends:
        raise Refused("Mail to them is held at least until the time for the call is over.")
    if held_until > now() + LONGEST:
        raise Refused(f"Nobody is held for more than {LONGEST.days} days. Choose an earlier end.")


def _wants_calls(customer_id: UUID) -> None:
    rows = Outreach.objects.filter(customer_id=customer_id, end=End.DECLINED, ended_at__gt=now() - ranking.NOT_AGAIN)
    asked = rows.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if asked is not None:
        raise Refused(f"They asked on {asked:%-d %b %Y} not to be called. Write to them instead.")


def _taken(customer_id: UUID) -> str:
    row = Outreach.objects.filter(customer_id=customer_id, ended_at=None).first()
    if row is None:  # it ended in this very moment
        return "Somebody else had this person until now. Try again."
    return (
        f"{name_of(row.executive_id)} has this person since {_clock(row.taken_at)}, at the latest until"
        f" {_clock(row.held_until)}. One of us talks to one person: ask them, or take somebody else."
    )


def _why(counted: list[Standing], incident_id: UUID, *, touches: list[str]) -> list[str]:
    if not counted:
        return [reasons.BY_HAND]
    version = audiences.newest_version(incident_id)
    return list(reasons.sentences(counted[0], version=version, touches=touches, at=now()))


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%-d %b, %H:%M}"
