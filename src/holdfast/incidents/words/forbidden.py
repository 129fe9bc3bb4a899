"""Statements that may not be made: forbidding one, letting one go, and what is forbidden now."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from holdfast.incidents.words.bans import compiled
from holdfast.incidents.words.contract import Ban
from holdfast.incidents.words.errors import NotFound, Refused
from holdfast.incidents.words.models import Forbidden
from holdfast.kit.clock import now


@transaction.atomic
def forbid(
    *,
    pattern: str,
    is_expression: bool,
    why: str,
    asked_by: str,
    by: int,
    jurisdiction: str = "",
    locale: str = "",
    until: datetime | None = None,
) -> int:
    """Forbid a statement from now on and return its id. Raises `Refused`."""
    compiled(pattern, is_expression=is_expression)
    place, language = jurisdiction.strip().upper(), locale.strip().lower()
    why, asked_by = " ".join(why.replace("\x00", "").split()), " ".join(asked_by.replace("\x00", "").split())
    if not why or len(why) > 280:
        raise Refused("Say why in a sentence of at most 280 characters: whoever writes reads it.")
    if not asked_by or len(asked_by) > 120:
        raise Refused("Say who asked for it, such as a counsel or an authority.")
    if len(place) > 10 or len(language) > 10:
        raise Refused("Write the jurisdiction as DE or US-CA and the language as en, or leave them empty.")
    if until is not None and until <= now():
        raise Refused("Until when lies in the past. Leave it empty for no end.")
    row = Forbidden.objects.create(
        pattern=" ".join(pattern.replace("\x00", "").split()), is_expression=is_expression, why=why, asked_by=asked_by,
        jurisdiction=place, locale=language, until=until, by_id=by, at=now(),
    )  # fmt: skip
    return row.pk


@transaction.atomic
def allow(*, forbidden_id: int, by: int) -> None:
    """Let a statement be made again. Raises `NotFound`."""
    if not Forbidden.objects.filter(pk=forbidden_id, ended_at=None).update(ended_at=now(), ended_by_id=by):
        raise NotFound(forbidden_id)


def in_force(at: datetime) -> list[Ban]:
    """Return what may not be said at `at`."""
    rows = Forbidden.objects.filter(Q(until=None) | Q(until__gt=at), ended_at=None).order_by("pk")
    return [
        Ban(
            id=row.pk, pattern=row.pattern, is_expression=row.is_expression, why=row.why,
            jurisdiction=row.jurisdiction, locale=row.locale, until=row.until, asked_by=row.asked_by,
        )
        for row in rows
    ]  # fmt: skip
