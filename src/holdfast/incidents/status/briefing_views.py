"""The briefing on a screen, and on paper."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from holdfast.conversations.feelings import MOST
from holdfast.incidents import gate
from holdfast.incidents.status.briefing import briefing


@gate.worked_on
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What leaders need to know now."""
    return render(request, "status/briefing.html", {"section": "incidents", "briefing": briefing(), "most": MOST})
