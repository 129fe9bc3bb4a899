"""What every desk view does first: who asks, may they, and how a refusal reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from holdfast.conversations import errors
from holdfast.desk.reach import works_at_desk
from holdfast.desk.screens import Problem
from holdfast.people.permissions import me

if TYPE_CHECKING:
    pass

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def desk_view(*methods: str, page: bool = False) -> Callable[[View[P]], View[P]]:
    """Make a view of the desk: signed in, of a role that answers customers, refusals as `_problem.html`.

    `page` views answer a browser's address bar: who has no desk is sent to the log of reveals instead of a 404.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _signed_out(request)
            if not works_at_desk(me(request)):
                if page:
                    return redirect("desk:reveals")
                raise Http404
            try:
                response = view(request, *args, **kwargs)
            except errors.NotFound as missing:
                raise Http404 from missing
            except errors.Stale:
                return problem(
                    request, "Somebody changed this in the meantime. Look again, then repeat it.", status=409
                )
            except errors.Refused as refused:
                return problem(request, str(refused), status=422)
            patch_cache_control(response, no_store=True)
            return response

        return require_http_methods(methods)(cast("Any", guarded))  # type: ignore[no-any-return]

    return decorate


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page. Going back in history asks for the whole of it."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def problem(request: HttpRequest, detail: str, *, status: int, fields: tuple[str, ...] = ()) -> HttpResponse:
    """Answer a refusal in one sentence."""
    shown = Problem(status=status, detail=detail, fields=fields)
    return render(request, "desk/_problem.html", {"problem": shown}, status=status)


def changed(response: HttpResponse, *, number: int, gone: bool = False) -> HttpResponse:
    """Tell the reader's own screen that conversation `number` changed, or left their reach."""
    response["HX-Trigger"] = json.dumps({"holdfast:changed": {"number": number, "gone": gone}})
    return response


def done(*, number: int, gone: bool = False) -> HttpResponse:
    """Answer a verb that succeeded and has nothing to show."""
    return changed(HttpResponse(status=204), number=number, gone=gone)


def a_uuid(text: str) -> UUID | None:
    """Read a UUID as posted; `None` when it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def words(text: str | None, *, most: int) -> str:
    """Typed text without NUL and without surrounding space, cut at `most` characters."""
    return (text or "").replace("\x00", "").strip()[:most]


def _signed_out(request: HttpRequest) -> HttpResponseBase:
    if is_fragment(request):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{reverse('account_login')}?next={reverse('desk:home')}"
        return response
    return login_required(lambda _: HttpResponse())(request)
