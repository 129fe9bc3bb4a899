"""What happened to the posture, for screens."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.posture.models import Posture, Proposal, StepDone


def changes(limit: int = 20) -> Sequence[Posture]:
    """Return the last changes, the newest first, each with who made it."""
    return list(Posture.objects.select_related("by").order_by("-version")[:limit])


def open_proposals() -> Sequence[Proposal]:
    """Return the proposals that wait for a decision, the oldest first."""
    return list(Proposal.objects.filter(decided_at=None).order_by("at"))


def answered_proposals(limit: int = 20) -> Sequence[Proposal]:
    """Return the last proposals that changed nothing: declined by a person, or taken back by the system."""
    rows = Proposal.objects.filter(accepted=False).select_related("by").order_by("-decided_at")
    return list(rows[:limit])


def steps_lately(limit: int = 20) -> Sequence[StepDone]:
    """Return the last steps done under any posture, the newest first."""
    return list(StepDone.objects.select_related("by", "posture").order_by("-at")[:limit])


def steps_done(version: int) -> dict[str, StepDone]:
    """Return the steps done under one version of the posture, by key."""
    return {done.step: done for done in StepDone.objects.filter(posture_id=version).select_related("by")}
