"""Matters that people resolved become candidates: scrubbed, each way of asking once, with the nearest article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from holdfast.assistant.language import language_of
from holdfast.assistant.learning.models import Candidate
from holdfast.assistant.llm.scrub import Scrubber
from holdfast.conversations.resolved import Resolved, resolved_between
from holdfast.guard.watching.canaries import is_canary
from holdfast.kit.clock import now
from holdfast.knowledge.search import Found, article_index
from holdfast.knowledge.teaching import ways_of_asking

SETTLED = timedelta(hours=1)
"""So long a matter has to stay closed: who comes back was not helped."""

LOOK_BACK = timedelta(days=30)
SHORTEST, LONGEST = 12, 500  # letters of a question; a longer letter is about more than one thing
ALIKE = 0.75
_AT_ONCE = 500
_WORD = re.compile(r"\w+")


def gather() -> int:
    """Make candidates of what was resolved since the last look, and return how many there are to be looked at."""
    newest = Candidate.objects.aggregate(newest=Max("resolved_at"))["newest"]
    until = now() - SETTLED
    since, made = max(newest or until - LOOK_BACK, until - LOOK_BACK), 0
    while resolved := resolved_between(since, until, limit=_AT_ONCE):
        real = [each for each in resolved if not is_canary(each.customer_id)]
        made += _keep([each for each in real if _is_one_question(each.question)])
        since = resolved[-1].closed_at
    return made


def _is_one_question(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= SHORTEST and len(text) <= LONGEST


@transaction.atomic
def _keep(resolved: Sequence[Resolved]) -> int:
    rows = [row for each in resolved if (row := _candidate(each)) is not None]
    found = article_index().find([row.question for row in rows], locales=[row.locale for row in rows], limit=1)
    known = _Known()
    for row, nearest in zip(rows, found, strict=True):
        _place(row, nearest)
        if known.has(row.locale, row.question):
            row.state = Candidate.State.KNOWN
        known.add(row.locale, row.question)
    Candidate.objects.bulk_create(rows, ignore_conflicts=True)
    return sum(row.state == Candidate.State.NEW for row in rows)


def _candidate(each: Resolved) -> Candidate | None:
    scrubber = Scrubber()
    question, answer = scrubber.scrubbed(each.question).strip(), scrubber.scrubbed(each.answer).strip()
    locale = language_of(question, hint=each.locale)
    if locale is None or not question:
        return None
    return Candidate(
        conversation_id=each.conversation_id,
        locale=locale,
        question=question[:LONGEST],
        answer=answer[:2000],
        resolved_at=each.closed_at,
    )


def _place(row: Candidate, nearest: Sequence[Found]) -> None:
    if nearest:
        row.nearest_id, row.similarity = nearest[0].article.id, round(nearest[0].similarity, 3)


class _Known:
    """Ways of asking that are there already: of articles, and of candidates that nobody declined."""

    def __init__(self) -> None:
        self._words: dict[str, list[frozenset[str]]] = {}
        for locale, ask in ways_of_asking():
            self.add(locale, ask)
        rows = Candidate.objects.exclude(state=Candidate.State.KNOWN).order_by("-resolved_at")[:2000]
        for locale, question in rows.values_list("locale", "question"):
            self.add(locale, question)

    def add(self, locale: str, question: str) -> None:
        self._words.setdefault(locale, []).append(_words(question))

    def has(self, locale: str, question: str) -> bool:
        """Whether somebody asked this with at least three in four words the same (Jaccard's index)."""
        words = _words(question)
        return any(len(words & other) >= ALIKE * len(words | other) for other in self._words.get(locale, ()))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def forgotten_before(moment: datetime) -> int:
    """Delete what nobody approved and what is older than `moment`. Returns how many."""
    old = Candidate.objects.filter(resolved_at__lt=moment).exclude(state=Candidate.State.APPROVED)
    return old.delete()[0]
