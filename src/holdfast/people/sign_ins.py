"""Who signed in, and who did not get in: written down with how and from where, never with what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from holdfast.guard.whereabouts import seats
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Machine, SignIn
from holdfast.people.sessions import browser

PAGE = 50
_KNOWN_FOR = timedelta(days=90)
KINDS = {"": "All", "in": "Signed in", "failed": "Did not get in", "new": "New machine or network"}
_METHODS = {
    "password": "password",
    "totp": "authenticator app",
    "recovery_codes": "recovery code",
    "webauthn": "passkey",
    "provider": "company account",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One sign-in in words."""

    at: datetime
    who: str
    succeeded: bool
    method: str
    browser: str
    network: str
    new: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them, newest first; `after` leads to the next page, empty on the last."""

    rows: tuple[Row, ...]
    after: str


def note_success(request: HttpRequest, agent: Agent, *, machine: Machine, network: str, new: str) -> None:
    """Write down that somebody signed in."""
    methods = dict.fromkeys(_method(record) for record in get_authentication_records(request, agent))
    SignIn.objects.create(
        at=now(),
        agent=agent,
        succeeded=True,
        method="+".join(methods)[:40],
        machine=machine,
        browser=machine.name,
        network=network,
        new=new,
    )


def note_failure(request: HttpRequest, *, address: str) -> None:
    """Write down that somebody did not get in, with whose account it was if it is one."""
    SignIn.objects.create(
        at=now(),
        agent=Agent.objects.filter(email__iexact=address.strip()[:254]).first() if address else None,
        succeeded=False,
        method="password",
        browser=browser(request.headers.get("User-Agent", "")),
        network=seats.about(str(request.META.get("REMOTE_ADDR", ""))),
    )


def came_from(agent: Agent, network: str) -> bool:
    """Tell whether somebody signed in from about there in the last three months."""
    lately = SignIn.objects.filter(agent=agent, succeeded=True, at__gt=now() - _KNOWN_FOR)
    return lately.filter(network=network).exists()


def page(*, agent_id: int | None, kind: str, after: str) -> Page:
    """Return one page, of one person or (None) of everybody and of nobody. `kind` is a key of `KINDS`."""
    rows = SignIn.objects.order_by("-id")
    if agent_id is not None:
        rows = rows.filter(agent_id=agent_id)
    if kind == "new":
        rows = rows.exclude(new="")
    elif kind in {"in", "failed"}:
        rows = rows.filter(succeeded=kind == "in")
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.select_related("agent")[: PAGE + 1])
    shown = tuple(_row(each) for each in found[:PAGE])
    return Page(shown, str(found[PAGE - 1].pk) if len(found) > PAGE else "")


def lately_new(within: timedelta) -> int:
    """Return how many sign-ins came from a new machine or network lately."""
    return SignIn.objects.filter(at__gt=now() - within).exclude(new="").count()


def _row(each: SignIn) -> Row:
    method = ", ".join(_METHODS.get(part, part) for part in each.method.split("+") if part)
    who = each.agent.name if each.agent else "Nobody here"
    return Row(each.at, who, each.succeeded, method, each.browser, each.network, each.new)


def _method(record: dict[str, object]) -> str:
    if record.get("method") == "socialaccount":
        return "provider"
    return str(record.get("type") or record.get("method"))
