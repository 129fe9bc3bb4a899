"""After the late transfers: who was touched, a call with a promise in it, and an offer that waits for its campaign."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from holdfast.incidents.audiences import freezing, groups
from holdfast.incidents.goodwill import limits, offers, redeeming
from holdfast.incidents.goodwill.models import Offer
from holdfast.incidents.goodwill.wordings import BEGINNINGS
from holdfast.incidents.models import Incident
from holdfast.incidents.outreach import calls, taking
from holdfast.people.choosing import Choice
from holdfast.people.models import Customer
from holdfast.people.queries import ids_of_emails

_LEADS, _CALLS = "dara@tidewater.example", "ruth@tidewater.example"
_GROUPS = (("Businesses", "high_value", "business"), ("Plus customers", "affected", "plus"))
_AMOUNT = Decimal(5)


def write_made_good(*, at: datetime) -> None:
    """Write it for the newest incident that is over, through the verbs; nothing where an offer is already.

    Customers have to be there.
    """
    if Offer.objects.exists():
        return
    incident = Incident.objects.filter(kind=Incident.Kind.INCIDENT).order_by("-started_at")[0]
    people = ids_of_emails([_LEADS, _CALLS])
    leads, executive = people[_LEADS], people[_CALLS]
    touched = [
        each for each in _GROUPS if Customer.objects.filter(tier=each[2], since__lt=incident.started_at).exists()
    ]
    for name, segment, tier in touched:
        groups.add(
            incident_id=incident.pk, name=name, segment=segment, source="people", choice=Choice(tier=tier), by=leads
        )
    audience = freezing.freeze(incident_id=incident.pk, exposed_at=incident.started_at, by=leads)
    _call(incident.pk, executive, at=at)
    _offer(incident.pk, audience, segments=[segment for _, segment, _ in touched], writer=executive, leads=leads, at=at)


def _call(incident_id: UUID, executive: int, *, at: datetime) -> None:
    company = Customer.objects.filter(tier="business").order_by("since", "id")[0]
    window = (at, at + timedelta(hours=2))
    outreach = taking.take(
        incident_id=incident_id,
        customer_id=company.pk,
        executive=executive,
        window=window,
        held_until=at + timedelta(days=3),
        by=executive,
    )
    calls.note(
        outreach_id=outreach,
        by=executive,
        outcome="wants",
        wanted="To know before the next planned work which payments wait",
        promised="A list of their standing payments, with the day each is sent",
        due=at + timedelta(days=2),
    )


def _offer(incident_id: UUID, audience: UUID, *, segments: list[str], writer: int, leads: int, at: datetime) -> None:
    limits.set_limit(agent_id=leads, amount=Decimal(50_000), currency="EUR", by=writer)
    offer = offers.write(
        incident_id=incident_id,
        name="Five euros for the late transfers",
        amount=_AMOUNT,
        currency="EUR",
        budget=Decimal(25_000),
        expires_at=at + timedelta(days=60),
        whom=offers.Whom(audience_id=audience, segments=segments),
        hold_out=10,
        mails={locale: offers.Mail(subject=subject, body=body) for locale, (subject, body) in BEGINNINGS.items()},
        by=writer,
        seed=7,
    )
    offers.approve(offer_id=offer, by=leads)
    redeeming.redeem(code=redeeming.make_trial(offer_id=offer, by=writer), key="trial", through="app")
