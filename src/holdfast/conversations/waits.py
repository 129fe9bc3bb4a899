"""How long a place in line will take: reckoned from how the line moved, corrected by how earlier waits came out."""

from __future__ import annotations

from holdfast.conversations.line import FLOOR, before, older
from holdfast.conversations.models import Place
from holdfast.conversations.movement import movement_of
from holdfast.conversations.reckoning import Reckoned, Wait, reckon
from holdfast.kit.clock import now


def estimate(*, queue_id: int, place: int) -> Wait | None:
    """Return the wait of `place` (1 is next) in a line, or `None` when there is too little to say."""
    moved = movement_of(queue_id, at=now())
    found = reckon(moved.steps(), place=place, at=moved.at, patience=moved.patience, ahead=moved.ahead())
    return found.told(correction=moved.corrections.of(0, found.high)) if found else None


def wait_of(place: Place) -> Wait | None:
    """Return the wait of an open place in the order of its line, or `None` when there is too little to say."""
    found = reckoned(place)
    return corrected(found, place) if found else None


def reckoned(place: Place) -> Reckoned | None:
    """Return the wait of an open place before it is corrected and rounded."""
    moved = movement_of(place.queue_id, at=now())
    ahead, _ = before(place)
    return moved.reckon(
        (place.band, place.fair_at), ahead=ahead, older=older(place) if place.band else ahead, floor=FLOOR
    )


def corrected(found: Reckoned, place: Place) -> Wait:
    """Return the range to tell: its upper end is corrected by how the last ones of its kind came out."""
    return found.told(correction=movement_of(place.queue_id, at=now()).corrections.of(place.band, found.high))
