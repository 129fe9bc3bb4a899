"""The record of each change, committed before the call: an equal key never acts twice, and nothing is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from django.db import transaction

from holdfast.kit.clock import now
from holdfast.operations.action import Facts, Who
from holdfast.operations.models import Act

_GRACE = timedelta(seconds=5)


class Standing(Enum):
    """What a record says to somebody who comes with its key."""

    YOURS = auto()
    BUSY = auto()
    SETTLED = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as it was when we looked. `attempt` counts the askings with this key; above 1 it was unknown before."""

    standing: Standing
    id: UUID
    attempt: int
    state: str
    facts: Facts
    sentence: str


def ask(*, key: str, action: str, who: Who, digest: bytes, timeout: float) -> Recorded:
    """Record that something is asked for now, or return how an earlier asking with this key stands.

    Of equal keys at one moment one gets `YOURS`. What is unknown may be asked again, under the same key, and so may
    what was left as `asked` by a process that vanished. Not inside a transaction: what is rolled back is no record.
    """
    at = now()
    asked = Act(
        key=key,
        action=action,
        customer_ref=who.reference,
        conversation_id=who.conversation_id,
        by=who.by,
        level=who.level,
        digest=digest,
        asked_at=at,
    )
    while True:
        with transaction.atomic(durable=True):
            Act.objects.bulk_create([asked], ignore_conflicts=True)
            act = Act.objects.select_for_update().filter(key=key).first()
            if act is not None:  # none: it was withdrawn in between, so there is room for ours
                return _recorded(act, _standing(act, asked, patience=timedelta(seconds=timeout) + _GRACE))


def _standing(act: Act, asked: Act, *, patience: timedelta) -> Standing:
    """Tell what a locked record says to `asked`, and make it theirs when it is free."""
    if act.pk == asked.pk:
        return Standing.YOURS
    if bytes(act.digest) != asked.digest:
        return Standing.OTHER
    if act.state in {Act.State.DONE, Act.State.REFUSED}:
        return Standing.SETTLED
    if act.state == Act.State.ASKED and act.asked_at > asked.asked_at - patience:
        return Standing.BUSY
    act.state, act.asked_at, act.settled_at = Act.State.ASKED, asked.asked_at, None
    act.attempts += 1
    act.save(update_fields=["state", "asked_at", "settled_at", "attempts"])
    return Standing.YOURS


def look(act_id: UUID) -> Recorded | None:
    """Return a record once it is settled; `None` while it is not, or when it was withdrawn."""
    act = Act.objects.filter(pk=act_id).exclude(state=Act.State.ASKED).first()
    return _recorded(act, Standing.SETTLED) if act else None


def settle(recorded: Recorded, *, state: Act.State, facts: Facts, sentence: str) -> None:
    """Write down what came of it. An answer that comes late is the truth too; not knowing never covers an answer."""
    rows = Act.objects.filter(pk=recorded.id)
    if state == Act.State.UNKNOWN:
        rows = rows.filter(state=Act.State.ASKED, attempts=recorded.attempt)
    else:
        rows = rows.filter(state__in=[Act.State.ASKED, Act.State.UNKNOWN])
    rows.update(state=state, facts=dict(facts), sentence=sentence[:300], settled_at=now())


def withdraw(recorded: Recorded) -> None:
    """Nothing was asked for after all: a first record goes, one that was unknown before is unknown again."""
    rows = Act.objects.filter(pk=recorded.id, state=Act.State.ASKED, attempts=recorded.attempt)
    if recorded.attempt > 1:
        rows.update(state=Act.State.UNKNOWN, settled_at=now())
    else:
        rows.delete()


def _recorded(act: Act, standing: Standing) -> Recorded:
    return Recorded(standing, act.pk, act.attempts, act.state, act.facts, act.sentence)
