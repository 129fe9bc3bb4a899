"""Counting what the copilot suggests: shown, sent as it was, sent with changes, ignored. Who and when; never the words.

A suggestion is shown once for each newest message, kind and agent, however often the case is opened. What became of it
is told by the agent's screen when their reply was taken; until then it is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count
from prometheus_client import Counter

from holdfast.assistant.learning.models import Suggested
from holdfast.kit.clock import now

Kind = Suggested.Kind
SPAN = timedelta(days=30)
_READ = frozenset({Kind.SUMMARY, Kind.TRANSLATION})
_MOST_ENDED = 20  # of one screen

_counted = Counter(
    "holdfast_suggestions", "Suggestions to agents: shown, and what became of them.", ["kind", "outcome"]
)
_SHOWN = """
INSERT INTO learning_suggested (conversation_id, about, agent_id, kind, by_model, outcome, changed, shown_at, ended_at)
VALUES (%s, %s, %s, %s, %s, %s, NULL, %s, %s)
ON CONFLICT (about, kind, agent_id) DO UPDATE SET by_model = learning_suggested.by_model OR excluded.by_model
RETURNING id, xmax = 0
"""


@dataclass(frozen=True, slots=True)
class KindCount:
    """What became of the suggestions of one kind. Of a summary and a translation only `viewed` counts."""

    kind: str
    name: str
    shown: int
    used: int
    little: int
    some: int
    much: int
    ignored: int
    open: int
    by_model: int

    @property
    def only_read(self) -> bool:
        """Whether it is of a kind that goes into no reply."""
        return self.kind in _READ


def shown(*, kind: Suggested.Kind, conversation_id: UUID, about: UUID, agent_id: int, by_model: bool = False) -> int:
    """Write down that something was shown and return its id, also when it was shown before. One statement.

    What is only read is over with that.
    """
    at, read = now(), kind in _READ
    outcome = Suggested.Outcome.VIEWED if read else Suggested.Outcome.OPEN
    row = (conversation_id, about, agent_id, str(kind), by_model, str(outcome), at, at if read else None)
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, row)
        suggestion_id, first = cursor.fetchone()
    if first:
        _counted.labels(str(kind), "shown").inc()
    return int(suggestion_id)


def ended(changed: Mapping[int, float | None], *, conversation_id: UUID, agent_id: int) -> int:
    """Write down what became of suggestions that were open, by id, and return how many.

    `changed` is the share of characters (0 to 1) that differ between a suggestion and what was sent; `None` when the
    agent answered without it. Those of other cases and agents stay as they are.
    """
    mine = Suggested.objects.filter(
        conversation_id=conversation_id,
        agent_id=agent_id,
        outcome=Suggested.Outcome.OPEN,
        pk__in=list(changed)[:_MOST_ENDED],
    )
    number = 0
    for suggestion_id, kind in list(mine.values_list("pk", "kind")):
        outcome, bucket = _outcome(changed[suggestion_id])
        if mine.filter(pk=suggestion_id).update(outcome=outcome, changed=bucket, ended_at=now()):
            _counted.labels(kind, str(outcome)).inc()
            number += 1
    return number


def counts(*, until: datetime | None = None) -> Sequence[KindCount]:
    """Return what became of what was shown in the last thirty days, per kind."""
    end = until or now()
    rows = Suggested.objects.filter(shown_at__gt=end - SPAN, shown_at__lte=end)
    found: dict[str, dict[tuple[str, int | None], int]] = {kind: {} for kind in Kind.values}
    models = dict.fromkeys(Kind.values, 0)
    for kind, outcome, changed, by_model, number in rows.values_list("kind", "outcome", "changed", "by_model").annotate(
        number=Count("pk")
    ):
        key = (outcome, changed)
        found[kind][key] = found[kind].get(key, 0) + number
        models[kind] += number if by_model else 0
    return [_count(Kind(kind), found[kind], models[kind]) for kind in Kind.values]


def _outcome(changed: float | None) -> tuple[Suggested.Outcome, Suggested.Changed | None]:
    if changed is None or math.isnan(changed):
        return Suggested.Outcome.IGNORED, None
    bucket = next((each for each in Suggested.Changed if changed * 100 <= each), Suggested.Changed.MUCH)
    used = bucket is Suggested.Changed.NOTHING
    return Suggested.Outcome.USED if used else Suggested.Outcome.EDITED, bucket


def _count(kind: Suggested.Kind, of: Mapping[tuple[str, int | None], int], by_model: int) -> KindCount:
    edited = Suggested.Outcome.EDITED
    return KindCount(
        kind=str(kind),
        name=str(kind.label),
        shown=sum(of.values()),
        used=of.get((Suggested.Outcome.USED, 0), 0),
        little=of.get((edited, Suggested.Changed.LITTLE), 0),
        some=of.get((edited, Suggested.Changed.SOME), 0),
        much=of.get((edited, Suggested.Changed.MUCH), 0),
        ignored=of.get((Suggested.Outcome.IGNORED, None), 0),
        open=of.get((Suggested.Outcome.OPEN, None), 0),
        by_model=by_model,
    )
