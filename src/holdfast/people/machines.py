"""The browsers somebody signs in with: known again by a signed cookie that lasts long, and by nothing that is measured.

A session keeps on which machine it began and its address. Where the address changes, that is noted for the gate
(`guard.whereabouts`); a page by a session that stays where it is costs no query.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from holdfast.guard.whereabouts import seats
from holdfast.kit.clock import now
from holdfast.people import sign_ins
from holdfast.people.models import Agent, Machine, SignIn
from holdfast.people.sessions import browser, sessions_of

LASTS = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5); each sign-in begins it anew."""
_KEPT, _SECRET = "seat", "machine_secret"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A machine as its person sees it."""

    id: UUID
    name: str
    network: str
    first_at: datetime
    last_at: datetime
    proven: bool
    this: bool


def noted(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, after authentication: note where a session is when that is new, and give a new machine its cookie."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY in request.session and request.user.is_authenticated:
            _note_address(request, int(request.user.pk))
        response = get_response(request)
        secret = getattr(request, _SECRET, "")
        if secret:
            response.set_cookie(
                settings.MACHINE_COOKIE_NAME,
                TimestampSigner(salt="machine").sign(secret),
                max_age=LASTS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return respond


def arrive(request: HttpRequest, agent: Agent) -> None:
    """Know the machine of a session that begins, or take it as new; write the sign-in down, and mail what is new.

    The first machine of somebody is theirs: they came by a link or a password that nobody else has had yet.
    """
    secret = _secret_in(request) or secrets.token_urlsafe(32)
    setattr(request, _SECRET, secret)
    network = seats.about(_address(request))
    first = not agent.machines.exists()
    machine, is_new = _machine(agent, secret, browser(request.headers.get("User-Agent", "")), network)
    if machine.proven_at is None and (first or _is_proven_by(request, agent, machine)):
        Machine.objects.filter(pk=machine.pk).update(proven_at=now())
        machine.proven_at = now()
    new = SignIn.New.NOTHING
    if not first:
        known_network = sign_ins.came_from(agent, network)
        new = SignIn.New.MACHINE if is_new else SignIn.New.NOTHING if known_network else SignIn.New.NETWORK
    sign_ins.note_success(request, agent, machine=machine, network=network, new=new)
    _take(request, agent.pk, machine)
    if new:
        _tell(agent, machine, network=network, new=new)


def of(request: HttpRequest) -> str:
    """Return the id of the machine a session began on; empty for one from before this was kept."""
    return str((request.session.get(_KEPT) or {}).get("machine", ""))


def machines_of(agent_id: int, *, this: str) -> list[Known]:
    """Return somebody's machines: the one with the id `this` first, then the one used last."""
    rows = Machine.objects.filter(agent_id=agent_id, removed_at=None).order_by("-last_at")
    found = [
        Known(row.pk, row.name, row.network, row.first_at, row.last_at, row.proven_at is not None, str(row.pk) == this)
        for row in rows
    ]
    return sorted(found, key=lambda each: not each.this)


def remove(machine_id: UUID, *, agent_id: int) -> int:
    """Forget a machine of somebody and end the sessions on it; return how many. Signing in on it begins anew."""
    Machine.objects.filter(pk=machine_id, agent_id=agent_id, removed_at=None).update(removed_at=now())
    rows = Session.objects.filter(pk__in=sessions_of([agent_id]))
    there = [row.pk for row in rows if (row.get_decoded().get(_KEPT) or {}).get("machine") == str(machine_id)]
    return Session.objects.filter(pk__in=there).delete()[0]


def prove(request: HttpRequest, agent: Agent) -> bool:
    """Take this machine as its person's, if they proved it in this session with a factor older than the machine."""
    machine = _here(request, agent)
    if machine is None:
        return False
    if machine.proven_at is None:
        if not _is_proven_by(request, agent, machine):
            return False
        Machine.objects.filter(pk=machine.pk).update(proven_at=now())
        log.info("people.machine_proven", agent=agent.pk)
    seats.prove(session_key=request.session.session_key or "", agent_id=agent.pk)
    return True


def ways_to_prove(request: HttpRequest, agent: Agent) -> dict[str, str]:
    """Return where somebody proves this machine, by the kind of factor (`totp`, `webauthn`); none that is younger."""
    machine = _here(request, agent)
    if machine is None:
        return {}
    older = Authenticator.objects.filter(user=agent, created_at__lt=machine.first_at)
    kinds = set(older.values_list("type", flat=True))
    pages = {"totp": "mfa_reauthenticate", "webauthn": "mfa_reauthenticate_webauthn"}
    back = reverse("people:machine-proof")
    return {kind: f"{reverse(page)}?next={back}" for kind, page in pages.items() if kind in kinds}


def _here(request: HttpRequest, agent: Agent) -> Machine | None:
    this = of(request)
    return Machine.objects.filter(pk=this, agent=agent, removed_at=None).first() if this else None


def _machine(agent: Agent, secret: str, name: str, network: str) -> tuple[Machine, bool]:
    at = now()
    machine, made = Machine.objects.get_or_create(
        agent=agent,
        digest=hashlib.sha256(secret.encode()).digest(),
        removed_at=None,
        defaults={"name": name, "network": network, "first_at": at, "last_at": at},
    )
    if not made:
        Machine.objects.filter(pk=machine.pk).update(name=name, network=network, last_at=at)
    return machine, made


def _is_proven_by(request: HttpRequest, agent: Agent, machine: Machine) -> bool:
    """Tell whether this session proved more than a password: a factor made before the machine, or the provider's word.

    A factor that is younger may have been made on it by whoever has the password.
    """
    records = get_authentication_records(request, agent)
    if any(record.get("method") == "socialaccount" for record in records):
        return True
    used = [record["id"] for record in records if record.get("method") == "mfa" and "id" in record]
    return bool(Authenticator.objects.filter(pk__in=used, user=agent, created_at__lt=machine.first_at).exists())


def _note_address(request: HttpRequest, agent_id: int) -> None:
    kept = request.session.get(_KEPT)
    if kept is not None and kept["address"] == _address(request):
        return
    machine = Machine.objects.filter(pk=kept["machine"], removed_at=None).first() if kept and kept["machine"] else None
    _take(request, agent_id, machine)


def _take(request: HttpRequest, agent_id: int, machine: Machine | None) -> None:
    if request.session.session_key is None:
        return
    address = _address(request)
    request.session[_KEPT] = {"address": address, "machine": str(machine.pk) if machine else ""}
    known = machine is not None and machine.proven_at is not None
    seats.take(session_key=request.session.session_key, agent_id=agent_id, address=address, known=known)


def _secret_in(request: HttpRequest) -> str:
    """Return what this browser's cookie holds; empty when there is none of ours, or it was altered."""
    try:
        said = request.COOKIES.get(settings.MACHINE_COOKIE_NAME, "")
        return TimestampSigner(salt="machine").unsign(said, max_age=LASTS)
    except BadSignature:
        return ""


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))  # seen through trusted proxies by `config.proxies`


def _tell(agent: Agent, machine: Machine, *, network: str, new: str) -> None:
    log.info("people.signed_in_from_something_new", agent=agent.pk, new=new)
    page = f"{settings.PUBLIC_URL}{reverse('people:sessions')}"
    said = {"machine": machine, "network": network, "new": new}
    context = {**said, "page": page, "company": settings.COMPANY, "user": agent}
    try:
        get_adapter().send_notification_mail("people/mail/something_new", agent, context)
    except OSError as error:  # the notice on the page stands; nobody is kept out because mail is down
        log.warning("people.mail_not_sent", error=type(error).__name__)
