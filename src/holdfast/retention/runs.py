"""Ending a run, whoever ends it: its figures become one act in the log, without a name."""

from __future__ import annotations

from holdfast.guard.ledger import acts
from holdfast.kit.clock import now
from holdfast.retention.models import Release

KINDS = (
    "cases",
    "messages",
    "contacts",
    "files",
    "customers",
    "addresses",
    "subscribers",
    "openings",
    "sessions",
    "sign_ins",
    "machines",
)
"""What is counted, in the order in which it is told."""


def finish(run: Release, *, end: str) -> None:
    """Inside a transaction: end a locked run. What went, if anything did, is put on record for good."""
    run.ended_at, run.end, run.step, run.after = now(), end, "", None
    run.save()
    told = [f"{kind} {run.counts[kind]}" for kind in KINDS if run.counts.get(kind)]
    if told or run.failed:
        failed = [f"left {run.failed}"] if run.failed else []
        acts.record(kind="retention_run", details=f"run {run.pk} {end}: {', '.join(told + failed)}")


def stop() -> None:
    """Inside a transaction: end the run under way, when its batch is through; the plan it followed is none any more."""
    for run in Release.objects.select_for_update().filter(end=Release.End.OPEN):
        finish(run, end=Release.End.STOPPED)
