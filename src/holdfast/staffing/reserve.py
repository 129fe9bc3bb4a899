"""The reserve: who is on it, and calling people in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from holdfast.staffing.models import Reserve, Shift
from holdfast.staffing.queries import person_of
from holdfast.staffing.roster import Rules, allowed_hours, barred


class Refused(Exception):
    """What was asked cannot be; the message is a sentence for people."""


def join(*, agent_id: int, skills: Iterable[str], notice: timedelta) -> None:
    """Put an agent on the reserve, or change what they can do and how soon. `notice` is from the call to the start."""
    minutes = int(notice.total_seconds() // 60)
    if minutes < 0:
        raise Refused("Notice cannot be negative.")
    Reserve.objects.update_or_create(
        agent_id=agent_id, defaults={"skills": sorted(set(skills)), "notice_minutes": minutes}
    )


def leave(*, agent_id: int) -> None:
    """Take an agent off the reserve. Their shifts stay."""
    Reserve.objects.filter(agent_id=agent_id).delete()


def step_away(*, agent_id: int, until: datetime | None) -> None:
    """Say until when an agent on the reserve cannot be called; `None`: they can be called again."""
    Reserve.objects.filter(agent_id=agent_id).update(away_until=until)


@transaction.atomic
def call_in(*, agent_id: int, begins_at: datetime, hours: float, by: int, rules: Rules | None = None) -> None:
    """Record that an agent was called in and agreed. Raises `Refused` where rest or working time forbid it.

    The row of the reserve is locked: two leads who call the same person at the same moment get one shift.
    """
    limits = rules or Rules()
    found = Reserve.objects.select_for_update().filter(agent_id=agent_id).first()
    if found is None:
        raise Refused("This agent is not on the reserve.")
    if not 0 < hours <= limits.shift_hours:
        raise Refused(f"A surge shift is at most {limits.shift_hours:g} hours.")
    person = person_of(found, at=begins_at)
    if why := barred(person, begins=begins_at, by=None, rules=limits):
        raise Refused(f"{person.name} {why}.")
    if hours > (most := allowed_hours(person, begins=begins_at, rules=limits)):
        raise Refused(f"{person.name} may work {most:.1f} hours then, not {hours:g}.")
    Shift.objects.create(
        agent_id=agent_id, begins_at=begins_at, ends_at=begins_at + timedelta(hours=hours), called_in=True, by_id=by
    )
