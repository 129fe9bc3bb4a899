"""The telephone number of a made-up customer, another for each viewer, from a pool that the house listens at.

A mask shows the last two digits, so whoever sees another number sees one with the same ending. The pool is a setting
(`HOLDFAST_CANARY_PHONES`); which of its numbers is whose is kept by blind index only. Numbers, unlike addresses, are
dialled by mistake: one call or text says nothing yet, two do, or a caller who knew who they were calling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from holdfast.guard.keys import blind_index, normalise
from holdfast.guard.watching.models import ViewerNumber
from holdfast.kit.clock import now

NOBODY = 0
"""Whose number it is that stands on file with a made-up customer: no viewer's."""
ENOUGH = 2
"""So many calls or texts are no mistake any more."""


def ours(value: str) -> bool:
    """Tell whether this is a number of the pool."""
    return bool(settings.CANARY_PHONES) and normalise("phone", value) in _pool(settings.CANARY_PHONES)


@transaction.atomic
def for_file() -> str | None:
    """Take a number for a new made-up customer, of the ending of which most are left; `None` when none is."""
    free: dict[str, list[str]] = defaultdict(list)
    taken = {bytes(index) for index in ViewerNumber.objects.values_list("index", flat=True)}
    for number, index in _pool(settings.CANARY_PHONES).items():
        if index not in taken:
            free[number[-2:]].append(number)
    if not free:
        return None
    number = max(free.values(), key=len)[0]
    return number if _take(number, viewer=NOBODY) else None


def as_seen_by(value: str, *, viewer: int) -> str:
    """Return the number that `viewer` alone is shown for this one of the pool; itself when none is left.

    They are shown the same for every number with this ending. The caller is outside of any transaction that may be
    rolled back.
    """
    ending = normalise("phone", value)[-2:]
    alike = {number: index for number, index in _pool(settings.CANARY_PHONES).items() if number[-2:] == ending}
    own = ViewerNumber.objects.filter(agent_id=viewer, ending=ending).values_list("index", flat=True).first()
    if own is not None:
        return next((number for number, index in alike.items() if index == bytes(own)), value)
    taken = {bytes(index) for index in ViewerNumber.objects.filter(ending=ending).values_list("index", flat=True)}
    for number, index in alike.items():
        if index not in taken and _take(number, viewer=viewer):
            return number
    return value


def indexes_of(numbers: Iterable[str]) -> list[str]:
    """Return the blind indexes, in hex, of those of these numbers that are in the pool."""
    pool = _pool(settings.CANARY_PHONES)
    return sorted({pool[number].hex() for number in (normalise("phone", each) for each in numbers) if number in pool})


def heard_at(indexes: Iterable[str], *, sure: bool = False) -> int:
    """Note a call or text to each of these; `sure`: whoever called knew whom. Return how many are a viewer's own."""
    wanted = [bytes.fromhex(index) for index in indexes]
    rows = ViewerNumber.objects.filter(index__in=wanted).exclude(agent_id=NOBODY)
    rows.filter(first_heard_at=None).update(first_heard_at=now())
    return rows.update(heard=F("heard") + (ENOUGH if sure else 1))


def _take(number: str, *, viewer: int) -> bool:
    """Whether the number is this viewer's now. Of two who ask at once one gets another."""
    try:
        with transaction.atomic():
            ViewerNumber.objects.create(
                index=blind_index("phone", number), agent_id=viewer, ending=number[-2:], shown_at=now()
            )
    except IntegrityError:
        return False
    return True


@lru_cache(maxsize=4)
def _pool(numbers: tuple[str, ...]) -> dict[str, bytes]:
    """The pool as it is looked up, with the blind index of each."""
    known = (normalise("phone", number) for number in numbers)
    return {number: blind_index("phone", number) for number in known}
