"""Giving a frozen audience to a campaign, with what an update says to each of its segments."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.audiences.errors import NotFound, Refused
from holdfast.incidents.audiences.groups import alone
from holdfast.incidents.audiences.models import Audience, HandOver, Member
from holdfast.incidents.campaigned import sent
from holdfast.incidents.contract import IncidentView, UpdateView
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.people.choosing import reached

STREAMS = ("incident", "legal")
_BLOCK = 1_000


@transaction.atomic
def hand_over(*, incident_id: UUID, audience_id: UUID, update_id: UUID, stream: str, by: int) -> UUID:
    """Make a campaign of an audience and a published update. Returns the campaign's id; nothing is sent yet.

    An update goes to one audience, once, so that nobody gets two of its texts. Raises `NotFound`, `Refused`.
    """
    alone(incident_id)
    incident = incidents.incident_of_id(incident_id)
    audience = Audience.objects.filter(pk=audience_id, incident_id=incident_id).first()
    if incident is None or audience is None:
        raise NotFound(audience_id)
    update = next((each for each in incident.updates if each.id == update_id), None)
    if update is None:
        raise Refused("Choose an update that was published. What is not approved goes to nobody.")
    if stream not in STREAMS:
        raise Refused("Choose whether it is word about the incident or a legal notice.")
    if HandOver.objects.filter(update_id=update_id).exists():
        raise Refused("This update was handed to a campaign before. It would reach the same people twice.")
    campaign_id = campaigns.create(
        name=f"Incident {incident.number}, update {update.number}, audience {audience.version}",
        stream=stream,
        by=by,
        about=incidents.subject_of(incident_id),
        thread=f"incident-{incident.number}",
    )
    texts = _texts(incident, update, audience)
    campaigns.set_texts(campaign_id=campaign_id, texts=texts, by=by)
    added = adding.add_recipients(campaign_id, _recipients(audience_id))
    HandOver.objects.create(
        audience=audience,
        update_id=update_id,
        campaign_id=campaign_id,
        added=added.added,
        no_address=audience.total - added.added,
        by_id=by,
        at=now(),
    )
    said = f"Audience {audience.version} was handed to a campaign with update {update.number}."
    timeline.note(incident_id=incident_id, by=by, what=said)
    return campaign_id


def _texts(incident: IncidentView, update: UpdateView, audience: Audience) -> dict[tuple[str, str], Text]:
    texts = {}
    for segment in {each["segment"] for each in audience.counted}:
        # Words of their own give way in language, never to what others are told: a campaign chooses so as well.
        for locale, body in (update.segments.get(segment) or update.texts).items():
            texts[locale, segment] = Text(subject=sent(incident.titles.get(locale, incident.title)), body=sent(body))
    return texts


def _recipients(audience_id: UUID) -> Iterator[Recipient]:
    after = 0
    while True:
        rows = Member.objects.filter(audience_id=audience_id, pk__gt=after).order_by("pk")[:_BLOCK]
        block = list(rows.values_list("pk", "customer_id", "segment", "locale"))
        if not block:
            return
        after = block[-1][0]
        people = reached([customer_id for _, customer_id, _, _ in block])
        for _, customer_id, segment, locale in block:
            person = people.get(customer_id)
            if person is not None:
                yield Recipient(
                    person_key=f"customer:{customer_id}",
                    channel="email",
                    address=person.email,
                    locale=locale,
                    segment=segment,
                    values={"name": person.name, "reference": person.reference},
                )
