"""Goodwill of an incident: offers, who approves how much, codes, and whether it helped. For leads and who approves."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.incidents import gate, screens
from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.contract import SEGMENTS, IncidentView
from holdfast.incidents.errors import NotFound as NoSuchIncident
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.goodwill import comparison, handing, limits, offers, queries, redeeming, rules
from holdfast.incidents.goodwill.contract import OfferView
from holdfast.incidents.goodwill.errors import NotFound, Refused
from holdfast.incidents.goodwill.wordings import BEGINNINGS
from holdfast.kit.numbers import whole
from holdfast.notify.campaigns.contract import Refused as CampaignRefused
from holdfast.people.choosing import Choice
from holdfast.people.models import Role
from holdfast.people.permissions import me
from holdfast.people.queries import colleagues, customer_with_reference

_REFUSALS = (Refused, IncidentRefused)


def _guarded(view: Callable[..., HttpResponseBase]) -> gate.View:
    @wraps(view)
    def checked(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        if not (me(request).leads or limits.has_limit(me(request).pk)):
            raise PermissionDenied
        return view(request, gate.numbered(number), **kwargs)

    return gate.seen(checked)


def _verb(verb: Callable[..., HttpResponse | None]) -> gate.View:
    """Do one thing with one offer and show it; a refusal is said there, with what was sent."""

    @wraps(verb)
    def done(request: HttpRequest, incident: IncidentView, *, offer_id: UUID) -> HttpResponseBase:
        shown = _of_incident(incident, offer_id)
        try:
            answer = verb(request, incident, shown)
        except _REFUSALS as refused:
            return _offer(request, incident, offer_id, problem=refused.sentence, status=422)
        except CampaignRefused as refused:
            return _offer(request, incident, offer_id, problem=str(refused), status=422)
        return answer or redirect("goodwill:offer", incident.number, offer_id)

    return _guarded(require_POST(done))


@_guarded
@require_GET
def home(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """The offers of an incident."""
    return _home(request, incident)


@_guarded
@require_POST
def write(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """Write an offer and draw whom it is for."""
    try:
        expires_at = gate.moment(gate.line(request, "expires"), what="The end")
        if expires_at is None:
            raise Refused("Say until when it can be redeemed.")
        offer_id = offers.write(
            incident_id=incident.id,
            name=gate.line(request, "name"),
            amount=rules.money(gate.line(request, "amount"), what="The amount"),
            currency=gate.line(request, "currency"),
            budget=rules.money(gate.line(request, "budget"), what="The budget"),
            expires_at=expires_at,
            whom=_whom(request),
            hold_out=_hold_out(request),
            mails=_mails(request),
            by=me(request).pk,
        )
    except _REFUSALS as refused:
        return _home(request, incident, problem=refused.sentence, status=422)
    return redirect("goodwill:offer", incident.number, offer_id)


@_guarded
@require_POST
def limit(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """Set up to how much somebody approves; nothing takes it away."""
    amount = gate.line(request, "limit").strip()
    try:
        limits.set_limit(
            agent_id=whole(request.POST.get("agent")) or 0,
            amount=rules.money(amount, what="The limit") if amount else None,
            currency=gate.line(request, "limit_currency"),
            by=me(request).pk,
        )
    except Refused as refused:
        return _home(request, incident, problem=refused.sentence, status=422)
    return redirect("goodwill:home", incident.number)


@_guarded
@require_GET
def offer(request: HttpRequest, incident: IncidentView, *, offer_id: UUID) -> HttpResponse:
    """One offer: what it is, who approved it, its codes and money, and whether it helped."""
    return _offer(request, incident, offer_id)


@_verb
def approve(request: HttpRequest, incident: IncidentView, shown: OfferView) -> None:
    """Approve it within one's limit."""
    offers.approve(offer_id=shown.id, by=me(request).pk)


@_verb
def trial(request: HttpRequest, incident: IncidentView, shown: OfferView) -> HttpResponse:
    """Make a test code, shown once; or redeem one here, where no system of the company does."""
    typed = gate.line(request, "code").strip()
    if not typed:
        code = redeeming.make_trial(offer_id=shown.id, by=me(request).pk)
        return _offer(request, incident, shown.id, trial=code)
    if not me(request).leads:
        raise Refused("Leads and admins redeem codes here.")
    try:
        found = redeeming.redeem(code=typed, key=f"page {uuid4()}", through=f"the page, by {me(request).name}"[:60])
    except NotFound:
        raise Refused("There is no such code.") from None
    said = "The test passed." if found.trial else f"Redeemed: {found.amount} {found.currency}."
    return _offer(request, incident, shown.id, said=said)


@_verb
def give(request: HttpRequest, incident: IncidentView, shown: OfferView) -> HttpResponse:
    """Give one person their code, shown once."""
    known = customer_with_reference(gate.line(request, "reference").strip())
    if known is None:
        raise Refused("No customer has this account reference.")
    code = redeeming.give_one(offer_id=shown.id, customer_id=known.id, by=me(request).pk)
    return _offer(request, incident, shown.id, code=code)


@_verb
def hand_over(request: HttpRequest, incident: IncidentView, shown: OfferView) -> HttpResponse:
    """Make a campaign of it, which shows its dry run and waits for approval."""
    campaign_id = handing.hand_over(offer_id=shown.id, stream=gate.line(request, "stream"), by=me(request).pk)
    return redirect("campaigns:one", campaign_id)


@_verb
def end(request: HttpRequest, incident: IncidentView, shown: OfferView) -> None:
    """End it before its time."""
    offers.end(offer_id=shown.id, by=me(request).pk, anyway=request.POST.get("anyway") == "yes")


def _of_incident(incident: IncidentView, offer_id: UUID) -> OfferView:
    found = queries.one(offer_id)
    if found is None or found.incident_id != incident.id:
        raise NoSuchIncident(offer_id)
    return found


def _whom(request: HttpRequest) -> offers.Whom:
    excluded = [each.strip() for each in gate.line(request, "excluded").splitlines() if each.strip()]
    audience_id = gate.uuid(gate.line(request, "audience"))
    if audience_id is not None:
        segments = [each for each in request.POST.getlist("segment") if each in SEGMENTS and each]
        return offers.Whom(audience_id=audience_id, segments=segments, excluded=excluded)
    choice = Choice(
        tier=gate.line(request, "tier").strip(),
        since_before=gate.day(gate.line(request, "since")),
        locale=gate.line(request, "locale").strip(),
        city=gate.line(request, "city").strip(),
    )
    return offers.Whom(choice=choice, excluded=excluded)


def _hold_out(request: HttpRequest) -> int:
    found = whole(gate.line(request, "hold_out").strip() or "10")
    if found is None:
        raise Refused("Write how many in a hundred are held out as a whole number.")
    return found


def _mails(request: HttpRequest) -> dict[str, offers.Mail]:
    found = {}
    for locale in gate.locales():
        subject, body = gate.line(request, f"subject:{locale}").strip(), gate.line(request, f"body:{locale}").strip()
        if subject or body:
            found[locale] = offers.Mail(subject=" ".join(subject.split())[:200], body=body)
    return found


def _home(request: HttpRequest, incident: IncidentView, *, problem: str = "", status: int = 200) -> HttpResponse:
    sent = request.POST
    context = {
        **screens.head(request, incident, tab="goodwill"),
        "problem": problem,
        "sent": sent,
        "offers": queries.of_incident(incident.id),
        "breach": rules.BREACH if incident.harm == "data" else "",
        "audiences": audiences.audiences_of(incident.id),
        "segments": [(each, each.replace("_", " ")) for each in SEGMENTS if each],
        "chosen": sent.getlist("segment") if sent else ["affected", "high_value"],
        "mails": [
            (
                locale,
                screens.LANGUAGES.get(locale, locale),
                sent.get(f"subject:{locale}", BEGINNINGS.get(locale, ("", ""))[0]),
                sent.get(f"body:{locale}", BEGINNINGS.get(locale, ("", ""))[1]),
            )
            for locale in gate.locales()
        ],
        "limits": limits.in_force(),
        "sets_limits": me(request).role == Role.ADMIN,
        "colleagues": colleagues() if me(request).role == Role.ADMIN else [],
    }
    return render(request, "goodwill/home.html", context, status=status)


def _offer(
    request: HttpRequest,
    incident: IncidentView,
    offer_id: UUID,
    *,
    problem: str = "",
    said: str = "",
    code: str = "",
    trial: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = _of_incident(incident, offer_id)
    mine = limits.limit_of(agent_id=me(request).pk, currency=shown.currency)
    context = {
        **screens.head(request, incident, tab="goodwill"),
        "problem": problem,
        "said": said,
        "code": code,
        "trial": trial,
        "sent": request.POST,
        "shown": shown,
        "mails": queries.mails_of(offer_id),
        "ledger": queries.ledger_of(offer_id),
        "compared": comparison.compare(offer_id),
        "mine": mine,
        "may_approve": (shown.state == "drawn" or shown.second_look != "")
        and mine is not None
        and shown.by_id != me(request).pk,
        "runs": shown.state in redeeming.RUNNING,
        "breach": rules.BREACH if incident.harm == "data" else "",
    }
    return render(request, "goodwill/one.html", context, status=status)
