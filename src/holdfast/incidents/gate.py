"""Who may do what with incidents over HTTP, and what they sent. Everybody signed in reads; leads and admins work.

Drafts of an incident in which data reached somebody are shown to those who work on it, and to security, only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_date, parse_datetime

from holdfast.incidents import queries
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Incident
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.models import Role
from holdfast.people.permissions import me

View = Callable[..., HttpResponseBase]


def seen(view: View) -> View:
    """Signed in; nothing is kept by caches, and what is not there is a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        patch_cache_control(response, no_store=True)
        return response

    return login_required(guarded)


def worked_on(view: View) -> View:
    """For leads and admins."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not me(request).leads:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return seen(guarded)


def may_see_drafts(request: HttpRequest, incident: IncidentView) -> bool:
    """Tell whether the asker may read what is not public yet."""
    return me(request).leads or me(request).role == Role.SECURITY or incident.harm != Incident.Harm.DATA


def numbered(number: int) -> IncidentView:
    """Return the incident with this number. Raises `NotFound`."""
    found = queries.incident(number)
    if found is None:
        raise NotFound(number)
    return found


def locales() -> list[str]:
    """Return the languages updates are written in, the house's own first."""
    return list(dict.fromkeys([settings.LANGUAGE_CODE, *settings.SUPPORT_LANGUAGES]))


def moment(text: str, *, what: str) -> datetime | None:
    """Read a time as a browser's field gives it, in the zone of the house; nothing for nothing. Raises `Refused`."""
    if not text.strip():
        return None
    try:
        read = parse_datetime(text.strip())
    except ValueError:
        read = None
    if read is None:
        raise Refused(f"{what} cannot be read. Write it as 2026-03-02T14:30.")
    return read if read.tzinfo is not None else timezone.make_aware(read)


def day(text: str) -> date | None:
    """Read a day as a browser's field gives it; nothing for nothing. Raises `Refused`."""
    if not text.strip():
        return None
    try:
        read = parse_date(text.strip())
    except ValueError:
        read = None
    if read is None:
        raise Refused("The day cannot be read. Write it as 2020-12-31.")
    return read


def next_due(given: QueryDict | Mapping[str, str]) -> datetime | None:
    """Read when the next update is due: minutes from now, rounded up to a whole one, or a time. Raises `Refused`."""
    choice = given.get("next") or ""
    minutes = whole(choice, digits=4)
    if minutes is not None:
        due = now() + timedelta(minutes=minutes)
        return due.replace(second=0, microsecond=0) + timedelta(minutes=1 if due.second or due.microsecond else 0)
    return moment(given.get("next_at") or "", what="The next update") if choice == "at" else None


def chosen_components(given: QueryDict) -> dict[UUID, str]:
    """Read `component:<id>` fields; an empty one leaves the component as it is."""
    found = {}
    for name, value in given.items():
        if name.startswith("component:") and isinstance(value, str) and value:
            id_ = uuid(name.removeprefix("component:"))
            if id_ is not None:
                found[id_] = value
    return found


def uuid(text: str) -> UUID | None:
    """Return an id that came as text, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def line(request: HttpRequest, name: str) -> str:
    """Return a posted field without what no database takes."""
    return (request.POST.get(name) or "").replace("\x00", "")
