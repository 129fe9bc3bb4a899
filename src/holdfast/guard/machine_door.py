"""How much the system itself was given to open: read from the rows that the database keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max, Min, Q, Sum

from holdfast.guard.models import MachineOpening
from holdfast.kit.clock import now

LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GivenOut:
    """What one use was given of one column (`table.column`): in how many calls, how many values, how often refused."""

    use: str
    what: str
    calls: int
    number: int
    refused: int


def given_out(*, within: timedelta = LOOKED_BACK) -> list[GivenOut]:
    """Return what machines were given lately, most first."""
    rows = MachineOpening.objects.filter(at__gt=now() - within).values_list("use", "what")
    refused = Count("id", filter=Q(refused=True))
    return [GivenOut(*row) for row in rows.annotate(n=Count("id"), of=Sum("number"), no=refused).order_by("-of")]


def taken_back(*, within: timedelta = LOOKED_BACK) -> int:
    """Return how many calls lately left no row: their transaction was taken back. A crash of the server adds some."""
    rows = MachineOpening.objects.filter(at__gt=now() - within)
    ends = rows.aggregate(first=Min("id"), last=Max("id"), rows=Count("id"))
    return 0 if ends["first"] is None else int(ends["last"] - ends["first"] + 1 - ends["rows"])


def findings() -> list[tuple[bool, str]]:
    """Return what `holdfast doctor` says about it: never wrong but for a use that asked for what it is not for."""
    found = given_out()
    uses = {use: sum(each.number for each in found if each.use == use) for use in dict.fromkeys(e.use for e in found)}
    refused = sum(each.refused for each in found)
    said = ", ".join(f"{use} {number:,}" for use, number in uses.items()) or "nothing"
    sentence = f"In the last day machines were given values and keys: {said}; {taken_back():,} calls were taken back."
    if not refused:
        return [(True, sentence)]
    return [(False, f"{sentence} {refused:,} refused: a use asked for a column it is not for (guard_machineopening).")]
