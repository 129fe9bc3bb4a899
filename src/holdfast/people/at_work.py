"""Files that are taken out of the house leave it only from where values open (`guard.whereabouts`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from holdfast.guard.whereabouts import rules
from holdfast.people.permissions import me

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def at_work(view: View[P]) -> View[P]:
    """Let a request through from where values open; anybody else gets a page that says why, and what to do."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        why = rules.why_not(agent_id=me(request).pk, session_key=request.session.session_key or "")
        if not why:
            return view(request, *args, **kwargs)
        return render(request, "people/not_at_work.html", {"sentence": rules.SENTENCES[why]}, status=403)

    return checked
