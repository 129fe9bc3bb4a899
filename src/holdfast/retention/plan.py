"""How long what is kept. Changing it needs a look first, and nothing goes in the first day after a change.

Whatever cannot be read or does not add up counts as off: a mistake keeps too much and never loses anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.guard.ledger import acts
from holdfast.kit.clock import now
from holdfast.retention import runs
from holdfast.retention.models import Look, Plan

WAIT = timedelta(hours=24)
"""From a change until the first row goes. Zendesk begins within 72 hours; here a colleague has a day to object."""
LOOK_LASTS = timedelta(hours=1)
MOST = 3_650


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The plan stays as it was. `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the plan: what goes, `days` after what unless somebody says else, and never before `least`."""

    key: str
    title: str
    what: str
    after: str
    days: int
    least: int


TERMS = (
    Term(
        key="cases",
        title="Closed conversations",
        what="Messages, notes, attachments, contacts as they came with raw mails, what the assistant said, deliveries.",
        after="since anything last happened",
        days=730,
        least=90,
    ),
    Term(
        key="customers",
        title="Customers without a case",
        what="Names, addresses, identities and all other values: their key is destroyed, as by erasing.",
        after="since their last case, or since they were first known",
        days=730,
        least=90,
    ),
    Term(
        key="campaigns",
        title="Addresses of campaigns",
        what="The sealed address and values of each recipient. Who was told, when and with what outcome stays.",
        after="since the campaign ended",
        days=180,
        least=30,
    ),
    Term(
        key="subscribers",
        title="Subscribers who left",
        what="Addresses of those who unsubscribed from the status page, or never confirmed.",
        after="since they left, or were asked",
        days=30,
        least=7,
    ),
    Term(
        key="openings",
        title="What machines were given",
        what="Entries of stored forms and keys that the system itself was given. A count stays in their place.",
        after="since the entry",
        days=400,
        least=180,
    ),
    Term(
        key="sessions",
        title="Ended sign-ins",
        what="Sessions of people at the desk that are over.",
        after="since they ended",
        days=30,
        least=1,
    ),
    Term(
        key="sign_ins",
        title="Records of signing in",
        what="When, how and from where people at the desk signed in, and machines with which nobody did since.",
        after="since the sign-in",
        days=400,
        least=90,
    ),
)
BY_KEY = {term.key: term for term in TERMS}
DEFAULT = {term.key: term.days for term in TERMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The plan as it stands. `fault` says why it counts as off although a row says else."""

    id: int | None = None
    on: bool = False
    days: Mapping[str, int]
    at: datetime | None = None
    by_id: int | None = None
    fault: str = ""

    @property
    def begins_at(self) -> datetime | None:
        """From when on something may go; `None` where nothing does."""
        return self.at + WAIT if self.on and self.at is not None else None

    def acts(self, moment: datetime) -> bool:
        """Whether something may go at `moment`."""
        return self.begins_at is not None and self.begins_at <= moment


def in_force() -> InForce:
    """Return the plan as it stands. Without any, or with one that cannot be followed, it is off."""
    row = Plan.objects.order_by("-id").first()
    if row is None:
        return InForce(days=DEFAULT)
    if not row.on:
        return InForce(id=row.pk, days=DEFAULT, at=row.at, by_id=row.by_id)
    try:
        days = checked(row.days)
    except Refused as refused:
        return InForce(id=row.pk, days=DEFAULT, at=row.at, by_id=row.by_id, fault=refused.sentence)
    return InForce(id=row.pk, on=True, days=days, at=row.at, by_id=row.by_id)


def checked(days: object) -> dict[str, int]:
    """Return the days of every term. Raises `Refused` where one is missing, unknown, not whole or out of range."""
    if not isinstance(days, Mapping) or set(days) != set(BY_KEY):
        raise Refused("The plan does not say for everything how long it is kept. Look at it and keep it anew.")
    for term in TERMS:
        given = days[term.key]
        if not isinstance(given, int) or isinstance(given, bool) or not term.least <= given <= MOST:
            raise Refused(f"{term.title}: give whole days, from {term.least} to {MOST:,}.")
    return {term.key: int(days[term.key]) for term in TERMS}


@transaction.atomic
def keep(*, look_id: UUID, by: int) -> InForce:
    """Put the plan in force that this look was about; it acts after `WAIT`. Raises `Refused`."""
    look = Look.objects.filter(pk=look_id, by_id=by).first()
    if look is None or look.at < now() - LOOK_LASTS:
        raise Refused("Look first at what would go: figures are good for an hour, for whoever asked for them.")
    before, days = in_force(), checked(look.days)
    if before.on and dict(before.days) == days:
        raise Refused("That is the plan in force already.")
    runs.stop()
    Plan.objects.create(at=now(), by_id=by, on=True, days=days, look=look)
    said = ", ".join(f"{key} {count}" for key, count in days.items())
    acts.record(kind="retention_plan", actor_id=by, details=f"on: {said}")
    return in_force()


@transaction.atomic
def turn_off(*, by: int | None) -> InForce:
    """Let nothing run out from now on; a run under way stops at its next batch. Raises `Refused` when it is off."""
    newest = Plan.objects.order_by("-id").first()
    if newest is None or not newest.on:
        raise Refused("It is off already.")
    runs.stop()
    Plan.objects.create(at=now(), by_id=by, on=False)
    acts.record(kind="retention_plan", actor_id=by, details="off")
    return in_force()
