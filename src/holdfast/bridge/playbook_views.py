"""Playbooks over HTTP: everybody at the desk reads them, leads and admins edit them."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from holdfast.bridge.gate import seen, version
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.posture import playbooks
from holdfast.posture.errors import PlaybookError, Refused


@seen
@require_http_methods(["GET", "POST"])
def book_list(request: HttpRequest) -> HttpResponse:
    """All playbooks. A lead begins a new one."""
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        slug, title = request.POST.get("slug", "").strip(), request.POST.get("title", "").strip()
        faults = _keeping(request, lambda: playbooks.begin(slug=slug, title=title, by=me(request).pk))
        if not faults:
            return redirect("bridge:playbook", slug)
    shown = {
        "playbooks": playbooks.all_playbooks(),
        "faults": faults,
        "may_edit": me(request).leads,
        "section": "bridge",
    }
    return render(request, "bridge/playbooks.html", shown, status=422 if faults else 200)


@seen
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """One playbook as TOML, to read and, for leads, to edit. `?version=` shows an earlier one; POST puts one back."""
    try:
        text, in_force = playbooks.text_of(slug)
        shown_text, shown_version = playbooks.text_of(slug, whole(request.GET.get("version", "")))
    except Refused as refused:
        raise Http404 from refused
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        shown_text = request.POST.get("toml", text).replace("\r\n", "\n")
        faults = _keeping(request, lambda: _keep(request, slug, shown_text))
        if not faults:
            return redirect("bridge:playbook", slug)
    shown = {
        "slug": slug,
        "toml": shown_text,
        "version": in_force,
        "shown_version": shown_version,
        "faults": faults,
        "history": playbooks.history(slug),
        "shipped": slug in playbooks.shipped(),
        "may_edit": me(request).leads,
        "section": "bridge",
    }
    return render(request, "bridge/playbook.html", shown, status=422 if faults else 200)


def _keep(request: HttpRequest, slug: str, toml: str) -> playbooks.Playbook:
    base, by = version(request) or 0, me(request).pk
    back = whole(request.POST.get("back", ""))
    if back is not None:
        return playbooks.revert(slug=slug, to_version=back, by=by, seen_version=base)
    return playbooks.edit(slug=slug, toml=toml, by=by, seen_version=base)


def _keeping(request: HttpRequest, verb: Callable[[], playbooks.Playbook]) -> tuple[str, ...]:
    """Keep a playbook for those who may. Return what is wrong with it, as sentences."""
    if not me(request).leads:
        raise PermissionDenied
    try:
        verb()
    except PlaybookError as error:
        return error.faults
    except Refused as refused:
        return (refused.sentence,)
    return ()
