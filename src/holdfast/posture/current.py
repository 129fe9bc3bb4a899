"""The posture in force, read everywhere. Reading never fails: what cannot be read is what was last known, else calm."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, connection

from holdfast.kit.clock import now
from holdfast.posture.effects import CALM, Effects, Name, Question, Surveys
from holdfast.posture.models import Posture

_log = structlog.get_logger(__name__)
KEPT_FOR = 1.0  # seconds; so often each process looks, and so late it may be
FIELDS = tuple(each.name for each in fields(Effects))


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The posture in force. `version` 0 is the calm before the first change."""

    name: Name = Name.CALM
    version: int = 0
    since: datetime | None = None
    by_id: int | None = None
    why: str = ""
    expires_at: datetime | None = None
    playbook: str = "usual"
    drill: bool = False
    effects: Effects = CALM

    def at(self, moment: datetime) -> Current:
        """Return what is in force at `moment`: this, or the calm after its end."""
        if self.expires_at is None or moment < self.expires_at:
            return self
        return Current(version=self.version, since=self.expires_at, why="The posture before it ended by its own clock.")


_kept: tuple[float, Current] | None = None


def current() -> Current:
    """Return the posture in force, at most `KEPT_FOR` seconds old. Never raises."""
    global _kept
    moment = time.monotonic()
    if _kept is None or moment >= _kept[0]:
        _kept = (moment + KEPT_FOR, _read(_kept[1] if _kept is not None else Current()))
    return _kept[1].at(now())


def may_ask(question: Question) -> bool:
    """Tell whether customers may be asked `question` now. Whoever sends a survey asks this first, for each customer.

    `effort_only` leaves the one question that helps while queues are the pain; `none` leaves none. Never raises.
    """
    allowed = current().effects.surveys
    return allowed is Surveys.USUAL or (allowed is Surveys.EFFORT_ONLY and question is Question.EFFORT)


def forget() -> None:
    """Read the posture again on the next question."""
    global _kept
    _kept = None


def newest() -> Current:
    """Read the newest row, past its end or not. Raises `DatabaseError`."""
    row = Posture.objects.order_by("-version").first()
    return current_of(row) if row is not None else Current()


def current_of(row: Posture) -> Current:
    """Return a row as what is in force."""
    return Current(
        name=Name(row.name),
        version=row.version,
        since=row.at,
        by_id=row.by_id,
        why=row.why,
        expires_at=row.expires_at,
        playbook=row.playbook,
        drill=row.drill,
        effects=effects_of(row.effects),
    )


def effects_of(written: Mapping[str, Any]) -> Effects:
    """Return effects as a row keeps them. What an older version wrote and this one does not know is left out."""
    known = {name: written[name] for name in FIELDS if name in written}
    return Effects(**{**known, "surveys": Surveys(known.get("surveys", Surveys.USUAL))})


def _read(last: Current) -> Current:
    try:
        # In a broken transaction every query fails; whoever broke it decides what becomes of it.
        return last if connection.in_atomic_block and connection.needs_rollback else newest()
    except (DatabaseError, ValueError, TypeError) as error:
        _log.warning("posture cannot be read", error=type(error).__name__, known=last.name)
        return last
