"""Writing an update over HTTP: kept as one types, checked as one saves, public when one publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from holdfast.incidents import answering, gate, queries, screens, updates, worded
from holdfast.incidents.contract import LISTS, PUBLIC, SEGMENTS, IncidentView, UpdateView
from holdfast.incidents.errors import Refused, Stale
from holdfast.incidents.wording import HoldingText
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.people.queries import name_of

_WRITTEN_FIRST = "Somebody changed the draft while you were writing. Both texts are here; nothing is lost."


@gate.worked_on
@require_POST
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what was typed. From a script: what stands between it and the public. Otherwise the page again."""
    shown = gate.numbered(number)
    quietly = "HX-Request" in request.headers
    try:
        kept = _kept(request, shown)
    except Stale:
        return _stale(request, shown, quietly=quietly)
    except Refused as refused:
        return _refused(request, shown, refused, quietly=quietly)
    if quietly:
        return _checked(request, shown, kept)
    return redirect("incidents:incident", number)


@gate.worked_on
@require_POST
def discard(request: HttpRequest, number: int) -> HttpResponse:
    """Throw the draft away."""
    shown = gate.numbered(number)
    update_id = gate.uuid(gate.line(request, "update"))
    if update_id is not None:
        try:
            updates.discard(update_id=update_id, version=_version(request), by=me(request).pk)
        except Stale:
            return _stale(request, shown, quietly=False)
        except Refused as refused:
            return _refused(request, shown, refused, quietly=False)
    return redirect("incidents:incident", number)


@gate.worked_on
@require_POST
def template(request: HttpRequest, number: int) -> HttpResponse:
    """Begin the texts for some readers from a template, with what is known filled in; all else stays as sent."""
    shown = gate.numbered(number)
    try:
        due = gate.next_due(request.POST)
        begun = worded.from_template(shown, gate.line(request, "template"), next_due=due, locales=gate.locales())
        _kept(request, shown, begun=begun)
    except Stale:
        return _stale(request, shown, quietly=False)
    except Refused as refused:
        return _refused(request, shown, refused, quietly=False)
    return redirect("incidents:incident", number)


@gate.worked_on
@require_POST
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what was typed and ask for the approvals it lacks."""
    shown, kept = gate.numbered(number), None
    try:
        kept = _kept(request, shown)
        count = worded.ask(shown, kept, by=me(request).pk)
    except Stale:
        return _stale(request, shown, quietly=False)
    except Refused as refused:
        return _refused(request, shown, refused, quietly=False, kept=kept)
    told = (
        f"Asked for {count} approval{'' if count == 1 else 's'}." if count else "These words are asked about already."
    )
    messages.success(request, told)
    return redirect("incidents:incident", number)


@gate.worked_on
@require_POST
def publish(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what was typed and publish it; with it, if so chosen, answer everybody who asks."""
    shown, kept = gate.numbered(number), None
    try:
        kept = _kept(request, shown)
        said = updates.publish(update_id=kept.id, version=kept.version, by=me(request).pk)
    except Stale:
        return _stale(request, shown, quietly=False)
    except Refused as refused:
        return _refused(request, shown, refused, quietly=False, kept=kept)
    if "answer" in request.POST and queries.linked_count(shown.id):
        answering.begin(update_id=said.id, by=me(request).pk)
    messages.success(request, f"Update {said.number} is public.")
    return redirect("incidents:incident", number)


@gate.worked_on
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer everybody who asks with the newest update."""
    shown = gate.numbered(number)
    newest = next((each for each in shown.updates if not each.holding), None)
    return _done(request, shown, lambda: newest is not None and answering.begin(update_id=newest.id, by=me(request).pk))


@gate.worked_on
@require_POST
def sooner(request: HttpRequest, number: int) -> HttpResponse:
    """Promise the next update earlier."""
    shown = gate.numbered(number)

    def verb() -> None:
        due = gate.next_due(request.POST)
        if due is None:
            raise Refused("Say by when.")
        updates.sooner(incident_id=shown.id, due=due, by=me(request).pk)

    return _done(request, shown, verb)


def _kept(request: HttpRequest, shown: IncidentView, *, begun: Mapping[str, HoldingText] | None = None) -> UpdateView:
    said = {segment: _typed(request, segment) for segment in (*SEGMENTS, *LISTS)}
    fields: dict[str, Any] = {
        "by": me(request).pk,
        "status": gate.line(request, "status"),
        "next_update_due": gate.next_due(request.POST),
        "components": gate.chosen_components(request.POST),
    }
    if begun is not None:
        reader = gate.line(request, "reader")
        if reader not in SEGMENTS:
            raise Refused("Choose from the list for whom the template is.")
        said[reader] |= {locale: each.text for locale, each in begun.items()}
        fields["templates"] = {(locale, reader): each.template for locale, each in begun.items()}
    fields["texts"] = said.pop(PUBLIC)
    if any(said.values()):  # a page without these fields leaves them as they are
        fields["segments"] = said
    update_id, version = gate.uuid(gate.line(request, "update")), _version(request)
    mine = whole(request.POST.get("mine"))  # chosen on purpose, after both were shown
    theirs = queries.draft_of(shown.id) if mine is not None else None
    if theirs is not None and mine is not None:
        update_id, version = theirs.id, mine
    if update_id is None:
        return updates.draft(incident_id=shown.id, **fields)
    return updates.edit(update_id=update_id, version=version, **fields)


def _typed(request: HttpRequest, segment: str) -> dict[str, str]:
    names = {locale: screens.field_of(locale, segment) for locale in gate.locales()}
    return {
        locale: gate.line(request, name) for locale, name in names.items() if segment == PUBLIC or name in request.POST
    }


def _version(request: HttpRequest) -> int:
    found = whole(request.POST.get("version"))
    return -1 if found is None else found


def _checked(request: HttpRequest, shown: IncidentView, kept: UpdateView) -> HttpResponse:
    context = {"incident": shown, "draft": kept, "checked": updates.check(kept.id), "version": kept.version}
    return render(request, "incidents/_checked.html", context)


def _stale(request: HttpRequest, shown: IncidentView, *, quietly: bool) -> HttpResponse:
    theirs = queries.draft_of(shown.id)
    said = {
        "stale": _WRITTEN_FIRST if theirs else "The draft was published or discarded meanwhile. Yours is still here.",
        "theirs": theirs,
        "theirs_by": name_of(theirs.author_id) if theirs else "",
    }
    if quietly:
        return render(request, "incidents/_stale.html", {"incident": shown, **said}, status=409)
    context = {**screens.workspace(request, shown, sent=request.POST), **said}
    return render(request, "incidents/incident.html", context, status=409)


def _refused(
    request: HttpRequest, shown: IncidentView, refused: Refused, *, quietly: bool, kept: UpdateView | None = None
) -> HttpResponse:
    if quietly:
        context = {"incident": shown, "problem": refused.sentence}
        return render(request, "incidents/_not_kept.html", context, status=422)
    context = {**screens.workspace(request, shown, sent=request.POST), "problem": refused.sentence}
    if kept is not None:  # what was typed was kept before it was refused: what is on screen is that version
        again = screens.composer(shown, kept, request.POST)
        context["composer"] = replace(again, update_id=kept.id, version=kept.version)
    return render(request, "incidents/incident.html", context, status=422)


def _done(request: HttpRequest, shown: IncidentView, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        context = {**screens.workspace(request, shown), "problem": refused.sentence}
        return render(request, "incidents/incident.html", context, status=422)
    return redirect("incidents:incident", shown.number)
