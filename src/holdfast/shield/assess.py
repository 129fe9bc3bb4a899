"""Assessing contacts: gather what is known, judge by the model in force, give each its place. Nobody waits for it.

Triage puts a contact in line as on any day and notes it here. Within a second the assessor looks at it; were that to
fail, the contact stands in line by its time of arrival, as in calm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction

from holdfast.conversations.line import Rank, rank_many
from holdfast.conversations.lookups import queues_in_line, with_other_open_cases
from holdfast.intake.queries import Content, contents
from holdfast.kit.clock import now
from holdfast.people.proofs import proven_in
from holdfast.people.queries import standing_of
from holdfast.posture.current import current
from holdfast.shield import published, steps
from holdfast.shield.appeals import REASON as APPEALED
from holdfast.shield.appeals import appealed
from holdfast.shield.evidence import Decision, Evidence, Friction
from holdfast.shield.fairness import interval, stamp, stratum_of
from holdfast.shield.model import Model
from holdfast.shield.models import Assessment, FairTime
from holdfast.shield.need import needs
from holdfast.shield.scoring import score
from holdfast.shield.steps import Planned
from holdfast.shield.traits import Traits, traits_of

_log = structlog.get_logger(__name__)
BATCH = 500
LADDER = tuple(Friction)
NOT_ASSESSED = "This contact could not be assessed. It stands in line by its time of arrival."
_PROVEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAssess:
    """What triage knows of a contact it filed."""

    contact_id: UUID
    conversation_id: UUID
    customer_id: UUID | None
    level: int
    is_machine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Assessed:
    row: Assessment
    traits: Traits | None
    decision: Decision
    stands: bool = False
    """It was judged so before: whoever stands in line by it stands where they should."""


def note(contacts: Sequence[ToAssess]) -> None:
    """Inside triage's transaction: remember contacts that are to be assessed. One that was noted before stays."""
    if not contacts:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO shield_assessment (contact_id, conversation_id, customer_id, level, is_machine, at, challenge,"
            "  model_version, band, score, friction, reasons)"
            " SELECT contact_id, conversation_id, customer_id, level, is_machine, at, '', 0, 0, 0, 'none', '[]'"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::bool[], %s::timestamptz[])"
            "  AS new(contact_id, conversation_id, customer_id, level, is_machine, at)"
            " ON CONFLICT DO NOTHING",
            [
                [each.contact_id for each in contacts],
                [each.conversation_id for each in contacts],
                [each.customer_id for each in contacts],
                [each.level for each in contacts],
                [each.is_machine for each in contacts],
                [each.at for each in contacts],
            ],
        )


@transaction.atomic
def assess_some(limit: int = BATCH) -> int:
    """Assess contacts that wait for it, the oldest first; return how many. Several processes share the work."""
    rows = list(Assessment.objects.select_for_update(skip_locked=True).filter(assessed_at=None).order_by("at")[:limit])
    if not rows:
        return 0
    model = published.model()
    evidence = _gather(rows)
    exempt = appealed({row.conversation_id for row in rows}) if model.alarm == "flood" else set()
    assessed = [_assess(row, evidence.get(row.contact_id), model, exempt=row.conversation_id in exempt) for row in rows]
    if model.alarm == "flood":
        _hear(rows, evidence)
    _write(assessed)
    _place(assessed, model)
    return len(rows)


def assess_again(*, since: datetime) -> int:
    """Have the contacts since then assessed once more, under the newest model; return how many."""
    return Assessment.objects.filter(at__gte=since, assessed_at__isnull=False).update(assessed_at=None)


@transaction.atomic
def answered(*, contact_id: UUID, challenge: str) -> None:
    """Note what came of a question asked of a contact (`pass` or `fail`), and have it assessed once more."""
    steps.challenge(contact_id=contact_id, came=challenge)


def proven(*, conversation_id: UUID, speaker_id: UUID | None, customer_id: UUID) -> int:
    """Have what a speaker said in a conversation judged anew, now that it is proven which customer they are.

    What their account shows counts from then on: for who was unknown there is no stronger evidence. Returns how many
    contacts that are. Nobody has to prove anything, and a wrong code is held against nobody.
    """
    rows = Assessment.objects.filter(conversation_id=conversation_id, customer_id=speaker_id)
    return rows.update(customer_id=customer_id, level=_PROVEN, assessed_at=None)


def _gather(rows: Sequence[Assessment]) -> dict[UUID, Evidence]:
    speakers = proven_in({row.conversation_id for row in rows})
    for row in rows:
        if (customer_id := speakers.get((row.conversation_id, row.customer_id))) is not None:
            row.customer_id, row.level = customer_id, _PROVEN
    said = {content.id: content for content in contents([row.contact_id for row in rows])}
    customers = {row.customer_id for row in rows if row.customer_id is not None}
    standing = standing_of(customers)
    busy = with_other_open_cases([(row.customer_id, row.conversation_id) for row in rows if row.customer_id])
    known = needs({reference for reference, _ in standing.values() if reference is not None})
    return {
        row.contact_id: _evidence(row, said[row.contact_id], standing, busy, known)
        for row in rows
        if row.contact_id in said
    }


def _evidence(
    row: Assessment,
    said: Content,
    standing: Mapping[UUID, tuple[str | None, date | None]],
    busy: set[UUID],
    known: Mapping[str, bool],
) -> Evidence:
    reference, since = standing.get(row.customer_id, (None, None)) if row.customer_id is not None else (None, None)
    identified = row.level > 0 and row.customer_id is not None
    return Evidence(
        id=str(row.contact_id),
        at=row.at,
        channel=said.channel,
        text=said.text,
        account=str(row.customer_id) if identified else None,
        verification=row.level,
        operator=_text(said.origin.get("operator")) or ("registered" if row.is_machine else None),
        source=_text(said.origin.get("source")) or said.source,
        region=_text(said.origin.get("region")),
        tenure_days=(row.at.date() - since).days if since is not None and identified else None,
        open_case=row.customer_id in busy if identified else None,
        need=known.get(reference) if reference is not None and identified else None,
        challenge="pass" if row.challenge == "pass" else "fail" if row.challenge == "fail" else None,
        language=said.locale.split("-")[0].lower() or None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _hear(rows: Sequence[Assessment], evidence: Mapping[UUID, Evidence]) -> None:
    said = [(row, evidence[row.contact_id].text) for row in rows if row.contact_id in evidence]
    steps.hear({row.contact_id: (row.conversation_id, row.at, text) for row, text in said})


def _assess(row: Assessment, evidence: Evidence | None, model: Model, *, exempt: bool) -> _Assessed:
    """Judge one contact; whatever is wrong with it, it keeps its place. Whoever appealed is not judged any more."""
    try:
        if evidence is None:
            raise LookupError("The contact is not there.")
        traits = traits_of(evidence)
        return _Assessed(row, traits, _excused(row, model, APPEALED) if exempt else score(traits, model))
    except OperationalError:
        raise
    except Exception as error:
        _log.exception("contact not assessed", contact=str(row.contact_id), error=type(error).__name__)
        return _Assessed(row, None, _excused(row, model, NOT_ASSESSED))


def _excused(row: Assessment, model: Model, reason: str) -> Decision:
    """Return what is decided of everybody in calm, and why it is decided here."""
    return Decision(
        id=str(row.contact_id), band=0, score=0.0, friction=Friction.NONE, reasons=(reason,), model=model.version
    )


def _write(assessed: Sequence[_Assessed]) -> None:
    allowed = LADDER.index(Friction(current().effects.friction))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shield_assessment AS old SET assessed_at = %s, traits = new.traits, model_version = new.model,"
            "  band = new.band, score = new.score, friction = new.friction, reasons = new.reasons"
            " FROM unnest(%s::uuid[], %s::jsonb[], %s::int[], %s::int[], %s::float8[], %s::text[], %s::jsonb[])"
            "  AS new(contact_id, traits, model, band, score, friction, reasons)"
            " WHERE old.contact_id = new.contact_id",
            [
                now(),
                [each.row.contact_id for each in assessed],
                [json.dumps(each.traits.to_json()) if each.traits else "null" for each in assessed],
                [each.decision.model for each in assessed],
                [each.decision.band for each in assessed],
                [each.decision.score for each in assessed],
                [LADDER[min(allowed, LADDER.index(each.decision.friction))] for each in assessed],
                [json.dumps(list(each.decision.reasons)) for each in assessed],
            ],
        )


def _place(assessed: Sequence[_Assessed], model: Model) -> None:
    """Give those in line their band, while the posture orders the line by need; a case has the best of its contacts."""
    if current().effects.room != "by_need" or model.alarm != "flood":
        return
    lines = queues_in_line({each.row.conversation_id for each in assessed})
    best: dict[UUID, _Assessed] = {}
    for each in [*_said_before(assessed, lines, model), *assessed]:
        other = best.get(each.row.conversation_id)
        if other is None or each.decision.band < other.decision.band:
            best[each.row.conversation_id] = each
    standing = {id_: each for id_, each in best.items() if id_ in lines and not each.stands}
    rank_many(_ranks(standing, lines))
    allowed = LADDER.index(Friction(current().effects.friction))
    steps.plan(
        [
            Planned(each.row.contact_id, id_, each.decision.friction)
            for id_, each in standing.items()
            if 0 < LADDER.index(each.decision.friction) <= allowed and not _beyond_doubt(each.traits)
        ]
    )


def _said_before(
    assessed: Sequence[_Assessed], lines: Mapping[UUID, tuple[int, datetime]], model: Model
) -> Iterator[_Assessed]:
    """Judge by today's model what else was said in these cases since they stand in line: "any news?" moves nobody back.

    Not where an answer did not fit: that one counts, whatever was said beside it.
    """
    new = {each.row.contact_id for each in assessed}
    since = min((joined_at for _, joined_at in lines.values()), default=now())
    rows = Assessment.objects.filter(conversation_id__in=list(lines), at__gte=since)
    failed = {row.conversation_id for row in [*rows, *(each.row for each in assessed)] if row.challenge == "fail"}
    for row in rows:
        if row.contact_id in new or row.assessed_at is None or row.traits is None:
            continue
        if row.conversation_id not in failed and row.at >= lines[row.conversation_id][1]:
            traits = Traits.from_json(row.traits)
            decision = score(traits, model)
            yield _Assessed(row, traits, decision, stands=decision.band == row.band)


def _beyond_doubt(traits: Traits | None) -> bool:
    """Whoever is proven, and whose need company data show, is never asked anything."""
    return traits is None or (traits.verification == _PROVEN and traits.need is True)


def _ranks(standing: Mapping[UUID, _Assessed], lines: Mapping[UUID, tuple[int, datetime]]) -> dict[UUID, Rank]:
    """Return where each stands. Fair times go on from where the last batch left them, under a lock in one order."""
    if not standing:
        return {}
    ordered = sorted(standing.items(), key=lambda item: lines[item[0]][1])
    shares = FairTime.objects.select_for_update().order_by("queue_id", "band", "stratum")
    queues = {lines[id_][0] for id_ in standing}
    due = {(each.queue_id, each.band, each.stratum): each.due for each in shares.filter(queue_id__in=queues)}
    before, usual, ranks = dict(due), published.usual_rates(), {}
    for id_, each in ordered:
        queue_id, joined_at = lines[id_]
        stratum = stratum_of(each.traits) if each.traits else "unknown"
        key = queue_id, each.decision.band, stratum
        fair_at, due[key] = stamp(at=joined_at, due=due.get(key), interval=interval(stratum, usual))
        ranks[id_] = Rank(each.decision.band, fair_at)
    FairTime.objects.bulk_create(
        [
            FairTime(queue_id=queue_id, band=band, stratum=stratum, due=at)
            for (queue_id, band, stratum), at in sorted(due.items())
            if before.get((queue_id, band, stratum)) != at
        ],
        update_conflicts=True,
        unique_fields=["queue_id", "band", "stratum"],
        update_fields=["due"],
    )
    return ranks
