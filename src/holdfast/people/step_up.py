"""Before what is grave, whoever asks proves once more that it is them: a session may have been left open, or taken.

By password, passkey or authenticator app, when the last proof is older than `HOLDFAST_STEP_UP_MINUTES`; signing in is a
proof. What they had typed is done then without being typed again. Revealing a value in one's own case is not among it:
that is a purpose, a log and a budget, many times a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def proves_again(*methods: str) -> Callable[[View[P]], View[P]]:
    """Let a request by one of `methods` through only from somebody who proved lately who they are.

    Stands below `requires`, so that whoever may not do it anyway is told so.
    """

    def guarded(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in methods or not is_due(request):
                return view(request, *args, **kwargs)
            if not get_reauthentication_flows(request.user):
                return _at_the_provider(request)
            raise ReauthenticationRequired  # allauth keeps the request, and goes on with it afterwards

        return checked

    return guarded


def is_due(request: HttpRequest) -> bool:
    """Tell whether somebody has to prove once more who they are. Where no way to do so is theirs, nobody has to."""
    if not settings.STEP_UP_MINUTES or not (get_reauthentication_flows(request.user) or settings.SINGLE_SIGN_ON):
        return False
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    last = max((record.get("at", 0.0) for record in records), default=0.0)
    return time.time() - last >= 60 * settings.STEP_UP_MINUTES


def _at_the_provider(request: HttpRequest) -> HttpResponseBase:
    """Send somebody who has neither password nor factor here to their company's sign-in, which asks them anew.

    They come back to the page they were on (OpenID Connect Core 1.0, 3.1.2.1: `prompt=login`).
    """
    page = request.get_full_path() if request.method == "GET" else settings.LOGIN_REDIRECT_URL
    asked = {"process": "login", "next": page, "auth_params": "prompt=login"}
    return redirect(f"{reverse('openid_connect_login', args=['company'])}?{urlencode(asked)}")
