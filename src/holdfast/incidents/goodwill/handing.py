"""Giving an offer to a campaign: a code for everybody it is offered to who has a mail address, sealed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.goodwill import rules
from holdfast.incidents.goodwill.codes import digest_of, new_code
from holdfast.incidents.goodwill.errors import NotFound, Refused
from holdfast.incidents.goodwill.models import Drawn, Offer
from holdfast.incidents.goodwill.offers import State, locked, may_be_said, say
from holdfast.incidents.goodwill.redeeming import may_be_given, reserve
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.people.choosing import reached
from holdfast.people.queries import leads

STREAMS = ("service", "outreach")
"""An offer is a message of its own: not word about the incident, and never a legal notice."""
_BLOCK = 1_000


@transaction.atomic
def hand_over(*, offer_id: UUID, stream: str, by: int) -> UUID:
    """Make a campaign of an offer. Returns the campaign's id; nothing is sent yet.

    Whoever has a code already keeps it. Raises `NotFound`; `Refused` for a legal notice, without a test that passed,
    and when the budget does not pay everybody.
    """
    offer = locked(offer_id)
    incident = incidents.incident_of_id(offer.incident_id)
    if incident is None:
        raise NotFound(offer_id)
    rules.no_breach(harm=incident.harm, stream=stream)
    if stream not in STREAMS:
        raise Refused("Choose as what it is sent.")
    if not leads(by):
        raise Refused("Leads and admins hand an offer to a campaign.")
    if offer.state == State.HANDED:
        raise Refused("It was handed to a campaign before. It would reach the same people twice.")
    may_be_given(offer)
    waiting = _waiting(offer).count()
    _pays(offer, waiting)
    reserve(offer, offer.amount * waiting)
    texts = _texts(offer)
    campaign_id = campaigns.create(
        name=f"Goodwill, incident {incident.number}: {offer.name}"[:120], stream=stream, by=by
    )
    # Its words are whose who wrote the offer: they do not approve it, and it waits when they are cut off.
    campaigns.set_texts(campaign_id=campaign_id, texts=texts, by=offer.by_id)
    adding.add_recipients(campaign_id, _recipients(offer))
    # Who has no address got no code, so nothing is promised to them.
    offer.promised = offer.amount * offer.drawn.filter(digest__isnull=False).count()
    offer.state, offer.handed_at, offer.campaign_id = State.HANDED, now(), campaign_id
    offer.save(update_fields=["promised", "state", "handed_at", "campaign_id"])
    given = waiting - _waiting(offer).count()
    say(offer, f"Handed to a campaign: {given:,} codes; {waiting - given:,} without a mail address.", by=by)
    timeline.note(incident_id=offer.incident_id, by=by, what=f"Goodwill handed to a campaign: {offer.name}.")
    return campaign_id


def _texts(offer: Offer) -> dict[tuple[str, str], Text]:
    """Return what the mail says, looked at once more: what may be said can have changed since it was written."""
    found = {}
    for each in offer.wordings.order_by("locale"):
        may_be_said(f"{each.subject}\n{each.body}", locale=each.locale, incident_id=offer.incident_id)
        found[each.locale, ""] = Text(subject=each.subject, body=each.body)
    return found


def _pays(offer: Offer, waiting: int) -> None:
    left = offer.budget - offer.promised
    if offer.amount * waiting > left:
        raise Refused(
            f"What is left of the budget pays {int(left // offer.amount):,} of {waiting:,} people. An offer that runs"
            " out is worse than none: write one with a lower amount or a higher budget."
        )


def _waiting(offer: Offer) -> QuerySet[Drawn]:
    return Drawn.objects.filter(offer=offer, arm=Drawn.Arm.OFFERED, digest=None)


def _recipients(offer: Offer) -> Iterator[Recipient]:
    after = 0
    said = {"amount": f"{offer.amount:,.2f} {offer.currency}", "until": _day(offer.expires_at)}
    while block := list(_waiting(offer).filter(pk__gt=after).order_by("pk")[:_BLOCK]):
        after = block[-1].pk
        people = reached([row.customer_id for row in block])
        codes = {row.pk: new_code() for row in block if row.customer_id in people}
        given = [row for row in block if row.pk in codes]
        for row in given:
            row.digest, row.given_at = digest_of(codes[row.pk]), now()
        Drawn.objects.bulk_update(given, ["digest", "given_at"])
        for row in given:
            person = people[row.customer_id]
            yield Recipient(
                person_key=f"customer:{row.customer_id}",
                channel="email",
                address=person.email,
                locale=row.locale,
                values={"code": codes[row.pk], "name": person.name, "reference": person.reference, **said},
            )


def _day(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}"
