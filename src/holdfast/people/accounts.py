"""Agents' accounts: how the first admin and everybody after gets in, and how they are kept out again at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from holdfast.guard.grants import close_grants_of
from holdfast.guard.keeping import keep, kept
from holdfast.people import machines, provider_logout, sign_ins
from holdfast.people.admins import able_admins, hold_admins
from holdfast.people.models import Agent, Role, Team
from holdfast.people.sessions import end_oldest, end_sessions_of, note_beginning

FIRST_ADMIN_LASTS = timedelta(hours=24)
INVITATION_LASTS = timedelta(days=7)
_SALT = "people.welcome"
_ONLY_ADMIN = "This is the only admin who is let in. Make somebody else admin first."
_ONE_AT_A_TIME = 7_304_001  # advisory lock: two people with the first admin's link must not both succeed

log = structlog.get_logger(__name__)


class Refused(Exception):  # noqa: N818 - carries the sentence for the person
    """An account cannot be changed this way. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Welcome:
    """A link that still works: for the first admin (`agent` is None) or for one invited agent."""

    agent: Agent | None


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's rules for this house: nobody signs up by themselves, and addresses are vouched for by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Agents are invited."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Let nobody in who is cut off, whatever they signed in with; the page is that of a deactivated account."""
        if user.standing.is_out:
            log.warning("people.sign_in_while_cut_off", agent=user.pk)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in under a new session key. Agents made in bulk get the address record that re-authentication needs."""
        _vouch_for_address(user)
        super().login(request, user)
        note_beginning(request)
        machines.arrive(request, user)
        end_oldest(user.pk, this=request.session.session_key, keep=settings.SESSIONS_AT_ONCE)
        log.info("people.signed_in", agent=user.pk, address=self.get_client_ip(request))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Keep whose session it is at the company's provider; one that ended there meanwhile does not begin."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        provided = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if provided is None:
            return response
        data = provided.account.extra_data
        if provider_logout.note(request, claims=data.get("id_token") or {}, raw=data.get("raw", "")):
            return response
        super().logout(request)
        log.warning("people.signed_out_at_the_provider_meanwhile", agent=user.pk)
        return redirect(settings.LOGIN_URL)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Lead who came by the company's provider to a page from which they sign out there, too."""
        request.way_out = provider_logout.way_out(request)  # type: ignore[attr-defined]  # until `logout`, just below
        there: str = super().get_logout_redirect_url(request)
        return reverse("people:signed-out") if request.way_out else there  # type: ignore[attr-defined]

    def logout(self, request: HttpRequest) -> None:
        """End the session; the way out at the provider outlives it."""
        super().logout(request)
        if way := getattr(request, "way_out", None):
            provider_logout.leave(request, way)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note a failed sign-in with where it came from, not with what was typed."""
        super().authentication_failed(request, **credentials)
        sign_ins.note_failure(request, address=str(credentials.get("email") or credentials.get("username") or ""))
        log.warning("people.sign_in_failed", address=self.get_client_ip(request))


class StaffSecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps TOTP keys and recovery seeds sealed in the database."""

    def encrypt(self, text: str) -> str:
        return keep(text, purpose="second-factor")

    def decrypt(self, encrypted_text: str) -> str:
        return kept(encrypted_text, purpose="second-factor")


def create_agent(
    *, email: str, name: str, password: str | None = None, role: Role = Role.AGENT, team: Team | None = None
) -> Agent:
    """Create an agent; without a password only an invitation lets them in. Raises `Refused` for a known address."""
    with transaction.atomic():
        if Agent.objects.filter(email__iexact=email.strip()).exists():
            raise Refused("There is already an agent with this e-mail address.")
        agent = Agent.objects.create_user(email.strip(), password, name=name.strip(), role=role, team=team)
        _vouch_for_address(agent)
    return agent


def _vouch_for_address(agent: Agent) -> None:
    EmailAddress.objects.get_or_create(user=agent, email=agent.email, defaults={"verified": True, "primary": True})


def first_admin_link(base_url: str) -> str | None:
    """Return a link that makes its first user the admin, valid for 24 hours; None once there is an admin.

    It works once: as soon as an admin exists every such link is void.
    """
    return None if _has_admin() else _link(base_url, {"first": secrets.token_hex(8)})


def invitation_link(base_url: str, agent: Agent) -> str:
    """Return the link with which an invited agent sets their password, once, within 7 days. A new link voids the last.

    Raises `Refused` for an agent who has a password already: whoever holds a link could act in their name.
    """
    if agent.has_usable_password() or not agent.is_active:
        raise Refused("Only an active agent who has not signed in yet can get a link.")
    agent.set_unusable_password()
    agent.save(update_fields=["password"])
    return _link(base_url, {"agent": agent.pk, "mark": _mark(agent)})


def _link(base_url: str, payload: dict[str, Any]) -> str:
    token = signing.dumps(payload, salt=_SALT, compress=True)
    return f"{base_url.rstrip('/')}/welcome/{quote(token, safe=':')}/"


def _mark(agent: Agent) -> str:
    """Changes whenever the password does, so that a link works once; and with every cut-off that means its agent."""
    return salted_hmac(_SALT, f"{agent.password}{agent.standing.epoch or ''}").hexdigest()[:24]


def read_link(token: str) -> Welcome | None:
    """Return what `token` allows now, or None when it is forged, too old or used."""
    try:
        payload = signing.loads(token, salt=_SALT, max_age=INVITATION_LASTS)
        if "first" in payload:
            signing.loads(token, salt=_SALT, max_age=FIRST_ADMIN_LASTS)
            return None if _has_admin() else Welcome(None)
        agent = Agent.objects.filter(pk=payload["agent"], is_active=True).first()
    except (signing.BadSignature, KeyError, TypeError):
        return None
    if agent is None or agent.standing.is_out or not constant_time_compare(payload["mark"], _mark(agent)):
        return None
    return Welcome(agent)


def accept_link(token: str, *, email: str, name: str, password: str) -> Agent:
    """Use `token`: create the first admin, or give the invited agent a name and password. Raises `Refused`."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        welcome = read_link(token)
        if welcome is None:
            raise Refused("This link was used or is too old.")
        if welcome.agent is None:
            agent = create_agent(email=email, name=name, password=password, role=Role.ADMIN)
            log.info("people.first_admin", agent=agent.pk)
            return agent
        welcome.agent.name = name.strip()
        welcome.agent.set_password(password)
        welcome.agent.save(update_fields=["name", "password"])
        return welcome.agent


def deactivate(*, agent_id: int, by: int) -> None:
    """Keep an agent out at once: their sessions end, their grants close. Raises `Refused` for the last admin."""
    with transaction.atomic():
        agent = _held(agent_id)
        if agent.is_active and agent.role == Role.ADMIN and not able_admins(without=[agent_id]):
            raise Refused(_ONLY_ADMIN)
        agent.is_active = False
        agent.save(update_fields=["is_active"])
        close_grants_of(agent_ids=[agent_id])
        end_sessions(agent_id=agent_id)
    log.info("people.deactivated", agent=agent_id, by=by)


def reactivate(*, agent_id: int, by: int) -> None:
    """Let an agent sign in again. Sessions and grants from before stay closed."""
    Agent.objects.filter(pk=agent_id).update(is_active=True)
    log.info("people.reactivated", agent=agent_id, by=by)


def change_role(*, agent_id: int, role: Role, by: int) -> None:
    """Give an agent another role, from their next request on. Raises `Refused` for the last admin."""
    with transaction.atomic():
        agent = _held(agent_id)
        leaves = agent.is_active and agent.role == Role.ADMIN and role != Role.ADMIN
        if leaves and not able_admins(without=[agent_id]):
            raise Refused(_ONLY_ADMIN)
        agent.role = role
        agent.save(update_fields=["role"])
    log.info("people.role_changed", agent=agent_id, role=str(role), by=by)


def end_sessions(*, agent_id: int) -> None:
    """Delete every session of this agent; otherwise an old one would come back to life with the account."""
    end_sessions_of([agent_id])


def _held(agent_id: int) -> Agent:
    """Lock all admins and this agent, so that two changes at once cannot leave the house without an admin."""
    hold_admins()
    return Agent.objects.select_for_update().get(pk=agent_id)


def _has_admin() -> bool:
    """Tell whether there is an admin, also one who is cut off: a first admin's link of before must not open again."""
    return Agent.objects.filter(role=Role.ADMIN, is_active=True).exists()
