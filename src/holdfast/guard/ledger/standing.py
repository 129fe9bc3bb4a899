"""How the log stands, for its page and for metrics: is everything in it, is it signed, and when did a witness look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Gauge

from holdfast.guard.ledger import notes, sequencer, signing
from holdfast.guard.ledger.checking import missing
from holdfast.guard.ledger.models import Checkpoint, Pending
from holdfast.guard.ledger.witnesses import Standing, standings
from holdfast.kit.clock import now

RECENT = timedelta(hours=24)

_size = Gauge("holdfast_ledger_entries", "Entries in the log of reveals.")
_signed = Gauge("holdfast_ledger_signed_entries", "Entries under its latest checkpoint.")
_waiting = Gauge("holdfast_ledger_waiting", "Committed and not in the log yet.")
_missing = Gauge(
    "holdfast_ledger_missing", "Of the last 24 hours, older than 10 seconds, and not in the log: should be 0."
)
_witness_age = Gauge(
    "holdfast_ledger_witness_age_seconds", "Since a witness last signed; -1: it never did.", ["witness"]
)


@dataclass(frozen=True, slots=True)
class LogStanding:
    """One look at the log. `missing` counts what happened in the last 24 hours, has had its time, and has no entry."""

    origin: str
    size: int
    signed_size: int
    signed_at: datetime | None
    root: str
    waiting: int
    missing: int
    two_kinds: bool
    keys: tuple[str, ...]
    witnesses: tuple[Standing, ...]

    @property
    def anchored_size(self) -> int:
        """How many entries some witness has seen: none of these can be cut off unseen."""
        return max((each.last_size or 0 for each in self.witnesses), default=0)


def standing() -> LogStanding:
    """Look at the log. Some queries; `missing` reads a day of the gate's rows."""
    last = Checkpoint.objects.order_by("-size").first()
    return LogStanding(
        origin=signing.origin(),
        size=sequencer.size(),
        signed_size=last.size if last else 0,
        signed_at=last.at if last else None,
        root=last.body.split("\n")[2] if last else "",
        waiting=Pending.objects.count(),
        missing=missing(since=now() - RECENT),
        two_kinds=notes.ML_DSA,
        keys=tuple(map(str, signing.signer().keys)),
        witnesses=tuple(standings()),
    )


def measure() -> None:
    """Set the metrics of this process from one look."""
    found, moment = standing(), now()
    _size.set(found.size)
    _signed.set(found.signed_size)
    _waiting.set(found.waiting)
    _missing.set(found.missing)
    for each in found.witnesses:
        _witness_age.labels(each.name).set((moment - each.last_at).total_seconds() if each.last_at else -1)
