"""Signals as rows, and what people decide about them. By itself the house only gives less; see `restraints`."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import transaction

from holdfast.guard.keys import key_ring
from holdfast.guard.ledger import acts
from holdfast.guard.redaction import redact
from holdfast.guard.watching.contract import SOURCES, Kind, Signal, independent
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.machines import MACHINES
from holdfast.guard.watching.models import Decision, Noticed
from holdfast.guard.watching.restraints import in_force, lift, restrain
from holdfast.kit.clock import now

ENOUGH = 2
"""So many independent signals before a person may decide that somebody is named."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A signal on file, open until `closed_at`."""

    id: UUID
    agent_id: int
    kind: str
    source: str
    sentence: str
    reasons: tuple[str, ...]
    clears: tuple[str, ...]
    entries: tuple[UUID, ...]
    at: datetime
    seen_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided, when, and in which words."""

    agent_id: int
    kind: str
    verdict: str
    words: str
    by: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything open about one person. `alias` stands for them until `named`."""

    agent_id: int
    alias: str
    named: bool
    independent: int
    notices: tuple[Notice, ...]
    decisions: tuple[Decided, ...]

    @property
    def may_be_named(self) -> bool:
        """Whether a person may decide now that the name is shown."""
        return self.independent >= ENOUGH and not self.named and not self.of_machines

    @property
    def of_machines(self) -> bool:
        """Whether it is about the house's machines, and nobody."""
        return self.agent_id == MACHINES


@transaction.atomic
def note(signals: Iterable[Signal], *, looked_for: Collection[Kind]) -> list[UUID]:
    """Keep what a look found; return what is new. What it looked for and did not find any more is closed.

    New signals give their person less: one source of evidence half the budget, two a second approver of another
    organisation for each further customer, three masks. All of it ends by itself after a week, or by a person.
    """
    at = now()
    open_rows = {(row.agent_id, row.kind): row for row in Noticed.objects.select_for_update().filter(closed_at=None)}
    found: dict[tuple[int, str], Signal] = {(each.agent_id, str(each.kind)): each for each in signals}
    new: list[UUID] = []
    for key, signal in found.items():
        row = open_rows.pop(key, None)
        if row is None:
            row = Noticed(agent_id=signal.agent_id, kind=signal.kind, at=at)
            new.append(row.pk)
        row.sentence, row.reasons, row.clears = signal.sentence[:400], list(signal.reasons), list(signal.clears)
        row.entries, row.seen_at = [str(entry) for entry in signal.entries[:200]], at
        row.save()
    gone = [row.pk for (_, kind), row in open_rows.items() if kind in looked_for]
    Noticed.objects.filter(pk__in=gone).update(closed_at=at)
    for agent_id in {signal.agent_id for signal in found.values()}:
        if Noticed.objects.filter(pk__in=new, agent_id=agent_id).exists():
            _give_less(agent_id)
    return new


def _give_less(agent_id: int) -> None:
    if agent_id == MACHINES:
        return
    rows = Noticed.objects.filter(agent_id=agent_id, closed_at=None)
    count = independent(Kind(row.kind) for row in rows)
    kind = ("half", "second", "masked")[min(count, 3) - 1]
    what = "One signal" if count == 1 else f"{count} independent signals"
    restrain(agent_id=agent_id, kind=kind, why=f"{what}, to be looked at by a person")


def dossiers() -> list[Dossier]:
    """Return everybody about whom something is open, those with most independent signals first."""
    by_agent: dict[int, list[Notice]] = defaultdict(list)
    for row in Noticed.objects.filter(closed_at=None).order_by("-at"):
        by_agent[row.agent_id].append(_notice(row))
    found = [_dossier(agent, notices) for agent, notices in by_agent.items()]
    return sorted(found, key=lambda each: (-each.independent, each.notices[0].at, each.alias))


def dossier(alias: str) -> Dossier | None:
    """Return what is open about the person behind an alias; `None` when nothing is."""
    return next((each for each in dossiers() if each.alias == alias), None)


def before(agent_id: int) -> list[Notice]:
    """Return the signals there were about one person, closed by now, the newest first."""
    rows = Noticed.objects.filter(agent_id=agent_id, closed_at__isnull=False).order_by("-at")
    return [_notice(row) for row in rows[:50]]


@transaction.atomic
def explain(notice_id: UUID, *, words: str, by: int) -> None:
    """Decide that a signal is explained: it closes, and what was before now is not counted again. Raises `Refused`.

    With the last signal about somebody, what the house gave them less by itself ends too.
    """
    row = Noticed.objects.select_for_update().filter(pk=notice_id, closed_at=None).first()
    if row is None:
        raise Refused("This was decided already, or its reason is gone.")
    _decide(row.agent_id, Decision.Verdict.EXPLAINED, words, by, row)
    row.closed_at = now()
    row.save(update_fields=["closed_at"])
    if not Noticed.objects.filter(agent_id=row.agent_id, closed_at=None).exists():
        for each in in_force([row.agent_id]):
            if each.by is None:
                lift(each.id, by=by)


@transaction.atomic
def watch_on(notice_id: UUID, *, words: str, by: int) -> None:
    """Decide to look at it again later: it stays open, with these words. Raises `Refused`."""
    row = Noticed.objects.select_for_update().filter(pk=notice_id, closed_at=None).first()
    if row is None:
        raise Refused("This was decided already, or its reason is gone.")
    _decide(row.agent_id, Decision.Verdict.WATCHED, words, by, row)


@transaction.atomic
def name(alias: str, *, words: str, by: int) -> int:
    """Decide, as a person, that it may be seen who this is; return the agent. On record in the log.

    Raises `Refused` below two independent signals. It cuts nobody off: that is another decision.
    """
    found = dossier(alias)
    if found is None:
        raise Refused("Nothing is open here any more.")
    if found.named:
        return found.agent_id
    if not found.may_be_named:
        raise Refused("One kind of evidence is not enough: two independent signals are needed before a name is shown.")
    _decide(found.agent_id, Decision.Verdict.NAMED, words, by, None)
    return found.agent_id


def cleared() -> dict[tuple[int, Kind], datetime]:
    """Return when a kind of signal about somebody was last found explained."""
    rows = Decision.objects.filter(verdict=Decision.Verdict.EXPLAINED).order_by("at")
    return {(row.agent_id, Kind(row.kind)): row.at for row in rows}


@cache
def _alias_key() -> bytes:
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], "watching.alias")


def alias_of(agent_id: int) -> str:
    """Return what stands for somebody until they are named: six characters that follow from a key."""
    if agent_id == MACHINES:
        return "MACHINES"
    digest = hmac.digest(_alias_key(), str(agent_id).encode(), "sha256")
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(letters[byte % 32] for byte in digest[:6])


def _decide(agent_id: int, verdict: Decision.Verdict, words: str, by: int, row: Noticed | None) -> None:
    words = redact(" ".join(words.split()))[:300]
    if len(words) < 5:
        raise Refused("Say in a few words what you found.")
    if by == agent_id:
        raise Refused("Somebody else has to decide this.")
    Decision.objects.create(
        agent_id=agent_id,
        noticed=row,
        kind=row.kind if row else "",
        verdict=verdict,
        words=words,
        by_id=by,
        at=now(),
    )
    acts.record(kind=f"watch_{verdict.value}", actor_id=by, details=f"agent={agent_id} {row.kind if row else ''}")


def _dossier(agent_id: int, notices: list[Notice]) -> Dossier:
    opened = min(notice.at for notice in notices)
    decisions = [
        Decided(row.agent_id, row.kind, row.verdict, row.words, row.by_id, row.at)
        for row in Decision.objects.filter(agent_id=agent_id).order_by("-at")[:50]
    ]
    return Dossier(
        agent_id=agent_id,
        alias=alias_of(agent_id),
        named=any(each.verdict == Decision.Verdict.NAMED and each.at >= opened for each in decisions),
        independent=independent(Kind(notice.kind) for notice in notices),
        notices=tuple(notices),
        decisions=tuple(decisions),
    )


def _notice(row: Noticed) -> Notice:
    return Notice(
        id=row.pk,
        agent_id=row.agent_id,
        kind=row.kind,
        source=str(SOURCES[Kind(row.kind)]),
        sentence=row.sentence,
        reasons=tuple(row.reasons),
        clears=tuple(row.clears),
        entries=tuple(UUID(entry) for entry in row.entries),
        at=row.at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
    )
