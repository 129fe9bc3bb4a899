"""Looking before anything goes: how much would, how much is held, and why. Counts only; nothing is removed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from holdfast.guard.models import MachineOpening
from holdfast.incidents.status import forgetting as status
from holdfast.intake import forgetting as intake
from holdfast.kit.clock import now
from holdfast.notify.campaigns import forgetting as campaigns
from holdfast.people import forgetting as people
from holdfast.retention import cases, customers, holds
from holdfast.retention.models import Look, Plan
from holdfast.retention.plan import TERMS, checked

_LOOKS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one term: how many would go now, how many whose time is over are held, and how many for each reason."""

    key: str
    title: str
    days: int
    goes: int
    held: int
    because: tuple[tuple[str, int], ...] = ()


def look(*, days: Mapping[str, int], by: int | None) -> UUID:
    """Count what would go by these days, keep the figures, return which look it is. Raises `Refused` for wrong days.

    A customer whose last case would go with this plan counts as one who would go, as soon as their own time is over.
    """
    days, moment, began = checked(days), now(), time.monotonic()
    with transaction.atomic():
        before = {term.key: moment - timedelta(days=days[term.key]) for term in TERMS}
        found = {term.key: _count(term.key, before) for term in TERMS}
    Look.objects.filter(at__lt=moment - _LOOKS_KEPT, pk__in=_unused()).delete()
    seconds = round(time.monotonic() - began, 2)
    return Look.objects.create(at=moment, by_id=by, days=days, found=found, seconds=seconds).pk


def _unused() -> Any:
    return Look.objects.exclude(pk__in=Plan.objects.filter(look__isnull=False).values("look_id")).values("pk")


def figures(kept: Look) -> list[Figures]:
    """Return what a look found, a line for each term."""
    return [
        Figures(
            key=term.key,
            title=term.title,
            days=kept.days[term.key],
            goes=kept.found[term.key]["goes"],
            held=kept.found[term.key]["held"],
            because=tuple((words, count) for words, count in kept.found[term.key].get("because", [])),
        )
        for term in TERMS
    ]


def _count(key: str, before: Mapping[str, datetime]) -> dict[str, Any]:
    at = before[key]
    if key == "cases":
        conditions = [(each.words, each.of_cases()) for each in holds.reasons()]
        return _with_reasons(cases.over(at), holds.held_cases(), conditions, more=intake.without_case(at).count())
    if key == "customers":
        going = cases.over(before["cases"]).exclude(holds.held_cases())
        conditions = [(each.words, each.of_customers()) for each in holds.reasons()]
        more = customers.with_last_case(at, going=going)
        return _with_reasons(customers.over(at), holds.held_customers(), conditions, more=more)
    counts = {
        "campaigns": lambda: campaigns.addresses_in(campaigns.with_addresses(at)),
        "subscribers": lambda: status.gone_since(at).count(),
        "openings": lambda: MachineOpening.objects.filter(at__lt=at).count(),
        "sessions": lambda: people.ended_sessions(at).count(),
        "sign_ins": lambda: people.old_sign_ins(at).count() + people.unused_machines(at).count(),
    }
    return {"goes": counts[key](), "held": 0}


def _with_reasons(over: Any, held: Any, conditions: list[tuple[str, Any]], more: int = 0) -> dict[str, Any]:
    because = [[words, over.filter(condition).count()] for words, condition in conditions]
    kept = over.filter(held).count()
    return {"goes": over.count() - kept + more, "held": kept, "because": [each for each in because if each[1]]}
