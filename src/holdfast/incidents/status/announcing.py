"""Telling subscribers of what was published: one campaign per update, threaded per incident, nobody twice.

A mail goes out when an incident is first told of, with every update, and when it is over. It only repeats what is
public already, so it needs no approval of its own; the mails rest on the update's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction

from holdfast.guard.fields import Sealed
from holdfast.incidents import queries
from holdfast.incidents.contract import ENDED_STATES, IncidentView, UpdateView
from holdfast.incidents.status.documents import address, posted
from holdfast.incidents.status.models import Announcement, Subscriber
from holdfast.incidents.status.picture import look
from holdfast.incidents.status.subscribing import unsubscribe_token
from holdfast.incidents.status.words import locales, words_of
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns
from holdfast.notify.campaigns.contract import Recipient, Refused, Text

NEWS_FOR = timedelta(hours=6)
"""An update older than this is no news any more: who was away that long reads the page."""
_LOOKED_AT = 50
_MACHINES, _SHORT = "webhook", "sms"
_log = structlog.get_logger(__name__)


def announce_due() -> int:
    """Tell subscribers of every published update they were not told of yet; return how many updates that were."""
    moment, told = now(), 0
    fresh = [
        (incident, update)
        for incident in queries.public_incidents(limit=_LOOKED_AT)
        for update in incident.updates
        if update.published_at is not None and update.published_at > moment - NEWS_FOR
    ]
    known = set(Announcement.objects.filter(pk__in=[update.id for _, update in fresh]).values_list("pk", flat=True))
    for incident, update in sorted(fresh, key=lambda each: each[1].published_at or moment):
        if update.id not in known:
            told += _announce(incident, update)
    return told


@transaction.atomic
def _announce(incident: IncidentView, update: UpdateView) -> bool:
    row, is_new = Announcement.objects.get_or_create(update_id=update.id, defaults={"at": now()})
    if not is_new:
        return False
    if next(_recipients(incident, update), None) is None:
        return True
    by = update.published_by_id or incident.declared_by_id
    campaign_id = campaigns.create(
        name=f"Update {update.number} on incident {incident.number}",
        stream="incident",
        by=by,
        about=queries.subject_of(incident.id),
        thread=f"incident-{incident.id}",
        unsubscribe_url=f"{settings.PUBLIC_URL}/status/unsubscribe/{{token}}/",
    )
    adding.add_recipients(campaign_id, _recipients(incident, update))
    campaigns.set_texts(campaign_id=campaign_id, texts=_texts(incident, update), by=by)
    try:
        campaigns.approve_published(
            campaign_id=campaign_id, by=by, on=f"update {update.number} of incident {incident.number}"
        )
        campaigns.start(campaign_id=campaign_id, by=by)
    except Refused as refused:  # it stays there as a draft, for a person to look at
        _log.error("subscribers_not_told", update=str(update.id), why=str(refused))
    row.campaign_id = campaign_id
    row.save(update_fields=["campaign_id"])
    if update.status in ENDED_STATES:  # they asked for this incident, until it is over
        Subscriber.objects.filter(incident_id=incident.id, ended_at=None).update(ended_at=now())
    return True


def worth_a_text(update: UpdateView) -> bool:
    """Tell whether an update goes out by text message: the first word and the last, and that planned work begins.

    As Statuspage does it. Each of the others would cost money and patience, and stands on the page.
    """
    return update.number == 1 or update.status in {"resolved", "completed", "in_progress"}


def _recipients(incident: IncidentView, update: UpdateView) -> Iterator[Recipient]:
    touched = {str(each.id) for each in incident.components}
    touched |= {str(each.group_id) for each in incident.components if each.group_id}
    rows = Subscriber.objects.filter(confirmed_at__isnull=False, ended_at=None)
    if not worth_a_text(update):
        rows = rows.exclude(channel=Subscriber.Channel.SMS)
    for row in rows.order_by("pk").iterator(chunk_size=2000):
        if row.incident_id not in {None, incident.id} or (row.components and not touched & set(row.components)):
            continue
        token = unsubscribe_token(row.pk)
        if row.channel == Subscriber.Channel.WEBHOOK:
            yield _machine(f"subscriber:{row.pk}", row.address, row.webhook_secret, token)
            continue
        yield Recipient(
            person_key=f"subscriber:{row.pk}",
            channel=row.channel,
            address=row.address,
            locale=row.locale,
            segment=_SHORT if row.channel == Subscriber.Channel.SMS else "",
            values={"token": token},
        )
        if row.webhook:
            yield _machine(f"webhook:{row.pk}", row.webhook, row.webhook_secret, token)


def _machine(key: str, url: Sealed, secret: Sealed, token: str) -> Recipient:
    return Recipient(
        person_key=key,
        channel="webhook",
        address=url,
        locale=settings.LANGUAGE_CODE,
        segment=_MACHINES,
        values={"token": token, "secret": secret},
    )


def _texts(incident: IncidentView, update: UpdateView) -> dict[tuple[str, str], Text]:
    made = {(settings.LANGUAGE_CODE, _MACHINES): Text(subject="", body=posted(look(), incident.id))}
    for locale in locales():
        words = words_of(locale)
        title = incident.titles.get(locale) or incident.titles.get(locale.split("-")[0]) or incident.title
        mail = words["mail"]
        parts = [
            update.text_in(locale, default=settings.LANGUAGE_CODE),
            mail["read"].format(link=address(incident)),
            f"-- \n{mail['why'].format(company=settings.COMPANY)}",
        ]
        body = _plain("\n\n".join(parts)) + f"\n{settings.PUBLIC_URL}/status/unsubscribe/{{token}}/\n"
        short = words["text"]["said"].format(
            company=settings.COMPANY, state=words["states"][update.status], title=title, link=address(incident)
        )
        made[locale, _SHORT] = Text(subject="", body=_plain(short))
        made[locale, ""] = Text(subject=_plain(f"{words['states'][update.status]} - {title}"), body=body)
    return made


def _plain(text: str) -> str:
    """Braces of people's words are no variables."""
    return text.replace("{", "(").replace("}", ")")
