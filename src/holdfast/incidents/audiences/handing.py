"""Giving a frozen audience to a campaign, with what an update says to each of its segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from holdfast.incidents import queries as incidents
from holdfast.incidents import timeline
from holdfast.incidents.audiences.errors import NotFound, Refused
from holdfast.incidents.audiences.groups import alone
from holdfast.incidents.audiences.models import Audience, HandOver, Member
from holdfast.incidents.campaigned import sent
from holdfast.incidents.contract import OUTBOX, IncidentView, UpdateView
from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns
from holdfast.notify.campaigns.contract import NotFound as CampaignNotFound
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.notify.campaigns.contract import Refused as CampaignRefused
from holdfast.people.choosing import reached

STREAMS = ("incident", "legal")
_BLOCK = 2_500
State = HandOver.State


@transaction.atomic
def hand_over(*, incident_id: UUID, audience_id: UUID, update_id: UUID, stream: str, by: int) -> UUID:
    """Make a campaign of an audience and a published update, and have its people added by a job. Returns its id.

    Nothing is sent yet, and nobody can approve it before everybody is there. An update goes to one audience, once, so
    that nobody gets two of its texts. Raises `NotFound`, `Refused`.
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
    if HandOver.objects.filter(update_id=update_id).exclude(state=State.STOPPED).exists():
        raise Refused("This update was handed to a campaign before. It would reach the same people twice.")
    campaign_id = campaigns.create(
        name=f"Incident {incident.number}, update {update.number}, audience {audience.version}",
        stream=stream,
        by=by,
        about=incidents.subject_of(incident_id),
        thread=f"incident-{incident.number}",
        filling=True,
    )
    texts = _texts(incident, update, audience)
    campaigns.set_texts(campaign_id=campaign_id, texts=texts, by=by)
    HandOver.objects.create(audience=audience, update_id=update_id, campaign_id=campaign_id, by_id=by, at=now())
    said = f"Audience {audience.version} was handed to a campaign with update {update.number}."
    timeline.note(incident_id=incident_id, by=by, what=said)
    app.configure_task("holdfast.incidents.audiences.tasks.fill", queue="bulk").defer(campaign=str(campaign_id))
    return campaign_id


def fill(campaign_id: UUID) -> None:
    """Add the people of an audience to its campaign, from where it stands, some thousand a transaction.

    It may be killed and begun anew, and two may do it at once: each goes on behind the last member of the other, and a
    campaign has everybody once anyway. A campaign that takes nobody any more stops it, with the reason.
    """
    while _some_more(campaign_id):
        pass


@transaction.atomic
def _some_more(campaign_id: UUID) -> bool:
    row = HandOver.objects.select_for_update(of=("self",)).filter(campaign_id=campaign_id, state=State.FILLING).first()
    if row is None:
        return False
    members = Member.objects.filter(audience_id=row.audience_id, pk__gt=row.at_member).order_by("pk")[:_BLOCK]
    block = list(members.values_list("pk", "customer_id", "segment", "locale"))
    try:
        with transaction.atomic():
            if block:
                added = adding.add_recipients(row.campaign_id, _recipients(block))
                row.at_member, row.passed = block[-1][0], row.passed + len(block)
                row.added += added.added + added.already
                row.no_address = row.passed - row.added
            else:
                campaigns.filled(campaign_id=row.campaign_id)
                row.state, row.settled_at = State.DONE, now()
    except (CampaignRefused, CampaignNotFound) as error:
        row.state, row.settled_at, row.why = State.STOPPED, now(), str(error)[:200]
    row.save()
    outbox.publish([(OUTBOX, {"kind": "audience", "incident": str(row.audience.incident_id)})])
    return row.state == State.FILLING


def _texts(incident: IncidentView, update: UpdateView, audience: Audience) -> dict[tuple[str, str], Text]:
    texts = {}
    for segment in {each["segment"] for each in audience.counted}:
        # Words of their own give way in language, never to what others are told: a campaign chooses so as well.
        for locale, body in (update.segments.get(segment) or update.texts).items():
            texts[locale, segment] = Text(subject=sent(incident.titles.get(locale, incident.title)), body=sent(body))
    return texts


def _recipients(block: Sequence[tuple[int, UUID, str, str]]) -> Iterator[Recipient]:
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
