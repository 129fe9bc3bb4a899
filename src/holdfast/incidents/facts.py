"""The ledger of facts: what is known, from whom, as of when. A message may claim a public fact and nothing else.

A fact is never changed. A newer one about the same (`key`) takes its place, or it is withdrawn with a reason.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import done, held, not_ahead, note, one_line
from holdfast.incidents.contract import FactView
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Fact, Incident
from holdfast.incidents.shown import fact_view
from holdfast.kit.clock import now

_KEY = 40


@transaction.atomic
def state(
    *, incident_id: UUID, text: str, source: str, as_of: datetime, by: int, public: bool, key: str = ""
) -> FactView:
    """State a fact. With a `key` it takes the place of the fact that stands about it. Raises `NotFound`, `Refused`."""
    incident = held(incident_id)
    before = Fact.objects.filter(incident=incident, key=key, superseded_by=None, withdrawn_at=None) if key else None
    return _state(
        incident, text=text, source=source, as_of=as_of, by=by, public=public, key=key,
        before=before.select_for_update().first() if before is not None else None,
    )  # fmt: skip


@transaction.atomic
def supersede(*, fact_id: int, text: str, source: str, as_of: datetime, by: int, public: bool) -> FactView:
    """State what is known instead of a standing fact. Raises `NotFound`, `Refused`."""
    incident, before = _standing(fact_id)
    return _state(incident, text=text, source=source, as_of=as_of, by=by, public=public, key=before.key, before=before)


@transaction.atomic
def withdraw(*, fact_id: int, why: str, by: int) -> None:
    """Take a standing fact back: it was not so. Raises `NotFound`, `Refused`."""
    why = one_line(why, most=200, ask="Say in one line why it is withdrawn.")
    incident, fact = _standing(fact_id)
    fact.withdrawn_at, fact.withdrawn_why = now(), why
    fact.save(update_fields=["withdrawn_at", "withdrawn_why"])
    note(incident.pk, kind="fact", what=f"Withdrawn: {fact.text} ({why})", by=by)
    done(incident, kind="facts")


def _standing(fact_id: int) -> tuple[Incident, Fact]:
    incident_id = Fact.objects.filter(pk=fact_id).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise NotFound(fact_id)
    incident = held(incident_id)
    fact = Fact.objects.select_for_update().get(pk=fact_id)
    if fact.withdrawn_at is not None or fact.superseded_by_id is not None:
        raise Refused("This fact does not stand any more. Look at the newest one.")
    return incident, fact


def _state(
    incident: Incident,
    *,
    text: str,
    source: str,
    as_of: datetime,
    by: int,
    public: bool,
    key: str,
    before: Fact | None,
) -> FactView:
    text = one_line(text, most=500, ask="Say in a sentence what is known.")
    source = one_line(source, most=200, ask="Say where it is known from.")
    if len(key) > _KEY:
        raise Refused(f"What a fact is about is a word or two, at most {_KEY} characters.")
    as_of = not_ahead(as_of, what="The time of the fact")
    if before is not None and as_of < before.as_of:
        raise Refused(
            f"What is known is newer: as of {before.as_of:%Y-%m-%d %H:%M} UTC. Give the later time or withdraw it."
        )
    fact = Fact.objects.create(
        incident=incident,
        key=key,
        text=text,
        source=source,
        as_of=as_of,
        public=public,
        stated_at=now(),
        stated_by_id=by,
    )
    if before is not None:
        before.superseded_by = fact
        before.save(update_fields=["superseded_by"])
    note(incident.pk, kind="fact", what=f"Known: {text} ({source})", by=by, at=as_of)
    done(incident, kind="facts")
    return fact_view(fact)
