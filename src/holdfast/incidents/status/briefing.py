"""For leaders, on each morning of an open incident: what happened, how people feel, what was kept, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from holdfast.conversations.feelings import MOST, Feelings, feelings
from holdfast.incidents import measures, queries
from holdfast.incidents.contract import CommitmentView, IncidentView
from holdfast.incidents.measures import Measures
from holdfast.incidents.status.models import Briefed
from holdfast.incidents.status.picture import Talk, talk
from holdfast.kit.clock import now
from holdfast.people.queries import addresses_of, leading
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, Tally

AT_HOUR = 7
"""The hour of the morning, in the customers' zone, at which it is mailed."""
_DAY = timedelta(hours=24)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One open incident."""

    incident: IncidentView
    measures: Measures
    feelings: Feelings
    committed: tuple[CommitmentView, ...]

    @property
    def newest(self) -> str:
        """The newest public word, in the house's own language."""
        said = self.incident.updates
        return said[0].text_in(settings.LANGUAGE_CODE, default=settings.LANGUAGE_CODE) if said else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """All of it, at one moment. `day` counts the public words that were due in the last 24 hours."""

    at: datetime
    briefs: tuple[Brief, ...]
    ended: tuple[IncidentView, ...]
    day: Tally
    talk: Talk


def briefing() -> Briefing:
    """Read it. No customer is in it, only counts."""
    moment = now()
    return Briefing(
        at=moment,
        briefs=tuple(_brief(each, moment) for each in queries.current_incidents()),
        ended=tuple(
            each
            for each in queries.past_incidents(limit=20)
            if each.resolved_at is not None and each.resolved_at > moment - _DAY
        ),
        day=promises.tally(kinds=[Kind.UPDATE], since=moment - _DAY, until=moment),
        talk=talk(moment),
    )


def mail_briefing() -> int:
    """Mail it to everybody who leads, once on each morning of an open incident; return how many were mailed."""
    moment = now().astimezone(ZoneInfo(settings.CUSTOMERS_ZONE))
    if moment.hour != AT_HOUR or not any(not each.drill for each in queries.current_incidents()):
        return 0
    with transaction.atomic():  # whoever writes the row sends; one that dies in between lets a morning go by
        _, is_new = Briefed.objects.get_or_create(day=moment.date(), defaults={"at": now()})
    if not is_new:
        return 0
    body = render_to_string("status/briefing.txt", {"briefing": briefing(), "url": settings.PUBLIC_URL, "most": MOST})
    sent = 0
    for address in addresses_of(leading()).values():
        mail = EmailMessage(
            subject=f"Briefing, {moment:%A %-d %B}",
            body=body,
            to=[address],
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},  # RFC 3834
        )
        try:
            sent += mail.send(fail_silently=False)
        except Exception as error:  # of any mail provider; its text may name the address
            _log.warning("briefing_not_sent", error=type(error).__name__)
    return sent


def _brief(incident: IncidentView, moment: datetime) -> Brief:
    linked = [conversation for _, conversation in queries.linked_conversations(incident.id, limit=20_000)]
    return Brief(
        incident=incident,
        measures=measures.measure(incident),
        feelings=feelings(linked, since=moment - _DAY),
        committed=tuple(queries.commitments(incident_id=incident.id, open_only=True)),
    )
