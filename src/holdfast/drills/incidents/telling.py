"""Telling the affected and the others in person: an audience frozen from the company's list, a campaign, mails.

Who was told what is read from the mails that arrived, not from what the house believes it sent.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from holdfast.drills.incidents.house import House, person_of, reference
from holdfast.drills.incidents.prepared import longest_sentence
from holdfast.drills.incidents.sink import Mail, Sink
from holdfast.drills.incidents.timeline import Message, Told
from holdfast.incidents.audiences import freezing, groups, handing, queries
from holdfast.incidents.contract import UpdateView
from holdfast.kit.clock import now
from holdfast.notify.campaigns import campaigns, dry_running, sending
from holdfast.notify.campaigns import queries as sent


@dataclass(frozen=True, slots=True)
class Delivered:
    """What arrived, and how many count as sent and did not."""

    messages: Sequence[Message]
    lost: int


def tell(
    *, house: House, update: UpdateView, incident_id: UUID, listed: Sequence[int], stream: str, sink: Sink, at: float
) -> Delivered:
    """Send an update's texts to those on the list and to everybody else, approved by a second person."""
    audience_id = _frozen(house, incident_id, listed, others="unaffected" in update.segments)
    campaign_id = handing.hand_over(
        incident_id=incident_id, audience_id=audience_id, update_id=update.id, stream=stream, by=house.writer
    )
    handing.fill(campaign_id)
    dry_running.dry_run(campaign_id)
    campaigns.approve(campaign_id=campaign_id, by=house.second)
    campaigns.start(campaign_id=campaign_id, by=house.writer)
    lane = threading.Thread(target=sending.Lane("email", threading.Event(), until_idle=True).run, name="drill mails")
    lane.start()
    lane.join()
    mails = sink.mails()
    texts = {segment: next(iter(said.values())) for segment, said in update.segments.items()}
    messages = [
        Message(at=at, person=person_of(mail.to), key=str(campaign_id), told=_told(mail, texts)) for mail in mails
    ]
    progress = sent.progress(campaign_id)
    return Delivered(messages, max(0, progress.sent - len({mail.id for mail in mails})))


def _frozen(house: House, incident_id: UUID, listed: Sequence[int], *, others: bool) -> UUID:
    for each in queries.groups_of(incident_id):
        groups.remove(incident_id=incident_id, group_id=each.id)
    groups.add(
        incident_id=incident_id,
        name="Affected",
        segment="affected",
        source=groups.Source.FILE,
        by=house.writer,
        lines=[reference(each) for each in listed],
    )
    if others:
        groups.add(
            incident_id=incident_id,
            name="Everybody else",
            segment="unaffected",
            source=groups.Source.REST,
            by=house.writer,
        )
    return freezing.freeze(incident_id=incident_id, exposed_at=now(), by=house.writer)


def _told(mail: Mail, texts: dict[str, str]) -> Told:
    """Recognise which text a mail carries, by the sentence in it that is the same for everybody."""
    read = " ".join(mail.text.split())
    return next((Told(segment) for segment, text in texts.items() if longest_sentence(text) in read), Told.NOTHING)
