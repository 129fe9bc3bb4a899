"""Reads: campaigns, how far they are, who was not reached and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Sum

from holdfast.kit.clock import now
from holdfast.notify.campaigns import checking, second_look
from holdfast.notify.campaigns.contract import NotFound, Progress
from holdfast.notify.campaigns.models import Campaign, Channel, Chunk, ProviderLimit, Recipient, Repeat, Text

_ENDS = ("sent", "failed", "unknown", "suppressed", "cancelled")
LATEST = 50
_CUSTOMER = "customer:"


@dataclass(frozen=True, slots=True)
class TextView:
    locale: str
    segment: str
    subject: str
    body: str
    by: str


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as screens show it."""

    id: UUID
    name: str
    stream: str
    stream_name: str
    state: str
    state_name: str
    version: int
    recipients: int
    written_by: str
    created_at: datetime
    approved_by: str
    approved_at: datetime | None
    approved_on: str
    approval_ends: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    why: str
    rates: dict[str, float]


@dataclass(frozen=True, slots=True)
class Listed:
    campaign: CampaignView
    progress: Progress


@dataclass(frozen=True, slots=True)
class Reason:
    """How many ended in one way for one reason."""

    state: str
    state_name: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient, with their address under its mask."""

    person_key: str
    channel: str
    address: str
    state_name: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Repeated:
    by: str
    at: datetime
    number: int


def finding(campaign_id: UUID) -> checking.Finding:
    """Return what stands between a campaign's words and its people; nothing once it is over. Raises `NotFound`."""
    row = Campaign.objects.filter(pk=campaign_id).first()
    if row is None:
        raise NotFound(campaign_id)
    if row.state in {Campaign.State.DONE, Campaign.State.CANCELLED}:
        return checking.Finding()
    return checking.look(row, sending=row.state == Campaign.State.RUNNING)


def second_look_at(campaign_id: UUID) -> str:
    """Return why a campaign waits for a second look, or whose draft wants a close one; empty when neither."""
    row = Campaign.objects.get(pk=campaign_id)
    return second_look.look(row, writers=checking.look(row, sending=True).writers) or second_look.hands_cut_off(row)


def campaign(campaign_id: UUID) -> CampaignView:
    """Return one campaign. Raises `NotFound`."""
    found = Campaign.objects.select_related("written_by", "approved_by").filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(campaign_id)
    return _view(found)


def latest(limit: int = LATEST) -> Sequence[Listed]:
    """Return the newest campaigns with how far they are."""
    found = list(Campaign.objects.select_related("written_by", "approved_by").order_by("-created_at")[:limit])
    ends = _ends([each.pk for each in found])
    return [Listed(_view(each), _progress(each, ends.get(each.pk, {}), resting=None)) for each in found]


def progress(campaign_id: UUID) -> Progress:
    """Return how far a campaign is, from the counts its chunks keep. Raises `NotFound`."""
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise NotFound(campaign_id)
    channels = set(Chunk.objects.filter(campaign=found, open=True).values_list("channel", flat=True).distinct())
    limits = ProviderLimit.objects.filter(name__in=channels, resting_until__gt=now())
    resting = limits.aggregate(until=Max("resting_until"))["until"]
    return _progress(found, _ends([campaign_id]).get(campaign_id, {}), resting=resting)


@dataclass(frozen=True, slots=True)
class Reached:
    """Messages of one channel, over all campaigns about one thing: what became of them."""

    channel: str
    name: str
    sent: int
    failed: int
    unknown: int
    suppressed: int
    waiting: int


def reached(about: str) -> Sequence[Reached]:
    """Return how many messages about something went over each channel, the busiest first. Drafts are not counted."""
    sums = {f"all_{name}": Sum(name) for name in (*_ENDS, "size")}
    rows: Any = Chunk.objects.filter(campaign__about=about).exclude(campaign__started_at=None)
    found = []
    for row in rows.values("channel").annotate(**sums):
        ends = {name: int(row[f"all_{name}"] or 0) for name in _ENDS}
        waiting = int(row["all_size"] or 0) - sum(ends.values())
        ends.pop("cancelled")
        found.append(Reached(row["channel"], str(Channel(row["channel"]).label), waiting=waiting, **ends))
    return sorted(found, key=lambda each: -each.sent)


def texts_of(campaign_id: UUID) -> Sequence[TextView]:
    """Return what a campaign says."""
    found = Text.objects.filter(campaign_id=campaign_id).select_related("by").order_by("locale", "segment")
    return [TextView(each.locale, each.segment, each.subject, each.body, each.by.name) for each in found]


def reasons(campaign_id: UUID) -> Sequence[Reason]:
    """Return why recipients were not reached, are not known, or were left out, most frequent first."""
    ended = Recipient.objects.filter(campaign_id=campaign_id, state__in=["failed", "unknown", "suppressed"])
    found = ended.values("state", "reason").annotate(number=Count("id")).order_by("-number")[:40]
    return [
        Reason(each["state"], Recipient.State(each["state"]).label, each["reason"], each["number"]) for each in found
    ]


def people(campaign_id: UUID, *, state: str, limit: int = 50) -> Sequence[Person]:
    """Return some recipients in one state, the latest first."""
    found = Recipient.objects.filter(campaign_id=campaign_id, state=state).select_related("chunk")
    return [
        Person(
            each.person_key,
            each.chunk.channel,
            str(each.sealed),
            Recipient.State(each.state).label,
            each.reason,
            each.settled_at,
        )
        for each in found.order_by("-settled_at")[:limit]
    ]


def customers_in(keys: Iterable[str]) -> list[UUID]:
    """Return the customers among people named by key. Subscribers, others and ids that are not ours are left out."""
    found = []
    for key in keys:
        if key.startswith(_CUSTOMER):
            with suppress(ValueError):
                found.append(UUID(key.removeprefix(_CUSTOMER)))
    return found


def repeats(campaign_id: UUID) -> Sequence[Repeated]:
    """Return who had the unknown sent again, and when."""
    found = Repeat.objects.filter(campaign_id=campaign_id).select_related("by").order_by("at")
    return [Repeated(each.by.name, each.at, each.number) for each in found]


def _ends(campaigns: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    # A sum may not be called as a column is, hence the prefix.
    sums = {f"all_{name}": Sum(name) for name in (*_ENDS, "size")}
    found: Any = Chunk.objects.filter(campaign__in=campaigns).values("campaign_id").annotate(**sums)
    return {each["campaign_id"]: {name: int(each[f"all_{name}"] or 0) for name in (*_ENDS, "size")} for each in found}


def _progress(found: Campaign, counted: dict[str, int], *, resting: datetime | None) -> Progress:
    ends = {name: counted.get(name, 0) for name in _ENDS}
    total = counted.get("size", 0)
    waiting = total - sum(ends.values())
    running = found.state == Campaign.State.RUNNING
    eta = timedelta(seconds=waiting / found.pace) if running and found.pace > 0 and waiting else None
    return Progress(
        state=found.state,
        total=total,
        waiting=waiting,
        rate=found.pace if running else 0.0,
        eta=eta,
        why=found.why,
        resting_until=resting if running else None,
        **ends,
    )


def _view(found: Campaign) -> CampaignView:
    return CampaignView(
        id=found.pk,
        name=found.name,
        stream=found.stream,
        stream_name=found.get_stream_display(),
        state=found.state,
        state_name=found.get_state_display(),
        version=found.version,
        recipients=found.recipients,
        written_by=found.written_by.name,
        created_at=found.created_at,
        approved_by=found.approved_by.name if found.approved_by else "",
        approved_at=found.approved_at,
        approved_on=found.approved_on,
        approval_ends=found.approval_ends,
        started_at=found.started_at,
        ended_at=found.ended_at,
        why=found.why,
        rates=found.rates,
    )
