"""Where leads and admins look at what could be learnt, try it, take it live and take it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.assistant.learning import deciding
from holdfast.assistant.learning.deciding import FEWEST_TO_MEASURE, Refused
from holdfast.assistant.learning.drift import drift
from holdfast.assistant.learning.models import Candidate, Release
from holdfast.assistant.learning.suggestions import counts
from holdfast.kit.numbers import whole
from holdfast.knowledge.teaching import Title, titles
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires

TEACHERS = (Role.LEAD, Role.ADMIN)
SHOWN = 30
_NOT_A_NUMBER = 0  # no row has this id


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate with the articles it may be about."""

    id: int
    question: str
    answer: str
    locale: str
    nearest: int | None
    choices: tuple[Title, ...]


@require_GET
@requires(*TEACHERS)
def home(request: HttpRequest) -> HttpResponse:
    """What waits to be looked at, what is on trial, what is live, and how the weeks went."""
    new = Candidate.objects.filter(state=Candidate.State.NEW)
    known: dict[str, list[Title]] = {}
    for title in titles():
        known.setdefault(title.locale, []).append(title)
    releases = Release.objects.select_related("made_by", "decided_by").order_by("-made_at")
    context = {
        "rows": [
            _row(candidate, tuple(known.get(candidate.locale, ())))
            for candidate in new.order_by("-resolved_at", "-pk")[:SHOWN]
        ],
        "number": new.count(),
        "waiting": Candidate.objects.filter(use=Candidate.Use.TEACH, release=None).count(),
        "measuring": Candidate.objects.filter(use=Candidate.Use.MEASURE).count(),
        "fewest": FEWEST_TO_MEASURE,
        "trial": releases.filter(state=Release.State.TRIED).first(),
        "earlier": releases.exclude(state=Release.State.TRIED)[:10],
        "drift": drift(),
        "currency": settings.CURRENCY,
        "suggested": [each for each in counts() if each.shown],
        "tab": "learning",
    }
    return render(request, "learning/home.html", context)


@require_POST
@requires(*TEACHERS)
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a candidate for the chosen article, or decline it."""
    chosen = request.POST.get("article", "")
    try:
        if request.POST.get("decline"):
            deciding.decline(candidate_id=pk, by=me(request).pk)
            messages.success(request, "Declined. Nothing is learnt from it.")
        else:
            article_id = whole(chosen)
            candidate = deciding.approve(
                candidate_id=pk, article_id=_NOT_A_NUMBER if article_id is None else article_id, by=me(request).pk
            )
            measures = candidate.use == Candidate.Use.MEASURE
            messages.success(request, "Kept to measure by." if measures else "Approved for the next release.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("learning:home")


@require_POST
@requires(*TEACHERS)
def trial(request: HttpRequest) -> HttpResponse:
    """Try what is approved beside what is live."""
    try:
        release = deciding.try_out(by=me(request).pk)
        messages.success(request, f"Tried in {release.seconds:.1f} s. Nothing is live yet.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("learning:home")


@require_POST
@requires(*TEACHERS)
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a release live or back, or drop it."""
    verbs = {"live": deciding.take_live, "back": deciding.take_back, "drop": deciding.drop}
    verb = verbs.get(request.POST.get("to", ""))
    if verb is None:
        messages.error(request, "Choose what becomes of the release with one of its buttons.")
        return redirect("learning:home")
    try:
        release = verb(release_id=pk, by=me(request).pk)
        messages.success(request, _SAID[Release.State(release.state)])
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("learning:home")


_SAID = {
    Release.State.TRIED: "It is on trial.",
    Release.State.LIVE: "It is live. The assistant answers by it within seconds.",
    Release.State.TAKEN_BACK: "Taken back. The articles ask as they did before.",
    Release.State.DROPPED: "Dropped. What it held waits for the next trial.",
}


def _row(candidate: Candidate, choices: tuple[Title, ...]) -> Row:
    return Row(candidate.pk, candidate.question, candidate.answer, candidate.locale, candidate.nearest_id, choices)
