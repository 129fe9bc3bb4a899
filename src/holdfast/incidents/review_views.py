"""The review of an incident over HTTP. Everybody signed in reads it; leads and admins write it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.incidents import gate, queries, reviews, screens
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import Refused, Stale
from holdfast.incidents.measures import measure
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me


@gate.seen
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, number: int) -> HttpResponse:
    """What was counted, and what people write about it."""
    shown = gate.numbered(number)
    if request.method != "POST":
        return _page(request, shown)
    if not me(request).leads:
        raise PermissionDenied
    sections = {key: gate.line(request, f"section:{key}") for key in reviews.SECTIONS}
    summary = {each: gate.line(request, f"summary:{each}") for each in gate.locales()}
    try:
        reviews.keep(
            incident_id=shown.id,
            version=whole(request.POST.get("version")) or 0,
            sections=sections,
            summary=summary,
            by=me(request).pk,
        )
    except Stale as stale:
        return _page(request, shown, str(stale), status=409, typed=(sections, summary))
    except Refused as refused:
        return _page(request, shown, refused.sentence, status=422, typed=(sections, summary))
    return redirect("incidents:review", number)


@gate.worked_on
@require_POST
def summary(request: HttpRequest, number: int) -> HttpResponse:
    """Make an update of the public summary."""
    shown = gate.numbered(number)
    try:
        reviews.draft_summary(incident_id=shown.id, by=me(request).pk)
    except Refused as refused:
        return _page(request, shown, refused.sentence, status=422)
    except Stale:
        return _page(request, shown, "An update is being written already. Publish or discard it first.", status=409)
    response = redirect("incidents:incident", number)
    response["Location"] += "#update"
    return response


def _page(
    request: HttpRequest,
    shown: IncidentView,
    problem: str = "",
    *,
    status: int = 200,
    typed: tuple[dict[str, str], dict[str, str]] | None = None,
) -> HttpResponse:
    review = reviews.review_of(shown)
    sections, words = typed or (review.sections, review.summary)
    context: dict[str, Any] = {
        **screens.head(request, shown, tab="review"),
        **screens.aside(shown),
        "review": review,
        "theirs": review if typed is not None and status == 409 else None,
        "sections": [(key, title, sections.get(key, "")) for key, title in reviews.SECTIONS.items()],
        "summary": [(each, screens.LANGUAGES.get(each, each), words.get(each, "")) for each in gate.locales()],
        "measures": measure(shown),
        "timeline": list(reversed(queries.timeline_of(shown.id))),
        "recurrences": queries.recurrences_of(shown.id),
        "problem": problem,
    }
    return render(request, "incidents/review.html", context, status=status)
