"""What people decide: which candidates teach, which releases go live, and which are taken back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction

from holdfast.assistant.learning.models import Candidate, Release
from holdfast.assistant.respond import is_clear
from holdfast.kit.clock import now
from holdfast.knowledge import teaching
from holdfast.knowledge.teaching import Way

if TYPE_CHECKING:
    from holdfast.knowledge.search import ArticleIndex

MEASURES_EVERY = 5
"""Of the approved in one language every so many is never taught, so that there is something to measure by."""

FEWEST_TO_MEASURE = 20
"""Questions below which a difference says little; the page says so."""

log = structlog.get_logger(__name__)


class Refused(Exception):  # noqa: N818 - carries the sentence for the person
    """It cannot be decided this way."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Measuring questions: how many there are, how many are answered, and how many of these with the right article."""

    asked: int
    answered: int
    right: int


@transaction.atomic
def approve(*, candidate_id: int, article_id: int, by: int) -> Candidate:
    """Say which article a candidate asks for. Every fifth of a language is kept to measure by. Raises `Refused`."""
    candidate = _undecided(candidate_id)
    known = {title.id: title for title in teaching.titles()}
    if article_id not in known:
        raise Refused("This article is not published. Publish it first, or choose another.")
    if known[article_id].locale != candidate.locale:
        raise Refused("This article is in another language than the question.")
    approved = Candidate.objects.filter(locale=candidate.locale, state=Candidate.State.APPROVED).count()
    measures = approved % MEASURES_EVERY == MEASURES_EVERY - 1
    candidate.state, candidate.article_id = Candidate.State.APPROVED, article_id
    candidate.use = Candidate.Use.MEASURE if measures else Candidate.Use.TEACH
    _decided(candidate, by)
    return candidate


@transaction.atomic
def decline(*, candidate_id: int, by: int) -> None:
    """Say that a candidate teaches nothing. Raises `Refused` when somebody decided before."""
    candidate = _undecided(candidate_id)
    candidate.state = Candidate.State.DECLINED
    _decided(candidate, by)


def try_out(*, by: int) -> Release:
    """Try all that teaches and is in no release beside what is live, on the measuring questions. Raises `Refused`."""
    waiting = list(_waiting_to_teach())
    if not waiting:
        raise Refused("Nothing is approved that is not in a release already.")
    started = time.perf_counter()
    before, after = (_measured(index) for index in teaching.trial_indexes(_ways(waiting)))
    seconds = round(time.perf_counter() - started, 2)
    try:
        with transaction.atomic():
            release = Release.objects.create(
                before=asdict(before), after=asdict(after), seconds=seconds, made_by_id=by, made_at=now()
            )
            Candidate.objects.filter(pk__in=[each.pk for each in waiting], release=None).update(release=release)
    except IntegrityError:
        raise Refused("A release is on trial already. Take it live or drop it first.") from None
    log.info("learning.tried", release=release.pk, candidates=len(waiting), by=by)
    return release


@transaction.atomic
def take_live(*, release_id: int, by: int) -> Release:
    """Teach the articles what a release holds. Raises `Refused` when it answers fewer questions rightly than before."""
    release = _held(release_id, Release.State.TRIED)
    if release.after["right"] < release.before["right"]:
        raise Refused("With it fewer questions get the right article than without. Drop it, and look at what it holds.")
    teaching.teach(_ways(release.candidates.all()), by=by)
    return _turned(release, Release.State.LIVE, by)


@transaction.atomic
def take_back(*, release_id: int, by: int) -> Release:
    """Take from the articles what a live release taught them. Raises `Refused` when it is not live."""
    release = _held(release_id, Release.State.LIVE)
    teaching.unteach(_ways(release.candidates.all()), by=by)
    return _turned(release, Release.State.TAKEN_BACK, by)


@transaction.atomic
def drop(*, release_id: int, by: int) -> Release:
    """End a trial; what it held can be tried again, with more beside it. Raises `Refused` when it is not on trial."""
    release = _held(release_id, Release.State.TRIED)
    release.candidates.update(release=None)
    return _turned(release, Release.State.DROPPED, by)


def _measured(index: ArticleIndex) -> Figures:
    rows = Candidate.objects.filter(use=Candidate.Use.MEASURE, article__isnull=False).order_by("pk")
    questions = list(rows.values_list("question", "locale", "article_id"))
    found = index.find([text for text, _, _ in questions], locales=[locale for _, locale, _ in questions], limit=2)
    clear = [each[0] if each and is_clear(each[0]) else None for each in found]
    right = sum(
        one is not None and one.article.id == wanted for one, (_, _, wanted) in zip(clear, questions, strict=True)
    )
    return Figures(asked=len(questions), answered=sum(one is not None for one in clear), right=right)


def _waiting_to_teach() -> Iterable[Candidate]:
    return Candidate.objects.filter(use=Candidate.Use.TEACH, release=None, article__isnull=False).order_by("pk")


def _ways(candidates: Iterable[Candidate]) -> list[Way]:
    return [Way(each.article_id, each.question) for each in candidates if each.article_id is not None]


def _undecided(candidate_id: int) -> Candidate:
    candidate = Candidate.objects.select_for_update().filter(pk=candidate_id).first()
    if candidate is None or candidate.state not in {Candidate.State.NEW, Candidate.State.KNOWN}:
        raise Refused("Somebody decided about this one already.")
    return candidate


def _decided(candidate: Candidate, by: int) -> None:
    candidate.decided_by_id, candidate.decided_at = by, now()
    candidate.save(update_fields=["state", "use", "article", "decided_by", "decided_at"])
    log.info("learning.decided", candidate=candidate.pk, state=str(candidate.state), by=by)


def _held(release_id: int, state: Release.State) -> Release:
    release = Release.objects.select_for_update().filter(pk=release_id).first()
    if release is None or release.state != state:
        raise Refused("Somebody decided about this release already. The page shows how it stands.")
    return release


def _turned(release: Release, state: Release.State, by: int) -> Release:
    release.state, release.decided_by_id, release.decided_at = state, by, now()
    release.save(update_fields=["state", "decided_by", "decided_at"])
    log.info("learning.turned", release=release.pk, state=str(state), by=by)
    return release
