"""Who may open a page: one decorator, by role; and who asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from holdfast.people.models import Agent, Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def requires(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Let only agents with one of `roles` in; others get the 403 page, strangers the sign-in page."""

    def guarded(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if getattr(request.user, "role", None) not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(checked)

    return guarded


def me(request: HttpRequest) -> Agent:
    """Return the agent who asks. Only inside views that require sign-in."""
    return cast(Agent, request.user)
