"""What people looked for and did not find: searches in the help centre, and questions the assistant had no article for.

Scrubbed of numbers and addresses, questions alike in one row and counted. Each is a candidate for an article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from holdfast.knowledge.models import Unanswered
from holdfast.knowledge.scrubbing import is_empty, scrubbed
from holdfast.knowledge.stems import stems_of, words

Where = Literal["help", "assistant"]

ALIKE = 0.5  # share of the stems of both that they have in common
MOST_WAYS = 10
MOST_AT_ONCE = 10  # different texts; a batch of the worker does not wait for more
MOST_OPEN = 2000  # rows of a language; beyond them the rarest and oldest go
LONGEST = 200  # characters; a longer text is a letter, not a question
_MOST_STEMS = 16


@dataclass(frozen=True, slots=True)
class Group:
    """Questions alike. `asks` in the order they came; `times` is how often in all."""

    id: int
    locale: str
    asks: tuple[str, ...]
    times: int
    searches: int
    questions: int
    first_at: datetime
    last_at: datetime


def note(text: str, locale: str, *, where: Where) -> None:
    """Count one thing that was not found."""
    note_many([(text, locale)], where=where)


def note_many(asked: Sequence[tuple[str, str]], *, where: Where) -> None:
    """Count texts with their languages. Letters are left out, and of a crowd what only few of it say.

    Not inside a transaction that does other work: rows that everybody asks for would be held until its end.
    """
    lines = Counter((line, locale) for text, locale in asked if (line := _line(text)))
    for (line, locale), times in lines.most_common(MOST_AT_ONCE):
        if stems := _stems(line, locale):
            _count(line, locale, stems, where, times)
    for locale in {locale for _, locale in lines}:
        _forget_rarest(locale)


def note_later(asked: Sequence[tuple[str, str]], *, where: Where) -> None:
    """Count texts once the caller's transaction is committed. A fault here is logged and hurts nobody."""
    if asked:
        transaction.on_commit(partial(note_many, asked, where=where), robust=True)


def groups(*, locale: str = "", limit: int = 100) -> list[Group]:
    """Return what is open, what was asked most often first."""
    rows = Unanswered.objects.filter(settled_at=None).annotate(times=F("searches") + F("questions"))
    if locale:
        rows = rows.filter(locale=locale)
    return [_group(each) for each in rows.order_by("-times", "-last_at", "pk")[:limit]]


def group(group_id: int) -> Group | None:
    """Return one open row, or None."""
    found = Unanswered.objects.filter(pk=group_id, settled_at=None).first()
    return _group(found) if found else None


def settle(*, group_id: int, by: int, article_id: int | None = None) -> None:
    """Close a row: an article was begun because of it, or it needs none."""
    Unanswered.objects.filter(pk=group_id, settled_at=None).update(
        settled_at=timezone.now(), settled_by=by, article=article_id
    )


def _line(text: str) -> str:
    if len(text) > LONGEST:
        return ""
    line = scrubbed(text, longest=LONGEST)
    return "" if is_empty(line) else line


def _stems(line: str, locale: str) -> list[str]:
    plain = [word for word in words(line) if len(word) > 1 and word not in {"number", "link", "email", "phone"}]
    found = {stems[0] for stems in stems_of(plain, locale).values() if stems}
    return sorted(found)[:_MOST_STEMS]


def _count(line: str, locale: str, stems: list[str], where: Where, times: int) -> None:
    now = timezone.now()
    counter = "searches" if where == "help" else "questions"
    alike = _nearest(stems, locale)
    if alike is None:
        new = Unanswered(locale=locale, stems=stems, asks=[line], first_at=now, last_at=now)
        # Two who ask the same at once meet here; two who ask alike may make two rows.
        Unanswered.objects.bulk_create([new], ignore_conflicts=True)
        alike = Unanswered.objects.get(settled_at=None, locale=locale, stems=stems)
    if len(alike.asks) < MOST_WAYS and line.lower() not in {ask.lower() for ask in alike.asks}:
        alike.asks.append(line)
    Unanswered.objects.filter(pk=alike.pk).update(
        **{counter: F(counter) + times}, asks=alike.asks, last_at=Greatest(F("last_at"), now)
    )


def _nearest(stems: list[str], locale: str) -> Unanswered | None:
    wanted = set(stems)
    candidates = Unanswered.objects.filter(settled_at=None, locale=locale, stems__overlap=stems)
    shares = [(len(wanted & set(each.stems)) / len(wanted | set(each.stems)), -each.pk, each) for each in candidates]
    share, _, nearest = max(shares, default=(0.0, 0, None), key=lambda one: one[:2])
    return nearest if share >= ALIKE else None


def _forget_rarest(locale: str) -> None:
    rows = Unanswered.objects.filter(settled_at=None, locale=locale)
    over = rows.count() - MOST_OPEN
    if over > 0:
        rarest = rows.annotate(times=F("searches") + F("questions")).order_by("times", "last_at", "pk")
        rows.filter(pk__in=list(rarest.values_list("pk", flat=True)[:over])).delete()


def _group(row: Unanswered) -> Group:
    return Group(
        row.pk,
        row.locale,
        tuple(row.asks),
        row.searches + row.questions,
        row.searches,
        row.questions,
        row.first_at,
        row.last_at,
    )
