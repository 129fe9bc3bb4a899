"""Hearing from a page that shows a value whether the marks are over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from uuid import UUID

from holdfast.guard.marks.models import Overlay
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.kit.clock import now

FAULTS = frozenset({"gone", "small", "hidden", "empty"})
"""Not open; does not cover the page; cannot be seen; without its picture."""
MOST = 30_000


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a value's card stood on the visible page, in CSS pixels."""

    width: int
    height: int
    left: int
    top: int
    card_width: int
    card_height: int

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Geometry:
        """Take the measures from what a page sent. Raises `ValueError`."""
        return cls(*(int(given.get(field.name, "")[:8]) for field in fields(cls)))

    def __post_init__(self) -> None:
        sizes = (self.width, self.height, self.card_width, self.card_height)
        if not all(0 < size <= MOST for size in sizes) or max(abs(self.left), abs(self.top)) > MOST:
            raise ValueError("These are no measures of a page.")


def heard(*, entry: UUID, agent_id: int, session: str, conversation_id: UUID, fault: str, geometry: Geometry) -> bool:
    """Note what a page said of the marks over the value of log entry `entry`. False when it is not that session's.

    `fault` is one of `FAULTS`, or empty while all is well. The first geometry is kept: it is the value's own moment.
    """
    own = RevealLog.objects.filter(pk=entry, agent_id=agent_id, session=session, conversation_id=conversation_id)
    if not own.exists() or not RevealTicket.objects.filter(pk=entry, redeemed_at__isnull=False).exists():
        return False
    at = now()
    fault = fault if fault in FAULTS else ("" if not fault else "gone")
    Overlay.objects.bulk_create(
        [
            Overlay(
                log_id=entry,
                first_at=at,
                last_at=at,
                width=geometry.width,
                height=geometry.height,
                left=geometry.left,
                top=geometry.top,
                card_width=geometry.card_width,
                card_height=geometry.card_height,
            )
        ],
        ignore_conflicts=True,
    )
    Overlay.objects.filter(pk=entry).update(last_at=at)
    if fault:
        Overlay.objects.filter(pk=entry, missing_at=None).update(missing_at=at, fault=fault)
    return True
