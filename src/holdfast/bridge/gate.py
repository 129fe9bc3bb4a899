"""Who may ask the bridge for what, and what they sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from holdfast.bridge import next_word
from holdfast.kit.numbers import whole
from holdfast.posture.current import forget
from holdfast.promises import told

if TYPE_CHECKING:
    pass

View = Callable[..., HttpResponseBase]


def seen(view: View) -> View:
    """Signed in; nothing is kept by caches. Who is told of a change asks at once, so the posture is read afresh."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        forget()
        next_word.forget()
        told.forget()
        response = view(request, *args, **kwargs)
        patch_cache_control(response, no_store=True)
        return response

    return login_required(guarded)


def version(request: HttpRequest) -> int | None:
    """Return the version that the asker saw."""
    return whole(request.POST.get("version", ""))
