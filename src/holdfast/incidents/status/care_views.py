"""The care line over HTTP: leads and admins keep it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from holdfast.incidents import gate, screens
from holdfast.incidents.errors import Refused
from holdfast.incidents.status import care
from holdfast.incidents.status.words import locales
from holdfast.people.permissions import me


@gate.worked_on
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What the public page says of it while an incident is open."""
    kept, problem = care.line(), ""
    words, phone = kept.words, kept.phone
    if request.method == "POST":
        words = {each: gate.line(request, f"words:{each}") for each in locales()}
        phone = gate.line(request, "phone")
        try:
            care.keep(words=words, phone=phone, by=me(request).pk)
        except Refused as refused:
            problem = refused.sentence
        else:
            messages.success(request, "Kept. The public page shows it while an incident is open.")
            return redirect("care:line")
    context = {
        "section": "incidents",
        "kept": kept,
        "phone": phone,
        "words": [(each, screens.LANGUAGES.get(each, each), words.get(each, "")) for each in locales()],
        "problem": problem,
    }
    return render(request, "status/care.html", context, status=422 if problem else 200)
